"""Reads a packet log, whole or damaged: what is whole is given out, and what is missing is said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar, overload

import msgspec

from rhomboid import events
from rhomboid.errors import RecordingError
from rhomboid.imu import Command, LinkChange, Notification, Request
from rhomboid.recording import layout, records
from rhomboid.recording.files import open_existing, unreadable
from rhomboid.recording.layout import About, Note, NoteText, RequestText
from rhomboid.recording.records import Damage, Place, Survey

_NOT_JSON = (msgspec.MsgspecError, ValueError, RecursionError)

_T = TypeVar("_T")
Item = Notification | LinkChange | Request | Command


class Recording:
    """A packet log on disk. ``open`` it; then it is read afresh, and in little memory, as often as is asked for.

    ``recovered`` is a sentence for people where the file is not whole, else None.
    """

    def __init__(self, path: Path, about: About, found: Survey) -> None:
        self._path, self._channels, self._chunks = path, found.channels, found.chunks
        self.about = about
        self.duration_s = 0.0
        self.recovered: str | None = None

    @classmethod
    def open(cls, path: Path) -> Recording:
        """The recording at ``path``. Raises RecordingError where it is not one or nothing of it can be read."""
        with open_existing(path, RecordingError) as file:
            try:
                size = os.fstat(file.fileno()).st_size
                if not records.is_mcap(file):
                    what = "this is no .mcap file" if size else "the file is empty"
                    raise _error(path, what, "name a recording made by rhomboid")
                found = records.survey(file, size, layout.ABOUT)
            except OSError as problem:
                raise unreadable(path, problem, RecordingError) from problem
            except Damage as problem:
                raise _error(path, str(problem)) from problem
        recording = cls(path, _about(path, found), found)
        damaged = 0 if found.sound else recording._leave_out_damaged()
        recording.duration_s = recording._duration_s()
        recording.recovered = _recovered(found, damaged, recording.duration_s)
        return recording

    @property
    def parts(self) -> Parts:
        """The recording in parts of about a second, any of which can be read by itself."""
        return Parts(self)

    def items(self) -> Iterator[Item]:
        """All packets, requests, commands and changes of the link in their order. Raises RecordingError."""
        return self._items(self._chunks)

    def _items(self, chunks: list[Place]) -> Iterator[Item]:
        uuids: dict[int, str | None] = {}
        for run in self._messages(chunks):
            for channel, host_ns, data in run:
                try:
                    uuid = uuids[channel]
                except KeyError:
                    uuid = uuids[channel] = self._characteristic(channel)
                if uuid is not None:
                    yield Notification(host_ns, uuid, data)
                elif self._channels[channel].topic == layout.REQUEST_TOPIC:
                    said = self._understood(data, RequestText)
                    yield Request(host_ns, said.kind, said.exercise)
                elif self._channels[channel].topic == layout.LINK_TOPIC:
                    yield self._understood(data, LinkChange)
                elif self._channels[channel].topic == layout.COMMAND_TOPIC:
                    yield self._understood(data, Command)

    def notifications(self) -> Iterator[Notification]:
        """All packets in the order in which they came. Raises RecordingError."""
        return (item for item in self.items() if isinstance(item, Notification))

    def events(self) -> Iterator[tuple[int, events.AnyEvent]]:
        """(host time in ns, event) of all events that were announced while it was recorded. Raises RecordingError."""
        for host_ns, data in self._on(layout.EVENT_TOPIC):
            try:
                yield host_ns, events.decode(data)
            except _NOT_JSON as problem:
                what = "it holds an event that this version of rhomboid does not know"
                raise _error(self._path, what, "read it with the version that made it") from problem

    def event_lines(self) -> Iterator[bytes]:
        """The same events as they stand in the file. Raises RecordingError."""
        return (data for _, data in self._on(layout.EVENT_TOPIC))

    def notes(self) -> Iterator[Note]:
        """All remarks. Raises RecordingError."""
        for host_ns, data in self._on(layout.NOTE_TOPIC):
            try:
                yield Note(host_ns, msgspec.json.decode(data, type=NoteText).text)
            except _NOT_JSON as problem:
                raise _error(self._path, "it holds a note that cannot be read") from problem

    def _understood(self, data: bytes, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(data, type=kind)
        except _NOT_JSON as problem:
            what = f"it holds a {kind.__name__} that this version of rhomboid does not know"
            raise _error(self._path, what, "read it with the version that made it") from problem

    def _on(self, topic: str) -> Iterator[tuple[int, bytes]]:
        for run in self._messages(self._chunks):
            yield from ((host_ns, data) for channel, host_ns, data in run if self._channels[channel].topic == topic)

    def _messages(self, chunks: list[Place]) -> Iterator[list[tuple[int, int, bytes]]]:
        """(channel, host time in ns, data) of every message in ``chunks``, some at a time."""
        with open_existing(self._path, RecordingError) as file:
            try:
                for place in chunks:
                    yield from records.messages(_unpacked(file, place), self._channels)
            except OSError as problem:
                raise unreadable(self._path, problem, RecordingError) from problem
            except Damage as problem:
                raise _error(self._path, str(problem)) from problem

    def _characteristic(self, channel: int) -> str | None:
        """The UUID that a channel of notifications stands for; None for a channel of something else."""
        described = self._channels[channel]
        if not described.topic.startswith(layout.NOTIFICATION_TOPIC):
            return None
        return described.metadata.get(layout.CHARACTERISTIC, "")

    def _leave_out_damaged(self) -> int:
        """Forgets the chunks that are not as they were written; returns how many."""
        whole = []
        with open_existing(self._path, RecordingError) as file:
            for place in self._chunks:
                try:
                    _unpacked(file, place)
                    whole.append(place)
                except Damage:
                    continue
                except OSError as problem:
                    raise unreadable(self._path, problem, RecordingError) from problem
        damaged, self._chunks = len(self._chunks) - len(whole), whole
        return damaged

    def _duration_s(self) -> float:
        """From the first packet to the last. Raises RecordingError where there is none."""
        first_ns, last_ns = self._packet_times(self._chunks), self._packet_times(self._chunks[::-1])
        if not first_ns:
            raise _error(self._path, "it holds no packets", "record again")
        return max(last_ns[-1] - first_ns[0], 0) / 1e9

    def _packet_times(self, chunks: list[Place]) -> list[int]:
        """The times of the packets in the first of ``chunks`` that has any."""
        for place in chunks:
            messages = chain.from_iterable(self._messages([place]))
            times = [ns for channel, ns, _ in messages if self._characteristic(channel) is not None]
            if times:
                return times
        return []


class Parts(Sequence[list[Item]]):
    """The parts of a recording in order, each read from the file when it is asked for. Raises RecordingError then."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def __len__(self) -> int:
        return len(self._recording._chunks)

    @overload
    def __getitem__(self, at: int) -> list[Item]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Item]]: ...
    def __getitem__(self, at: int | slice) -> list[Item] | list[list[Item]]:
        chunks = self._recording._chunks[at]
        if isinstance(chunks, list):
            return [list(self._recording._items([chunk])) for chunk in chunks]
        return list(self._recording._items([chunks]))


