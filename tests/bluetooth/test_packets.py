"""What can happen to packets on their way, and an MTU of 23: all that arrives is handed on, and nothing is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from rhomboid.events import Event, GapMarked, SensorProblem
from rhomboid.imu import ImuBlock
from rhomboid.interpreter import Interpreter, decoded
from rhomboid.motion.pipeline import Pipeline
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import STREAM
from tests.bluetooth.fake_bluez import FakeBluez
from tests.bluetooth.listener import Listener, source
from tests.bluetooth.peripherals import RhomboidSensor, SingleSamples

PACKETS = 40
Fault = Callable[[int, bytes], list[bytes]]


def lost(number: int, data: bytes) -> list[bytes]:
    return [] if number % 10 == 5 else [data]


def doubled(number: int, data: bytes) -> list[bytes]:
    return [data, data] if number % 10 == 5 else [data]


def corrupt(number: int, data: bytes) -> list[bytes]:
    return [b"\xff" + data[1:7]] if number % 10 == 5 else [data]


class Late:
    """Eight at once, and in the wrong order if so."""

    def __init__(self, *, reordered: bool) -> None:
        self._reordered, self._waiting = reordered, list[bytes]()

    def __call__(self, number: int, data: bytes) -> list[bytes]:
        self._waiting.append(data)
        if number % 8:
            return []
        ready, self._waiting = self._waiting, []
        return [*ready[:4], ready[5], ready[4], *ready[6:]] if self._reordered and len(ready) == 8 else ready


async def heard(sensor: RhomboidSensor, fault: Fault) -> tuple[list[Event], list[float]]:
    """The events of a short session, and the time of every sample."""
    sensor.pace, sensor.fault = 4.0, fault
    listener = Listener(source())
    await listener.until_packets(PACKETS)
    await listener.stop()
    arrived = [packet.data for packet in listener.packets]
    assert arrived == sensor.sent[: len(arrived)]
    assert len(sensor.sent) - len(arrived) <= 8  # those that were on their way when it was stopped
    samples = [item for item in decoded(listener.items, driver_for("rhomboid")) if isinstance(item, ImuBlock)]
    events = Interpreter(Pipeline(), driver_for("rhomboid")).feed(listener.items)
    return events, [float(t_s) for block in samples for t_s in block.t_s]


@pytest.mark.parametrize(
    ("fault", "gaps", "problems"),
    [
        (lost, True, False),
        (doubled, False, False),
        (corrupt, True, True),
        (Late(reordered=False), False, False),
        (Late(reordered=True), True, False),
    ],
    ids=["lost", "doubled", "corrupt", "late", "reordered"],
)
async def test_nothing_is_made_up(bluez: FakeBluez, fault: Fault, gaps: bool, problems: bool) -> None:
    events, t_s = await heard(RhomboidSensor(bluez), fault)
    assert all(a < b for a, b in pairwise(t_s))
    assert any(isinstance(e, GapMarked) for e in events) == gaps
    assert any(isinstance(e, SensorProblem) and e.kind == "malformed_packet" for e in events) == problems


@pytest.mark.parametrize("arrived", [0, 1, 7, 60])
async def test_a_link_that_drops_amid_a_packet_loses_that_one_and_heals(bluez: FakeBluez, arrived: int) -> None:
    sensor = RhomboidSensor(bluez)

    def dropped(number: int, data: bytes) -> list[bytes]:
        if len(sensor.sent) != PACKETS // 2:
            return [data]
        sensor.fault = lambda _, data: [data]
        sensor.notify(STREAM, data[:arrived])
        asyncio.get_running_loop().call_soon(sensor.drop)
        return []

    sensor.pace, sensor.fault = 4.0, dropped
    listener = Listener(source())
    await listener.until("streaming", times=2)
    await listener.until_packets(PACKETS // 4)
    await listener.stop()
    assert listener.reasons == ["dropped"]
    whole = [packet.data for packet in listener.packets if len(packet.data) > arrived]
    assert whole == sensor.sent[: len(whole)]
    events = Interpreter(Pipeline(), driver_for("rhomboid")).feed(listener.items)
    assert len([e for e in events if isinstance(e, GapMarked)]) == 1
    samples = [item for item in decoded(listener.items, driver_for("rhomboid")) if isinstance(item, ImuBlock)]
    t_s = [float(t) for block in samples for t in block.t_s]
    assert all(a < b for a, b in pairwise(t_s))


async def test_an_mtu_of_23_brings_single_samples_without_loss(bluez: FakeBluez) -> None:
    sensor = SingleSamples(bluez)
    listener = Listener(source())
    await listener.until_packets(100)
    await asyncio.sleep(0.1)
    await listener.stop()
    assert max(len(packet.data) for packet in listener.packets) <= 20
    driver = driver_for("rhomboid")
    blocks = list(decoded(listener.items, driver))
    assert all(isinstance(block, ImuBlock) for block in blocks)
    assert not sensor.connected
