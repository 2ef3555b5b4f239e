"""The wearer's trunk as a rigid body over time, and what an IMU on the upper back feels: physics only, no script.

The pose is made of seven coordinates, each a sum of smooth terms whose derivatives are known exactly: four angles
(heading, flexion, lateral bend, and twist about the spine, in deg) and the place of the pivot, the hips (x forward,
y left, z up, in m).
The body frame is x forward, y left, z up along the spine; the earth frame is the body frame at rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from rhomboid.imu import Array

G_M_S2 = 9.80665
SENSOR_FROM_PIVOT_M = (-0.08, 0.0, 0.38)
"""Body frame: the skin between the shoulder blades, seen from the hips."""

ANGLES = ("heading", "flexion", "lateral", "twist")
PLACES = ("x", "y", "z")
# The rotation from body to earth is the product of these, in order: axis of rotation, sign of the coordinate about it.
_AXES = {"heading": (2, 1.0), "flexion": (1, 1.0), "lateral": (0, -1.0), "twist": (2, 1.0)}


class Step(msgspec.Struct, frozen=True):
    """From ``start_s`` on, within ``duration_s``, the coordinate rises by ``amount`` with minimum jerk and stays there.

    The fifth-order polynomial of Flash and Hogan (J. Neurosci. 5, 1985): how people move from one pose to another.
    """

    start_s: float
    duration_s: float
    amount: float


class Burst(msgspec.Struct, frozen=True):
    """An oscillation that swells, lasts and fades within ``duration_s``; ``ramp_s`` is the length of swell and fade."""

    start_s: float
    duration_s: float
    ramp_s: float
    amplitude: float
    frequency_hz: float
    phase_rad: float = 0.0


class Wave(msgspec.Struct, frozen=True):
    """An oscillation that never ends: one part of breathing or of sway."""

    amplitude: float
    frequency_hz: float
    phase_rad: float


class Motion(msgspec.Struct, frozen=True, eq=False):
    """A function of time: ``value`` (n,) and its first and second derivative by seconds."""

    value: Array
    rate: Array
    curve: Array


class Track:
    """One coordinate of the pose: the sum of its terms."""

    def __init__(self, pieces: Sequence[Step | Burst] = (), waves: Sequence[Wave] = ()) -> None:
        self._pieces, self._waves = tuple(pieces), tuple(waves)
        self._start_s = np.array([p.start_s for p in pieces])
        self._end_s = np.array([p.start_s + p.duration_s for p in pieces])
        self._stays = np.array([p.amount if isinstance(p, Step) else 0.0 for p in pieces])

    def at(self, t_s: Array) -> Motion:
        """The coordinate at these times, (n,), in order."""
        value = np.full(len(t_s), self._stays[self._end_s <= t_s[0]].sum())
        rate, curve = np.zeros(len(t_s)), np.zeros(len(t_s))
        terms = [_oscillation(w.amplitude, w.frequency_hz, w.phase_rad, t_s) for w in self._waves]
        for i in np.flatnonzero((self._end_s > t_s[0]) & (self._start_s < t_s[-1])):
            piece = self._pieces[i]
            terms.append(_step(piece, t_s) if isinstance(piece, Step) else _burst(piece, t_s))
        for term in terms:
            value += term.value
            rate += term.rate
            curve += term.curve
        return Motion(value, rate, curve)


def _step(step: Step, t_s: Array) -> Motion:
    u = np.clip((t_s - step.start_s) / step.duration_s, 0.0, 1.0)
    a, d = step.amount, step.duration_s
    return Motion(
        a * u * u * u * (10 + u * (6 * u - 15)),
        a / d * 30 * u * u * (1 - u) * (1 - u),
        a / d / d * 60 * u * (1 - u) * (1 - 2 * u),
    )


def _oscillation(amplitude: float, frequency_hz: float, phase_rad: float, t_s: Array) -> Motion:
    w = 2 * np.pi * frequency_hz
    sine = amplitude * np.sin(w * t_s + phase_rad)
    return Motion(sine, amplitude * w * np.cos(w * t_s + phase_rad), -w * w * sine)


def _burst(burst: Burst, t_s: Array) -> Motion:
    up = _step(Step(burst.start_s, burst.ramp_s, 1.0), t_s)
    down = _step(Step(burst.start_s + burst.duration_s - burst.ramp_s, burst.ramp_s, -1.0), t_s)
    size, size_rate, size_curve = up.value + down.value, up.rate + down.rate, up.curve + down.curve
    wave = _oscillation(burst.amplitude, burst.frequency_hz, burst.phase_rad, t_s - burst.start_s)
    return Motion(
        size * wave.value,
        size_rate * wave.value + size * wave.rate,
        size_curve * wave.value + 2 * size_rate * wave.rate + size * wave.curve,
    )


class Felt(msgspec.Struct, frozen=True, eq=False):
    """What happens at the sensor point, all (n, 3): ``acc_g`` (specific force) and ``gyr_dps`` in body axes,
    ``place_m`` in earth axes; ``rotation`` (n, 3, 3) takes body axes to earth axes.
    """

    acc_g: Array
    gyr_dps: Array
    place_m: Array
    rotation: Array


class Wearer:
    """Someone whose trunk follows these tracks; a coordinate without one stays at zero."""

    def __init__(self, tracks: Mapping[str, Track]) -> None:
        still = Track()
        self._tracks = {name: tracks.get(name, still) for name in (*ANGLES, *PLACES)}

    def feel(self, t_s: Array) -> Felt:
        """What a perfect IMU between the shoulder blades measures at these times, (n,), in order."""
        places = [self._tracks[name].at(t_s) for name in PLACES]
        zero = np.zeros(len(t_s))
        # Vectors are lists of three (n,) arrays. What is known in earth axes is turned into body axes angle by angle.
        force = [p.curve / G_M_S2 for p in places]
        force[2] = force[2] + 1.0
        columns = [[zero + (i == j) for i in range(3)] for j in range(3)]  # body axes in the earth, to be
        rate, curve = [zero, zero, zero], [zero, zero, zero]
        for name in ANGLES:
            axis, sign = _AXES[name]
            angle = self._tracks[name].at(t_s)
            sine, cosine = np.sin(np.radians(sign * angle.value)), np.cos(np.radians(sign * angle.value))
            spin = np.radians(sign * angle.rate)
            force = _seen_turned(force, axis, sine, cosine)
            rate = _seen_turned(rate, axis, sine, cosine)
            curve = _seen_turned(curve, axis, sine, cosine)
            # To axes that turn, a constant vector turns the other way: d/dt (R^T w) = R^T dw - spin x R^T w.
            i, j = (axis + 1) % 3, (axis + 2) % 3
            curve[i], curve[j] = curve[i] + spin * rate[j], curve[j] - spin * rate[i]
            curve[axis] = curve[axis] + np.radians(sign * angle.curve)
            rate[axis] = rate[axis] + spin
            # R times a rotation about its own axis: only two columns of R change.
            a, b = columns[i], columns[j]
            columns[i] = [cosine * a[k] + sine * b[k] for k in range(3)]
            columns[j] = [cosine * b[k] - sine * a[k] for k in range(3)]
        lever = [zero + m for m in SENSOR_FROM_PIVOT_M]
        swing = _cross(rate, _cross(rate, lever))
        push = _cross(curve, lever)
        acc_g = [f + (s + p) / G_M_S2 for f, s, p in zip(force, swing, push, strict=True)]
        rotation = np.stack([np.stack(c, axis=1) for c in columns], axis=2)
        pivot = np.stack([p.value for p in places], axis=1)
        from_pivot = np.stack([sum(columns[j][k] * SENSOR_FROM_PIVOT_M[j] for j in range(3)) for k in range(3)], axis=1)
        return Felt(np.stack(acc_g, axis=1), np.degrees(np.stack(rate, axis=1)), pivot + from_pivot, rotation)


def _seen_turned(v: list[Array], axis: int, sine: Array, cosine: Array) -> list[Array]:
    """The vector in axes that have turned by the angle about ``axis`` (the transposed rotation)."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    seen = list(v)
    seen[i] = cosine * v[i] + sine * v[j]
    seen[j] = cosine * v[j] - sine * v[i]
    return seen


def _cross(a: list[Array], b: list[Array]) -> list[Array]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
