"""A guided session at work: the session's updates go to the coach, and what comes of it to the core and the diary.

What the coach keeps is written down the moment it is said, so that a crash loses no finished set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from rhomboid.coach.cues import Cue, Output, SessionOver, SetExpected, SetKept
from rhomboid.coach.guided import GuidedSession, Tick
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.errors import DataError
from rhomboid.session import Session, Update

Listener = Callable[[Output], None]


class Diary(Protocol):
    """Where sessions are kept; may raise DataError, and the session goes on without it."""

    def start_session(self, record: SessionRecord) -> int: ...
    def add_set(self, session_id: int, record: SetRecord) -> int: ...
    def update_set(self, set_id: int, record: SetRecord) -> None: ...
    def update_session(self, session_id: int, record: SessionRecord) -> None: ...


class Training:
    """``session`` guided by ``guided``, kept in ``diary`` (None: nowhere).

    ``going_on``: the session in the diary that was broken off and now goes on. Ends the session when the coach says
    that it is over; call ``finish`` once the session has run.
    """

    def __init__(
        self,
        session: Session,
        guided: GuidedSession,
        diary: Diary | None = None,
        *,
        going_on: SessionRecord | None = None,
        recording: Path | None = None,
    ) -> None:
        self.guided = guided
        self._session, self._diary, self._recording = session, diary, recording
        self._started_at = now() if going_on is None else going_on.started_at
        self._session_id = None if going_on is None else going_on.id
        self._set_ids = {} if going_on is None else {i: done.id for i, done in enumerate(going_on.sets)}
        self._listeners: list[Listener] = []
        session.subscribe(self._take)

    def subscribe(self, listener: Listener) -> None:
        """Calls ``listener`` with everything the coach puts out, in its order."""
        self._listeners.append(listener)

    def finish(self) -> None:
        """The session has run: what was in hand is kept, and the hash of what was recorded."""
        self._handle(self.guided.finish())
        self._write_session(now())

    def _take(self, update: Update) -> None:
        for event in update.events:
            self._handle(self.guided.feed(event))
        self._handle(self.guided.feed(Tick(update.state.t_s)))

    def _handle(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case SetExpected():
                    self._session.ask("set_begins" if output.going_on else "set_ends", output.exercise)
                case SetKept():
                    self._keep(output)
                case SessionOver():
                    self._session.stop()
            for listener in self._listeners:
                listener(output)

    def _keep(self, kept: SetKept) -> None:
        if self._diary is None:
            return
        try:
            if self._session_id is None:
                self._session_id = self._diary.start_session(self._record(None))
            known = self._set_ids.get(kept.index)
            if known is None:
                self._set_ids[kept.index] = self._diary.add_set(self._session_id, kept.record)
            else:
                self._diary.update_set(known, kept.record)
        except DataError as problem:
            self._without_diary(problem, kept.at_s)

    def _write_session(self, ended_at: str) -> None:
        record = self._record(ended_at)
        told = record.pain_before is not None or record.note or record.ended_because in ("pain", "sharp_pain")
        if self._diary is None or (self._session_id is None and not told):
            return
        try:
            if self._session_id is None:  # not one set, and yet something to remember
                self._diary.start_session(record)
            else:
                self._diary.update_session(self._session_id, record)
        except DataError as problem:
            self._without_diary(problem, self.guided.state.t_s)

    def _record(self, ended_at: str | None) -> SessionRecord:
        record = msgspec.structs.replace(self.guided.record(self._started_at, ended_at), sets=())
        return with_recording(record, self._recording)

    def _without_diary(self, problem: DataError, at_s: float) -> None:
        """Said once; the training is worth more than its record."""
        self._diary = None
        said = Cue(at_s=at_s, kind="signal", text=f"this session is no longer kept: {problem}")
        for listener in self._listeners:
            listener(said)


def with_recording(record: SessionRecord, path: Path | None) -> SessionRecord:
    """``record`` with where it was recorded, and the hash of that once it is over."""
    if path is None:
        return record
    over = record.ended_at is not None and path.exists()
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if over else None
    return msgspec.structs.replace(record, recording=str(path.absolute()), recording_sha256=digest)


def now() -> str:
    """The time of day here, with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
