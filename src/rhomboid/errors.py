"""Every error a user can meet, as one small tree. Each says what is wrong and what to do next, on one line.

RhomboidError
├── UsageError        the command was asked for something impossible      exit status 2
├── DataError         a file or a stream does not hold what it should     exit status 1
│   ├── RecordingError    an .mcap recording of ours is damaged, cut or foreign
│   └── HistoryError      the history cannot be read, written or understood
└── Fault             the program itself is wrong                         exit status 70
"""

from __future__ import annotations

import errno


def harmless(text: str) -> str:
    """``text`` with everything that could steer a terminal made visible instead (``\\x1b`` and the like)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class RhomboidError(Exception):
    """Base of all errors that are meant for the user; ``str()`` is one line and safe to print."""

    exit_status = 1

    def __init__(self, what: str, *, do: str, where: str = "") -> None:
        """``what`` is wrong, ``where`` (a file, a line) and what to ``do`` about it."""
        self.what, self.do, self.where = what, do, where
        super().__init__(harmless(f"{where + ': ' if where else ''}{what}; {do}"))


class UsageError(RhomboidError):
    """The command line or a setting asks for something that cannot be."""

    exit_status = 2


class DataError(RhomboidError):
    """A file or a stream does not hold what it should."""


class RecordingError(DataError):
    """A recording is damaged, cut or not one of ours."""


class HistoryError(DataError):
    """The history cannot be read, written or understood. A session goes on without it."""


class Fault(RhomboidError):
    """The program itself is wrong: an exception that nobody foresaw, kept as ``__cause__``."""

    exit_status = 70

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"a fault in the program ({type(cause).__name__}: {cause})", do="please report it")
        self.__cause__ = cause


EXHAUSTED = {
    errno.EMFILE: ("this program may not open more files", "raise the limit (ulimit -n), then try again"),
    errno.ENFILE: ("the system has no file handles left", "close other programs, then try again"),
    errno.ENOMEM: ("the system has no memory left", "close other programs, then try again"),
    errno.ENOSPC: ("the disk is full", "make room, then try again"),
}
"""What any call to the system may meet, anywhere in the program."""


def unforeseen(cause: Exception) -> RhomboidError:
    """What to say of an exception that nobody foresaw: a fault of ours, unless the system ran out of something."""
    known = EXHAUSTED.get(cause.errno or 0) if isinstance(cause, OSError) else None
    return Fault(cause) if known is None else DataError(known[0], do=known[1])
