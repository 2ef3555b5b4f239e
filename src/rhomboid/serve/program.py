"""The dashboard as a process of its own: what it draws comes out, keys and sizes go in, and it ends when asked to.

The packets are those of Textual's web driver: one letter (D for what a terminal sends or gets, M for a word as JSON),
four bytes of length, the content. textual-serve has a counterpart of its own, which starts one process for every tab,
through a shell, and waits for its end without limit.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

HEAD = struct.Struct(">cI")
READY = b"__GANGLION__\n"
HEARD_S, ENDING_S = 2.0, 4.0
"""For the program to read what it was told, and for the session to end and its sensor to be released."""


class Program:
    """``rhomboid`` with ``arguments``, shown nowhere but in ``show``, which gets what a terminal would."""

    def __init__(self, arguments: Sequence[str], show: Callable[[bytes], None]) -> None:
        self._arguments = arguments
        self._show = show
        self._size: tuple[int, int] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, size: tuple[int, int]) -> int:
        """From the start, at ``size`` (columns, rows), to the end; gives the exit status. Raises OSError."""
        screen = {
            "TEXTUAL_DRIVER": "rhomboid.serve.driver:SharedWebDriver",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "COLUMNS": str(size[0]),
            "ROWS": str(size[1]),
        }
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "rhomboid", *self._arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,  # complaints go where ours do
            env=os.environ | screen,
            start_new_session=True,  # Ctrl-C is for the server, which then asks the program to end
        )
        assert process.stdout is not None  # noqa: S101
        try:
            self._tell("focus")
            if self._size is not None:
                self.resize(self._size)  # it changed while the program was being started
            while (line := await process.stdout.readline()) not in (READY, b""):
                pass  # said before there was a screen
            while line:
                kind, length = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                content = await process.stdout.readexactly(length)
                if kind == b"D":
                    self._show(content)
        except asyncio.IncompleteReadError:
            pass
        finally:
            if sys.exc_info()[0] is not None:  # cancelled
                self._kill()
            status = await process.wait()
        return status if status >= 0 else 1

    async def end(self) -> None:
        """As ``q`` does, or as when the computer is shut down; then it is killed. ``run`` comes to its end."""
        if self._process is None:
            return
        self._tell("quit")
        if await self._ended(HEARD_S):
            return
        if os.name == "posix":  # it may have much to read before that word; elsewhere this would kill it
            with suppress(ProcessLookupError):
                self._process.terminate()
        if not await self._ended(ENDING_S - HEARD_S):
            self._kill()

    async def type(self, keys: str) -> None:
        """Keys, or what the mouse does, as a terminal sends them. Waits while the program is behind."""
        self._put(b"D", keys.encode(errors="replace"))
        if self._process is not None and self._process.stdin is not None:
            with suppress(ConnectionError):
                await self._process.stdin.drain()

    def resize(self, size: tuple[int, int]) -> None:
        """The screen has another size (columns, rows)."""
        self._size = size
        self._tell("resize", width=size[0], height=size[1])

    def repaint(self) -> None:
        """Somebody has not seen what is on the screen."""
        self._tell("repaint")

    def _tell(self, word: str, **more: int) -> None:
        self._put(b"M", msgspec.json.encode({"type": word, **more}))

    def _put(self, kind: bytes, content: bytes) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(HEAD.pack(kind, len(content)) + content)

    async def _ended(self, within_s: float) -> bool:
        assert self._process is not None  # noqa: S101
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            if self._process is not None:
                self._process.kill()
