"""Bluetooth through bleak: the only file that imports it. Its errors become ``LinkTrouble``, its types stay here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from rhomboid.link.radio import OnData, Seen
from rhomboid.link.trouble import LinkTrouble, Trouble
from rhomboid.sensors import profiles
from rhomboid.sensors.recognition import Advertisement

CONNECT_S = 15.0
"""Long enough for a sensor that advertises every two seconds, and shorter than anyone waits."""
OPERATION_S = 5.0
CLOSE_S = 3.5
"""BlueZ takes up to 2.6 s for one's own disconnect."""
HEARD_MAX = 256
"""Advertisements waiting to be looked at; the oldest go first."""
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
GENERIC_ATTRIBUTE = "00001801-0000-1000-8000-00805f9b34fb"
"""A service that most devices have."""
NO_SIGNAL_DBM = -127

_UNAVAILABLE = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: Trouble.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: Trouble.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.POWERED_OFF: Trouble.POWERED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: Trouble.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: Trouble.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: Trouble.DENIED,
}
_NEEDS_PAIRING = {
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
}
# What BlueZ and D-Bus call it -> what it is to us; the first that is part of the message counts.
_DBUS_SAYS = (
    ("org.bluez.Error.NotReady", Trouble.POWERED_OFF),
    ("org.bluez.Error.Authentication", Trouble.PAIRING),
    ("Insufficient authentication", Trouble.PAIRING),
    ("Insufficient encryption", Trouble.PAIRING),
    ("org.bluez.Error.NotPermitted", Trouble.REFUSED),
    ("org.bluez.Error.NotAuthorized", Trouble.PAIRING),
    ("org.freedesktop.DBus.Error.AccessDenied", Trouble.DENIED),
    ("org.freedesktop.DBus.Error.ServiceUnknown", Trouble.NO_SERVICE),
    ("org.freedesktop.DBus.Error.NoReply", Trouble.NO_SERVICE),
    ("org.freedesktop.DBus.Error.UnknownObject", Trouble.NOT_FOUND),
    ("connection-limit", Trouble.BUSY),
    ("org.bluez.Error.InProgress", Trouble.BUSY),
    ("le-connection-abort-by-local", Trouble.CANNOT_CONNECT),
    ("org.bluez.Error.Failed", Trouble.CANNOT_CONNECT),
)


_T = TypeVar("_T")


class BleakRadio:
    """Bluetooth of this machine. ``adapter`` names one of several on Linux ("hci1")."""

    def __init__(self, adapter: str | None = None) -> None:
        self._adapter = adapter
        self._devices: dict[str, BLEDevice] = {}
        self._ours: set[str] = set()
        """What this radio has connected to itself, of which bleak's memory is no proof that it is connected still."""

    @asynccontextmanager
    async def scan(self) -> AsyncIterator[AsyncIterator[Seen]]:
        """Listens for advertisements while the context lasts."""
        heard: asyncio.Queue[Seen] = asyncio.Queue(HEARD_MAX)

        def on_heard(device: BLEDevice, data: AdvertisementData) -> None:
            self._devices[device.address] = device
            if heard.full():
                heard.get_nowait()
            heard.put_nowait(_seen(device, data))

        bluez = {"adapter": self._adapter} if self._adapter else {}
        with _translated(late=Trouble.NO_SERVICE):
            scanner = BleakScanner(on_heard, bluez=bluez)  # type: ignore[arg-type]
            await asyncio.wait_for(scanner.start(), OPERATION_S)
        for seen in await self._held():
            heard.put_nowait(seen)
        try:
            yield _endless(heard)
        finally:
            with _translated(quiet=True):
                await asyncio.wait_for(scanner.stop(), OPERATION_S)

    async def connect(self, address: str, on_lost: Callable[[], None], *, pair: bool = False) -> BleakConnection:
        """Connects to a device, one that a scan has heard if there was one. Raises LinkTrouble."""
        if address not in self._devices:
            await self._held()
        bluez = {"adapter": self._adapter} if self._adapter else {}
        client = BleakClient(
            self._devices.get(address, address),
            disconnected_callback=lambda _: on_lost(),
            timeout=CONNECT_S,
            pair=pair,
            bluez=bluez,  # type: ignore[arg-type]
        )
        self._ours.add(address)
        connection = BleakConnection(client)
        connecting = asyncio.ensure_future(client.connect())
        try:
            await asyncio.wait({connecting}, timeout=CONNECT_S + CLOSE_S)
        except asyncio.CancelledError:
            await _given_up(connecting)
            if not connecting.cancelled() and connecting.done() and connecting.exception() is None:
                await connection.close()  # it was connected at that very moment
            raise
        if not connecting.done():
            await _given_up(connecting)
            raise LinkTrouble(Trouble.NO_SERVICE)
        with _translated():
            connecting.result()
        return connection

    async def _held(self) -> list[Seen]:
        """What this computer is connected to: after a program that died the link stays, and nothing advertises."""
        bluez = {"adapter": self._adapter} if self._adapter else {}
        found: dict[str, Seen] = {}
        with _translated(quiet=True), suppress(NotImplementedError):
            adapter = await BleakAdapter.get(bluez=bluez)  # type: ignore[arg-type]
            for services in ((GENERIC_ATTRIBUTE,), *(p.signs.services for p in profiles() if p.signs.services)):
                for device in await adapter.get_connected_devices(list(services)):
                    if device.address in self._ours:
                        continue
                    self._devices[device.address] = device
                    advertisement = Advertisement(name=device.name or "", services=services)
                    found[device.address] = Seen(
                        address=device.address, advertisement=advertisement, rssi_dbm=NO_SIGNAL_DBM, held=True
                    )
        return list(found.values())


