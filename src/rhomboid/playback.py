"""Where a session's data comes from when there is no radio: a recording, a CSV or the simulated wearer, at a pace.

What is played is a plain iterable of notifications or sample blocks; this room decides when each piece is due, pauses,
and changes speed. Speed never changes what is played, only when.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Protocol

from rhomboid.imu import Command, ImuBlock, LinkChange, Notification, Request, SourceItem
from rhomboid.interpreter import Moment
from rhomboid.sensors.driver import Driver

TICK_S = 1 / 30
"""How often due pieces are handed on: more often than any screen draws, seldom enough to cost nothing."""
BUSY_S = 0.02
"""The longest a batch may keep the event loop to itself when playing as fast as possible."""
MAX_BATCH = 256


class Section(Protocol):
    """A named part of what is played, with the pace that suits it (20.0: ten minutes shown in thirty seconds)."""

    @property
    def name(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def pace(self) -> float: ...


class Playback:
    """Plays ``items`` in real time times ``speed`` (``math.inf``: as fast as possible).

    ``driver`` decodes the notifications among the items; None where the items are sample blocks already. Up to
    ``from_s`` it always plays as fast as possible, and then hands on ``at_once`` items at most: a listener who answers
    is heard no later than that.
    """

    def __init__(
        self,
        title: str,
        items: Iterable[SourceItem],
        *,
        driver: Driver | None = None,
        duration_s: float | None = None,
        sections: Iterable[Section] = (),
        speed: float = 1.0,
        from_s: float = 0.0,
        at_once: int = MAX_BATCH,
    ) -> None:
        self.title, self.driver, self.duration_s = title, driver, duration_s
        self.speed, self.paused, self.from_s = speed, False, from_s
        self._items, self._at_once = items, at_once
        self._sections = tuple(sections)
        self.position_s = 0.0

    @property
    def section(self) -> str:
        """The name of the part that is being played, or an empty string."""
        found = self._section_at(self.position_s)
        return found.name if found else ""

    @property
    def pace(self) -> float:
        """The factor the part being played asks for, on top of ``speed``."""
        found = self._section_at(self.position_s)
        return found.pace if found else 1.0

    def batches(self) -> AsyncGenerator[list[SourceItem] | Moment, None]:
        """The items as they fall due, several at a time; an empty batch where none is, so that a listener can leave."""
        return self._due(Timing().timed(self._items))

    async def _due(self, timed: Iterator[tuple[float, SourceItem]]) -> AsyncGenerator[list[SourceItem] | Moment, None]:
        loop = asyncio.get_running_loop()
        pending = next(timed, None)
        last = loop.time()
        while pending is not None:
            if (math.isinf(self.speed) or self.position_s < self.from_s) and not self.paused:
                await asyncio.sleep(0)
                batch: list[SourceItem] = []
                until = loop.time() + BUSY_S
                while pending is not None and len(batch) < self._at_once and loop.time() < until:
                    self.position_s = pending[0]
                    batch.append(pending[1])
                    pending = next(timed, None)
                yield batch
                last = loop.time()
                continue
            await asyncio.sleep(TICK_S)
            now = loop.time()
            passed, last = now - last, now
            if self.paused:
                yield []
                continue
            # A machine that was busy or asleep does not make the wearer jump: at most a quarter of a second is made up.
            self.position_s += min(passed, 0.25) * self.speed * self.pace
            due: list[SourceItem] = []
            while pending is not None and pending[0] <= self.position_s:
                due.append(pending[1])
                pending = next(timed, None)
            yield due

    def _section_at(self, t_s: float) -> Section | None:
        return next((s for s in self._sections if s.start_s <= t_s < s.end_s), None)


class Timing:
    """When items are due: each with the second at which it is complete, from the first packet or sample on."""

    def __init__(self) -> None:
        self._first_ns: int | None = None
        self._first_s: float | None = None

    def timed(self, items: Iterable[SourceItem]) -> Iterator[tuple[float, SourceItem]]:
        """The items with their times; may be called again for what follows."""
        for item in items:
            if isinstance(item, Notification | LinkChange | Request | Command):
                if self._first_ns is None and isinstance(item, Notification):
                    self._first_ns = item.host_ns
                # While the link is still looked for nothing plays yet.
                yield 0.0 if self._first_ns is None else (item.host_ns - self._first_ns) * 1e-9, item
                continue
            for piece in _small(item) if isinstance(item, ImuBlock) else (item,):
                end_s = float(piece.t_s[-1]) if isinstance(piece, ImuBlock) else piece.end_s
                self._first_s = end_s if self._first_s is None else self._first_s
                yield end_s - self._first_s, piece


def _small(block: ImuBlock, samples: int = 8) -> Iterator[ImuBlock]:
    """A long block in pieces about as long as a sensor's packets, so that it is played smoothly."""
    for i in range(0, len(block), samples):
        yield block[i : i + samples]
