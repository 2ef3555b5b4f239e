"""Every reasonable way of counting a finished set: one signal, one smoothing, one hysteresis, one side each.

A set is seen through many scalar signals: principal components of the pose (tilt and turn), of the pose beside the
height, of the height alone, and the most periodic mixtures of them all. Each signal's turning points are found by a
zig-zag with several hysteresis levels, and either side may be the far one. Ways that find the same repetitions at
several levels are one way that has proved itself more than once. Which way is right is decided in ``recount_model``.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, G_M_S2
from rhomboid.motion.order import median, quantiles
from rhomboid.motion.ticks import Codes

LOW_PASS_HZ = 4.0
# (signal group, component, further low-pass in Hz)
PROJECTIONS: tuple[tuple[str, int, float], ...] = (
    ("tilt", 0, 0.0),
    ("tilt", 0, 0.6),
    ("pose", 0, 0.0),
    ("pose", 0, 1.0),
    ("pose", 1, 0.0),
    ("quick", 0, 0.0),
    ("quick", 0, 1.0),
    ("quick", 1, 0.0),
    ("mixed", 0, 0.0),
    ("mixed", 0, 1.0),
    ("height", 0, 0.0),
    ("hop", 0, 0.0),
    ("turn", 0, 0.0),
    ("periodic", 0, 0.0),
    ("periodic", 1, 0.0),
    ("periodic", 2, 0.0),
)
LEVELS = (0.11, 0.16, 0.23, 0.32, 0.45)  # Hysteresis as a share of the signal's range.
FINEST = 0.07
DOUBTFUL = 0.8  # One below this share, at either end of the set, may be something else.
PAIRED = 0.4  # Two swings may be one repetition if the second undoes at least this share of where the first led.
SMALL = 0.4  # A swing below this share of the median one is not a repetition.
STILL = 0.6  # Degrees and centimetres; a set that stays within has no movement in it ...
FLOOR = 0.3  # ... and a signal that stays within this is noise.
SHORTEST_S = 0.3  # An unbroken stretch shorter than this holds nothing.
LAG_STEP = 5  # Periodicity is searched on every fifth frame ...
LONGEST_LAG = 120  # ... and up to 12 s.


class Signals(NamedTuple):
    """One finished set, its unbroken stretches one behind the other; ``edges`` (m + 1,) says where each begins.

    ``pose`` (n, 4): tilt (deg, 3) and turn (deg) as they are; ``shape`` (n, 5): the same less slow drift, and height
    (cm); ``white`` (n, 5): the same with equal weight to each direction; ``effort`` (n + 1,): path travelled since the
    start (deg and cm together); ``load_g`` (n,): size of the specific force.
    """

    t_s: Array
    edges: list[int]
    groups: dict[str, Array]
    pose: Array
    shape: Array
    white: Array
    effort: Array
    load_g: Array
    frames: Array
    """(n,) row of the caller's arrays."""


class Way(NamedTuple):
    """One way of counting: row numbers of rest, far point, rest of each repetition and the signal they are seen in."""

    projection: int
    side: int
    levels: int
    """At how many hysteresis levels exactly these repetitions were found."""
    coarsest: int
    before: Array
    far: Array
    after: Array
    last: Array
    """The far point it comes back from: ``far``, or the second one where two swings are one repetition."""
    out: Array
    back: Array
    stretch: Array
    refused: int
    extra: float
    """Turning points that the next finer level sees beyond this one, as a share."""
    share: float
    extent: float
    p: Array
    dropped: int = 0
    """How many doubtful repetitions were taken off its ends."""
    paired: bool = False
    """Two swings are one repetition."""


PER_REP = ("before", "far", "last", "after", "out", "back", "stretch")


def signals(t_s: Array, acc_g: Array, gyr_dps: Array, up: Array) -> Signals | None:
    """What the ways of counting look at. None if no stretch is long enough to hold anything."""
    cuts = np.flatnonzero(np.diff(t_s) > 2.5 / FRAME_RATE_HZ) + 1
    bounds = [*zip([0, *cuts.tolist()], [*cuts.tolist(), len(t_s)], strict=True)]
    bounds = [(a, b) for a, b in bounds if b - a >= SHORTEST_S * FRAME_RATE_HZ]
    if not bounds:
        return None
    parts = [_groups(acc_g[a:b], gyr_dps[a:b], up[a:b]) for a, b in bounds]
    groups = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    pose = groups.pop("raw")
    edges = np.cumsum([0, *(b - a for a, b in bounds)]).tolist()
    shape = np.concatenate((groups["pose"], groups["height"]), axis=1)
    steps = np.diff(np.concatenate((groups["quick"], groups["height"]), axis=1), axis=0, prepend=0.0)
    steps[edges[:-1]] = 0.0
    effort = np.concatenate(([0.0], np.cumsum(np.sqrt((steps * steps).sum(axis=1)))))
    rows = np.concatenate([np.arange(a, b) for a, b in bounds])
    load_g = np.sqrt((acc_g[rows] * acc_g[rows]).sum(axis=1))
    return Signals(t_s[rows], edges, groups, pose, shape, _white(shape)[1], effort, load_g, rows)


