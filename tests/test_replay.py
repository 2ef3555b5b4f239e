"""Replaying: from any place it goes on as if all before had been played, and no speed or jump changes an event."""

from __future__ import annotations

import asyncio
import math
import pickle
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rhomboid.errors import RecordingError
from rhomboid.events import ActivityChanged, Event, PostureChanged, encode
from rhomboid.imu import ImuBlock, SourceItem
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import MotionState, Pipeline
from rhomboid.playback import Timing
from rhomboid.recording.reader import Recording
from rhomboid.replay import Replay, in_parts
from rhomboid.sensors import driver_for, profiles
from rhomboid.session import Session, Update
from rhomboid.simulation.packets import families
from rhomboid.simulation.sensor import SimulatedSensor

ROWS = Path(__file__).parents[1] / "recordings" / "rows.mcap"


class Listener:
    """What a screen would know after every update."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.state = MotionState()
        self.t_s = np.empty(0)
        self.moves = 0

    def take(self, update: Update) -> None:
        if update.moved:
            self.events.clear()
            self.t_s = np.empty(0)
            self.moves += 1
        self.events += update.events
        self.t_s = np.concatenate((self.t_s, update.trace.t_s))
        self.state = update.state

    @property
    def lines(self) -> list[bytes]:
        return [encode(event) for event in self.events]


def interpreter(family: str = "rhomboid") -> Interpreter:
    return Interpreter(Pipeline(), driver_for(family))


def replay_of(path: Path, speed: float = 1.0) -> Replay:
    recording = Recording.open(path)
    return Replay(path.name, recording.parts, interpreter(), duration_s=recording.duration_s, speed=speed)


@asynccontextmanager
async def playing(replay: Replay) -> AsyncIterator[tuple[Session, Listener]]:
    session, listener = Session(replay, Pipeline()), Listener()
    session.subscribe(listener.take)
    running = asyncio.create_task(session.run())
    try:
        yield session, listener
    finally:
        session.stop()
        await asyncio.wait_for(running, 5.0)


async def moved(listener: Listener, moves: int) -> None:
    async with asyncio.timeout(30.0):
        while listener.moves < moves:
            await asyncio.sleep(0.005)


def played_until(path: Path, to_s: float) -> Listener:
    """All that falls due until this moment, a little at a time."""
    core, listener = interpreter(), Listener()
    due = [item for at_s, item in Timing().timed(Recording.open(path).items()) if at_s <= to_s]
    for first in range(0, len(due), 60):
        events = core.feed(due[first : first + 60])
        listener.take(Update(tuple(events), core.pipeline.take_trace(), core.pipeline.state))
    return listener


def straight(path: Path) -> list[bytes]:
    core = interpreter()
    return [encode(e) for e in [*core.feed(Recording.open(path).items()), *core.finish()]]


async def test_after_a_jump_everything_is_as_if_all_before_had_been_played() -> None:
    replay = replay_of(ROWS)
    async with playing(replay) as (session, listener):
        session.toggle_pause()
        for moves, to_s in enumerate((61.0, 7.3, 0.0, 33.37, 73.0), 1):
            session.seek(to_s)
            await moved(listener, moves)
            known = played_until(ROWS, to_s)
            assert session.position_s == to_s
            assert listener.lines == known.lines
            assert listener.state == known.state
            assert np.array_equal(listener.t_s, known.t_s[known.t_s >= listener.t_s[0]] if len(listener.t_s) else [])
        assert len(listener.t_s) == len(known.t_s)  # all of it is less than the five minutes that come along


async def test_what_is_played_after_jumps_is_what_would_have_been() -> None:
    luck = random.Random(5)  # noqa: S311
    async with playing(replay_of(ROWS)) as (session, listener):
        for moves in range(1, 6):
            session.seek(luck.uniform(0.0, 70.0))
            await moved(listener, moves)
            session.set_speed(luck.choice((1.0, 16.0, 64.0)))
            await asyncio.sleep(0.1)
        session.set_speed(64.0)
        await moved(listener, 6)  # the end
        assert session.paused and listener.lines == straight(ROWS)
        session.toggle_pause()  # from the beginning
        await moved(listener, 7)
        assert session.position_s < 5.0 and not session.paused


async def test_any_speed_tells_the_same() -> None:
    whole = straight(ROWS)
    for speed in (64.0, 1000.0, math.inf):
        async with playing(replay_of(ROWS, speed)) as (session, listener):
            await moved(listener, 1)
            assert listener.lines == whole
            assert session.error is None


async def test_next_and_previous_event() -> None:
    quiet = (ActivityChanged, PostureChanged)
    async with playing(replay_of(ROWS)) as (session, listener):
        session.toggle_pause()
        seen = []
        for moves in range(1, 5):
            session.seek_event(1, quiet)
            await moved(listener, moves)
            new = listener.events[len(seen[-1]) if seen else 0 :]
            assert any(not isinstance(event, quiet) for event in new)
            assert session.position_s - new[-1].at_s < 0.5
            seen.append(listener.lines)
        assert [len(lines) for lines in seen] == sorted({len(lines) for lines in seen})
        session.seek(60.0)
        await moved(listener, 5)
        before, position_s = len(listener.events), session.position_s
        session.seek_event(-1, quiet)
        await moved(listener, 6)
        assert session.position_s < position_s and len(listener.events) <= before
        for moves in range(7, 9):
            session.seek_event(1 - 2 * (moves % 2), quiet)
            await moved(listener, moves)
        session.seek(0.0)
        await moved(listener, 9)
        session.seek_event(-1, quiet)
        await moved(listener, 10)
        assert session.position_s == 0.0
        session.seek(73.5)
        await moved(listener, 11)
        session.seek_event(1, quiet)
        await moved(listener, 12)
        assert listener.lines == straight(ROWS)


async def test_it_can_begin_with_an_event() -> None:
    replay = replay_of(ROWS)
    replay.seek_number(10)
    async with playing(replay) as (_, listener):
        await moved(listener, 1)
        assert 10 <= len(listener.events) < 14


async def test_samples_can_be_entered_anywhere_too() -> None:
    block = SimulatedSensor("rows", 1).samples()
    replay = Replay("samples", in_parts([block]), Interpreter(Pipeline()), duration_s=70.0)
    core = Interpreter(Pipeline())
    until = int(np.searchsorted(block.t_s, 50.0))
    known = core.feed([block[:until]])
    async with playing(replay) as (session, listener):
        session.toggle_pause()
        session.seek(50.0)
        await moved(listener, 1)
        assert listener.lines == [encode(e) for e in known]


async def test_a_jump_in_an_hour_takes_no_longer_than_an_eye_needs() -> None:
    block = SimulatedSensor("desk", 1, rate_hz=50.0).samples()
    hour = ImuBlock(np.arange(4 * len(block)) / 50.0, np.tile(block.acc_g, (4, 1)), None)
    replay = Replay("an hour", in_parts([hour]), Interpreter(Pipeline()), duration_s=float(hour.t_s[-1]))
    async with playing(replay) as (session, listener):
        session.toggle_pause()
        session.seek_event(-1)  # which there is not, so that the first moves count
        session.seek(math.inf)
        await moved(listener, 1)
        times = []
        for moves, to_s in enumerate((3500.0, 200.0, 1799.0, 3100.0, 44.0), 2):
            began = time.process_time()
            session.seek(to_s)
            await moved(listener, moves)
            times.append(time.process_time() - began)
        assert sorted(times)[2] < 0.4  # twice what is promised of a machine that does nothing else


@pytest.mark.parametrize("family", families())
def test_a_core_in_the_middle_can_be_copied(family: str) -> None:
    items = list(SimulatedSensor("rows", 1, family=family).notifications())
    core, rest = interpreter(family), items[len(items) // 2 :]
    core.feed(items[: len(items) // 2])
    copy = pickle.loads(pickle.dumps(core))  # noqa: S301
    assert [encode(e) for e in copy.feed(rest)] == [encode(e) for e in core.feed(rest)]


@pytest.mark.parametrize("family", [profile.family for profile in profiles()])
def test_every_driver_can_be_copied(family: str) -> None:
    assert pickle.loads(pickle.dumps(interpreter(family))).driver.family == family  # noqa: S301


async def test_a_file_that_breaks_while_it_is_looked_through_ends_it_with_a_sentence() -> None:
    class Torn(Sequence[list[SourceItem]]):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, at: object) -> list[SourceItem]:  # type: ignore[override]
            raise RecordingError("it is torn", do="mend it")

    async with playing(Replay("torn", Torn(), interpreter())) as (session, _):
        async with asyncio.timeout(5.0):
            while not session.finished:
                await asyncio.sleep(0.01)
        assert str(session.error) == "it is torn; mend it"


def test_time_begins_with_the_first_packet_however_long_the_sensor_was_looked_for() -> None:
    from rhomboid.imu import LinkChange

    packet = next(iter(SimulatedSensor("rows", 1).notifications(50_000_000_000)))
    items: list[SourceItem] = [
        LinkChange(10_000_000_000, "looking"),
        packet,
        msgspec.structs.replace(packet, host_ns=51 * 10**9),
    ]
    assert [at_s for at_s, _ in Timing().timed(items)] == [0.0, 0.0, 1.0]
