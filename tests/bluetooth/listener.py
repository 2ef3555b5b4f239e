"""Reads the link in the background, as a session does, and waits for what is to happen."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from rhomboid.imu import LinkChange, Notification, SourceItem
from rhomboid.link.bleak_radio import BleakRadio
from rhomboid.link.live import LiveSource, Wanted
from rhomboid.sensors.rhomboid_stream import STREAM

ADDRESS = "F0:F1:F2:F3:F4:F5"


def source(adapter: str | None = None) -> LiveSource:
    return LiveSource(BleakRadio(adapter), Wanted(ADDRESS, "rhomboid", "rhomboid"))


class Listener:
    """What a source has delivered so far, and what it has said of itself."""

    def __init__(self, live: LiveSource) -> None:
        self.live, self.items = live, list[SourceItem]()
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
