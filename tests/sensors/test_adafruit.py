"""Adafruit boards: two streams of floats in m/s2 and rad/s, one period characteristic in each service."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from rhomboid.sensors.adafruit import ACC, ACC_SERVICE, GYR, GYR_SERVICE, PERIOD, AdafruitDecoder
from rhomboid.sensors.driver import Clue, Reading, Refusal
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Read, Subscribe, Write


def read(characteristic: str, data: bytes) -> Reading:
    (reading,) = AdafruitDecoder().decode(characteristic, data)
    assert isinstance(reading, Reading)
    return reading


def test_acceleration_comes_in_m_s2() -> None:
    reading = read(ACC, bytes.fromhex("0000003f 0000a0bf 0ae81c41"))  # 0.5, -1.25, 9.80665
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is not None and gyr_dps is None
    np.testing.assert_allclose(acc_g * 9.80665, [[0.5, -1.25, 9.80665]], rtol=1e-6)


def test_angular_velocity_comes_in_rad_s() -> None:
    reading = read(GYR, struct.pack("<3f", math.pi, -math.pi / 2, 0.0))
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is None and gyr_dps is not None
    np.testing.assert_allclose(gyr_dps, [[180.0, -90.0, 0.0]], rtol=1e-6)


def test_the_period_is_written_in_each_service() -> None:
    decoder = AdafruitDecoder()
    assert Read(PERIOD, ACC_SERVICE) in decoder.identify()
    assert decoder.decode(PERIOD, struct.pack("<i", 100)) == (Clue("period", "100 ms"),)
    steps = decoder.start(50.0)
    written = [(s.service, s.data.hex()) for s in steps if isinstance(s, Write)]
    assert written == [(ACC_SERVICE, "14000000"), (GYR_SERVICE, "14000000")]
    assert steps[-2:] == (Subscribe(ACC, ACC_SERVICE), Subscribe(GYR, GYR_SERVICE, required=False))
    decoder.decode(PERIOD, struct.pack("<i", 20))
    (reading,) = decoder.decode(ACC, bytes(12))
    assert isinstance(reading, Reading)
    assert reading.step_us == 20_000
    assert {s.data.hex() for s in decoder.stop() if isinstance(s, Write)} == {"64000000"}


def test_a_stream_on_change_has_no_known_step() -> None:
    decoder = AdafruitDecoder()
    decoder.decode(PERIOD, struct.pack("<i", 0))
    (reading,) = decoder.decode(ACC, bytes(12))
    assert isinstance(reading, Reading)
    assert reading.step_us is None


def test_a_battery_level_that_is_always_full_is_not_passed_on() -> None:
    assert AdafruitDecoder().decode(BATTERY_LEVEL, b"\x64") == ()


@pytest.mark.parametrize(
    ("characteristic", "data"),
    [
        (ACC, b""),
        (ACC, bytes(11)),
        (GYR, bytes(13)),
        (ACC, struct.pack("<3f", 0, 0, math.nan)),
        (GYR, struct.pack("<3f", 0, math.inf, 0)),
        (ACC, struct.pack("<3f", 3e4, 0, 0)),
        (PERIOD, bytes(3)),
        (PERIOD, struct.pack("<i", -7)),
    ],
)
def test_what_cannot_be_is_refused(characteristic: str, data: bytes) -> None:
    (refused,) = AdafruitDecoder().decode(characteristic, data)
    assert isinstance(refused, Refusal)
