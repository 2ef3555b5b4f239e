"""Calibrating: the steps, the check afterwards, the verdict, and what the screen says of each."""

from __future__ import annotations

import pytest

from rhomboid import events as e
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.calibration import CHECK_GIVES_UP_S, CHECK_S, Calibration
from rhomboid.imu import Request
from rhomboid.interpreter import Interpreter
from rhomboid.motion.guide import Progress
from rhomboid.motion.pipeline import MotionState, Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

from .scenes import FakeHouse, FakeSession, make_update, shown, until

TAKEN = e.ReferenceTaken(at_s=10.0, start_s=0.0, end_s=10.0, quality=0.9)


def after_a_lean() -> Calibration:
    calibration = Calibration()
    for step in ("sit_tall", "lean_forward", "come_back"):
        calibration.hear(e.CalibrationStep(at_s=5.0, step=step))
    calibration.hear(TAKEN)
    return calibration


@pytest.mark.parametrize(
    ("off_deg", "word", "good"), [(1.0, "Good", True), (5.0, "Fair", True), (9.0, "Not good", False)]
)
def test_the_verdict_is_about_sitting_tall_again(off_deg: float, word: str, good: bool) -> None:
    calibration = after_a_lean()
    assert calibration.stage == "check"
    for k in range(int(CHECK_S / 0.2) + 1):
        calibration.see(MotionState(t_s=10.0 + 0.2 * k, tilt_deg=off_deg, posture="upright"))
    assert calibration.stage == "done" and calibration.good is good
    assert calibration.verdict.startswith(f"{word}: quality 90 %, {off_deg:.0f}° off")


def test_who_keeps_moving_is_told_that_nothing_was_checked() -> None:
    calibration = after_a_lean()
    calibration.see(MotionState(t_s=10.0 + CHECK_GIVES_UP_S, tilt_deg=20.0, posture="moving"))
    assert calibration.stage == "done" and not calibration.good and "not checked" in calibration.verdict


def test_a_reference_that_comes_by_itself_is_no_calibration() -> None:
    calibration = Calibration()
    calibration.hear(TAKEN)
    assert calibration.stage == "none" and calibration.taken_s == 10.0


def test_a_guided_reference_of_the_simulated_wearer_ends_with_a_verdict_in_twenty_seconds() -> None:
    sensor = SimulatedSensor("guided", 1)
    interpreter = Interpreter(Pipeline(Settings(mode="desk")), driver_for(sensor.identity.family))
    interpreter.feed([Request(0, "guided_reference")])
    calibration = Calibration()
    stages: dict[str, float] = {}
    shares: dict[str, float] = {}
    most_off_deg = 0.0
    for notification in sensor.notifications():
        for event in interpreter.feed([notification]):
            calibration.hear(event)
        state = interpreter.pipeline.state
        calibration.see(state)
        stages.setdefault(calibration.stage, state.t_s)
        shares[calibration.stage] = max(shares.get(calibration.stage, 0.0), calibration.share)
        if state.calibrating is not None and state.calibrating.off_deg is not None:
            most_off_deg = max(most_off_deg, state.calibrating.off_deg)
        if state.t_s > 30.0:
            break
    assert list(stages) == ["none", "sit_tall", "lean_forward", "come_back", "check", "done"]
    assert calibration.good and stages["done"] < 20.0
    assert shares["lean_forward"] == 1.0 and shares["sit_tall"] >= 0.8
    assert 12.0 < most_off_deg < 40.0
    assert interpreter.pipeline.state.calibrating is None


async def test_the_screen_asks_the_session_and_says_what_to_do() -> None:
    session = FakeSession()
    async with RhomboidApp(session, mode="calibrate").run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: session.runs)
        await pilot.press("g")
        assert session.asked == ["guided_reference"]
        progress = Progress("lean_forward", 0.5, 9.0)
        session.say(make_update(e.CalibrationStep(at_s=5.0, step="lean_forward"), t_s=6.0, calibrating=progress))
        text = await shown(pilot)
        assert "Lean straight forward" in text and "▶ lean forward  ██████████░" in text
        assert "3° from the limit of 12°" in text
        session.say(make_update(e.ReferenceRefused(at_s=9.0, reason="too much movement in it")))
        assert "No new reference: too much movement in it" in await shown(pilot)


async def test_without_a_session_it_begins_one() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="calibrate").run_test() as pilot:
        await pilot.press("g")
        await until(pilot, lambda: house.wishes)
        assert [wish.purpose for wish in house.wishes] == ["desk"]
