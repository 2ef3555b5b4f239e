"""The database file itself: opened with care, brought to today's schema, checked, backed up and restored.

Beside ``history.sqlite3`` lie ``history.sqlite3.backup`` (of the last time that something was written),
``history.sqlite3.v1.backup`` (before version 1 was brought up) and ``history.sqlite3.aside-1`` (what a restore
replaced, which is never deleted by itself).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import platformdirs

from rhomboid.errors import HistoryError

APPLICATION_ID = 0x72686D62  # "rhmb", in the header of the file
HISTORY_VARIABLE = "RHOMBOID_HISTORY"
"""In the environment: where the history is kept instead."""
OLDEST_SQLITE = (3, 37)  # knows strict tables
BUSY_S = 5.0
"""How long another program that is writing is waited for."""
SCHEMA = Path(__file__).with_name("schema")
_JOURNALS = ("-wal", "-shm")

WORDS = {
    "SQLITE_FULL": ("the disk is full", "make room, then try again"),
    "SQLITE_IOERR": ("the drive does not take or give it", "check the disk and its free space"),
    "SQLITE_READONLY": ("it may not be written", "check the permissions of the file and its folder"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "check the permissions of the file and its folder"),
    "SQLITE_PERM": ("it may not be opened", "check the permissions of the file and its folder"),
    "SQLITE_BUSY": ("another program keeps it busy", "close the other one, or try again"),
    "SQLITE_LOCKED": ("another program keeps it busy", "close the other one, or try again"),
    "SQLITE_CONSTRAINT_FOREIGNKEY": ("the session or set is no longer in it", "begin a new session"),
    "SQLITE_CONSTRAINT": ("a value cannot be kept", "please report it"),
}
"""What SQLite may meet outside the program, by its name or the beginning of it."""


def history_path() -> Path:
    """Where the history is kept: what RHOMBOID_HISTORY says, else the user's own data folder."""
    told = os.environ.get(HISTORY_VARIABLE)
    if told:
        return Path(told)
    return platformdirs.user_data_path("rhomboid", appauthor=False) / "history.sqlite3"


def migrations(schema: Path) -> list[str]:
    """The scripts that make version 1, 2 ... of the one before."""
    return [path.read_text(encoding="utf-8") for path in sorted(schema.glob("[0-9]*.sql"))]


def open_database(path: Path, schema: Path = SCHEMA) -> tuple[sqlite3.Connection, bool]:
    """A connection to the checked history of today's schema, and whether it may be written. Raises HistoryError."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        what = f"SQLite {sqlite3.sqlite_version} is too old for it"
        raise HistoryError(what, do="use a Python with SQLite 3.37 or newer", where=str(path))
    scripts = migrations(schema)
    with in_words(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            do = "check the permissions, or name another file with RHOMBOID_HISTORY"
            raise HistoryError("its folder cannot be made", do=do, where=str(path)) from problem
        if not path.exists() and backups(path):
            raise HistoryError("it is gone, but there is a backup", do=_way_back(path), where=str(path))
        writable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
        db = _connected(path, writable)
        try:
            _check(path, db, len(scripts))
            if not writable:
                if _number(db, "user_version") < len(scripts):
                    do = "make the file and its folder writable once"
                    raise HistoryError("an older rhomboid has written it", do=do, where=str(path))
                return db, False
            _use_wal(db)
            db.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;")
            _migrate(path, db, scripts)
        except BaseException:
            db.close()
            raise
        return db, True


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Whatever SQLite says about the world becomes a HistoryError; what is our own fault stays what it is."""
    try:
        yield
    except sqlite3.Error as problem:
        name = getattr(problem, "sqlite_errorname", "")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise _damaged(path, str(problem)) from problem
        told = next((words for start, words in WORDS.items() if name.startswith(start)), None)
        if told is None:
            raise
        raise HistoryError(f"{told[0]} ({problem})", do=told[1], where=str(path)) from problem


def backups(path: Path) -> list[Path]:
    """Those of this history, the newest first."""
    found = [*path.parent.glob(path.name + ".backup"), *path.parent.glob(path.name + ".v*.backup")]
    return sorted(found, key=lambda backup: backup.stat().st_mtime_ns, reverse=True)


def set_aside(path: Path) -> list[Path]:
    """Files that a restore replaced."""
    return sorted(path.parent.glob(path.name + ".aside-*"))


