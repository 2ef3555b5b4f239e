"""The signal of each set, from the recording of its session where that is still what it was."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.errors import RhomboidError
from rhomboid.imu import Array
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.library import Opened, open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings

MARGIN_S = 2.0


class Signal(msgspec.Struct, frozen=True, eq=False):
    """What a session's recording shows: (n,) seconds of sensor time, and (n,) degrees away from the resting pose.

    ``missing`` says in words why there is none; then both are empty.
    """

    t_s: Array
    movement_deg: Array
    missing: str = ""

    def of(self, done: SetRecord) -> tuple[Array, Array]:
        """The part around a set."""
        first, last = np.searchsorted(self.t_s, [done.start_s - MARGIN_S, done.end_s + MARGIN_S])
        return self.t_s[first:last], self.movement_deg[first:last]


def signal_of(session: SessionRecord) -> Signal:
    """The movement in the session, through the same core as when it was recorded, with the settings of then."""
    missing = _missing(session)
    if missing or session.recording is None:
        return Signal(np.empty(0), np.empty(0), missing)
    try:
        opened = open_file(Path(session.recording))
        interpreter = Interpreter(Pipeline(_settings(opened)), opened.driver)
        traces = []
        items = iter(opened.items)
        while piece := list(islice(items, ITEMS_AT_ONCE)):
            interpreter.feed(piece)
            traces.append(interpreter.pipeline.take_trace())
    except RhomboidError as error:
        return Signal(np.empty(0), np.empty(0), f"its recording cannot be read: {error.what}")
    empty = [np.empty(0)]
    return Signal(
        np.concatenate([t.t_s for t in traces] or empty), np.concatenate([t.movement_deg for t in traces] or empty)
    )


def _missing(session: SessionRecord) -> str:
    if session.recording is None:
        return "it was not recorded"
    try:
        with Path(session.recording).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return "its recording is no longer where it was"
    return "" if found == session.recording_sha256 else "its recording is not the same any more"


def _settings(opened: Opened) -> Settings:
    """Those of the recording; the usual ones where it has none that this version understands."""
    told = "" if opened.recording is None else opened.recording.about.settings
    try:
        return msgspec.json.decode(told, type=Settings)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Settings()
