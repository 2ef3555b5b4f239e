"""Records as rows: every table holds the plain fields of one struct, column by column, under the same names."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec

from rhomboid.coach.record import (
    HoldRecord,
    PostureMinutes,
    SessionRecord,
    SetRecord,
    SlouchRecord,
    UserCorrection,
)
from rhomboid.events import Movement

S = TypeVar("S", bound=msgspec.Struct)

TABLES: dict[type[msgspec.Struct], str] = {
    SessionRecord: "sessions",
    PostureMinutes: "posture_minutes",
    SetRecord: "sets",
    SlouchRecord: "slouches",
    Movement: "reps",
    HoldRecord: "holds",
    UserCorrection: "corrections",
}
PARTS: dict[type[msgspec.Struct], dict[str, type[msgspec.Struct]]] = {
    SessionRecord: {"sets": SetRecord, "slouches": SlouchRecord, "posture": PostureMinutes},
    SetRecord: {"movements": Movement, "holds": HoldRecord, "corrections": UserCorrection},
}
"""What of a struct lies in tables of its own."""


def columns(cls: type[msgspec.Struct]) -> list[str]:
    """The fields that a row of ``cls`` holds itself, without its number."""
    apart = {"id", *PARTS.get(cls, {})}
    return [name for name in cls.__struct_fields__ if name not in apart]


@cache
def flags(cls: type[msgspec.Struct]) -> list[str]:
    """Those fields that are true or false, which the database tells as 1 and 0."""
    return [field.name for field in msgspec.structs.fields(cls) if field.type is bool]


def insert(db: sqlite3.Connection, record: msgspec.Struct, **more: Any) -> int:
    """Writes one row, with ``more`` columns such as whose it is; gives its number."""
    values = {name: getattr(record, name) for name in columns(type(record))} | more
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    written = db.execute(f"INSERT INTO {TABLES[type(record)]} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608
    return int(written.lastrowid or 0)


def update(db: sqlite3.Connection, record: msgspec.Struct, where: str, number: int) -> int:
    """Writes the fields of ``record`` over the row whose column ``where`` is ``number``; gives how many there were."""
    values = {name: getattr(record, name) for name in columns(type(record))}
    changes = ", ".join(f"{name} = ?" for name in values)
    command = f"UPDATE {TABLES[type(record)]} SET {changes} WHERE {where} = ?"  # noqa: S608
    return db.execute(command, [*values.values(), number]).rowcount


def insert_set(db: sqlite3.Connection, session_id: int, record: SetRecord) -> int:
    """Writes a set and all its parts."""
    set_id = insert(db, record, session_id=session_id)
    _insert_parts(db, set_id, record)
    return set_id


def update_set(db: sqlite3.Connection, set_id: int, record: SetRecord) -> int:
    """Writes a set and all its parts over what there was of it; gives how many sets there were."""
    found = update(db, record, "id", set_id)
    if found:
        for part in PARTS[SetRecord].values():
            db.execute(f"DELETE FROM {TABLES[part]} WHERE set_id = ?", [set_id])  # noqa: S608
        _insert_parts(db, set_id, record)
    return found


def _insert_parts(db: sqlite3.Connection, set_id: int, record: SetRecord) -> None:
    for part in (*record.movements, *record.holds, *record.corrections):
        insert(db, part, set_id=set_id)


def select_sessions(
    db: sqlite3.Connection, where: str, values: list[Any], *, movements: bool = True
) -> tuple[SessionRecord, ...]:
    """The sessions that ``where`` (about the table sessions) is true of, in the order in which they began.

    Whole, or without the movements of each set.
    """
    chosen = f"SELECT id FROM sessions WHERE {where}"  # noqa: S608
    of_sessions = f"session_id IN ({chosen})"
    of_sets = f"set_id IN (SELECT id FROM sets WHERE {of_sessions})"  # noqa: S608
    set_parts = {
        name: _by_owner(db, part, "set_id", of_sets, values)
        for name, part in PARTS[SetRecord].items()
        if movements or part is not Movement
    }
    sets: defaultdict[int, list[SetRecord]] = defaultdict(list)
    for session_id, number, fields in _rows(db, SetRecord, "session_id", of_sessions, values):
        parts: dict[str, Any] = {name: tuple(by_set.get(number, ())) for name, by_set in set_parts.items()}
        sets[session_id].append(SetRecord(id=number, **fields, **parts))
    slouches = _by_owner(db, SlouchRecord, "session_id", of_sessions, values)
    postures = _by_owner(db, PostureMinutes, "session_id", of_sessions, values)
    return tuple(
        SessionRecord(
            id=number,
            **fields,
            sets=tuple(sets.get(number, ())),
            slouches=tuple(slouches.get(number, ())),
            posture=postures[number][0],
        )
        for _, number, fields in _rows(db, SessionRecord, "id", where, values, order="started_utc_s, id")
    )


def _by_owner(
    db: sqlite3.Connection, cls: type[S], owner: str, where: str, values: list[Any]
) -> defaultdict[int, list[S]]:
    found: defaultdict[int, list[S]] = defaultdict(list)
    for whose, _, fields in _rows(db, cls, owner, where, values):
        found[whose].append(cls(**fields))
    return found


def _rows(
    db: sqlite3.Connection, cls: type[msgspec.Struct], owner: str, where: str, values: list[Any], order: str = "rowid"
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Whose each row is, its number, and its fields."""
    names = columns(cls)
    command = f"SELECT {owner}, rowid, {', '.join(names)} FROM {TABLES[cls]} WHERE {where} ORDER BY {order}"  # noqa: S608
    for whose, number, *row in db.execute(command, values):
        fields = dict(zip(names, row, strict=True))
        for flag in flags(cls):
            fields[flag] = bool(fields[flag])
        yield whose, number, fields
