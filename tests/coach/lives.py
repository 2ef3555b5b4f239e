"""People who follow a plan, more or less: records as the guided session would write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from rhomboid.coach.plan import Plan, PlannedExercise, PlannedSession
from rhomboid.coach.progression import next_session
from rhomboid.coach.record import EndReason, SessionRecord, SetRecord
from rhomboid.shelf import catalogue, plans

CATALOGUE = catalogue()
PLANS = plans(CATALOGUE)
MONDAY = date(2026, 11, 2)
START_KG = 6.0


def did(
    session: PlannedSession,
    on: date,
    *,
    load_kg: float | None = None,
    missing: int = 0,
    effort: int | None = None,
    pain: tuple[int | None, int | None] = (None, None),
    sharp: str | None = None,
    because: EndReason = "finished",
) -> SessionRecord:
    """The session as planned on the day, every set short of ``missing`` repetitions, one exercise ended by pain."""

    def one(x: PlannedExercise, number: int, side: str | None) -> SetRecord:
        return SetRecord(
            exercise=x.exercise,
            number=number,
            start_s=0.0,
            end_s=x.hold_s or 10.0,
            reps=max((x.reps or 0) - missing, 0),
            side=side,  # type: ignore[arg-type]
            target_reps=x.reps,
            target_hold_s=x.hold_s,
            load_kg=(load_kg or x.load_kg or START_KG) if x.load else None,
            effort=effort,
            ended_by="sharp_pain" if x.exercise == sharp else "stillness",
        )

    sets = [one(x, n + 1, side) for x in session.exercises for n in range(x.sets) for side in x.sides]
    return SessionRecord(
        started_at=f"{on.isoformat()}T18:00:00+01:00",
        plan=session.plan,
        plan_step=session.step,
        sets=tuple(sets),
        pain_before=pain[0],
        pain_after=pain[1],
        ended_because=because,
    )


def lived(
    plan: Plan, sessions: int, *, from_day: date = MONDAY, as_: Callable[[int], dict[str, object]] = lambda _: {}
) -> tuple[list[SessionRecord], date]:
    """So many sessions, each on its day, and the day the next is due; ``as_`` says how session i went."""
    past: list[SessionRecord] = []
    today = from_day
    for i in range(sessions):
        session = next_session(plan, CATALOGUE, past, today)
        today = session.due
        past.append(did(next_session(plan, CATALOGUE, past, today), today, **as_(i)))  # type: ignore[arg-type]
    return past, next_session(plan, CATALOGUE, past, today).due


def asked(plan: Plan, past: Sequence[SessionRecord], today: date, exercise: str) -> PlannedExercise:
    """What the next session asks for in one exercise, or in what stands in for it."""
    session = next_session(plan, CATALOGUE, past, today)
    return next(x for x in session.exercises if exercise in (x.exercise, x.instead_of))


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)
