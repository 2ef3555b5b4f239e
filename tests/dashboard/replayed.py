"""What a session said of a recording up to a moment, frozen: ``python -m tests.dashboard.replayed`` replays it anew.

So a picture changes when a screen does, and not whenever the signal core counts a little better.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from rhomboid.events import AnyEvent
from rhomboid.motion.pipeline import MotionState, Trace
from rhomboid.session import Update

RECORDINGS = Path(__file__).parents[2] / "recordings"
FOLDER = Path(__file__).parent / "replayed"
AT_ONCE = 64
SIGNALS = "t_s", "movement_deg", "tilt_deg"


class Moment(NamedTuple):
    """So far into a recording, with so much of the signal before it, every so many frames."""

    until_s: float
    signal_s: float
    every: int


MOMENTS = {"rows": Moment(41.0, 30.0, 1), "desk": Moment(310.0, 300.0, 5)}
"""In the middle of a set, and in a slouch."""


class Frozen(msgspec.Struct):
    """One update with everything so far. ``signals``: as lists, NaN is None."""

    events: list[AnyEvent]
    state: MotionState
    signals: dict[str, list[float | None]]


@cache
def replayed(name: str) -> Update:
    """All that was said of this recording up to its moment."""
    frozen = msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Frozen)
    signals = [np.array(frozen.signals[signal], dtype=float) for signal in SIGNALS]
    return Update(tuple(frozen.events), Trace(*signals), frozen.state)


def replay(name: str, moment: Moment) -> Frozen:
    """What the signal core of today says of it."""
    from rhomboid.interpreter import Interpreter
    from rhomboid.library import open_file
    from rhomboid.motion.pipeline import Pipeline

    opened, pipeline = open_file(RECORDINGS / f"{name}.mcap"), Pipeline()
    interpreter, items = Interpreter(pipeline, opened.driver), iter(opened.items)
    events, traces = [], []
    while pipeline.state.t_s < moment.until_s and (some := list(islice(items, AT_ONCE))):
        events += interpreter.feed(some)
        traces.append(pipeline.take_trace())
    whole = {signal: np.concatenate([getattr(trace, signal) for trace in traces]) for signal in SIGNALS}
    kept = whole["t_s"] >= pipeline.state.t_s - moment.signal_s
    signals = {
        signal: [None if np.isnan(x) else round(float(x), 2) for x in values[kept][:: moment.every]]
        for signal, values in whole.items()
    }
    return Frozen(events, pipeline.state, signals)  # type: ignore[arg-type]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, moment in MOMENTS.items():
        (FOLDER / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(replay(name, moment)), indent=0))
