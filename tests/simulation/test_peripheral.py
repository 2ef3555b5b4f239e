"""The simulated sensor on the air, without a radio: bumble's own central on a virtual link starts, loses, stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("bumble")

from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.link import LocalLink

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_control import START, STOP, Info, command, read_info
from rhomboid.sensors.rhomboid_stream import CONTROL, INFO, STATUS, STREAM
from rhomboid.simulation.firmware import firmware_for
from rhomboid.simulation.peripheral import Peripheral, static_address
from rhomboid.simulation.sensor import SimulatedSensor

ADDRESS = static_address(3)


class Host:
    """A central that has connected and subscribed to stream and status."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.heard: list[bytes] = []
        self.statuses: list[bytes] = []

    def _found(self, uuid: str) -> CharacteristicProxy:
        return self._peer.get_characteristics_by_uuid(UUID(uuid))[0]

    async def listen(self) -> None:
        await self._peer.subscribe(self._found(STATUS), lambda value: self.statuses.append(bytes(value)))
        await self._peer.subscribe(self._found(STREAM), lambda value: self.heard.append(bytes(value)))

    async def read(self, uuid: str) -> bytes:
        return bytes(await self._peer.read_value(self._found(uuid)))

    async def order(self, number: int) -> None:
        await self._peer.write_value(self._found(CONTROL), command(number), with_response=True)

    async def until_heard(self, packets: int) -> None:
        async with asyncio.timeout(5):
            while len(self.heard) < packets:
                await asyncio.sleep(0.02)


class Room:
    """A peripheral that has been switched on, and a central in reach of it."""

    def __init__(self, largest_mtu: int) -> None:
        self.told: list[str] = []
        self._link = LocalLink()
        board = Controller("sensor", link=self._link)
        self.peripheral = Peripheral(
            firmware_for(SimulatedSensor("rows", 3)), board, board, ADDRESS,
            largest_mtu=largest_mtu, tell=self.told.append,
        )  # fmt: skip
        host = Controller("host", link=self._link)
        self._central = Device.with_hci("host", Address("C0:C1:C2:C3:C4:C5"), host, host)

    async def switch_on(self) -> None:
        await self.peripheral.start()
        await self._central.power_on()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Host]:
        connection = await self._central.connect(Address(ADDRESS), timeout=5)
        lost = asyncio.Event()
        connection.on(connection.EVENT_DISCONNECTION, lambda _: lost.set())
        peer = Peer(connection)
        await peer.request_mtu(247)
        await peer.discover_all()
        host = Host(peer)
        await host.listen()
        yield host
        if not lost.is_set():
            await connection.disconnect()


@pytest.fixture
async def room(request: pytest.FixtureRequest) -> Room:
    made = Room(getattr(request, "param", 247))
    await made.switch_on()
    return made


def samples(packets: list[bytes]) -> int:
    pieces = driver_for("rhomboid").feed(*(Notification(i * 50_000_000, STREAM, p) for i, p in enumerate(packets)))
    assert not [p for p in pieces if isinstance(p, Gap)]
    return sum(len(p) for p in pieces if isinstance(p, ImuBlock))


async def test_it_says_what_it_is_and_streams_between_start_and_stop(room: Room) -> None:
    async with room.connected() as host:
        assert isinstance(read_info(await host.read(INFO)), Info)
        await asyncio.sleep(0.15)
        assert host.heard == []
        await host.order(START)
        await host.until_heard(6)
        await host.order(STOP)
        count = len(host.heard)
        await asyncio.sleep(0.15)
        assert len(host.heard) == count
        assert len(host.statuses) == 2
        assert samples(host.heard) == 5 * count
    assert room.told[:2] == ["advertising", "connected, MTU 23"]
    assert "sampling begins" in room.told and "sampling ends" in room.told


@pytest.mark.parametrize("room", [23], indirect=True)
async def test_a_host_that_gets_no_larger_mtu_gets_single_samples(room: Room) -> None:
    async with room.connected() as host:
        await host.order(START)
        await host.until_heard(20)
        assert {len(packet) for packet in host.heard} == {18, 20}
        assert samples(host.heard) == len(host.heard) - 1


async def test_the_wearer_goes_on_while_the_link_is_lost(room: Room) -> None:
    async with room.connected() as host:
        await host.order(START)
        await host.until_heard(3)
        await room.peripheral.lose_link()
        await asyncio.sleep(0.2)
        first = host.heard
    async with room.connected() as host:
        await host.order(START)
        await host.until_heard(3)
        index, again = (int.from_bytes(packets[-1][4:8], "little") for packets in (first, host.heard))
        assert again > index + 5 * len(host.heard)
        assert first[0][14:16] == host.heard[0][14:16], "the boot id"
    assert [text for text in room.told if text.startswith("sampling")] == ["sampling begins"]
