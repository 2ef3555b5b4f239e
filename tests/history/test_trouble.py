"""A crash, two programs at once, a full disk, a folder that may only be read: words, and nothing finished is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rhomboid.errors import HistoryError
from rhomboid.history import database
from rhomboid.history.database import in_words, open_database, transaction
from rhomboid.history.store import History

from .examples import DESK, ROWS, TRAINING, at

TRAINER = """
import sys
from pathlib import Path
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.history.store import History

with History(Path(sys.argv[1])) as history:
    session = history.start_session(SessionRecord(started_at=f"2026-11-2{sys.argv[3]}T18:00:00Z"))
    for number in range(1, int(sys.argv[2]) + 1):
        done = SetRecord(exercise="row", number=number, start_s=60.0 * number, end_s=60.0 * number + 30, reps=number)
        history.add_set(session, done)
        print(number, flush=True)
"""


def trainer(path: Path, sets: int, day: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TRAINER, str(path), str(sets), str(day)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_crash_in_mid_session_loses_no_finished_set_and_the_next_start_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    with trainer(path, 1000, 0) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line == "20\n":
                running.send_signal(signal.SIGKILL)
                break
        told = [20, *(int(number) for number in running.stdout.read().split())]
    with History(path) as history:
        (left,) = history.unfinished()
        assert [done.number for done in left.sets][: told[-1]] == list(range(1, told[-1] + 1))
        assert left.id is not None
        history.add_set(left.id, ROWS)  # it goes on
        assert history.session(left.id).sets[-1].exercise == ROWS.exercise


def test_two_programs_train_into_one_history_that_neither_had_made(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    running = [trainer(path, 25, day) for day in range(3)]
    assert [program.communicate(timeout=60)[0].split()[-1] for program in running] == ["25"] * 3
    with History(path) as history:
        assert [len(session.sets) for session in history.sessions()] == [25] * 3


def test_a_history_that_another_program_keeps_locked_is_told_and_then_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    with History(tmp_path / "h") as history, History(tmp_path / "h") as other:
        number = history.start_session(TRAINING)
        with transaction(other._db), pytest.raises(HistoryError, match="another program keeps it busy"):
            history.add_set(number, ROWS)
        history.add_set(number, ROWS)
        assert len(history.session(number).sets) == 3


def test_forgetting_while_another_program_reads_says_that_traces_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    with History(tmp_path / "h") as history, History(tmp_path / "h") as other:
        history.start_session(TRAINING)
        other._db.execute("BEGIN")
        other._db.execute("SELECT * FROM sessions").fetchall()
        with pytest.raises(HistoryError, match="traces stay in the file while another program"):
            history.forget_all()
        other._db.execute("COMMIT")
        assert history.sessions() == ()


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    with History(tmp_path / "h") as history:
        number = history.start_session(TRAINING)
        pages = history._db.execute("PRAGMA page_count").fetchone()[0]
        history._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(HistoryError, match=r"the disk is full .*; make room") as told:
            for _ in range(1000):
                history.add_set(number, ROWS)
        assert "\n" not in str(told.value)
        kept = len(history.session(number).sets)
        assert kept >= 2
        history._db.execute("PRAGMA max_page_count = 100000")
        history.add_set(number, ROWS)  # as soon as there is room
        assert len(history.session(number).sets) == kept + 1


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
def test_a_drive_that_takes_no_more_is_told_and_nothing_is_harmed(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    code = (
        "import resource, signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n" + TRAINER
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), "1000", "0"], capture_output=True, text=True)
    assert "HistoryError" in done.stderr and "the drive does not take or give it" in done.stderr
    with History(path) as history:
        assert len(history.unfinished()[0].sets) >= len(done.stdout.split()) > 3


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def as_anybody(work: Callable[[], None]) -> None:
    """In a process of its own that may do no more than its permissions say."""
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            work()
            os._exit(0)
        except BaseException as problem:
            sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions of folders are another thing there")


@posix
def test_a_folder_that_may_only_be_read_is_read_and_writing_is_refused_in_words(shelf: Path) -> None:
    path = shelf / "history.sqlite3"
    with History(path) as history:
        number = history.start_session(TRAINING)
    path.chmod(0o444)
    shelf.chmod(0o555)

    def read() -> None:
        with History(path) as history:
            assert len(history.sessions()) == 1 and not history.writable
            with pytest.raises(HistoryError, match="may only be read"):
                history.add_set(number, ROWS)
            with pytest.raises(HistoryError, match="may only be read"):
                history.forget_all()

    as_anybody(read)
    with pytest.raises(AssertionError):
        as_anybody(lambda: path.write_bytes(b""))  # that the permissions bite


@posix
def test_a_folder_in_which_nothing_can_be_made_is_told(shelf: Path) -> None:
    shelf.chmod(0o555)

    def begin() -> None:
        for path in (shelf / "history.sqlite3", shelf / "deeper" / "history.sqlite3"):
            with pytest.raises(HistoryError, match=r"cannot be (made|opened)"):
                History(path)

    as_anybody(begin)


def test_an_sqlite_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 36, 0))
    with pytest.raises(HistoryError, match="too old for it; use a Python with SQLite"):
        History(tmp_path / "h")
    assert not (tmp_path / "h").exists()


def test_a_fault_of_the_program_is_not_talked_away(tmp_path: Path) -> None:
    db, _ = open_database(tmp_path / "h")
    with closing(db), pytest.raises(Exception, match="no such table"), in_words(tmp_path / "h"):
        db.execute("SELECT * FROM absent")


def test_no_room_for_a_backup_is_told_but_not_over_another_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Path:
        raise HistoryError("the disk is full", do="make room")

    monkeypatch.setattr("rhomboid.history.store.back_up", full)
    with pytest.raises(HistoryError, match="the disk is full"), History(tmp_path / "h") as history:
        history.start_session(DESK)
    with pytest.raises(ZeroDivisionError), History(tmp_path / "h") as history:
        history.start_session(at("2026-11-20T18:00:00Z"))
        raise ZeroDivisionError
    with History(tmp_path / "h") as history:
        assert len(history.sessions()) == 2
        monkeypatch.undo()
