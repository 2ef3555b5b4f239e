"""What screens are given to draw: complete, and bounded however long the session."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.dashboard.observed import KEPT_EVENTS, KEPT_MARKS, Mark, Observed, SignalBuffer
from rhomboid.motion.pipeline import Trace
from tests.conftest import tries

from .scenes import make_update, movement, rows_in_hand, slouching


def test_marks_follow_the_second_thoughts_about_a_set() -> None:
    observed = Observed()
    rep = e.RepCompleted(at_s=11.5, set_index=0, number=1, movement=movement(10.0))
    refused = e.MovementRefused(at_s=21.5, movement=movement(20.0), reason="too small")
    observed.take(make_update(rep, refused))
    assert observed.marks == [Mark(10.0, "counted"), Mark(20.0, "refused")]
    corrections = (
        e.Correction(change="struck_out", movement=movement(10.0), reason="unlike the others"),
        e.Correction(change="added", movement=movement(20.0), reason="like the others"),
    )
    closed = e.SetClosed(
        at_s=40.0, set_index=0, start_s=8.0, end_s=22.0, reps=1, live_reps=1, movements=(), corrections=corrections
    )
    observed.take(make_update(closed))
    assert observed.marks == [Mark(10.0, "refused"), Mark(20.0, "counted")]


def test_posture_is_told_except_in_a_set_and_activity_never() -> None:
    def events(at_s: float) -> list[e.Event]:
        return [
            e.ActivityChanged(at_s=at_s, start_s=at_s, activity="moving"),
            e.PostureChanged(at_s=at_s, start_s=at_s, posture="moving"),
            e.HoldStarted(at_s=at_s, start_s=at_s),
            e.HoldEnded(at_s=at_s, start_s=at_s - 2.5, end_s=at_s),
        ]

    observed = Observed()
    observed.take(make_update(*events(10.0), in_set=True))
    assert [told.text for told in observed.told] == ["moving", "holding", "held 2.5 s"]
    observed.take(make_update(*events(20.0), in_set=True))
    assert [told.text for told in observed.told if told.t_s == 20.0] == ["held 2.5 s"]


def test_why_there_is_no_reference_is_kept() -> None:
    observed = Observed()
    observed.take(make_update(e.ReferenceRefused(at_s=9.0, reason="you never kept still")))
    assert observed.reference_remark == "no new reference: you never kept still"
    observed.take(make_update(e.RecalibrationNeeded(at_s=90.0, reason="the sensor was taken off")))
    assert observed.reference_remark == "please take the reference again: the sensor was taken off"


def test_what_to_do_now_for_a_reference_is_shown_until_there_is_one() -> None:
    observed = Observed()
    observed.take(make_update(e.CalibrationStep(at_s=9.0, step="lean_forward")))
    assert observed.reference_remark.startswith("now lean straight forward")


def test_seconds_since_the_last_set() -> None:
    observed = Observed()
    for t_s, in_set, expected_s in [
        (100.0, False, 0.0),
        (120.0, False, 20.0),
        (130.0, True, 0.0),
        (170.0, False, 40.0),
    ]:
        observed.take(make_update(t_s=t_s, in_set=in_set))
        assert observed.since_set_s == expected_s


def test_memory_stays_bounded() -> None:
    observed = Observed()
    for i in range(1000):
        rep = e.RepCompleted(at_s=float(i), set_index=0, number=i, movement=movement(float(i)))
        observed.take(make_update(rep))
    assert len(observed.told) == KEPT_EVENTS
    assert len(observed.marks) == KEPT_MARKS
    assert observed.marks[-1].t_s == 999.0


@settings(max_examples=tries(100), deadline=None)
@given(st.lists(st.integers(0, 70), max_size=40), st.floats(0.0, 60.0))
def test_the_newest_signal_is_the_same_however_it_came(lengths: list[int], seconds: float) -> None:
    capacity = 50
    buffer, t_s = SignalBuffer(capacity), np.arange(float(sum(lengths)))
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        part = t_s[end - length : end]
        buffer.add(Trace(part, 2 * part, 3 * part))
    kept = t_s[-capacity:]
    expected = kept[kept >= kept[-1] - seconds] if len(kept) else kept
    got = buffer.newest(seconds)
    for factor, values in zip((1, 2, 3), got, strict=True):
        np.testing.assert_array_equal(values, factor * expected)


def test_which_signals_there_are() -> None:
    buffer = SignalBuffer(10)
    nothing = np.full(3, np.nan)
    buffer.add(Trace(np.arange(3.0), np.ones(3), nothing))
    assert (buffer.has_movement, buffer.has_tilt) == (True, False)
    buffer.add(Trace(np.arange(3.0, 6.0), nothing, np.array([np.nan, 1.0, np.nan])))
    assert (buffer.has_movement, buffer.has_tilt) == (True, True)


def test_what_was_handed_out_stays_as_it_was() -> None:
    buffer = SignalBuffer(10)
    buffer.add(Trace(*np.tile(np.arange(10.0), (3, 1))))
    handed_out = buffer.newest(100.0)
    for start in range(10, 60, 5):
        buffer.add(Trace(*np.tile(np.arange(start, start + 5.0), (3, 1))))
    for values in handed_out:
        np.testing.assert_array_equal(values, np.arange(10.0))


def test_at_another_place_the_time_since_the_last_set_is_that_of_the_place() -> None:
    observed = Observed()
    observed.take(rows_in_hand())
    moved = msgspec.structs.replace(slouching(), moved=True)
    observed.take(moved)
    assert observed.since_set_s == 700.0 - 290.0
    observed.take(msgspec.structs.replace(moved, events=()))
    assert observed.since_set_s == 700.0
    assert [told.text for told in observed.told] == []
