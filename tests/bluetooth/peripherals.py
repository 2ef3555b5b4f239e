"""Sensors behind the stand-in for BlueZ: the simulated wearer, streaming what a real one would, at real speed."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

from rhomboid.sensors.rhomboid_stream import SERVICE, STREAM
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.simulation.firmware import Board
from rhomboid.simulation.sensor import SimulatedSensor
from tests.bluetooth.fake_bluez import BATTERY_SERVICE, FakeBluez, FakeDevice

SINGLE_BYTES = 20
BREATH_S = 0.001
"""A sensor that has fallen behind: dbus-fast takes a full socket for the end of the bus."""


class RhomboidSensor(FakeDevice):
    """Speaks the rhomboid stream while somebody listens; its clock runs on when nobody does."""

    def __init__(self, bluez: FakeBluez, **how: str) -> None:
        services = {SERVICE: {STREAM: ["notify"]}, BATTERY_SERVICE: {BATTERY_LEVEL: ["read", "notify"]}}
        super().__init__(bluez, services, advertised=(SERVICE,), **how)  # type: ignore[arg-type]
        self.values[BATTERY_LEVEL] = bytes([83])
        self.on_notify = self._listened_to
        self.silent = False
        """A fault: the subscription is there and nothing comes."""
        self.pace = 1.0
        """How many times as fast as real time it lives."""
        self.fault: Callable[[int, bytes], list[bytes]] = lambda number, packet: [packet]
        """What becomes of a packet on the air."""
        self._packets = [n.data for n in itertools.islice(SimulatedSensor("rows", 3).notifications(), 2000)]
        self._began = time.monotonic()
        self.sent: list[bytes] = []

    def begin_anew(self) -> None:
        """The wearer begins anew, and so does the sensor's clock."""
        self._began = time.monotonic()

    def _listened_to(self, uuid: str, on: bool) -> None:
        if uuid == STREAM:
            self.stop_streaming()
            if on:
                self.stream(self._flow())

    async def _flow(self) -> None:
        """Five samples every 50 ms; those of the time in which nobody listened are lost."""
        number = int((time.monotonic() - self._began) * 20 * self.pace) + 1
        while number < len(self._packets):
            due = self._began + number / (20 * self.pace)
            await asyncio.sleep(max(BREATH_S, due - time.monotonic()))
            if not self.silent:
                for packet in self.fault(number, self._packets[number]):
                    self.notify(STREAM, packet)
                    self.sent.append(packet)
            number += 1


class SingleSamples(RhomboidSensor):
    """Its MTU is 23: 100 packets of 20 bytes a second while somebody listens."""

    async def _flow(self) -> None:
        board = Board(SimulatedSensor("rows", 3))
        board.fit(SINGLE_BYTES)
        began = time.monotonic()
        for ready_s, packets in board.run():
            for i, (uuid, data) in enumerate(packets):
                due_s = began + ready_s + 0.01 * i
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                self.notify(uuid, data)
