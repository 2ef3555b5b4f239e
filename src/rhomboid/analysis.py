"""A whole file through the core at once: what ``rhomboid analyze`` prints, as data.

The structs below are the public JSON form of an analysis; names and meanings are kept stable.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import msgspec

from rhomboid import events as e
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.library import Opened, open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.words import describe


class Rep(msgspec.Struct, frozen=True):
    """A movement that was announced as a repetition. ``counted_at_s``: the newest sample seen at that moment.

    ``set`` is the index of the finished set it belongs to; null: announced, and struck out when the set was closed.
    """

    start_s: float
    peak_s: float
    end_s: float
    counted_at_s: float
    range_deg: float
    confidence: float
    set: int | None


class SetResult(msgspec.Struct, frozen=True):
    """A finished set; ``reps`` is the count after it was closed."""

    start_s: float
    end_s: float
    reps: int


class Hold(msgspec.Struct, frozen=True):
    """From reaching to leaving the far point."""

    start_s: float
    end_s: float


class Slouch(msgspec.Struct, frozen=True):
    """A slouch that was announced at ``alert_s``."""

    start_s: float
    alert_s: float
    end_s: float
    peak_deg: float


class GapResult(msgspec.Struct, frozen=True):
    """Samples are missing here."""

    start_s: float
    end_s: float
    reason: str


class Explained(msgspec.Struct, frozen=True):
    """A movement and the decision about it; ``reason`` is empty where it was counted at once and stayed counted."""

    start_s: float
    peak_s: float
    end_s: float
    range_deg: float
    confidence: float
    counted: bool
    reason: str


class Analysis(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything found in one file. ``remarks`` are sentences about it that a reader must know."""

    file: str
    duration_s: float
    sampling_rate_hz: float
    reps: list[Rep]
    sets: list[SetResult]
    holds: list[Hold]
    slouches: list[Slouch]
    gaps: list[GapResult]
    remarks: list[str]
    movements: list[Explained] | None = None
    """Every movement that was looked at, if that was asked for."""


def analyze(path: Path, settings: Settings | None = None, *, explain: bool = False) -> Analysis:
    """The analysis of one recording or CSV, through the same streaming core as a live sensor. Raises DataError.

    With ``explain`` it says of every movement whether it was counted, and why not.
    """
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(settings), opened.driver)
    found: list[e.Event] = []
    items = iter(opened.items)
    while piece := list(islice(items, ITEMS_AT_ONCE)):
        found += interpreter.feed(piece)
    found += interpreter.finish()
    return _summary(path, opened, interpreter, found, explain=explain)


def _summary(path: Path, opened: Opened, interpreter: Interpreter, found: list[e.Event], *, explain: bool) -> Analysis:
    closed = [x for x in found if isinstance(x, e.SetClosed)]
    struck_out = {c.movement for s in closed for c in s.corrections if c.change == "struck_out"}
    reps = [
        _rep(x.movement, x.at_s, None if x.movement in struck_out else x.set_index)
        for x in found
        if isinstance(x, e.RepCompleted)
    ]
    reps += [_rep(c.movement, s.at_s, s.set_index) for s in closed for c in s.corrections if c.change == "added"]
    return Analysis(
        file=str(path),
        duration_s=round(interpreter.duration_s, 3),
        sampling_rate_hz=round(interpreter.sampling_rate_hz, 2),
        reps=sorted(reps, key=lambda r: r.start_s),
        sets=[SetResult(s.start_s, s.end_s, s.reps) for s in closed],
        holds=[Hold(x.start_s, x.end_s) for x in found if isinstance(x, e.HoldEnded)],
        slouches=[Slouch(x.start_s, x.alert_s, x.end_s, x.peak_deg) for x in found if isinstance(x, e.SlouchEnded)],
        gaps=[GapResult(x.start_s, x.end_s, x.reason) for x in found if isinstance(x, e.GapMarked)],
        remarks=opened.remarks + list(dict.fromkeys(_remarks(found))),
        movements=_explained(found) if explain else None,
    )


def _rep(movement: e.Movement, counted_at_s: float, set_index: int | None) -> Rep:
    m = movement
    return Rep(m.start_s, m.peak_s, m.end_s, counted_at_s, m.range_deg, m.confidence, set_index)


def _explained(found: list[e.Event]) -> list[Explained]:
    corrections = {c.movement: c for x in found if isinstance(x, e.SetClosed) for c in x.corrections}
    decided = [(x.movement, "") for x in found if isinstance(x, e.RepCompleted) and x.movement not in corrections]
    decided += [(x.movement, x.reason) for x in found if isinstance(x, e.MovementRefused)]
    rows = [_decision(m, not reason, reason) for m, reason in decided]
    rows += [_decision(m, c.change == "added", c.reason) for m, c in corrections.items()]
    return sorted(rows, key=lambda r: r.start_s)


def _decision(m: e.Movement, counted: bool, reason: str) -> Explained:
    return Explained(m.start_s, m.peak_s, m.end_s, m.range_deg, m.confidence, counted, reason)


def _remarks(found: list[e.Event]) -> list[str]:
    telling = (e.ReferenceTaken, e.ReferenceRefused, e.RecalibrationNeeded, e.SensorProblem, e.SensorRecovered)
    return [describe(x) for x in found if isinstance(x, telling)]
