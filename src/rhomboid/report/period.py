"""The time that a report is about, and what happened in it, as numbers: by week, by exercise, by day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import median

import msgspec

from rhomboid.coach.plan import Plan
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.tension import TensionLoad, tension_load
from rhomboid.errors import UsageError
from rhomboid.history.overview import counted, day_of, longest_hold_s, monday_of, volume_kg

ENOUGH = 0.9
"""A hold of this much of what was asked for is as long as asked for: one counts by feeling."""


class Period(msgspec.Struct, frozen=True):
    """Both days are part of it."""

    since: date
    until: date

    @property
    def mondays(self) -> list[date]:
        """Those of its weeks."""
        first = monday_of(self.since)
        return [first + timedelta(weeks=k) for k in range((self.until - first).days // 7 + 1)]

    def from_first(self, session: SessionRecord) -> Period:
        """Without the weeks before the first session that there ever was: nothing was missed in them."""
        return Period(max(self.since, monday_of(day_of(session))), self.until)


class ExerciseWeek(msgspec.Struct, frozen=True, kw_only=True):
    """What was done of one exercise in one week. ``load_kg`` is the heaviest, None without any."""

    monday: date
    sets: int
    reps: int
    volume_kg: float
    load_kg: float | None
    held_s: float


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """The repetitions of one exercise on one day as the sensor saw them, each the median; None: it is not known."""

    day: date
    reps: int
    range_deg: float
    out_s: float
    back_s: float
    smoothness: float | None


class HeldDay(msgspec.Struct, frozen=True, kw_only=True):
    """The holds of one exercise on one day. ``target_s`` is the longest that was asked for."""

    day: date
    longest_s: float
    total_s: float
    target_s: float | None


class PlanWeek(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of a plan in one week, done and meant; ``meant`` None: the plan is not known here."""

    monday: date
    done: int
    meant: int | None


class Adherence(msgspec.Struct, frozen=True, kw_only=True):
    """How far a plan was followed: sessions by week, and sets that reached what was asked for."""

    plan: str
    weeks: tuple[PlanWeek, ...]
    sets: int
    reached: int


def period_from(text: str, today: date) -> Period:
    """The last ``30d`` up to today, or the last ``4w``, of which this week is one. Raises UsageError."""
    found = re.fullmatch(r"([1-9]\d{0,2})([wd])", text)
    if found is None:
        raise UsageError(f"--last {text[:20]} is no length of time", do="give weeks or days, as in 4w or 30d")
    many = int(found[1]) - 1
    return Period(monday_of(today) - timedelta(weeks=many) if found[2] == "w" else today - timedelta(days=many), today)


def by_exercise(sessions: Iterable[SessionRecord]) -> dict[str, list[tuple[date, SetRecord]]]:
    """The sets that count, with their days, the exercise with most of them first."""
    found: defaultdict[str, list[tuple[date, SetRecord]]] = defaultdict(list)
    for session in sessions:
        for done in counted(session):
            found[done.exercise].append((day_of(session), done))
    return dict(sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0])))


def weeks_of(sets: Sequence[tuple[date, SetRecord]], period: Period) -> list[ExerciseWeek]:
    """Of one exercise, every week of the period, those without any set as well."""
    by_week: defaultdict[date, list[SetRecord]] = defaultdict(list)
    for day, done in sets:
        by_week[monday_of(day)].append(done)
    return [
        ExerciseWeek(
            monday=monday,
            sets=len(by_week[monday]),
            reps=sum(done.reps for done in by_week[monday]),
            volume_kg=sum(map(volume_kg, by_week[monday])),
            load_kg=max((done.load_kg for done in by_week[monday] if done.load_kg), default=None),
            held_s=sum(hold.end_s - hold.start_s for done in by_week[monday] for hold in done.holds),
        )
        for monday in period.mondays
    ]


def quality_of(sets: Sequence[tuple[date, SetRecord]]) -> list[Quality]:
    """Of one exercise, every day on which the sensor saw repetitions of it."""
    found = []
    for day, done in _by_day(sets).items():
        seen = [movement for one in done for movement in one.movements]
        if seen:
            smooth = [m.smoothness for m in seen if m.smoothness is not None]
            found.append(
                Quality(
                    day=day,
                    reps=len(seen),
                    range_deg=median(m.range_deg for m in seen),
                    out_s=median(m.out_s for m in seen),
                    back_s=median(m.back_s for m in seen),
                    smoothness=median(smooth) if smooth else None,
                )
            )
    return found


def holds_of(sets: Sequence[tuple[date, SetRecord]]) -> list[HeldDay]:
    """Of one exercise, every day on which something was held."""
    return [
        HeldDay(
            day=day,
            longest_s=max(map(longest_hold_s, done)),
            total_s=sum(hold.end_s - hold.start_s for one in done for hold in one.holds),
            target_s=max((one.target_hold_s for one in done if one.target_hold_s), default=None),
        )
        for day, done in _by_day(sets).items()
        if any(one.holds for one in done)
    ]


def adherence(sessions: Sequence[SessionRecord], period: Period, plans: Mapping[str, Plan]) -> list[Adherence]:
    """Of every plan that sessions of the period belong to."""
    found = []
    for name in dict.fromkeys(session.plan for session in sessions if session.plan):
        own = [session for session in sessions if session.plan == name]
        meant = plans[name].sessions_a_week if name in plans else None
        weeks = [(monday, sum(monday_of(day_of(s)) == monday for s in own)) for monday in period.mondays]
        asked = [done for session in own for done in counted(session) if done.target_reps or done.target_hold_s]
        found.append(
            Adherence(
                plan=name,
                weeks=tuple(PlanWeek(monday=monday, done=done, meant=meant) for monday, done in weeks),
                sets=len(asked),
                reached=sum(map(_reached, asked)),
            )
        )
    return found


def loads(sessions: Iterable[SessionRecord]) -> dict[date, TensionLoad]:
    """The tension load of every day with a session at the desk."""
    days: defaultdict[date, list[SessionRecord]] = defaultdict(list)
    for session in sessions:
        days[day_of(session)].append(session)
    return {day: tension_load(of_day) for day, of_day in days.items() if any(s.kind == "desk" for s in of_day)}


def _by_day(sets: Sequence[tuple[date, SetRecord]]) -> dict[date, list[SetRecord]]:
    days: defaultdict[date, list[SetRecord]] = defaultdict(list)
    for day, done in sets:
        days[day].append(done)
    return dict(sorted(days.items()))


def _reached(done: SetRecord) -> bool:
    lengths_s = [hold.end_s - hold.start_s for hold in done.holds]
    held_s = median(lengths_s) if lengths_s else 0.0
    return done.reps >= (done.target_reps or 0) and held_s >= ENOUGH * (done.target_hold_s or 0.0)
