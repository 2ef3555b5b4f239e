"""Opens a recording to be annotated: the whole of its signal, and what the program finds in it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import cast

import numpy as np

from rhomboid.annotation import Seen
from rhomboid.events import Event
from rhomboid.imu import Array, ImuBlock, SourceItem
from rhomboid.interpreter import Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline, Trace
from rhomboid.motion.settings import Settings

AT_ONCE = 256, 2048
"""Packets, or samples of a block: the signal core keeps its newest ten minutes of signal, so it is asked more often."""


def look_at(path: Path) -> Seen:
    """Raises DataError."""
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(Settings(mode="free")), opened.driver)
    events: list[Event] = []
    traces: list[Trace] = []
    for some in _portions(opened.items):
        events += interpreter.feed(some)
        traces.append(interpreter.pipeline.take_trace())
    events += interpreter.finish()
    traces.append(interpreter.pipeline.take_trace())

    def whole(name: str) -> Array:
        return np.concatenate([getattr(trace, name) for trace in traces] or [np.empty(0)])

    return Seen(path.name, whole("t_s"), whole("movement_deg"), whole("tilt_deg"), tuple(events))


def _portions(items: Iterable[SourceItem]) -> Iterator[list[SourceItem]]:
    packets, samples = AT_ONCE
    for are_blocks, run in groupby(items, key=lambda item: isinstance(item, ImuBlock)):
        if are_blocks:
            for block in cast("Iterator[ImuBlock]", run):
                for start in range(0, len(block), samples):
                    yield [block[start : start + samples]]
        else:
            while some := list(islice(run, packets)):
                yield some
