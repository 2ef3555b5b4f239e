"""The last minute of a session as a recording to be handed on: settings and versions in it, the sensor's identity not.

It replays like any other, and its events are those that its packets give. Before the minute stand four more
and the stretch of the reference, so that they are also what was said at the time; that stands in the notes as well, in
case something older mattered.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

import msgspec

from rhomboid.errors import RhomboidError, UsageError
from rhomboid.imu import Command, LinkChange, Notification, Request
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.layout import About, Note
from rhomboid.recording.writer import RecordingWriter
from rhomboid.ring import RawItem, Ring, Told
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Clue, Reading, Refusal
from rhomboid.words import describe

IDENTIFYING_CLUES = {"serial", "device"}
"""What some sensors tell about themselves that no other sensor tells."""
ITEMS_AT_ONCE = 32
LIBRARIES = ("bleak", "numpy", "scipy", "vqf", "textual")


class BugReport:
    """Saves what a ring holds. ``about`` and ``settings`` are those of the session."""

    def __init__(self, about: About, settings: Settings, *, with_identity: bool = False) -> None:
        self._about, self._settings, self._with_identity = about, settings, with_identity

    def save(self, ring: Ring, path: Path | None = None) -> Path:
        """Writes ``path``, or a file named after the moment in the current folder. Raises UsageError, DataError."""
        now = datetime.now().astimezone()
        path = path or Path(f"rhomboid-last-minute-{now:%Y%m%d-%H%M%S}.mcap")
        items = list(self._chosen(ring))
        if not any(isinstance(item, Notification) for item in items):
            raise UsageError("no packet came in the last minute", do="save again when the sensor is streaming")
        first_ns, last_ns = items[0].host_ns, items[-1].host_ns
        began = now - timedelta(seconds=max(last_ns - first_ns, 0) / 1e9)
        notes = [Note(first_ns, _versions())]
        notes += [Note(host_ns, f"told then: {self._unnamed(describe(event))}") for host_ns, event in ring.told]
        events: list[Told] = []
        try:
            events += self._events(items)
        except RhomboidError:
            raise
        except Exception as fault:  # a fault of the program is what such a file is kept for
            notes.append(Note(last_ns, f"the program failed on these packets: {type(fault).__name__}: {fault}"))
        with RecordingWriter(path, self._described(began)) as writer:
            for entry in merge(items, events, notes, key=lambda entry: entry.host_ns):
                _write(writer, entry)
        return path

    def _events(self, items: Iterable[RawItem]) -> Iterator[Told]:
        """What these items alone give."""
        interpreter = Interpreter(Pipeline(self._settings), driver_for(self._about.family))
        rest, last_ns = iter(items), 0
        while some := list(islice(rest, ITEMS_AT_ONCE)):
            last_ns = some[-1].host_ns
            yield from (Told(last_ns, event) for event in interpreter.feed(some))
        yield from (Told(last_ns, event) for event in interpreter.finish())

    def _described(self, began: datetime) -> About:
        about = msgspec.structs.replace(
            self._about,
            started_at=began.isoformat(timespec="seconds"),
            settings=msgspec.json.encode(self._settings).decode(),
        )
        return about if self._with_identity else msgspec.structs.replace(about, sensor_name="", sensor_address="")

    def _chosen(self, ring: Ring) -> Iterator[RawItem]:
        """What is needed to read the packets and to take the reference, then the packets."""
        items = ring.reference + ring.items
        if not items:
            return
        for packet in self._without_identity(_without_samples(ring.opening, self._about.family)):
            yield msgspec.structs.replace(packet, host_ns=items[0].host_ns)  # a replay does not wait for them
        yield from self._without_identity(items)

    def _without_identity(self, items: Iterable[RawItem]) -> Iterator[RawItem]:
        decoder = driver_for(self._about.family).decoder
        for item in items:
            if isinstance(item, Notification) and not self._with_identity:
                said = decoder.decode(item.characteristic, item.data)
                if any(isinstance(piece, Clue) and piece.name in IDENTIFYING_CLUES for piece in said):
                    continue
            yield (
                msgspec.structs.replace(item, words=self._unnamed(item.words)) if isinstance(item, LinkChange) else item
            )

    def _unnamed(self, text: str) -> str:
        for told in () if self._with_identity else (self._about.sensor_address, self._about.sensor_name):
            text = text.replace(told, "the sensor") if told else text
        return text


def _without_samples(packets: Iterable[Notification], family: str) -> Iterator[Notification]:
    """Only those that tell about the sensor."""
    decoder = driver_for(family).decoder
    for packet in packets:
        said = decoder.decode(packet.characteristic, packet.data)
        if not any(isinstance(piece, Reading | Refusal) for piece in said):
            yield packet


def _write(writer: RecordingWriter, entry: RawItem | Told | Note) -> None:
    match entry:
        case Notification():
            writer.write_notification(entry)
        case LinkChange():
            writer.write_link(entry)
        case Request():
            writer.write_request(entry)
        case Command():
            writer.write_command(entry)
        case Told(host_ns, event):
            writer.write_event(event, host_ns)
        case Note(host_ns, text):
            writer.write_note(text, host_ns)


def _versions() -> str:
    found = [f"Python {platform.python_version()}", platform.platform()]
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    return "saved on " + ", ".join(found)
