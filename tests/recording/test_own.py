"""The recordings that the program makes by itself: named by their time, in nobody's way, forgotten with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhomboid.coach.record import SessionRecord
from rhomboid.errors import DataError, RecordingError
from rhomboid.history.store import History
from rhomboid.imu import Notification
from rhomboid.recording.beside import folder_beside, is_own
from rhomboid.recording.layout import About
from rhomboid.recording.own import OwnRecording
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter

ABOUT = About(family="rhomboid", started_at="2026-11-21T18:02:05+01:00")


def packets(recording: OwnRecording, count: int = 20) -> None:
    for number in range(count):
        recording.write_notification(Notification(number * 10_000_000, "0000fff1-0000-1000-8000-00805f9b34fb", b"1"))


def test_two_of_one_minute_have_names_of_their_own(tmp_path: Path) -> None:
    history, said = tmp_path / "data" / "history.sqlite3", list[str]()
    two = [OwnRecording(history, ABOUT, said.append) for _ in range(2)]
    for recording in two:
        packets(recording)
        recording.close()
        assert Recording.open(recording.path).recovered is None and is_own(recording.path, history)
    assert [r.path.name for r in two] == ["2026-11-21-1802.mcap", "2026-11-21-1802-2.mcap"]
    assert not said


def test_a_history_that_is_named_from_here_knows_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recording = OwnRecording(Path("history.sqlite3"), ABOUT, lambda words: None)
    packets(recording)
    recording.close()
    assert recording.path.is_absolute() and is_own(recording.path, Path("history.sqlite3"))


def test_a_sensor_that_never_streamed_leaves_none(tmp_path: Path) -> None:
    recording = OwnRecording(tmp_path / "history.sqlite3", ABOUT, lambda words: None)
    packets(recording, 1)
    recording.close()
    assert not list(folder_beside(tmp_path / "history.sqlite3").iterdir())


def test_a_full_disk_is_said_once_and_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()
    recording = OwnRecording(tmp_path / "history.sqlite3", ABOUT, said.append)

    def full(*_: object) -> None:
        raise RecordingError("the disk is full", do="make room")

    packets(recording)
    monkeypatch.setattr(RecordingWriter, "write_notification", full)
    packets(recording)
    recording.flush()
    recording.close()
    assert said == ["this session is no longer recorded: the disk is full; make room"]


def test_where_none_can_begin_it_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("no folder")
    with pytest.raises(DataError):
        OwnRecording(tmp_path / "history.sqlite3", ABOUT, lambda words: None)


def test_what_is_forgotten_takes_its_own_recordings_along_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    own = OwnRecording(path, ABOUT, lambda words: None)
    packets(own)
    own.close()
    chosen = tmp_path / "evening.mcap"
    sly = folder_beside(path) / ".." / "keep.mcap"
    for file in (chosen, tmp_path / "keep.mcap"):
        file.write_bytes(b"x")
    with History(path) as history:
        for recording in (own.path, chosen, sly):
            history.start_session(SessionRecord(started_at=ABOUT.started_at, recording=str(recording)))
        gone = history.forget_all()
    assert gone.recordings == (own.path,) and not own.path.exists()
    assert set(gone.left) == {chosen, sly} and chosen.exists() and (tmp_path / "keep.mcap").exists()
