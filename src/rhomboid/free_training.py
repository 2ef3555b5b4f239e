"""Training that nobody guides, kept all the same: each set goes into the history when it is over.

What was done is not known, so the sets bear ``FREE`` for an exercise. Holds are kept where they are part of a set;
outside of one a pose of daily life is too easily taken for a hold.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from rhomboid import events as e
from rhomboid.coach.record import HoldRecord, SessionRecord, SetRecord
from rhomboid.errors import DataError
from rhomboid.session import Session, Update
from rhomboid.training import Diary, now, with_recording

FREE = "free training"


class FreeTraining:
    """The sets of ``session``, kept in ``diary``; call ``finish`` once it has run.

    ``trouble`` is told once why the session is no longer kept, and nothing stops for it.
    """

    def __init__(
        self, session: Session, diary: Diary, trouble: Callable[[str], None], recording: Path | None = None
    ) -> None:
        self._diary: Diary | None = diary
        self._trouble, self._recording = trouble, recording
        self._record = SessionRecord(started_at=now())
        self._id: int | None = None
        self._sets = 0
        self._holds: list[HoldRecord] = []
        session.subscribe(self._take)

    def finish(self) -> None:
        """The session is over. Without a set there is nothing to keep."""
        if self._diary is None or self._id is None:
            return
        over = with_recording(replace(self._record, ended_at=now(), ended_because="finished"), self._recording)
        try:
            self._diary.update_session(self._id, over)
        except DataError as problem:
            self._without_diary(problem)

    def _take(self, update: Update) -> None:
        for event in update.events:
            match event:
                case e.HoldEnded():
                    self._holds.append(HoldRecord(start_s=event.start_s, end_s=event.end_s, drift_deg=event.drift_deg))
                case e.SetClosed():
                    self._keep(event)

    def _keep(self, closed: e.SetClosed) -> None:
        holds = tuple(hold for hold in self._holds if closed.start_s <= hold.start_s <= closed.end_s)
        self._holds.clear()
        if self._diary is None or not closed.reps:
            return
        self._sets += 1
        done = SetRecord(
            exercise=FREE,
            number=self._sets,
            start_s=closed.start_s,
            end_s=closed.end_s,
            reps=closed.reps,
            sensor_reps=closed.reps,
            live_reps=closed.live_reps,
            movements=closed.movements,
            holds=holds,
        )
        try:
            if self._id is None:
                self._id = self._diary.start_session(with_recording(self._record, self._recording))
            self._diary.add_set(self._id, done)
        except DataError as problem:
            self._without_diary(problem)

    def _without_diary(self, problem: DataError) -> None:
        self._diary = None
        self._trouble(f"this session is no longer kept: {problem}")