def back_up(db: sqlite3.Connection, path: Path, *, version: int | None = None) -> Path:
    """A whole copy beside the history, in place of the one of this name before. Raises HistoryError."""
    to = path.with_name(path.name + (".backup" if version is None else f".v{version}.backup"))
    part = to.with_name(to.name + ".part")
    try:
        with in_words(path), closing(sqlite3.connect(part)) as copy:
            db.backup(copy)
            _whole(path, copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return to


def restore(path: Path, backup: Path | None = None) -> tuple[Path, Path | None]:
    """Puts a backup in place of the history: the named one, or the newest that is whole.

    Gives that backup, and where the file before is now. Raises HistoryError, and then nothing has been changed.
    """
    part = path.with_name(path.name + ".part")
    for candidate in backups(path) if backup is None else [backup]:
        try:
            _copy_of(candidate, part)
        except HistoryError:
            if backup is not None:
                raise
            continue
        aside = _put_aside(path)
        part.replace(path)
        return candidate, aside
    do = "begin anew with: rhomboid history restore --empty (the file there is will be kept)"
    raise HistoryError("there is no backup that is whole", do=do, where=str(path))


def begin_anew(path: Path) -> Path | None:
    """An empty history, whatever backups there are; gives where the file before is now. Raises HistoryError."""
    aside = _put_aside(path)
    with in_words(path), closing(_connected(path, writable=True)) as db:
        _use_wal(db)
        _migrate(path, db, migrations(SCHEMA))
    return aside


def _put_aside(path: Path) -> Path | None:
    """The file and its journals under another name, under which SQLite can still open them."""
    if not path.exists():
        return None
    aside = next(p for n in count(1) if not (p := path.with_name(f"{path.name}.aside-{n}")).exists())
    for ending in _JOURNALS:
        if (journal := path.with_name(path.name + ending)).exists():
            journal.rename(aside.with_name(aside.name + ending))
    return path.rename(aside)


def _copy_of(backup: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    if not backup.is_file():
        raise HistoryError("there is no such backup", do="check the name", where=str(backup))
    with in_words(backup), closing(_connected(backup, writable=False)) as db, closing(sqlite3.connect(part)) as copy:
        _check(backup, db, len(migrations(SCHEMA)))
        db.backup(copy)


def _connected(path: Path, writable: bool) -> sqlite3.Connection:
    if writable:
        return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    wal = path.with_name(path.name + "-wal")
    # Without a journal to be read, a file that cannot be written need not be watched either.
    how = "mode=ro" if wal.exists() and wal.stat().st_size else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_S, isolation_level=None)


def _check(path: Path, db: sqlite3.Connection, latest: int) -> None:
    """That it is a history, whole, and none of a version that this program does not know. Raises HistoryError."""
    version = _number(db, "user_version")
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if _number(db, "application_id") != APPLICATION_ID:
        if tables:
            do = "name another file with RHOMBOID_HISTORY"
            raise HistoryError("this is a database of another program", do=do, where=str(path))
        if backups(path):
            raise _damaged(path, "it is empty, but it has a backup")
    if version > latest:
        what = f"a newer rhomboid has written it (version {version}; this one knows {latest})"
        raise HistoryError(what, do="install the newer rhomboid; the file is as it was", where=str(path))
    _whole(path, db)


def _whole(path: Path, db: sqlite3.Connection) -> None:
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(path, found.splitlines()[0])


def _use_wal(db: sqlite3.Connection) -> None:
    """SQLite itself does not wait where two programs make the same file at the same moment."""
    end = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _migrate(path: Path, db: sqlite3.Connection, scripts: list[str]) -> None:
    """All that is missing in one transaction, behind a backup. Another program may do it meanwhile."""
    if _number(db, "user_version") == len(scripts):
        return
    with transaction(db):
        version = _number(db, "user_version")
        if 0 < version < len(scripts):
            with closing(_connected(path, writable=True)) as reader:  # sees what was before this transaction
                back_up(reader, path, version=version)
        for script in scripts[version:]:
            for statement in _statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(scripts)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it is on the drive at the end, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _damaged(path: Path, what: str) -> HistoryError:
    return HistoryError(f"the history is damaged ({what})", do=_way_back(path), where=str(path))


def _way_back(path: Path) -> str:
    there = backups(path)
    if not there:
        return "there is no backup; begin anew with: rhomboid history restore --empty (the damaged file is kept)"
    return f"go back to {there[0].name} with: rhomboid history restore (the damaged file is kept)"
