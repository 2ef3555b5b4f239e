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

POINTS = 24  # Each repetition is brought to this many points before it is compared with the others.
# Periods beyond which a signal group has lost part of the movement with its drift.
TRUSTED_S = {
    "tilt": 60.0, "pose": 16.0, "quick": 6.0, "mixed": 6.0, "height": 2.0, "hop": 1.0, "turn": 8.0, "periodic": 10.0,
}  # fmt: skip


def probabilities(ways: list[Way], s: Signals) -> Array:
    """How far each way is to be trusted, (n,), adding up to 1."""
    scores = np.array([sum(WEIGHTS.get(k, 0.0) * v for k, v in f.items()) for f in features(ways, s)])
    shares: Array = np.exp(scores - scores.max())
    shares /= shares.sum()
    return shares


def features(ways: list[Way], s: Signals) -> list[dict[str, float]]:
    """What is known about each way of counting, by name."""
    found = [_features(way, s) for way in ways]
    held = {(way.projection, len(way.far)) for way in ways}
    seen = len({way.projection for way in ways})
    for way, f in zip(ways, found, strict=True):
        n = len(way.far)
        f["agree"] = sum(m == n for _, m in held) / seen
        f["nearly"] = sum(abs(m - n) == 1 for _, m in held) / seen
        f["twice"] = sum(abs(m - 2 * n) <= 1 for _, m in held) / seen
        f["half"] = sum(abs(2 * m - n) <= 1 for _, m in held) / seen
    return found


def _features(way: Way, s: Signals) -> dict[str, float]:
    before, far, after, out, back, p = way.before, way.far, way.after, way.out, way.back, way.p
    n = len(far)
    period_s = np.diff(far)[np.diff(way.stretch) == 0] / FRAME_RATE_HZ
    duration_s = (after - before) / FRAME_RATE_HZ
    period = float(np.median(period_s)) if len(period_s) else float(np.median(duration_s))
    several = len(period_s) > 1
    size = np.minimum(out, back)
    typical = float(np.median(size))
    swings = np.concatenate((out, back))
    edges = np.array(s.edges)
    first, last = edges[way.stretch], edges[way.stretch + 1] - 1
    effort = s.effort[after] - s.effort[before]
    usual_effort = max(float(np.median(effort)), 1e-6)
    rests = np.concatenate((p[before], p[after]))
    middle = 0.5 * (np.median(p[far]) + np.median(rests))
    inside = np.concatenate([p[b : a + 1] for b, a in zip(before, after, strict=True)])
    seconds = s.edges[-1] / FRAME_RATE_HZ
    logarithm = math.log(way.extent + 0.05)
    group, _, low_pass_hz = PROJECTIONS[way.projection]
    f = {
        f"projection{way.projection}": 1.0,
        "levels": way.levels / len(LEVELS),
        "coarse": way.coarsest / len(LEVELS),
        "share": way.share,
        "extra": way.extra,
        "refused": min(way.refused / n, 1.0),
        "dropped": float(way.dropped),
        "too_smooth": max(0.0, -math.log(period * low_pass_hz)) if low_pass_hz else 0.0,
        "too_slow": max(0.0, math.log(period / TRUSTED_S[group])),
        "height_range": logarithm if group in ("height", "hop") else 0.0,
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
        "first_out": math.log(max(float(out[0]), 1e-3) / float(np.median(out))),
        "last_back": math.log(max(float(back[-1]), 1e-3) / float(np.median(back))),
        "open": float(np.median(np.abs(out - back) / (out + back))),
        "range": logarithm,
        "large": max(0.0, logarithm - 2.0),
        # from rest to rest
        "away": way.side * float(np.median(p[far]) - p[first].mean()) / way.extent,
        "away_at_end": way.side * float(np.median(p[far]) - p[last].mean()) / way.extent,
        "astray": float(np.median(np.abs(p[after] - np.median(p[after])))) / way.extent,
        "far_spread": float(np.std(p[far])) / way.extent,
        "rest_spread": float(np.std(rests)) / way.extent,
        "dwell": float(np.mean(way.side * (inside - middle) > 0)),
        # filling the set
        "effort_uneven": min(_spread(effort), 2.0),
        "effort_left": min((float(s.effort[-1]) - float(effort.sum())) / usual_effort, 4.0),
        "effort_before": min(float(s.effort[before[0]] - s.effort[first[0]]) / usual_effort, 2.0),
        "effort_after": min(float(s.effort[last[-1]] - s.effort[after[-1]]) / usual_effort, 2.0),
        "time_left": min((seconds - float(duration_s.sum())) / period, 4.0),
        "time_before": min(float(before[0] - first[0]) / FRAME_RATE_HZ / period, 2.0),
        "time_after": min(float(last[-1] - after[-1]) / FRAME_RATE_HZ / period, 2.0),
        "count": math.log(n),
        "one": float(n == 1),
        "two": float(n == 2),
    }
    f |= _likeness(way, s, period, typical) if n > 1 else _NO_LIKENESS
    return f


