"""The link on unmodified bleak against a stand-in for BlueZ: finding, streaming, every fault, healing, stopping."""

from __future__ import annotations

import asyncio

import pytest

from rhomboid.errors import DataError, UsageError
from rhomboid.imu import LinkChange
from rhomboid.link.bleak_radio import BleakRadio
from rhomboid.link.finding import choose, listen
from rhomboid.link.live import Wanted
from tests.bluetooth.fake_bluez import BluezError, FakeBluez
from tests.bluetooth.listener import ADDRESS, Listener, source
from tests.bluetooth.peripherals import RhomboidSensor


@pytest.fixture
def sensor(bluez: FakeBluez) -> RhomboidSensor:
    return RhomboidSensor(bluez)


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


@pytest.mark.parametrize("call", ["StartNotify", "ReadValue"])
async def test_a_drop_amid_the_setting_up(sensor: RhomboidSensor, call: str) -> None:
    sensor.drop_at = call
    listener = Listener(source())
    await listener.until_packets()
    assert listener.reasons == ["dropped"]
    assert listener.states[-2:] == ["configuring", "streaming"]
    await listener.stop()


async def test_a_sensor_that_wants_to_be_paired_is_paired(sensor: RhomboidSensor) -> None:
    sensor.wants_pairing = True
    listener = Listener(source())
    await listener.until_packets()
    assert listener.reasons == ["pairing"]
    assert sensor.pairings == 1
    await listener.stop()


async def test_pairing_that_is_refused_is_not_asked_for_again_and_heals_once_it_is_done_elsewhere(
    sensor: RhomboidSensor,
) -> None:
    sensor.wants_pairing = True
    sensor.pair_error = BluezError("AuthenticationRejected", "Authentication Rejected")
    listener = Listener(source())
    await listener.until("lost", times=3)
    assert set(listener.reasons) == {"pairing"}
    assert sensor.pairings == 1
    words = next(i.words for i in listener.items if isinstance(i, LinkChange) and i.words)
    assert "pair it in the system's Bluetooth settings" in words
    sensor.paired = True  # there, by its user
    await listener.until_packets()
    await listener.stop()


async def test_what_a_program_that_died_left_connected_is_found_although_it_does_not_advertise(
    sensor: RhomboidSensor,
) -> None:
    await sensor.be_held()
    (left,) = (await listen(BleakRadio(), 0.3)).found
    assert (left.seen.held, left.matches[0].family) == (True, "rhomboid")
    listener = Listener(source())
    await listener.until_packets()
    assert (listener.reasons, sensor.connections) == ([], 1)
    await listener.stop()
    assert not sensor.connected


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
    assert "packets lost); close what keeps it busy" in told.words
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


@pytest.mark.parametrize("moment", ["connecting", "streaming"])
async def test_it_stops_although_the_service_hangs(bluez: FakeBluez, sensor: RhomboidSensor, moment: str) -> None:
    if moment == "connecting":
        sensor.connect_delay_s = 60.0
    listener = Listener(source())
    await listener.until(moment)
    bluez.stuck = True
    assert await listener.stop() < 5.5


async def test_a_service_that_hangs_while_connecting_is_given_up(
    bluez: FakeBluez, sensor: RhomboidSensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhomboid.link.bleak_radio.CONNECT_S", 0.5)
    monkeypatch.setattr("rhomboid.link.bleak_radio.CLOSE_S", 0.5)
    sensor.connect_delay_s = 60.0
    listener = Listener(source())
    await listener.until("connecting")
    bluez.stuck = True
    await listener.until("lost")
    assert listener.reasons == ["no_service"]
    bluez.stuck, sensor.connect_delay_s = False, 0.02
    await listener.until_packets()
    await listener.stop()


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


async def test_of_two_adapters_the_named_one_is_used(bluez: FakeBluez) -> None:
    bluez.add_adapter("/org/bluez/hci1")
    far = RhomboidSensor(bluez, adapter="/org/bluez/hci1")
    assert (await listen(BleakRadio("hci0"), 0.3)).found == []
    assert [f.seen.address for f in (await listen(BleakRadio("hci1"), 0.3)).found] == [ADDRESS]
    listener = Listener(source("hci1"))
    await listener.until_packets()
    await listener.stop()
    assert (far.connections, far.connected) == (1, False)


async def test_an_adapter_that_is_not_there_is_said_in_words(bluez: FakeBluez) -> None:
    with pytest.raises(DataError, match="no Bluetooth"):
        await listen(BleakRadio("hci7"), 0.3)


async def test_a_service_that_hangs_is_said_in_words(bluez: FakeBluez, monkeypatch: pytest.MonkeyPatch) -> None:
    await listen(BleakRadio(), 0.1)
    monkeypatch.setattr("rhomboid.link.bleak_radio.OPERATION_S", 0.2)
    bluez.stuck = True
    with pytest.raises(DataError, match="Bluetooth service does not answer"):
        await listen(BleakRadio(), 1.0)


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
