"""Finds the whole records of an MCAP file that may be cut, damaged or made to do harm, and unpacks its chunks.

No length and no checksum is trusted before it was compared with something: memory is bounded by ``MAX_BYTES``, time by
the size of the file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, NamedTuple

import msgspec
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, DataEnd, Header, Metadata
from mcap.writer import MCAP0_MAGIC

MAX_BYTES = 16 << 20
"""The largest record and the largest unpacked chunk that is looked at; ours are hundreds of times smaller."""
MAX_RATIO = 50
"""All chunks together may unpack to ``MAX_BYTES`` and this many times the file; ours unpack to some three times."""
MAX_CHANNELS = 1000
"""A sensor has a handful of characteristics."""
WINDOW = 1 << 13
"""How much is read at a time when the next chunk is looked for; small, since it may be looked for often."""

HEAD = struct.Struct("<BQ")
"""Every record begins with its opcode and the length of what follows."""
MESSAGE = struct.Struct("<HIQQ")
"""A message begins with channel, sequence, log time and publish time; its data follow."""
_CHUNK = struct.Struct("<QQQII")  # start, end, unpacked size, checksum, length of the name of the compression
_LENGTH = struct.Struct("<Q")
_ZSTD = zstandard.ZstdDecompressor()
_CHUNK_HEAD = HEAD.size + _CHUNK.size + len("zstd") + _LENGTH.size
_SIGNATURE = b"\x04\x00\x00\x00zstd"
_SIGNATURE_AT = HEAD.size + _CHUNK.size - 4
_OPCODES = frozenset(Opcode)
_MALFORMED = (McapError, struct.error, ValueError, OverflowError)


class Damage(Exception):
    """What was looked at is not what it should be; what, in words."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a chunk's content lies in the file."""

    offset: int
    length: int


class Survey(msgspec.Struct):
    """What a file holds, as far as it can be told from the records around the chunks."""

    profile: str = ""
    metadata: dict[str, str] | None = None
    """Of the name that was asked for."""
    channels: dict[int, Channel] = {}
    chunks: list[Place] = []
    data_crc: int = 0
    """The checksum over everything before the end of the data ..."""
    stated_crc: int | None = None
    """... and what it should be: 0 if the writer did not say, None if the end of the data was not found."""
    complete: bool = False
    """The file ends as it should."""
    lost_bytes: int = 0
    """What could not be understood, at the end or in between."""

    @property
    def sound(self) -> bool:
        """Every byte of the data is as it was written, chunks included."""
        return self.data_crc == self.stated_crc != 0


class _Stretch(NamedTuple):
    """A record of the file from ``start`` to ``end``; ``content`` is None where no record could be made out."""

    opcode: int
    start: int
    end: int
    content: bytes | None


def is_mcap(file: BinaryIO) -> bool:
    """Whether the file begins as every MCAP file does."""
    return file.read(len(MCAP0_MAGIC)) == MCAP0_MAGIC


def survey(file: BinaryIO, size: int, metadata_name: str) -> Survey:
    """Goes through the records of an MCAP file of ``size`` bytes. Raises OSError, and Damage where it is a trap."""
    found = Survey(data_crc=zlib.crc32(MCAP0_MAGIC))
    unpacked = 0
    for opcode, start, end, content in _stretches(file, size):
        if content is None:
            found.lost_bytes += end - start
            continue
        if opcode == Opcode.FOOTER:
            found.complete = file.read() == MCAP0_MAGIC
            break
        try:
            if opcode == Opcode.CHUNK:
                unpacked += _unpacked_size(content)
                found.chunks.append(Place(start + HEAD.size, len(content)))
            else:
                _take(found, opcode, content, metadata_name)
        except (Damage, *_MALFORMED):
            found.lost_bytes += end - start
        if found.stated_crc is None:
            found.data_crc = zlib.crc32(content, zlib.crc32(HEAD.pack(opcode, len(content)), found.data_crc))
        if unpacked > MAX_BYTES + MAX_RATIO * size:
            raise Damage(f"its {size / 1e6:.1f} MB claim to unpack to more than {unpacked / 1e6:.0f} MB")
    return found


def _stretches(file: BinaryIO, size: int) -> Iterator[_Stretch]:
    """The records one after the other; where the lengths have gone astray, on from what next looks like a chunk."""
    start = len(MCAP0_MAGIC)
    while start < size:
        file.seek(start)
        head = file.read(_CHUNK_HEAD)
        opcode, length = HEAD.unpack_from(head) if len(head) >= HEAD.size else (0, 0)
        end = start + HEAD.size + length
        fits = opcode in _OPCODES and end <= size and length <= MAX_BYTES
        if fits and (opcode != Opcode.CHUNK or _agrees(head, length)):
            file.seek(start + HEAD.size)
            yield _Stretch(opcode, start, end, file.read(length))
        else:
            end = _next_chunk(file, start + 1, size)
            yield _Stretch(opcode, start, end, None)
        start = end


