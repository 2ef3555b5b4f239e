"""The file: brought up from every earlier schema, refused when it is newer or foreign, and never lost by damage."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rhomboid.errors import HistoryError
from rhomboid.history import database
from rhomboid.history.database import SCHEMA, backups, begin_anew, history_path, migrations, open_database, restore
from rhomboid.history.store import History

from .examples import DESK, TRAINING, at

LATEST = len(migrations(SCHEMA))
ROWS_OF_THEN = Path(__file__).with_name("rows_of_then")
"""What each version of the schema held: rows as SQL, put into a file of that version."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def filled(path: Path, *days: int) -> None:
    with History(path) as history:
        for day in days:
            history.start_session(at(f"2026-11-{day:02}T18:00:00+01:00"))


def days(path: Path) -> list[int]:
    with History(path) as history:
        return [int(s.started_at[8:10]) for s in history.sessions()]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def of_version(path: Path, version: int) -> None:
    """A history as the program of that version left it."""
    with closing(sqlite3.connect(path)) as db:
        for script in migrations(SCHEMA)[:version]:
            db.executescript(script)
        db.executescript((ROWS_OF_THEN / f"v{version}.sql").read_text())
        db.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA user_version = {version};"
            f"PRAGMA application_id = {database.APPLICATION_ID}"
        )


def shape(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_every_earlier_schema_is_brought_up_with_all_it_holds(path: Path, tmp_path: Path, version: int) -> None:
    of_version(path, version)
    with History(path) as history:
        (session,) = history.sessions()
        assert (session.started_at, session.kind, session.pain_before) == ("2026-11-20T18:02:05+01:00", "train", 4)
        (done,) = session.sets
        assert (done.exercise, done.reps, done.load_kg, done.discarded) == ("one-arm-row", 9, 7.5, False)
        assert [m.range_deg for m in done.movements] == [12.5, 13.5]
        assert done.holds[0].end_s == 45.0 and done.corrections[0].amount == 1
        assert session.slouches[0].alerted and session.posture.upright == 10.5
        history.start_session(DESK)
    fresh = tmp_path / "fresh.sqlite3"
    filled(fresh, 1)
    assert shape(path) == shape(fresh)
    kept = path.with_name(f"history.sqlite3.v{version}.backup")
    assert kept.exists() == (version < LATEST)
    if kept.exists():
        with closing(sqlite3.connect(kept)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (version,)
            assert db.execute("SELECT count(*) FROM sets").fetchone() == (1,)


def with_another_version(folder: Path, script: str) -> Path:
    schema = folder / "schema"
    shutil.copytree(SCHEMA, schema)
    (schema / f"{LATEST + 1:03}_next.sql").write_text(script)
    return schema


def test_a_migration_is_done_behind_a_backup(path: Path, tmp_path: Path) -> None:
    filled(path, 20)
    schema = with_another_version(
        tmp_path, "ALTER TABLE sets\n ADD COLUMN band TEXT;\nUPDATE sessions SET note = 'x;y';"
    )
    db, _ = open_database(path, schema)
    with closing(db):
        assert db.execute("PRAGMA user_version").fetchone() == (LATEST + 1,)
        assert db.execute("SELECT note FROM sessions").fetchone() == ("x;y",)
    with pytest.raises(HistoryError, match="a newer rhomboid"):
        History(path)
    restore(path, path.with_name(f"history.sqlite3.v{LATEST}.backup"))
    assert days(path) == [20]


def test_a_migration_that_fails_changes_nothing(path: Path, tmp_path: Path) -> None:
    filled(path, 20)
    schema = with_another_version(tmp_path, "ALTER TABLE sets ADD COLUMN band TEXT;\nUPDATE absent SET x = 1;")
    with pytest.raises(sqlite3.OperationalError):
        open_database(path, schema)
    assert days(path) == [20]


def test_a_history_of_a_newer_version_is_refused_and_untouched(path: Path) -> None:
    filled(path, 20)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {LATEST + 1}")
    before = digest(path)
    with pytest.raises(HistoryError, match=f"newer rhomboid has written it .version {LATEST + 1}"):
        History(path)
    assert digest(path) == before


def test_a_database_of_another_program_is_refused_and_untouched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE sessions (id); INSERT INTO sessions VALUES (1)")
    before = digest(path)
    with pytest.raises(HistoryError, match="another program"):
        History(path)
    assert digest(path) == before and not list(path.parent.glob("*-wal"))


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5000:9000] = bytes(range(250)) * 16
    path.write_bytes(content)


DAMAGES = {
    "bytes overwritten": damage,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:6000]),
    "no database": lambda path: path.write_bytes(b"once upon a time " * 1000),
    "emptied": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told_with_the_way_back_and_nothing_is_deleted(path: Path, name: str) -> None:
    with History(path) as history:
        history.add_all([TRAINING, DESK])
    DAMAGES[name](path)
    harmed = path.read_bytes() if path.exists() else None
    with pytest.raises(HistoryError, match=r"go back to history.sqlite3.backup with: rhomboid history restore") as told:
        History(path)
    assert "\n" not in str(told.value) and str(path) in str(told.value)
    assert (path.read_bytes() if path.exists() else None) == harmed
    backup, aside = restore(path)
    assert backup == path.with_name("history.sqlite3.backup")
    assert days(path) == [20, 21]
    assert (aside.read_bytes() if aside else None) == harmed


def test_without_a_backup_one_begins_anew_and_keeps_the_damaged_file(path: Path) -> None:
    path.write_bytes(b"once upon a time " * 1000)
    with pytest.raises(HistoryError, match="there is no backup; begin anew with: rhomboid history restore --empty"):
        History(path)
    with pytest.raises(HistoryError, match="no backup that is whole"):
        restore(path)
    aside = begin_anew(path)
    assert aside and aside.read_bytes().startswith(b"once upon")
    assert days(path) == []


def test_restore_takes_the_newest_backup_that_is_whole(path: Path) -> None:
    filled(path, 1, 2)
    older = path.with_name("history.sqlite3.v0.backup")
    path.with_name("history.sqlite3.backup").rename(older)
    filled(path, 3)
    assert len(backups(path)) == 2
    DAMAGES["cut off"](backups(path)[0])
    assert restore(path) == (older, path.with_name("history.sqlite3.aside-1"))
    assert days(path) == [1, 2]
    assert restore(path, path.with_name("history.sqlite3.aside-1"))[1] == path.with_name("history.sqlite3.aside-2")
    assert days(path) == [1, 2, 3]
    with pytest.raises(HistoryError, match="no such backup"):
        restore(path, path.with_name("nothing"))
    assert days(path) == [1, 2, 3]


def test_a_backup_is_made_whenever_something_was_written(path: Path) -> None:
    filled(path, 1)
    copy = path.with_name("history.sqlite3.backup")
    first = digest(copy)
    assert days(path) == [1] and digest(copy) == first
    filled(path, 2)
    assert digest(copy) != first
    assert not list(path.parent.glob("*.part"))


def test_where_the_history_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "deep" / "mine.db"))
    with History() as history:
        assert history.path == tmp_path / "deep" / "mine.db" and history.path.exists()
    monkeypatch.delenv("RHOMBOID_HISTORY")
    assert history_path().name == "history.sqlite3" and history_path().parent.name == "rhomboid"


def test_an_older_history_that_cannot_be_brought_up_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 20)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {LATEST - 1}")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(HistoryError, match="an older rhomboid has written it"):
        History(path)
