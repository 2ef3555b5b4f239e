"""Which way of counting a finished set is right: what a right one looks like, weighed by a conditional logit.

Every way (``recount_ways``) gets a score, a weighted sum of features of regularity, closure, likeness, and of what it
leaves uncounted; a count's probability is the sum over the ways that arrive at it (McFadden, "Conditional logit
analysis of qualitative choice behavior", 1974). The weights were fitted to labelled sets of many exercises, with ridge
regularisation; how well they do on people they have not seen is measured in ``benchmarks/accuracy``.
"""

from __future__ import annotations

import math

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.recount_ways import LEVELS, PROJECTIONS, Signals, Way

WEIGHTLESS_G = 0.4  # What the accelerometer shows in flight.
POINTS = 24  # Each repetition is brought to this many points before it is compared with the others.
# Periods beyond which a signal group has lost part of the movement with its drift.
TRUSTED_S = {
    "tilt": 60.0, "pose": 16.0, "quick": 6.0, "mixed": 6.0, "height": 2.0, "hop": 1.0, "turn": 8.0, "periodic": 10.0,
}  # fmt: skip


def probabilities(ways: list[Way], s: Signals) -> Array:
    """How far each way is to be trusted, (n,), adding up to 1."""
    scores = np.array([sum(WEIGHTS.get(k, 0.0) * v for k, v in f.items()) for f in features(ways, s)])
    return as_shares(scores)


def as_shares(scores: Array) -> Array:
    """Scores as probabilities, (n,)."""
    shares: Array = np.exp(scores - scores.max())
    shares /= shares.sum()
    return shares


def features(ways: list[Way], s: Signals) -> list[dict[str, float]]:
    """What is known about each way of counting, by name."""
    known: dict[int, Array] = {}
    found = [_features(way, s, known) for way in ways]
    held = {(way.projection, len(way.far)) for way in ways}
    seen = len({way.projection for way in ways})
    for way, f in zip(ways, found, strict=True):
        n = len(way.far)
        f["agree"] = sum(m == n for _, m in held) / seen
        f["firm"] = len({w.projection for w in ways if w.levels > 2 and len(w.far) == n}) / seen
        f["nearly"] = sum(abs(m - n) == 1 for _, m in held) / seen
        f["twice"] = sum(abs(m - 2 * n) <= 1 for _, m in held) / seen
        f["half"] = sum(abs(2 * m - n) <= 1 for _, m in held) / seen
    return found


