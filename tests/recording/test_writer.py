"""What is written can be read again: by us exactly, by other people's tools, and while it is still being written."""

from __future__ import annotations

import os
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader

from rhomboid import events
from rhomboid.errors import RecordingError, UsageError
from rhomboid.imu import Command, Notification, Request
from rhomboid.recording.layout import About, Note
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from tests.conftest import tries

UUIDS = ["0000ffe4-0000-1000-8000-00805f9a34fb", "0000ffe9-0000-1000-8000-00805f9a34fb"]

entries = st.lists(
    st.tuples(
        st.integers(0, 3_000_000_000),
        st.one_of(
            st.tuples(st.sampled_from(UUIDS), st.binary(max_size=244)),
            st.floats(0, 1e6).map(lambda t: events.GapMarked(at_s=t, start_s=t, end_s=t + 1, reason="2 packets lost")),
            st.text(max_size=20),
            st.sampled_from(["reference", "guided_reference"]).map(lambda kind: Request(0, kind)),
            st.builds(Command, st.just(0), st.sampled_from(["count", "note"]), st.integers(-9, 9), st.text(max_size=9)),
        ),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=tries(60), deadline=None)
@given(entries)
def test_everything_written_is_read_back_in_order(content: list[tuple[int, object]]) -> None:
    packets = [Notification(0, UUIDS[0], b"first")]
    items: list[Notification | Request | Command] = [*packets]
    found_events: list[tuple[int, events.Event]] = []
    notes: list[Note] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.mcap"
        with RecordingWriter(path, About(family="stream", started_at="2026-01-01T00:00:00Z")) as writer:
            writer.write_notification(packets[0])
            host_ns = 0
            for step_ns, what in content:
                host_ns += step_ns
                if isinstance(what, tuple):
                    packets.append(Notification(host_ns, *what))
                    items.append(packets[-1])
                    writer.write_notification(packets[-1])
                elif isinstance(what, Request):
                    items.append(request := Request(host_ns, what.kind))
                    writer.write_request(request)
                elif isinstance(what, Command):
                    items.append(command := Command(host_ns, what.kind, what.value, what.text))
                    writer.write_command(command)
                elif isinstance(what, events.Event):
                    found_events.append((host_ns, what))
                    writer.write_event(what, host_ns)
                else:
                    notes.append(Note(host_ns, str(what)))
                    writer.write_note(str(what), host_ns)
        recording = Recording.open(path)
        assert list(recording.items()) == items
        assert list(recording.notifications()) == packets
        assert list(recording.events()) == found_events
        assert list(recording.notes()) == notes
        assert recording.duration_s == (packets[-1].host_ns - packets[0].host_ns) / 1e9
        assert recording.recovered is None


@settings(max_examples=tries(60), deadline=None)
@given(st.builds(About, script=st.none() | st.text(), seed=st.none() | st.integers(0, 2**63 - 1), **dict.fromkeys(
    ["family", "started_at", "sensor_name", "sensor_address", "settings"], st.text()
)))  # fmt: skip
def test_the_description_is_read_back(about: About) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.mcap"
        with RecordingWriter(path, about) as writer:
            writer.write_notification(Notification(1, UUIDS[0], b"x"))
        assert Recording.open(path).about == about


def test_the_mcap_library_reads_it_and_finds_every_checksum_right(
    recording_path: Path, packets: list[Notification]
) -> None:
    with recording_path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        assert reader.get_header().profile == "rhomboid"
        summary = reader.get_summary()
        assert summary is not None and summary.statistics is not None
        assert summary.statistics.message_count == len(packets)
        assert summary.statistics.message_start_time == packets[0].host_ns
        assert summary.statistics.message_end_time == packets[-1].host_ns
        assert len(summary.chunk_indexes) == summary.statistics.chunk_count
        read = [
            Notification(message.log_time, channel.metadata["characteristic"], message.data)
            for _, channel, message in reader.iter_messages(log_time_order=False)
        ]
        assert read == packets
        assert [metadata.name for metadata in reader.iter_metadata()] == ["rhomboid.about"]
    content = recording_path.read_bytes()
    summary_start, _, summary_crc = struct.unpack("<QQI", content[-28:-8])
    assert zlib.crc32(content[summary_start:-12]) == summary_crc


def test_at_most_a_second_is_ever_unwritten(tmp_path: Path, about: About) -> None:
    path = tmp_path / "x.mcap"
    with RecordingWriter(path, about) as writer:
        for i in range(1000):
            writer.write_notification(Notification(i * 10_000_000, UUIDS[0], bytes(20)))
            if i > 100 and i % 77 == 0:
                kept = [packet.host_ns for packet in Recording.open(path).notifications()]
                assert i * 10_000_000 - kept[-1] <= 1_000_000_000


def test_flush_writes_what_is_waiting(tmp_path: Path, about: About) -> None:
    path = tmp_path / "x.mcap"
    packet = Notification(5, UUIDS[0], b"alone")
    with RecordingWriter(path, about) as writer:
        writer.write_notification(packet)
        writer.flush()
        recording = Recording.open(path)
        assert list(recording.notifications()) == [packet]
        assert recording.recovered is not None and "not closed" in recording.recovered
        writer.flush()  # nothing is waiting: nothing happens


def test_a_minute_at_100_hz_takes_little_room(tmp_path: Path, about: About) -> None:
    path = tmp_path / "x.mcap"
    with RecordingWriter(path, about) as writer:
        for i in range(6000):
            samples = b"".join((i * k * k % 613).to_bytes(2, "little") for k in range(3, 9))
            writer.write_notification(Notification(i * 10_000_000 + i * i % 999_983, UUIDS[0], samples))
    assert path.stat().st_size < 10_000_000 / 60


def test_hours_of_recording_take_next_to_no_memory(tmp_path: Path, about: About) -> None:
    with RecordingWriter(tmp_path / "x.mcap", about) as writer:
        tracemalloc.start()
        try:
            for i in range(2 * 3600):
                writer.write_notification(Notification(i * 1_000_000_000 + i * i % 999_983, UUIDS[0], bytes(200)))
            assert tracemalloc.get_traced_memory()[0] < 300_000
        finally:
            tracemalloc.stop()


def test_what_exists_is_replaced_only_by_force(recording_path: Path, about: About) -> None:
    before = recording_path.read_bytes()
    with pytest.raises(UsageError, match="exists already; choose another name, or replace it with --force"):
        RecordingWriter(recording_path, about)
    assert recording_path.read_bytes() == before
    with RecordingWriter(recording_path, about, force=True) as writer:
        writer.write_notification(Notification(1, UUIDS[0], b"new"))
    assert [packet.data for packet in Recording.open(recording_path).notifications()] == [b"new"]


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file cannot be removed at all")
def test_what_is_being_written_is_not_replaced_even_by_force(tmp_path: Path, about: About) -> None:
    path = tmp_path / "x.mcap"
    writer = RecordingWriter(path, about)
    with pytest.raises(UsageError, match="is being written there just now; let it finish, or choose another name"):
        RecordingWriter(path, about, force=True)
    writer.write_notification(Notification(1, UUIDS[0], b"old"))
    writer.close()
    assert [packet.data for packet in Recording.open(path).notifications()] == [b"old"]
    RecordingWriter(path, about, force=True).close()


def test_the_drive_is_asked_to_keep_the_file_its_name_and_every_flush(
    tmp_path: Path, about: About, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (kept.append(os.fstat(file).st_size), real(file)))
    with RecordingWriter(tmp_path / "x.mcap", about) as writer:
        assert len(kept) == (0 if sys.platform == "win32" else 1)
        for i in range(3):
            writer.write_notification(Notification(i, UUIDS[0], b"x"))
            writer.flush()
            writer.flush()  # nothing new: nothing asked
            assert kept[-1] == (tmp_path / "x.mcap").stat().st_size
        assert len(kept) == (3 if sys.platform == "win32" else 4)
    assert kept[-1] == (tmp_path / "x.mcap").stat().st_size


def test_a_drive_that_is_pulled_out_ends_it_clearly(
    tmp_path: Path, about: About, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: int) -> None:
        raise OSError(5, "Input/output error")

    writer = RecordingWriter(tmp_path / "x.mcap", about)
    writer.write_notification(Notification(1, UUIDS[0], b"x"))
    monkeypatch.setattr(os, "fsync", gone)
    with pytest.raises(RecordingError, match=r"nothing more can be written \(input/output error\)"):
        writer.flush()
    with pytest.raises(RecordingError, match="nothing more can be written"):
        writer.write_notification(Notification(2, UUIDS[0], b"y"))
    writer.close()
    assert len(list(Recording.open(tmp_path / "x.mcap").notifications())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path, about: About) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir(mode=0o500)
    is_root = os.geteuid() == 0
    if is_root:  # whom no permission holds back
        os.seteuid(65534)
    try:
        with pytest.raises(UsageError, match=r"it cannot be created \(permission denied\); choose a folder"):
            RecordingWriter(folder / "x.mcap", about)
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", [".", "no/such/folder/x.mcap", "null\0byte.mcap", "n" * 300 + ".mcap"])
def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path, about: About, name: str, force: bool) -> None:
    with pytest.raises(UsageError) as caught:
        RecordingWriter(tmp_path / name, about, force=force)
    assert "\n" not in str(caught.value)


