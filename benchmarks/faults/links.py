"""Faults of the link and of the sensor, on unmodified bleak and the stand-in for BlueZ, recorded as in a session."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from tests.bluetooth.private_bus import private_bus
from tests.link.test_state_machine import run

from benchmarks.faults.program import Fault, Outcome
from benchmarks.link import AWAY_S, FAULTS, SETTLED_S, Scene
from rhomboid.imu import LinkChange, Notification
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.session import Session
from rhomboid.verify import verify

SLEPT_S = 3600.0
ON_ITS_WAY_S = 0.1
PACKET_S = 0.05
"""What a packet of the stand-in's sensor holds."""


class RecordedScene(Scene):
    """What reads the link is a whole session that records."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        recorder = RecordingWriter(path, About(family="rhomboid", started_at=""))
        self.session = Session(self.source, Pipeline(Settings()), recorder=recorder)

    async def _read(self) -> None:
        taken = self.source._taken

        def seen() -> list[object]:
            for item in (items := taken()):
                if isinstance(item, Notification) and item.characteristic == STREAM:
                    self.heard.append(item.data)
                elif isinstance(item, LinkChange) and item.state == "streaming":
                    self.streams += 1
            return items

        self.source._taken = seen  # type: ignore[method-assign, assignment]
        await self.session.run()

    async def close(self) -> int:
        self.session.stop()
        if self._reading is not None:
            await self._reading
        await asyncio.sleep(SETTLED_S)
        await self.bluez.vanish()
        return 0


async def restarted(scene: Scene) -> None:
    """The sensor was switched off and on: its counters are at zero."""
    scene.sensor.advertising = False
    scene.sensor.drop()
    await asyncio.sleep(AWAY_S)
    scene.sensor.begin_anew()
    scene.sensor.advertising = True


def of_link(fault: Callable[[Scene], Awaitable[None]]) -> Fault:
    """All that the sensor sent over a link must be in the recording, and the recording must replay alike."""

    async def heal(path: Path) -> tuple[float, list[bytes]]:
        scene = RecordedScene(path)
        await scene.connect()
        await asyncio.sleep(1.0)
        await fault(scene)
        possible_s = time.monotonic()
        await scene.until_packet(2)
        healed_s = time.monotonic() - possible_s
        await asyncio.sleep(SETTLED_S)
        sent = [packet for sensor in scene.sensors for packet in sensor.sent]
        await asyncio.sleep(ON_ITS_WAY_S)
        await scene.close()
        assert scene.session.error is None, scene.session.error  # noqa: S101
        return healed_s, sent

    def inject(folder: Path, _: random.Random) -> Outcome:
        path = folder / "set.mcap"
        with private_bus():
            healed_s, sent = asyncio.run(heal(path))
        items = list(Recording.open(path).items())
        kept = {item.data for item in items if isinstance(item, Notification)}
        lost = len(set(sent) - kept)
        assert verify(path, Settings()).identical, "its replay is different"  # noqa: S101
        said = next(item.words for item in items if isinstance(item, LinkChange) and item.words)
        return Outcome(said, lost_s=PACKET_S * lost, waited_s=healed_s)

    return inject


LINK_FAULTS = {name: of_link(fault) for name, fault in FAULTS.items()}
restart = of_link(restarted)


def suspended(_: Path, luck: random.Random) -> Outcome:
    """In virtual time: the clock that goes on in sleep is an hour ahead when the link turns out to be lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.link.test_state_machine.ASLEEP_S", SLEPT_S)
        items, _, _ = run([("asleep", luck.uniform(1.0, 20.0))], 60.0)
    (lost,) = [item for item in items if isinstance(item, LinkChange) and item.state == "lost"]
    stamps_s = [item.host_ns * 1e-9 for item in items if isinstance(item, Notification)]
    gap_s = max(b - a for a, b in pairwise(stamps_s))
    assert SLEPT_S < gap_s < SLEPT_S + 5.0  # noqa: S101
    return Outcome(lost.words, lost_s=0.0, waited_s=gap_s - SLEPT_S)
