"""What stillness and movement look like: rows of features, distances between poses, and what is usual of late.

Poses are compared by tilt, turn about the vertical and height. Height is acceleration integrated twice between
standstills, its error taken out by the velocity being zero at both ends (zero-velocity update; Foxlin, IEEE Computer
Graphics and Applications 25, 2005).
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median

import msgspec
import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, G_M_S2, Frames
from rhomboid.motion.sections import filtered

# Speed of a movement: mean rotation over this many frames, and the change of |acceleration| across them.
WINDOW = 15
CHANGE_DPS_PER_G = 60.0
# One degree of tilt counts as much as this much height.
METRES_A_DEG = 0.0125
BOB_TIME_CONSTANT_S = 0.7
# What a movement adds to the error of turn and height: a gyroscope's bias, and what is left of the accelerometer's.
YAW_DOUBT_DPS, HEIGHT_DOUBT_M = 0.5, 0.01
# Usual is the median of the last movements that were not small against it.
USUAL_OF, USUAL_SHARE, LEAST_DEG = 5, 0.35, 0.7
# Still is slower than this share of the usual movement, within bounds.
STILL_SHARE, STILL_DPS, STILL_DPS_AT_FIRST = 0.65, (1.5, 7.0), 4.0
# A standstill has been left at this share of the usual range, within bounds.
LEFT_SHARE, LEFT_DEG, LEFT_DEG_AT_FIRST = 0.4, (0.6, 4.0), 1.5
# At first it depends on how somebody sways who keeps still: the most in three looks at the first seconds.
LOOKS, LOOK_FRAMES, SWAY_DPS, SWAY_SHARE = 3, 150, 1.3, (0.5, 1.0)

# Columns of a row, one row a frame: time and newest sample (s), up, turn about the vertical (deg), vertical
# acceleration (g), height against the last second (m), speed (dps).
T, SEEN, UP, YAW, LIFT, BOB, SPEED = 0, 1, slice(2, 5), 5, 6, 7, 8


class Usual:
    """How far and how fast movements go of late, and what follows from it."""

    def __init__(self) -> None:
        self._range_deg: deque[float] = deque(maxlen=USUAL_OF)
        self._speed_dps: deque[float] = deque(maxlen=USUAL_OF)
        self._small = 0
        self._at_rest_dps: list[float] = []
        self._sway_share = SWAY_SHARE[1]

    @property
    def rows_to_look(self) -> int:
        """How many more rows at rest change what is usual; 0: no more."""
        return LOOK_FRAMES - len(self._at_rest_dps)

    def look(self, speed_dps: Array) -> None:
        """Takes in how fast somebody sways who keeps still, (n,), up to ``rows_to_look``."""
        if not self.rows_to_look:
            return
        self._at_rest_dps += speed_dps.tolist()
        if not self.rows_to_look:
            sway_dps = float(np.median(np.reshape(self._at_rest_dps, (LOOKS, -1)), axis=1).max())
            self._sway_share = _bounded(sway_dps / SWAY_DPS, SWAY_SHARE)

    def learn(self, range_deg: float, speed_dps: float) -> None:
        """Takes in a movement; small ones only once there were several in a row."""
        if range_deg < LEAST_DEG:
            return
        self._small = self._small + 1 if range_deg < self.least_deg(0.0) else 0
        if self._small in (0, USUAL_OF):
            self._small = 0
            self._range_deg.append(range_deg)
            self._speed_dps.append(speed_dps)

    def forget(self) -> None:
        """Movements of another kind may follow."""
        self._range_deg.clear()
        self._speed_dps.clear()

    def least_deg(self, otherwise_deg: float) -> float:
        """What is too small to be one of these movements."""
        return max(LEAST_DEG, USUAL_SHARE * (median(self._range_deg) if self._range_deg else otherwise_deg))

    @property
    def left_deg(self) -> float:
        """How far from a standstill is more than swaying."""
        if not self._range_deg:
            return LEFT_DEG_AT_FIRST * self._sway_share
        return _bounded(LEFT_SHARE * median(self._range_deg), LEFT_DEG)

    @property
    def still_dps(self) -> float:
        """Slower than this is still."""
        if not self._speed_dps:
            return STILL_DPS_AT_FIRST * self._sway_share
        return _bounded(STILL_SHARE * median(self._speed_dps), STILL_DPS)


class Offset(msgspec.Struct, frozen=True, eq=False):
    """Turn and height as seen from rest, (n,), and how much of each may be error."""

    yaw_deg: Array = np.zeros(1)
    height_m: Array = np.zeros(1)
    yaw_doubt_deg: float = 0.0
    height_doubt_m: float = 0.0

    def after(self, path: Array) -> Offset:
        """All along a movement that starts here and ends at a standstill."""
        lasted_s = len(path) / FRAME_RATE_HZ
        return Offset(
            self.yaw_deg + path[:, YAW] - path[0, YAW],
            self.height_m + _height_m(path[:, LIFT]),
            self.yaw_doubt_deg + YAW_DOUBT_DPS * lasted_s,
            math.hypot(self.height_doubt_m, HEIGHT_DOUBT_M * lasted_s**1.5),
        )

    @property
    def last(self) -> Offset:
        return Offset(self.yaw_deg[-1:], self.height_m[-1:], self.yaw_doubt_deg, self.height_doubt_m)

    def since(self, before: Offset) -> Offset:
        """Seen from an earlier one instead of from rest."""
        return Offset(
            self.yaw_deg - before.yaw_deg,
            self.height_m - before.height_m,
            self.yaw_doubt_deg - before.yaw_doubt_deg,
            math.sqrt(max(self.height_doubt_m**2 - before.height_doubt_m**2, 0.0)),
        )

    @property
    def sure(self) -> tuple[Array, Array]:
        """What is left after as much as may be error."""
        yaw_deg = np.sign(self.yaw_deg) * np.maximum(np.abs(self.yaw_deg) - self.yaw_doubt_deg, 0.0)
        height_m = np.sign(self.height_m) * np.maximum(np.abs(self.height_m) - self.height_doubt_m, 0.0)
        return yaw_deg, height_m


class Look:
    """Frames as rows of what is looked at; streaming, the same under any chunking."""

    def __init__(self) -> None:
        self._past: Array | None = None
        self._bob: Array | None = None
        self._turned_deg = 0.0

    def rows(self, frames: Frames) -> Array:
        """(n, 9), the columns above."""
        n, up, gyr_dps, acc_g = len(frames), frames.up, frames.gyr_dps, frames.acc_g
        turn_dps = _dot(gyr_dps, up) if frames.has_gyro else np.zeros(n)
        yaw_deg = np.cumsum(np.concatenate(([self._turned_deg], turn_dps / FRAME_RATE_HZ)))[1:]
        self._turned_deg = float(yaw_deg[-1])
        lift_g = _dot(acc_g, up) - 1.0
        line = np.concatenate((gyr_dps, np.sqrt(_dot(acc_g, acc_g))[:, None]), axis=1)
        line = np.concatenate((np.repeat(line[:1], WINDOW, axis=0) if self._past is None else self._past, line))
        self._past = line[-WINDOW:]
        turning_dps = sum((line[k : k + n, :3] for k in range(2, WINDOW + 1)), line[1 : n + 1, :3]) / WINDOW
        change = CHANGE_DPS_PER_G * (line[WINDOW:, 3] - line[:n, 3])
        speed_dps = np.sqrt(_dot(turning_dps, turning_dps) + change * change)
        columns = (frames.t_s, frames.seen_s, up[:, 0], up[:, 1], up[:, 2], yaw_deg, lift_g, self._bobbing(lift_g))
        return np.stack((*columns, speed_dps), axis=1)

    def _bobbing(self, lift_g: Array) -> Array:
        """Height against the last second, (n,) m: needs no standstill, and forgets."""
        if self._bob is None:
            self._bob = np.array([_BOB_REST * lift_g[0], [0.0, 0.0]])
        bob_m, self._bob = filtered(_BOB_SOS, lift_g, self._bob)
        return bob_m


# A high-pass takes out what the sensor reads at rest, then two integrators that leak.
_POLE = math.exp(-1.0 / (FRAME_RATE_HZ * BOB_TIME_CONSTANT_S))
_GAIN = G_M_S2 / FRAME_RATE_HZ**2
_BOB_SOS = np.array([[1.0, -1.0, 0.0, 1.0, -_POLE, 0.0], [_GAIN, 0.0, 0.0, 1.0, -2 * _POLE, _POLE**2]])
_BOB_REST = np.array([-1.0, 0.0])


def _height_m(lift_g: Array) -> Array:
    """Height over a movement that starts and ends at rest, (n,) m."""
    speed = np.cumsum(lift_g) * (G_M_S2 / FRAME_RATE_HZ)
    speed -= speed[-1] * np.arange(1, len(speed) + 1) / len(speed)
    height_m: Array = np.cumsum(speed) / FRAME_RATE_HZ
    return height_m


def apart_deg(up: Array, other_up: Array, yaw_deg: Array | float, height_m: Array | float) -> Array:
    """Distance between poses, (n,) deg: tilt apart, turned apart and one above the other."""
    off = up - other_up
    off *= off
    tilt_deg = np.degrees(2.0 * np.arcsin(np.minimum(np.sqrt(off[:, 0] + off[:, 1] + off[:, 2]) / 2.0, 1.0)))
    rise = height_m / METRES_A_DEG
    apart: Array = np.sqrt(tilt_deg * tilt_deg + yaw_deg * yaw_deg + rise * rise)
    return apart


def _bounded(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


def _dot(a: Array, b: Array) -> Array:
    out: Array = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]
    return out