def _features(way: Way, s: Signals, known: dict[int, Array]) -> dict[str, float]:
    before, far, after, out, back, p = way.before, way.far, way.after, way.out, way.back, way.p
    n = len(far)
    period_s = np.diff(far)[np.diff(way.stretch) == 0] / FRAME_RATE_HZ
    left, returned = moving(way)
    duration_s = (returned - left) / FRAME_RATE_HZ
    period = _median(period_s) if len(period_s) else _median(duration_s)
    several = len(period_s) > 1
    size = np.minimum(out, back)
    typical = _median(size)
    swings = np.concatenate((out, back))
    edges = np.array(s.edges)
    first, last = edges[way.stretch], edges[way.stretch + 1] - 1
    effort = s.effort[after] - s.effort[before]
    usual_effort = max(_median(effort), 1e-6)
    rest = np.concatenate((before, after))
    rests = p[rest]
    middle = 0.5 * (_median(p[far]) + _median(rests))
    inside = p[(before[:, None] + np.linspace(0.0, 1.0, 2 * POINTS) * (after - before)[:, None]).astype(int)]
    seconds = s.edges[-1] / FRAME_RATE_HZ
    logarithm = math.log(way.extent + 0.05)
    group, _, low_pass_hz = PROJECTIONS[way.projection]
    by_height = group in ("height", "hop")
    f = {
        f"projection{way.projection}": 1.0,
        "levels": way.levels / len(LEVELS),
        "coarse": way.coarsest / len(LEVELS),
        "share": way.share,
        "extra": way.extra,
        "refused": min(way.refused / n, 1.0),
        "dropped": float(way.dropped),
        "paired": float(way.paired),
        "too_smooth": max(0.0, -math.log(period * low_pass_hz)) if low_pass_hz else 0.0,
        "too_slow": max(0.0, math.log(period / TRUSTED_S[group])),
        "height_range": logarithm if by_height else 0.0,
        # regular in time
        "irregular": min(_spread(period_s), 1.0) if several else 0.3,
        "longest": math.log(float(period_s.max()) / period) if several else 0.3,
        "shortest": math.log(float(period_s.min()) / period) if several else -0.3,
        "duration_irregular": min(_spread(duration_s), 1.0) if n > 1 else 0.3,
        "period": math.log(period),
        "period_squared": math.log(period) ** 2,
        # regular in size
        "uneven": _spread(swings),
        "smallest": math.log(float(size.min()) / typical),
        "largest": math.log(float(swings.max()) / typical),
        "first_out": math.log(max(float(out[0]), 1e-3) / _median(out)),
        "last_back": math.log(max(float(back[-1]), 1e-3) / _median(back)),
        "unclosed": _unclosed(s.shape, left, far, returned),
        "unclosed_white": _unclosed(s.white, left, far, returned),
        "open": _median(np.abs(out - back) / (out + back)),
        "range": logarithm,
        "large": max(0.0, logarithm - 2.0),
        # from rest to rest
        "away": way.side * (_median(p[far]) - p[first].mean()) / way.extent,
        "away_at_end": way.side * (_median(p[far]) - p[last].mean()) / way.extent,
        "weightless_far": float(np.mean(s.load_g[far] < WEIGHTLESS_G)),
        "weightless_rest": float(np.mean(s.load_g[rest] < WEIGHTLESS_G)),
        "farther": 0.0 if by_height else _farther(s.pose, far, rest, int(first[0]), known),
        "farther_at_end": 0.0 if by_height else _farther(s.pose, far, rest, int(last[-1]), known),
        "astray": _median(np.abs(p[after] - _median(p[after]))) / way.extent,
        "far_spread": float(np.std(p[far])) / way.extent,
        "rest_spread": float(np.std(rests)) / way.extent,
        "dwell": float(np.mean(way.side * (inside - middle) > 0)),
        # filling the set
        "effort_uneven": min(_spread(effort), 2.0),
        "effort_left": min((float(s.effort[-1]) - float(effort.sum())) / usual_effort, 4.0),
        "effort_before": min(float(s.effort[before[0]] - s.effort[first[0]]) / usual_effort, 2.0),
        "effort_after": min(float(s.effort[last[-1]] - s.effort[after[-1]]) / usual_effort, 2.0),
        "time_left": min((seconds - float(duration_s.sum())) / period, 4.0),
        "time_before": min(float(left[0] - first[0]) / FRAME_RATE_HZ / period, 2.0),
        "time_after": min(float(last[-1] - returned[-1]) / FRAME_RATE_HZ / period, 2.0),
        "count": math.log(n),
        "one": float(n == 1),
        "two": float(n == 2),
    }
    f |= _likeness(way, s, left, returned, period, typical) if n > 1 else _NO_LIKENESS
    return f


def _farther(pose: Array, far: Array, rest: Array, edge: int, known: dict[int, Array]) -> float:
    """-1..1: are the far points farther from the pose at the edge of the set than the rests are?"""
    if edge not in known:
        away = np.sqrt(((pose - pose[edge]) ** 2).sum(axis=1))
        known[edge] = away / max(float(np.percentile(away, 90.0)), 1e-6)
    return min(max(_median(known[edge][far]) - _median(known[edge][rest]), -1.0), 1.0)


def _unclosed(x: Array, left: Array, far: Array, returned: Array) -> float:
    """0..1: how far from its start a repetition ends, in all directions of movement, against how far it went."""
    step = np.sqrt(((x[returned] - x[left]) ** 2).sum(axis=1))
    reach = np.sqrt(((x[far] - 0.5 * (x[left] + x[returned])) ** 2).sum(axis=1))
    return _median(step / np.maximum(step + reach, 1e-9))


_NO_LIKENESS = {"alike": 0.5, "alike_white": 0.3}


def _likeness(way: Way, s: Signals, left: Array, returned: Array, period: float, typical: float) -> dict[str, float]:
    """How like each other the repetitions are; two in turn alike only with the next but one are halves of one."""
    n = len(way.far)
    f: dict[str, float] = {}
    for name, x in (("", s.shape), ("_white", s.white)):
        shapes = _resampled(x, left, returned)
        alike = shapes @ shapes.T
        f["alike" + name] = _median(alike[np.arange(n)[:, None] < np.arange(n)])
        f["alternate" + name] = float(np.mean(np.diag(alike, 2)) - np.mean(np.diag(alike, 1))) if n > 2 else 0.0
        if not name:
            with_others = (alike.sum(axis=1) - 1.0) / (n - 1)
            f["least_alike"] = float(with_others.min()) - f["alike"]
            f["first_alike"] = float(with_others[0]) - f["alike"]
            f["last_alike"] = float(with_others[-1]) - f["alike"]
    f["alternate_most"] = max(f["alternate"], f["alternate_white"], 0.0)
    if n > 3:
        far_v, size, gap_s = way.p[way.far], np.minimum(way.out, way.back), np.diff(way.far) / FRAME_RATE_HZ
        f["alternate_size"] = abs(float(size[::2].mean() - size[1::2].mean())) / typical
        f["alternate_far"] = abs(float(far_v[::2].mean() - far_v[1::2].mean())) / way.extent
        f["alternate_time"] = min(abs(float(gap_s[::2].mean() - gap_s[1::2].mean())) / period, 1.0)
    return f


