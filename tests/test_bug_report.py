"""The last minute in a file: it replays to what was said, and does not tell whose sensor it was."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from rhomboid.bug_report import BugReport
from rhomboid.errors import UsageError
from rhomboid.events import Event
from rhomboid.imu import LinkChange, Notification
from rhomboid.interpreter import Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.playback import Playback
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.ring import KEPT_ITEMS, LAST_NS, LEAD_IN_NS, OPENING_ITEMS, Ring
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import INFO
from rhomboid.session import Session
from rhomboid.simulation.sensor import SimulatedSensor
from rhomboid.words import describe
from tests.firmware_protocol.tools import PACKETS

NAME, ADDRESS = "the strap of Anna", "AA:BB:CC:DD:EE:FF"
SETTINGS = Settings()


def about(family: str = "rhomboid") -> About:
    return About(family=family, started_at="", sensor_name=NAME, sensor_address=ADDRESS)


async def kept(script: str, path: Path, *, with_identity: bool = False) -> tuple[list[Event], float]:
    """Everything that was said in a session whose last minute is in ``path`` now, and when it ended."""
    sensor = SimulatedSensor(script, 1)
    keeper = BugReport(about(), SETTINGS, with_identity=with_identity)
    playback = Playback(script, sensor.notifications(), driver=driver_for("rhomboid"), speed=math.inf)
    session = Session(playback, Pipeline(SETTINGS), keeper=keeper)
    said: list[Event] = []
    session.subscribe(lambda update: said.extend(update.events))
    ends_s: list[float] = []
    session.subscribe(lambda update: ends_s.append(update.state.t_s))
    await session.run()
    assert session.can_keep
    session.keep_last_minute(path)
    return said, ends_s[-1]


def replayed(path: Path) -> tuple[list[Event], float]:
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(SETTINGS), opened.driver)
    events = interpreter.feed(opened.items) + interpreter.finish()
    return events, interpreter.pipeline.state.t_s


@pytest.mark.parametrize("script", ["rows", "desk"])
async def test_what_is_kept_replays_to_what_was_said_in_the_last_minute(tmp_path: Path, script: str) -> None:
    path = tmp_path / "kept.mcap"
    said, end_s = await kept(script, path)
    events, replay_end_s = replayed(path)
    assert events == [event for _, event in Recording.open(path).events()]
    last = [(describe(e), round(end_s - e.at_s)) for e in said if e.at_s > end_s - 60.0]
    again = [(describe(e), round(replay_end_s - e.at_s)) for e in events if e.at_s > replay_end_s - 60.0]
    assert len(last) > 5
    assert again == last
    notes = [note.text for note in Recording.open(path).notes()]
    assert {f"told then: {words}" for words, _ in last} <= set(notes)
    assert any("Python" in note and "numpy" in note for note in notes)


async def test_settings_and_versions_are_in_it_and_the_identity_only_if_asked_for(tmp_path: Path) -> None:
    await kept("rows", tmp_path / "without.mcap")
    found = Recording.open(tmp_path / "without.mcap").about
    assert (found.sensor_name, found.sensor_address) == ("", "")
    assert msgspec.json.decode(found.settings, type=Settings) == SETTINGS
    assert found.software_version and found.started_at
    await kept("rows", tmp_path / "with.mcap", with_identity=True)
    found = Recording.open(tmp_path / "with.mcap").about
    assert (found.sensor_name, found.sensor_address) == (NAME, ADDRESS)


def filled(*first: Notification | LinkChange) -> Ring:
    ring = Ring()
    packets = list(SimulatedSensor("rows", 1).notifications())[:200]
    for item in (*first, *packets):
        ring.add(item)
    return ring


def everything_in(path: Path) -> str:
    recording = Recording.open(path)
    return f"{recording.about} {list(recording.items())} {list(recording.events())} {list(recording.notes())}"


@pytest.mark.parametrize("with_identity", [False, True])
def test_what_the_sensor_and_the_link_say_of_its_identity_is_left_out(tmp_path: Path, with_identity: bool) -> None:
    info = Notification(1, INFO, bytes.fromhex(PACKETS["info"]["hex"]))
    trouble = LinkChange(2, "lost", "dropped", f"{NAME} ({ADDRESS}) is out of reach")
    path = BugReport(about(), SETTINGS, with_identity=with_identity).save(filled(info, trouble), tmp_path / "x.mcap")
    told = everything_in(path)
    for secret in (NAME, ADDRESS, INFO):
        assert (secret in told) == with_identity
    assert ("the sensor (the sensor) is out of reach" in told) == (not with_identity)


def test_nothing_to_keep_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no packet came"):
        BugReport(about(), SETTINGS).save(Ring(), tmp_path / "x.mcap")
    assert not (tmp_path / "x.mcap").exists()
    session = Session(Playback("", []), Pipeline())
    assert not session.can_keep
    with pytest.raises(UsageError, match="only a live session"):
        session.keep_last_minute()


def test_packets_on_which_the_program_fails_are_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("axis")

    monkeypatch.setattr(Pipeline, "feed", fail)
    recording = Recording.open(BugReport(about(), SETTINGS).save(filled(), tmp_path / "x.mcap"))
    assert len(list(recording.notifications())) == 200
    assert any("KeyError" in note.text for note in recording.notes())


def test_the_ring_is_bounded_and_remembers_how_the_sensor_began() -> None:
    ring = Ring()
    for i in range(KEPT_ITEMS + 5000):
        ring.add(Notification(i * 1000, "x", b""))
    assert len(ring.items) == KEPT_ITEMS
    assert len(ring.opening) == OPENING_ITEMS
    ring.add(Notification(10 * LAST_NS, "x", b""))
    ring.add(Notification(10 * LAST_NS + LEAD_IN_NS, "x", b""))
    assert len(ring.items) == 2
    ring.add(LinkChange(10 * LAST_NS + LEAD_IN_NS + 1, "connecting"))
    assert ring.opening == ()
