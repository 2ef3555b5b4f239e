"""The program in a pseudo-terminal of 80 columns: what it shows there, and keys pressed."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
import termios
from collections.abc import Callable
from pathlib import Path

WIDTH = 80
WITHIN_S = 30.0


class InTerminal:
    """``rhomboid`` in a terminal, in a home of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._shown = bytearray()

    async def start(self, *arguments: str) -> None:
        self._terminal, inside = pty.openpty()
        termios.tcsetwinsize(inside, (24, WIDTH))
        places = {"HOME": str(self._home), "XDG_DATA_HOME": str(self._home), "TERM": "xterm-256color"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rhomboid", *arguments,
            stdin=inside, stdout=inside, stderr=inside, env=os.environ | places,
        )  # fmt: skip
        os.close(inside)
        asyncio.get_running_loop().add_reader(self._terminal, self._read)

    def _read(self) -> None:
        try:
            self._shown += os.read(self._terminal, 1 << 16)
        except OSError:  # it has ended
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = -1

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    async def until(self, seen: Callable[[str], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not seen(self.shown):
                assert self._terminal != -1, f"it ended: {self.shown}"
                await asyncio.sleep(0.02)

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def press_ctrl_c(self) -> None:
        self._process.send_signal(signal.SIGINT)

    async def end(self) -> int:
        async with asyncio.timeout(WITHIN_S):
            status = await self._process.wait()
            while self._terminal != -1:
                await asyncio.sleep(0.01)
            return status
