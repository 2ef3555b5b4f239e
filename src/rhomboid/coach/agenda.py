"""What is still to be done in a session, set by set: skipped, exchanged and asked for again as the user wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from rhomboid.coach.cues import at_a_glance, target
from rhomboid.coach.exercise import Exercise
from rhomboid.coach.plan import PlannedExercise, PlannedSession
from rhomboid.coach.record import SetRecord
from rhomboid.events import Side


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One set of one exercise, on one side where it has sides. ``number`` counts from 1 up to ``sets``."""

    exercise: Exercise
    number: int
    sets: int
    side: Side | None
    reps: int | None
    hold_s: float | None
    rest_s: float
    load_kg: float | None
    load: str
    note: str = ""

    @property
    def glance(self) -> str:
        """The step in one line."""
        asked = target(self.reps, self.hold_s)
        return at_a_glance(self.exercise, self.side, asked, self.load, self.number, self.sets)

    @property
    def by_clock(self) -> bool:
        """Whether it is timed, whatever the sensor sees: one long hold, or an exercise with a length."""
        return self.reps is None and self.hold_s is not None

    @property
    def by_hand(self) -> bool:
        """Whether only the user can tell when it is done and how often."""
        return not self.by_clock and (self.exercise.seen == "by_hand" or self.exercise.kind == "timed")


class Agenda:
    """The steps to come. ``done`` are sets of a session that was broken off: they are not asked for again.

    Raises KeyError for an exercise that is not among ``exercises``.
    """

    def __init__(
        self, session: PlannedSession, exercises: Mapping[str, Exercise], done: Sequence[SetRecord] = ()
    ) -> None:
        self._exercises = exercises
        self._hurt: set[str] = set()
        already = Counter((d.exercise, d.number, d.side) for d in done if not d.discarded)
        self.steps = [s for p in session.exercises for s in _steps(p, exercises[p.exercise])]
        self.steps = [s for s in self.steps if not already[s.exercise.id, s.number, s.side]]

    @property
    def next(self) -> Step | None:
        """The set at hand, or the one to come."""
        return self.steps[0] if self.steps else None

    def finish(self) -> Step:
        """The set at hand is over."""
        return self.steps.pop(0)

    def again(self, step: Step) -> None:
        """This set once more, next."""
        self.steps.insert(0, step)

    def skip(self) -> Exercise | None:
        """The rest of the next exercise is left out; which one that is."""
        if not self.steps:
            return None
        skipped = self.steps[0].exercise
        while self.steps and self.steps[0].exercise.id == skipped.id:
            del self.steps[0]
        return skipped

    def hurts(self, exercise: Exercise) -> None:
        """It is not offered again today."""
        self._hurt.add(exercise.id)
        self.steps = [step for step in self.steps if step.exercise.id != exercise.id]

    def load(self, exercise: Exercise, load_kg: float) -> None:
        """It is done with this load from here on."""
        told = {"load_kg": load_kg, "load": f"{load_kg:g} kg"}
        self.steps = [
            msgspec.structs.replace(step, **told) if step.exercise.id == exercise.id else step for step in self.steps
        ]

    def alternatives(self, exercise: Exercise) -> list[Exercise]:
        """What may be done in place of this exercise today."""
        known = [self._exercises[name] for name in exercise.alternatives if name in self._exercises]
        return [other for other in known if other.id not in self._hurt and other.id != exercise.id]

    def swap(self, wanted: str = "") -> Exercise | None:
        """Another exercise in place of the next one: the ``wanted`` one by its id, or the first of its alternatives.

        None: there is no such exercise. It is done as often as the other one was to be, with its own amounts.
        """
        if not self.steps:
            return None
        old = self.steps[0].exercise
        others = {other.id: other for other in self.alternatives(old)}
        other = others.get(wanted) if wanted else next(iter(others.values()), None)
        if other is None:
            return None
        left = len({step.number for step in self.steps if step.exercise.id == old.id})
        p = other.prescription
        planned = PlannedExercise(
            exercise=other.id,
            name=other.name,
            sets=left,
            sides=("left", "right") if other.per_side else (None,),
            reps=p.reps,
            hold_s=p.hold_s,
            rest_s=p.rest_s,
            load_kg=p.load_kg,
            load="choose a light one" if other.load else "",
            why="",
        )
        self.skip()
        self.steps[:0] = _steps(planned, other)
        return other


def _steps(planned: PlannedExercise, exercise: Exercise) -> list[Step]:
    return [
        Step(
            exercise=exercise,
            number=number,
            sets=planned.sets,
            side=side,
            reps=planned.reps,
            hold_s=planned.hold_s,
            rest_s=planned.rest_s,
            load_kg=planned.load_kg,
            load=planned.load,
            note=planned.note,
        )
        for number in range(1, planned.sets + 1)
        for side in planned.sides
    ]
