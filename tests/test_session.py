"""A session: recorder first, then the core, then whoever listens; speed and pauses do not change the story."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from rhomboid.errors import DataError
from rhomboid.events import CommandGiven, Event, GapMarked, RepCompleted, SensorProblem, decode, encode
from rhomboid.imu import Command, Gap, ImuBlock, LinkChange, Notification, Request, SourceItem
from rhomboid.interpreter import Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.playback import Playback
from rhomboid.recording.layout import About
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import driver_for
from rhomboid.session import Session, Update
from rhomboid.simulation.sensor import SimulatedSensor
from rhomboid.verify import verify


class Kept:
    """A recorder in memory."""

    def __init__(self) -> None:
        self.packets: list[Notification] = []
        self.events: list[Event] = []
        self.requests: list[Request] = []
        self.losses: list[LinkChange] = []
        self.commands: list[Command] = []
        self.closed = False
        self.full_after = math.inf

    def write_notification(self, notification: Notification) -> None:
        if len(self.packets) >= self.full_after:
            raise DataError("the disk is full", do="make room")
        self.packets.append(notification)

    def write_request(self, request: Request) -> None:
        self.requests.append(request)

    def write_command(self, command: Command) -> None:
        self.commands.append(command)

    def write_link(self, change: LinkChange) -> None:
        self.losses.append(change)

    def write_event(self, event: Event, host_ns: int) -> None:
        self.events.append(event)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def worn(script: str = "rows", speed: float = math.inf) -> Playback:
    sensor = SimulatedSensor(script, 1)
    return Playback(script, sensor.notifications(), driver=driver_for("rhomboid"), speed=speed)


def still(seconds: float, speed: float = math.inf, tail: Iterable[SourceItem] = ()) -> Playback:
    t_s = np.arange(int(seconds * 50)) / 50
    acc_g = np.tile([0.0, 0.0, 1.0], (len(t_s), 1)) + 0.002 * np.sin(t_s)[:, None]
    return Playback("still", [ImuBlock(t_s, acc_g, np.zeros_like(acc_g)), *tail], speed=speed)


async def test_every_packet_is_kept_and_every_event_told() -> None:
    recorder, heard = Kept(), []
    session = Session(worn(), Pipeline(Settings()), recorder=recorder)
    session.subscribe(lambda update: heard.extend(update.events))
    await session.run()
    assert session.finished
    assert session.error is None
    assert recorder.closed
    assert recorder.packets == list(SimulatedSensor("rows", 1).notifications())
    assert recorder.events == heard
    assert heard


async def test_speed_and_pauses_change_nothing_but_the_time_it_takes() -> None:
    def lines(session: Session) -> list[bytes]:
        found: list[bytes] = []
        session.subscribe(lambda update: found.extend(encode(e) for e in update.events))
        return found

    quick = Session(worn(), Pipeline(Settings()))
    quick_lines = lines(quick)
    await quick.run()
    slow = Session(worn(speed=200.0), Pipeline(Settings()))
    slow_lines = lines(slow)
    running = asyncio.create_task(slow.run())
    await asyncio.sleep(0.1)
    slow.toggle_pause()
    await asyncio.sleep(0.1)
    held = slow.position_s
    await asyncio.sleep(0.1)
    assert slow.position_s == held
    slow.toggle_pause()
    await running
    assert slow_lines == quick_lines


@pytest.mark.parametrize("paused", [False, True])
async def test_stop_ends_it_soon_and_closes_the_recording(paused: bool) -> None:
    recorder = Kept()
    session = Session(worn(speed=1.0), Pipeline(Settings()), recorder=recorder)
    running = asyncio.create_task(session.run())
    await asyncio.sleep(0.2)
    if paused:
        session.toggle_pause()
    session.stop()
    await asyncio.wait_for(running, 0.5)
    assert recorder.closed
    assert 0 < len(recorder.packets) < 40


async def test_it_plays_in_real_time_unless_told_otherwise() -> None:
    session = Session(still(60.0, speed=1.0), Pipeline(Settings()), until_s=0.3)
    start = asyncio.get_running_loop().time()
    await session.run()
    assert 0.25 < asyncio.get_running_loop().time() - start < 1.0


async def test_a_full_disk_ends_the_session_with_a_sentence() -> None:
    recorder = Kept()
    recorder.full_after = 50
    session = Session(worn(), Pipeline(Settings()), recorder=recorder)
    await session.run()
    assert recorder.closed
    assert str(session.error) == "the disk is full; make room"


async def test_gaps_and_bad_packets_are_told() -> None:
    updates: list[Update] = []
    session = Session(still(10.0, tail=[Gap(9.98, 15.0, "the link dropped")]), Pipeline(Settings()))
    session.subscribe(updates.append)
    await session.run()
    events = [e for u in updates for e in u.events]
    assert GapMarked(at_s=15.0, start_s=9.98, end_s=15.0, reason="the link dropped") in events

    first = next(iter(SimulatedSensor("rows", 1).notifications()))
    bad = Notification(first.host_ns + 1, first.characteristic, b"\xff" * 7)
    session = Session(
        Playback("bad", [first, bad], driver=driver_for("rhomboid"), speed=math.inf), Pipeline(Settings())
    )
    session.subscribe(updates.append)
    await session.run()
    assert any(isinstance(e, SensorProblem) and "malformed" in e.reason for u in updates for e in u.events)


async def test_what_was_asked_for_is_kept_where_it_took_effect_and_asked_again_in_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "guided.mcap"
    sensor = SimulatedSensor("guided", 1)
    live = Session(
        Playback("live", sensor.notifications(), driver=driver_for("rhomboid"), speed=math.inf),
        Pipeline(Settings()),
        recorder=RecordingWriter(path, About(family="rhomboid", started_at="2026-01-01T00:00:00Z")),
    )
    lines: list[bytes] = []
    asked: list[float] = []

    def hear(update: Update) -> None:
        lines.extend(encode(e) for e in update.events)
        if update.state.t_s > 60.0 and not asked:
            asked.append(update.state.t_s)
            live.ask("reference")

    live.ask("guided_reference")
    live.subscribe(hear)
    await live.run()
    assert sum(b'"calibration_step"' in line for line in lines) == 4
    items = list(open_file(path).items)
    for ahead in (7, len(items)):
        interpreter = Interpreter(Pipeline(Settings()), driver_for("rhomboid"))
        parts = [interpreter.feed(items[i : i + ahead]) for i in range(0, len(items), ahead)]
        assert [encode(e) for part in [*parts, interpreter.finish()] for e in part] == lines


async def test_what_was_told_is_kept_in_its_place_and_told_again_in_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "told.mcap"
    sensor = SimulatedSensor("rows", 1)
    live = Session(
        Playback("live", sensor.notifications(), driver=driver_for("rhomboid"), speed=math.inf, at_once=4),
        Pipeline(Settings()),
        recorder=RecordingWriter(path, About(family="rhomboid", started_at="2026-01-01T00:00:00Z")),
    )
    lines: list[bytes] = []

    def hear(update: Update) -> None:
        for event in update.events:
            lines.append(encode(event))
            if isinstance(event, RepCompleted) and event.number == 5:
                live.tell("count", -1)
                live.tell("note", text="the fifth was a stretch")

    live.subscribe(hear)
    await live.run()
    told = [i for i, line in enumerate(lines) if b'"command"' in line]
    assert [decode(lines[i]) for i in told] == [
        CommandGiven(at_s=decode(lines[told[0]]).at_s, kind="count", value=-1),
        CommandGiven(at_s=decode(lines[told[0]]).at_s, kind="note", text="the fifth was a stretch"),
    ]
    assert any(b'"number":6' in line for line in lines[told[1] :])
    items = list(open_file(path).items)
    for ahead in (1, 7, len(items)):
        interpreter = Interpreter(Pipeline(Settings()), driver_for("rhomboid"))
        parts = [interpreter.feed(items[i : i + ahead]) for i in range(0, len(items), ahead)]
        assert [encode(e) for part in [*parts, interpreter.finish()] for e in part] == lines
    assert verify(path, Settings()).identical


async def test_what_is_told_while_nothing_arrives_is_heard_at_once() -> None:
    source = still(5.0, speed=1.0)
    session, heard = Session(source, Pipeline(Settings())), list[Event]()
    session.subscribe(lambda update: heard.extend(update.events))
    running = asyncio.create_task(session.run())
    await asyncio.sleep(0.3)
    session.toggle_pause()
    session.tell("sharp_pain")
    await asyncio.sleep(0.2)
    assert [event.kind for event in heard if isinstance(event, CommandGiven)] == ["sharp_pain"]
    session.stop()
    await running


async def test_a_lost_link_is_kept_and_replayed_alike(tmp_path: Path) -> None:
    packets = list(SimulatedSensor("rows", 1).notifications())[:600]
    lost = LinkChange(packets[299].host_ns + 1, "lost", "dropped", "out of reach")
    items: list[SourceItem] = [*packets[:300], lost, *packets[400:]]
    recorder, path = Kept(), tmp_path / "lost.mcap"
    live = Session(Playback("", items, driver=driver_for("rhomboid"), speed=math.inf), Pipeline(), recorder=recorder)
    await live.run()
    assert recorder.losses == [lost]
    assert [e.reason for e in recorder.events if isinstance(e, GapMarked)] == ["the link dropped"]

    with RecordingWriter(path, About(family="rhomboid", started_at="2026-01-05T09:00:00+00:00")) as writer:
        for item in items:
            writer.write_link(item) if isinstance(item, LinkChange) else writer.write_notification(item)
    assert list(open_file(path).items) == items
    again, opened = Kept(), open_file(path)
    await Session(Playback("", opened.items, driver=opened.driver, speed=math.inf), Pipeline(), recorder=again).run()
    assert [encode(e) for e in again.events] == [encode(e) for e in recorder.events]


async def test_a_fault_in_the_program_is_a_sentence_too() -> None:
    class Broken(Pipeline):
        def feed(self, item: object) -> list[Event]:
            raise KeyError("axis")

    session = Session(still(1.0), Broken(Settings()))
    await session.run()
    assert str(session.error) == "a fault in the program (KeyError: 'axis'); please report it"
    assert session.finished
