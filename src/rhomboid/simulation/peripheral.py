"""The simulated sensor on the air: its firmware on the bumble Bluetooth stack, through any controller that can be had.

The only file that imports bumble, which is an extra: ``pip install 'rhomboid[simulate]'``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bumble import data_types, hci
from bumble.att import Attribute
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.transport.common import TransportSink, TransportSource

from rhomboid.simulation.firmware import Firmware, Packets

ADVERTISING_MS = 100.0
ATT_BYTES = 3
LINK_TIMED_OUT = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
_PROPERTIES = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
}


def static_address(seed: int) -> str:
    """An address that a device gives itself, for as long as it is on: two seeds are two sensors."""
    digits = f"{0xF0F1F2000000 | seed & 0xFFFFFF:012X}"
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


class Peripheral:
    """``firmware`` at the static random ``address``, over an HCI transport.

    ``largest_mtu`` is the most it agrees to; ``tell`` hears in words what the host does.
    """

    def __init__(
        self,
        firmware: Firmware,
        source: TransportSource,
        sink: TransportSink,
        address: str,
        *,
        largest_mtu: int = 247,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.sent = 0
        """Notifications that went out to somebody who listened."""
        self._firmware, self._tell = firmware, tell
        self._connection: Connection | None = None
        self._listened_to: set[str] = set()
        self._sampling: asyncio.Task[None] | None = None
        self._characteristics: dict[str, Characteristic[Any]] = {}
        config = DeviceConfiguration(
            name=firmware.name,
            address=hci.Address(address),
            advertising_interval_min=ADVERTISING_MS,
            advertising_interval_max=ADVERTISING_MS,
        )
        self._device = Device.from_config_with_hci(config, source, sink)
        self._device.gatt_server.max_mtu = largest_mtu
        self._device.add_services(
            Service(UUID(service), [self._characteristic(uuid, uses) for uuid, uses in offered.items()])
            for service, offered in firmware.services.items()
        )
        flags = AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
        found_by = data_types.CompleteListOf128BitServiceUUIDs([UUID(firmware.advertised)])
        self._device.advertising_data = bytes(AdvertisingData([data_types.Flags(flags), found_by]))
        self._device.scan_response_data = bytes(AdvertisingData([data_types.CompleteLocalName(firmware.name)]))
        self._device.on(Device.EVENT_CONNECTION, self._on_connection)

    async def start(self) -> None:
        """Switches it on: from now on it advertises and serves one host after another."""
        await self._device.power_on()
        await self._device.start_advertising(auto_restart=True)
        self._tell("advertising")

    async def lose_link(self) -> None:
        """As if the host had gone out of range for a moment."""
        if self._connection is not None:
            await self._connection.disconnect(LINK_TIMED_OUT)

    # --- samples ------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Begins or ends a run as the firmware has it."""
        if self._firmware.sampling and self._sampling is None:
            self._sampling = asyncio.get_running_loop().create_task(self._sample())
            self._tell("sampling begins")
        elif not self._firmware.sampling and self._sampling is not None:
            self._sampling.cancel()
            self._sampling = None
            self._tell("sampling ends")

    async def _sample(self) -> None:
        """Every packet when it is due, to nobody where nobody listens."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for ready_s, packets in self._firmware.run():
            await asyncio.sleep(began + ready_s - loop.time())
            await self._notify(packets)
        self._firmware.sampling, self._sampling = False, None
        self._tell("the script is over")

    async def _notify(self, packets: Packets) -> None:
        for uuid, data in packets:
            if self._connection is not None and uuid in self._listened_to:
                await self._device.notify_subscriber(self._connection, self._characteristics[uuid], data)
                self.sent += 1

    # --- what the host does -------------------------------------------------------------------------------------------

    def _characteristic(self, uuid: str, uses: tuple[str, ...]) -> Characteristic[Any]:
        properties, permissions = Characteristic.Properties(0), Attribute.READABLE
        for use in uses:
            properties |= _PROPERTIES[use]
            permissions |= Attribute.WRITEABLE if use.startswith("write") else Attribute.READABLE
        value = CharacteristicValue(
            read=lambda _: self._firmware.read(uuid), write=lambda _, data: self._on_write(uuid, bytes(data))
        )
        made: Characteristic[Any] = Characteristic(UUID(uuid), properties, permissions, value)
        made.on(made.EVENT_SUBSCRIPTION, lambda _, notify, __: self._on_subscription(uuid, notify))
        self._characteristics[uuid] = made
        return made

    def _on_connection(self, connection: Connection) -> None:
        self._connection = connection
        self._on_mtu(connection.att_mtu)
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self._on_mtu(connection.att_mtu))
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_mtu(self, mtu: int) -> None:
        self._firmware.fit(mtu - ATT_BYTES)
        self._tell(f"connected, MTU {mtu}")

    def _on_disconnection(self, reason: int) -> None:
        self._connection = None
        self._listened_to.clear()
        self._tell(f"disconnected: {hci.HCI_ErrorCode(reason).name.lower()}")

    def _on_write(self, uuid: str, data: bytes) -> None:
        answers = self._firmware.write(uuid, data)
        asyncio.get_running_loop().create_task(self._notify(answers))
        self._follow()

    def _on_subscription(self, uuid: str, on: bool) -> None:
        (self._listened_to.add if on else self._listened_to.discard)(uuid)
        self._firmware.subscribe(uuid, on)
        self._follow()
