"""The tabs that look at the one dashboard: each is sent what it draws, and one that is too slow or too loud is let go.

Nothing here waits for a tab: what it has not taken yet is bounded, and so is what it may say in a while.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

Size = tuple[int, int]
"""Columns, rows."""

MAX_VIEWERS = 8
UNREAD_BYTES = 4_000_000
"""Some forty whole screens of the largest size."""
STROKES_PER_S = 300.0
"""More than anybody types or points; a busy computer's dashboard takes about a thousand."""
STROKES_AT_ONCE = 3000.0
"""So long may what is pasted be."""
SEQUENCE = re.compile(r"\x1b\[[0-9;<]{0,16}[A-Za-z~]")
SMALLEST: Size = (40, 12)
LARGEST: Size = (300, 100)
BEGINNING = (
    b"\x1b[?1049h"  # the alternate screen
    b"\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h"  # the mouse
    b"\x1b[?25l"  # no cursor
    b"\x1b[?2004h"  # what is pasted is marked
)
"""What a terminal is told before anything is drawn, as Textual's driver does."""


class LetGo(Exception):
    """The tab cannot stay; why, in words that fit into the 123 bytes of a closing frame."""


class Viewer:
    """One tab, of ``size``."""

    def __init__(self, size: Size, now_s: float) -> None:
        self.size = size
        self.behind = asyncio.Event()
        """Set when it has left too much unread: from then on it is sent nothing."""
        self._unread: asyncio.Queue[bytes] = asyncio.Queue()
        self._unread_bytes = 0
        self._allowance = STROKES_AT_ONCE
        self._heard_s = now_s
        self.show(BEGINNING)

    def show(self, drawn: bytes) -> None:
        """To be sent when the tab can take it."""
        self._unread_bytes += len(drawn)
        if self._unread_bytes > UNREAD_BYTES:
            self.behind.set()
        else:
            self._unread.put_nowait(drawn)

    async def next(self) -> bytes:
        """What is to be sent next."""
        drawn = await self._unread.get()
        self._unread_bytes -= len(drawn)
        return drawn

    def hear(self, strokes: int, now_s: float) -> None:
        """So much was typed, or anything else was said, which counts as one. Raises LetGo where that is a flood."""
        self._allowance = min(self._allowance + (now_s - self._heard_s) * STROKES_PER_S, STROKES_AT_ONCE) - strokes
        self._heard_s = now_s
        if self._allowance < 0.0:
            raise LetGo("this tab sent too much")


def strokes(keys: str) -> int:
    """How many keys, or movements of the mouse, a terminal says with ``keys``; at least one."""
    return max(len(SEQUENCE.sub(".", keys)), 1)


def common_size(sizes: Iterable[Size]) -> Size:
    """The largest screen that every tab shows whole, within ``SMALLEST`` and ``LARGEST``."""
    columns, rows = zip(*sizes, strict=True)
    return (
        min(max(min(columns), SMALLEST[0]), LARGEST[0]),
        min(max(min(rows), SMALLEST[1]), LARGEST[1]),
    )
