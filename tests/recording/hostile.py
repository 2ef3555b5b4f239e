"""Recordings that were cut, damaged, forged or made by others: a corpus of files that must do no harm.

``python -m benchmarks.hostile`` measures the worst time and memory that any of them costs.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.records import Attachment, Channel, Chunk, Header, Metadata, Schema
from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

from rhomboid.recording import layout
from rhomboid.recording.layout import About
from rhomboid.sensors.rhomboid_stream import STREAM


def records_of(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(opcode, start, length) of every record."""
    at = len(MCAP0_MAGIC)
    while at < len(content) - len(MCAP0_MAGIC):
        opcode, length = struct.unpack_from("<BQ", content, at)
        yield opcode, at, 9 + length
        at += 9 + length


def trap(
    *chunks: Chunk,
    channels: int = 1,
    uuid: str = "",
    about: dict[str, str] | None = None,
    topics: dict[int, str] | None = None,
) -> bytes:
    """A recording of these chunks; so many channels are of packets, ``topics`` those of others."""
    builder = RecordBuilder()
    Header(profile=layout.PROFILE, library="").write(builder)
    told = About(family="rhomboid", started_at="").to_metadata() | (about or {})
    Metadata(name=layout.ABOUT, metadata=told).write(builder)
    named = {layout.CHARACTERISTIC: uuid} if uuid else {}
    for i in range(channels):
        topic = layout.NOTIFICATION_TOPIC + uuid
        Channel(id=i % 65536, topic=topic, message_encoding="", metadata=named, schema_id=0).write(builder)
    for i, topic in (topics or {}).items():
        Channel(id=i, topic=topic, message_encoding="json", metadata={}, schema_id=0).write(builder)
    for chunk in chunks:
        chunk.write(builder)
    return MCAP0_MAGIC + bytes(builder.end())


def message(log_ns: int = 1, channel: int = 0, data: bytes = b"packet") -> bytes:
    return struct.pack("<BQHIQQ", 5, 22 + len(data), channel, 0, log_ns, log_ns) + data


def chunk(content: bytes, *, packed: bytes | None = None, size: int | None = None) -> Chunk:
    return Chunk(
        compression="zstd",
        data=zstandard.compress(content) if packed is None else packed,
        message_start_time=0,
        message_end_time=2**64 - 1,
        uncompressed_crc=zlib.crc32(content),
        uncompressed_size=len(content) if size is None else size,
    )


HUGE = 100 * 10**9
LYING_FRAME = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", HUGE) + b"\x01\x00\x00"
BOMB = zstandard.compress(bytes(15 << 20))


# --- the corpus -------------------------------------------------------------------------------------------------------

LENGTHS = (0, 1, 8, 255, 2**16, 2**31, 2**40, 2**63, 2**64 - 1)
LATEST_NS = 2**64 - 1  # the year 2554: later cannot be written; an event or a note may still say 9999


def corpus(good: bytes, *, heavy: bool) -> Iterator[tuple[str, bytes]]:
    """(what is wrong, content) of each file, made from a ``good`` one; ``heavy``: with those of many megabytes."""
    luck = random.Random(1)  # noqa: S311
    places = [(start, length) for _, start, length in records_of(good)]
    yield from ((f"cut at {at}", good[:at]) for at in luck.sample(range(len(good)), 60))
    for _ in range(120):
        bad, at = bytearray(good), luck.randrange(8, len(good))
        bad[at] ^= 1 << luck.randrange(8)
        yield f"bit flipped at {at}", bytes(bad)
    for number, (start, _) in enumerate(places[:12]):
        for length in LENGTHS:
            yield (
                f"record {number} claims {length} bytes",
                good[: start + 1] + struct.pack("<Q", length) + good[start + 9 :],
            )
    pieces = [good[start : start + length] for start, length in places]
    for number in range(20):
        yield f"reordered {number}", good[:8] + b"".join(luck.sample(pieces, len(pieces))) + good[-8:]
    yield "every record twice", good[:8] + b"".join(piece * 2 for piece in pieces) + good[-8:]
    yield "twice", good * 2
    yield from _forged()
    yield from _foreign()
    if heavy:
        yield from _heavy(good)


