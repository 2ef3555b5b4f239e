"""Ticks: the mean of ten frames, 0.2 s, and what posture and activity ask about each (walking, moving, fixed).

Slow enough for posture and activity, quick enough for an alert.
"""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Frames
from rhomboid.motion.sections import filtered

FRAMES_A_TICK = 10
TICK_S = FRAMES_A_TICK / FRAME_RATE_HZ

# Steps shake the trunk up and down twice a second, with harmonics above, without a pause; exercise is slower, or its
# shaking comes and goes, or it swings the trunk further. The band is what two one-pole low-passes of |acceleration|
# leave between them. Found in 90 % of walking, 1 % of computer work and 2 % of talking (chest, seven people).
STEP_SLOW_S, STEP_QUICK_S = 0.05, 0.02
STEP_TICKS, STEPS_TICKS = 3, 12
WALKING_G, WALKING_SWING_DEG = 0.03, 20.0
MOVING_DPS = 12.0
QUIET_DPS = 6.0
MOVING_WINDOW_TICKS = 5
RESTLESS_DPS, RESTLESS_SHARE, RESTLESS_WINDOW_TICKS = 7.0, 0.6, 30
# Nobody keeps a trunk this still: breathing alone tilts it by some tenths of a degree. Within 30 s a worn sensor's "up"
# wandered 0.27 deg at least (5 h, eight people), that of one on a table at most 0.06 with the noise of a good consumer
# sensor and 0.18 with three times that; within 3 s it is one in a hundred who stays below 0.06.
NOT_WORN_DEG, LIFELESS_DEG = 0.15, 0.06
NOT_WORN_WINDOW_TICKS = 150
NOT_WORN_SINCE_S = (NOT_WORN_WINDOW_TICKS - 1) * TICK_S
"""How long before the first fixed tick it began."""

Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


class Ticks(msgspec.Struct, frozen=True, eq=False):
    """Consecutive ticks of one unbroken segment, all (n,) but ``up``.

    ``start_s``, ``t_s``: where each begins and ends; ``seen_s``: the newest sample then; ``up`` (n, 3): mean direction
    of "up" in sensor axes, unit length; ``acc_g``: mean of |acceleration|; ``rate_dps``: rms angular velocity of the
    last second; ``restless``: moving for most of the last six seconds; ``walking``: steps without a pause for some
    seconds; ``fixed``: the sensor has not turned at all for half a minute.
    """

    start_s: Array
    t_s: Array
    seen_s: Array
    up: Array
    acc_g: Array
    rate_dps: Array
    restless: Flags
    walking: Flags
    fixed: Flags

    def __len__(self) -> int:
        return int(self.t_s.shape[0])

    def __getitem__(self, rows: slice) -> Ticks:
        return Ticks(*(getattr(self, name)[rows] for name in Ticks.__struct_fields__))

    @property
    def moving(self) -> Flags:
        return self.rate_dps > MOVING_DPS

    @property
    def quiet(self) -> Flags:
        """Still enough for a reference pose, and worn."""
        return ~self.walking & ~self.fixed & (self.rate_dps < QUIET_DPS)


class TickMaker:
    """Streaming reduction of frames to ticks; the same frames in other pieces give the same ticks, bit for bit."""

    def __init__(self) -> None:
        self._waiting: list[Frames] = []
        self._shake = _Shake()
        self._step = _TrailingMean(STEP_TICKS)
        self._steps = _TrailingRange(STEPS_TICKS)
        self._swing = _TrailingRange(STEPS_TICKS)
        self._rate = _TrailingMean(MOVING_WINDOW_TICKS)
        self._restless = _TrailingMean(RESTLESS_WINDOW_TICKS)
        self._wander = _TrailingRange(NOT_WORN_WINDOW_TICKS)

    def feed(self, frames: Frames) -> Ticks | None:
        """The ticks these frames complete, if any."""
        self._waiting.append(frames)
        waiting = sum(map(len, self._waiting))
        n = waiting - waiting % FRAMES_A_TICK
        if not n:
            return None
        frames = joined(self._waiting)
        self._waiting = [_rows(frames, slice(n, None))]
        frames = _rows(frames, slice(0, n))
        length_g = np.sqrt(_square(frames.acc_g))
        shake_g = self._shake.feed(length_g)
        up = _tick_mean(frames.up)
        up = up / np.sqrt(_square(up))[:, None]
        weakest_step_g2 = self._steps.feed(self._step.feed(_tick_mean(shake_g * shake_g))[:, None])[0][:, 0]
        swing, wander = (_widest(*trailing.feed(up)) for trailing in (self._swing, self._wander))
        steps = (weakest_step_g2 > WALKING_G**2) & (swing < math.radians(WALKING_SWING_DEG))
        rate_dps = np.sqrt(self._rate.feed(_tick_mean(_square(frames.gyr_dps))))
        restless_share = self._restless.feed((rate_dps > RESTLESS_DPS).astype(np.float64))
        t_s = frames.t_s[FRAMES_A_TICK - 1 :: FRAMES_A_TICK]
        return Ticks(
            start_s=t_s - TICK_S,
            t_s=t_s,
            seen_s=frames.seen_s[FRAMES_A_TICK - 1 :: FRAMES_A_TICK],
            up=up,
            acc_g=_tick_mean(length_g),
            rate_dps=rate_dps,
            restless=restless_share > RESTLESS_SHARE,
            walking=steps,
            fixed=wander < math.radians(NOT_WORN_DEG),
        )


