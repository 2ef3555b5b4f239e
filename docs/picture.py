"""Makes the pictures of the README from the running program. Run with ``make picture``."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rhomboid.dashboard.app import picture
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Mode, Settings
from rhomboid.playback import Playback
from rhomboid.sensors import driver_for
from rhomboid.session import Session
from rhomboid.simulation.sensor import SimulatedSensor

HERE = Path(__file__).parent

# file, script, mode, seed, where to stop: in the middle of a set, and in a slouch at the desk
PICTURES: tuple[tuple[str, str, Mode, int, float], ...] = (
    ("training.svg", "rows", "free", 1, 40.0),
    ("desk.svg", "desk", "desk", 3, 330.0),
)


async def main() -> None:
    for name, script, mode, seed, until_s in PICTURES:
        sensor = SimulatedSensor(script, seed)
        playback = Playback(
            f"simulated wearer: {script} (seed {seed})",
            sensor.notifications(),
            driver=driver_for(sensor.identity.family),
            duration_s=sensor.duration_s,
            speed=32.0,
        )
        session = Session(playback, Pipeline(Settings(mode=mode)))
        await picture(session, HERE / name, (110, 34), until_s)
        print(HERE / name)


if __name__ == "__main__":
    asyncio.run(main())
