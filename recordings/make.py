"""Makes the recordings in this folder again, each with its truth beside it. Run with ``make recordings``.

They are simulated: the seed fixes the wearer and the sensor, so the packets come out the same every time.
"""

from __future__ import annotations

import asyncio
import math
import sys
from pathlib import Path

import msgspec

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

# file name, script, seed, rate in Hz
TRACES = (
    ("rows", "rows", 1, 100.0),
    ("squeezes", "squeezes", 2, 100.0),
    ("desk", "desk", 3, 50.0),
    ("messy", "messy", 4, 100.0),
)


def make(name: str, script: str, seed: int, rate_hz: float) -> None:
    """Writes ``name.mcap`` and ``name.truth.json``."""
    sensor = SimulatedSensor(script, seed, rate_hz=rate_hz)
    settings = Settings()
    about = About(
        sensor_name=sensor.identity.name,
        sensor_address=sensor.identity.address,
        family=sensor.identity.family,
        started_at=STARTED,
        settings=msgspec.json.encode(settings).decode(),
        script=script,
        seed=seed,
    )
    driver = driver_for(sensor.identity.family)
    playback = Playback(name, sensor.notifications(), driver=driver, speed=math.inf)
    recorder = RecordingWriter(HERE / f"{name}.mcap", about, force=True)
    session = Session(playback, Pipeline(settings), recorder=recorder)
    asyncio.run(session.run())
    if session.error is not None:
        raise session.error
    truth = msgspec.json.format(msgspec.json.encode(sensor.truth), indent=1)
    (HERE / f"{name}.truth.json").write_bytes(truth + b"\n")


if __name__ == "__main__":
    chosen = sys.argv[1:] or [t[0] for t in TRACES]
    for trace in TRACES:
        if trace[0] in chosen:
            make(*trace)
            print(trace[0], (HERE / f"{trace[0]}.mcap").stat().st_size, "bytes")
