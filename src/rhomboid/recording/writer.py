"""Writes a packet log as it comes, so that a crash at any moment costs at most the last second.

The records are mcap's own; its ``Writer`` class is not used because it keeps an object a chunk until the end (2 MB an
hour) and puts the channels inside the first chunk, where one damaged byte would take them all.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import cast

import msgspec
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
)
from mcap.writer import LIBRARY_IDENTIFIER, MCAP0_MAGIC

from rhomboid import __version__, events
from rhomboid.errors import RecordingError
from rhomboid.imu import Command, LinkChange, Notification, Request
from rhomboid.recording import files, layout
from rhomboid.recording.layout import About, Kind, NoteText, RequestText
from rhomboid.recording.records import HEAD, MESSAGE

CHUNK_NS = 800_000_000
CHUNK_BYTES = 1 << 20
"""A chunk is written out once it spans this long or holds this much, whichever comes first."""

_MESSAGE = struct.Struct(HEAD.format + MESSAGE.format[1:])


class RecordingWriter:
    """A new packet log at ``path``. Use as a context manager, or ``close`` it; both may be done after an error.

    Raises UsageError where ``path`` exists (unless ``force``) or cannot be created. Every write may raise
    RecordingError (a full disk): what had been written by then is kept and readable, and the recording is over.
    """

    def __init__(self, path: Path, about: About, *, force: bool = False) -> None:
        self._path = path
        self._file = files.create(path, force=force)
        self._size = self._synced = self._data_crc = 0
        self._over: RecordingError | None = None
        self._compressor = zstandard.ZstdCompressor()
        self._chunk = bytearray()
        self._chunk_start_ns = self._chunk_end_ns = 0
        self._schemas: dict[str, Schema] = {}
        self._channels: dict[str, Channel] = {}
        self._messages: defaultdict[int, int] = defaultdict(int)
        self._start_ns = self._end_ns = self._chunks = 0
        self._index = bytearray()
        """Packed by ``_pack_index``, or it would grow by 0.35 MB an hour."""
        self._pack_index = zlib.compressobj()

        library = f"rhomboid/{__version__} {LIBRARY_IDENTIFIER}"
        header = MCAP0_MAGIC + _encoded(Header(profile=layout.PROFILE, library=library))
        metadata = _encoded(Metadata(name=layout.ABOUT, metadata=about.to_metadata()))
        self._enter(MetadataIndex(offset=len(header), length=len(metadata), name=layout.ABOUT))
        self._append(header + metadata)

    def write_notification(self, notification: Notification) -> None:
        """One packet, as it arrived."""
        uuid = notification.characteristic
        topic = layout.NOTIFICATION_TOPIC + uuid
        channel = self._channels.get(topic) or self._open(topic, layout.NOTIFICATION, {layout.CHARACTERISTIC: uuid})
        self._write(channel, notification.host_ns, notification.data)

    def write_request(self, request: Request) -> None:
        """What the user asked for, between the packets where it took effect."""
        channel = self._channels.get(layout.REQUEST_TOPIC) or self._open(layout.REQUEST_TOPIC, layout.REQUEST)
        self._write(channel, request.host_ns, msgspec.json.encode(RequestText(request.kind, request.exercise)))

    def write_command(self, command: Command) -> None:
        """What the user told, between the packets where it was heard."""
        channel = self._channels.get(layout.COMMAND_TOPIC) or self._open(layout.COMMAND_TOPIC, layout.COMMAND)
        self._write(channel, command.host_ns, msgspec.json.encode(command))

    def write_link(self, change: LinkChange) -> None:
        """Another state of the link, in its place among the packets."""
        channel = self._channels.get(layout.LINK_TOPIC) or self._open(layout.LINK_TOPIC, layout.LINK)
        self._write(channel, change.host_ns, msgspec.json.encode(change))

    def write_event(self, event: events.Event, host_ns: int) -> None:
        """An event, at the host time of the packet that decided it."""
        channel = self._channels.get(layout.EVENT_TOPIC) or self._open(layout.EVENT_TOPIC, layout.EVENT)
        self._write(channel, host_ns, events.encode(event))

    def write_note(self, text: str, host_ns: int) -> None:
        """A remark for people."""
        channel = self._channels.get(layout.NOTE_TOPIC) or self._open(layout.NOTE_TOPIC, layout.NOTE)
        self._write(channel, host_ns, msgspec.json.encode(NoteText(text)))

    def flush(self) -> None:
        """Returns once the drive itself has what was written so far, which may take a while; for every second.

        A program that is killed loses nothing that was handed to the operating system, but a drive that is pulled out
        or a machine without power does.
        """
        self._end_chunk()
        if self._over is None and self._size > self._synced:
            try:
                os.fsync(self._file.fileno())
            except OSError as problem:
                raise self._ended(problem) from problem
            self._synced = self._size

    def _end_chunk(self) -> None:
        if not self._chunk:
            return
        content, start_ns, end_ns = bytes(self._chunk), self._chunk_start_ns, self._chunk_end_ns
        self._chunk.clear()
        data = self._compressor.compress(content)
        chunk = _encoded(
            Chunk(
                compression="zstd",
                data=data,
                message_start_time=start_ns,
                message_end_time=end_ns,
                uncompressed_crc=zlib.crc32(content),
                uncompressed_size=len(content),
            )
        )
        offset = self._size
        self._append(chunk)
        self._enter(
            ChunkIndex(
                chunk_start_offset=offset,
                chunk_length=len(chunk),
                message_start_time=start_ns,
                message_end_time=end_ns,
                message_index_offsets={},
                message_index_length=0,
                compression="zstd",
                compressed_size=len(data),
                uncompressed_size=len(content),
            )
        )
        self._start_ns = min(self._start_ns, start_ns) if self._chunks else start_ns
        self._end_ns = max(self._end_ns, end_ns)
        self._chunks += 1

    def close(self) -> None:
        """Writes what is left and the index, and closes the file. Nothing happens the second time."""
        if self._over is not None:
            return
        self._end_chunk()
        self._append(_encoded(DataEnd(data_section_crc=self._data_crc)))
        index = zlib.decompress(self._index + self._pack_index.flush())
        summary = _encoded(*self._schemas.values(), *self._channels.values(), self._statistics()) + index
        footer = Footer(summary_start=self._size, summary_offset_start=0, summary_crc=0)
        footer.summary_crc = zlib.crc32(summary + _encoded(footer)[:-4])  # up to the field itself
        self._append(summary + _encoded(footer) + MCAP0_MAGIC)
        self.flush()
        self._over = RecordingError("the recording is closed", do="start a new one", where=str(self._path))
        self._file.close()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, topic: str, kind: Kind, metadata: dict[str, str] | None = None) -> Channel:
        """A new channel, with its schema if that is new too, written at once and outside the chunks."""
        records: list[McapRecord] = []
        schema = self._schemas.get(kind.schema)
        if schema is None:
            schema = Schema(
                id=len(self._schemas) + 1, name=kind.schema, encoding=kind.schema_encoding, data=kind.schema_text
            )
            records.append(schema)
        channel = Channel(
            id=len(self._channels) + 1,
            topic=topic,
            message_encoding=kind.message_encoding,
            metadata=metadata or {},
            schema_id=schema.id,
        )
        self._append(_encoded(*records, channel))
        self._schemas[kind.schema], self._channels[topic] = schema, channel
        return channel

    def _write(self, channel: Channel, host_ns: int, data: bytes) -> None:
        if self._over is not None:
            raise self._over
        if not self._chunk:
            self._chunk_start_ns = self._chunk_end_ns = host_ns
        self._chunk += _MESSAGE.pack(Opcode.MESSAGE, MESSAGE.size + len(data), channel.id, 0, host_ns, host_ns)
        self._chunk += data
        self._chunk_start_ns = min(self._chunk_start_ns, host_ns)
        self._chunk_end_ns = max(self._chunk_end_ns, host_ns)
        self._messages[channel.id] += 1
        if self._chunk_end_ns - self._chunk_start_ns >= CHUNK_NS or len(self._chunk) >= CHUNK_BYTES:
            self._end_chunk()

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=0,
            channel_count=len(self._channels),
            channel_message_counts=dict(self._messages),
            chunk_count=self._chunks,
            message_count=sum(self._messages.values()),
            message_start_time=self._start_ns,
            message_end_time=self._end_ns,
            metadata_count=1,
            schema_count=len(self._schemas),
        )

    def _enter(self, entry: McapRecord) -> None:
        """Into the index, which is written at the end."""
        self._index += self._pack_index.compress(_encoded(entry))

    def _append(self, content: bytes) -> None:
        """Appends whole records, or nothing: what a full disk cut short is taken back."""
        if self._over is not None:
            raise self._over
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as problem:
            raise self._ended(problem) from problem
        self._size += len(content)
        self._data_crc = zlib.crc32(content, self._data_crc)

    def _ended(self, problem: OSError) -> RecordingError:
        """The drive takes no more: what is whole is left as it is, and every further call raises this."""
        with suppress(OSError):  # the drive may be gone altogether; then a reader leaves out the torn record
            self._file.truncate(self._size)
        with suppress(OSError):
            self._file.close()
            if not self._size:
                self._path.unlink()
        self._over = RecordingError(
            f"the recording stopped, nothing more can be written ({files.reason(problem)})",
            do="what was recorded until then is kept; make room and start a new recording",
            where=str(self._path),
        )
        return self._over


def _encoded(*records: McapRecord) -> bytes:
    builder = RecordBuilder()
    for record in records:
        record.write(builder)
    return cast("bytes", builder.end())  # type: ignore[no-untyped-call]
