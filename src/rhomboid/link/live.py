"""A sensor, live, as the source of a session: looks for it, connects, streams, heals for as long as it is wanted.

The states are those of ``LinkState``; every change of state goes into the stream with its reason, in its place among
the packets, so that recordings hold it and replays repeat it.

looking -> connecting -> configuring -> streaming -> lost -> (a wait that grows, with jitter) -> looking ...
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress

import msgspec

from rhomboid.imu import LinkChange, LinkState, Notification, SourceItem
from rhomboid.link.host_clock import asleep_s, host_ns
from rhomboid.link.radio import Connection, Radio
from rhomboid.link.setup import Setup
from rhomboid.link.trouble import SENTENCES, LinkTrouble, Trouble
from rhomboid.sensors import driver_for

TICK_S = 1 / 30
"""How often packets are handed on: more often than any screen draws, seldom enough to cost nothing."""
QUEUE_MAX = 10_000
"""Packets waiting to be handed on: over a minute of the fastest sensor."""
LOOK_S = 30.0
SILENT_S = 2.5
"""No sensor's packets lie so far apart; bleak can believe in a connection that has long been gone."""
SET_UP_S = 30.0
SLEPT_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S, JITTER = 0.2, 15.0, 0.25
STEADY_S = 10.0
"""A stream that lasted so long was good: the next wait is short again."""
STOP_S = 1.2
"""For stopping the stream on the sensor; closing the link takes up to 3.5 s more."""


class Wanted(msgspec.Struct, frozen=True):
    """The one sensor a session is about, by its identity: never the neighbour's of the same kind."""

    address: str
    family: str
    name: str = ""


def wait_s(failures: int, luck: float) -> float:
    """How long to wait before the next try after so many failures in a row; ``luck`` 0..1 spreads it."""
    longest = min(FIRST_WAIT_S * 2.0 ** min(failures, 16), LONGEST_WAIT_S)
    return longest * (1.0 - JITTER + 2.0 * JITTER * luck)


