"""A recording that can be entered anywhere, as if all before had been played: seek, next and previous event.

While it plays, a second core looks ahead through the recording as fast as the machine allows and keeps, every so often,
a copy of itself. To go to a place is to take the copy before it and to feed that the little in between: what is shown
after a jump is, to the bit, what playing would have shown, which a core that was started afresh some seconds before
would not be (its reference, its sets and its count would be others). Whoever wants to go where it has not come yet
waits until it is there.
"""

from __future__ import annotations

import asyncio
import math
import pickle
from bisect import bisect_left, bisect_right
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import chain
from typing import NamedTuple

import msgspec
import numpy as np

from rhomboid.events import Event
from rhomboid.imu import ImuBlock, SourceItem
from rhomboid.interpreter import Interpreter, Moment
from rhomboid.motion.pipeline import Trace
from rhomboid.playback import TICK_S, Playback, Timing
from rhomboid.words import clock

COPIES = 40
"""How many copies of the core are kept: an hour has one every 90 s, and each is some 3 MB at most."""
LEAST_APART_S = 10.0
AT_ONCE_S = 10.0
"""So much is gone through at a time: as cheap as all at once, and still no pause that is seen."""
STEP_S = 0.25
"""Near an event that is looked for."""
SHOWN_S = 300.0
"""So much of the signal before a place comes with it."""
JUST_NOW_S = 2.0
"""An event so short a time ago is the one at hand: the previous one is that before it."""


Rest = Iterator[tuple[float, SourceItem]]


class Place(NamedTuple):
    """A second of the recording; infinity: it is over. From there on to the event of this number, counted from 1."""

    to_s: float
    number: int = 0


class _Copy(msgspec.Struct, frozen=True):
    """The core before ``part``: pickled by this very process, for itself."""

    position_s: float
    part: int
    core: bytes
    events: int
    trace: Trace
    """The signal since the copy before."""


class Outline:
    """What a look ahead through ``parts`` finds: all events, and copies of ``interpreter`` on the way."""

    def __init__(
        self, parts: Sequence[Iterable[SourceItem]], interpreter: Interpreter, duration_s: float | None
    ) -> None:
        self._parts, self._interpreter = parts, interpreter
        self._apart_s = max(LEAST_APART_S, (duration_s or 0.0) / COPIES)
        self._timing = Timing()
        self._copies: list[_Copy] = []
        self.events: list[Event] = []
        self.reached_s = 0.0
        self.done = False

    async def look_ahead(self) -> None:
        """Goes through all parts, some at a time. Raises what reading them raises."""
        self._copy(0)
        items: list[SourceItem] = []
        newest_s = 0.0
        for number, part in enumerate(self._parts, 1):
            for at_s, item in self._timing.timed(part):
                items.append(item)
                newest_s = max(newest_s, at_s)
            if newest_s - self.reached_s < AT_ONCE_S and number < len(self._parts):
                continue
            self.events += self._interpreter.feed(items)
            self.reached_s, items = newest_s, []
            if self.reached_s - self._copies[-1].position_s >= self._apart_s:
                self._copy(number)
            await asyncio.sleep(0)
        self.events += self._interpreter.finish()
        self.done = True

    def items(self, part: int = 0) -> Rest:
        """Everything from this part on, with its times."""
        return self._timing.timed(chain.from_iterable(self._parts[k] for k in range(part, len(self._parts))))

    def moment(self, place: Place) -> tuple[Moment, float, Rest]:
        """What there is at a place, the second at which it lies, and what is still to come there."""
        to_s, number = place
        at = max(bisect_right(self._copies, to_s, key=lambda c: c.position_s) - 1, 0)
        copy = self._copies[at]
        interpreter: Interpreter = pickle.loads(copy.core)  # noqa: S301 - made by this process
        passed, rest = _until(to_s, self.items(copy.part))
        events = self.events[: copy.events] + interpreter.feed(passed)
        while len(events) < number and (following := next(rest, None)) is not None:
            to_s = max(to_s, following[0] + STEP_S)
            passed, rest = _until(to_s, chain([following], rest))
            events += interpreter.feed(passed)
        if math.isinf(to_s):
            events += interpreter.finish()
        before = [c.trace for c in self._copies[: at + 1] if c.position_s > copy.position_s - SHOWN_S]
        trace = _joined([*before, interpreter.pipeline.take_trace()])
        return Moment(interpreter, tuple(events), trace), min(to_s, self.reached_s), rest

    def _copy(self, part: int) -> None:
        trace = self._interpreter.pipeline.take_trace()
        core = pickle.dumps(self._interpreter, pickle.HIGHEST_PROTOCOL)
        self._copies.append(_Copy(self.reached_s, part, core, len(self.events), trace))


