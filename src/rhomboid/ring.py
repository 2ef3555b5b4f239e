"""The last sixty seconds of a session, raw, and what was said in them: for when something went wrong just now.

What was said rests on more than these seconds, so a replay is given more: four minutes before them, the stretch in
which the reference was taken, and the first packets of the sensor. All of it is bounded, whatever a sensor sends.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from rhomboid.events import Event, ReferenceTaken
from rhomboid.imu import Command, LinkChange, Notification, Request

LAST_NS = 60_000_000_000
LEAD_IN_NS = 240_000_000_000
"""For the set in hand and whatever else of the signal core goes back in time; half a megabyte of packets."""
BEFORE_REFERENCE_NS = 3_000_000_000
"""What the signal core sees before the stretch itself."""
AFTER_REFERENCE_NS = 1_000_000_000
"""Packets arrive in bunches: until then it was surely taken."""
KEPT_ITEMS = 200_000
"""Three times what the fastest sensor sends in that time."""
OPENING_ITEMS = 200
"""What comes first after a connection tells how to read all that follows (ranges, formats), however long ago."""

RawItem = Notification | LinkChange | Request | Command


class Told(NamedTuple):
    """An event, and when it was announced."""

    host_ns: int
    event: Event


class Ring:
    """``add`` everything in its order; ``items`` are those of the last minute."""

    def __init__(self) -> None:
        self._items: deque[RawItem] = deque(maxlen=KEPT_ITEMS)
        self._told: deque[Told] = deque(maxlen=KEPT_ITEMS)
        self._opening: list[Notification] = []
        self._reference: list[RawItem] = []
        self._reference_until_ns = 0

    def add(self, item: RawItem) -> None:
        """The next item of the stream."""
        if isinstance(item, LinkChange) and item.state == "connecting":
            self._opening.clear()
        elif isinstance(item, Notification) and len(self._opening) < OPENING_ITEMS:
            self._opening.append(item)
        if item.host_ns <= self._reference_until_ns and len(self._reference) < KEPT_ITEMS:
            self._reference.append(item)
        self._items.append(item)
        oldest_ns = item.host_ns - LAST_NS - LEAD_IN_NS
        while self._items[0].host_ns < oldest_ns:
            self._items.popleft()
        while self._told and self._told[0].host_ns < oldest_ns:
            self._told.popleft()

    def tell(self, event: Event, host_ns: int) -> None:
        """An event, as it is announced; ``host_ns`` is when its ``at_s`` arrived."""
        self._told.append(Told(host_ns, event))
        if isinstance(event, ReferenceTaken):
            start_ns = host_ns - round((event.at_s - event.start_s) * 1e9) - BEFORE_REFERENCE_NS
            asked_ns = [item.host_ns for item in self._items if isinstance(item, Request)]
            start_ns = min(start_ns, *asked_ns[-1:], host_ns)
            self._reference_until_ns = host_ns + AFTER_REFERENCE_NS
            self._reference = [i for i in self._items if start_ns <= i.host_ns <= self._reference_until_ns]

    @property
    def items(self) -> tuple[RawItem, ...]:
        """What came in the last minute, and before it as lead-in."""
        return tuple(self._items)

    @property
    def told(self) -> tuple[Told, ...]:
        """What was announced in the last minute itself."""
        start_ns = self._items[-1].host_ns - LAST_NS if self._items else 0
        return tuple(told for told in self._told if told.host_ns >= start_ns)

    @property
    def reference(self) -> tuple[RawItem, ...]:
        """The stretch in which the reference that holds was taken, as far as it is older than ``items``."""
        return tuple(item for item in self._reference if self._items and item.host_ns < self._items[0].host_ns)

    @property
    def opening(self) -> tuple[Notification, ...]:
        """The first packets since the sensor was connected, as far as they are older than ``items``."""
        return tuple(n for n in self._opening if self._items and n.host_ns < self._items[0].host_ns)
