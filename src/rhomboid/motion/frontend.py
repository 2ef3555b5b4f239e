"""From raw samples at any rate to evenly spaced frames with attitude: the one place that resamples and runs the filter.

Everything behind this room sees 50 frames a second, whatever the sensor's rate, block sizes and jitter. A frame is the
mean of the signal over 20 ms, so the rotation it stands for is kept exactly. Attitude is VQF without magnetometer
(Laidig and Seel, "VQF: Highly Accurate IMU Orientation Estimation with Bias Estimation and Magnetic Disturbance
Rejection", Information Fusion 91, 2023). The same samples give the same frames, bit for bit, under any chunking.

VQF answers a turned sensor with a slightly different movement (some hundredths of a degree), and detectors may look at
single axes. Frames are therefore in axes that the stream itself fixes: z is up at the first sample, and the
sensor turned about y then. However it is strapped on, the frames are the same.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from vqf import VQF

from rhomboid.events import Event, GapMarked
from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.motion.faults import Sieve, Verdict, Watch, shortest_and_longest_step, steps
from rhomboid.motion.sections import filtered

FRAME_RATE_HZ = 50.0
G_M_S2 = 9.80665
# A hole shorter than this, half of the quickest repetition (0.7 s), cannot hide one: it is marked, and the signal drawn
# straight across it. A longer one ends the segment.
SHORT_HOLE_S = 0.35
# Times this close are one and the same: where the timeline starts must not decide by rounding which comes first.
SAME_S = 0.5e-6
# Accelerometer-only: gravity is taken as what two of these low-passes in a row leave over.
GRAVITY_TIME_CONSTANT_S = 0.25
# A turn less level than this share of it does not tell one level axis from another.
LEAST_TURN = 1e-3
# A long recording is worked through in pieces that stay in the processor's cache: twice as fast as all at once.
CACHE_SAMPLES = 4096


class Frames(msgspec.Struct, frozen=True, eq=False):
    """Consecutive 20 ms frames of one unbroken segment.

    ``t_s`` (n,) end of each frame; ``seen_s`` (n,) time of the sample that completed it (what "now" was);
    ``acc_g`` (n, 3) specific force and ``gyr_dps`` (n, 3) angular velocity less its estimated bias, both in axes fixed
    to the sensor (``own_axes``); ``up`` (n, 3) unit vector of "up" in the same axes; ``quat`` (n, 4) w, x, y, z, from
    them to earth (z up, heading arbitrary and drifting slowly). Without a gyroscope ``gyr_dps`` is the rate of tilt
    alone, ``quat`` has no heading.
    """

    t_s: Array
    seen_s: Array
    acc_g: Array
    gyr_dps: Array
    up: Array
    quat: Array
    has_gyro: bool

    def __len__(self) -> int:
        return int(self.t_s.shape[0])


class Break(msgspec.Struct, frozen=True):
    """The segment ended: nothing is known between the two times."""

    start_s: float
    end_s: float


FrontEndItem = Frames | Break | Event


class FrontEnd:
    """Streaming resampler and attitude filter. ``feed`` returns what is new, in order."""

    def __init__(self) -> None:
        self._segment: _Segment | None = None
        self.axes: Array | None = None
        """The frames' axes, (3, 3), as rows in the sensor's; the same from the first frame on."""
        self._bias_rad_s: Array | None = None
        self._sieve, self._watch = Sieve(), Watch()
        self._verdict = Verdict(0)
        self._marked_s = -math.inf

    def feed(self, item: ImuBlock | Gap) -> list[FrontEndItem]:
        """Frames completed by these samples, breaks, and events about the stream itself."""
        if isinstance(item, Gap):
            self._marked_s = max(self._marked_s, item.end_s)
            return [GapMarked(at_s=item.end_s, start_s=item.start_s, end_s=item.end_s, reason=item.reason)]
        out: list[FrontEndItem] = []
        for i in range(0, len(item), CACHE_SAMPLES):
            self._sift(item if len(item) <= CACHE_SAMPLES else item[i : i + CACHE_SAMPLES], out)
        return out

    def _sift(self, block: ImuBlock, out: list[FrontEndItem]) -> None:
        """The samples that can be used, as far as they can be."""
        block, events = self._sieve.feed(block)
        out += events
        start = 0
        for verdict in self._watch.feed(block):
            out += verdict.events
            self._take(block[start : verdict.first], out)
            start, self._verdict = verdict.first, verdict
        self._take(block[start:] if start else block, out)

    def _take(self, block: ImuBlock, out: list[FrontEndItem]) -> None:
        """Sound samples, as far as they can be used."""
        usable, gain = self._verdict.usable, self._verdict.gain
        if not len(block) or usable == "none":
            return
        gyr_dps = None if usable == "acc" else block.gyr_dps
        if gain != 1.0 or gyr_dps is not block.gyr_dps:
            block = ImuBlock(block.t_s, gain * block.acc_g, gyr_dps)
        if self._segment is not None and (self._segment.has_gyro, self._segment.gain) != (gyr_dps is not None, gain):
            self._break(float(block.t_s[0]), out)
        start = 0
        before_s = float(block.t_s[0]) if self._segment is None else self._segment.last_s
        if shortest_and_longest_step(before_s, block.t_s)[1] <= SHORT_HOLE_S + SAME_S:
            self._run(block, out)
            return
        for cut in np.flatnonzero(steps(before_s, block.t_s) > SHORT_HOLE_S + SAME_S):
            self._run(block[start:cut], out)
            self._break(float(block.t_s[cut]), out)
            start = int(cut)
        self._run(block[start:], out)

    def _break(self, resumed_s: float, out: list[FrontEndItem]) -> None:
        assert self._segment is not None  # noqa: S101 - a step needs a sample before it
        last_s = self._segment.last_s
        out.append(Break(last_s, resumed_s))
        if resumed_s - last_s > SHORT_HOLE_S + SAME_S and resumed_s > self._marked_s:
            out.append(GapMarked(at_s=resumed_s, start_s=last_s, end_s=resumed_s, reason="no usable samples"))
        self._bias_rad_s = self._segment.bias_rad_s
        self._segment = None

    def _run(self, block: ImuBlock, out: list[FrontEndItem]) -> None:
        if not len(block):
            return
        if self.axes is None:
            self.axes = own_axes(block)
        if self._segment is None:
            self._segment = _Segment(block, self.axes, self._bias_rad_s, self._verdict.gain)
        frames = self._segment.feed(block)
        if frames is not None:
            out.append(frames)


class _Segment:
    """One unbroken stretch: resampling by exact integration of the piecewise linear signal, then attitude."""

    def __init__(self, block: ImuBlock, axes: Array, bias_rad_s: Array | None, gain: float) -> None:
        self._axes = axes
        self._start_s = self.last_s = float(block.t_s[0])
        self._waiting: list[ImuBlock] = []  # samples that complete no frame yet
        self._t_s = block.t_s[:1]
        self._value = _channels(block[:1])
        self._integral = np.zeros_like(self._value)
        self._edge = 1  # index of the frame edge that comes next
        self._edge_integral = self._integral
        self._fresh = True
        self.gain = gain
        self.has_gyro = block.gyr_dps is not None
        self._attitude = _Vqf(bias_rad_s) if self.has_gyro else _Gravity()

    @property
    def bias_rad_s(self) -> Array | None:
        return self._attitude.bias_rad_s

    def feed(self, block: ImuBlock) -> Frames | None:
        if self._fresh:
            self._fresh = False
            block = block[1:]
        if not len(block):
            return None
        self.last_s = float(block.t_s[-1])
        self._waiting.append(block)
        if self.last_s + SAME_S < self._start_s + self._edge / FRAME_RATE_HZ:
            return None
        t_s = np.concatenate((self._t_s, *(b.t_s for b in self._waiting)))
        value = np.concatenate((self._value, *(_channels(b) for b in self._waiting)), axis=1)
        self._waiting = []
        step_s = t_s[1:] - t_s[:-1]
        areas = 0.5 * (value[:, 1:] + value[:, :-1]) * step_s
        integral = np.cumsum(np.concatenate((self._integral, areas), axis=1), axis=1)
        self._t_s, self._value, self._integral = t_s[-1:], value[:, -1:], integral[:, -1:]

        last_edge = int((t_s[-1] - self._start_s) * FRAME_RATE_HZ) + 1
        edges_s = self._start_s + np.arange(self._edge, last_edge + 1) / FRAME_RATE_HZ
        edges_s = edges_s[edges_s <= t_s[-1] + SAME_S]
        if not len(edges_s):
            return None
        self._edge += len(edges_s)
        right = np.clip(np.searchsorted(t_s, edges_s - SAME_S, side="left"), 1, len(t_s) - 1)
        left = right - 1
        into_s = edges_s - t_s[left]
        before = value.take(left, axis=1)
        change = into_s / step_s[left] * (value.take(right, axis=1) - before)
        at_edge = integral.take(left, axis=1) + into_s * (before + 0.5 * change)
        line = np.concatenate((self._edge_integral, at_edge), axis=1)
        mean = (line[:, 1:] - line[:, :-1]) * FRAME_RATE_HZ
        self._edge_integral = at_edge[:, -1:]

        acc_g = _in_axes(self._axes, mean[:3])
        gyr_dps, up, quat = self._attitude.update(acc_g, _in_axes(self._axes, mean[3:]) if self.has_gyro else acc_g)
        return Frames(edges_s, t_s[right], acc_g, gyr_dps, up, quat, self.has_gyro)


class _Vqf:
    """Six-axis attitude."""

    def __init__(self, bias_rad_s: Array | None) -> None:
        self._filter = VQF(1.0 / FRAME_RATE_HZ)
        if bias_rad_s is not None:
            self._filter.setBiasEstimate(bias_rad_s)

    def __getstate__(self) -> dict[str, object]:
        """So that a whole core can be copied, which a replay goes back to; the filter itself knows only its state."""
        state: dict[str, object] = self._filter.state
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        self._filter = VQF(1.0 / FRAME_RATE_HZ)
        self._filter.state = state

    @property
    def bias_rad_s(self) -> Array | None:
        bias: Array = self._filter.getBiasEstimate()[0]
        return bias

    def update(self, acc_g: Array, gyr_dps: Array) -> tuple[Array, Array, Array]:
        got = self._filter.updateBatch(np.radians(gyr_dps), acc_g * G_M_S2)
        quat = got["quat6D"]
        return gyr_dps - np.degrees(got["bias"]), up_in_sensor(quat), quat


class _Gravity:
    """Attitude from the accelerometer alone: right at rest, smeared while moving."""

    bias_rad_s: Array | None = None

    def __init__(self) -> None:
        self._state: Array | None = None
        self._up: Array | None = None

    def update(self, acc_g: Array, _: Array) -> tuple[Array, Array, Array]:
        if self._state is None:
            self._state = _GRAVITY_SOS_REST[:, :, None] * acc_g[0]
            self._up = _unit(acc_g[:1])
        smooth, self._state = filtered(_GRAVITY_SOS, acc_g, self._state)
        up = _unit(smooth)
        assert self._up is not None  # noqa: S101
        turned = np.diff(np.concatenate((self._up, up)), axis=0)
        self._up = up[-1:]
        rate_dps = np.degrees(_cross(turned, up)) * FRAME_RATE_HZ
        return rate_dps, up, _tilt_quaternion(up)


# One pole at exp(-T/tau), twice: the step response has no overshoot, so a quick movement never reads as two.
_POLE = math.exp(-1.0 / (FRAME_RATE_HZ * GRAVITY_TIME_CONSTANT_S))
_GRAVITY_SOS = np.array([[(1 - _POLE) ** 2, 0.0, 0.0, 1.0, -2 * _POLE, _POLE**2]])
_GRAVITY_SOS_REST = np.array([[1 - (1 - _POLE) ** 2, -(_POLE**2)]])


def own_axes(block: ImuBlock) -> Array:
    """Axes x, y, z, (3, 3), as rows in the sensor's: z is up at the first sample, the sensor then turns about y.

    A sensor that does not turn about a level axis just then (or has no gyroscope) leaves y to chance.
    """
    up = _unit(block.acc_g[:1])
    turn = np.zeros((1, 3)) if block.gyr_dps is None else block.gyr_dps[:1]
    across = turn - (turn * up).sum() * up
    if not np.abs(across).max() > LEAST_TURN * np.abs(turn).max():
        across = _cross(up, np.eye(3)[[int(np.argmin(np.abs(up)))]])
    across = across / np.sqrt((across * across).sum())
    return np.concatenate((_cross(across, up), across, up))


def _in_axes(axes: Array, rows: Array) -> Array:
    """Vectors as three rows (3, n) in other axes, (n, 3); sums whose last bit does not depend on n, as in BLAS."""
    x, y, z = rows
    turned = np.empty((rows.shape[1], 3))
    for k, (a, b, c) in enumerate(axes.tolist()):
        turned[:, k] = a * x + b * y + c * z
    return turned


def up_in_sensor(quat: Array) -> Array:
    """The earth's "up" in the sensor's axes, (n, 3), for (n, 4) sensor-to-earth quaternions."""
    w, x, y, z = quat.T
    up = np.empty((len(quat), 3))
    up[:, 0], up[:, 1] = 2 * (x * z - w * y), 2 * (y * z + w * x)
    up[:, 2] = w * w - x * x - y * y + z * z
    return up


def _channels(block: ImuBlock) -> Array:
    """(3, n) or (6, n): one contiguous row a channel, which is what the sums over time want."""
    if block.gyr_dps is None:
        return np.ascontiguousarray(block.acc_g.T)
    return np.concatenate((block.acc_g.T, block.gyr_dps.T))


def _unit(v: Array) -> Array:
    """Rows of length one; a row without a direction (free fall) becomes straight up along z."""
    length = np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)[:, None]
    return np.where(length > 1e-6, v / np.maximum(length, 1e-6), np.array([0.0, 0.0, 1.0]))


def _cross(a: Array, b: Array) -> Array:
    return np.stack(
        (
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ),
        axis=1,
    )


def _tilt_quaternion(up: Array) -> Array:
    """The shortest rotation that takes ``up`` (sensor axes) to the earth's z."""
    w = 1.0 + up[:, 2]
    flipped = w < 1e-9
    q = np.stack((np.where(flipped, 0.0, w), np.where(flipped, 1.0, up[:, 1]), -up[:, 0], np.zeros(len(up))), axis=1)
    unit: Array = q / np.sqrt((q * q).sum(axis=1))[:, None]
    return unit
