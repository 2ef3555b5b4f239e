"""A day with the sensor on: what is no slouch raises no alert, and a sensor that is off, or moved, is not judged."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rhomboid import events as e
from rhomboid.imu import Array, ImuBlock, Request, StreamItem
from rhomboid.motion.settings import TRAINING, WORK, Settings, SlouchSettings
from rhomboid.simulation.scripts import perform
from rhomboid.simulation.sensor import SimulatedSensor

from ..laws.streams import events_of, session, turned

pytestmark = pytest.mark.xdist_group("daily life")  # every day is simulated once
NO_SLOUCH = ("walking", "standing-up", "lying-down", "reaching", "drinking", "bending", "upright")
BOTH = pytest.mark.parametrize("preset", [WORK, TRAINING], ids=["work", "training"])


def worn(script: str, seed: int) -> ImuBlock:
    """A session in the body's axes, whatever the strap was like."""
    return turned(session(script, seed), SimulatedSensor(script, seed).mounting.T)


def later(block: ImuBlock, start_s: float) -> ImuBlock:
    return ImuBlock(block.t_s - block.t_s[0] + start_s, block.acc_g, block.gyr_dps)


WORN = (0.0, 0.0, 1.0)


def lies(seconds: float, up: tuple[float, float, float], before: ImuBlock) -> ImuBlock:
    """Taken off after ``before`` and carried to a table, where there is gravity and a good consumer sensor's noise."""
    return carried(seconds, WORN, up, float(before.t_s[-1]) + 0.01, bias_dps(before))


def bias_dps(worn: ImuBlock) -> Array:
    """What the gyroscope reads at rest, (3,)."""
    assert worn.gyr_dps is not None
    mean: Array = worn.gyr_dps[:400].mean(axis=0)
    return mean


def carried(
    seconds: float, before: tuple[float, float, float], after: tuple[float, float, float], start_s: float, bias: Array
) -> ImuBlock:
    """Turned by hand within three seconds from one way up to another, and then left alone."""
    n = int(100 * seconds)
    t_s = np.arange(n) / 100
    a, b = (np.array(u) / np.linalg.norm(u) for u in (before, after))
    angle = np.arccos(np.clip(a @ b, -1.0, 1.0))
    share = np.clip(t_s / 3.0, 0.0, 1.0)
    so_far = angle * share**2 * (3 - 2 * share)
    across = b - (a @ b) * a + np.array([1e-9, 0.0, 0.0])
    across /= np.linalg.norm(across)
    up = np.cos(so_far)[:, None] * a + np.sin(so_far)[:, None] * across
    gyr_dps = np.degrees(np.cross(np.gradient(up, t_s, axis=0), up))
    rng = np.random.default_rng(3)
    return ImuBlock(
        start_s + t_s,
        up + 0.0011 * rng.standard_normal((n, 3)),
        gyr_dps + bias + 0.057 * rng.standard_normal((n, 3)),
    )


def end_s(block: ImuBlock) -> float:
    return float(block.t_s[-1]) + 0.01


def of(kind: type[e.Event], events: list[e.Event]) -> list[e.Event]:
    return [x for x in events if isinstance(x, kind)]


@BOTH
@pytest.mark.parametrize("known", [False, True], ids=["direction unknown", "direction known"])
@pytest.mark.parametrize("script", NO_SLOUCH)
def test_what_people_do_all_day_is_not_slouching(script: str, known: bool, preset: SlouchSettings) -> None:
    for seed in (1, 2):
        settings = Settings(mode="desk", slouch=preset, forward_axis="x" if known else None)
        found = events_of([worn(script, seed)], settings)
        assert of(e.ReferenceTaken, found)
        assert of(e.SlouchStarted, found) == []
        assert of(e.RecalibrationNeeded, found) == []


@BOTH
def test_every_slouch_at_the_desk_is_said_once(preset: SlouchSettings) -> None:
    slouches = perform("desk", 1).truth.slouches
    found = events_of([worn("desk", 1)], Settings(mode="desk", slouch=preset, forward_axis="x"))
    alerts = [x for x in found if isinstance(x, e.SlouchStarted)]
    assert [x.direction for x in alerts] == ["forward"] * len(slouches)
    for alert, slouch in zip(alerts, slouches, strict=True):
        assert alert.at_s - slouch.start_s == pytest.approx(preset.delay_s, abs=3.0)


@BOTH
def test_lying_and_walking_are_said(preset: SlouchSettings) -> None:
    for script, posture in (("lying-down", "lying"), ("walking", "moving")):
        found = events_of([worn(script, 1)], Settings(mode="desk", slouch=preset))
        assert posture in [x.posture for x in found if isinstance(x, e.PostureChanged)]


# --- taken off, put on, turned over ---------------------------------------------------------------------------------

FLAT = (-1.0, 0.0, 0.1)


@pytest.mark.parametrize(
    ("up", "preset"),
    [
        (FLAT, WORK), (FLAT, TRAINING),
        (WORN, WORK), (WORN, TRAINING),  # hung up as it was worn
        ((-0.35, 0.0, 0.94), WORK), ((0.0, 0.3, 0.95), WORK),  # tilted as in a slouch
    ],
)  # fmt: skip
def test_a_sensor_that_was_taken_off_has_neither_good_nor_bad_posture(
    up: tuple[float, float, float], preset: SlouchSettings
) -> None:
    on = worn("standing-up", 1)
    off = lies(120.0, up, on)
    found = events_of([on, off], Settings(mode="desk", slouch=preset))
    assert of(e.SlouchStarted, found) == []
    last = [x for x in found if isinstance(x, e.PostureChanged)][-1]
    assert last.posture == "not_worn"
    assert -1.0 < last.start_s - end_s(on) < 15.0
    assert last.at_s - end_s(on) < 45.0


