"""The texts in a file, a folder or a zip, with bounds on all of them. Nothing is ever unpacked to disk.

Names inside an archive are only compared with names that are known, never opened as paths: they cannot escape.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath

from rhomboid.errors import DataError
from rhomboid.recording.files import open_existing, unreadable

HEAD_BYTES = 4096
"""What is looked at to tell the format."""
MAX_TEXT_BYTES = 128 << 20
"""More than four hours of the wordiest format at 100 Hz."""
MAX_TEXTS = 200
MAX_DIRECTORY_BYTES = 1 << 20
"""Of a zip; a record of it takes about a hundred."""

_ZIP = b"PK\x03\x04"
_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR_BYTES = 20
_MALFORMED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, struct.error)

Take = Callable[[int], bytes]


class Bundle:
    """Texts by name, in lower case and without folders; each is read when it is asked for."""

    def __init__(self, path: Path, takes: dict[str, Take]) -> None:
        self.path, self._takes = path, takes

    @property
    def names(self) -> tuple[str, ...]:
        """What there is."""
        return tuple(self._takes)

    def head(self, name: str) -> str:
        """The beginning of a text."""
        return _text(self._takes[name](HEAD_BYTES))

    def text(self, name: str) -> str:
        """The whole of it. Raises DataError where it is beyond all bounds or cannot be read."""
        content = self._takes[name](MAX_TEXT_BYTES + 1)
        if len(content) > MAX_TEXT_BYTES:
            what = f"{name} holds more than {MAX_TEXT_BYTES >> 20} MB of text"
            raise DataError(what, do="divide it by time", where=str(self.path))
        return _text(content)


def open_bundle(path: Path) -> Bundle:
    """What lies at ``path``. Raises DataError."""
    if path.is_dir():
        return _folder(path)
    with open_existing(path) as file:
        try:
            zipped = file.read(len(_ZIP)) == _ZIP
        except OSError as problem:
            raise unreadable(path, problem) from problem
    return _archive(path) if zipped else Bundle(path, {path.name.lower(): partial(_take_file, path, path)})


def _folder(path: Path) -> Bundle:
    try:
        files = [child for child in sorted(path.iterdir()) if child.is_file() and not child.is_symlink()]
    except OSError as problem:
        raise unreadable(path, problem) from problem
    return _bundle(path, [(child.name, partial(_take_file, path, child)) for child in files])


def _archive(path: Path) -> Bundle:
    _refuse_large_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename and not member.is_dir()]
    except (OSError, *_MALFORMED_ZIP) as problem:
        raise _damaged(path) from problem
    # Of the other ways, Python unpacks as much at once as it has read: there is no bound to that.
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise DataError("this zip is packed in a way that no phone packs", do="unpack it yourself", where=str(path))
    # A zip made on a Mac carries a shadow of every file.
    members = [member for member in members if not member.filename.startswith("__MACOSX/")]
    return _bundle(path, [(member.filename, partial(_take_member, path, member)) for member in members])


def _bundle(path: Path, named: list[tuple[str, Take]]) -> Bundle:
    if len(named) > MAX_TEXTS:
        raise DataError(f"it holds {len(named)} files", do="name the recording of one session", where=str(path))
    takes: dict[str, Take] = {}
    for name, take in named:
        key = PurePosixPath(name.replace("\\", "/")).name.lower()
        if key in takes:
            raise DataError(f"it holds two files called {key}", do="name one recording at a time", where=str(path))
        takes[key] = take
    return Bundle(path, takes)


def _take_file(bundle: Path, path: Path, limit: int) -> bytes:
    with open_existing(path) as file:
        try:
            return file.read(limit)
        except OSError as problem:
            raise unreadable(bundle, problem) from problem


def _take_member(path: Path, member: zipfile.ZipInfo, limit: int) -> bytes:
    """At most ``limit`` bytes are unpacked, whatever the archive says about itself."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            return file.read(limit)
    except (OSError, *_MALFORMED_ZIP) as problem:
        raise _damaged(path) from problem


def _refuse_large_directory(path: Path) -> None:
    """Before anything builds an object for each of a million members."""
    with open_existing(path) as file:
        try:
            size = file.seek(0, 2)
            file.seek(max(size - _END.size - (1 << 16), 0))
            tail = file.read()
        except OSError as problem:
            raise unreadable(path, problem) from problem
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _damaged(path)
    large = tail[max(at - _ZIP64_LOCATOR_BYTES, 0) : at].startswith(b"PK\x06\x07")
    directory_bytes: int = _END.unpack_from(tail, at)[5]
    if large or directory_bytes > MAX_DIRECTORY_BYTES:
        raise DataError("this zip holds more files than any recording", do="unpack it yourself", where=str(path))


def _damaged(path: Path) -> DataError:
    return DataError("the zip is damaged, or locked with a password", do="export it again", where=str(path))


def _text(content: bytes) -> str:
    """UTF-8 mostly; of what is not, only the degree sign matters to anyone, and that is not looked at."""
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
