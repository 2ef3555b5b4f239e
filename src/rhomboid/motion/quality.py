"""How a repetition was moved: how long out, at the far point and back, how smoothly, and to which side.

The counters look at filtered signals, in which a pause fades away; the phases are therefore taken from the pose itself:
how much of the way between resting and far pose has been gone.
Smoothness is the spectral arc length of the speed of rotation (SPARC; Balasubramanian, Melendez-Calderon, Roby-Brami
and Burdet, Journal of NeuroEngineering and Rehabilitation 12:112, 2015), the mean of the way out and the way back: the
more ups and downs a movement has, the more negative it is, however long and large.
"""

from __future__ import annotations

import math
from typing import TypedDict

import numpy as np

from rhomboid.events import Side
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.order import median
from rhomboid.motion.ticks import Flags

CUT_OFF_HZ, LEAST_AMPLITUDE = 10.0, 0.05
PADDING = 16
"""The spectrum is sampled this many times as finely as the movement alone would have it."""
STILL_SHARE = 0.1  # A way begins and ends where the speed is below this share of its peak, ...
REACH = 0.6  # ... or this share of its length before and after what was given.
LEAST_FRAMES = 8
SMOOTH = 9  # Speed is judged over so many frames.
SETTLED = 64  # Within so many frames behind a turning point the movement has slowed down, as a rule.
SLOW_END, NEAR = 0.1, 0.2
"""Shares of the way: what is left out of its duration at either end, and what still counts as resting or as far out."""
LEAST_TURN_DEG = 5.0
ONE_SIDED = 0.5
"""A turn to one side goes less than this share of it to the other."""


class Quality(TypedDict):
    """Fields of ``Movement``."""

    out_s: float
    pause_s: float
    back_s: float
    smoothness: float | None
    side: Side | None


