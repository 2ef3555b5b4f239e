"""A real pseudo-terminal with the program in it, for tests that want the whole way from key to screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_=>])")
OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from rhomboid.cli import main; main()"
"""Only the terminal of its own tells a program that it was resized or closed."""
PATIENCE_S = 120.0
"""A machine that is busy may take its time; a program that hangs is found out all the same."""
KEPT_BYTES = 100_000
"""A few screens full: looked through at every piece that comes, and a reader that is slow holds up the program."""


class Terminal:
    """``rhomboid`` with these arguments at ``folder``, which is also its home. A context manager."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 120, rows: int = 40) -> None:
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        # What runs the tests on several processors says here how large its own terminal is, and that would go for ours.
        outside = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
        self._child = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=outside | homes | {"HOME": str(folder), "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)
        self._raw = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        os.close(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the program is told as by any terminal."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        """These keys, one after the other, as a person would."""
        for key in re.findall(r"\x1b\[.|.", keys, re.S):
            os.write(self._master, key.encode())
            self._read(0.1)

    def watch(self, for_s: float) -> None:
        """Looks on for a while, so that what was pressed or resized is dealt with before the next."""
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline and self._read(0.05):
            pass

    def until(self, text: str) -> None:
        """Waits for words on the screen that were not there before the last key or the last wait."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.text:
            if time.monotonic() > deadline or not self._read(0.2):
                raise AssertionError(f"{text!r} was not shown; the last was: {self.text[-2000:]}")
        self._raw = b""

    def ended(self) -> int:
        """Waits for the end, and gives the exit status."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._read(0.2):
            pass
        return self._child.wait(5.0)

    @property
    def text(self) -> str:
        """What was written since the last wait, without what only steers the terminal."""
        return ESCAPES.sub(b"", self._raw).decode(errors="replace")

    def _read(self, wait_s: float) -> bool:
        """Whether more may come."""
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if not ready:
            return self._child.poll() is None
        try:
            some = os.read(self._master, 65536)
        except OSError:  # the program closed its end
            return False
        self._raw = (self._raw + some)[-KEPT_BYTES:]
        return bool(some)
