"""A stand-in for BlueZ on a private D-Bus: adapters and devices, as far as bleak sees them, with faults on demand.

It answers the calls of org.bluez.Adapter1, Device1 and GattCharacteristic1 that bleak makes; what the sensors do is in
``peripherals``. Everything runs on the test's own event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
ADAPTER_PATH = "/org/bluez/hci0"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
ADVERTISING_S = 0.05

Answer = tuple[str, list[Any]]
NOTHING: Answer = ("", [])


class BluezError(Exception):
    """To be answered as the D-Bus error ``org.bluez.Error.<name>``."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(text)
        self.name = name if "." in name else f"org.bluez.Error.{name}"


class FakeBluez:
    """The service ``org.bluez`` with one adapter, hci0, until more are added."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Variant]]] = {}
        self.devices: dict[str, FakeDevice] = {}
        self.scanning: set[tuple[str, str]] = set()
        """(adapter, client)."""
        self.stuck = False
        """A fault: it is there and answers nothing."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Appears on the bus."""
        self.bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self.bus.add_message_handler(self._on_message)
        self.objects["/org/bluez"] = {"org.bluez.AgentManager1": {}}
        self.add_adapter()
        await self.bus.request_name("org.bluez")
        self._spawn(self._advertise())

    async def vanish(self) -> None:
        """The daemon dies: nobody answers, nobody is told."""
        for device in self.devices.values():
            device.stop_streaming()
        for task in tuple(self._tasks):
            task.cancel()
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()

    def add_adapter(self, path: str = ADAPTER_PATH) -> None:
        """An adapter is plugged in."""
        properties = {
            "Address": Variant("s", "00:11:22:33:44:55"),
            "AddressType": Variant("s", "public"),
            "Name": Variant("s", "fake"),
            "Alias": Variant("s", "fake"),
            "Powered": Variant("b", True),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central"]),
        }
        self.add(path, {ADAPTER: properties})

    def remove_adapter(self) -> None:
        """It is pulled out, and its devices go with it."""
        for device in self.devices.values():
            device.drop()
            self.remove(device.path)
        self.scanning.clear()
        self.remove(ADAPTER_PATH)

    def power(self, on: bool) -> None:
        """Bluetooth is switched on or off."""
        if not on:
            for device in self.devices.values():
                device.drop()
            self.scanning.clear()
            self.change(ADAPTER_PATH, ADAPTER, Discovering=Variant("b", False))
        self.change(ADAPTER_PATH, ADAPTER, Powered=Variant("b", on))

    @property
    def powered(self) -> bool:
        adapter = self.objects.get(ADAPTER_PATH)
        return adapter is not None and bool(adapter[ADAPTER]["Powered"].value)

    # --- objects and their signals ------------------------------------------------------------------------------------

    def add(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> None:
        self.objects[path] = interfaces
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def remove(self, path: str) -> None:
        interfaces = self.objects.pop(path, None)
        if interfaces is not None:
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, list(interfaces)])

    def change(self, path: str, interface: str, **properties: Variant) -> None:
        if path in self.objects:
            self.objects[path][interface].update(properties)
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if getattr(self, "bus", None) is not None and self.bus.connected:
            self.bus.send(
                Message(
                    message_type=MessageType.SIGNAL, path=path, interface=interface, member=member,
                    signature=signature, body=body,
                )
            )  # fmt: skip

    # --- calls --------------------------------------------------------------------------------------------------------

    def _on_message(self, message: Message) -> bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        self._spawn(self._answer(message))
        return True

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: Message) -> None:
        if self.stuck:
            return
        try:
            signature, body = await self._call(message)
            reply = Message.new_method_return(message, signature, body)
        except BluezError as error:
            reply = Message.new_error(message, error.name, str(error))
        except KeyError as error:
            reply = Message.new_error(message, "org.freedesktop.DBus.Error.UnknownObject", f"no {error}")
        if self.bus.connected:
            self.bus.send(reply)

    async def _call(self, message: Message) -> Answer:
        if message.interface == OBJECT_MANAGER:
            return "a{oa{sa{sv}}}", [self.objects]
        thing = self.objects[message.path or ""]
        if message.interface == PROPERTIES:
            if message.member == "Get":
                return "v", [thing[message.body[0]][message.body[1]]]
            if message.member == "GetAll":
                return "a{sv}", [thing[message.body[0]]]
            self.change(message.path or "", message.body[0], **{message.body[1]: message.body[2]})
            return NOTHING
        if message.interface == ADAPTER:
            return self._call_adapter(message)
        device = self.devices[(message.path or "")[: len(ADAPTER_PATH) + len("/dev_00_00_00_00_00_00")]]
        return await device.call(message)

    def _call_adapter(self, message: Message) -> Answer:
        path = message.path or ""
        client = (path, message.sender or "")
        if message.member == "StartDiscovery":
            if not self.powered:
                raise BluezError("NotReady", "Resource Not Ready")
            self.scanning.add(client)
        elif message.member == "StopDiscovery":
            self.scanning.discard(client)
        elif message.member == "RemoveDevice":
            self.remove(message.body[0])
        self.change(path, ADAPTER, Discovering=Variant("b", any(adapter == path for adapter, _ in self.scanning)))
        return NOTHING

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISING_S)
            listening = {adapter for adapter, _ in self.scanning}
            for device in self.devices.values():
                if device.adapter in listening and self.powered:
                    device.advertise()


