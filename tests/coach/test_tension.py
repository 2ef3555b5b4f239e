"""The tension load: bounded, no better for more slouching, blind to what is unknown, and silent about too little."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.record import PostureMinutes, SessionRecord, SlouchRecord
from rhomboid.coach.tension import LEAST_KNOWN_MIN, TensionLoad, relief, tension_load

DAY = "2026-11-21T09:00:00+01:00"


def slouch(start_min: float, length_min: float = 2.0, **more: object) -> SlouchRecord:
    end_s = 60.0 * (start_min + length_min)
    return SlouchRecord(start_s=60.0 * start_min, end_s=end_s, peak_deg=20.0, **more)  # type: ignore[arg-type]


def desk(
    known_min: float, slouches: tuple[SlouchRecord, ...] = (), static_min: float = 0.0, breaks: int = 0, **more: object
) -> SessionRecord:
    posture = PostureMinutes(upright=known_min)
    return SessionRecord(
        started_at=DAY, kind="desk", slouches=slouches, longest_static_min=static_min, breaks=breaks,
        **{"posture": posture} | more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_parts_are_what_the_formula_says() -> None:
    found = tension_load([desk(240.0, (slouch(10.0, 24.0), slouch(60.0, 24.0)), static_min=75.0, breaks=4)])
    assert (found.slouched_min, found.wanted_breaks) == (48.0, 8.0)
    assert found.slouch_points == pytest.approx(50 * 0.2 / 0.5)
    assert found.static_points == pytest.approx(25 * 45 / 90)
    assert found.break_points == pytest.approx(25 * 4 / 8)
    assert found.load == pytest.approx(20 + 12.5 + 12.5)


def test_the_worst_and_the_best_day() -> None:
    assert tension_load([desk(480.0, (slouch(0.0, 480.0),), static_min=480.0)]).load == 100.0
    assert tension_load([desk(480.0, static_min=20.0, breaks=20)]).load == 0.0


amounts = st.floats(0.0, 600.0)
days = st.builds(
    desk,
    amounts,
    st.lists(st.builds(slouch, amounts, amounts, alerted=st.booleans(), answered_by=st.integers(0, 9)), max_size=5).map(
        tuple
    ),
    amounts,
    st.integers(0, 40),
)
mornings = st.lists(days, max_size=3)


def figure(found: TensionLoad) -> float:
    return found.slouch_points + found.static_points + found.break_points


@given(mornings)
def test_it_is_bounded_and_the_sum_of_its_parts(sessions: list[SessionRecord]) -> None:
    found = tension_load(sessions)
    assert (found.load is None) == (found.known_min < LEAST_KNOWN_MIN)
    assert 0.0 <= figure(found) <= 100.0
    assert found.load is None or found.load == pytest.approx(figure(found))


@given(mornings, days, amounts)
def test_more_slouching_is_never_better(sessions: list[SessionRecord], day: SessionRecord, more_min: float) -> None:
    worse = msgspec.structs.replace(day, slouches=(*day.slouches, slouch(700.0, more_min)))
    assert figure(tension_load([*sessions, worse])) >= figure(tension_load([*sessions, day]))


@given(mornings, days, amounts)
def test_a_longer_static_time_is_never_better(sessions: list[SessionRecord], day: SessionRecord, more: float) -> None:
    worse = msgspec.structs.replace(day, longest_static_min=day.longest_static_min + more)
    assert figure(tension_load([*sessions, worse])) >= figure(tension_load([*sessions, day]))


@given(mornings, days, st.integers(0, 20))
def test_more_breaks_are_never_worse(sessions: list[SessionRecord], day: SessionRecord, more: int) -> None:
    better = msgspec.structs.replace(day, breaks=day.breaks + more)
    assert figure(tension_load([*sessions, better])) <= figure(tension_load([*sessions, day]))


@given(mornings, days, amounts, amounts)
def test_unknown_time_is_neither_good_nor_bad(
    sessions: list[SessionRecord], day: SessionRecord, cannot_tell: float, not_worn: float
) -> None:
    posture = msgspec.structs.replace(day.posture, cannot_tell=cannot_tell, not_worn=not_worn)
    dark = tension_load([*sessions, msgspec.structs.replace(day, posture=posture)])
    assert figure(dark) == figure(tension_load([*sessions, day]))
    assert dark.unknown_min == pytest.approx(cannot_tell + not_worn)


@given(mornings)
def test_the_order_of_sessions_changes_no_figure(sessions: list[SessionRecord]) -> None:
    assert figure(tension_load(sessions[::-1])) == pytest.approx(figure(tension_load(sessions)))


def test_too_little_gives_no_figure() -> None:
    assert tension_load([]).load is None
    assert tension_load([desk(29.0)]).load is None
    assert tension_load([desk(29.0), desk(2.0)]).load is not None
    training = msgspec.structs.replace(desk(300.0), kind="train", tension=6)
    assert tension_load([training]).load is None and tension_load([training]).tension == (6,)


def test_a_refuted_slouch_is_none() -> None:
    refuted = slouch(10.0, 60.0, alerted=True, refuted=True, answered_by=3)
    found = tension_load([desk(120.0, (refuted,))])
    assert (found.slouched_min, found.answered, found.relief) == (0.0, 0, ())


def test_an_answered_alert_is_credited_as_a_break() -> None:
    alone, answered = (slouch(10.0, alerted=True, answered_by=n, answered_with="squeeze") for n in (0, 5))
    lazy, good = tension_load([desk(120.0, (alone,))]), tension_load([desk(120.0, (answered,))])
    assert (lazy.breaks, good.breaks, good.answered) == (0, 1, 1)
    assert lazy.break_points - good.break_points == pytest.approx(25 / 4)


def test_what_relieved_is_told_by_the_time_to_the_next_slouch() -> None:
    squeeze = {"alerted": True, "answered_by": 5, "answered_with": "squeeze"}
    first = (
        slouch(0.0, 2.0, **squeeze),
        slouch(32.0, 2.0, alerted=True),
        slouch(40.0, 1.0),  # too short for an alert, and a slouch all the same
        slouch(60.0, 2.0, **squeeze),
        slouch(70.0, 5.0, refuted=True, alerted=True),
        slouch(102.0, 2.0, alerted=True, answered_by=2),
    )
    found = {r.exercise: (r.alerts, r.reps, r.until_next_min) for r in relief([first])}
    assert found == {"squeeze": (2, 10, 35.0), None: (1, 0, 6.0), "a movement": (1, 2, None)}
    assert [r.exercise for r in relief([first])] == ["squeeze", None, "a movement"]
    assert relief([first, ()]) == relief([first])
