"""The next session of a plan, and the weeks ahead: computed from the history alone and afresh each time.

No other state is kept, and nothing is owed for what was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from rhomboid.coach.catalogue import Catalogue
from rhomboid.coach.past import Trained, done, in_order, of_plan, pains, rising, unhealed
from rhomboid.coach.plan import Plan, PlanItem, PlannedExercise, PlannedSession
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.targets import AWAY_DAYS, Case, hurts_often, planned
from rhomboid.coach.words import kilograms

SEE_PROFESSIONAL = "Please have it looked at by a doctor or physiotherapist before you go on."
BASELINE = "Take weights you could lift two times more, and note them: they are your baseline."


def next_session(plan: Plan, catalogue: Catalogue, past: Sequence[SessionRecord], today: date) -> PlannedSession:
    """The session of ``plan`` that comes next after ``past`` (any order, any plans), for the day ``today``.

    Raises DataError for a record that does not say when it was. Every exercise of ``plan`` is in ``catalogue``.
    """
    sessions = in_order(past)
    own = of_plan(plan.id, sessions)
    step = max((s for s, _ in own), default=-1) + 1
    chosen = plan.sessions[step % len(plan.sessions)]
    taken = {item.exercise for item in chosen.items}
    exercises = []
    for item in chosen.items:
        exercise = catalogue.exercises[item.exercise]
        start = item.start(exercise.prescription)
        case = Case(plan, step, today, item, exercise, start, done(item.exercise, own, sessions), sessions)
        exercises.append(planned(case, catalogue, taken))
        taken.add(exercises[-1].exercise)
    days = [(s, sessions[place].on) for s, place in own]
    due = _due(plan, days, today)
    choose = any(x.load and x.load_kg is None and x.instead_of is None for x in exercises)
    advice = _advice(chosen.items, catalogue, sessions)
    return PlannedSession(
        plan=plan.id,
        step=step,
        week=plan.week_of(step),
        light=plan.is_light(step),
        due=due,
        name=chosen.name or plan.name,
        warm_up_min=plan.warm_up_min,
        exercises=tuple(exercises),
        remarks=(*advice, *([BASELINE] if choose else []), *_remarks(plan, step, days, due, today)),
        see_professional=bool(advice),
    )


def weeks_ahead(
    plan: Plan, catalogue: Catalogue, past: Sequence[SessionRecord], today: date, weeks: int
) -> tuple[PlannedSession, ...]:
    """The sessions of the next ``weeks`` weeks of the plan, if each is done on its day, all of it, and nothing hurts.

    While a load is not known, ``load`` is "you choose", then "first" and "+1 kg", so much above the first; "80 %" in a
    light week.
    """
    told: list[PlannedSession] = []
    assumed = list(past)
    unknown: set[str] = set()
    session = _on_its_day(plan, catalogue, assumed, today)
    end = session.week + weeks
    if plan.weeks is not None and session.week < plan.weeks:
        end = min(end, plan.weeks)
    while session.week < end:
        unknown |= {x.exercise for x in session.exercises if x.load and x.load_kg is None}
        told.append(_above_the_first(plan, session, unknown))
        assumed.append(_as_planned(session, len(told)))
        session = _on_its_day(plan, catalogue, assumed, session.due)
    return tuple(told)


# --- the session ----------------------------------------------------------------------------------------------------


def _advice(items: Sequence[PlanItem], catalogue: Catalogue, sessions: list[Trained]) -> list[str]:
    """What a professional should look at."""
    advice = []
    if rise := rising(pains(sessions)):
        told = ", ".join(map(str, rise))
        advice.append(
            f"Pain has been rising over the last sessions ({told}): the plan asks for less. {SEE_PROFESSIONAL}"
        )
    for item in items:
        hurt = unhealed(item.exercise, sessions)
        if hurt is not None and hurts_often(item.exercise, sessions, hurt):
            name = catalogue.exercises[item.exercise].name
            advice.append(f"{name} has hurt sharply more than once: it stays out. {SEE_PROFESSIONAL}")
    return advice


def _remarks(plan: Plan, step: int, days: Sequence[tuple[int, date]], due: date, today: date) -> list[str]:
    remarks = []
    away = (today - days[-1][1]).days if days else 0
    if away >= AWAY_DAYS:
        remarks.append(f"{away} days since the last session: nothing is owed, and what had grown goes back a little.")
    if due > today:
        wait = (due - today).days
        remarks.append(
            f"Rest is part of it: this session is meant for {'tomorrow' if wait == 1 else f'in {wait} days'}."
        )
    if plan.is_light(step):
        remarks.append("A light week: what was trained settles now.")
    if plan.weeks is not None and plan.week_of(step) >= plan.weeks:
        remarks.append(f"The {plan.weeks} weeks of this plan are done. Go on with it as you like, or choose another.")
    return remarks


def _due(plan: Plan, days: Sequence[tuple[int, date]], today: date) -> date:
    """The first day the next session is meant for, after sessions of these steps on these days.

    The days of a week are spread, and a missed one moves the rest.
    """
    if not days:
        return today
    step, last = days[-1]
    if sum(on == last for _, on in days) < plan.sessions_a_day:
        return today
    which, of = (step // plan.sessions_a_day) % plan.days_a_week, plan.days_a_week
    return max(today, min(last, today) + timedelta(days=(which + 1) * 7 // of - which * 7 // of))


# --- weeks ahead ----------------------------------------------------------------------------------------------------


def _on_its_day(plan: Plan, catalogue: Catalogue, past: Sequence[SessionRecord], today: date) -> PlannedSession:
    session = next_session(plan, catalogue, past, today)
    return session if session.due <= today else next_session(plan, catalogue, past, session.due)


def _as_planned(session: PlannedSession, order: int) -> SessionRecord:
    """The record of the session if all of it comes; an unknown load counts from 0. ``order`` keeps those of a day."""
    sets = tuple(
        SetRecord(
            exercise=x.exercise,
            number=i + 1,
            start_s=0.0,
            end_s=x.hold_s or 0.0,
            reps=x.reps or 0,
            side=side,
            target_reps=x.reps,
            target_hold_s=x.hold_s,
            load_kg=(x.load_kg or 0.0) if x.load else None,
        )
        for x in session.exercises
        for i in range(x.sets)
        for side in x.sides
    )
    minute, second = divmod(order % 3600, 60)
    began = f"{session.due.isoformat()}T23:{minute:02}:{second:02}+00:00"
    return SessionRecord(
        started_at=began, plan=session.plan, plan_step=session.step, sets=sets, ended_because="finished"
    )


def _above_the_first(plan: Plan, session: PlannedSession, unknown: set[str]) -> PlannedSession:
    """The session with loads that are not known told by how far they are above the first."""

    def told(x: PlannedExercise) -> PlannedExercise:
        if x.exercise not in unknown or x.load_kg is None:
            return x
        above = f"+{kilograms(x.load_kg)}" if x.load_kg else "first"
        return msgspec.structs.replace(
            x, load_kg=None, load=f"{100 * plan.light_share:.0f} %" if session.light else above
        )

    return msgspec.structs.replace(session, exercises=tuple(map(told, session.exercises)))