@BOTH
def test_put_on_in_mid_recording_it_begins_then(preset: SlouchSettings) -> None:
    on = later(worn("desk", 1), 93.0)
    off = carried(90.0, FLAT, FLAT, 0.0, bias_dps(on))
    found = events_of([off, carried(3.0, FLAT, WORN, 90.0, bias_dps(on)), on], Settings(mode="desk", slouch=preset))
    taken = of(e.ReferenceTaken, found)[-1]
    assert 95.0 < taken.at_s < 110.0
    postures = [x for x in found if isinstance(x, e.PostureChanged)]
    (off_body,) = [x for x in postures if x.posture == "not_worn"]
    assert off_body.start_s < 5.0  # what was said since is void
    after = [x.posture for x in postures if off_body.at_s < x.at_s < taken.at_s]
    assert set(after) <= {"cannot_tell"}
    assert len(of(e.SlouchStarted, found)) == len(perform("desk", 1).truth.slouches)
    assert "lying" not in [x.activity for x in found if isinstance(x, e.ActivityChanged)]


def guided(block: ImuBlock) -> list[StreamItem]:
    return [Request(0, "guided_reference"), block]


@BOTH
def test_a_reference_that_was_asked_for_does_not_outlive_taking_it_off(preset: SlouchSettings) -> None:
    on = worn("guided", 1)
    off = lies(60.0, FLAT, on)
    again = later(worn("desk", 1), end_s(off))
    found = events_of([*guided(on), off, again], Settings(mode="desk", slouch=preset))
    (needed,) = [x for x in found if isinstance(x, e.RecalibrationNeeded)]
    assert "taken off" in needed.reason
    assert [x for x in of(e.SlouchStarted, found) if x.at_s > end_s(on)] == []
    assert [x for x in found if isinstance(x, e.PostureChanged)][-1].posture == "cannot_tell"


@BOTH
def test_turned_over_it_asks_for_a_new_reference(preset: SlouchSettings) -> None:
    on = worn("guided", 1)
    over = later(turned(worn("upright", 1), np.diag([1.0, -1.0, -1.0])), end_s(on))
    found = events_of([*guided(on), over], Settings(mode="desk", slouch=preset))
    (needed,) = [x for x in found if isinstance(x, e.RecalibrationNeeded)]
    assert "upside down" in needed.reason
    assert needed.at_s - end_s(on) < 60.0
    assert [x for x in of(e.SlouchStarted, found) if x.at_s > end_s(on)] == []


# --- slipped and turned ---------------------------------------------------------------------------------------------


def about(axis: str, angle_deg: float) -> Array:
    turn: Array = Rotation.from_euler(axis, angle_deg, degrees=True).as_matrix()
    return turn


@BOTH
@pytest.mark.parametrize("slip", [about("y", 18.0), about("x", -25.0)], ids=["forward", "to the side"])
def test_a_slipped_strap_shows_in_a_walk_unlike_the_first(slip: Array, preset: SlouchSettings) -> None:
    before = worn("walking", 1)
    walks = [turned(later(worn("walking", seed), end_s(before) + 100.0 * seed), slip) for seed in (0, 2)]
    found = events_of([before, *walks], Settings(mode="desk", slouch=preset, reference_s=(0.0, 7.0)))
    (needed,) = [x for x in found if isinstance(x, e.RecalibrationNeeded)]
    assert "slipped" in needed.reason
    assert [x for x in of(e.SlouchStarted, found) if x.at_s > needed.at_s] == []


def test_walking_as_before_is_no_slip() -> None:
    walks = [later(worn("walking", seed), 100.0 * seed) for seed in range(6)]
    assert of(e.RecalibrationNeeded, events_of([*walks], Settings(mode="desk"))) == []


# --- turned about the vertical --------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle_deg", [70.0, -90.0, 180.0])
@BOTH
def test_a_strap_turned_about_the_vertical_shows_in_how_people_bend(angle_deg: float, preset: SlouchSettings) -> None:
    on = worn("guided", 1)
    days = [worn("bending", seed) for seed in range(1, 6)]
    starts = np.cumsum([end_s(on), *(end_s(day) for day in days)])
    turn = about("z", angle_deg)
    bends = [turned(later(day, start), turn) for day, start in zip(days, starts[:-1], strict=True)]
    found = events_of([*guided(on), *bends], Settings(mode="desk", slouch=preset))
    (needed,) = [x for x in found if isinstance(x, e.RecalibrationNeeded)]
    assert "turned" in needed.reason
    (by_deg,) = re.findall(r"(\d+)°", needed.reason)
    assert float(by_deg) == pytest.approx(abs(angle_deg), abs=6.0)
    assert [x for x in of(e.SlouchStarted, found) if x.at_s > end_s(on)] == []


def test_bending_forward_goes_on_fitting() -> None:
    on = worn("guided", 1)
    days = [worn("bending", seed) for seed in range(1, 6)]
    starts = np.cumsum([end_s(on), *(end_s(day) for day in days)])
    bends = [later(day, start) for day, start in zip(days, starts[:-1], strict=True)]
    found = events_of([*guided(on), *bends], Settings(mode="desk"))
    assert of(e.RecalibrationNeeded, found) == []