def ways_to_count(s: Signals) -> list[Way]:
    """All ways of counting the set that find anything; none where nobody moved."""
    found: list[Way] = []
    if max(_extent(column) for column in (*s.groups["pose"].T, *s.groups["height"].T)) < STILL:
        return found
    for number, share, p in _projections(s):
        extent = _extent(p)
        if extent < FLOOR:
            continue
        turning = [_extrema(p, a, b) for a, b in zip(s.edges[:-1], s.edges[1:], strict=True)]
        values = [p[i].tolist() for i in turning]
        places = [i.tolist() for i in turning]
        nodes = list(zip(places, values, strict=True))
        levels = []
        for level in (FINEST, *LEVELS):  # What turns at a coarse level has turned at every finer one.
            nodes = [_zigzag(i, v, level * extent) for i, v in nodes]
            levels.append([(np.array(i), np.array(v)) for i, v in nodes])
        sizes = [sum(len(i) for i, _ in level) for level in levels]
        for side in (1, -1):
            same: dict[tuple[int, ...], Way] = {}
            for k in range(1, len(levels)):
                way = _way(number, side, k, levels[k], extent, share, (sizes[k - 1] - sizes[k]) / max(sizes[k], 1), p)
                if way is None:
                    continue
                key = tuple(way.far.tolist())
                known = same.get(key)
                same[key] = way if known is None else way._replace(levels=known.levels + 1)
            for way in same.values():
                found += _without_doubtful_edges(way) + _in_pairs(way, s)
    return found


def _in_pairs(way: Way, s: Signals) -> list[Way]:
    """Two swings as one repetition, if they lead away and back (standing up and sitting down each lean forward)."""
    n = len(way.far)
    if n < 5:
        return []
    change = s.white[way.after] - s.white[way.before]
    size = float((change * change).sum())
    turned = float(-(change[1:] * change[:-1]).sum())
    if turned < PAIRED * size:
        return []
    pairs = []
    for start in (0, 1):
        first = np.arange(start, n - 1, 2)
        first = first[way.stretch[first] == way.stretch[first + 1]]
        if len(first):
            columns = {name: getattr(way, name)[first] for name in PER_REP}
            columns |= {name: getattr(way, name)[first + 1] for name in ("last", "after", "back")}
            pairs.append(way._replace(paired=True, **columns))
    return pairs


def _without_doubtful_edges(way: Way) -> list[Way]:
    """The way itself, and without its first and last repetition where that is small: settling in, or getting up."""
    size = np.minimum(way.out, way.back)
    doubtful = size < DOUBTFUL * median(size)
    found = [way]
    if len(size) > 3:
        for first in range(1 + bool(doubtful[0])):
            for last in range(1 + bool(doubtful[-1])):
                if first or last:
                    kept = slice(first, len(size) - last)
                    columns = {name: getattr(way, name)[kept] for name in PER_REP}
                    found.append(way._replace(dropped=first + last, **columns))
    return found


def _way(
    number: int,
    side: int,
    level: int,
    nodes: list[tuple[Codes, Array]],
    extent: float,
    share: float,
    extra: float,
    p: Array,
) -> Way | None:
    """The repetitions between the turning points, far point on ``side``; swings too small against the rest refused."""
    swings = []
    for stretch, (place, value) in enumerate(nodes):
        # High and low take turns: every second one is a far point.
        first = 0 if len(value) > 1 and side * (value[1] - value[0]) > 0 else 1
        rest, there, again = slice(first, -2, 2), slice(first + 1, -1, 2), slice(first + 2, None, 2)
        out, back = side * (value[there] - value[rest]), side * (value[there] - value[again])
        swings.append(np.array((place[rest], place[there], place[again], out, back, np.full(len(out), stretch))))
    table = np.concatenate(swings, axis=1)
    if not table.size:
        return None
    size = np.minimum(table[3], table[4])
    kept = table[:, size >= SMALL * median(size)]
    before, far, after, of = kept[[0, 1, 2, 5]].astype(int)
    return Way(
        number, side, 1, level, before, far, after, far, kept[3], kept[4], of,
        len(size) - len(far), min(extra, 3.0), share, extent, p,
    )  # fmt: skip