def _agrees(head: bytes, length: int) -> bool:
    """Whether the lengths inside a chunk add up to the ``length`` of its record."""
    if len(head) < HEAD.size + _CHUNK.size:
        return False
    name: int = _CHUNK.unpack_from(head, HEAD.size)[-1]
    at = HEAD.size + _CHUNK.size + name
    if at + _LENGTH.size > len(head):
        return False
    packed: int = _LENGTH.unpack_from(head, at)[0]
    return at + _LENGTH.size + packed == HEAD.size + length


def _next_chunk(file: BinaryIO, start: int, size: int) -> int:
    """The first position from ``start`` on at which a chunk may begin; ``size`` if there is none."""
    window_at, kept = start + _SIGNATURE_AT, b""
    file.seek(window_at)
    while more := file.read(WINDOW):
        window = kept + more
        at = window.find(_SIGNATURE)
        if at >= 0:
            return window_at - len(kept) + at - _SIGNATURE_AT
        window_at += len(more)
        kept = window[-(len(_SIGNATURE) - 1) :]
    return size


def _take(found: Survey, opcode: int, content: bytes, metadata_name: str) -> None:
    """Keeps what a record outside the chunks tells."""
    stream = ReadDataStream(BytesIO(content))
    if opcode == Opcode.DATA_END:
        found.stated_crc = DataEnd.read(stream).data_section_crc
    elif opcode == Opcode.HEADER:
        found.profile = Header.read(stream).profile
    elif opcode == Opcode.METADATA:
        record = Metadata.read(stream)
        if record.name == metadata_name:
            found.metadata = record.metadata
    elif opcode == Opcode.CHANNEL:
        _add_channel(found.channels, content)


def _add_channel(channels: dict[int, Channel], content: bytes) -> None:
    if len(channels) >= MAX_CHANNELS:
        raise Damage("it has more channels than any sensor")
    channel = Channel.read(ReadDataStream(BytesIO(content)))
    channels.setdefault(channel.id, channel)


def _unpacked_size(chunk: bytes) -> int:
    size: int = _CHUNK.unpack_from(chunk)[2]
    if size > MAX_BYTES:
        raise Damage(f"a chunk claims to unpack to {size / 1e6:.0f} MB")
    return size


def unpack(content: bytes) -> bytes:
    """The records in a chunk, compared with the chunk's checksum. Raises Damage."""
    try:
        size = _unpacked_size(content)
        *_, crc, name_length = _CHUNK.unpack_from(content)
        compression = content[_CHUNK.size : _CHUNK.size + name_length]
        data = content[_CHUNK.size + name_length + _LENGTH.size :]
        if compression == b"zstd":
            # What the frame itself claims decides how much memory is taken, so that is what has to be bounded.
            if zstandard.frame_content_size(data) != size:
                raise Damage("a chunk contradicts itself about its size")
            data = _ZSTD.decompress(data)
        elif compression:
            raise Damage(f"a chunk is packed in a way that is not known here ({compression!r})")
    except (*_MALFORMED, zstandard.ZstdError) as problem:
        raise Damage("a chunk cannot be unpacked") from problem
    if zlib.crc32(data) != crc:
        raise Damage("a chunk's checksum does not hold")
    return data


@lru_cache(64)
def _message(length: int) -> struct.Struct:
    """A whole record that is a message: opcode, length, what ``MESSAGE`` has, and its data."""
    return struct.Struct(f"{HEAD.format}{MESSAGE.format[1:]}{length - MESSAGE.size}s")


def messages(data: bytes, channels: dict[int, Channel]) -> Iterator[list[tuple[int, int, bytes]]]:
    """(channel, log time in ns, data) of the messages in an unpacked chunk, as many at once as are of one length; the
    chunk's channels are added. Raises Damage, also for messages of a channel that nothing describes."""
    position, end = 0, len(data)
    try:
        while position < end:
            opcode, length = HEAD.unpack_from(data, position)
            size = HEAD.size + length
            if size > end - position:
                raise Damage("a record reaches beyond its chunk")
            if opcode == Opcode.MESSAGE:
                # Most messages are as long as the one before: they are taken apart together.
                alike = memoryview(data)[position : position + (end - position) // size * size]
                run = []
                for kind, its_length, channel, _, log_ns, _, content in _message(length).iter_unpack(alike):
                    if kind != opcode or its_length != length:
                        break
                    if channel not in channels:
                        raise Damage("a packet belongs to a channel that nothing describes")
                    run.append((channel, log_ns, content))
                yield run
                position += size * len(run)
                continue
            if opcode == Opcode.CHANNEL:
                _add_channel(channels, data[position + HEAD.size : position + size])
            position += size
    except _MALFORMED as problem:
        raise Damage("a chunk holds a malformed record") from problem
