"""What is in a file, as ``rhomboid info`` tells it: how long, how fast, what is missing, what was said, is it whole.

The struct below is the public JSON form; names and meanings are kept stable. Nothing is counted anew here: the events
are those in the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import cast

import msgspec

from rhomboid.errors import harmless
from rhomboid.imu import Gap, ImuBlock, LinkChange, Notification, Request, SourceItem
from rhomboid.library import open_file
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.sensors.driver import AT_ONCE, Driver, MalformedPacket
from rhomboid.words import clock

WHOLE = "whole"
SETTLED_S = 300.0
"""So long the two clocks must have run side by side before a difference is worth a number."""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """``integrity`` is "whole" or a sentence; null: it cannot be told. ``about`` is null for a file without packets."""

    file: str
    bytes: int
    duration_s: float
    samples: int
    sampling_rate_hz: float
    """Where nothing is missing."""
    gaps: int
    missing_s: float
    malformed_packets: int
    clock_skew_ppm: float | None
    """How much faster the host's clock runs than the sensor's; null where the sensor has none, or in a short one."""
    packets: dict[str, int]
    """Of each characteristic."""
    links_lost: int
    requests: int
    events: dict[str, int]
    """Of each kind, as announced while it was recorded."""
    notes: list[str]
    about: About | None
    integrity: str


class _Tag(msgspec.Struct):
    event: str


def info_of(path: Path) -> Info:
    """What is in the recording or CSV at ``path``. Raises DataError."""
    opened = open_file(path)
    tally = _Tally(opened.driver)
    items = iter(opened.items)
    while some := list(islice(items, AT_ONCE)):
        tally.take(some)
    recording = opened.recording
    return Info(
        file=str(path),
        bytes=path.stat().st_size,
        duration_s=round(opened.duration_s, 3),
        samples=tally.samples,
        sampling_rate_hz=round(tally.sampling_rate_hz, 2),
        gaps=tally.gaps,
        missing_s=round(tally.missing_s, 3),
        malformed_packets=tally.malformed,
        clock_skew_ppm=tally.clock_skew_ppm,
        packets=dict(tally.packets),
        links_lost=tally.links_lost,
        requests=tally.requests,
        events={} if recording is None else dict(Counter(_kinds(recording))),
        notes=[] if recording is None else [note.text for note in recording.notes()],
        about=None if recording is None else recording.about,
        integrity=(recording.recovered if recording is not None else None) or WHOLE,
    )


class _Tally:
    """Counts what goes by."""

    def __init__(self, driver: Driver | None) -> None:
        self._driver = driver
        self.packets: Counter[str] = Counter()
        self.samples = self.gaps = self.malformed = self.links_lost = self.requests = 0
        self.missing_s = self._last_s = 0.0
        self._first_s: float | None = None

    def take(self, items: Iterable[SourceItem]) -> None:
        for kind, run in groupby(items, key=type):
            if kind is Notification and self._driver is not None:
                self._decode(self._driver, cast("list[Notification]", list(run)))
                continue
            for item in run:
                self._note(item)

    def _decode(self, driver: Driver, packets: list[Notification]) -> None:
        self.packets.update(packet.characteristic for packet in packets)
        for piece in driver.feed(*packets):
            if isinstance(piece, ImuBlock | Gap):
                self._count(piece)
            self.malformed += isinstance(piece, MalformedPacket)

    def _note(self, item: SourceItem) -> None:
        if isinstance(item, ImuBlock | Gap):
            self._count(item)
        elif isinstance(item, LinkChange):
            if item.state == "lost":
                self.links_lost += 1
                if self._driver is not None:
                    self._driver.link_lost()
        elif isinstance(item, Request):
            self.requests += 1

    @property
    def sampling_rate_hz(self) -> float:
        recorded_s = self._last_s - (self._first_s or 0.0) - self.missing_s
        return (self.samples - 1 - self.gaps) / recorded_s if recorded_s > 0 else 0.0

    @property
    def clock_skew_ppm(self) -> float | None:
        drift_us = None if self._driver is None else self._driver.drift_us
        return None if drift_us is None or self._last_s < SETTLED_S else round(drift_us / self._last_s, 1)

    def _count(self, piece: ImuBlock | Gap) -> None:
        if isinstance(piece, Gap):
            self.gaps += 1
            self.missing_s += piece.end_s - piece.start_s
        elif len(piece):
            self._first_s = float(piece.t_s[0]) if self._first_s is None else self._first_s
            self._last_s = float(piece.t_s[-1])
            self.samples += len(piece)


def report(info: Info) -> str:
    """For people: a line each."""
    lost = 100.0 * info.missing_s / info.duration_s if info.duration_s else 0.0
    rows = [
        ("size", f"{info.bytes / 1e6:.2f} MB"),
        ("length", clock(info.duration_s) + f" ({info.duration_s:.1f} s)"),
        ("samples", f"{info.samples} at {info.sampling_rate_hz:.1f} Hz"),
        ("missing", f"{info.missing_s:.1f} s in {info.gaps} gaps ({lost:.2f} %)" if info.gaps else "nothing"),
    ]
    if info.about is not None:
        rows += _of_recording(info, info.about)
    width = max(len(name) for name, _ in rows)
    return "\n".join([harmless(info.file), *(f"  {name:{width}}  {harmless(text)}" for name, text in rows)])


def _of_recording(info: Info, about: About) -> Iterator[tuple[str, str]]:
    skew = info.clock_skew_ppm
    yield "started", about.started_at or "not said"
    yield "sensor", " ".join(part for part in (about.sensor_name, f"({about.family})", about.sensor_address) if part)
    if about.script is not None:
        yield "simulated", f"script {about.script}, seed {about.seed}"
    yield "version", f"rhomboid {about.software_version}"
    yield "packets", ", ".join(f"{count} on {uuid}" for uuid, count in info.packets.items())
    yield "malformed", f"{info.malformed_packets} packets"
    yield "clock skew", "not known" if skew is None else f"{skew:+.1f} ppm (the host's clock against the sensor's)"
    yield "link lost", f"{info.links_lost} times"
    yield "events", ", ".join(f"{count} {kind}" for kind, count in info.events.items()) or "none"
    yield "requests", str(info.requests)
    for note in info.notes:
        yield "note", note
    yield "settings", about.settings or "not said"
    yield "integrity", info.integrity


def _kinds(recording: Recording) -> Iterator[str]:
    for line in recording.event_lines():
        try:
            yield msgspec.json.decode(line, type=_Tag).event
        except (msgspec.MsgspecError, ValueError, RecursionError):
            yield "not understood"
