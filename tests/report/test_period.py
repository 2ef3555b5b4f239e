"""What happened in the time of a report, as numbers."""

from __future__ import annotations

from datetime import date

import pytest

from rhomboid.coach.plan import Plan, PlanItem, PlanSession
from rhomboid.coach.record import HoldRecord, SessionRecord, SetRecord
from rhomboid.errors import UsageError
from rhomboid.events import Movement
from rhomboid.report.period import (
    Period,
    adherence,
    by_exercise,
    holds_of,
    loads,
    period_from,
    quality_of,
    weeks_of,
)

from .four_weeks import FIRST, TODAY, four_weeks

PERIOD = Period(FIRST, TODAY)


def session(day: int, *sets: SetRecord, plan: str | None = None) -> SessionRecord:
    started_at = f"2026-11-{day:02}T18:00:00+01:00"
    return SessionRecord(started_at=started_at, sets=sets, plan=plan, ended_because="finished")


def done(exercise: str = "row", reps: int = 10, **more: object) -> SetRecord:
    return SetRecord(exercise=exercise, number=1, start_s=0.0, end_s=30.0, reps=reps, **more)  # type: ignore[arg-type]


def test_the_last_weeks_are_whole_and_this_one_is_among_them() -> None:
    assert period_from("4w", TODAY) == PERIOD
    assert PERIOD.mondays == [date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
    assert period_from("1w", TODAY).since == date(2026, 11, 16)
    assert period_from("30d", TODAY).since == date(2026, 10, 23)


def test_nothing_was_missed_before_the_first_session() -> None:
    assert PERIOD.from_first(session(11)) == Period(date(2026, 11, 9), TODAY)
    assert Period(date(2026, 11, 16), TODAY).from_first(session(11)) == Period(date(2026, 11, 16), TODAY)


@pytest.mark.parametrize("text", ["", "4", "w", "0w", "-4w", "4 w", "4m", "4w\n", "99999w"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as in 4w or 30d"):
        period_from(text, TODAY)


def test_volume_and_load_week_by_week() -> None:
    sessions = [
        session(2, done(reps=10, load_kg=5.0), done(reps=8, load_kg=7.5), done(reps=99, discarded=True)),
        session(17, done(reps=6, load_kg=10.0)),
    ]
    first, second, third, fourth = weeks_of(by_exercise(sessions)["row"], PERIOD)
    assert (second.sets, second.reps, second.volume_kg, second.load_kg) == (2, 18, 110.0, 7.5)
    assert (first.sets, third.reps, third.load_kg) == (0, 0, None)
    assert fourth.volume_kg == 60.0


def test_the_exercise_done_most_comes_first() -> None:
    assert list(by_exercise([session(2, done("b"), done("a"), done("c"), done("c"))])) == ["c", "a", "b"]


def test_quality_is_the_median_of_what_was_seen() -> None:
    def rep(range_deg: float, smoothness: float | None) -> Movement:
        return Movement(
            start_s=0.0, peak_s=1.0, end_s=2.0, range_deg=range_deg, confidence=1.0, out_s=range_deg / 10, back_s=1.0,
            smoothness=smoothness,
        )  # fmt: skip

    sets = by_exercise([session(2, done(movements=(rep(10, -2.0), rep(20, None))), done(movements=(rep(90, -1.5),)))])
    (day,) = quality_of(sets["row"])
    assert (day.reps, day.range_deg, day.out_s, day.smoothness) == (3, 20.0, 2.0, -1.75)
    assert quality_of(by_exercise([session(2, done())])["row"]) == []


def test_holds_day_by_day() -> None:
    holds = (HoldRecord(start_s=0.0, end_s=4.0), HoldRecord(start_s=10.0, end_s=13.0))
    (day,) = holds_of(by_exercise([session(2, done(holds=holds, target_hold_s=5.0)), session(3, done())])["row"])
    assert (day.longest_s, day.total_s, day.target_s) == (4.0, 7.0, 5.0)


def test_adherence_counts_sessions_by_week_and_sets_that_reached_their_aim() -> None:
    short, long = HoldRecord(start_s=0.0, end_s=4.4), HoldRecord(start_s=0.0, end_s=4.6)
    sessions = [
        session(2, done(reps=10, target_reps=10), done(reps=9, target_reps=10), done(reps=3), plan="gentle"),
        session(4, done(target_hold_s=5.0, holds=(short,)), done(target_hold_s=5.0, holds=(long,)), plan="gentle"),
        session(17, plan="gentle"),
        session(18),
    ]
    plan = Plan(
        id="gentle", name="", about="", days_a_week=3, sessions=(PlanSession(items=(PlanItem(exercise="row"),)),)
    )
    (found,) = adherence(sessions, PERIOD, {"gentle": plan})
    assert [(w.done, w.meant) for w in found.weeks] == [(0, 3), (2, 3), (0, 3), (1, 3)]
    assert (found.sets, found.reached) == (4, 2)
    assert adherence(sessions, PERIOD, {})[0].weeks[0].meant is None


def test_only_days_at_the_desk_have_a_load() -> None:
    found = loads(four_weeks())
    assert len(found) == 17 and all(load.load is not None and 0 < load.load < 100 for load in found.values())
    assert loads([session(2, done())]) == {}
