"""A replay compared with what the recording says: identical, or a diff that people can read."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import msgspec
import pytest

from rhomboid import __version__
from rhomboid.events import Event, SlouchStarted
from rhomboid.imu import Notification, Request
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings, SlouchSettings
from rhomboid.playback import Playback
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import driver_for
from rhomboid.session import Session
from rhomboid.simulation.sensor import SimulatedSensor
from rhomboid.verify import report, verify


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded session with a request in it."""
    path = tmp_path_factory.mktemp("verify") / "guided.mcap"
    sensor = SimulatedSensor("guided", 1)
    about = About(family="rhomboid", started_at="2026-01-05T09:00:00+00:00")
    playback = Playback("", sensor.notifications(), driver=driver_for("rhomboid"), speed=math.inf)
    session = Session(playback, Pipeline(), recorder=RecordingWriter(path, about))
    session.ask("guided_reference")
    asyncio.run(session.run())
    assert session.error is None
    return path


def copy_items(recording: Recording, writer: RecordingWriter) -> None:
    for item in recording.items():
        if isinstance(item, Notification):
            writer.write_notification(item)
        elif isinstance(item, Request):
            writer.write_request(item)


def test_the_same_version_finds_the_same_byte_for_byte(guided: Path) -> None:
    result = verify(guided, Settings())
    assert result.identical and result.recorded == result.replayed > 10 and result.diff == []
    assert report(result).startswith(f"identical, byte for byte: {result.recorded} events")


def test_other_settings_show_as_a_diff(guided: Path) -> None:
    result = verify(guided, Settings(slouch=SlouchSettings(threshold_deg=60.0)))
    assert not result.identical
    gone = [line for line in result.diff if line.startswith("- ")]
    assert any("slouching: " in line for line in gone)
    assert "slouching" not in " ".join(line for line in result.diff if line.startswith("+ "))
    assert report(result).startswith("different: ")


def test_a_recording_that_was_cut_is_compared_as_far_as_it_goes(guided: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mcap"
    path.write_bytes(guided.read_bytes()[: guided.stat().st_size // 2])
    result = verify(path, Settings())
    assert result.identical
    assert result.replayed - result.recorded == result.beyond
    slouches = [x for _, x in Recording.open(path).events() if isinstance(x, SlouchStarted)]
    assert len(slouches) < 2


def test_what_another_version_said_is_shown_in_words(guided: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.mcap"
    recording = Recording.open(guided)
    lines = list(recording.event_lines())
    about = About(family="rhomboid", started_at="", software_version="0.0.1")
    with RecordingWriter(path, about) as writer:
        copy_items(recording, writer)
        for number, (host_ns, event) in enumerate(recording.events()):
            if number != 3:
                writer.write_event(event, host_ns)
    result = verify(path, Settings())
    assert result.recorded_version == "0.0.1"
    assert [line[0] for line in result.diff] == [" ", "+"]
    assert result.in_numbers == 0 and result.replayed == len(lines)
    assert f"recorded with version 0.0.1, replayed with {__version__}" in report(result)


def test_slightly_different_numbers_are_told_from_different_words(guided: Path, tmp_path: Path) -> None:
    path = tmp_path / "numbers.mcap"
    recording = Recording.open(guided)
    with RecordingWriter(path, recording.about) as writer:
        copy_items(recording, writer)
        for host_ns, event in recording.events():
            writer.write_event(msgspec.structs.replace(event, at_s=event.at_s + 1e-9), host_ns)
    result = verify(path, Settings())
    assert not result.identical and result.diff == [] and result.in_numbers == result.recorded


def test_an_event_this_version_does_not_know_is_shown_as_it_stands(guided: Path, tmp_path: Path) -> None:
    class Levitated(Event, frozen=True, tag="levitated"):
        pass

    path = tmp_path / "future.mcap"
    with RecordingWriter(path, Recording.open(guided).about) as writer:
        writer.write_notification(next(Recording.open(guided).notifications()))
        writer.write_event(Levitated(at_s=1.0), 1)
    assert verify(path, Settings()).diff == ['- {"event":"levitated","at_s":1.0}']
