"""A recording that is cut, damaged, foreign or a trap gives what is whole and says what is missing, or an error."""

from __future__ import annotations

import os
import struct
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.data_stream import RecordBuilder
from mcap.records import Channel
from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

from rhomboid.errors import RecordingError
from rhomboid.imu import Notification
from rhomboid.recording import layout, records
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from tests.conftest import tries

from .hostile import BOMB, HUGE, LYING_FRAME, chunk, message, records_of, trap

Outcome = tuple[Recording, list[Notification]] | None


def outcome(path: Path, content: bytes) -> Outcome:
    """What reading ``content`` gives: the recording and its packets, or None after one clear error."""
    path.unlink(missing_ok=True)  # to replace it is slow on some file systems
    path.write_bytes(content)
    try:
        recording = Recording.open(path)
        packets = list(recording.notifications())
        list(recording.events())
        list(recording.notes())
    except RecordingError as error:
        assert str(error).startswith(str(path)) and "; " in str(error)
        assert str(error).isprintable() and len(str(error)) < len(str(path)) + 300
        return None
    assert recording.duration_s >= 0 and packets
    return recording, packets


def is_part(some: list[Notification], whole: list[Notification]) -> bool:
    """Whether ``some`` are packets of ``whole``, unchanged and in order."""
    remaining = iter(whole)
    return all(packet in remaining for packet in some)


def test_cut_at_any_byte(recording_path: Path, packets: list[Notification]) -> None:
    content = recording_path.read_bytes()
    counts = []
    for cut in range(len(content)):
        found = outcome(recording_path, content[:cut])
        if found is None:
            counts.append(0)
            continue
        recording, read = found
        assert read == packets[: len(read)]
        assert recording.recovered is not None and f"{recording.duration_s:.1f} s" in recording.recovered
        assert recording.duration_s == (read[-1].host_ns - read[0].host_ns) / 1e9
        counts.append(len(read))
    assert counts == sorted(counts)
    assert counts[0] == 0 and counts[-1] == len(packets)


def test_each_chunk_that_is_whole_is_recovered(recording_path: Path, packets: list[Notification]) -> None:
    content = recording_path.read_bytes()
    chunks = [(start, length) for opcode, start, length in records_of(content) if opcode == 6]
    assert len(chunks) == 5
    before = 0
    for start, length in chunks:
        torn, whole = (
            outcome(recording_path, content[: start + length - 1]),
            outcome(recording_path, content[: start + length]),
        )
        assert whole is not None
        assert (0 if torn is None else len(torn[1])) == before < len(whole[1])
        before = len(whole[1])
    assert before == len(packets)


def test_any_flipped_bit_is_survived_and_never_passed_over_in_silence(
    recording_path: Path, packets: list[Notification], about: About
) -> None:
    content = recording_path.read_bytes()
    summary_start = next(start + length for opcode, start, length in records_of(content) if opcode == 15)
    names = [range(start, start + length) for opcode, start, length in records_of(content) if opcode == 4]
    for at in range(len(content)):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at * 5 % 8)
        found = outcome(recording_path, bytes(flipped))
        if found is None:
            continue
        recording, read = found
        assert is_part(read, packets) or any(at in name for name in names)  # a characteristic may have changed its name
        if at < summary_start:
            assert recording.recovered is not None
        else:
            assert (recording.about, read) == (about, packets)


def test_a_damaged_chunk_costs_itself_alone(recording_path: Path, packets: list[Notification]) -> None:
    content = recording_path.read_bytes()
    chunks = [(start, length) for opcode, start, length in records_of(content) if opcode == 6]
    with recording_path.open("rb") as file:
        channels = records.survey(file, len(content), layout.ABOUT).channels
    first = 0
    for start, length in chunks:
        count = sum(map(len, records.messages(records.unpack(content[start + 9 : start + length]), channels)))
        others = packets[:first] + packets[first + count :]
        first += count
        for at in (0, 1, 2, 4, 8, 25, 33, 37, 41, 45, 50, 60, length - 3):
            flipped = bytearray(content)
            flipped[start + at] ^= 0x55
            found = outcome(recording_path, bytes(flipped))
            assert found is not None
            assert found[1] == others
            assert found[0].recovered is not None


