"""The desk without a terminal: one line an event into a log, one instance at a time, a clean end on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from rhomboid.desktop.desk import Desk
from rhomboid.endings import when_asked_to_end
from rhomboid.errors import DataError, UsageError, harmless
from rhomboid.session import Session

LOG_BYTES = 1_000_000
"""Of each of the two newest files of the log."""


class Log:
    """Lines of local time and words, in ``path``; the oldest of long ago are let go."""

    def __init__(self, path: Path) -> None:
        """Raises DataError where nothing can be written."""
        self.path = path
        try:
            self._handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
        except OSError as error:
            raise DataError(
                f"the log cannot be written: {error.strerror}", do="make room or mend the permissions", where=str(path)
            ) from None
        self._handler.setFormatter(logging.Formatter("%(message)s"))

    def write(self, local_s: float, words: str) -> None:
        """One line."""
        line = f"{datetime.fromtimestamp(local_s, UTC):%Y-%m-%d %H:%M:%S}  {harmless(words)}"
        self._handler.handle(logging.LogRecord("desk", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Nothing more is written."""
        self._handler.close()


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the lock ``path`` meanwhile; it goes with the process, however that ends. Raises UsageError."""
    with path.open("a+", encoding="utf-8") as file:
        try:
            _lock(file)
        except OSError:
            file.seek(0)
            process = file.read(20).strip()
            raise UsageError(
                f"the desk is being watched in the background already (process {process or 'unknown'})",
                do="end that first",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock ``path``."""
    try:
        with path.open("a+", encoding="utf-8") as file:
            _lock(file)
    except OSError:
        return path.exists()
    return False


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(1_000_000)  # beyond the number, which others are to read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def run(session: Session, desk: Desk, log: Log) -> None:
    """Until the session ends, SIGTERM or Ctrl-C. What ended it, if it was an error, is in ``session.error``."""
    log.write(desk.local_s, f"begun: {session.title}")
    asyncio.run(_run(session, desk))
    log.write(desk.local_s, f"ended: {session.error}" if session.error is not None else "ended")


async def _run(session: Session, desk: Desk) -> None:
    running = asyncio.ensure_future(desk.run())
    when_asked_to_end(lambda: running.cancel() if session.stopping else session.stop(), ctrl_c=True)
    with contextlib.suppress(asyncio.CancelledError):
        await running
