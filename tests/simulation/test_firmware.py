"""What runs on a simulated sensor, held against the driver that reads it: answers, runs, narrow links."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest

from rhomboid.errors import UsageError
from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Driver, MalformedPacket
from rhomboid.sensors.rhomboid_control import (
    IDENTIFY,
    START,
    STOP,
    UNKNOWN_COMMAND,
    Info,
    command,
    read_info,
    read_status,
)
from rhomboid.sensors.rhomboid_stream import CONTROL, INFO, STATUS, STREAM
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write
from rhomboid.simulation.firmware import Firmware, firmware_for
from rhomboid.simulation.sensor import SimulatedSensor

ROOMY, NARROW = 244, 20


def carry_out(steps: tuple[Step, ...], firmware: Firmware, driver: Driver) -> list[object]:
    """What the driver makes of the answers."""
    said: list[object] = []
    for step in steps:
        match step:
            case Read() if any(step.characteristic in offered for offered in firmware.services.values()):
                data = firmware.read(step.characteristic)
                said += driver.feed(Notification(0, step.characteristic, data))
            case Write():
                for characteristic, data in firmware.write(step.characteristic, step.data):
                    said += driver.feed(Notification(0, characteristic, data))
            case Subscribe() | Unsubscribe():
                firmware.subscribe(step.characteristic, isinstance(step, Subscribe))
    return said


def started(firmware: Firmware, driver: Driver) -> list[object]:
    said = carry_out(driver.decoder.identify(), firmware, driver)
    return said + carry_out(driver.decoder.start(100.0), firmware, driver)


def received(firmware: Firmware, driver: Driver, seconds: float, most_bytes: int = ROOMY) -> list[object]:
    pieces: list[object] = []
    for ready_s, packets in firmware.run():
        if ready_s > seconds:
            break
        assert max(len(data) for _, data in packets) <= most_bytes
        for characteristic, data in packets:
            pieces += driver.feed(Notification(int(ready_s * 1e9), characteristic, data))
    return pieces


def samples(pieces: list[object]) -> Array:
    blocks = [p for p in pieces if isinstance(p, ImuBlock)]
    return np.concatenate([np.column_stack((b.acc_g, b.gyr_dps)) for b in blocks if b.gyr_dps is not None])


@pytest.mark.parametrize("family", ["rhomboid", "witmotion"])
def test_the_driver_finds_what_it_expects_and_every_sample(family: str) -> None:
    firmware, driver = firmware_for(SimulatedSensor("rows", 3, family=family)), driver_for(family)
    said = started(firmware, driver)
    assert firmware.sampling
    assert [p.percent for p in said if isinstance(p, BatteryLevel)]
    assert "firmware" in {p.name for p in said if isinstance(p, Clue)}
    pieces = received(firmware, driver, 5.0)
    assert not [p for p in pieces if isinstance(p, Gap | MalformedPacket)]
    assert len(samples(pieces)) == pytest.approx(500, abs=8)
    carry_out(driver.decoder.stop(), firmware, driver)
    assert not firmware.sampling


@pytest.mark.parametrize("family", ["rhomboid", "witmotion"])
def test_a_link_that_carries_little_brings_the_same_samples(family: str) -> None:
    heard = []
    for most_bytes in (ROOMY, NARROW):
        firmware, driver = firmware_for(SimulatedSensor("rows", 3, family=family)), driver_for(family)
        firmware.fit(most_bytes)
        started(firmware, driver)
        pieces = received(firmware, driver, 5.0, most_bytes)
        assert not [p for p in pieces if isinstance(p, Gap | MalformedPacket)]
        heard.append(samples(pieces))
    assert np.array_equal(*heard)


def test_a_header_goes_before_single_samples_and_again_every_second() -> None:
    firmware = firmware_for(SimulatedSensor("rows", 3))
    firmware.fit(NARROW)
    firmware.write(CONTROL, command(START))
    firmware.subscribe(STREAM, True)
    packets = [data for _, ready in islice(firmware.run(), 100) for _, data in ready]
    headers = [i for i, data in enumerate(packets) if len(data) == 18]
    assert headers[0] == 0
    assert {after - before for before, after in pairwise(headers)} == {101}
    firmware.subscribe(STREAM, True)
    run = firmware.run()
    assert len(next(run)[1]) == 6


def test_every_start_after_a_stop_is_another_run() -> None:
    firmware = firmware_for(SimulatedSensor("rows", 3))
    boots = []
    for order in (START, START, STOP, START):
        ((characteristic, data),) = firmware.write(CONTROL, command(order, token=7))
        status = read_status(data)
        assert characteristic == STATUS
        assert getattr(status, "token", None) == 7
        boots.append(status.boot_id)  # type: ignore[union-attr]
    assert boots[0] == boots[1] == boots[2] != boots[3]
    info = read_info(firmware.read(INFO))
    assert isinstance(info, Info)
    assert info.boot_id == boots[3]


def test_what_it_does_not_know_is_answered_too() -> None:
    firmware, driver = firmware_for(SimulatedSensor("rows", 3)), driver_for("rhomboid")
    ((_, data),) = firmware.write(CONTROL, command(IDENTIFY))
    assert getattr(read_status(data), "code", None) == UNKNOWN_COMMAND
    ((_, data),) = firmware.write(CONTROL, b"nonsense")
    (answer,) = [p for p in driver.feed(Notification(0, STATUS, data)) if isinstance(p, Answered)]
    assert not answer.accepted
    assert not firmware.sampling


def test_a_family_without_firmware_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="--sensor rhomboid or witmotion"):
        firmware_for(SimulatedSensor("rows", family="polar"))