class Replay(Playback):
    """Plays ``parts`` through a core like ``interpreter``, and from any place that is asked for; ends only when closed.

    At the end it pauses, and plays again from the beginning when it is let go on.
    """

    def __init__(
        self,
        title: str,
        parts: Sequence[Iterable[SourceItem]],
        interpreter: Interpreter,
        *,
        duration_s: float | None = None,
        speed: float = 1.0,
    ) -> None:
        super().__init__(title, (), driver=interpreter.driver, duration_s=duration_s, speed=speed)
        # The caller's interpreter is only the pattern: whoever plays feeds one like it from the first packet on.
        self._outline = Outline(parts, pickle.loads(pickle.dumps(interpreter)), duration_s)  # noqa: S301
        self._target: Callable[[], Place | None] | None = None

    @property
    def section(self) -> str:
        """While a place is waited for: how far the look ahead has come."""
        return "" if self._target is None else f"looking ahead: {clock(self._outline.reached_s)}"

    def seek(self, to_s: float) -> None:
        """Goes on from this second."""
        place = Place(max(to_s, 0.0))
        self._target = lambda: place if self._outline.done or self._outline.reached_s >= place.to_s else None

    def seek_event(self, step: int, passing_over: tuple[type[Event], ...] = ()) -> None:
        """Goes on from the next event (1) or the one before (-1), not counting those of the kinds passed over."""
        here_s = self.position_s
        self._target = lambda: self._beside(here_s, step, passing_over)

    def seek_number(self, number: int) -> None:
        """Goes on from the event of this number, counted from 1."""
        self._target = lambda: self._event(number - 1)

    async def batches(self) -> AsyncGenerator[list[SourceItem] | Moment, None]:
        """What falls due, as of any source, and a ``Moment`` wherever playing goes on from another place."""
        looking = asyncio.create_task(self._outline.look_ahead())
        rest = self._outline.items()
        try:
            while True:
                async with aclosing(self._due(rest)) as due:
                    async for batch in due:
                        if looking.done():
                            looking.result()
                        if self._target is not None:
                            break
                        yield batch
                if self._target is None:
                    self.seek(math.inf)
                while (place := self._place()) is None:
                    if looking.done():
                        looking.result()
                    await asyncio.sleep(TICK_S)
                    yield []
                self._target = None
                moment, self.position_s, rest = self._outline.moment(place)
                yield moment
                if place.to_s == math.inf:
                    self.paused = True
                    while self.paused and self._target is None:
                        await asyncio.sleep(TICK_S)
                        yield []
                    if self._target is None:
                        self.seek(0.0)
        finally:
            looking.cancel()

    def _place(self) -> Place | None:
        return None if self._target is None else self._target()

    def _event(self, index: int) -> Place | None:
        """Where this event is announced; None: the look ahead has not come so far."""
        outline = self._outline
        if index < len(outline.events):
            return Place(outline.events[index].at_s, index + 1)
        return Place(math.inf) if outline.done else None

    def _beside(self, here_s: float, step: int, passing_over: tuple[type[Event], ...]) -> Place | None:
        events = self._outline.events
        shown = [index for index, event in enumerate(events) if not isinstance(event, passing_over)]
        if step > 0:
            after = bisect_right(shown, here_s, key=lambda index: events[index].at_s)
            return self._event(shown[after] if after < len(shown) else len(events))
        before = bisect_left(shown, here_s - JUST_NOW_S, key=lambda index: events[index].at_s) - 1
        return self._event(shown[before]) if before >= 0 else Place(0.0)


def _until(to_s: float, timed: Rest) -> tuple[list[SourceItem], Rest]:
    """What is due by then, and the rest."""
    passed: list[SourceItem] = []
    for at_s, item in timed:
        if at_s > to_s:
            return passed, chain([(at_s, item)], timed)
        passed.append(item)
    return passed, timed


def in_parts(items: Iterable[SourceItem], samples: int = 256) -> list[list[SourceItem]]:
    """What is in memory already, cut into parts that are gone through quickly."""
    parts: list[list[SourceItem]] = []
    for item in items:
        if isinstance(item, ImuBlock):
            parts += [[item[i : i + samples]] for i in range(0, len(item), samples)]
        else:
            parts.append([item])
    return parts


def _joined(traces: list[Trace]) -> Trace:
    return Trace(*(np.concatenate([getattr(t, name) for t in traces]) for name in Trace.__struct_fields__))
