"""What a plan is, and what the next session of one looks like: values. The ready plans are in plans/*.toml.

``coach.plan_file`` reads and checks the text of a plan, ``coach.progression`` computes the next session from the past.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from rhomboid.coach.exercise import Prescription
from rhomboid.events import Side


class PlanItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exercise of a plan, where it begins and how far it goes. What is left out comes from the catalogue.

    ``reps`` or ``hold_s`` begin there and grow by at most ``reps_step`` or ``hold_step_s`` up to ``reps_to`` or
    ``hold_to_s`` (none: they stay). The load is chosen by the user in the first session and grows by ``load_step_kg``.
    ``sides`` is the order of the sides, for an exercise that is done on each (none: left, then right).
    """

    exercise: str
    sets: int | None = None
    reps: int | None = None
    reps_to: int | None = None
    reps_step: int = 1
    hold_s: float | None = None
    hold_to_s: float | None = None
    hold_step_s: float = 1.0
    load_step_kg: float = 0.0
    rest_s: float | None = None
    sides: tuple[Side, ...] = ()
    note: str = ""

    def start(self, of_catalogue: Prescription) -> Prescription:
        """Where the item begins: its own numbers, for the rest those of the catalogue."""
        reps, hold_s = self.reps, self.hold_s
        if reps is None and (hold_s is None or of_catalogue.hold_s is not None):
            reps = of_catalogue.reps
        if hold_s is None and (self.reps is None or of_catalogue.reps is not None):
            hold_s = of_catalogue.hold_s
        return Prescription(
            sets=of_catalogue.sets if self.sets is None else self.sets,
            reps=reps,
            hold_s=hold_s,
            rest_s=of_catalogue.rest_s if self.rest_s is None else self.rest_s,
            load_kg=of_catalogue.load_kg,
        )


class PlanSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"items": "exercise"}):
    """One session of a plan; a plan with several takes them in turn."""

    items: tuple[PlanItem, ...]
    name: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sessions": "session"}):
    """A plan. Its weeks are counted by sessions done, not by the calendar: nobody has to catch up.

    ``days_a_week`` times ``sessions_a_day`` sessions make a week of it. More is asked for once a ``day`` or once a
    ``week`` (``raised_each``), after the first ``steady_sessions``. Every ``light_each``-th week is light: loads (or
    repetitions, where there is no load) are multiplied by ``light_share``.
    """

    id: str
    name: str
    about: str
    sessions: tuple[PlanSession, ...]
    days_a_week: int
    sessions_a_day: int = 1
    weeks: int | None = None
    """None: as long as one likes."""
    raised_each: Literal["day", "week"] = "day"
    steady_sessions: int = 1
    light_each: int | None = None
    light_share: float = 0.8
    warm_up_min: float = 3.0
    article: str | None = None

    @property
    def sessions_a_week(self) -> int:
        """So many sessions make one week of the plan."""
        return self.days_a_week * self.sessions_a_day

    def week_of(self, step: int) -> int:
        """The week, from 0, that session ``step`` (from 0) belongs to."""
        return step // self.sessions_a_week

    def is_light(self, step: int) -> bool:
        """Whether session ``step`` lies in a light week."""
        return self.light_each is not None and self.week_of(step) % self.light_each == self.light_each - 1


class PlannedExercise(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise of the next session: ``sets`` times every side of ``sides`` in this order, with what is asked for.

    ``reps`` and ``hold_s`` are targets of one set on one side. ``load`` is the load in words ("6 kg", "choose one you
    could lift two times more"), empty for an exercise without one; ``load_kg`` is None while it is not known. ``why``
    says in words where the numbers come from. ``instead_of`` is the exercise of the plan that this one stands in for.
    """

    exercise: str
    name: str
    sets: int
    sides: tuple[Side | None, ...] = (None,)
    reps: int | None = None
    hold_s: float | None = None
    rest_s: float
    load_kg: float | None = None
    load: str = ""
    why: str
    instead_of: str | None = None
    note: str = ""


class PlannedSession(msgspec.Struct, frozen=True, kw_only=True):
    """The next session of a plan. ``step`` and ``week`` count from 0; ``due`` is the first day it is meant for.

    ``remarks`` are sentences to be shown before it begins; ``see_professional``: one of them is the advice to do so.
    """

    plan: str
    step: int
    week: int
    light: bool
    due: date
    name: str
    warm_up_min: float
    exercises: tuple[PlannedExercise, ...]
    remarks: tuple[str, ...] = ()
    see_professional: bool = False
