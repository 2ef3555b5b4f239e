"""The history as the rest of the program sees it: sessions go in as they happen and come out whole.

What has been added is on the drive when the call returns. Two programs may have the same history open. Every method
raises HistoryError where the file cannot be read or written, says so in words, and leaves what is there as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import msgspec

from rhomboid.coach.record import SessionRecord, SetRecord, SlouchRecord, UserCorrection
from rhomboid.errors import HistoryError
from rhomboid.history import rows
from rhomboid.history.database import back_up, backups, history_path, in_words, open_database, set_aside, transaction
from rhomboid.recording.beside import is_own

S = TypeVar("S", bound=msgspec.Struct)


class Forgotten(msgspec.Struct, frozen=True):
    """What is gone: so many sessions, these backups, and the recordings that the program had made of them by itself.

    ``left`` may still hold it: files set aside, and recordings whose place was chosen.
    """

    sessions: int
    backups: tuple[Path, ...]
    recordings: tuple[Path, ...]
    left: tuple[Path, ...]


class History:
    """An open history; a context manager. On closing, what was written is backed up."""

    def __init__(self, path: Path | None = None) -> None:
        """Opens, makes or migrates the history at ``path`` (None: where ``history_path`` says). Raises HistoryError."""
        self.path = path or history_path()
        self._db, self.writable = open_database(self.path)
        self._written = False

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except HistoryError:
            if problem is None:
                raise

    def close(self) -> None:
        """Backs up what was written, and closes. Raises HistoryError if there is no room for the backup."""
        try:
            if self._written and self._db.execute("SELECT 1 FROM sessions LIMIT 1").fetchone():
                back_up(self._db, self.path)
        finally:
            self._db.close()

    # --- a session as it happens ---

    def start_session(self, record: SessionRecord) -> int:
        """Writes a session, with whatever is in it already; gives its number."""
        with self._writing():
            return self._insert(record)

    def add_set(self, session_id: int, record: SetRecord) -> int:
        """Writes a finished set, which nothing that happens later can lose; gives its number."""
        with self._writing():
            return rows.insert_set(self._db, session_id, _valid(record))

    def add_slouch(self, session_id: int, record: SlouchRecord) -> None:
        """Writes a slouch that is over."""
        with self._writing():
            rows.insert(self._db, _valid(record), session_id=session_id)

    def correct_set(self, set_id: int, correction: UserCorrection) -> SetRecord:
        """Keeps the correction as a label, and gives the set as it is now."""
        with self._writing():
            rows.insert(self._db, _valid(correction), set_id=set_id)
            if correction.kind == "count":
                self._db.execute("UPDATE sets SET reps = max(reps + ?, 0) WHERE id = ?", (correction.amount, set_id))
            else:
                self._db.execute("UPDATE sets SET discarded = 1 WHERE id = ?", (set_id,))
            (session,) = rows.select_sessions(self._db, "id = (SELECT session_id FROM sets WHERE id = ?)", [set_id])
        return next(s for s in session.sets if s.id == set_id)

    def update_set(self, set_id: int, record: SetRecord) -> None:
        """Writes a set anew, with all its parts: what the coach came to know of it after it was over."""
        with self._writing():
            if not rows.update_set(self._db, set_id, _valid(record)):
                raise HistoryError("the set is no longer in it", do="begin a new session", where=str(self.path))

    def update_session(self, session_id: int, record: SessionRecord) -> None:
        """Writes all that ``record`` says of the session itself; its sets and slouches stay as they were added.

        With ``ended_because`` set it is finished.
        """
        with self._writing():
            if not rows.update(self._db, _valid(record), "id", session_id):
                raise HistoryError("the session is no longer in it", do="begin a new session", where=str(self.path))
            rows.update(self._db, record.posture, "session_id", session_id)
            self._place_in_time(session_id, record)

    # --- what was ---

    def sessions(
        self,
        since: date | None = None,
        until: date | None = None,
        kind: Literal["train", "desk"] | None = None,
        *,
        movements: bool = True,
    ) -> tuple[SessionRecord, ...]:
        """Those that began on these days (both included, by the calendar of the place), in the order of time.

        Without ``movements`` the sets come without theirs, many times as fast.
        """
        asked = {"day >= ?": since and since.isoformat(), "day <= ?": until and until.isoformat(), "kind = ?": kind}
        given = {condition: value for condition, value in asked.items() if value is not None}
        return self._select(" AND ".join(given) or "1", list(given.values()), movements=movements)

    def session(self, session_id: int) -> SessionRecord:
        """The session of this number."""
        found = self._select("id = ?", [session_id])
        if not found:
            do = "rhomboid history --day YYYY-MM-DD shows the numbers"
            raise HistoryError(f"there is no session {session_id}", do=do, where=str(self.path))
        return found[0]

    def unfinished(self) -> tuple[SessionRecord, ...]:
        """Sessions that nobody ended: the program was gone before, or another one is at it now."""
        return self._select("ended_because IS NULL", [])

    # --- as a whole ---

    def add_all(self, records: Iterable[SessionRecord]) -> int:
        """Adds whole sessions, all or none, but for those that are there already; gives how many were added."""
        there = {_bare(session) for session in self.sessions()}
        new = [record for record in records if _bare(record) not in there]
        with self._writing():
            for record in new:
                self._insert(record)
        return len(new)

    def forget_session(self, session_id: int) -> Forgotten:
        """Takes one session out of the history, and every trace of it."""
        return self._forget("id = ?", [session_id])

    def forget_day(self, day: date) -> Forgotten:
        """Takes the sessions that began on this day out of the history, and every trace of them."""
        return self._forget("day = ?", [day.isoformat()])

    def forget_all(self) -> Forgotten:
        """Empties the history."""
        return self._forget("1", [])

    # --- inside ---

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.writable:
            do = "check the permissions of the file and its folder"
            raise HistoryError("it may only be read", do=do, where=str(self.path))
        try:
            with in_words(self.path), transaction(self._db):
                yield
        except OverflowError as problem:
            raise HistoryError("this cannot be kept (a number is too large)", do="correct it") from problem
        self._written = True

    def _select(self, where: str, values: list[Any], *, movements: bool = True) -> tuple[SessionRecord, ...]:
        with in_words(self.path):
            self._db.execute("BEGIN")  # one moment for all tables, whatever another program writes meanwhile
            try:
                return rows.select_sessions(self._db, where, values, movements=movements)
            finally:
                self._db.execute("COMMIT")

    def _insert(self, record: SessionRecord) -> int:
        record = _valid(record)
        session_id = rows.insert(self._db, record, started_utc_s=_utc_s(record), day=record.started_at[:10])
        rows.insert(self._db, record.posture, session_id=session_id)
        for done in record.sets:
            rows.insert_set(self._db, session_id, done)
        for slouch in record.slouches:
            rows.insert(self._db, slouch, session_id=session_id)
        return session_id

    def _place_in_time(self, session_id: int, record: SessionRecord) -> None:
        placed = (_utc_s(record), record.started_at[:10], session_id)
        self._db.execute("UPDATE sessions SET started_utc_s = ?, day = ? WHERE id = ?", placed)

    def _forget(self, where: str, values: list[Any]) -> Forgotten:
        going = self._select(where, values)
        if not going:
            return Forgotten(0, (), (), ())
        with self._writing():
            self._db.execute(f"DELETE FROM sessions WHERE {where}", values)  # noqa: S608 - ours, from above
        old = tuple(backups(self.path))
        for backup in old:
            backup.unlink()
        with in_words(self.path):
            self._db.execute("VACUUM")
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            what = "it is forgotten, but its traces stay in the file while another program has it open"
            raise HistoryError(what, do="close the other one, and the file is clean", where=str(self.path))
        there = [path for session in going if session.recording and (path := Path(session.recording)).exists()]
        own = tuple(path for path in there if is_own(path, self.path) and _removed(path))
        left = (*set_aside(self.path), *(path for path in there if path not in own))
        return Forgotten(len(going), old, own, left)


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # it is named among what is left
        return False
    return True


def _valid(record: S) -> S:
    """``record`` itself. Raises HistoryError where it says something that cannot be."""
    try:
        msgspec.convert(msgspec.to_builtins(record), type(record))
    except msgspec.ValidationError as problem:
        raise HistoryError(f"this cannot be kept ({problem})", do="please report it") from problem
    return record


def _utc_s(record: SessionRecord) -> float:
    """The instant at which it began. Raises HistoryError."""
    try:
        started = datetime.fromisoformat(record.started_at)
    except ValueError:
        started = datetime.min
    if started.tzinfo is None:
        do = "it has to be like 2026-11-21T18:02:05+01:00"
        raise HistoryError(f"{record.started_at[:40]!r} is no time with its offset", do=do)
    return started.timestamp()


def _bare(session: SessionRecord) -> SessionRecord:
    """Without the numbers, which every history gives anew."""
    sets = tuple(msgspec.structs.replace(done, id=None) for done in session.sets)
    return msgspec.structs.replace(session, id=None, sets=sets)
