"""A recording that the program makes by itself, of training with the sensor: named by its time, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from rhomboid.errors import DataError, RhomboidError, UsageError
from rhomboid.events import Event
from rhomboid.imu import Command, LinkChange, Notification, Request
from rhomboid.recording.beside import SUFFIX, folder_beside
from rhomboid.recording.layout import About
from rhomboid.recording.writer import RecordingWriter

LEAST_PACKETS = 10
"""A sensor that does not stream tells its battery all the same."""


class OwnRecording:
    """A new recording beside ``history``, named by the time it began; a recorder for a session.

    Training is worth more than its recording: what cannot be written is said once, and the session goes on without.
    Of a sensor that never streamed there is none in the end. Raises DataError where it cannot even begin.
    """

    def __init__(self, history: Path, about: About, trouble: Callable[[str], None]) -> None:
        folder = folder_beside(history)
        began = datetime.fromisoformat(about.started_at)
        names = (f"{began:%Y-%m-%d-%H%M}{'' if n == 1 else f'-{n}'}{SUFFIX}" for n in count(1))
        self.path = next(path for name in names if not (path := folder / name).exists())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = RecordingWriter(self.path, about)
        except OSError as error:
            do = "make room or mend the permissions"
            raise DataError(f"its folder cannot be made: {error.strerror}", do=do, where=str(folder)) from None
        except UsageError as error:
            raise DataError(error.what, do=error.do, where=error.where) from None
        self._trouble, self._over, self._packets = trouble, False, 0

    def write_notification(self, notification: Notification) -> None:
        self._packets += 1
        self._do(self._writer.write_notification, notification)

    def write_request(self, request: Request) -> None:
        self._do(self._writer.write_request, request)

    def write_link(self, change: LinkChange) -> None:
        self._do(self._writer.write_link, change)

    def write_command(self, command: Command) -> None:
        self._do(self._writer.write_command, command)

    def write_event(self, event: Event, host_ns: int) -> None:
        self._do(self._writer.write_event, event, host_ns)

    def flush(self) -> None:
        self._do(self._writer.flush)

    def close(self) -> None:
        self._do(self._writer.close)
        if self._packets < LEAST_PACKETS:
            self.path.unlink(missing_ok=True)

    def _do(self, work: Callable[..., None], *given: Any) -> None:
        if self._over:
            return
        try:
            work(*given)
        except RhomboidError as error:
            self._over = True
            self._trouble(f"this session is no longer recorded: {error}")