def test_nothing_is_written_after_the_end(recording_path: Path, about: About) -> None:
    path = recording_path.with_name("other.mcap")
    writer = RecordingWriter(path, about)
    writer.write_notification(Notification(1, UUIDS[0], b"x"))
    writer.close()
    writer.close()
    size = path.stat().st_size
    with pytest.raises(RecordingError, match="closed"):
        writer.write_notification(Notification(2, UUIDS[0], b"y"))
    assert path.stat().st_size == size


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
@pytest.mark.parametrize("room", [200, 3_000, 20_001])
def test_a_full_disk_ends_it_clearly_and_keeps_what_was_written(tmp_path: Path, about: About, room: int) -> None:
    import resource

    path = tmp_path / "x.mcap"
    packets = [Notification(i * 10_000_000, UUIDS[0], (i * i).to_bytes(8, "big") * 4) for i in range(6000)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    written = 0
    try:
        with pytest.raises(RecordingError, match="nothing more can be written") as caught:  # noqa: SIM117
            with RecordingWriter(path, about) as writer:
                for packet in packets:
                    writer.write_notification(packet)
                    written += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    if written == 0:  # not even the beginning found room: nothing is left in the way of the next attempt
        assert not path.exists()
        return
    recording = Recording.open(path)
    assert recording.recovered is not None and "bytes" not in recording.recovered  # no torn record is left
    kept = list(recording.notifications())
    assert kept == packets[: len(kept)]
    assert packets[written].host_ns - packets[len(kept)].host_ns <= 1_000_000_000
    assert path.stat().st_size <= room
