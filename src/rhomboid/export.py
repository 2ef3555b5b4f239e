"""A whole recording for other people's tools: decoded, run through the core where that is asked for, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from rhomboid.events import Event
from rhomboid.imu import ImuBlock, StreamItem
from rhomboid.interpreter import Interpreter, decoded
from rhomboid.library import is_recording, open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.csv_form import write_csv
from rhomboid.recording.exporters.decoded_mcap import Moment, TrunkAngles, write_decoded_mcap
from rhomboid.recording.exporters.event_lines import write_event_lines
from rhomboid.recording.exporters.parquet import write_parquet
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording

TRUNK_S = 0.2
"""The posture detector looks five times a second."""


def export_csv(path: Path, target: Path, *, force: bool) -> None:
    """The samples as our CSV. Raises DataError, UsageError."""
    write_csv(target, _samples(path), force=force)


def export_parquet(path: Path, target: Path, *, force: bool) -> None:
    """The samples as Parquet. Raises DataError, UsageError."""
    write_parquet(target, _samples(path), force=force)


def export_events(path: Path, target: Path, *, force: bool) -> None:
    """The events announced while it was recorded; for what is no recording of ours, those found in it now."""
    recording = _recording(path)
    if recording is not None:
        found: Iterable[Event] = (event for _, event in recording.events())
    else:
        opened = open_file(path)
        interpreter = Interpreter(Pipeline(), opened.driver)
        found = interpreter.feed(opened.items) + interpreter.finish()
    write_event_lines(target, found, force=force)


def export_decoded_mcap(path: Path, target: Path, *, force: bool) -> None:
    """Samples, trunk angles and events as topics that Foxglove plots. Raises DataError, UsageError."""
    recording = _recording(path)
    about = None if recording is None else recording.about
    write_decoded_mcap(target, _moments(_samples(path), _settings(about)), _start_ns(about), force=force)


EXPORTS: dict[str, tuple[str, Callable[..., None]]] = {
    "csv": (".csv", export_csv),
    "parquet": (".parquet", export_parquet),
    "events": (".events.jsonl", export_events),
    "mcap-decoded": (".decoded.mcap", export_decoded_mcap),
}
"""What can be asked for: the ending of its files, and what writes it."""


def _samples(path: Path) -> list[StreamItem]:
    opened = open_file(path)
    return list(decoded(opened.items, opened.driver))


def _recording(path: Path) -> Recording | None:
    return Recording.open(path) if is_recording(path) else None


def _settings(about: About | None) -> Settings:
    """Those it was recorded with, as far as this version understands them."""
    try:
        return msgspec.json.decode(about.settings, type=Settings) if about and about.settings else Settings()
    except (ValueError, RecursionError):
        return Settings()


def _start_ns(about: About | None) -> int:
    try:
        moment = datetime.fromisoformat(about.started_at) if about else None
        return 0 if moment is None or moment.tzinfo is None else max(round(moment.timestamp() * 1e9), 0)
    except (ValueError, OverflowError, OSError):
        return 0


def _moments(items: Iterable[StreamItem], settings: Settings) -> Iterator[Moment]:
    pipeline = Pipeline(settings)
    waiting: list[Event] = []
    last: ImuBlock | None = None
    for item in items:
        if not isinstance(item, ImuBlock):
            waiting += pipeline.feed(item)
            continue
        cuts = np.flatnonzero(np.diff(np.floor(item.t_s / TRUNK_S))) + 1
        for start, end in zip((0, *cuts.tolist()), (*cuts.tolist(), len(item)), strict=True):
            last = item[start:end]
            found, state = waiting + pipeline.feed(last), pipeline.state
            known = state.tilt_deg is not None
            trunk = TrunkAngles(state.flexion_deg, state.lateral_deg, state.tilt_deg) if known else None
            yield Moment(last, trunk, found)
            waiting = []
    if last is not None:
        yield Moment(last[:0], None, waiting + pipeline.finish())
