"""Packets that are fed together are decoded together, and to the bit as they would be one after the other."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import numpy as np
import pytest

from rhomboid.imu import Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Decoded, Driver, Piece
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.packets import families
from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single
from rhomboid.simulation.radio import Radio
from rhomboid.simulation.sensor import SimulatedSensor
from tests.sensors.hostile import LINK_LOST, flattened

pytestmark = pytest.mark.xdist_group("together")  # every sensor is simulated once
SECONDS_NS = 10**9
SPOILED = {"nothing": 0.0, "now and then": 0.005, "often": 0.05}
"""How many packets something happens to."""


NARROW = "rhomboid, one sample a packet"
SENSORS = [*families(), NARROW]


@cache
def session(sensor: str, seed: int) -> tuple[Notification, ...]:
    if sensor == NARROW:
        return tuple(narrow(seed))
    return tuple(SimulatedSensor("rows", seed, family=sensor).notifications())


def narrow(seed: int) -> Iterator[Notification]:
    """Our own stream over a link that takes twenty bytes: a header every second, then sample by sample."""
    rng, radio = (np.random.Generator(np.random.PCG64(seed)) for _ in range(2))
    deliver, first = Radio(radio).deliver, int(rng.integers(1 << 32))
    seq = 0
    for i in range(4000):
        counts, at_s = rng.integers(-5000, 5000, (1, 6)).astype(np.int16), i / 100
        at = {"index": (first + i) % (1 << 32), "device_us": (first + i * 10_001) % (1 << 32)}
        if i % 100 == 0:
            head = pack(counts[:0], seq=seq, **at, boot_id=seed, period_us=10_000, acc_range=2, gyr_range=4)
            yield Notification(deliver(at_s)[0], STREAM, head)
            seq += 1
        yield Notification(deliver(at_s)[0], STREAM, pack_single(counts[0], seq=seq, **at))
        seq += 1


def driver_of(sensor: str) -> Driver:
    return driver_for("rhomboid" if sensor == NARROW else sensor)


def two_boots(sensor: str) -> list[Notification]:
    """A sensor that is switched off and on."""
    first, second = session(sensor, 1), session(sensor, 2)
    later_ns = first[-1].host_ns - second[0].host_ns + 5 * SECONDS_NS
    return [*first, *(msgspec.structs.replace(packet, host_ns=packet.host_ns + later_ns) for packet in second)]


def spoiled(packets: list[Notification], share: float, seed: int) -> Iterator[Notification]:
    """Packets lost, sent twice, cut, changed, held back, or told by another characteristic; and the link drops."""
    rng = np.random.Generator(np.random.PCG64(seed))
    late_ns = 0
    for packet in packets:
        late_ns = int(late_ns * 0.9)
        what = rng.integers(8) if rng.random() < share else None
        host_ns, characteristic, data = packet.host_ns + late_ns, packet.characteristic, bytearray(packet.data)
        if what == 0:
            continue
        if what == 1:
            yield Notification(host_ns, characteristic, bytes(data))
        elif what == 2:
            data = data[: rng.integers(len(data))]
        elif what == 3:
            data[rng.integers(len(data))] = rng.integers(256)
        elif what == 4:
            late_ns = int(rng.integers(2 * SECONDS_NS))
        elif what == 5:
            yield Notification(host_ns, "00002a19-0000-1000-8000-00805f9b34fb", b"\x40")
        elif what == 6 and rng.random() < 0.2:
            yield Notification(host_ns, LINK_LOST, b"")
        elif what == 7 and rng.random() < 0.2:
            data[2:6] = rng.bytes(4)
        yield Notification(host_ns, characteristic, bytes(data))


def fed(driver: Driver, packets: list[Notification], most: int, seed: int = 1) -> list[object]:
    """What the driver finds in the packets, sample by sample, in calls of one to so many."""
    rng = np.random.Generator(np.random.PCG64(seed))
    found: list[Decoded] = []
    at = 0
    while at < len(packets):
        run = packets[at : at + rng.integers(1, most + 1)]
        at += len(run)
        if lost := [i for i, packet in enumerate(run) if packet.characteristic == LINK_LOST]:
            found += driver.feed(*run[: lost[0]])
            driver.link_lost()
            at -= len(run) - lost[0] - 1
            continue
        found += driver.feed(*run)
    return list(flattened(found))


@pytest.mark.parametrize("sensor", SENSORS)
def test_a_copy_of_a_driver_goes_on_as_the_driver_itself(sensor: str) -> None:
    """So a jump in a replay does."""
    packets, driver = list(session(sensor, 1)), driver_of(sensor)
    at = len(packets) // 2
    driver.feed(*packets[:at])
    copy = pickle.loads(pickle.dumps(driver))  # noqa: S301
    assert list(flattened(copy.feed(*packets[at:]))) == list(flattened(driver.feed(*packets[at:])))


@pytest.mark.parametrize("share", SPOILED.values(), ids=SPOILED.keys())
@pytest.mark.parametrize("sensor", SENSORS)
def test_the_division_into_calls_does_not_matter(sensor: str, share: float) -> None:
    packets = list(spoiled(two_boots(sensor), share, seed=7))
    one_by_one = driver_of(sensor)
    expected = fed(one_by_one, packets, most=1)
    assert len(expected) > 1000
    for most in (200, 5000):
        driver = driver_of(sensor)
        assert fed(driver, packets, most) == expected
        assert (driver.refused, driver.drift_us) == (one_by_one.refused, one_by_one.drift_us)


@pytest.mark.parametrize("sensor", SENSORS)
def test_it_makes_no_difference_how_a_sensor_got_there(sensor: str) -> None:
    """After a run, a driver goes on as if it had been fed singly: nothing it remembers is another."""
    packets = list(session(sensor, 3))
    half = len(packets) // 2
    singly, together = driver_of(sensor), driver_of(sensor)
    fed(singly, packets[:half], most=1)
    fed(together, packets[:half], most=5000)
    assert fed(together, packets[half:], most=1) == fed(singly, packets[half:], most=1)


@pytest.mark.parametrize("sensor", [sensor for sensor in SENSORS if sensor != "dot"])
def test_what_goes_well_is_done_together(sensor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = list(session(sensor, 1))
    driver = driver_of(sensor)
    singly: list[bytes] = []
    decode = driver.decoder.decode

    def counted(characteristic: str, data: bytes) -> Sequence[Piece]:
        singly.append(data)
        return decode(characteristic, data)

    monkeypatch.setattr(driver, "_decode", counted)
    driver.feed(*packets)
    assert len(singly) < len(packets) / 4
