"""The link on unmodified bleak against a stand-in for BlueZ: finding, streaming, every fault, healing, stopping."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import pytest

from rhomboid.errors import DataError, UsageError
from rhomboid.imu import LinkChange, Notification
from rhomboid.link.bleak_radio import BleakRadio
from rhomboid.link.finding import choose, listen
from rhomboid.link.live import LiveSource, Wanted
from rhomboid.sensors.rhomboid_stream import STREAM
from tests.bluetooth.fake_bluez import BluezError, FakeBluez
from tests.bluetooth.peripherals import RhomboidSensor

ADDRESS = "F0:F1:F2:F3:F4:F5"


@pytest.fixture
def sensor(bluez: FakeBluez) -> RhomboidSensor:
    return RhomboidSensor(bluez)


def source() -> LiveSource:
    return LiveSource(BleakRadio(), Wanted(ADDRESS, "rhomboid", "rhomboid"))


class Listener:
    """Reads a source in the background, as a session does."""

    def __init__(self, live: LiveSource) -> None:
        self.live, self.items = live, []  # type: ignore[var-annotated]
        self._task = asyncio.ensure_future(self._read())
        self._stop = asyncio.Event()

    async def _read(self) -> None:
        async with aclosing(self.live.batches()) as batches:
            async for batch in batches:
                self.items += batch
                if self._stop.is_set():
                    return

    async def stop(self) -> float:
        """Stops; how long that took."""
        began = time.monotonic()
        self._stop.set()
        await asyncio.wait_for(self._task, 10)
        return time.monotonic() - began

    @property
    def states(self) -> list[str]:
        return [i.state for i in self.items if isinstance(i, LinkChange)]

    @property
    def reasons(self) -> list[str]:
        return [i.reason for i in self.items if isinstance(i, LinkChange) and i.reason]

    @property
    def packets(self) -> list[Notification]:
        return [i for i in self.items if isinstance(i, Notification) and i.characteristic == STREAM]

    async def until(self, what: str, *, times: int = 1, within_s: float = 8.0) -> None:
        async with asyncio.timeout(within_s):
            while self.states.count(what) < times:
                await asyncio.sleep(0.01)

    async def until_packets(self, more: int = 3, within_s: float = 8.0) -> None:
        enough = len(self.packets) + more
        async with asyncio.timeout(within_s):
            while len(self.packets) < enough:
                await asyncio.sleep(0.01)


async def test_it_streams_and_stops_cleanly(sensor: RhomboidSensor) -> None:
    listener = Listener(source())
    await listener.until("streaming")
    await listener.until_packets(10)
    assert listener.states == ["looking", "connecting", "configuring", "streaming"]
    assert listener.live.battery_percent == 83
    assert await listener.stop() < 5.0
    assert not sensor.connected
    stamps = [p.host_ns for p in listener.packets]
    assert stamps == sorted(stamps)


async def test_a_drop_heals_by_itself_and_says_so(sensor: RhomboidSensor) -> None:
    listener = Listener(source())
    await listener.until_packets()
    sensor.drop()
    await listener.until("streaming", times=2)
    await listener.until_packets()
    assert listener.reasons == ["dropped"]
    assert sensor.connections == 2
    await listener.stop()


# --- faults, each of which has to heal --------------------------------------------------------------------------------


async def test_bluetooth_switched_off_and_on(bluez: FakeBluez, sensor: RhomboidSensor) -> None:
    listener = Listener(source())
    await listener.until_packets()
    bluez.power(False)
    await listener.until("lost")
    await asyncio.sleep(0.5)
    assert "powered_off" in listener.reasons
    bluez.power(True)
    await listener.until("streaming", times=2)
    await listener.until_packets()
    await listener.stop()


async def test_bluetooth_is_off_at_the_start(bluez: FakeBluez, sensor: RhomboidSensor) -> None:
    bluez.power(False)
    listener = Listener(source())
    await listener.until("lost")
    assert listener.reasons[0] == "powered_off"
    bluez.power(True)
    await listener.until_packets()
    await listener.stop()


async def test_the_adapter_is_pulled_out_and_put_back(bluez: FakeBluez, sensor: RhomboidSensor) -> None:
    listener = Listener(source())
    await listener.until_packets()
    bluez.remove_adapter()
    await listener.until("lost", times=2)
    assert "no_adapter" in listener.reasons
    bluez.add_adapter()
    await listener.until("streaming", times=2)
    await listener.until_packets()
    await listener.stop()


async def test_the_bluetooth_service_dies_and_comes_back(
    bluez: FakeBluez, sensor: RhomboidSensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhomboid.link.live.SILENT_S", 0.6)
    listener = Listener(source())
    await listener.until_packets()
    await bluez.vanish()
    await listener.until("lost", times=2, within_s=20)
    again = FakeBluez()
    RhomboidSensor(again)
    await again.start()
    await listener.until("streaming", times=2, within_s=20)
    await listener.until_packets()
    assert set(listener.reasons) <= {"silent", "dropped", "no_service", "no_adapter"}
    await listener.stop()
    await again.vanish()


async def test_a_silent_subscription_is_noticed(sensor: RhomboidSensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.link.live.SILENT_S", 0.5)
    listener = Listener(source())
    await listener.until_packets()
    sensor.silent = True
    await listener.until("lost")
    sensor.silent = False
    await listener.until("streaming", times=2)
    await listener.until_packets()
    assert listener.reasons[0] == "silent"
    await listener.stop()


async def test_out_of_range_and_back(sensor: RhomboidSensor) -> None:
    listener = Listener(source())
    await listener.until_packets()
    sensor.advertising = False
    sensor.drop()
    await listener.until("looking", times=2)
    await asyncio.sleep(0.5)
    assert listener.states[-1] == "looking"
    sensor.advertising = True
    await listener.until_packets()
    await listener.stop()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BluezError("Failed", "le-connection-refused"), "cannot_connect"),
        (BluezError("Failed", "br-connection-canceled"), "cannot_connect"),
        (BluezError("Failed", "connection-limit"), "busy"),
        (BluezError("InProgress", "busy"), "busy"),
        (BluezError("AuthenticationFailed"), "pairing"),
        (BluezError("AuthenticationCanceled"), "pairing"),
        (BluezError("NotReady", "not ready"), "powered_off"),
        (BluezError("org.freedesktop.DBus.Error.AccessDenied", "no"), "denied"),
        (BluezError("NoReply.Strange", "what"), "other"),
    ],
)
async def test_a_connection_that_is_refused(sensor: RhomboidSensor, error: BluezError, reason: str) -> None:
    sensor.connect_error = error
    listener = Listener(source())
    await listener.until("lost", times=2)
    assert set(listener.reasons) == {reason}
    sensor.connect_error = None
    await listener.until_packets()
    await listener.stop()


@pytest.mark.parametrize("fault", ["notify_error", "read_error"])
async def test_what_the_sensor_will_not_do(sensor: RhomboidSensor, fault: str) -> None:
    """Without samples there is no session; without a battery level there is."""
    setattr(sensor, fault, BluezError("NotPermitted", "Insufficient authentication"))
    listener = Listener(source())
    if fault == "read_error":
        await listener.until_packets()
        assert listener.live.battery_percent is None
    else:
        await listener.until("lost")
        assert listener.reasons[0] in ("pairing", "refused")
    await listener.stop()


async def test_packets_that_cannot_be_handed_on_are_counted(
    sensor: RhomboidSensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhomboid.link.live.QUEUE_MAX", 6)
    monkeypatch.setattr("rhomboid.link.live.TICK_S", 1.0)
    listener = Listener(source())
    async with asyncio.timeout(8):
        while "overflow" not in listener.reasons:
            await asyncio.sleep(0.05)
    told = next(i for i in listener.items if isinstance(i, LinkChange) and i.reason == "overflow")
    assert "packets lost" in told.words
    await listener.stop()


@pytest.mark.parametrize("moment", ["looking", "connecting", "configuring", "streaming", "lost"])
async def test_it_stops_within_the_bound_from_any_state(sensor: RhomboidSensor, moment: str) -> None:
    if moment == "looking":
        sensor.advertising = False
    if moment == "connecting":
        sensor.connect_delay_s = 60.0
    if moment == "lost":
        sensor.connect_error = BluezError("Failed", "no")
    listener = Listener(source())
    await listener.until(moment)
    assert await listener.stop() < 5.0
    assert not sensor.connected


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room is small: everything shows itself at once."""
    monkeypatch.setattr("rhomboid.link.finding.ENOUGH_S", 0.3)