class BleakConnection:
    """One connected sensor."""

    def __init__(self, client: BleakClient) -> None:
        self._client = client

    @property
    def characteristics(self) -> frozenset[str]:
        """The UUIDs it offers, in lower case."""
        return frozenset(c.uuid.lower() for c in self._client.services.characteristics.values())

    async def read(self, characteristic: str, service: str | None = None) -> bytes:
        """The value of a characteristic."""
        return bytes(await _done(self._client.read_gatt_char(self._found(characteristic, service))))

    async def write(self, characteristic: str, data: bytes, service: str | None, *, with_response: bool) -> None:
        """Writes a value."""
        found = self._found(characteristic, service)
        response = with_response and "write" in found.properties
        await _done(self._client.write_gatt_char(found, data, response=response))

    async def subscribe(self, characteristic: str, service: str | None, on_data: OnData) -> None:
        """Notifications, or indications, go to ``on_data`` from now on."""
        found = self._found(characteristic, service)
        uuid = found.uuid.lower()

        def on_notified(_: BleakGATTCharacteristic, data: bytearray) -> None:
            on_data(uuid, bytes(data))

        await _done(self._client.start_notify(found, on_notified))

    async def unsubscribe(self, characteristic: str, service: str | None) -> None:
        """No more of them."""
        await _done(self._client.stop_notify(self._found(characteristic, service)))

    async def close(self) -> None:
        """Ends the link; whatever goes wrong with that does not matter any more."""
        with _translated(quiet=True):
            await asyncio.wait_for(self._client.disconnect(), CLOSE_S)

    def _found(self, characteristic: str, service: str | None) -> BleakGATTCharacteristic:
        with _translated():
            for candidate in self._client.services.characteristics.values():
                if candidate.uuid.lower() == characteristic and service in (None, candidate.service_uuid.lower()):
                    return candidate
        raise LinkTrouble(Trouble.WRONG_FIRMWARE, f"there is no characteristic {characteristic}")


def _seen(device: BLEDevice, data: AdvertisementData) -> Seen:
    advertisement = Advertisement(
        name=data.local_name or device.name or "",
        services=tuple(u.lower() for u in data.service_uuids),
        companies=tuple(data.manufacturer_data),
    )
    battery = {k.lower(): v for k, v in data.service_data.items()}.get(BATTERY_SERVICE, b"")
    percent = battery[0] if len(battery) == 1 and battery[0] <= 100 else None
    return Seen(address=device.address, advertisement=advertisement, rssi_dbm=data.rssi, battery_percent=percent)


async def _endless(heard: asyncio.Queue[Seen]) -> AsyncIterator[Seen]:
    while True:
        yield await heard.get()


async def _given_up(connecting: asyncio.Future[None]) -> None:
    """Cancelled, bleak still disconnects, and waits without limit for the answer of a service that may hang."""
    connecting.cancel()
    await asyncio.wait({connecting}, timeout=CLOSE_S)
    connecting.cancel()


async def _done(operation: Awaitable[_T]) -> _T:
    with _translated():
        return await asyncio.wait_for(operation, OPERATION_S)


@contextmanager
def _translated(*, quiet: bool = False, late: Trouble = Trouble.CANNOT_CONNECT) -> Iterator[None]:
    """Whatever bleak and what is below it raise, as LinkTrouble, ``late`` for a time-out; with ``quiet`` as nothing."""
    try:
        yield
    except (BleakError, OSError, EOFError, AttributeError) as error:
        # bleak raises AttributeError and EOFError from within when the system's service vanishes under it.
        if not quiet:
            kind = late if isinstance(error, TimeoutError) else _kind(error)
            raise LinkTrouble(kind, f"{type(error).__name__}: {error}") from error


def _kind(error: Exception) -> Trouble:
    match error:
        case BleakBluetoothNotAvailableError():
            return _UNAVAILABLE.get(error.reason, Trouble.NO_SERVICE)
        case BleakDeviceNotFoundError():
            return Trouble.NOT_FOUND
        case BleakCharacteristicNotFoundError():
            return Trouble.WRONG_FIRMWARE
        case BleakGATTProtocolError():
            return Trouble.PAIRING if error.code in _NEEDS_PAIRING else Trouble.REFUSED
        case BleakDBusError():
            text = str(error)
            return next((trouble for part, trouble in _DBUS_SAYS if part in text), Trouble.OTHER)
        case FileNotFoundError() | ConnectionError() | EOFError():
            return Trouble.NO_SERVICE
        case BleakError() if str(error).startswith("adapter "):  # "... not found", where one was named
            return Trouble.NO_ADAPTER
        case BleakError() if (
            "Service Discovery" in str(error) or "Not connected" in str(error) or "disconn" in str(error)
        ):
            return Trouble.DROPPED
        case _:
            return Trouble.OTHER