def _forged() -> Iterator[tuple[str, bytes]]:
    packets = b"".join(message(10_000_000 * i) for i in range(100))
    for size in (0, 1, HUGE, 2**64 - 1):
        yield f"a chunk claims to unpack to {size} bytes", trap(chunk(packets, size=size))
        yield (
            f"so does its frame, {size}",
            trap(chunk(b"", packed=b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size), size=size)),
        )
    yield "a frame that ends early", trap(chunk(packets, packed=zstandard.compress(packets)[:-20]))
    yield "a frame that asks for a dictionary", trap(chunk(packets, packed=b"\x28\xb5\x2f\xfd\x63" + bytes(60)))
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(packets)
    yield "a frame that does not say its size", trap(chunk(packets, packed=unsized))
    yield "two frames", trap(chunk(packets, packed=zstandard.compress(packets) * 2))
    for name in ("lz4", "", "zstd ", "\x1b[2J", "z" * 70_000):
        odd = chunk(packets)
        odd.compression = name
        yield f"packed with {name[:8]!r}", trap(odd)
    yield "200 bombs", trap(*[chunk(b"", packed=BOMB, size=15 << 20)] * 200)
    yield "times at the end of time", trap(chunk(message(0) + message(LATEST_NS) + message(1)))
    yield "time backwards", trap(chunk(b"".join(message(10**12 - i * 10**7) for i in range(1000))))
    yield "all at one time", trap(chunk(b"".join(message(5) for _ in range(1000))))
    yield "no channel", trap(chunk(packets), channels=0)
    yield "999 channels", trap(chunk(packets), channels=999)
    yield "nested JSON", trap(chunk(packets), about={"settings": "[" * 100_000})
    yield "settings of another world", trap(chunk(packets), about={"settings": '{"mode": 7, "slouch": []}'})
    yield "a seed that is none", trap(chunk(packets), about={"seed": "9" * 5000})
    yield "a family that is none", trap(chunk(packets), about={"family": "\x1b[2J../../etc"})
    for topic in (layout.EVENT_TOPIC, layout.NOTE_TOPIC, layout.REQUEST_TOPIC, layout.LINK_TOPIC):
        for said in (b"", b"\xff", b"null", b"[" * 100_000, b'{"event":"gap","at_s":9e999}', b'{"kind":"x","state":1}'):
            yield (
                f"{topic} says {said[:12]!r}",
                trap(chunk(packets + message(channel=900, data=said)), topics={900: topic}),
            )


def _foreign() -> Iterator[tuple[str, bytes]]:
    for profile, schema, encoding in (
        ("ros2", "sensor_msgs/msg/Imu", "ros2msg"),
        ("ros1", "sensor_msgs/Imu", "ros1msg"),
        ("", "foxglove.Imu", "protobuf"),
        ("", "anything", "jsonschema"),
        ("x-custom", "", ""),
    ):
        for compression in CompressionType:
            file = BytesIO()
            writer = Writer(file, compression=compression)
            writer.start(profile=profile, library="another program")
            schema_id = writer.register_schema(schema, encoding, b"whatever")
            channel = writer.register_channel("/imu", "cdr", schema_id)
            for i in range(200):
                writer.add_message(channel, i, bytes(324), i)
            writer.add_attachment(0, 0, "../../evil.txt", "text/plain", b"x")
            writer.finish()
            yield f"foreign: {profile} {schema} {compression.name}", file.getvalue()


def _heavy(good: bytes) -> Iterator[tuple[str, bytes]]:
    yield "a million channels", trap(chunk(message()), channels=1_000_000)
    builder = RecordBuilder()
    for i in range(100_000):
        Channel(id=i % 65536, topic="/x", message_encoding="", metadata={}, schema_id=0).write(builder)
    yield "a hundred thousand channels in a chunk", trap(chunk(bytes(builder.end())))
    yield "half a million packets in a chunk", trap(chunk(message(data=b"") * 500_000))
    stream = b"".join(message(i * 10_000_000, data=b"\x01" + bytes(19)) for i in range(500_000))
    yield "half a million packets that are none", trap(chunk(stream), uuid=STREAM)
    yield "a hundred thousand chunks", trap(*[chunk(message(i)) for i in range(100_000)])
    yield "nothing but what looks like a chunk", MCAP0_MAGIC + (b"\x06" + bytes(36) + b"\x04\x00\x00\x00zstd") * 200_000
    yield "64 MB of noise", good[:-300] + random.Random(2).randbytes(64 << 20)  # noqa: S311
    note = b'{"text":"' + b"x" * 1000 + b'"}'
    yield (
        "sixty thousand notes",
        trap(chunk(message() + message(channel=900, data=note) * 60_000), topics={900: layout.NOTE_TOPIC}),
    )
    builder = RecordBuilder()
    Metadata(name=layout.ABOUT, metadata={str(i): "x" for i in range(200_000)}).write(builder)
    Schema(id=1, name="s" * (15 << 20), encoding="", data=b"").write(builder)
    Attachment(0, 0, "a" * (15 << 20), "", b"").write(builder)
    yield "a huge description, schema and attachment", trap(chunk(message())) + bytes(builder.end())
