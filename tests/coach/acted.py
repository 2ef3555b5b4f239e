"""A whole guided session acted by the simulated wearer, sample by sample, with the core told what the coach expects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from rhomboid import shelf
from rhomboid.coach.catalogue import Catalogue
from rhomboid.coach.cues import Output, SetExpected
from rhomboid.coach.guided import GuidedSession, Tick
from rhomboid.coach.plan import PlannedExercise, PlannedSession
from rhomboid.events import Event, Side
from rhomboid.imu import Command, ImuBlock, Request, SourceItem
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings

AT_ONCE = 10
"""Samples: at 100 Hz the coach is heard within 100 ms."""
CATALOGUE: Catalogue = shelf.catalogue()
Says = Callable[[Output], Sequence[Command]]


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


def lived(
    block: ImuBlock, guided: GuidedSession, says: Says = lambda output: ()
) -> tuple[list[Output], list[SourceItem], list[Event]]:
    """What the coach puts out, what went through the core (as a recording has it), and its events.

    ``says`` is what the wearer answers to what is put out.
    """
    interpreter = Interpreter(Pipeline(Settings(mode="free")))
    out: list[Output] = []
    items: list[SourceItem] = []
    heard: list[Event] = []
    told: list[SourceItem] = []

    def take(events: list[Event]) -> None:
        heard.extend(events)
        new = [o for event in events for o in guided.feed(event)]
        new += guided.feed(Tick(interpreter.pipeline.state.t_s))
        for output in new:
            if isinstance(output, SetExpected):
                told.append(Request(0, "set_begins" if output.going_on else "set_ends"))
            told.extend(says(output))
        out.extend(new)

    for start in range(0, len(block), AT_ONCE):
        arrived = [*told, block[start : start + AT_ONCE]]
        told.clear()
        items += arrived
        take(interpreter.feed(arrived))
        if guided.over:
            return out, items, heard
    take(interpreter.finish())
    out += guided.finish()
    return out, items, heard
