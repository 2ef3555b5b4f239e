"""A reference that was asked for: each step said, the body's axes found for any mounting, every refusal explained."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid.events import (
    CalibrationStep,
    Event,
    PostureChanged,
    RecalibrationNeeded,
    ReferenceRefused,
    ReferenceTaken,
    SlouchEnded,
    SlouchStarted,
    encode,
)
from rhomboid.imu import Array, RequestKind
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.posture import PostureDetector
from rhomboid.motion.settings import TRAINING, Axis, Settings
from tests.conftest import tries

from .acting import Moves, Watched, acted, course, cut, told, told_in_pieces

TALL: Moves = [(6.0, 0.0)]
LEAN: Moves = [*TALL, (1.5, 22.0), (2.0, 22.0), (1.5, 0.0), (6.0, 0.0)]
"""What the guided reference asks for."""


def asked(kind: RequestKind = "guided_reference", forward_axis: Axis | None = None) -> PostureDetector:
    detector = PostureDetector(Settings(mode="desk", slouch=TRAINING, forward_axis=forward_axis))
    detector.request(kind)
    return detector


def about_it(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, CalibrationStep | ReferenceTaken | ReferenceRefused)]


def refusal(frames: Frames, kind: RequestKind = "guided_reference", forward_axis: Axis | None = None) -> str:
    found = told(Watched(asked(kind, forward_axis)), [frames])
    return next(e.reason for e in found if isinstance(e, ReferenceRefused))


def off_deg(a: Array | None, b: Array) -> float:
    assert a is not None
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


def test_it_says_each_step_when_it_is_due_and_then_what_it_found() -> None:
    tall, lean, back, taken = about_it(told(Watched(asked()), [acted(course(LEAN))]))
    assert isinstance(tall, CalibrationStep)
    assert isinstance(lean, CalibrationStep)
    assert isinstance(back, CalibrationStep)
    assert (tall.step, lean.step, back.step) == ("sit_tall", "lean_forward", "come_back")
    assert tall.at_s < 0.5
    assert 4.0 < lean.at_s < 6.0
    assert 7.5 < back.at_s < 9.5
    assert isinstance(taken, ReferenceTaken)
    assert taken.forward_known
    assert taken.quality > 0.7
    assert 12.0 < taken.at_s < 15.0


@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1))
@settings(max_examples=tries(20), deadline=None)
def test_it_finds_the_axes_of_the_body_for_any_mounting(turn: tuple[float, float, float, float]) -> None:
    mounting = Rotation.from_quat(turn).as_matrix()
    detector = asked()
    told(Watched(detector), [acted(course(LEAN), mounting=mounting)])
    assert off_deg(detector.reference.up, mounting[:, 2]) < 1.0
    assert off_deg(detector.reference.forward, mounting[:, 0]) < 3.0


def test_coming_back_without_holding_the_lean_will_do() -> None:
    detector = asked()
    told(Watched(detector), [acted(course([*TALL, (1.2, 25.0), (1.2, 0.0), (6.0, 0.0)]))])
    assert off_deg(detector.reference.forward, np.array([1.0, 0.0, 0.0])) < 3.0


def sideways(forward_deg: float, left_deg: float) -> Frames:
    lean = [*TALL, (1.5, 1.0), (2.0, 1.0), (1.5, 0.0), (6.0, 0.0)]
    return acted(forward_deg * course(lean), left_deg * course(lean))


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (acted(12.0 * np.sin(np.arange(50 * 30) / 20.0)), "too much movement"),
        (acted(np.zeros(50 * 30), scale_g=1.3), "1.30 g"),
        (acted(np.zeros(50 * 30), breathing_deg=0.0, noise=0.2), "put it on"),
        (acted(np.zeros(50 * 30)), "no lean was seen"),
        (acted(course([*TALL, (1.5, 8.0), (2.0, 8.0), (1.5, 0.0), (30.0, 0.0)])), "too small (8°)"),
        (acted(course([*TALL, (2.0, 75.0), (3.0, 75.0)])), "bent down by 75°"),
        (acted(course([*TALL, (1.5, 22.0), (40.0, 22.0)])), "did not come back"),
        (acted(course([*TALL, *[(0.4, 15.0), (0.4, 30.0)] * 40])), "never came to rest"),
        (acted(course([(10.0, 0.0), (1.0, 20.0), (3.0, 20.0)]), course([(6.0, 0.0), (2.0, 11.0), (6.0, 11.0)])),
         "not straight"),
        (acted(course(LEAN)[:400]), "ended before"),
    ],
)  # fmt: skip
def test_it_is_refused_with_the_reason(frames: Frames, reason: str) -> None:
    assert reason in refusal(frames)


def test_a_lean_to_the_side_is_seen_by_a_declared_mounting_and_only_by_it() -> None:
    assert "sideways" in refusal(sideways(0.0, 22.0), forward_axis="x")
    assert "sideways" in refusal(acted(course(LEAN)), forward_axis="-x")
    detector = asked(forward_axis="x")
    told(Watched(detector), [sideways(22.0, 5.0)])
    assert detector.reference.usable
    told(Watched(unaware := asked()), [sideways(0.0, 22.0)])
    assert off_deg(unaware.reference.forward, np.array([0.0, 1.0, 0.0])) < 3.0


def test_an_axis_that_points_up_cannot_be_forward() -> None:
    assert "declare another" in refusal(acted(course(LEAN)), "reference", forward_axis="z")


@pytest.mark.parametrize("slope_deg", [-20.0, 0.0, 25.0, 47.0])
def test_a_declared_axis_may_slope_as_a_back_does(slope_deg: float) -> None:
    detector = asked("reference", forward_axis="-z")
    lying_on_the_skin = Rotation.from_euler("y", 90.0 + slope_deg, degrees=True).as_matrix()
    frames = acted(course([*TALL, (1.0, 20.0), (3.0, 20.0)]), mounting=lying_on_the_skin)
    told(Watched(detector), [frames])
    assert detector.flexion_deg == pytest.approx(20.0, abs=1.0)
    assert detector.lateral_deg == pytest.approx(0.0, abs=1.0)
    bends = [(31.0, 0.0), *[(1.5, 50.0), (0.5, 50.0), (1.5, 0.0), (31.0, 0.0)] * 8]
    later = acted(course(bends, at=20.0), mounting=lying_on_the_skin, start_s=30.0)
    assert [e for e in told(Watched(detector), [later]) if isinstance(e, RecalibrationNeeded)] == []


def test_a_reference_while_moving_is_refused() -> None:
    restless = acted(12.0 * np.sin(np.arange(50 * 30) / 20.0))
    assert "too much movement" in refusal(restless, "reference")


def test_a_new_reference_replaces_one_that_no_longer_fits() -> None:
    detector = PostureDetector(Settings(mode="desk", slouch=TRAINING, reference_s=(0.0, 5.0)))
    watched = Watched(detector)
    upside_down = watched.feed(acted(np.concatenate((np.zeros(300), np.full(2000, 175.0)))))
    assert any(isinstance(e, RecalibrationNeeded) for e in upside_down)
    detector.request("reference")
    again = watched.feed(acted(np.full(600, 175.0), start_s=46.0))
    assert [type(e) for e in about_it(again)] == [CalibrationStep, ReferenceTaken]
    assert detector.posture == "upright"


def test_after_a_refusal_the_reference_before_still_holds() -> None:
    detector = PostureDetector(Settings(mode="desk", slouch=TRAINING, reference_s=(0.0, 5.0)))
    watched = Watched(detector)
    watched.feed(acted(np.zeros(300)))
    detector.request("guided_reference")
    found = watched.feed(acted(course([(40.0, 0.0), (1.0, 20.0), (12.0, 20.0)]), start_s=6.0))
    assert [type(e) for e in about_it(found)][-1] is ReferenceRefused
    assert [type(e) for e in found if isinstance(e, SlouchStarted)] == [SlouchStarted]


def test_meanwhile_posture_is_unknown_and_no_alert_goes_on() -> None:
    detector = PostureDetector(Settings(mode="desk", slouch=TRAINING, reference_s=(0.0, 5.0)))
    watched = Watched(detector)
    before = watched.feed(acted(course([*TALL, (1.0, 20.0), (10.0, 20.0)])))
    assert [type(e) for e in before if isinstance(e, SlouchStarted)] == [SlouchStarted]
    detector.request("guided_reference")
    during = watched.feed(acted(np.full(50 * 15, 20.0), start_s=17.0))
    assert [type(e) for e in during if isinstance(e, SlouchStarted | SlouchEnded)] == [SlouchEnded]
    assert detector.slouching_s is None
    told_postures = [e.posture for e in during if isinstance(e, PostureChanged)]
    assert told_postures[0] == "cannot_tell"


@pytest.mark.parametrize("start", [100, 540, 800])
def test_a_gap_in_any_step_does_not_stop_it(start: int) -> None:
    slowly: Moves = [(9.0, 0.0), (1.5, 22.0), (6.0, 22.0), (1.5, 0.0), (9.0, 0.0)]
    frames = acted(course(slowly))
    detector = asked()
    told(
        Watched(detector),
        [cut(frames, 0, start), Break(start / 50, start / 50 + 1.0), cut(frames, start + 50, len(frames))],
    )
    assert off_deg(detector.reference.forward, np.array([1.0, 0.0, 0.0])) < 3.0


FRAMES = acted(course([*LEAN, (1.0, 20.0), (9.0, 20.0)]))


@given(cuts=st.lists(st.integers(0, 10**6), max_size=40))
@settings(max_examples=tries(40), deadline=None)
def test_any_chunking_gives_the_same_bytes(cuts: list[int]) -> None:
    whole = [encode(e) for e in told(Watched(asked()), [FRAMES])]
    assert any(b'"slouch_started"' in line and b'"unknown"' not in line for line in whole)
    assert told_in_pieces(Watched(asked()), FRAMES, cuts) == whole
