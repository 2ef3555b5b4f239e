"""Streams for the law tests: simulated sessions as sample blocks, made once a run, and ways to cut and turn them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from rhomboid.events import Event, encode
from rhomboid.imu import Array, Gap, ImuBlock, StreamItem
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import TRAINING, Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

SETTINGS = Settings(mode="free", slouch=TRAINING)


@cache
def session(script: str, seed: int = 1, rate_hz: float = 100.0) -> ImuBlock:
    """A simulated session without loss, as one block."""
    sensor = SimulatedSensor(script, seed, rate_hz=rate_hz)
    driver = driver_for(sensor.identity.family)
    blocks = [b for n in sensor.notifications() for b in driver.feed(n) if isinstance(b, ImuBlock)]
    gyr_dps = [b.gyr_dps for b in blocks if b.gyr_dps is not None]
    return ImuBlock(
        np.concatenate([b.t_s for b in blocks]),
        np.concatenate([b.acc_g for b in blocks]),
        np.concatenate(gyr_dps) if gyr_dps else None,
    )


def events_of(items: list[StreamItem], settings: Settings = SETTINGS) -> list[Event]:
    """What the core says about these items, fed one after the other."""
    pipeline = Pipeline(settings)
    return [e for item in items for e in pipeline.feed(item)] + pipeline.finish()


def as_lines(events: list[Event]) -> list[bytes]:
    """Events as the bytes that are recorded."""
    return [encode(e) for e in events]


def pieces(block: ImuBlock, cuts: list[int]) -> list[StreamItem]:
    """``block`` divided at these sample numbers."""
    edges = [0, *sorted(c % (len(block) + 1) for c in cuts), len(block)]
    return [block[a:b] for a, b in pairwise(edges) if b > a]


def turned(block: ImuBlock, rotation: Array) -> ImuBlock:
    """The same movement seen by a sensor strapped on another way: ``rotation`` is (3, 3)."""
    gyr_dps = None if block.gyr_dps is None else block.gyr_dps @ rotation.T
    return ImuBlock(block.t_s, block.acc_g @ rotation.T, gyr_dps)


def with_gap(block: ImuBlock, start_s: float, length_s: float) -> list[StreamItem]:
    """``block`` with a stretch of samples taken out and marked as missing."""
    before, after = block.t_s < start_s, block.t_s >= start_s + length_s
    a, b = block[: int(before.sum())], block[len(block) - int(after.sum()) :]
    return [a, Gap(float(a.t_s[-1]), float(b.t_s[0]), "test"), b]
