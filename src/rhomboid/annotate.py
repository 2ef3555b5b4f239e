"""Opens a recording to be annotated: the whole of its signal, and what the program finds in it by itself."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from rhomboid.annotation import Seen
from rhomboid.events import Event
from rhomboid.imu import Array
from rhomboid.interpreter import Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline, Trace
from rhomboid.motion.settings import Settings

ITEMS_AT_ONCE = 2048


def look_at(path: Path) -> Seen:
    """Raises DataError."""
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(Settings(mode="free")), opened.driver)
    events: list[Event] = []
    traces: list[Trace] = []
    items = iter(opened.items)
    while some := list(islice(items, ITEMS_AT_ONCE)):
        events += interpreter.feed(some)
        traces.append(interpreter.pipeline.take_trace())
    events += interpreter.finish()

    def whole(name: str) -> Array:
        return np.concatenate([getattr(trace, name) for trace in traces] or [np.empty(0)])

    return Seen(path.name, whole("t_s"), whole("movement_deg"), whole("tilt_deg"), tuple(events))