class LiveSource:
    """Streams ``wanted`` over ``radio`` at ``rate_hz`` (None: what suits its kind) until its ``batches`` are closed."""

    pace = 1.0
    duration_s: float | None = None

    def __init__(self, radio: Radio, wanted: Wanted, rate_hz: float | None = None) -> None:
        self.driver = driver_for(wanted.family)
        self.title = wanted.name or wanted.address
        self.speed, self.paused = 1.0, False
        self.position_s = 0.0
        self.packets = 0
        self.battery_percent: int | None = None
        self.state: LinkState = "looking"
        self._radio, self.wanted = radio, wanted
        self._rate_hz = rate_hz or self.driver.profile.default_hz
        self._items: deque[SourceItem] = deque()
        self._overflowed = 0
        self._newest_ns = 0
        self._lost = asyncio.Event()
        self._paired = False
        """Pairing has been tried."""
        self._luck = random.Random()  # noqa: S311 - spreads reconnections, guards nothing

    @property
    def section(self) -> str:
        """What the link is doing, for people."""
        battery = "" if self.battery_percent is None else f", battery {self.battery_percent} %"
        return self.state + battery

    async def batches(self) -> AsyncGenerator[list[SourceItem], None]:
        """What has arrived, several times a second; close it to stop the sensor and release the link."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        keeping = asyncio.create_task(self._keep())
        try:
            while not keeping.done():
                await asyncio.sleep(TICK_S)
                self.position_s = loop.time() - began
                yield self._taken()
            keeping.result()
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])

    def _taken(self) -> list[SourceItem]:
        taken = list(self._items)
        self._items.clear()
        if self._overflowed:
            sentence = SENTENCES[Trouble.OVERFLOW]
            words = f"{sentence.what} ({self._overflowed} packets lost); {sentence.do}"
            taken.append(LinkChange(host_ns(), "lost", Trouble.OVERFLOW.value, words))
            taken.append(LinkChange(host_ns(), "streaming"))
            self._overflowed = 0
        return taken

    async def _keep(self) -> None:
        failures, pair = 0, False
        while True:
            began_ns, slept_s = host_ns(), asleep_s()
            try:
                await self._once(pair=pair)
            except LinkTrouble as trouble:
                steady = self.state == "streaming" and (host_ns() - began_ns) * 1e-9 > STEADY_S
                failures = 0 if steady else failures + 1
                if asleep_s() - slept_s > SLEPT_S:
                    failures, trouble = 0, LinkTrouble(Trouble.ASLEEP, trouble.detail)
                # Once, and only where it is asked for: what the user refused is not asked again.
                pair = trouble.trouble is Trouble.PAIRING and not self._paired
                self._paired = self._paired or pair
                self._change("lost", trouble)
            await asyncio.sleep(wait_s(failures, self._luck.random()))
            # What is left of a connection refers to itself, in bleak and below: it would lie there for hours. It takes
            # a moment to look for, and in this one no packet comes.
            gc.collect()

    async def _once(self, *, pair: bool) -> None:
        """From looking to the end of the stream, which is always a LinkTrouble."""
        self._lost.clear()
        self._change("looking")
        await self._heard()
        self._change("connecting")
        connection = await self._radio.connect(self.wanted.address, self._lost.set, pair=pair)
        setup = Setup(connection, driver_for(self.wanted.family), self._on_data)
        try:
            self._change("configuring")
            await self._set_up(setup)
            self._change("streaming")
            await self._watch()
        finally:
            releasing = asyncio.ensure_future(self._release(setup, connection))
            try:
                await asyncio.shield(releasing)
            except asyncio.CancelledError:
                await releasing  # whoever stops in the middle of this waits until the sensor is free
                raise

    async def _heard(self) -> None:
        """Until the sensor advertises: connecting to one that is away would hang."""
        try:
            async with asyncio.timeout(LOOK_S), self._radio.scan() as heard:
                async for seen in heard:
                    if seen.address == self.wanted.address:
                        return
        except TimeoutError:
            raise LinkTrouble(Trouble.NOT_FOUND) from None

    async def _set_up(self, setup: Setup) -> None:
        starting = asyncio.ensure_future(setup.start(self._rate_hz))
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({starting, lost}, timeout=SET_UP_S, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            elif lost.done():
                raise LinkTrouble(Trouble.DROPPED, "while it was being set up")
            else:
                raise LinkTrouble(Trouble.SILENT, "while it was being set up")
        finally:
            starting.cancel()
            lost.cancel()
            await asyncio.gather(starting, lost, return_exceptions=True)
        self.battery_percent = setup.battery.percent if setup.battery else self.battery_percent

    async def _watch(self) -> None:
        """Until the link is lost, or nothing has come for too long although it seems to be there."""
        self._newest_ns = host_ns()
        while True:
            silent_s = (host_ns() - self._newest_ns) * 1e-9
            if silent_s >= SILENT_S:
                raise LinkTrouble(Trouble.SILENT)
            try:
                await asyncio.wait_for(self._lost.wait(), SILENT_S - silent_s)
            except TimeoutError:
                continue
            raise LinkTrouble(Trouble.DROPPED)

    async def _release(self, setup: Setup, connection: Connection) -> None:
        """Stops the stream on the sensor, which would else drain its battery, and ends the link."""
        if not self._lost.is_set():
            with suppress(LinkTrouble, TimeoutError):  # the link ends in any case
                await asyncio.wait_for(setup.stop(), STOP_S)
        await connection.close()

    def _on_data(self, characteristic: str, data: bytes) -> None:
        """The radio's callback: stamps and queues, nothing else."""
        self._newest_ns = now_ns = host_ns()
        if len(self._items) < QUEUE_MAX:
            self._items.append(Notification(now_ns, characteristic, data))
            self.packets += 1
        else:
            self._overflowed += 1

    def _change(self, state: LinkState, trouble: LinkTrouble | None = None) -> None:
        self.state = state
        reason, words = (trouble.trouble.value, trouble.words) if trouble else ("", "")
        self._items.append(LinkChange(host_ns(), state, reason, words))
