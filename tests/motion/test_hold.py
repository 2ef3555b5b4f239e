"""Holds: timed from reaching to leaving the far point, whatever the exercise, and nothing else is one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid.events import Event, HoldEnded, HoldStarted
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.hold import HoldDetector
from rhomboid.motion.settings import Settings
from tests.conftest import tries

from .acting import Moves, acted, course, cut, told, told_in_pieces

SET = Settings(mode="set")
FREE = Settings(mode="free")


def reps(holds_s: list[float], *, far: float, near: float = 0.0, move_s: float = 1.0, rest_s: float = 0.8) -> Moves:
    """Repetitions from ``near`` to ``far`` and back, held so long at the far point; a quiet start and end."""
    moves = [(4.0, near)]
    for hold_s in holds_s:
        moves += [(move_s, far), *([(hold_s, far)] if hold_s else []), (move_s, near), (rest_s, near)]
    return [*moves, (4.0, near)]


def holds(frames: Frames, setting: Settings = SET) -> list[HoldEnded]:
    return [e for e in told(HoldDetector(setting), [frames]) if isinstance(e, HoldEnded)]


def lengths_s(found: list[HoldEnded]) -> list[float]:
    return [e.end_s - e.start_s for e in found]


@pytest.mark.parametrize("far_deg", [1.3, 2.0, 8.0, 40.0, -25.0])
def test_every_hold_is_timed(far_deg: float) -> None:
    true_s = [2.0, 5.0, 1.5, 10.0]
    move_s = max(1.0, abs(far_deg) / 30.0)
    got = lengths_s(holds(acted(course(reps(true_s, far=far_deg, move_s=move_s)), breathing_deg=0.1)))
    assert len(got) == len(true_s)
    # somewhere between standing exactly still and being within a tenth of the far point
    assert all(0.0 <= g - t <= 0.85 * move_s for g, t in zip(got, true_s, strict=True)), got


def test_the_hold_is_said_after_a_second_and_its_end_soon() -> None:
    frames = acted(course(reps([5.0], far=30.0)))
    detector = HoldDetector(SET)
    before: list[Event] = detector.feed(cut(frames, 0, 8 * 50))
    assert [type(e) for e in before] == [HoldStarted]
    assert detector.holding_s == pytest.approx(8.0 - before[0].start_s)  # type: ignore[attr-defined]
    started, ended = told(HoldDetector(SET), [frames])
    assert isinstance(started, HoldStarted)
    assert isinstance(ended, HoldEnded)
    assert started.at_s - started.start_s == pytest.approx(1.0, abs=0.03)
    assert ended.at_s - ended.end_s < 0.5
    detector.feed(cut(frames, 8 * 50, len(frames)))
    assert detector.holding_s is None


def test_repetitions_without_a_pause_hold_nothing() -> None:
    assert holds(acted(course(reps([0.0] * 8, far=35.0, rest_s=0.2)))) == []


def test_after_a_rest_a_small_exercise_may_follow_a_big_one() -> None:
    squeezes = reps([3.0] * 4, far=-1.9)
    got = holds(acted(course([*reps([2.0] * 3, far=50.0), (8.0, 0.0), *squeezes]), breathing_deg=0.1))
    assert len(got) == 3 + 4


def test_rest_at_the_near_end_is_not_a_hold() -> None:
    assert len(holds(acted(course(reps([2.0] * 5, far=35.0, rest_s=4.0))))) == 5


def test_a_wobble_tremor_and_slow_sinking_do_not_end_a_hold() -> None:
    flexion_deg = course(reps([12.0], far=30.0))
    t_s = np.arange(1, len(flexion_deg) + 1) / 50
    held = (t_s > 5.5) & (t_s < 16.5)
    flexion_deg += held * 0.06 * np.sin(2 * np.pi * 9.0 * t_s)
    flexion_deg += np.where(held, 2.0 * (t_s - 5.5) / 11.0, 0.0)
    wobble = (t_s > 9.0) & (t_s < 9.7)
    flexion_deg += wobble * np.sin(np.pi * (t_s - 9.0) / 0.7) ** 2 * 1.5
    got = holds(acted(flexion_deg))
    assert len(got) == 1
    assert got[0].end_s - got[0].start_s == pytest.approx(12.3, abs=0.5)
    assert 1.0 < got[0].drift_deg < 4.0


def test_one_long_hold_without_repetitions() -> None:
    assert lengths_s(holds(acted(course(reps([90.0], far=70.0, move_s=2.0))))) == pytest.approx([90.6], abs=0.6)


def test_a_hold_low_down_with_an_upright_trunk() -> None:
    height_m = -course(reps([3.0] * 4, far=0.4, move_s=1.2))
    got = lengths_s(holds(acted(0 * height_m, height_m=height_m)))
    assert len(got) == 4
    assert all(2.9 < g < 4.2 for g in got)


def test_a_hold_at_the_end_of_a_turn() -> None:
    twist_deg = course(reps([2.0] * 4, far=40.0, move_s=1.4))
    assert lengths_s(holds(acted(0 * twist_deg, twist_deg=twist_deg))) == pytest.approx([2.3] * 4, abs=0.4)


def test_a_set_that_is_done_bent_over_rests_there() -> None:
    bent = [(4.0, 0.0), (2.0, 55.0), (2.0, 55.0)]
    row: Moves = [(0.9, 45.0), (1.6, 45.0), (1.2, 55.0), (1.2, 55.0)]
    got = holds(acted(course([*bent, *row * 6, (2.0, 0.0), (5.0, 0.0)])))
    # taking up the position looks like a hold once; as soon as it is come back to, only the far point is one
    assert len(got) == 6
    assert all(1.5 < g < 2.3 for g in lengths_s(got)[1:]), lengths_s(got)


def test_in_free_running_the_third_pose_of_a_kind_tells_of_the_first_two() -> None:
    told_free = told(HoldDetector(FREE), [acted(course(reps([3.0] * 5, far=30.0)))])
    told_set = told(HoldDetector(SET), [acted(course(reps([3.0] * 5, far=30.0)))])
    ended, in_set = ([e for e in events if isinstance(e, HoldEnded)] for events in (told_free, told_set))
    assert [(e.start_s, e.end_s) for e in ended] == [(e.start_s, e.end_s) for e in in_set]
    assert ended[0].at_s == ended[1].at_s == pytest.approx(ended[2].start_s + 1.0, abs=0.1)
    assert [e.at_s for e in told_free] == sorted(e.at_s for e in told_free)


def test_in_free_running_poses_that_are_not_alike_are_no_holds() -> None:
    assert holds(acted(course(reps([3.0] * 2, far=30.0))), FREE) == []
    wandering = course(
        [(4.0, 0.0), (1.0, 9.0), (5.0, 9.0), (1.0, -4.0), (5.0, -4.0), (2.0, 25.0), (5.0, 25.0), (2.0, 1.0)]
    )
    assert holds(acted(wandering), FREE) == []


def test_a_gap_ends_a_hold_and_none_is_begun_that_was_not_seen_to_be_reached() -> None:
    frames = acted(course(reps([20.0, 3.0], far=30.0)))
    gap = Break(10.0, 13.0)
    got = told(HoldDetector(SET), [cut(frames, 0, 500), gap, cut(frames, 650, len(frames))])
    ended = [e for e in got if isinstance(e, HoldEnded)]
    assert len(ended) == 2
    assert ended[0].end_s == gap.start_s
    assert ended[0].at_s == gap.end_s
    assert ended[1].start_s > 26.0


def test_a_stream_that_stops_in_a_hold_closes_it() -> None:
    frames = acted(course([(4.0, 0.0), (1.0, 30.0), (5.0, 30.0)]))
    assert lengths_s(holds(frames)) == pytest.approx([5.2], abs=0.3)


@given(cuts=st.lists(st.integers(0, 10**6), max_size=40), mode=st.sampled_from([SET, FREE]))
@settings(max_examples=tries(40), deadline=None)
def test_any_chunking_gives_the_same_bytes(cuts: list[int], mode: Settings) -> None:
    assert told_in_pieces(HoldDetector(mode), MIXED, cuts) == told_in_pieces(HoldDetector(mode), MIXED, [])


@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1))
@settings(max_examples=tries(20), deadline=None)
def test_any_mounting_gives_the_same_holds(turn: tuple[float, float, float, float]) -> None:
    mounting = Rotation.from_quat(turn).as_matrix()
    straight, turned = holds(acted(course(MIX))), holds(acted(course(MIX), mounting=mounting))
    assert [e.start_s for e in turned] == pytest.approx([e.start_s for e in straight], abs=0.1)
    assert [e.end_s for e in turned] == pytest.approx([e.end_s for e in straight], abs=0.1)


MIX = [*reps([2.0, 0.0, 5.0, 1.5], far=20.0), *reps([3.0] * 4, far=-6.0)]
MIXED = acted(course(MIX))