class FakeDevice:
    """A sensor in the air. ``services``: UUID -> {characteristic UUID -> flags}."""

    def __init__(
        self,
        bluez: FakeBluez,
        services: dict[str, dict[str, list[str]]],
        *,
        address: str = "F0:F1:F2:F3:F4:F5",
        name: str = "rhomboid",
        advertised: tuple[str, ...] = (),
        adapter: str = ADAPTER_PATH,
    ) -> None:
        self.bluez, self.address, self.name = bluez, address, name
        self.adapter = adapter
        """Whose range it is in."""
        self.path = f"{adapter}/dev_{address.replace(':', '_')}"
        self.advertised = advertised or tuple(services)
        self.battery_percent: int | None = None
        """As advertised."""
        self.values: dict[str, bytes] = {}
        self.written: list[tuple[str, bytes]] = []
        self.connections = self.pairings = 0
        self.connected = self.paired = False
        self._services = services
        self._stream: asyncio.Task[None] | None = None
        # faults
        self.advertising = True
        self.connect_error: BluezError | None = None
        self.connect_delay_s = 0.02
        self.notify_error: BluezError | None = None
        self.read_error: BluezError | None = None
        self.write_error: BluezError | None = None
        self.wants_pairing = False
        self.pair_error: BluezError | None = None
        self.drop_at = ""
        """The link is lost in the middle of this call, once."""
        self.on_write: Callable[[str, bytes], None] = lambda uuid, data: None
        self.on_notify: Callable[[str, bool], None] = lambda uuid, on: None
        bluez.devices[self.path] = self

    def advertise(self) -> None:
        """One advertisement, unless it is connected or out of range."""
        if self.connected or not self.advertising:
            return
        if self.path not in self.bluez.objects:
            known = {
                "Address": Variant("s", self.address),
                "AddressType": Variant("s", "random"),
                "Name": Variant("s", self.name),
                "Alias": Variant("s", self.name),
                "Adapter": Variant("o", self.adapter),
                "Paired": Variant("b", self.paired),
                "Trusted": Variant("b", False),
                "Blocked": Variant("b", False),
                "LegacyPairing": Variant("b", False),
                "Connected": Variant("b", False),
                "ServicesResolved": Variant("b", False),
                "UUIDs": Variant("as", list(self.advertised)),
                "RSSI": Variant("n", -50),
            }
            if self.battery_percent is not None:
                battery = Variant("ay", bytes([self.battery_percent]))
                known["ServiceData"] = Variant("a{sv}", {BATTERY_SERVICE: battery})
            self.bluez.add(self.path, {DEVICE: known})
        rssi = int(self.bluez.objects[self.path][DEVICE]["RSSI"].value)
        self.bluez.change(self.path, DEVICE, RSSI=Variant("n", -50 if rssi != -50 else -51))

    def notify(self, uuid: str, data: bytes) -> None:
        """A notification of that characteristic, if the link is there."""
        path = self._path_of(uuid)
        if self.connected and path is not None:
            self.bluez.change(path, CHARACTERISTIC, Value=Variant("ay", data))

    def stream(self, work: Any) -> None:
        """Streams in the background until the link or the subscription ends."""
        self.stop_streaming()
        self._stream = asyncio.ensure_future(work)

    def stop_streaming(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    async def be_held(self) -> None:
        """Connected for another program of this computer, perhaps one that died: BlueZ keeps the link."""
        self.advertise()
        await self._connect()

    def drop(self) -> None:
        """The link is lost."""
        self.stop_streaming()
        if not self.connected:
            return
        self.connected = False
        self.bluez.change(self.path, DEVICE, ServicesResolved=Variant("b", False))
        self.bluez.change(self.path, DEVICE, Connected=Variant("b", False))
        for path in [p for p in self.bluez.objects if p.startswith(self.path + "/")]:
            self.bluez.remove(path)

    async def call(self, message: Message) -> Answer:
        """A call of the device, or of one of its characteristics."""
        if self.connected and self.drop_at == message.member:
            self.drop_at = ""
            self.drop()
            raise BluezError("Failed", "Not connected")
        encrypted = message.member in ("StartNotify", "ReadValue", "WriteValue")
        if encrypted and self.wants_pairing and not self.paired:
            raise BluezError("NotPermitted", "Insufficient authentication")
        match message.member:
            case "Connect":
                await self._connect()
            case "Pair":
                self.pairings += 1
                if self.pair_error:
                    raise self.pair_error
                self.paired = True
                self.bluez.change(self.path, DEVICE, Paired=Variant("b", True))
                await self._connect()
            case "Disconnect":
                self.drop()
            case "StartNotify":
                if self.notify_error:
                    raise self.notify_error
                self.on_notify(self._uuid_at(message), True)
            case "StopNotify":
                self.on_notify(self._uuid_at(message), False)
            case "ReadValue":
                if self.read_error:
                    raise self.read_error
                return "ay", [self.values.get(self._uuid_at(message), b"")]
            case "WriteValue":
                if self.write_error:
                    raise self.write_error
                uuid, data = self._uuid_at(message), bytes(message.body[0])
                self.written.append((uuid, data))
                self.on_write(uuid, data)
            case _:
                raise BluezError("NotSupported", message.member or "")
        return NOTHING

    async def _connect(self) -> None:
        await asyncio.sleep(self.connect_delay_s)
        if self.connect_error:
            raise self.connect_error
        assert not self.connected, "two connections to one sensor"
        self.connected = True
        self.connections += 1
        self.bluez.change(self.path, DEVICE, Connected=Variant("b", True))
        handle = 1
        for service, characteristics in self._services.items():
            at = f"{self.path}/service{handle:04x}"
            properties = {
                "UUID": Variant("s", service), "Device": Variant("o", self.path), "Primary": Variant("b", True),
                "Includes": Variant("ao", []),
            }  # fmt: skip
            self.bluez.add(at, {SERVICE: properties})
            for uuid, flags in characteristics.items():
                handle += 3
                properties = {
                    "UUID": Variant("s", uuid), "Service": Variant("o", at), "Value": Variant("ay", b""),
                    "Flags": Variant("as", flags), "MTU": Variant("q", 247), "Notifying": Variant("b", False),
                }  # fmt: skip
                self.bluez.add(f"{at}/char{handle:04x}", {CHARACTERISTIC: properties})
            handle += 1
        self.bluez.change(self.path, DEVICE, ServicesResolved=Variant("b", True))

    def _uuid_at(self, message: Message) -> str:
        return str(self.bluez.objects[message.path or ""][CHARACTERISTIC]["UUID"].value)

    def _path_of(self, uuid: str) -> str | None:
        for path, interfaces in self.bluez.objects.items():
            known = interfaces.get(CHARACTERISTIC)
            if known is not None and path.startswith(self.path + "/") and known["UUID"].value == uuid:
                return path
        return None
