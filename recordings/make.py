"""Makes the recordings in this folder again, each with its truth beside it. Run with ``make recordings [NAME...]``.

They are simulated: the seed fixes the wearer and the sensor, so the packets come out the same every time.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from rhomboid.imu import LinkChange, LinkState, SourceItem
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.playback import Playback
from rhomboid.recording.layout import About
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import driver_for
from rhomboid.session import Session
from rhomboid.simulation.sensor import SimulatedSensor

HERE = Path(__file__).parent
STARTED = "2026-01-05T09:00:00+00:00"  # fixed, so that only a change of the simulation changes a file


class Trace(msgspec.Struct, frozen=True):
    """One recording: ``script`` acted out with ``seed``, and what befalls it."""

    name: str
    script: str
    seed: int
    family: str = "rhomboid"
    rate_hz: float | None = 100.0
    """None: as such a sensor is usually set."""
    turned: tuple[int, int, int] | None = None
    """Whether each of the sensor's axes points along (1) or against (-1) that of the body; None: as the seed has it."""
    lost_s: tuple[float, float] | None = None
    """The link is lost and found again at these seconds of the recording."""
    killed_at: float = 1.0
    """The share of the file that was written when the program was killed."""


TRACES = (
    Trace("rows", "rows", 1),
    Trace("rows-upside-down", "rows", 1, turned=(1, -1, -1)),
    Trace("squeezes", "squeezes", 2),
    Trace("back-extension", "back-extension", 1, family="witmotion", rate_hz=None),
    Trace("thoracic-rotation", "thoracic-rotation", 1, family="movesense", rate_hz=None),
    Trace("cat-camel", "cat-camel", 1, rate_hz=50.0),
    Trace("desk", "desk", 3, rate_hz=50.0),
    Trace("messy", "messy", 4),
    Trace("lost-link", "rows", 5, lost_s=(30.0, 36.0)),
    Trace("killed", "rows", 6, killed_at=0.7),
)


def sensor_of(trace: Trace) -> SimulatedSensor:
    """The wearer and the sensor."""
    mounting = None if trace.turned is None else np.diag(np.array(trace.turned, float))
    return SimulatedSensor(trace.script, trace.seed, family=trace.family, rate_hz=trace.rate_hz, mounting=mounting)


def items_of(trace: Trace) -> Iterator[SourceItem]:
    """What arrives."""
    packets = sensor_of(trace).notifications()
    if trace.lost_s is None:
        yield from packets
        return
    lost_ns, found_ns = (int(s * 1e9) for s in trace.lost_s)
    told = False
    for packet in packets:
        if not lost_ns <= packet.host_ns < found_ns:
            if packet.host_ns >= found_ns and not told:
                told = True
                yield from _reconnection(lost_ns, found_ns)
            yield packet


def _reconnection(lost_ns: int, found_ns: int) -> Iterator[LinkChange]:
    yield LinkChange(lost_ns, "lost", "dropped", "the link to the sensor dropped; it is looked for again by itself")
    steps: tuple[LinkState, ...] = ("looking", "connecting", "configuring", "streaming")
    for number, state in enumerate(steps, 1):
        yield LinkChange(lost_ns + (found_ns - lost_ns) * number // 5, state)


def make(trace: Trace, folder: Path = HERE) -> None:
    """Writes the recording and its truth."""
    sensor, settings = sensor_of(trace), Settings()
    path = folder / f"{trace.name}.mcap"
    about = About(
        sensor_name=sensor.identity.name,
        sensor_address=sensor.identity.address,
        family=sensor.identity.family,
        started_at=STARTED,
        settings=msgspec.json.encode(settings).decode(),
        script=trace.script,
        seed=trace.seed,
    )
    playback = Playback(trace.name, items_of(trace), driver=driver_for(trace.family), speed=math.inf)
    recorder = RecordingWriter(path, about, force=True)
    session = Session(playback, Pipeline(settings), recorder=recorder)
    asyncio.run(session.run())
    if session.error is not None:
        raise session.error
    with path.open("rb+") as file:
        file.truncate(math.ceil(path.stat().st_size * trace.killed_at))
    truth = msgspec.json.format(msgspec.json.encode(sensor.truth), indent=1)
    (folder / f"{trace.name}.truth.json").write_bytes(truth + b"\n")


if __name__ == "__main__":
    for trace in TRACES:
        if not sys.argv[1:] or trace.name in sys.argv[1:]:
            make(trace)
            print(trace.name, (HERE / f"{trace.name}.mcap").stat().st_size, "bytes")