def moving(way: Way) -> tuple[Array, Array]:
    """Rows where each repetition leaves its rest and is back, both (n,): the outermost 10 % of the way are rest."""
    share = np.linspace(0.0, 1.0, 4 * POINTS)
    moving = []
    for far, rest, way_there in ((way.far, way.before, way.out), (way.last, way.after, way.back)):
        rows = (far[:, None] + share * (rest - far)[:, None]).astype(int)
        resting = np.abs(way.p[rows] - way.p[far][:, None]) >= 0.9 * way_there[:, None]
        moving.append(rows[np.arange(len(rows)), np.argmax(resting, axis=1)])
    return moving[0], moving[1]


def _resampled(x: Array, start: Array, stop: Array) -> Array:
    """Each stretch of ``x`` (n, 5) as one row of unit length, centred, brought to the same number of points."""
    place = start[:, None] + np.linspace(0.0, 1.0, POINTS) * (stop - start)[:, None]
    i = np.minimum(place.astype(int), len(x) - 2)
    part = (place - i)[:, :, None]
    rows = x[i] * (1.0 - part) + x[i + 1] * part
    rows = (rows - rows.mean(axis=1, keepdims=True)).reshape(len(start), -1)
    unit: Array = rows / np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)
    return unit


def _median(values: Array) -> float:
    """As numpy's, without its checks: they take longer than the sorting."""
    ordered = np.sort(values, axis=None)
    n = len(ordered)
    return 0.5 * float(ordered[(n - 1) // 2] + ordered[n // 2])


def _spread(values: Array) -> float:
    """Standard deviation over mean."""
    return float(np.std(values)) / max(float(np.mean(values)), 1e-9)


WEIGHTS: dict[str, float] = {
    "agree": -0.043,
    "alike": 0.744,
    "alike_white": 1.734,
    "alternate": -0.182,
    "alternate_far": -1.484,
    "alternate_most": -0.650,
    "alternate_size": -1.093,
    "alternate_time": -1.630,
    "alternate_white": -0.908,
    "astray": -4.397,
    "away": 1.010,
    "away_at_end": 1.528,
    "coarse": -0.623,
    "count": 0.396,
    "dropped": -1.113,
    "duration_irregular": -3.618,
    "dwell": 2.075,
    "effort_after": -0.441,
    "effort_before": -1.016,
    "effort_left": -0.710,
    "effort_uneven": -1.617,
    "extra": -0.320,
    "far_spread": -1.064,
    "farther": 0.637,
    "farther_at_end": 0.635,
    "firm": 0.794,
    "first_alike": -0.198,
    "first_out": 0.356,
    "half": -1.073,
    "height_range": 0.092,
    "irregular": -3.335,
    "large": 0.176,
    "largest": -0.041,
    "last_alike": 0.574,
    "last_back": -0.027,
    "least_alike": 0.065,
    "levels": 1.444,
    "longest": -0.959,
    "nearly": 0.723,
    "one": 0.738,
    "open": 0.865,
    "paired": -0.522,
    "period": -0.421,
    "period_squared": -0.383,
    "projection0": 0.870,
    "projection1": -0.405,
    "projection10": 0.798,
    "projection11": -0.282,
    "projection12": 0.596,
    "projection13": -1.446,
    "projection14": -1.048,
    "projection15": -0.740,
    "projection2": -0.925,
    "projection3": -0.824,
    "projection4": -0.006,
    "projection5": -0.904,
    "projection6": -0.289,
    "projection7": 0.867,
    "projection8": -1.007,
    "projection9": 0.221,
    "range": 0.137,
    "refused": -1.191,
    "rest_spread": -1.567,
    "share": 0.103,
    "shortest": 1.210,
    "smallest": -0.830,
    "time_after": -0.743,
    "time_before": -1.025,
    "time_left": 0.069,
    "too_slow": -0.312,
    "too_smooth": 4.583,
    "twice": -0.761,
    "two": -0.081,
    "unclosed": -0.896,
    "unclosed_white": -0.937,
    "uneven": -0.771,
    "weightless_far": 1.925,
    "weightless_rest": -0.916,
}
