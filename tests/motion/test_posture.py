"""Posture and the slouch alert: right, soon after the delay, and silent about everything that is not slouching."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid.events import Event, PostureChanged, SlouchEnded, SlouchStarted
from rhomboid.imu import Array
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.posture import PostureDetector
from rhomboid.motion.settings import Settings, SlouchSettings
from tests.conftest import tries

from .acting import Moves, Watched, acted, course, cut, joined, steps_g, told, told_in_pieces

DESK = Settings(mode="desk", slouch=SlouchSettings(delay_s=5.0), reference_s=(0.0, 5.0))
TALL: Moves = [(6.0, 0.0)]
LEAN: Moves = [(4.0, 0.0), (1.5, 20.0), (1.0, 20.0), (1.5, 0.0), (4.0, 0.0)]
"""Tall, forward and back: a guided reference shows which way is forward."""
GUIDED = Settings(mode="desk", slouch=SlouchSettings(delay_s=5.0), reference_s=(0.0, 11.5))


def events(frames: Frames, setting: Settings = DESK) -> list[Event]:
    return told(Watched(PostureDetector(setting)), [frames])


def slouches(frames: Frames, setting: Settings = DESK) -> list[SlouchEnded]:
    return [e for e in events(frames, setting) if isinstance(e, SlouchEnded)]


def postures(frames: Frames, setting: Settings = DESK) -> list[str]:
    return [e.posture for e in events(frames, setting) if isinstance(e, PostureChanged)]


@pytest.mark.parametrize("delay_s", [5.0, 45.0])
def test_a_slouch_is_said_after_the_delay_and_ends_when_it_ends(delay_s: float) -> None:
    setting = Settings(mode="desk", slouch=SlouchSettings(delay_s=delay_s), reference_s=(0.0, 5.0))
    frames = acted(course([*TALL, (2.0, 20.0), (60.0, 20.0), (2.0, 0.0), (10.0, 0.0)]))
    started, ended = (e for e in events(frames, setting) if isinstance(e, SlouchStarted | SlouchEnded))
    assert isinstance(started, SlouchStarted)
    assert isinstance(ended, SlouchEnded)
    assert started.start_s == pytest.approx(7.1, abs=0.5)
    assert started.at_s - started.start_s == pytest.approx(delay_s, abs=0.3)
    assert started.direction == "unknown"
    assert (ended.start_s, ended.alert_s) == (started.start_s, started.at_s)
    assert ended.end_s == pytest.approx(69.2, abs=0.5)
    assert ended.peak_deg == pytest.approx(20.0, abs=0.5)
    assert ended.at_s - ended.end_s < 2.5


def test_the_threshold_counts_and_a_little_below_it_is_no_end() -> None:
    assert slouches(acted(course([*TALL, (1.0, 11.0), (40.0, 11.0)]))) == []
    hovering = course([*TALL, (1.0, 14.0), (10.0, 14.0), *[(3.0, 10.0), (3.0, 14.0)] * 5, (1.0, 0.0), (6.0, 0.0)])
    (slouch,) = slouches(acted(hovering))
    assert slouch.end_s > 46.0


def test_sitting_up_for_a_moment_is_no_recovery() -> None:
    moves = [
        *TALL,
        (1.0, 20.0),
        (10.0, 20.0),
        (0.5, 4.0),
        (0.7, 4.0),
        (0.5, 20.0),
        (10.0, 20.0),
        (1.0, 0.0),
        (5.0, 0.0),
    ]
    assert len(slouches(acted(course(moves)))) == 1


def test_reaching_drinking_and_bending_for_something_are_not_slouching() -> None:
    moves: Moves = [*TALL]
    for angle_deg, stay_s in ((18.0, 2.0), (25.0, 1.0), (-12.0, 2.5), (80.0, 2.0), (70.0, 8.0), (15.0, 3.0)):
        moves += [(1.0, angle_deg), (stay_s, angle_deg), (1.2, 0.0), (3.0, 0.0)]
    assert slouches(acted(course(moves))) == []


def test_walking_bent_forward_is_moving() -> None:
    shake_g = np.concatenate((np.zeros(300), steps_g(30.0)))
    frames = acted(course([*TALL, (1.0, 16.0), (29.0, 16.0)]), shake_g=shake_g)
    assert slouches(frames) == []
    assert postures(frames)[-1] == "moving"


def test_exercise_bent_forward_is_moving() -> None:
    row = [(0.9, 26.0), (0.6, 26.0), (1.2, 36.0), (0.6, 36.0)]
    frames = acted(course([*TALL, (1.5, 36.0), *row * 12, (1.5, 0.0), (5.0, 0.0)]))
    assert slouches(frames) == []


def test_lying_down_is_not_slouching() -> None:
    frames = acted(course([*TALL, (3.0, 85.0), (30.0, 85.0)]))
    assert slouches(frames) == []
    assert postures(frames)[-1] == "lying"


def test_a_sensor_on_the_table_has_no_posture() -> None:
    worn = acted(course([*TALL, (1.0, 20.0), (2.0, 20.0)]))
    n = 50 * 60
    table = acted(np.full(n, 20.0), breathing_deg=0.0, noise=0.2, start_s=9.0)
    detector = PostureDetector(Settings(mode="desk", slouch=SlouchSettings(delay_s=45.0), reference_s=(0.0, 5.0)))
    got = told(Watched(detector), [worn, table])
    assert [e for e in got if isinstance(e, SlouchStarted)] == []
    assert detector.posture == "not_worn"


@pytest.mark.parametrize(
    ("flexion_deg", "lateral_deg", "posture"),
    [
        (20.0, 0.0, "leaning_forward"),
        (-20.0, 0.0, "leaning_back"),
        (3.0, 22.0, "leaning_left"),
        (3.0, -22.0, "leaning_right"),
    ],
)
def test_with_forward_known_only_forward_is_slouching(flexion_deg: float, lateral_deg: float, posture: str) -> None:
    flexion = course([*LEAN, (2.0, flexion_deg), (20.0, flexion_deg)])
    lateral = course([(12.0, 0.0), (2.0, lateral_deg), (20.0, lateral_deg)])
    mounting = Rotation.from_euler("xyz", [20, -100, 70], degrees=True).as_matrix()
    detector = PostureDetector(GUIDED)
    got = told(Watched(detector), [acted(flexion, lateral, mounting=mounting)])
    assert detector.posture == posture
    assert detector.flexion_deg == pytest.approx(flexion_deg, abs=2.5)
    assert detector.lateral_deg == pytest.approx(lateral_deg, abs=2.5)
    alerts = [e.direction for e in got if isinstance(e, SlouchStarted)]
    assert alerts == (["forward"] if posture == "leaning_forward" else [])


def test_a_gap_ends_a_slouch_and_the_reference_still_holds_after_it() -> None:
    frames = acted(course([*TALL, (1.0, 20.0), (43.0, 20.0)]))
    gap = Break(20.0, 30.0)
    detector = PostureDetector(DESK)
    got = told(Watched(detector), [cut(frames, 0, 1000), gap, cut(frames, 1500, 2500)])
    first, second = (e for e in got if isinstance(e, SlouchEnded))
    assert first.end_s == gap.start_s
    assert second.start_s >= gap.end_s
    assert second.alert_s - gap.end_s < 6.0
    unknown = [e for e in got if isinstance(e, PostureChanged) and e.posture == "cannot_tell"]
    assert [e.start_s for e in unknown] == [gap.start_s]


def test_nothing_is_said_about_posture_without_a_reference() -> None:
    detector = PostureDetector(Settings(mode="desk", reference_s=(100.0, 110.0)))
    frames = acted(course([(5.0, 0.0), (1.0, 25.0), (50.0, 25.0)]))
    assert [e for e in Watched(detector).feed(frames) if not isinstance(e, PostureChanged)] == []
    assert detector.posture == "cannot_tell"
    assert (detector.tilt_deg, detector.flexion_deg, detector.lateral_deg) == (None, None, None)
    assert np.isnan(detector.trace_deg).all()


def test_the_newest_state_can_be_shown() -> None:
    detector = PostureDetector(DESK)
    frames = acted(course([*TALL, (1.0, 20.0), (4.0, 20.0), (1.0, 0.0), (9.0, 0.0)]))
    watched = Watched(detector)
    watched.feed(cut(frames, 0, 550))
    assert detector.tilt_deg == pytest.approx(20.0, abs=0.5)
    assert detector.slouching_s == pytest.approx(4.4, abs=0.4)
    trace_deg: Array = detector.trace_deg
    assert trace_deg.shape == (550,)
    assert trace_deg[-1] == pytest.approx(20.0, abs=0.5)
    watched.feed(cut(frames, 550, len(frames)))
    assert detector.slouching_s is None


ON_AND_OFF = [
    acted(course([*TALL, (1.0, 20.0), (10.0, 20.0)])),
    acted(np.full(50 * 45, 60.0), breathing_deg=0.0, noise=0.2, start_s=17.0),
    acted(course([(1.0, 0.0), (9.0, 0.0), (1.0, 20.0), (10.0, 20.0)], at=60.0), start_s=62.0),
]


@given(cuts=st.lists(st.integers(0, 10**6), max_size=20))
@settings(max_examples=tries(20), deadline=None)
def test_taking_it_off_and_on_does_not_depend_on_the_chunks_either(cuts: list[int]) -> None:
    setting = Settings(mode="desk", slouch=DESK.slouch)
    whole = told_in_pieces(Watched(PostureDetector(setting)), joined(ON_AND_OFF), [])
    assert sum(b'"slouch_ended"' in line for line in whole) == 2
    assert told_in_pieces(Watched(PostureDetector(setting)), joined(ON_AND_OFF), cuts) == whole


DAY = acted(
    course([*TALL, (1.0, 20.0), (10.0, 20.0), (1.0, 0.0), *[(1.0, 40.0), (1.0, 0.0), (3.0, 0.0)] * 4, (30.0, 0.0),
            (2.0, 15.0), (40.0, 15.0), (2.0, -15.0), (20.0, -15.0), (2.0, 0.0), (5.0, 0.0)])
)  # fmt: skip


@given(cuts=st.lists(st.integers(0, 10**6), max_size=40), automatic=st.booleans())
@settings(max_examples=tries(40), deadline=None)
def test_any_chunking_gives_the_same_bytes(cuts: list[int], automatic: bool) -> None:
    setting = Settings(mode="desk", slouch=DESK.slouch) if automatic else DESK
    assert told_in_pieces(Watched(PostureDetector(setting)), DAY, cuts) == told_in_pieces(
        Watched(PostureDetector(setting)), DAY, []
    )


@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1))
@settings(max_examples=tries(20), deadline=None)
def test_any_mounting_gives_the_same_story(turn: tuple[float, float, float, float]) -> None:
    flexion = course([*TALL, (1.0, 20.0), (10.0, 20.0), (1.0, 0.0), (5.0, 0.0), (1.0, 15.0), (9.0, 15.0)])
    straight = events(acted(flexion))
    turned = events(acted(flexion, mounting=Rotation.from_quat(turn).as_matrix()))
    assert [type(e) for e in turned] == [type(e) for e in straight]
    assert [e.at_s for e in turned] == pytest.approx([e.at_s for e in straight], abs=0.21)
