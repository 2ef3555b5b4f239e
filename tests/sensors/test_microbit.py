"""micro:bit: packets of a real one, the period asked for and the one it took, signs as sent."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from rhomboid.imu import ImuBlock, Notification
from rhomboid.sensors.driver import Clue, MalformedPacket, Reading, Refusal
from rhomboid.sensors.microbit import ACC, PERIOD, MicrobitDecoder, driver
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

CAPTURED = {"0001a0032001": (0.256, 0.928, 0.288), "0001a0031001": (0.256, 0.928, 0.272)}


def periods(steps: tuple[Step, ...]) -> list[str]:
    return [s.data.hex() for s in steps if isinstance(s, Write)]


@pytest.mark.parametrize("data", CAPTURED)
def test_packets_of_a_real_device_are_read_with_their_signs(data: str) -> None:
    (reading,) = MicrobitDecoder().decode(ACC, bytes.fromhex(data))
    assert isinstance(reading, Reading)
    assert (reading.n, reading.last_us, reading.step_us) == (1, None, None)
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is not None and gyr_dps is None
    np.testing.assert_allclose(acc_g, [CAPTURED[data]], atol=1e-9)


def test_the_documented_attitudes_are_those_of_a_right_handed_sensor() -> None:
    """At rest the reading points up, so the attitudes tell where the sides of the board are in the sensor's axes."""
    sent_mg = {"display up": (0, 0, -1000), "logo up": (0, 1000, 0), "left edge down": (-1000, 0, 0)}
    up = {}
    for attitude, counts in sent_mg.items():
        (reading,) = MicrobitDecoder().decode(ACC, struct.pack("<3h", *counts))
        assert isinstance(reading, Reading)
        acc_g, _ = reading.layout.arrays(reading.payload)
        assert acc_g is not None
        up[attitude] = acc_g[0]
    out_of_display, to_logo, to_the_right = up["display up"], up["logo up"], up["left edge down"]
    np.testing.assert_allclose(np.cross(to_the_right, to_logo), out_of_display)


def test_the_period_it_took_is_read_back_and_the_one_found_put_back() -> None:
    decoder = MicrobitDecoder()
    assert Read(PERIOD) in decoder.identify()
    assert decoder.decode(PERIOD, bytes.fromhex("e803")) == (Clue("period", "1000 ms"),)
    start = decoder.start(50.0)
    assert periods(start) == ["1400"]
    assert start[-2:] == (Read(PERIOD), Subscribe(ACC))
    decoder.decode(PERIOD, bytes.fromhex("1400"))
    (reading,) = decoder.decode(ACC, bytes(6))
    assert isinstance(reading, Reading)
    assert reading.step_us == 20_000
    assert decoder.stop()[0] == Unsubscribe(ACC)
    assert periods(decoder.stop()) == ["e803"]


def test_without_a_period_there_is_nothing_to_set() -> None:
    assert MicrobitDecoder().start(50.0) == (Subscribe(ACC),)  # a Bangle.js
    assert MicrobitDecoder().stop() == (Unsubscribe(ACC),)


@pytest.mark.parametrize(("characteristic", "data"), [(ACC, b""), (ACC, bytes(5)), (ACC, bytes(7)), (PERIOD, bytes(2))])
def test_what_cannot_be_is_refused(characteristic: str, data: bytes) -> None:
    (refused,) = MicrobitDecoder().decode(characteristic, data)
    assert isinstance(refused, Refusal)


def test_the_stream_goes_on_after_a_bad_packet() -> None:
    sensor = driver()
    packets = [bytes(6), bytes(9), bytes(6), bytes(6)]
    pieces = [p for i, data in enumerate(packets) for p in sensor.feed(Notification(i * 20_000_000, ACC, data))]
    assert sum(len(p) for p in pieces if isinstance(p, ImuBlock)) == 3
    assert sum(isinstance(p, MalformedPacket) for p in pieces) == 1
