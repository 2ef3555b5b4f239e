"""Corrections at the end of a set: as few as possible, each with its reason, and the sums always right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rhomboid.events import Movement
from rhomboid.motion.rep_corrections import reconcile


def movement(peak_s: float, length_s: float = 1.6) -> Movement:
    return Movement(
        start_s=peak_s - length_s / 2, peak_s=peak_s, end_s=peak_s + length_s / 2, range_deg=20.0, confidence=0.9
    )


def every(period_s: float, count: int, start_s: float = 0.0) -> list[Movement]:
    return [movement(start_s + k * period_s) for k in range(count)]


def test_the_same_repetitions_seen_from_the_other_side_are_no_correction() -> None:
    live = every(2.0, 10)
    assert reconcile(live, every(2.0, 10, start_s=1.0), []) == (tuple(live), ())


def test_getting_into_position_is_struck_out() -> None:
    live = [movement(-4.0), *every(2.0, 10)]
    final, corrections = reconcile(live, every(2.0, 10, start_s=0.1), [])
    assert final == tuple(live[1:])
    assert [(c.change, c.movement) for c in corrections] == [("struck_out", live[0])]
    assert "into position" in corrections[0].reason


def test_a_repetition_missed_in_the_middle_is_added() -> None:
    seen = every(2.0, 10)
    live = [m for k, m in enumerate(seen) if k != 5]
    final, corrections = reconcile(live, seen, [])
    assert final == tuple(seen)
    assert [(c.change, c.movement) for c in corrections] == [("added", seen[5])]


def test_both_halves_counted_are_made_one() -> None:
    final, corrections = reconcile(every(1.0, 20), every(2.0, 10, start_s=0.5), [])
    assert len(final) == 10
    assert {c.change for c in corrections} == {"struck_out"}


def test_nothing_seen_or_nothing_announced() -> None:
    live = every(2.0, 3)
    assert [c.change for c in reconcile(live, [], [])[1]] == ["struck_out"] * 3
    assert [c.change for c in reconcile([], live, [])[1]] == ["added"] * 3
    assert reconcile([], [], []) == ((), ())


peaks = st.lists(st.floats(0, 100), max_size=15, unique=True).map(lambda t: [movement(x) for x in sorted(t)])


@given(live=peaks, seen=peaks)
def test_the_final_count_is_what_was_seen_and_the_corrections_explain_it(
    live: list[Movement], seen: list[Movement]
) -> None:
    final, corrections = reconcile(live, seen, [])
    struck_out = [c.movement for c in corrections if c.change == "struck_out"]
    added = [c.movement for c in corrections if c.change == "added"]
    assert len(final) == len(seen) == len(live) - len(struck_out) + len(added)
    assert sorted(m.peak_s for m in [*live, *added]) == sorted(m.peak_s for m in [*final, *struck_out])
    assert all(c.reason for c in corrections)