class Settled:
    """Which of several codes holds, each counted only once it has lasted its dwell (in ticks)."""

    def __init__(self, dwell_ticks: tuple[int, ...], code: int) -> None:
        self._dwell_ticks = dwell_ticks
        self.code = code
        self._candidate, self._lasted, self._since_s = code, 0, 0.0

    def feed(self, codes: Codes, ticks: Ticks) -> list[tuple[int, int, float]]:
        """The changes as (index of the deciding tick, new code, time it began)."""
        changes = []
        for i, j in runs(codes):
            code = int(codes[i])
            if code != self._candidate:
                self._candidate, self._lasted, self._since_s = code, 0, float(ticks.start_s[i])
            decided = i + max(self._dwell_ticks[code] - self._lasted, 1) - 1
            self._lasted += j - i
            if code != self.code and decided < j:
                self.code = code
                changes.append((decided, code, self._since_s))
        return changes


def runs(codes: Codes | Flags) -> list[tuple[int, int]]:
    """Stretches of equal neighbours in ``codes`` (n,) as (first, one past the last)."""
    edges = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(codes))), len(codes)]
    return list(pairwise(edges))


class _Shake:
    """Band-pass for steps, started at rest on the first value."""

    def __init__(self) -> None:
        self._state: Array | None = None

    def feed(self, length_g: Array) -> Array:
        if self._state is None:
            self._state = np.array([[-_SHAKE_SOS[0, 0] * length_g[0], 0.0]])
        shake_g, self._state = filtered(_SHAKE_SOS, length_g, self._state)
        return shake_g


# One low-pass, 1 / (1 - pole / z), less a slower one.
_QUICK, _SLOW = (math.exp(-1.0 / (FRAME_RATE_HZ * time_s)) for time_s in (STEP_QUICK_S, STEP_SLOW_S))
_SHAKE_SOS = np.array([[_SLOW - _QUICK, _QUICK - _SLOW, 0.0, 1.0, -_SLOW - _QUICK, _SLOW * _QUICK]])


class _TrailingMean:
    """Mean of the last ``width`` ticks, added in a fixed order so that no block boundary can show; zero before them."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._past = np.zeros(width - 1)

    def feed(self, x: Array) -> Array:
        line = np.concatenate((self._past, x))
        self._past = line[len(x) :]
        total = line[: len(x)].copy()
        for k in range(1, self._width):
            total += line[k : k + len(x)]
        mean: Array = total / self._width
        return mean


class _TrailingRange:
    """Least and greatest of the last ``width`` ticks, column by column; not a number until there are so many."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._past: Array | None = None

    def feed(self, x: Array) -> tuple[Array, Array]:
        from scipy.ndimage import maximum_filter1d, minimum_filter1d

        missing = np.full((self._width - 1, x.shape[1]), np.nan)
        line = np.concatenate((missing if self._past is None else self._past, x))
        self._past = line[len(x) :]
        unknown = int(np.isnan(line[:, 0]).sum())
        line = line[unknown:]
        out = []
        for extreme in (minimum_filter1d, maximum_filter1d):
            trailing = extreme(line, self._width, axis=0, origin=(self._width - 1) // 2)[-len(x) :]
            trailing[: max(unknown, 0)] = np.nan
            out.append(trailing)
        return out[0], out[1]


def _widest(least: Array, greatest: Array) -> Array:
    wide: Array = (greatest - least).max(axis=1)
    return wide


def _tick_mean(x: Array) -> Array:
    total = x[0::FRAMES_A_TICK].copy()
    for k in range(1, FRAMES_A_TICK):
        total += x[k::FRAMES_A_TICK]
    mean: Array = total / FRAMES_A_TICK
    return mean


def _square(v: Array) -> Array:
    out: Array = v[:, 0] * v[:, 0] + v[:, 1] * v[:, 1] + v[:, 2] * v[:, 2]
    return out


def unit(v: Array) -> Array:
    """``v`` (3,) at length one; it must not be zero."""
    out: Array = v / math.sqrt(float(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]))
    return out


def dot(v: Array, direction: Array) -> Array:
    """(n,) products of (n, 3) and (3,), element by element: the last bit must not depend on n as it does in BLAS."""
    out: Array = v[:, 0] * direction[0] + v[:, 1] * direction[1] + v[:, 2] * direction[2]
    return out


def level(v: Array, up: Array) -> Array:
    """The horizontal direction of ``v``, (3,), which must have one, where ``up`` (3,) is up."""
    return unit(v - float(v @ up) * up)


def angle_deg(up: Array, upright: Array) -> Array:
    """Angles between unit vectors, (n,) deg for (n, 3) and (3,)."""
    x, y, z = (up[:, i] - upright[i] for i in range(3))
    out: Array = np.degrees(2.0 * np.arcsin(np.minimum(np.sqrt(x * x + y * y + z * z) / 2.0, 1.0)))
    return out


def _rows(f: Frames, rows: slice) -> Frames:
    return Frames(f.t_s[rows], f.seen_s[rows], f.acc_g[rows], f.gyr_dps[rows], f.up[rows], f.quat[rows], f.has_gyro)


def joined(pieces: list[Frames]) -> Frames:
    """Consecutive pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    columns = {
        name: np.concatenate([getattr(p, name) for p in pieces])
        for name in ("t_s", "seen_s", "acc_g", "gyr_dps", "up", "quat")
    }
    return Frames(**columns, has_gyro=pieces[-1].has_gyro)