def _extent(p: Array) -> float:
    low, high = quantiles(p, 0.03, 0.97)
    return float(high - low)


# --- turning points -------------------------------------------------------------------------------------------------


def _extrema(p: Array, start: int, stop: int) -> Array:
    """Rows of all local extremes of one stretch, with its first and last row."""
    sign = np.sign(np.diff(p[start:stop]))
    moving = np.flatnonzero(sign)
    turns = moving[1:][np.diff(sign[moving]) != 0]
    return start + np.concatenate(([0], turns, [stop - start - 1]))


def _zigzag(places: list[int], values: list[float], threshold: float) -> tuple[list[int], list[float]]:
    """Turning points further apart than ``threshold``, with where the stretch begins and its last extreme."""
    start, value = places[0], values[0]
    turns, heights = [start], [value]
    high_at = low_at = start
    high = low = value
    direction = 0
    for place, value in zip(places, values, strict=True):
        if direction >= 0 and value > high:
            high_at, high = place, value
        if direction <= 0 and value < low:
            low_at, low = place, value
        if direction >= 0 and high - value > threshold:
            if high_at != start:
                turns.append(high_at)
                heights.append(high)
            direction, low_at, low = -1, place, value
        elif direction <= 0 and value - low > threshold:
            if low_at != start:
                turns.append(low_at)
                heights.append(low)
            direction, high_at, high = 1, place, value
    last_at, last = (high_at, high) if direction > 0 else (low_at, low)
    if direction and last_at != turns[-1]:
        turns.append(last_at)
        heights.append(last)
    return turns, heights


# --- signals --------------------------------------------------------------------------------------------------------


def _projections(s: Signals) -> list[tuple[int, float, Array]]:
    """Number, share of the group's variance (periodicity for the periodic ones) and values of every projection."""
    axes = {name: _principal_axes(x) for name, x in s.groups.items()}
    periodic = _most_periodic(s)
    out: list[tuple[int, float, Array]] = []
    for number, (name, component, low_pass_hz) in enumerate(PROJECTIONS):
        if name == "periodic":
            if component < len(periodic):
                out.append((number, *periodic[component]))
            continue
        power, axis = axes[name]
        if component >= len(power):
            continue
        p = (s.groups[name] * axis[:, -1 - component]).sum(axis=1)
        if low_pass_hz:
            stretches = zip(s.edges[:-1], s.edges[1:], strict=True)
            p = np.concatenate([_both_ways(_low_pass(low_pass_hz), p[a:b, None], 50)[:, 0] for a, b in stretches])
        out.append((number, float(power[-1 - component] / max(power.sum(), 1e-9)), p))
    return out


def _without_outliers(x: Array) -> Array:
    """Centred, and single large movements (settling in, getting up) cut down to the size of the others."""
    y = x - x.mean(axis=0)
    length = np.sqrt((y * y).sum(axis=1))
    shrunk: Array = y * np.minimum(1.0, 2.5 * median(length) / np.maximum(length, 1e-9))[:, None]
    return shrunk


def _principal_axes(x: Array) -> tuple[Array, Array]:
    y = _without_outliers(x)
    power, axes = np.linalg.eigh(y.T @ y / len(y))
    return np.maximum(power, 0.0), axes


def _white(x: Array) -> tuple[Array, Array]:
    """``x`` without outliers and as it is, both (n, 5): principal directions at unit variance unless they are noise."""
    power, axes = _principal_axes(x)
    scale = np.sqrt(power)
    scale = np.maximum(scale, max(0.08 * scale[-1], 0.1))
    return _without_outliers(x) @ axes / scale, (x - x.mean(axis=0)) @ axes / scale


