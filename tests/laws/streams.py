"""Streams for the law tests: parts of simulated sessions, made once a run, and ways to cut, turn and resample them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np

from rhomboid.events import Event, SetClosed, encode
from rhomboid.imu import Array, Gap, ImuBlock, StreamItem
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import TRAINING, Mode, Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

SETTINGS = Settings(mode="free", slouch=TRAINING)


class Clip(NamedTuple):
    """``length_s`` seconds of a session, short enough to be gone through hundreds of times."""

    script: str
    start_s: float
    length_s: float
    mode: Mode

    @property
    def settings(self) -> Settings:
        return msgspec.structs.replace(SETTINGS, mode=self.mode)


EXERCISES = ("rows", "squeezes", "back-extension", "thoracic-rotation", "cat-camel")
SETS = [Clip(script, start_s, 40.0, "set") for script in EXERCISES for start_s in (10.0, 25.0)]
CLIPS = [
    *SETS,
    *(Clip(script, 0.0, 60.0, "free") for script in EXERCISES),
    Clip("messy", 25.0, 60.0, "free"),
    Clip("messy", 70.0, 60.0, "free"),
    Clip("walking", 0.0, 40.0, "free"),
    Clip("reaching", 0.0, 40.0, "free"),
    Clip("demo", 100.0, 60.0, "free"),
    Clip("desk", 205.0, 60.0, "desk"),
]


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


@cache
def samples(clip: Clip, rate_hz: float = 100.0) -> ImuBlock:
    """What the sensor delivers in ``clip``."""
    block = session(clip.script, rate_hz=rate_hz)
    first, last = np.searchsorted(block.t_s - block.t_s[0], (clip.start_s, clip.start_s + clip.length_s)).tolist()
    return block[first:last]


@cache
def story(clip: Clip) -> list[Event]:
    """What the core says about ``clip`` when all is well."""
    return events_of([samples(clip)], clip.settings)


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


def shifted(block: ImuBlock, by_s: float) -> ImuBlock:
    """The same samples on a timeline that began at another moment."""
    return ImuBlock(block.t_s + by_s, block.acc_g, block.gyr_dps)


def resampled(block: ImuBlock, rate_hz: float) -> ImuBlock:
    """As a sensor of another rate sees it: each sample the mean of the signal around it, at even times."""
    t_s = np.arange(block.t_s[0], block.t_s[-1], 1.0 / rate_hz)
    half_s = max(0.5 / rate_hz, 0.5 * float(np.median(np.diff(block.t_s))))

    def means(columns: Array) -> Array:
        steps = 0.5 * (columns[1:] + columns[:-1]) * np.diff(block.t_s)[:, None]
        sums = np.concatenate((np.zeros((1, 3)), np.cumsum(steps, axis=0)))
        ends = [np.clip(t_s + side * half_s, block.t_s[0], block.t_s[-1]) for side in (-1, 1)]
        low, high = (np.stack([np.interp(end, block.t_s, c) for c in sums.T], axis=1) for end in ends)
        mean: Array = (high - low) / (ends[1] - ends[0])[:, None]
        return mean

    return ImuBlock(t_s, means(block.acc_g), None if block.gyr_dps is None else means(block.gyr_dps))


def without_gyroscope(block: ImuBlock) -> ImuBlock:
    """As a sensor with an accelerometer alone sees it."""
    return ImuBlock(block.t_s, block.acc_g)


def counted(events: list[Event]) -> int:
    """Repetitions in all finished sets."""
    return sum(x.reps for x in events if isinstance(x, SetClosed))


def difference(one: list[Event], other: list[Event], later_s: float = 0.0, atol: float = 2e-3) -> str:
    """The first way in which two stories differ, if times may be ``later_s`` later and all numbers off by ``atol``."""
    if len(one) != len(other):
        return f"{len(one)} events and {len(other)}"
    for a, b in zip(one, other, strict=True):
        for (name, x), (_, y) in zip(_leaves(a), _leaves(b), strict=False):
            moment = name.endswith("_s") and name not in DURATIONS
            if isinstance(x, float) and isinstance(y, float):
                if abs(y - x - later_s * moment) > atol:
                    return f"{name} is {x} and {y} in {a} and {b}"
            elif x != y:
                return f"{name} is {x} and {y} in {a} and {b}"
    return ""


DURATIONS = {"out_s", "pause_s", "back_s"}


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Every plain value in an event with the name of its field; of each list its length as well."""
    if isinstance(value, msgspec.Struct):
        fields = [("kind", type(value).__name__), *((n, getattr(value, n)) for n in value.__struct_fields__)]
        return [leaf for field, v in fields for leaf in _leaves(v, field)]
    if isinstance(value, tuple):
        return [(f"number of {name}", len(value)), *(leaf for v in value for leaf in _leaves(v, name))]
    return [(name, value)]
