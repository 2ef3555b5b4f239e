"""Sample tables as CSV: ``t_s, ax_g, ay_g, az_g`` and, where there was a gyroscope, ``gx_dps, gy_dps, gz_dps``.

``read_csv`` takes a file as it is or not at all: whatever does not fit is an error that names the line. Columns may
come in any order and beside others; gzip is unpacked. A hole in time is read as a gap.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, NoReturn, cast

import msgspec
import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array, ImuBlock, StreamItem
from rhomboid.recording.files import open_existing, unreadable, whole_file
from rhomboid.recording.sample_table import SampleTable, checked

NEEDED = ("t_s", "ax_g", "ay_g", "az_g")
GYROSCOPE = ("gx_dps", "gy_dps", "gz_dps")

PIECE_BYTES = 4 << 20
"""How much is parsed at a time; also more than any line may hold."""
MAX_SAMPLES, MAX_BYTES = 6_000_000, 2 << 30
"""Eight hours at 208 Hz, and the most text that is unpacked for them."""

_FORM = f"the first line must name {', '.join(NEEDED)} and, with a gyroscope, {', '.join(GYROSCOPE)}"
_AGAIN = "correct the file or export it again"


def read_csv(path: Path) -> SampleTable:
    """The samples in ``path`` (``.csv`` or ``.csv.gz``). Raises DataError, with the line number if one is to blame."""
    pieces = _lines(path)
    header, *first = next(pieces, [""])
    columns = _columns(path, header, first)
    parts: list[Array] = []
    line = 2
    for lines in chain([first], pieces):
        if lines:
            parts.append(_numbers(path, columns, lines, line))
            line += len(lines)
        if line > MAX_SAMPLES + 2:
            raise DataError(f"it holds more than {MAX_SAMPLES} samples", do="divide it by time", where=str(path))
    if not parts:
        raise DataError("it holds no samples", do=_AGAIN, where=str(path))
    return checked(path, np.concatenate(parts))


def write_csv(path: Path, items: Iterable[StreamItem], *, force: bool = False) -> None:
    """Writes the samples so that ``read_csv`` gives them back exactly; gaps show as holes in time.

    ``.gz`` is packed. Raises UsageError where ``path`` exists (unless ``force``), DataError where the samples do not
    fit into one table or the disk is full; then nothing is left behind.
    """
    blocks = [item for item in items if isinstance(item, ImuBlock)]
    with_gyroscope = [block.gyr_dps is not None for block in blocks]
    if any(with_gyroscope) and not all(with_gyroscope):
        raise DataError("only some of the samples have angular velocities", do="write two tables", where=str(path))
    names = NEEDED + GYROSCOPE if any(with_gyroscope) else NEEDED
    with whole_file(path, force=force) as plain:
        packs = path.suffix.lower() == ".gz"
        file = gzip.GzipFile(filename="", fileobj=plain, mode="wb", mtime=0) if packs else plain
        with TextIOWrapper(cast("IO[bytes]", file), encoding="ascii", newline="\n") as text:
            text.write(",".join(names) + "\n")
            for block in blocks:
                table = np.column_stack([x for x in (block.t_s, block.acc_g, block.gyr_dps) if x is not None])
                text.writelines(",".join(map(repr, row)) + "\n" for row in table.tolist())


# --- text -----------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[list[str]]:
    """The lines of the file, some MB at a time."""
    with open_existing(path) as raw:
        try:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            rest, total = b"", 0
            while more := file.read(PIECE_BYTES):
                # The last line is kept back, and with it the empty lines at the end of the file.
                lines, newline, _ = rest.rstrip(b"\r\n").rpartition(b"\n")
                if newline:
                    yield _split(lines)
                rest, total = rest[len(lines) + len(newline) :] + more, total + len(more)
                if len(rest) > 2 * PIECE_BYTES or total > MAX_BYTES:
                    raise DataError("this is no table of samples, or one too large", do=_FORM, where=str(path))
            if last := rest.rstrip(b"\r\n"):
                yield _split(last)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise DataError("it is cut or damaged", do="copy it or export it again", where=str(path)) from problem
        except OSError as problem:
            raise unreadable(path, problem) from problem


def _split(text: bytes) -> list[str]:
    return text.decode("utf-8", errors="replace").split("\n")  # what \r may be left at the ends is white space


class _Columns(msgspec.Struct, frozen=True):
    """Which field of a line is what. ``blank``: named, but the sensor had no gyroscope."""

    width: int
    names: list[str]
    filled: list[int]
    blank: list[int]


def _columns(path: Path, header: str, lines: list[str]) -> _Columns:
    """What the first line says, and the second shows about a gyroscope."""
    names = [name.strip() for name in header.removeprefix("\ufeff").split(",")]
    if not any(names):
        raise DataError("the file is empty", do=_AGAIN, where=str(path))
    gyroscope = [name for name in GYROSCOPE if name in names]
    missing = [name for name in (*NEEDED, *(GYROSCOPE if gyroscope else ())) if name not in names]
    if missing:
        raise DataError(f"there is no column {', '.join(missing)}", do=_FORM, where=str(path))
    if any(names.count(name) > 1 for name in (*NEEDED, *gyroscope)):
        raise DataError("a column is there twice", do=_FORM, where=str(path))
    needed, turning = [names.index(name) for name in NEEDED], [names.index(name) for name in gyroscope]
    fields = lines[0].split(",") if lines else []
    if len(fields) == len(names) and not any(fields[i].strip() for i in turning):
        return _Columns(len(names), names, needed, turning)
    return _Columns(len(names), names, needed + turning, [])


def _numbers(path: Path, columns: _Columns, lines: list[str], line: int) -> Array:
    """(n, 4) or (n, 7): the needed columns of ``lines``, the first of which is ``line`` of the file."""
    commas = columns.width - 1
    if any(text.count(",") != commas for text in lines) or (columns.blank and not _are_blank(columns, lines)):
        _blame(path, columns, lines, line)
    try:
        return np.loadtxt(lines, delimiter=",", usecols=columns.filled, comments=None, ndmin=2)
    except ValueError:
        _blame(path, columns, lines, line)


def _are_blank(columns: _Columns, lines: list[str]) -> bool:
    fields = (text.split(",") for text in lines)
    return not any(row[i].strip() for row in fields for i in columns.blank)


def _blame(path: Path, columns: _Columns, lines: list[str], line: int) -> NoReturn:
    """Names the first of ``lines`` that is not as it should be."""
    for number, text in enumerate(lines, line):
        fault = _fault(columns, text.split(","))
        if fault:
            raise DataError(fault, do=_AGAIN, where=f"{path}, line {number}")
    raise DataError("not all of it are numbers", do=_AGAIN, where=f"{path}, line {line} or later")


def _fault(columns: _Columns, fields: list[str]) -> str | None:
    if len(fields) != columns.width:
        return f"{len(fields)} fields where the first line names {columns.width}"
    for i in columns.filled:
        field = fields[i].strip()
        if not _is_number(field):
            return f"{columns.names[i]} is " + (f"{field[:30]!r}, which is no number" if field else "empty")
    for i in columns.blank:
        if fields[i].strip():
            return f"{columns.names[i]} has a value although it has none in line 2"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text  # Python reads some numbers that no table holds
