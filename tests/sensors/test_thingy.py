"""Thingy:52: 18 raw bytes, and a configuration in flash that is put back as it was."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import ImuBlock, Notification
from rhomboid.sensors.driver import BatteryLevel, Clue, Reading, Refusal
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write
from rhomboid.sensors.thingy import CONFIG, RAW, ThingyDecoder, driver

# 1, -0.5, 0.25 g; 100, -200, 0.03125 deg/s; 3, -3, 50 uT: made by the firmware's formats
GOLDEN = bytes.fromhex("0004 00fe 0001 800c 00e7 0100 3000 d0ff 2003")


def config(rate_hz: int) -> bytes:
    return struct.pack("<4HB", 1000, 500, 500, rate_hz, 1)


def written(steps: tuple[Step, ...]) -> list[bytes]:
    assert all(s.characteristic == CONFIG for s in steps if isinstance(s, Write))
    return [s.data for s in steps if isinstance(s, Write)]


def test_the_golden_packet_is_read() -> None:
    (block,) = driver().feed(Notification(0, RAW, GOLDEN))
    assert isinstance(block, ImuBlock)
    assert block.acc_g.tolist() == [[1.0, -0.5, 0.25]]
    assert block.gyr_dps is not None
    assert block.gyr_dps.tolist() == [[100.0, -200.0, 0.03125]]


@given(st.lists(st.lists(st.integers(-32768, 32767), min_size=9, max_size=9), min_size=1, max_size=20))
def test_every_count_comes_back(rows: list[list[int]]) -> None:
    sensor = driver()
    fed = [sensor.feed(Notification(i * 10_000_000, RAW, struct.pack("<9h", *row))) for i, row in enumerate(rows)]
    blocks = [p for pieces in fed for p in pieces if isinstance(p, ImuBlock)]
    acc_g = np.concatenate([b.acc_g for b in blocks])
    gyr_dps = np.concatenate([b.gyr_dps for b in blocks if b.gyr_dps is not None])
    assert (np.hstack((acc_g * 1024, gyr_dps * 32)) == np.array(rows)[:, :6]).all()


def test_only_the_frequency_is_changed_and_the_one_found_is_put_back() -> None:
    decoder = ThingyDecoder()
    assert Read(CONFIG) in decoder.identify()
    assert decoder.decode(CONFIG, config(10)) == (Clue("motion frequency", "10 Hz"),)
    steps = decoder.start(100.0)
    assert written(steps) == [config(100)]
    assert steps[-2:] == (Read(CONFIG), Subscribe(RAW))
    decoder.decode(CONFIG, config(100))
    (reading,) = decoder.decode(RAW, GOLDEN)
    assert isinstance(reading, Reading)
    assert reading.step_us == 10_000
    decoder.link_lost()
    assert written(decoder.start(100.0)) == []  # flash is not written without need
    assert written(decoder.stop()) == [config(10)]


def test_a_configuration_that_could_not_be_read_is_left_alone() -> None:
    assert ThingyDecoder().start(100.0) == (Subscribe(RAW),)
    assert ThingyDecoder().stop() == (Unsubscribe(RAW),)


def test_the_battery_is_the_standard_one() -> None:
    assert ThingyDecoder().decode(BATTERY_LEVEL, b"\x55") == (BatteryLevel(85),)


@pytest.mark.parametrize(
    ("characteristic", "data"),
    [(RAW, b""), (RAW, bytes(17)), (RAW, bytes(19)), (CONFIG, bytes(9)), (CONFIG, bytes(8))],
)
def test_what_cannot_be_is_refused(characteristic: str, data: bytes) -> None:
    (refused,) = ThingyDecoder().decode(characteristic, data)
    assert isinstance(refused, Refusal)
