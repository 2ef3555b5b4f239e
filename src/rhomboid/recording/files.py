"""Opening and creating files so that whatever is wrong with them becomes one clear line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO

from rhomboid.errors import DataError, UsageError

try:
    import fcntl
except ImportError:  # Windows, which does not let an open file be removed in any case
    fcntl = None  # type: ignore[assignment]


def open_existing(path: Path, error: type[DataError] = DataError) -> BinaryIO:
    """The regular file at ``path``, open for reading. Raises ``error``."""
    try:
        if path.is_file():
            return path.open("rb")
        if path.is_dir():
            raise error("this is a folder", do="name the files in it", where=str(path))
        if not path.exists():
            raise error("there is no such file", do="check the name", where=str(path))
        # A pipe or a device would be waited for, or read, without end.
        raise error("this is not a regular file", do="name a recording", where=str(path))
    except (OSError, ValueError) as problem:
        raise unreadable(path, problem, error) from problem


def unreadable(path: Path, problem: Exception, error: type[DataError] = DataError) -> DataError:
    """The ``error`` for a file that the operating system does not let us read."""
    return error(f"it cannot be read ({reason(problem)})", do="check the disk and the permissions", where=str(path))


def create(path: Path, *, force: bool) -> FileIO:
    """A new, empty file, unbuffered, whose name is on the drive. It is this program's own until it is closed.

    What is there already is replaced only with ``force``, and never while it is being written. Raises UsageError.
    """
    try:
        if force and path.is_file():
            with path.open("rb") as there:
                _hold(there)
                path.unlink()
        file = FileIO(path, "xb")
        _hold(file)
        _keep_name(path)
        return file
    except BlockingIOError as problem:
        do = "let it finish, or choose another name"
        raise UsageError("a recording is being written there just now", do=do, where=str(path)) from problem
    except FileExistsError as problem:
        do = "choose another name, or replace it with --force" if path.is_file() else "choose another name"
        raise UsageError("it exists already", do=do, where=str(path)) from problem
    except (OSError, ValueError) as problem:
        do = "choose a folder that exists and that you may write to"
        raise UsageError(f"it cannot be created ({reason(problem)})", do=do, where=str(path)) from problem


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A new file at ``path`` that is written as a whole or not at all: it is taken away again where writing fails.

    Raises UsageError where it exists (unless ``force``), DataError where the disk is full.
    """
    raw = create(path, force=force)
    try:
        with BufferedWriter(raw) as file:
            yield file
    except BaseException as problem:
        path.unlink(missing_ok=True)
        if not isinstance(problem, OSError):
            raise
        raise DataError(f"it cannot be written ({reason(problem)})", do="make room", where=str(path)) from problem


def _hold(file: FileIO | BinaryIO) -> None:
    """Marks the file as ours until it is closed, whoever ends this program. Raises BlockingIOError if it is not."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return


def _keep_name(path: Path) -> None:
    """Until the drive itself knows that there is such a file; where folders cannot be synchronised it is not asked."""
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def reason(problem: Exception) -> str:
    """What the operating system says, without its number and the path."""
    return (getattr(problem, "strerror", None) or str(problem)).lower()
