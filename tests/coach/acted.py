"""Sessions for the tests of the coach, made of the exercises that came with the program."""

from __future__ import annotations

from datetime import date

from rhomboid import shelf
from rhomboid.coach.catalogue import Catalogue
from rhomboid.coach.plan import PlannedExercise, PlannedSession
from rhomboid.events import Side

CATALOGUE: Catalogue = shelf.catalogue()


def asked(
    exercise: str,
    sets: int = 1,
    reps: int | None = None,
    hold_s: float | None = None,
    rest_s: float = 30.0,
    sides: tuple[Side | None, ...] = (None,),
) -> PlannedExercise:
    """One exercise of a plan."""
    return PlannedExercise(
        exercise=exercise, name=exercise, sets=sets, sides=sides, reps=reps, hold_s=hold_s, rest_s=rest_s, why="a test"
    )


def planned(*exercises: PlannedExercise, warm_up_min: float = 0.0) -> PlannedSession:
    """A session of these."""
    return PlannedSession(
        plan="test", step=3, week=1, light=False, due=date(2026, 1, 5), name="Test", warm_up_min=warm_up_min,
        exercises=exercises,
    )  # fmt: skip