def quality(gyr_dps: Array, up: Array, before: int, far: int, last: int, after: int) -> Quality:
    """Of the movement that rests in row ``before``, is far out from ``far`` to ``last`` at least, and rests again in
    row ``after``. Arrays (n, 3), from the start of the set on, with some context behind the movement if there is.
    """
    before, far, last, after = _settled(gyr_dps, before, far, last, after)
    gyr_x, gyr_y, gyr_z, x, y, z = (v[: after + 1, axis] for v in (gyr_dps, up) for axis in range(3))
    turn_deg = np.cumsum(gyr_x * x + gyr_y * y + gyr_z * z) / FRAME_RATE_HZ
    pose_deg = np.concatenate((np.degrees(up[before : after + 1]), turn_deg[before:, None]), axis=1)
    left, reached = _way(pose_deg[: last + 1 - before], far - before)
    returned, leaving = _way(pose_deg[far - before :][::-1], after - last)
    left, reached, leaving, returned = before + left, before + reached, after - leaving, after - returned
    leaving = max(leaving, reached)
    returned = max(returned, leaving)
    longest = int(REACH * (returned - left)) + 1
    first = max(left - longest, 0)
    ways = (left - first, reached - first), (leaving - first, returned - first)
    return Quality(
        out_s=round((reached - left) / FRAME_RATE_HZ, 3),
        pause_s=round((leaving - reached) / FRAME_RATE_HZ, 3),
        back_s=round((returned - leaving) / FRAME_RATE_HZ, 3),
        smoothness=smoothness(gyr_dps[first : returned + longest + 1], *ways),
        side=_side(turn_deg - turn_deg[0], up, left, (reached + leaving) // 2, returned),
    )


def _settled(gyr_dps: Array, *turns: int) -> list[int]:
    """The turning points of filtered signals come early: each moved on for as long as the movement slows down."""
    first = max(turns[0] - SMOOTH, 0)
    slows = _slows(gyr_dps[first : turns[3] + SETTLED])
    if len(gyr_dps) > turns[3] + SETTLED:
        slows = slows[:-SMOOTH]  # as if it ended there
        if slows[turns[3] - first :].all():
            slows = _slows(gyr_dps[first:])
    before, far, last, after = (row + int(np.argmin(slows[row - first :])) for row in turns)
    before, far, last = min(before, turns[1] - 1), min(far, turns[3] - 1), min(last, turns[3] - 1)
    return [before, far, max(far, last), after]


def _slows(gyr_dps: Array) -> Flags:
    """Where the movement slows down, (n,)."""
    speed = np.convolve((gyr_dps**2).sum(axis=1), np.ones(SMOOTH), "same")
    return np.append(np.diff(speed) < 0.0, False)


def _way(pose_deg: Array, far: int) -> tuple[int, int]:
    """The rows in which a tenth and nine tenths of the way are behind; it leads from row 0 to about row ``far``."""
    rest, there = pose_deg[0], pose_deg[far]
    gone = _gone(pose_deg, rest, there)
    # The turning points are not quite at rest: the poses that are kept near them are nearer the truth.
    rest, there = median(pose_deg[gone <= NEAR]), median(pose_deg[gone >= 1.0 - NEAR])
    gone = _gone(pose_deg, rest, there)
    reached = int(np.flatnonzero(gone >= 1.0 - SLOW_END)[:1].sum())
    left = np.flatnonzero(gone[:reached] <= SLOW_END)
    return int(left[-1]) if len(left) else 0, reached


def _gone(pose_deg: Array, rest: Array, there: Array) -> Array:
    """Share of the way, (n,); all of it where there is none."""
    way = there - rest
    length = float((way * way).sum())
    return ((pose_deg - rest) * way).sum(axis=1) / length if length > 0.0 else np.linspace(0.0, 1.0, len(pose_deg))


def smoothness(gyr_dps: Array, *ways: tuple[int, int]) -> float | None:
    """Mean SPARC of these ways, each from its first to its last row without the slow ends; None: they are too short."""
    speed_dps = np.sqrt(gyr_dps[:, 0] ** 2 + gyr_dps[:, 1] ** 2 + gyr_dps[:, 2] ** 2)
    lengths = [sparc(_whole_way(speed_dps, *way)) for way in ways]
    known = [length for length in lengths if length is not None]
    return round(sum(known) / len(known), 3) if known else None


def sparc(speed: Array) -> float | None:
    """The spectral arc length of a speed profile (n,) at 50 frames a second; None if it is too short or all zero."""
    if len(speed) < LEAST_FRAMES or not speed.any():
        return None
    bins = PADDING * 2 ** math.ceil(math.log2(len(speed)))
    spectrum = np.abs(np.fft.rfft(speed, bins))[: int(CUT_OFF_HZ / FRAME_RATE_HZ * bins) + 1]
    spectrum /= spectrum[0]
    spectrum = spectrum[: int(np.flatnonzero(spectrum >= LEAST_AMPLITUDE)[-1]) + 1]
    across = 1.0 / (len(spectrum) - 1)
    return -float(np.sqrt(across * across + np.diff(spectrum) ** 2).sum())


def _side(turn_deg: Array, up: Array, left: int, far: int, returned: int) -> Side | None:
    """To which side a turn about the vertical goes; ``turn_deg`` (n,) is seen from where the set began.

    None where it goes to both sides, or the movement is mostly another. Gravity is enough for that; a bend to the side
    would need to know which way is forward.
    """
    far_deg = float(turn_deg[far])
    tilt_deg = math.degrees(math.acos(min(max(float((up[left] * up[far]).sum()), -1.0), 1.0)))
    other_way_deg = float((-turn_deg[left : returned + 1] * math.copysign(1.0, far_deg)).max())
    enough = abs(far_deg - float(turn_deg[left])) >= max(LEAST_TURN_DEG, tilt_deg)
    if not enough or other_way_deg > ONE_SIDED * abs(far_deg):
        return None
    return "left" if far_deg > 0.0 else "right"


def _whole_way(speed_dps: Array, first: int, last: int) -> Array:
    """The way with its slow ends."""
    still = speed_dps < STILL_SHARE * speed_dps[first : last + 1].max()
    reach = int(REACH * (last - first)) + 1
    before, behind = max(first - reach, 0), min(last + reach, len(speed_dps) - 1)
    slow = np.flatnonzero(still[before:first])
    start = before + int(slow[-1]) if len(slow) else before + int(speed_dps[before : first + 1].argmin())
    slow = np.flatnonzero(still[last : behind + 1])
    end = last + int(slow[0]) if len(slow) else last + int(speed_dps[last : behind + 1].argmin())
    return speed_dps[start : end + 1]
