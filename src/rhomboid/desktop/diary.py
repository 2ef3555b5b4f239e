"""The desk's session in the history: begun with its first minute, brought up to date while it goes on, finished.

The history is written on a thread of its own: a drive that is slow keeps no packet waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from rhomboid.coach.alerts import DeskCoach
from rhomboid.coach.record import SessionRecord
from rhomboid.errors import HistoryError
from rhomboid.history.store import History

SETTLED_S = 1200.0
"""So long after a slouch nothing answers it any more, and what is known of it is written."""
LEAST_MIN = 1.0


class Diary:
    """Of one session; ``path`` None is the user's own history. ``trouble`` is told in words, and stops nothing."""

    def __init__(self, trouble: Callable[[str], None], path: Path | None = None) -> None:
        self._trouble, self._path = trouble, path
        self._began_at = _now()
        self._thread = ThreadPoolExecutor(1, "diary")
        self._history: History | None = None
        self._id: int | None = None
        self._written_s = -1.0  # the beginning of the newest slouch that is written
        self._broken = False

    def update(self, coach: DeskCoach, t_s: float) -> None:
        """As things stand at ``t_s`` of the sensor's time; returns at once."""
        self._thread.submit(self._write, coach.session(self._began_at), t_s - SETTLED_S)

    def finish(self, coach: DeskCoach) -> None:
        """The session is over. Waits until it is written."""
        record = coach.session(self._began_at, _now(), "finished")
        self._thread.submit(self._write, record, float("inf"))
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _write(self, record: SessionRecord, settled_s: float) -> None:
        posture = record.posture
        known_min = posture.upright + posture.slouching + posture.leaning + posture.moving
        if self._broken or (self._id is None and known_min < LEAST_MIN):
            return
        settled = tuple(x for x in record.slouches if self._written_s < x.start_s and x.end_s <= settled_s)
        try:
            if self._history is None:
                self._history = History(self._path)
            if self._id is None:
                self._id = self._history.start_session(_without_slouches(record))
            for slouch in settled:
                self._history.add_slouch(self._id, slouch)
                self._written_s = slouch.start_s
            self._history.update_session(self._id, _without_slouches(record))
        except HistoryError as error:
            self._broken = True
            self._trouble(f"{error}; this session is not kept")

    def _close(self) -> None:
        if self._history is not None:
            try:
                self._history.close()
            except HistoryError as error:
                self._trouble(str(error))


def _without_slouches(record: SessionRecord) -> SessionRecord:
    return replace(record, slouches=())


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