def _unpacked(file: BinaryIO, place: Place) -> bytes:
    file.seek(place.offset)
    return records.unpack(file.read(place.length))


def _about(path: Path, found: Survey) -> About:
    if found.metadata is None and found.profile in ("", layout.PROFILE):
        raise _error(path, "it was cut or damaged at its very beginning; nothing of it can be read")
    if found.metadata is None:
        what = f"this .mcap is of another kind ({found.profile[:40]!r})"
        raise _error(path, what, "name a recording made by rhomboid")
    try:
        return About.from_metadata(found.metadata)
    except msgspec.ValidationError as problem:
        raise _error(path, f"what it says about itself is damaged ({problem})") from problem


def _recovered(found: Survey, damaged: int, duration_s: float) -> str | None:
    """What is missing, in words; None if nothing is."""
    sentences = []
    if found.stated_crc is None:
        sentences.append("the recording was not closed (the program or the machine stopped)")
    elif not found.complete:
        sentences.append("the index at the end is missing, no packet is")
    if damaged:
        sentences.append(f"damaged parts of about a second that were left out: {damaged}")
    if found.lost_bytes:
        sentences.append(f"{found.lost_bytes} bytes could not be read")
    if found.stated_crc and not found.sound and not damaged and not found.lost_bytes:
        sentences.append("its checksum does not hold though that of every packet does: the description may be damaged")
    return f"recovered {duration_s:.1f} s: {'; '.join(sentences)}" if sentences else None


def _error(path: Path, what: str, do: str = "restore it from a copy") -> RecordingError:
    return RecordingError(what, do=do, where=str(path))