_NO_LIKENESS = {"alike": 0.5, "alike_white": 0.3}


def _likeness(way: Way, s: Signals, period: float, typical: float) -> dict[str, float]:
    """How like each other the repetitions are; two in turn alike only with the next but one are halves of one."""
    n = len(way.far)
    f: dict[str, float] = {}
    for name, x in (("", s.shape), ("_white", s.white)):
        shapes = _resampled(x, way.before, way.after)
        alike = shapes @ shapes.T
        f["alike" + name] = float(np.median(alike[np.triu_indices(n, 1)]))
        f["alternate" + name] = float(np.mean(np.diag(alike, 2)) - np.mean(np.diag(alike, 1))) if n > 2 else 0.0
        if not name:
            with_others = (alike.sum(axis=1) - 1.0) / (n - 1)
            f["least_alike"] = float(with_others.min()) - f["alike"]
            f["first_alike"] = float(with_others[0]) - f["alike"]
            f["last_alike"] = float(with_others[-1]) - f["alike"]
    f["alternate_most"] = max(f["alternate"], f["alternate_white"], 0.0)
    there, here = _resampled(s.shape, way.before, way.far), _resampled(s.shape, way.far, way.after)
    back = _resampled(s.shape, way.after, way.far)
    f["halves"] = float(np.median((there * here).sum(axis=1)))
    f["mirrored"] = float(np.median((there * back).sum(axis=1)))
    if n > 3:
        far_v, size, gap_s = way.p[way.far], np.minimum(way.out, way.back), np.diff(way.far) / FRAME_RATE_HZ
        f["alternate_size"] = abs(float(size[::2].mean() - size[1::2].mean())) / typical
        f["alternate_far"] = abs(float(far_v[::2].mean() - far_v[1::2].mean())) / way.extent
        f["alternate_time"] = min(abs(float(gap_s[::2].mean() - gap_s[1::2].mean())) / period, 1.0)
    return f


def _resampled(x: Array, start: Array, stop: Array) -> Array:
    """Each stretch of ``x`` (n, 5) as one row of unit length, centred, brought to the same number of points."""
    place = start[:, None] + np.linspace(0.0, 1.0, POINTS) * (stop - start)[:, None]
    i = np.minimum(place.astype(int), len(x) - 2)
    part = (place - i)[:, :, None]
    rows = x[i] * (1.0 - part) + x[i + 1] * part
    rows = (rows - rows.mean(axis=1, keepdims=True)).reshape(len(start), -1)
    unit: Array = rows / np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)
    return unit


def _spread(values: Array) -> float:
    """Standard deviation over mean."""
    return float(np.std(values)) / max(float(np.mean(values)), 1e-9)


WEIGHTS: dict[str, float] = {
    "agree": 0.192,
    "alike": 0.992,
    "alike_white": 2.077,
    "alternate": -0.297,
    "alternate_far": -2.027,
    "alternate_most": -0.505,
    "alternate_size": -1.065,
    "alternate_time": -0.105,
    "alternate_white": -0.900,
    "astray": -2.676,
    "away": 0.952,
    "away_at_end": 1.244,
    "coarse": -0.822,
    "count": 0.075,
    "duration_irregular": -2.835,
    "dwell": 0.938,
    "effort_after": -0.457,
    "effort_before": -1.058,
    "effort_left": -0.265,
    "effort_uneven": -1.222,
    "extra": -0.556,
    "far_spread": 0.651,
    "first_alike": -0.224,
    "first_out": 0.579,
    "half": -0.605,
    "halves": -0.016,
    "irregular": -2.241,
    "large": 0.121,
    "largest": 0.072,
    "last_alike": 0.835,
    "last_back": 0.499,
    "least_alike": 0.470,
    "levels": 1.016,
    "longest": -0.945,
    "mirrored": 0.215,
    "nearly": 0.543,
    "one": -1.312,
    "open": -2.061,
    "period": -0.153,
    "period_squared": -0.160,
    "projection0": 0.611,
    "projection1": -0.089,
    "projection10": 1.025,
    "projection11": -0.349,
    "projection12": 0.094,
    "projection13": -1.023,
    "projection14": -0.637,
    "projection15": -0.456,
    "projection2": -0.707,
    "projection3": -0.491,
    "projection4": -0.285,
    "projection5": -0.619,
    "projection6": -0.175,
    "projection7": 0.101,
    "projection8": -0.506,
    "projection9": 1.784,
    "range": 0.138,
    "refused": -4.627,
    "rest_spread": -3.440,
    "share": 0.167,
    "shortest": 0.736,
    "smallest": 0.004,
    "time_after": -0.448,
    "time_before": -0.897,
    "time_left": -0.271,
    "twice": 0.311,
    "two": -0.677,
    "uneven": 0.243,
}
