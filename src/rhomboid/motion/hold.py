"""Holds: how long the far point of a movement is kept, whatever the exercise.

The stream is cut into standstills and movements by how fast the trunk turns and how its acceleration changes. A
standstill is a rest or a hold by where it lies: the resting pose is where the set began and where movements come back
to. Poses are compared by tilt, turn about the vertical and height; height is acceleration integrated twice between
standstills, its error taken out by the velocity being zero at both ends (zero-velocity update; Foxlin, IEEE Computer
Graphics and Applications 25, 2005).
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median

import msgspec
import numpy as np

from rhomboid.events import Event, HoldEnded, HoldStarted
from rhomboid.imu import Array
from rhomboid.motion.activity import Codes, Flags, unit
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break, Frames
from rhomboid.motion.settings import Settings

G_M_S2 = 9.80665
HOLD_S = 1.0
# Speed of a movement: mean rotation over this many frames, and the change of |acceleration| across them.
WINDOW = 15
CHANGE_DPS_PER_G = 60.0
# One degree of tilt counts as much as this much height.
METRES_A_DEG = 0.0125
BOB_TIME_CONSTANT_S = 0.7
# Still is slower than this share of the usual movement, within bounds, for so many frames. What is usual is the median
# of the last movements that were not small against it.
STILL_SHARE, STILL_DPS, STILL_DPS_AT_FIRST, STILL_FRAMES = 0.65, (1.5, 7.0), 4.0, 20
USUAL_OF, USUAL_SHARE, LEAST_DEG = 5, 0.35, 1.0
LOOK_FRAMES, SWAY_DPS, QUIET = 50, 1.3, (0.5, 1.0)
# A standstill has been left at this share of the usual range, within bounds: at once if it is more than a wobble, or
# else when it lasts longer than one, or when the movement does.
LEFT_SHARE, LEFT_DEG, LEFT_DEG_AT_FIRST = 0.4, (0.8, 4.0), 1.5
WOBBLE_DEG, WOBBLE_FRAMES = 2.5, 30
# Swaying about in a hold does not end it while it stays this far from rest.
KEPT_SHARE = 0.7
# A standstill is away from rest beyond this share of the way the movement went. It was reached on entering this share
# of the movement's range around it.
FAR_SHARE, BAND_SHARE, BAND_DEG = 0.4, 0.05, 0.5
BASE_SHARE = 0.3
# A movement begins a little before it looks like one. What it adds to the error of turn and height: a gyroscope's bias,
# and what is left of the accelerometer's.
BEFORE_FRAMES, LONGEST_FRAMES = 15, 3000
YAW_DOUBT_DPS, HEIGHT_DOUBT_M = 0.5, 0.01

# In free running people also stand and sit this way and that, some 115 times an hour; an exercise comes back to the
# same pose. Asking for two like it in the last minute leaves 4 an hour.
ALIKE_S, ALIKE_SHARE, ALIKE_POSE_SHARE, ALIKE_TO_KNOW = 60.0, 0.6, 0.3, 2

# Columns of a row, one row a frame.
T, SEEN, UP, YAW, LIFT, BOB, SPEED = 0, 1, slice(2, 5), 5, 6, 7, 8
WIDTH = 9


class HoldDetector:
    """Streaming hold timer; ``holding_s`` is how long the hold in hand has lasted since reaching the far point."""

    def __init__(self, settings: Settings) -> None:
        self.holding_s: float | None = None
        self._exercising = settings.mode == "set" or settings.exercise is not None
        self._usual = _Usual()
        self._visits: deque[_Visit] = deque(maxlen=USUAL_OF)
        self._rest_up: Array | None = None
        self._start()

    def feed(self, frames: Frames) -> list[Event]:
        """What these frames decide, in order of ``at_s``."""
        rows = self._look.rows(frames)
        found: list[Event] = []
        while len(rows):
            moving = self._still is None or self._leaving
            rows = rows[self._move(rows, found) if moving else self._keep_still(rows, found) :]
        return found

    def interrupt(self, gap: Break) -> list[Event]:
        """A hold in hand ends with the last sample before the gap; the resting pose is remembered."""
        found = self._end(gap.start_s, gap.end_s)
        self._start()
        return found

    def finish(self) -> list[Event]:
        """Closes what is open."""
        return self._end(self._last_s, self._seen_s)

    def _start(self) -> None:
        self._look = _Look()
        self._last_s = self._seen_s = 0.0
        self._still: _Standstill | None = None
        self._announced = False
        # The movement in hand, or the leaving of a standstill that may yet turn out to be a wobble.
        self._leaving = False
        self._left_s = 0.0
        self._path: list[Array] = []
        self._length = 0
        self._calm = self._fast = self._astray = 0
        # Where it began, as seen from rest, and how far to trust that.
        self._offset = _Offset()
        self._since_rest = 0

    # --- standstill and movement -------------------------------------------------------------------------------------

    def _keep_still(self, rows: Array, found: list[Event]) -> int:
        """Goes through rows until something stirs; how many were used up."""
        rows = rows[: self._usual.until_look]
        stirs = np.flatnonzero(rows[:, SPEED] >= self._usual.still_dps)
        k = int(stirs[0]) if len(stirs) else len(rows)
        self._usual.rest(rows[:k, SPEED])
        if k:
            before = np.concatenate((*self._path, rows[max(k - BEFORE_FRAMES, 0) : k]))
            self._path = [before[-BEFORE_FRAMES:]]
            self._pass(rows[:k], found)
        if k < len(rows):
            self._leaving, self._left_s = True, float(self._path[-1][-1, T])
            self._length = len(self._path[0])
            self._calm = self._fast = self._astray = 0
        return k

    def _move(self, rows: Array, found: list[Event]) -> int:
        """Goes through rows until a standstill is left or reached; how many were used up."""
        calm = rows[:, SPEED] < self._usual.still_dps
        calm_for = _lasting(calm, self._calm)
        settled = calm_for >= STILL_FRAMES
        left = self._leaves(rows, calm, settled) if self._still is not None else np.zeros(len(rows), bool)
        turns = np.flatnonzero(settled | left)
        k = int(turns[0]) + 1 if len(turns) else len(rows)
        self._calm = int(calm_for[k - 1])
        self._path.append(rows[:k])
        self._length += k
        while self._length - len(self._path[0]) >= LONGEST_FRAMES:
            self._length -= len(self._path.pop(0))
        self._pass(rows[:k], found)
        if left[k - 1]:
            found += self._end(self._left_s, self._seen_s)
            self._still, self._leaving = None, False
        elif settled[k - 1] and self._still is not None:
            self._leaving, self._path = False, [rows[k - 1 : k]]
        elif settled[k - 1]:
            self._settle()
        return k

    def _leaves(self, rows: Array, calm: Flags, settled: Flags) -> Flags:
        """Rows at which it is clear that the standstill is being left for good."""
        assert self._still is not None and self._rest_up is not None  # noqa: S101
        still, start, left_deg = self._still, self._path[0][-1], self._usual.left_deg
        turned_deg = rows[:, YAW] - start[YAW]
        away_deg = _apart_deg(rows[:, UP], start[UP], turned_deg, rows[:, BOB])
        fast_for = _lasting(~calm, self._fast)
        left = (away_deg > left_deg) & (fast_for > WOBBLE_FRAMES)
        if still.away:
            from_rest_deg = _apart_deg(rows[:, UP], self._rest_up, still.yaw_deg + turned_deg, 0.0)
            kept = from_rest_deg > KEPT_SHARE * still.from_rest_deg
            away_deg = np.where(kept, np.abs(rows[:, BOB]) / METRES_A_DEG, away_deg)
        astray_for = _lasting(away_deg > left_deg, self._astray)
        self._fast, self._astray = int(fast_for[-1]), int(astray_for[-1])
        gone: Flags = left | (away_deg > max(left_deg, WOBBLE_DEG)) | (astray_for > WOBBLE_FRAMES)
        gone |= settled & (away_deg > left_deg)
        first = int(np.argmax(gone | settled)) + 1 if (gone | settled).any() else len(rows)
        quiet = np.flatnonzero((calm & (away_deg <= left_deg))[:first])
        if len(quiet):
            self._left_s = float(rows[quiet[-1], T])
        return gone

    def _settle(self) -> None:
        """A movement has come to a standstill: where?"""
        path = np.concatenate(self._path)[-LONGEST_FRAMES:]
        up = unit(path[-STILL_FRAMES:, UP].mean(axis=0))
        path = path[: len(path) - STILL_FRAMES + 1]
        if self._rest_up is None:
            self._rest_up = path[0, UP]
        begin, offset = _Offset().after(path), self._offset.after(path)
        range_deg = float(_apart_deg(path[:, UP], path[0, UP], *begin.sure).max())
        from_rest_deg = _apart_deg(path[:, UP], self._rest_up, *offset.sure)
        now_deg = float(_apart_deg(up[None], self._rest_up, *offset.last.sure)[0])
        away = now_deg > max(FAR_SHARE * float(from_rest_deg.max()), self._usual.least_deg(range_deg))
        self._since_rest = 0 if float(from_rest_deg.min()) < FAR_SHARE * now_deg else self._since_rest
        reached = self._reached(path, up, begin, range_deg)
        visit = _Visit(float(path[reached, T]), range_deg, up, offset.last)
        if away and self._is_base(visit):
            away = False
            self._usual = _Usual()
        self._usual.learn(range_deg, float(np.median(path[:, SPEED])))

        self._still = _Standstill(
            start_s=visit.reached_s,
            up=up,
            away=away,
            # the reaching has to be seen: after a gap the trunk may have been there for long
            timed=away and reached > 0 and self._in_exercise(visit),
            from_rest_deg=float(_apart_deg(up[None], self._rest_up, offset.last.sure[0], 0.0)[0]),
            yaw_deg=float(offset.last.sure[0][0]),
        )
        self._path = [self._path[-1][-1:]]
        if away:
            self._offset = offset.last
            self._visits.append(visit)
            self._since_rest = min(self._since_rest + 1, len(self._visits))
        else:
            self._offset, self._rest_up, self._since_rest = _Offset(), up, 0

    def _reached(self, path: Array, up: Array, begin: _Offset, range_deg: float) -> int:
        """The row from which on a movement kept close to where it ended."""
        yaw_deg, height_m = path[:, YAW] - path[-1, YAW], begin.height_m - begin.height_m[-1]
        band_deg = max(BAND_SHARE * range_deg, BAND_DEG)
        outside = np.flatnonzero(_apart_deg(path[:, UP], up, yaw_deg, height_m) > band_deg)
        return min(int(outside[-1]) + 1, len(path) - 1) if len(outside) else 0

    def _is_base(self, visit: _Visit) -> bool:
        """Whether the trunk is back at a pose it was in before, never near rest since: the set is done from here."""
        since_rest = list(self._visits)[len(self._visits) - self._since_rest :]
        return any(visit.from_deg(v) < BASE_SHARE * visit.range_deg for v in since_rest)

    def _in_exercise(self, visit: _Visit) -> bool:
        """Whether a pose away from rest belongs to an exercise: unless told so, only after others like it."""
        alike = [
            v
            for v in self._visits
            if visit.reached_s - v.reached_s < ALIKE_S
            and ALIKE_SHARE * v.range_deg < visit.range_deg < v.range_deg / ALIKE_SHARE
            and _apart_deg(visit.up[None], v.up, 0.0, 0.0)[0] < ALIKE_POSE_SHARE * visit.range_deg
        ]
        return self._exercising or len(alike) >= ALIKE_TO_KNOW

    # --- holds -------------------------------------------------------------------------------------------------------

    def _pass(self, rows: Array, found: list[Event]) -> None:
        """Time goes on."""
        self._last_s, self._seen_s = float(rows[-1, T]), float(rows[-1, SEEN])
        if self._still is None or not self._still.timed:
            return
        self.holding_s = self._last_s - self._still.start_s
        due = int(np.searchsorted(rows[:, T], self._still.start_s + HOLD_S - 1e-9))
        if due < len(rows) and not self._announced:
            self._announced = True
            found.append(HoldStarted(at_s=float(rows[due, SEEN]), start_s=self._still.start_s))

    def _end(self, end_s: float, now_s: float) -> list[Event]:
        announced, self._announced, self.holding_s = self._announced, False, None
        if not announced or self._still is None:
            return []
        drift_deg = float(_apart_deg(self._path[0][-1:, UP], self._still.up, 0.0, 0.0)[0])
        return [HoldEnded(at_s=now_s, start_s=self._still.start_s, end_s=end_s, drift_deg=round(drift_deg, 3))]


class _Standstill(msgspec.Struct, frozen=True, eq=False):
    """A pose that is kept: since when, which way is up, whether it is ``away`` from rest and ``timed`` as a hold."""

    start_s: float
    up: Array
    away: bool
    timed: bool
    from_rest_deg: float
    yaw_deg: float


class _Offset(msgspec.Struct, frozen=True, eq=False):
    """Turn and height as seen from rest, (n,), and how much of each may be error."""

    yaw_deg: Array = np.zeros(1)
    height_m: Array = np.zeros(1)
    yaw_doubt_deg: float = 0.0
    height_doubt_m: float = 0.0

    def after(self, path: Array) -> _Offset:
        """All along a movement that starts here and ends at a standstill."""
        lasted_s = len(path) / FRAME_RATE_HZ
        return _Offset(
            self.yaw_deg + path[:, YAW] - path[0, YAW],
            self.height_m + _height_m(path[:, LIFT]),
            self.yaw_doubt_deg + YAW_DOUBT_DPS * lasted_s,
            math.hypot(self.height_doubt_m, HEIGHT_DOUBT_M * lasted_s**1.5),
        )

    @property
    def last(self) -> _Offset:
        return _Offset(self.yaw_deg[-1:], self.height_m[-1:], self.yaw_doubt_deg, self.height_doubt_m)

    def since(self, before: _Offset) -> _Offset:
        """Seen from an earlier one instead of from rest."""
        return _Offset(
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


class _Visit(msgspec.Struct, frozen=True, eq=False):
    """A standstill away from rest that was reached by a movement of this range."""

    reached_s: float
    range_deg: float
    up: Array
    offset: _Offset

    def from_deg(self, before: _Visit) -> float:
        """How far this pose is from an earlier one."""
        return float(_apart_deg(self.up[None], before.up, *self.offset.since(before.offset).sure)[0])


class _Usual:
    """How far and how fast movements go of late, and what follows from it."""

    def __init__(self) -> None:
        self._range_deg: deque[float] = deque(maxlen=USUAL_OF)
        self._speed_dps: deque[float] = deque(maxlen=USUAL_OF)
        self._small = 0
        self._resting: list[float] = []
        self._sway = QUIET[1]
        self._looks: list[float] = []

    @property
    def until_look(self) -> int:
        return LOOK_FRAMES - len(self._resting)

    def rest(self, speed_dps: Array) -> None:
        """Takes in how fast somebody sways who keeps still."""
        self._resting += speed_dps.tolist()
        if len(self._resting) == LOOK_FRAMES:
            self._looks.append(median(self._resting))
            if len(self._looks)<=3: self._sway = _bounded(max(self._looks) / SWAY_DPS, QUIET)
            self._resting = []

    def learn(self, range_deg: float, speed_dps: float) -> None:
        """Takes in a movement; small ones only once there were several in a row."""
        self._small = self._small + 1 if range_deg < self.least_deg(0.0) else 0
        if range_deg >= LEAST_DEG and self._small in (0, USUAL_OF):
            self._small = 0
            self._range_deg.append(range_deg)
            self._speed_dps.append(speed_dps)

    def least_deg(self, otherwise_deg: float) -> float:
        """What is too small to be one of these movements."""
        return max(LEAST_DEG, USUAL_SHARE * (median(self._range_deg) if self._range_deg else otherwise_deg))

    @property
    def left_deg(self) -> float:
        return _bounded(LEFT_SHARE * median(self._range_deg), LEFT_DEG) if self._range_deg else LEFT_DEG_AT_FIRST * self._sway

    @property
    def still_dps(self) -> float:
        return _bounded(STILL_SHARE * median(self._speed_dps), STILL_DPS) if self._speed_dps else STILL_DPS_AT_FIRST * self._sway


class _Look:
    """Frames as rows of what is looked at; streaming, the same under any chunking."""

    def __init__(self) -> None:
        self._past: Array | None = None
        self._bob: Array | None = None
        self._turned_deg = 0.0

    def rows(self, frames: Frames) -> Array:
        """(n, WIDTH): time, seen, up, turn about the vertical (deg), vertical acceleration (g), bob (m), speed."""
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
        from scipy.signal import sosfilt

        if self._bob is None:
            self._bob = np.array([_BOB_REST * lift_g[0], [0.0, 0.0]])
        bob_m, self._bob = sosfilt(_BOB_SOS, lift_g, zi=self._bob)
        out: Array = bob_m
        return out


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


def _apart_deg(up: Array, other_up: Array, yaw_deg: Array | float, height_m: Array | float) -> Array:
    """Distance between poses, (n,) deg: tilt apart, turned apart and one above the other."""
    x, y, z = (up[:, i] - other_up[i] for i in range(3))
    tilt_deg = np.degrees(2.0 * np.arcsin(np.minimum(np.sqrt(x * x + y * y + z * z) / 2.0, 1.0)))
    rise = np.asarray(height_m) / METRES_A_DEG
    apart: Array = np.sqrt(tilt_deg * tilt_deg + np.square(yaw_deg) + rise * rise)
    return apart


def _lasting(flags: Flags, before: int) -> Codes:
    """For each row, how many in a row up to it are set, (n,); ``before`` were so before the first."""
    at = np.arange(1, len(flags) + 1)
    return at - np.maximum.accumulate(np.where(flags, -before, at))


def _bounded(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


def _dot(a: Array, b: Array) -> Array:
    out: Array = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]
    return out
