"""The same wearer through every sensor that can be simulated: the same session must be counted the same."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from rhomboid import events as e
from rhomboid.errors import UsageError
from rhomboid.imu import Gap, ImuBlock
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.packets import encoder_for, families
from rhomboid.simulation.sensor import SimulatedSensor

SEED = 3
FOUND_S = 0.03  # what another rate and another noise do to the moments the core finds


@cache
def story(script: str, family: str) -> list[e.Event]:
    sensor = SimulatedSensor(script, SEED, family=family)
    interpreter = Interpreter(Pipeline(Settings(mode="free")), driver_for(family))
    return interpreter.feed(sensor.notifications()) + interpreter.finish()


def moments(events: list[e.Event]) -> tuple[list[float], list[float]]:
    """When each repetition of the finished sets began, and each hold."""
    starts = [m.start_s for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    return starts, [x.start_s for x in events if isinstance(x, e.HoldEnded)]


@pytest.mark.parametrize("script", ["rows", "back-extension"])
@pytest.mark.parametrize("family", families())
def test_a_session_is_counted_the_same_through_every_sensor(family: str, script: str) -> None:
    sensor = SimulatedSensor(script, SEED, family=family)
    reps, holds = moments(story(script, family))
    ours_reps, ours_holds = moments(story(script, "rhomboid"))
    packet_s = encoder_for(family, sensor.rate_hz, 0).samples_a_packet / sensor.rate_hz
    assert len(reps) == len(ours_reps) >= 5
    assert len(holds) == len(ours_holds)
    far = [a for a, b in zip(reps + holds, ours_reps + ours_holds, strict=True) if abs(a - b) > packet_s + FOUND_S]
    assert len(far) <= 1  # a movement that begins out of sway may be seen to begin a little earlier or later


@pytest.mark.parametrize("family", families())
def test_nothing_is_lost_and_nothing_refused_on_the_way(family: str) -> None:
    sensor, driver = SimulatedSensor("walking", 1, family=family), driver_for(family)
    pieces = driver.feed(*sensor.notifications())
    blocks = [p for p in pieces if isinstance(p, ImuBlock)]
    assert [p for p in pieces if isinstance(p, Gap)] == []
    assert not [p for p in pieces if "Malformed" in type(p).__name__]
    assert sum(map(len, blocks)) == pytest.approx(sensor.duration_s * sensor.rate_hz, rel=0.01)
    assert sum(len(b) for b in blocks if b.gyr_dps is None) == 0
    assert float(blocks[-1].t_s[-1]) == pytest.approx(sensor.duration_s, abs=0.5)


@pytest.mark.parametrize("family", families())
def test_the_division_into_calls_changes_no_bit(family: str) -> None:
    packets = list(SimulatedSensor("walking", 1, family=family, loss=0.02).notifications())

    def fed(at_once: int) -> list[bytes | Gap]:
        driver = driver_for(family)
        pieces = [p for i in range(0, len(packets), at_once) for p in driver.feed(*packets[i : i + at_once])]
        found: list[bytes | Gap] = []
        for piece in pieces:
            if isinstance(piece, Gap):
                found.append(piece)
            elif isinstance(piece, ImuBlock):
                gyr_dps = np.full((len(piece), 3), np.nan) if piece.gyr_dps is None else piece.gyr_dps
                found += [row.tobytes() for row in np.column_stack((piece.t_s, piece.acc_g, gyr_dps))]
        return found

    whole = fed(len(packets))
    assert fed(1) == whole
    assert fed(7) == whole


def test_a_family_that_cannot_be_simulated_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="abacus"):
        SimulatedSensor("rows", family="abacus")
