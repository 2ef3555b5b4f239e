"""Carries out what a driver wants written, read and subscribed, with time-outs and one retry, on an open connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from rhomboid.imu import Notification
from rhomboid.link.host_clock import host_ns
from rhomboid.link.radio import Connection, OnData
from rhomboid.link.trouble import LinkTrouble, Trouble
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Driver
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

TRIES = 2


class Setup:
    """One connection being configured. Everything the sensor says goes to ``on_data`` as well, from the first byte.

    ``driver`` is one of its own: it learns from the answers what the next steps are to be.
    """

    def __init__(self, connection: Connection, driver: Driver, on_data: OnData) -> None:
        self._connection, self._driver, self._on_data = connection, driver, on_data
        self._said: asyncio.Queue[Notification] | None = asyncio.Queue()
        self.battery: BatteryLevel | None = None
        self.clues: dict[str, str] = {}

    async def start(self, rate_hz: float) -> None:
        """Identify, configure, start. Raises LinkTrouble."""
        try:
            await self._carry_out(self._driver.decoder.identify())
            await self._carry_out(self._driver.decoder.start(rate_hz))
        finally:
            self._listen()
            self._said = None

    async def stop(self) -> None:
        """Stops the stream as the driver says. Raises LinkTrouble."""
        self._said = asyncio.Queue()
        await self._carry_out(self._driver.decoder.stop())

    async def _carry_out(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Unsubscribe) or step.required:
                await self._do(step)
            else:
                await self._tried(step)

    async def _tried(self, step: Step) -> None:
        try:
            await self._do(step)
        except LinkTrouble as trouble:
            if trouble.trouble in (Trouble.DROPPED, Trouble.NO_SERVICE, Trouble.POWERED_OFF):
                raise

    async def _do(self, step: Step) -> None:
        link = self._connection
        match step:
            case Subscribe():
                await link.subscribe(step.characteristic, step.service, self._hear)
            case Unsubscribe():
                await link.unsubscribe(step.characteristic, step.service)
            case Read():
                self._hear(step.characteristic, await link.read(step.characteristic, step.service))
                self._listen()
            case Write():
                await self._write(step)

    async def _write(self, step: Write) -> None:
        for left in reversed(range(TRIES)):
            self._listen()
            await self._connection.write(step.characteristic, step.data, step.service, with_response=step.with_response)
            if step.pause_s:
                await asyncio.sleep(step.pause_s)
            if step.answer_within_s is None:
                return
            answer = await self._answer(step.answer_within_s)
            if answer is not None and answer.accepted:
                return
            if answer is not None or not left:
                said = "no answer" if answer is None else answer.words
                raise LinkTrouble(Trouble.REFUSED, f"{step.meaning}: {said}")

    async def _answer(self, within_s: float) -> Answered | None:
        if self._said is None:
            return None
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if (answer := self._understand(await self._said.get())) is not None:
                        return answer
        except TimeoutError:
            return None

    def _hear(self, characteristic: str, data: bytes) -> None:
        self._on_data(characteristic, data)
        if self._said is not None:
            self._said.put_nowait(Notification(host_ns(), characteristic, data))

    def _listen(self) -> None:
        """Everything said so far reaches the driver, so that it knows it before the next step."""
        while self._said is not None and not self._said.empty():
            self._understand(self._said.get_nowait())

    def _understand(self, notification: Notification) -> Answered | None:
        answer = None
        for piece in self._driver.feed(notification):
            if isinstance(piece, Answered):
                answer = piece
            elif isinstance(piece, BatteryLevel):
                self.battery = piece
            elif isinstance(piece, Clue):
                self.clues[piece.name] = piece.value
        return answer