def _most_periodic(s: Signals) -> list[tuple[float, Array]]:
    """Up to three mixtures of pose and height that repeat themselves best, each at a lag of its own.

    Periodic component analysis (Sameni et al., IEEE Trans. Biomed. Eng. 55(8), 2008): the direction in which the
    covariance of the signal with itself a lag later is largest against its variance.
    """
    calm, white = _white(s.shape)
    stretches = [calm[a:b:LAG_STEP] for a, b in zip(s.edges[:-1], s.edges[1:], strict=True)]
    longest = max(len(x) for x in stretches)
    lags = range(5, min(int(0.6 * longest), LONGEST_LAG))
    lagged, alone = np.zeros((2, len(lags), 5, 5))
    for k, lag in enumerate(lags):
        for x in stretches:
            if len(x) > lag + 5:
                a, b = x[lag:], x[:-lag]
                lagged[k] += b.T @ a
                alone[k] += a.T @ a + b.T @ b
    alone /= 2.0
    noise = 1e-3 * alone.trace(axis1=1, axis2=2) + 1e-9
    inverse = np.linalg.inv(np.linalg.cholesky(alone + noise[:, None, None] * np.eye(5)))
    strength, axes = np.linalg.eigh(inverse @ (lagged + lagged.transpose(0, 2, 1)) @ inverse.transpose(0, 2, 1) / 2.0)
    r = strength[:, -1].tolist()
    peaks = [k for k in range(1, len(r) - 1) if r[k - 1] <= r[k] > r[k + 1]]
    # Of peaks as good as each other the shorter lag: a whole number of periods repeats just as well as one.
    peaks.sort(key=lambda k: 0.01 * k / len(r) - r[k])
    return [(r[k], white @ (inverse[k].T @ axes[k, :, -1])) for k in peaks[:3]]


def _groups(acc_g: Array, gyr_dps: Array, up: Array) -> dict[str, Array]:
    """The signal groups of one unbroken stretch, all without delay; degrees and centimetres."""
    turn_deg = np.cumsum((gyr_dps * up).sum(axis=1)) / FRAME_RATE_HZ
    pose = _both_ways(_low_pass(LOW_PASS_HZ), np.concatenate((np.degrees(up), turn_deg[:, None]), axis=1), 50)
    rise_cm_s2 = ((acc_g * up).sum(axis=1) - 1.0)[:, None] * (100.0 * G_M_S2)
    slow = _both_ways(_high_pass(8.0), pose, 50)
    quick = _both_ways(_high_pass(3.0), pose, 50)
    height = _height(rise_cm_s2, 1.0)
    return {
        "raw": pose,
        "tilt": pose[:, :3],
        "pose": slow,
        "quick": quick,
        "mixed": np.concatenate((quick, height), axis=1),
        "height": height,
        "hop": _height(rise_cm_s2, 0.5),
        "turn": _both_ways(_high_pass(4.0), pose[:, 3:], 50),
    }


def _height(rise_cm_s2: Array, time_constant_s: float) -> Array:
    """Height in cm: the acceleration over s^2, applied half forwards and half backwards; slow wandering is left out."""
    pad = np.zeros((150, 1))
    x = np.concatenate((pad, rise_cm_s2, pad))
    height = -_forth_and_back(_twice_integrated(time_constant_s), x, held=False)[150:-150]
    return _both_ways(_low_pass(LOW_PASS_HZ), height, 20)


def _both_ways(sos: Array, x: Array, pad: int) -> Array:
    """Filtered forwards and backwards; beyond its ends the signal is taken to stay where it was."""
    held = np.concatenate((np.repeat(x[:1], pad, axis=0), x, np.repeat(x[-1:], pad, axis=0)))
    return _forth_and_back(sos, held, held=True)[pad:-pad]


def _forth_and_back(sos: Array, x: Array, *, held: bool) -> Array:
    from scipy.signal import sosfilt, sosfilt_zi

    rest = sosfilt_zi(sos)[:, :, None] * float(held)
    for _ in range(2):
        x = sosfilt(sos, x, axis=0, zi=rest * x[0])[0][::-1]
    return x


@cache
def _low_pass(corner_hz: float) -> Array:
    from scipy.signal import butter

    sos: Array = butter(2, corner_hz, fs=FRAME_RATE_HZ, output="sos")
    return sos


@cache
def _high_pass(time_constant_s: float) -> Array:
    return _from_analog(1, 1, time_constant_s)


@cache
def _twice_integrated(time_constant_s: float) -> Array:
    """s^2 / (s + w)^3: used in both directions it is 1 / s^2 with what is slower than the time constant left out."""
    return _from_analog(2, 3, time_constant_s)


def _from_analog(zeros: int, poles: int, time_constant_s: float) -> Array:
    from scipy.signal import bilinear_zpk, zpk2sos

    analog = (np.zeros(zeros), np.full(poles, -1.0 / time_constant_s), 1.0)
    sos: Array = zpk2sos(*bilinear_zpk(*analog, FRAME_RATE_HZ))
    return sos