async def test_the_only_sensor_is_chosen(sensor: RhomboidSensor) -> None:
    wanted = await choose(BleakRadio())
    assert wanted == Wanted(ADDRESS, "rhomboid", "rhomboid")


async def test_of_two_sensors_the_user_says_which(bluez: FakeBluez, sensor: RhomboidSensor) -> None:
    RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA", name="the neighbour's")
    with pytest.raises(UsageError, match=r"--device"):
        await choose(BleakRadio())
    assert (await choose(BleakRadio(), device="THE NEIGHBOUR'S")).address == "F0:F1:F2:F3:F4:AA"
    assert (await choose(BleakRadio(), device=ADDRESS.lower())).address == ADDRESS
    assert (await choose(BleakRadio(), ask=lambda found: found[1])).address in (ADDRESS, "F0:F1:F2:F3:F4:AA")


async def test_the_neighbours_sensor_is_never_taken(bluez: FakeBluez, sensor: RhomboidSensor) -> None:
    neighbour = RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA")
    sensor.advertising = False
    listener = Listener(source())
    await asyncio.sleep(1.0)
    assert listener.states == ["looking"]
    assert neighbour.connections == 0
    await listener.stop()


async def test_nothing_in_the_air(bluez: FakeBluez, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.link.finding.LOOK_S", 0.3)
    with pytest.raises(DataError, match="no sensor is in the air"):
        await choose(BleakRadio())


async def test_a_hostile_name_is_heard_as_it_is_and_matches_nothing(bluez: FakeBluez) -> None:
    name = "\x1b[31m[bold]WT\x07"
    RhomboidSensor(bluez, name=name)
    air = await listen(BleakRadio(), 0.5)
    assert [f.seen.advertisement.name for f in air.found] == [name]


async def test_no_bluetooth_is_said_in_words(bluez: FakeBluez) -> None:
    bluez.remove_adapter()
    with pytest.raises(DataError, match="no Bluetooth"):
        await listen(BleakRadio(), 0.5)
