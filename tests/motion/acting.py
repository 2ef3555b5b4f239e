"""A trunk acted out frame by frame for the detector tests: smooth moves, waits, steps, with breathing and noise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rhomboid.events import Event, encode
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, G_M_S2, Break, Frames
from rhomboid.motion.pipeline import Detector, Watcher
from rhomboid.motion.ticks import TickMaker

Moves = list[tuple[float, float]]
"""(seconds, where it is at their end): moves there smoothly, or waits where it already is."""


def course(moves: Moves, at: float = 0.0) -> Array:
    """The value for every frame."""
    parts = []
    for seconds, to in moves:
        x = np.arange(1, round(seconds * FRAME_RATE_HZ) + 1) / round(seconds * FRAME_RATE_HZ)
        parts.append(at + (to - at) * (10 * x**3 - 15 * x**4 + 6 * x**5))
        at = to
    return np.concatenate(parts)


def acted(
    flexion_deg: Array,
    lateral_deg: Array | None = None,
    *,
    twist_deg: Array | None = None,
    height_m: Array | None = None,
    shake_g: Array | None = None,
    breathing_deg: float = 0.2,
    noise: float = 1.0,
    start_s: float = 0.0,
    scale_g: float = 1.0,
    mounting: Array | None = None,
    seed: int = 0,
) -> Frames:
    """Frames of a trunk with these angles; ``mounting`` (3, 3) takes body axes to sensor axes."""
    n = len(flexion_deg)
    nothing, rng = np.zeros(n), np.random.default_rng(seed)
    t_s = start_s + np.arange(1, n + 1) / FRAME_RATE_HZ
    flexion = np.radians(flexion_deg + breathing_deg * np.sin(2 * np.pi * 0.25 * t_s))
    lateral = np.radians(nothing if lateral_deg is None else lateral_deg)
    twist = np.radians(nothing if twist_deg is None else twist_deg)
    up = np.stack((-np.sin(flexion), -np.sin(lateral) * np.cos(flexion), np.cos(lateral) * np.cos(flexion)), axis=1)

    def rate(angle: Array) -> Array:
        return np.gradient(np.degrees(angle)) * FRAME_RATE_HZ

    gyr_dps = np.stack((-rate(lateral), rate(flexion), nothing), axis=1) + rate(twist)[:, None] * up
    gyr_dps += noise * 0.05 * rng.standard_normal((n, 3))
    lift_g = nothing if height_m is None else np.gradient(np.gradient(height_m)) * FRAME_RATE_HZ**2 / G_M_S2
    acc_g = up * (scale_g + lift_g + (nothing if shake_g is None else shake_g))[:, None]
    acc_g += noise * 0.001 * rng.standard_normal((n, 3))
    if mounting is not None:
        up, gyr_dps, acc_g = up @ mounting.T, gyr_dps @ mounting.T, acc_g @ mounting.T
    quat = np.tile([1.0, 0.0, 0.0, 0.0], (n, 1))
    return Frames(t_s, t_s, np.ascontiguousarray(acc_g), np.ascontiguousarray(gyr_dps), up, quat, True)


def steps_g(seconds: float) -> Array:
    """The shaking of |acceleration| while walking, for every frame."""
    t_s = np.arange(round(seconds * FRAME_RATE_HZ)) / FRAME_RATE_HZ
    return 0.15 * np.sin(2 * np.pi * 1.9 * t_s) + 0.08 * np.sin(2 * np.pi * 3.8 * t_s)


def cut(frames: Frames, start: int, end: int) -> Frames:
    """Some of the frames."""
    rows = slice(start, end)
    f = frames
    return Frames(f.t_s[rows], f.seen_s[rows], f.acc_g[rows], f.gyr_dps[rows], f.up[rows], f.quat[rows], f.has_gyro)


def joined(pieces: list[Frames]) -> Frames:
    """One after the other, without a gap."""
    columns = ([getattr(p, name) for p in pieces] for name in Frames.__struct_fields__[:-1])
    return Frames(*(np.concatenate(c) for c in columns), has_gyro=True)


class Watched:
    """A detector of ticks, fed with frames as the pipeline does it."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher, self._ticks = watcher, TickMaker()

    def feed(self, frames: Frames) -> list[Event]:
        return self._watcher.feed(frames, self._ticks.feed(frames))

    def interrupt(self, gap: Break) -> list[Event]:
        self._ticks = TickMaker()
        return self._watcher.interrupt(gap)

    def finish(self) -> list[Event]:
        return self._watcher.finish()


def told(detector: Detector, pieces: list[Frames | Break]) -> list[Event]:
    """All a detector says about these pieces, to the end."""
    found: list[Event] = []
    for piece in pieces:
        found += detector.interrupt(piece) if isinstance(piece, Break) else detector.feed(piece)
    return found + detector.finish()


def told_in_pieces(detector: Detector, frames: Frames, cuts: list[int]) -> list[bytes]:
    """The events as bytes when the frames come cut at these places."""
    edges = [0, *sorted(c % (len(frames) + 1) for c in cuts), len(frames)]
    pieces = [cut(frames, a, b) for a, b in pairwise(edges) if b > a]
    return [encode(e) for e in told(detector, [*pieces])]