def test_a_chunk_is_found_again_behind_any_stretch_of_nonsense(tmp_path: Path) -> None:
    good = trap(chunk(message(1)))
    again = trap(chunk(message(2)))[len(trap()) :]
    for stretch in (1, 2, 100, *range(records.WINDOW - 50, records.WINDOW + 20), 3 * records.WINDOW):
        found = outcome(tmp_path / "x.mcap", good + b"\xff" * stretch + again)
        assert found is not None
        assert [packet.host_ns for packet in found[1]] == [1, 2]
        assert found[0].recovered is not None and f"{stretch} bytes could not be read" in found[0].recovered


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_mangling_gives_a_result_or_a_clear_error(
    recording_path: Path, packets: list[Notification], data: st.DataObject
) -> None:
    path = recording_path.with_name("mangled.mcap")
    content = bytearray(recording_path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 300, len(content))))
        piece = data.draw(st.one_of(st.binary(max_size=40), st.just(bytes(content[start // 2 : start // 2 + 200]))))
        content[start:end] = piece
    outcome(path, bytes(content))


@settings(max_examples=tries(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_clear_error(tmp_path: Path, content: bytes, with_magic: bool) -> None:
    assert outcome(tmp_path / "x.mcap", (MCAP0_MAGIC if with_magic else b"") + content) is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"t_s,ax_g\n", "this is no .mcap file"),
        (MCAP0_MAGIC, "at its very beginning"),
        (MCAP0_MAGIC + bytes(1000), "at its very beginning"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "x.mcap"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=what):
        Recording.open(path)


def test_places_where_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        Recording.open(tmp_path / "none.mcap")
    with pytest.raises(RecordingError, match="a folder"):
        Recording.open(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders there")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mcap")
    with pytest.raises(RecordingError, match="not a regular file"):
        Recording.open(tmp_path / "pipe.mcap")


def test_a_recording_of_nothing(tmp_path: Path, about: About) -> None:
    from rhomboid.recording.writer import RecordingWriter

    path = tmp_path / "x.mcap"
    with RecordingWriter(path, about) as writer:
        writer.write_note("nobody came", 1)
    with pytest.raises(RecordingError, match="it holds no packets"):
        Recording.open(path)


def test_a_recording_that_changes_while_it_is_read(recording_path: Path) -> None:
    recording = Recording.open(recording_path)
    os.truncate(recording_path, 1500)
    with pytest.raises(RecordingError):
        list(recording.notifications())
    recording_path.unlink()
    with pytest.raises(RecordingError, match="no such file"):
        list(recording.notifications())


# --- other people's files -------------------------------------------------------------------------------------------


def foreign(path: Path, profile: str, metadata: dict[str, str] | None, packets: list[Notification]) -> None:
    """The packets as the library's own writer lays them out: channels inside chunks, other compression."""
    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType.NONE, chunk_size=500)
        writer.start(profile=profile, library="another program")
        if metadata is not None:
            writer.add_metadata(layout.ABOUT, metadata)
        schema = writer.register_schema("rhomboid.Notification", "text/plain", b"bytes")
        channels: dict[str, int] = {}
        for packet in packets:
            uuid = packet.characteristic
            if uuid not in channels:
                topic = layout.NOTIFICATION_TOPIC + uuid
                channels[uuid] = writer.register_channel(topic, "bytes", schema, {layout.CHARACTERISTIC: uuid})
            writer.add_message(channels[uuid], packet.host_ns, packet.data, packet.host_ns)
        writer.finish()


def test_a_file_of_another_program_is_refused_by_name(tmp_path: Path, packets: list[Notification]) -> None:
    foreign(tmp_path / "x.mcap", "ros2", None, packets)
    with pytest.raises(RecordingError, match=r"of another kind .*ros2.*rhomboid"):
        Recording.open(tmp_path / "x.mcap")


def test_a_recording_that_another_tool_has_rewritten(tmp_path: Path, packets: list[Notification], about: About) -> None:
    foreign(tmp_path / "x.mcap", "rhomboid", about.to_metadata(), packets)
    recording = Recording.open(tmp_path / "x.mcap")
    assert recording.about == about
    assert list(recording.notifications()) == packets
    assert recording.recovered is None


# --- traps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        trap(chunk(b"", packed=LYING_FRAME, size=HUGE)),
        trap(chunk(b"", packed=LYING_FRAME, size=1000)),
        trap(chunk(b"", packed=b"no frame at all", size=15)),
        trap(*[chunk(b"", packed=BOMB, size=15 << 20)] * 200),
        trap(chunk(message(channel=9))),
        trap(chunk(struct.pack("<BQ", 5, 2**63) + bytes(22))),
        trap(chunk(struct.pack("<BQ", 5, 3) + bytes(3))),
        trap(chunk(struct.pack("<BQ", 4, 30) + struct.pack("<HHI", 1, 1, 2**31) + bytes(22))),
        trap(chunk(message(channel=4000)), channels=5000),
        MCAP0_MAGIC + struct.pack("<BQ", 12, 2**63),
        MCAP0_MAGIC + struct.pack("<BQII", 12, 8, 0, 2**31),
        MCAP0_MAGIC + (b"\x06" + bytes(36) + b"\x04\x00\x00\x00zstd") * 20_000,
    ],
    ids=lambda content: f"{len(content)} bytes",
)
def test_a_trap_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    started = time.monotonic()
    assert outcome(tmp_path / "x.mcap", content) is None
    assert time.monotonic() - started < 2.0


def test_a_trap_beside_real_packets_does_not_take_them_away(tmp_path: Path) -> None:
    content = trap(chunk(message(1)), chunk(b"", packed=LYING_FRAME, size=HUGE), chunk(message(2**64 - 1)))
    found = outcome(tmp_path / "x.mcap", content)
    assert found is not None
    recording, packets = found
    assert [packet.host_ns for packet in packets] == [1, 2**64 - 1]
    assert recording.recovered is not None


@pytest.mark.parametrize("topic", [layout.EVENT_TOPIC, layout.NOTE_TOPIC])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"event": "from the future"}',
        b'{"text": 5}',
        b'{"event": "gap", "x": ' + b"[" * 100_000,
    ],
    ids=range(6),
)
def test_events_and_notes_that_are_none(tmp_path: Path, topic: str, data: bytes) -> None:
    builder = RecordBuilder()
    Channel(id=1, topic=topic, message_encoding="json", metadata={}, schema_id=0).write(builder)
    chunk(message() + message(channel=1, data=data)).write(builder)
    path = tmp_path / "x.mcap"
    path.write_bytes(trap() + bytes(builder.end()))
    recording = Recording.open(path)
    assert len(list(recording.notifications())) == 1
    with pytest.raises(RecordingError):
        list(recording.events() if topic == layout.EVENT_TOPIC else recording.notes())


def test_words_from_a_file_cannot_steer_the_terminal(tmp_path: Path, packets: list[Notification]) -> None:
    foreign(tmp_path / "x.mcap", "\x1b[2J\n" * 1000, None, packets)
    with pytest.raises(RecordingError) as caught:
        Recording.open(tmp_path / "x.mcap")
    assert str(caught.value).isprintable()
