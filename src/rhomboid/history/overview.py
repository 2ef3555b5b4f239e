"""What a history says as a whole: week by week, the best of each exercise, and which way the user's scores go.

Discarded sets are nowhere in it. A week begins on Monday and belongs to the calendar of the place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from statistics import mean

import msgspec

from rhomboid.coach.record import SessionRecord, SetRecord


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """One week. Means are of the sessions that say something; None: none does.

    ``volume_kg`` is the sum of repetitions times load, ``slouch_share`` the part of the time upright, slouching or
    leaning that was slouched.
    """

    monday: date
    trainings: int
    desks: int
    sets: int
    reps: int
    volume_kg: float
    held_s: float
    pain_before: float | None
    pain_after: float | None
    tension: float | None
    slouch_share: float | None


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """The most that was ever done of an exercise, in one set, and on which day first. 0: it is not done that way."""

    exercise: str
    reps: int
    reps_day: date
    load_kg: float
    load_day: date
    hold_s: float
    hold_day: date


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """How the mean of a score went from the first half of the days with one to the second."""

    what: str
    before: float
    after: float
    sessions: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as ``rhomboid history --json`` gives it."""

    weeks: tuple[Week, ...]
    bests: tuple[Best, ...]
    trends: tuple[Trend, ...]


def overview(sessions: Sequence[SessionRecord], today: date, weeks: int) -> Overview:
    """The last ``weeks`` weeks up to ``today`` and the trends in them; the bests of all ``sessions``."""
    first = monday_of(today) - timedelta(weeks=weeks - 1)
    shown = [session for session in sessions if first <= day_of(session) <= today]
    by_week: defaultdict[date, list[SessionRecord]] = defaultdict(list)
    for session in shown:
        by_week[monday_of(day_of(session))].append(session)
    mondays = [first + timedelta(weeks=k) for k in range(weeks)]
    return Overview(
        weeks=tuple(_week(monday, by_week[monday]) for monday in mondays), bests=_bests(sessions), trends=_trends(shown)
    )


def day_of(session: SessionRecord) -> date:
    """The day on which it began, where it began."""
    return date.fromisoformat(session.started_at[:10])


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def counted(session: SessionRecord) -> list[SetRecord]:
    """The sets that count."""
    return [done for done in session.sets if not done.discarded]


def longest_hold_s(done: SetRecord) -> float:
    """Of the holds in a set; 0: there is none."""
    return max((hold.end_s - hold.start_s for hold in done.holds), default=0.0)


def volume_kg(done: SetRecord) -> float:
    """Repetitions times load."""
    return done.reps * (done.load_kg or 0.0)


def slouch_share(sessions: Iterable[SessionRecord]) -> float | None:
    """The part of the time upright, slouching or leaning that was slouched; None: there was no such time."""
    times = [session.posture for session in sessions]
    slouched = sum(t.slouching for t in times)
    known = slouched + sum(t.upright + t.leaning for t in times)
    return slouched / known if known else None


def mean_of(values: Iterable[float | None]) -> float | None:
    """Of those that there are."""
    there = [value for value in values if value is not None]
    return mean(there) if there else None


def _week(monday: date, sessions: Sequence[SessionRecord]) -> Week:
    sets = [done for session in sessions for done in counted(session)]
    return Week(
        monday=monday,
        trainings=sum(s.kind == "train" for s in sessions),
        desks=sum(s.kind == "desk" for s in sessions),
        sets=len(sets),
        reps=sum(done.reps for done in sets),
        volume_kg=sum(map(volume_kg, sets)),
        held_s=sum(hold.end_s - hold.start_s for done in sets for hold in done.holds),
        pain_before=mean_of(s.pain_before for s in sessions),
        pain_after=mean_of(s.pain_after for s in sessions),
        tension=mean_of(s.tension for s in sessions),
        slouch_share=slouch_share(sessions),
    )


def _bests(sessions: Sequence[SessionRecord]) -> tuple[Best, ...]:
    done: defaultdict[str, list[tuple[SetRecord, date]]] = defaultdict(list)
    for session in sessions:
        for one in counted(session):
            done[one.exercise].append((one, day_of(session)))

    def most(exercise: str, what: Callable[[SetRecord], float]) -> tuple[float, date]:
        one, day = max(done[exercise], key=lambda entry: what(entry[0]))  # the first of equals
        return what(one), day

    found = []
    for exercise in sorted(done):
        reps, reps_day = most(exercise, lambda one: one.reps)
        load_kg, load_day = most(exercise, lambda one: one.load_kg or 0.0)
        hold_s, hold_day = most(exercise, longest_hold_s)
        found.append(
            Best(
                exercise=exercise,
                reps=int(reps),
                reps_day=reps_day,
                load_kg=load_kg,
                load_day=load_day,
                hold_s=hold_s,
                hold_day=hold_day,
            )
        )
    return tuple(found)


def _trends(sessions: Sequence[SessionRecord]) -> tuple[Trend, ...]:
    scores: dict[str, list[float | None]] = {
        "pain before": [s.pain_before for s in sessions],
        "pain after": [s.pain_after for s in sessions],
        "tension": [s.tension for s in sessions],
        "slouched, per cent": [None if (p := slouch_share([s])) is None else 100 * p for s in sessions],
    }
    found = []
    for what, values in scores.items():
        there = [value for value in values if value is not None]
        if len(there) >= 4:  # two on either side is the least that can be called a mean
            half = len(there) // 2
            found.append(Trend(what=what, before=mean(there[:half]), after=mean(there[-half:]), sessions=len(there)))
    return tuple(found)
