"""The upright reference: taken when it can be, refused with a reason, followed slowly, and given up when it slipped."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid.events import Event, PostureChanged, RecalibrationNeeded, ReferenceRefused, ReferenceTaken, SlouchStarted
from rhomboid.imu import Array
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.posture import PostureDetector
from rhomboid.motion.reference import RECENTRE_BOUND_DEG
from rhomboid.motion.settings import TRAINING, KnownReference, Settings
from tests.conftest import tries

from .acting import Moves, Watched, acted, course, cut, steps_g, told

MOUNTING = Rotation.from_euler("xyz", [30, 160, -80], degrees=True).as_matrix()
UP, FORWARD = MOUNTING[:, 2], MOUNTING[:, 0]


def detector(window_s: tuple[float, float] | None) -> PostureDetector:
    return PostureDetector(Settings(mode="desk", slouch=TRAINING, reference_s=window_s))


def said(frames: Frames, window_s: tuple[float, float] | None = None) -> list[Event]:
    found = told(Watched(detector(window_s)), [frames])
    return [e for e in found if isinstance(e, ReferenceTaken | ReferenceRefused | RecalibrationNeeded)]


def off_deg(a: Array | None, b: Array) -> float:
    assert a is not None
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


def restless(seconds: float, size_deg: float) -> Array:
    t_s = np.arange(round(seconds * 50)) / 50
    return size_deg * (np.sin(2 * np.pi * 0.4 * t_s) + np.sin(2 * np.pi * 0.23 * t_s))


def test_it_is_taken_when_its_window_has_passed() -> None:
    watching = detector((1.0, 6.0))
    found = Watched(watching).feed(acted(np.zeros(500), mounting=MOUNTING))
    taken = next(e for e in found if isinstance(e, ReferenceTaken))
    assert (taken.start_s, taken.end_s) == pytest.approx((1.0, 6.0), abs=0.25)
    assert 6.0 < taken.at_s < 6.5
    assert taken.quality > 0.8
    assert not taken.forward_known
    assert off_deg(watching.reference.up, UP) < 0.5
    assert watching.reference.forward is None


def test_a_moment_of_movement_in_the_window_costs_quality_only() -> None:
    calm = acted(course([(20.0, 0.0)]))
    shifting = acted(course([(2.0, 25.0), (1.0, 25.0), (2.0, 0.0), (15.0, 0.0)], at=25.0))
    good, fair = (next(e for e in said(f, (0.0, 19.0)) if isinstance(e, ReferenceTaken)) for f in (calm, shifting))
    assert fair.quality < good.quality - 0.1
    assert "still for" in fair.remark


@pytest.mark.parametrize(
    ("frames", "window_s", "reason"),
    [
        (acted(restless(12.0, 12.0)), (0.0, 10.0), "movement"),
        (acted(np.repeat([0.0, 14.0, -14.0, 28.0], 150)), (0.0, 11.0), "changed"),
        (acted(np.zeros(600), scale_g=1.3), (0.0, 10.0), "1.30 g"),
        (acted(np.zeros(600)), (11.6, 14.0), "0.4 s"),
    ],
)
def test_it_is_refused_with_the_reason(frames: Frames, window_s: tuple[float, float], reason: str) -> None:
    refused = said(frames, window_s)
    assert [type(e) for e in refused] == [ReferenceRefused]
    assert isinstance(refused[0], ReferenceRefused)
    assert reason in refused[0].reason


def test_without_a_window_the_first_quiet_seconds_serve() -> None:
    frames = acted(np.concatenate((restless(8.0, 12.0), course([(1.0, 0.0), (10.0, 0.0)]))))
    taken = said(frames)[0]
    assert isinstance(taken, ReferenceTaken)
    assert taken.start_s > 7.0
    assert taken.end_s - taken.start_s == pytest.approx(3.0, abs=0.01)


def test_a_gap_in_the_window_does_not_stop_it() -> None:
    frames = acted(np.zeros(1000))
    found = told(Watched(detector((0.0, 12.0))), [cut(frames, 0, 300), Break(6.0, 14.0), cut(frames, 700, 1000)])
    taken = [e for e in found if isinstance(e, ReferenceTaken)]
    assert [e.at_s for e in taken] == [14.0]


def test_a_guided_lean_shows_which_way_is_forward() -> None:
    watching = detector((0.0, 12.0))
    moves: Moves = [(4.0, 0.0), (1.5, 20.0), (1.0, 20.0), (1.5, 0.0), (6.0, 0.0)]
    found = Watched(watching).feed(acted(course(moves), mounting=MOUNTING))
    taken = next(e for e in found if isinstance(e, ReferenceTaken))
    assert taken.forward_known
    assert taken.quality > 0.6
    assert off_deg(watching.reference.forward, FORWARD) < 3.0


def bends(size_deg: float, count: int) -> Moves:
    return [(5.0, 0.0), *[(1.5, size_deg), (0.5, size_deg), (1.5, 0.0), (4.0, 0.0)] * count, (31.0, 0.0)]


def test_bending_forward_a_few_times_shows_it_too() -> None:
    watching = detector(None)
    Watched(watching).feed(acted(course(bends(50.0, 3)), mounting=MOUNTING))
    assert off_deg(watching.reference.forward, FORWARD) < 3.0


def test_bends_to_both_sides_show_nothing() -> None:
    to_and_fro = course(
        [(5.0, 0.0), *[(1.5, 40.0), (1.5, 0.0), (2.0, 0.0), (1.5, -40.0), (1.5, 0.0), (2.0, 0.0)] * 4, (31.0, 0.0)]
    )
    watching = detector(None)
    Watched(watching).feed(acted(0 * to_and_fro, to_and_fro, mounting=MOUNTING))
    assert watching.reference.forward is None


def test_it_follows_slowly_within_a_bound() -> None:
    watching = detector((0.0, 5.0))
    Watched(watching).feed(acted(course([(6.0, 0.0), (5.0, 5.0), (600.0, 5.0)]), mounting=MOUNTING))
    after_ten_minutes_deg = off_deg(watching.reference.up, UP)
    assert 1.5 < after_ten_minutes_deg <= 3.3
    Watched(watching).feed(acted(np.full(50 * 1200, 6.0), start_s=611.0, mounting=MOUNTING))
    assert off_deg(watching.reference.up, UP) <= 3.3


def test_it_does_not_follow_a_slouch() -> None:
    watching = detector((0.0, 5.0))
    Watched(watching).feed(acted(course([(6.0, 0.0), (5.0, 14.0), (600.0, 14.0)]), mounting=MOUNTING))
    assert off_deg(watching.reference.up, UP) < 0.5


@given(
    minutes=st.floats(2.0, 60.0),
    tall_minutes=st.floats(0.0, 20.0),
    beyond_deg=st.floats(0.3, 20.0),
    direction=st.floats(-180.0, 180.0),
)
@example(minutes=20.0, tall_minutes=0.0, beyond_deg=0.0, direction=0.0)
@settings(max_examples=tries(25), deadline=None)
def test_however_slowly_somebody_sinks_it_is_said_within_the_bound(
    minutes: float, tall_minutes: float, beyond_deg: float, direction: float
) -> None:
    sunk_deg = TRAINING.threshold_deg + RECENTRE_BOUND_DEG + beyond_deg
    way_deg = np.interp(np.arange(round(50 * 60 * minutes)), [0, 50 * 60 * minutes], [0.0, sunk_deg])
    tall_deg, stays_deg = np.zeros(round(50 * (6.0 + 60.0 * tall_minutes))), np.full(50 * 30, sunk_deg)
    lean_deg = np.concatenate((tall_deg, way_deg, stays_deg))
    towards = np.radians(direction)
    frames = acted(np.cos(towards) * lean_deg, np.sin(towards) * lean_deg)
    watching = detector((0.0, 5.0))
    (alert,) = [e for e in told(Watched(watching), [frames]) if isinstance(e, SlouchStarted)]
    leant_deg = lean_deg[round(50 * alert.start_s)]
    assert leant_deg <= TRAINING.threshold_deg + RECENTRE_BOUND_DEG + 0.3
    assert off_deg(watching.reference.up, np.array([0.0, 0.0, 1.0])) <= RECENTRE_BOUND_DEG + 0.3


def test_walking_bent_over_means_that_the_strap_slipped() -> None:
    slipped = acted(
        course([(90.0, 35.0)], at=35.0), shake_g=np.concatenate((steps_g(60.0), np.zeros(1500))), start_s=6.0
    )
    watching = detector((0.0, 5.0))
    found = told(Watched(watching), [acted(np.zeros(300)), slipped])
    assert [type(e) for e in found if isinstance(e, RecalibrationNeeded | SlouchStarted)] == [RecalibrationNeeded]
    assert watching.posture == "cannot_tell"


def test_a_sensor_turned_over_asks_for_a_new_reference_instead_of_alarming() -> None:
    found = told(Watched(detector((0.0, 5.0))), [acted(np.zeros(300)), acted(np.full(3000, 175.0), start_s=6.0)])
    assert [type(e) for e in found if isinstance(e, RecalibrationNeeded | SlouchStarted)] == [RecalibrationNeeded]


def test_after_a_slip_taking_it_off_and_on_gives_a_new_reference() -> None:
    over = acted(np.full(2000, 175.0), start_s=6.0)
    table = acted(np.full(50 * 40, 90.0), breathing_deg=0.0, noise=0.2, start_s=46.0)
    on = acted(course([(2.0, 5.0), (10.0, 5.0)], at=90.0), start_s=86.0)
    watching = detector(None)
    found = told(Watched(watching), [acted(np.zeros(300)), over, table, on])
    kinds = [type(e) for e in found if isinstance(e, ReferenceTaken | RecalibrationNeeded)]
    assert kinds == [ReferenceTaken, RecalibrationNeeded, ReferenceTaken]
    assert watching.posture == "upright"


def test_put_on_again_it_looks_for_a_new_reference() -> None:
    table = acted(np.full(50 * 40, 90.0), breathing_deg=0.0, noise=0.2)
    on = acted(course([(2.0, 0.0), (50.0, 0.0)], at=90.0), start_s=40.0)
    watching = detector(None)
    found = told(Watched(watching), [table, on])
    assert [type(e) for e in found if isinstance(e, ReferenceTaken | RecalibrationNeeded)] == [ReferenceTaken] * 2
    off_body = next(e for e in found if isinstance(e, PostureChanged) and e.posture == "not_worn")
    assert off_body.start_s < 1.0  # what was said of the table is void
    assert off_deg(watching.reference.up, np.array([0.0, 0.0, 1.0])) < 1.0


# --- one of an earlier session ----------------------------------------------------------------------------------------


def last_time(moves: Moves, *, guided: bool = True) -> KnownReference:
    """What a session leaves behind."""
    watching = detector(None)
    if guided:
        watching.request("guided_reference")
    Watched(watching).feed(acted(course(moves), mounting=MOUNTING))
    assert watching.reference.lasting is not None
    return msgspec.structs.replace(watching.reference.lasting, taken="12 Nov 2026, 18:02")


GUIDED: Moves = [(8.0, 0.0), (1.5, 20.0), (2.0, 20.0), (1.5, 0.0), (6.0, 0.0)]


def knowing(known: KnownReference) -> PostureDetector:
    return PostureDetector(Settings(mode="desk", slouch=TRAINING, known_reference=known))


def test_what_was_shown_in_an_earlier_session_holds_again() -> None:
    watching = knowing(last_time(GUIDED))
    found = Watched(watching).feed(acted(course([(6.0, 4.0)], at=4.0), mounting=MOUNTING, seed=1))
    taken = next(e for e in found if isinstance(e, ReferenceTaken))
    assert (taken.earlier, taken.forward_known) == ("12 Nov 2026, 18:02", True)
    assert taken.at_s < 5.0
    assert off_deg(watching.reference.up, UP) < 1.0  # not the 4 deg of the first quiet seconds
    assert off_deg(watching.reference.forward, FORWARD) < 3.0
    assert watching.reference.lasting is not None
    assert watching.reference.lasting.taken == "12 Nov 2026, 18:02"


def test_a_sensor_that_sits_otherwise_is_told_and_takes_a_new_one() -> None:
    watching = knowing(last_time(GUIDED))
    found = Watched(watching).feed(acted(course([(6.0, 15.0)], at=15.0), mounting=MOUNTING))
    taken = next(e for e in found if isinstance(e, ReferenceTaken))
    assert (taken.earlier, taken.forward_known) == ("", False)
    assert "15° off that of 12 Nov 2026, 18:02" in taken.remark
    assert watching.tilt_deg is not None and watching.tilt_deg < 1.0


def test_a_known_forward_that_bends_contradict_is_given_up_and_not_handed_on() -> None:
    round_the_body = Rotation.from_rotvec(np.radians(120.0) * UP).as_matrix() @ MOUNTING
    watching = knowing(last_time(GUIDED))
    bent = acted(course([(6.0, 0.0), *[(1.5, 40.0), (1.5, 0.0), (40.0, 0.0)] * 7]), mounting=round_the_body)
    found = Watched(watching).feed(bent)
    assert [type(e) for e in found if isinstance(e, ReferenceTaken | RecalibrationNeeded)] == [
        ReferenceTaken,
        RecalibrationNeeded,
    ]
    assert watching.reference.lasting is None


def test_a_forward_that_was_only_learnt_goes_on_learning() -> None:
    known = last_time(bends(50.0, 3), guided=False)
    assert known.forward is not None and not known.shown
    watching = knowing(known)
    round_the_body = Rotation.from_rotvec(np.radians(90.0) * UP).as_matrix() @ MOUNTING
    Watched(watching).feed(acted(course(bends(50.0, 6)), mounting=round_the_body))
    assert off_deg(watching.reference.forward, round_the_body[:, 0]) < 3.0


def test_taken_off_before_the_end_it_is_still_handed_on() -> None:
    table = acted(np.full(50 * 40, 90.0), breathing_deg=0.0, noise=0.2, start_s=6.0, mounting=MOUNTING)
    watching = detector(None)
    told(Watched(watching), [acted(np.zeros(300), mounting=MOUNTING), table])
    assert watching.reference.up is None
    assert watching.reference.lasting is not None
    assert off_deg(np.array(watching.reference.lasting.up), UP) < 1.0


@pytest.mark.parametrize(
    ("up", "forward"),
    [((0.0, 0.0, 0.0), None), ((0.0, 0.0, 2.0), None), ((0.0, 0.0, 1.0), (0.0, 0.0, 1.0)), ((float("nan"),) * 3, None)],
)
def test_what_is_no_direction_is_refused(up: tuple[float, ...], forward: tuple[float, ...] | None) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"up": up, "forward": forward}, KnownReference)
