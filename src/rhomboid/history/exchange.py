"""The history for other hands: JSON that can be taken in again, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from rhomboid.coach.record import PostureMinutes, SessionRecord, SetRecord
from rhomboid.errors import HistoryError
from rhomboid.history.rows import PARTS, TABLES, columns
from rhomboid.recording.files import open_existing, whole_file


class Exported(msgspec.Struct, frozen=True, kw_only=True, tag_field="format", tag="rhomboid history"):
    """The public JSON form: the records of coach/record.py under the names of their fields."""

    version: Literal[1] = 1
    sessions: tuple[SessionRecord, ...]


def to_json(sessions: tuple[SessionRecord, ...]) -> bytes:
    """All of it as one JSON object; the same bytes for the same sessions."""
    return msgspec.json.format(msgspec.json.encode(Exported(sessions=sessions)), indent=1) + b"\n"


def from_json(path: Path) -> tuple[SessionRecord, ...]:
    """The sessions in a file that ``to_json`` wrote. Raises HistoryError with the place that is wrong."""
    with open_existing(path, HistoryError) as file:
        content = file.read()
    try:
        return msgspec.json.decode(content, type=Exported).sessions
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        what = f"this is no exported history ({problem})"
        raise HistoryError(what, do="name a file of rhomboid history export --json", where=str(path)) from problem


def write_csv(sessions: Sequence[SessionRecord], folder: Path, *, force: bool = False) -> list[Path]:
    """One file for each table into ``folder``, which is made; gives the files. Raises UsageError, HistoryError."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        do = "choose a folder that you may write to"
        raise HistoryError("the folder cannot be made", do=do, where=str(folder)) from problem
    for name, head, lines in _tables(sessions):
        path = folder / f"{name}.csv"
        with whole_file(path, force=force) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            sheet = csv.writer(text)
            sheet.writerow(head)
            sheet.writerows([_cell(value) for value in line] for line in lines)
        written.append(path)
    return written


def _tables(sessions: Sequence[SessionRecord]) -> Iterator[tuple[str, list[str], Iterable[list[Any]]]]:
    """Name, heading and rows of each; ``session`` and ``set`` say which one a row belongs to."""
    sets = [(session.id, done) for session in sessions for done in session.sets]
    posture = columns(PostureMinutes)
    yield (
        "sessions",
        ["session", *columns(SessionRecord), *(f"{name}_min" for name in posture)],
        ([s.id, *_fields(s), *_fields(s.posture)] for s in sessions),
    )
    yield "sets", ["session", "set", *columns(SetRecord)], ([of, done.id, *_fields(done)] for of, done in sets)
    slouch = PARTS[SessionRecord]["slouches"]
    yield "slouches", ["session", *columns(slouch)], ([s.id, *_fields(x)] for s in sessions for x in s.slouches)
    for name, part in PARTS[SetRecord].items():
        lines = ([of, done.id, *_fields(x)] for of, done in sets for x in getattr(done, name))
        yield TABLES[part], ["session", "set", *columns(part)], lines


def _fields(record: msgspec.Struct) -> list[Any]:
    return [getattr(record, name) for name in columns(type(record))]


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe instead."""
    return f"'{value}" if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@") else value
