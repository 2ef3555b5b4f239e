"""Which way of counting a finished set is right: what a right one looks like, weighed by a conditional logit.

Every way (``recount_ways``) gets a score, a weighted sum of features of regularity, closure, likeness, and of what it
leaves uncounted; a count's probability is the sum over the ways that arrive at it (McFadden, "Conditional logit
analysis of qualitative choice behavior", 1974). The weights were fitted to labelled sets of many exercises, with ridge
regularisation; how well they do on people they have not seen is measured in ``benchmarks/accuracy``.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.order import median, quantiles
from rhomboid.motion.recount_ways import LEVELS, PROJECTIONS, Signals, Way
from rhomboid.motion.ticks import Codes

Number = TypeVar("Number", np.float64, np.intp)

WEIGHTLESS_G = 0.4  # What the accelerometer shows in flight.
POINTS = 24  # Each repetition is brought to this many points before it is compared with the others.
# Periods beyond which a signal group has lost part of the movement with its drift.
TRUSTED_S = {
    "tilt": 60.0, "pose": 16.0, "quick": 6.0, "mixed": 6.0, "height": 2.0, "hop": 1.0, "turn": 8.0, "periodic": 10.0,
}  # fmt: skip


def probabilities(ways: list[Way], s: Signals, known: Array | float = 0.0) -> Array:
    """How far each way is to be trusted, (n,), adding up to 1; ``known`` is what else speaks for it, in log odds."""
    return as_shares(scores(features(ways, s), WEIGHTS) + known)


def scores(columns: dict[str, Array], weights: dict[str, float]) -> Array:
    """The weighted sum of these features, (n,)."""
    total: Array = sum((weights.get(name, 0.0) * column for name, column in columns.items()), np.zeros(1))
    return total


def as_shares(scores: Array) -> Array:
    """Scores as probabilities, (n,)."""
    shares: Array = np.exp(scores - scores.max())
    shares /= shares.sum()
    return shares


class _Each:
    """What all repetitions of all ways have, one way behind the other: so many numbers cost little more than one.

    ``of`` (m,) says whose each one is, in any order; every method makes of their ``values`` (m,) one for each way.
    """

    def __init__(self, of: Codes, ways: int) -> None:
        self.of = of
        self.counts = np.bincount(of, minlength=ways)
        self._first = np.cumsum(self.counts) - self.counts
        order = np.argsort(of, kind="stable")
        self._place = np.empty(len(of), np.intp)
        self._place[order] = np.arange(len(of)) - self._first[of[order]]

    def first(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The first one, where the values stand in the order of their ways and none has none."""
        first: npt.NDArray[Number] = values[self._first]
        return first

    def last(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The last one, as above."""
        last: npt.NDArray[Number] = values[self._first + self.counts - 1]
        return last

    def total(self, values: Array) -> Array:
        return np.bincount(self.of, values, minlength=len(self.counts)).astype(np.float64, copy=False)

    def mean(self, values: Array) -> Array:
        mean: Array = self.total(values) / np.maximum(self.counts, 1)
        return mean

    def deviation(self, values: Array) -> Array:
        return np.sqrt(self.mean((values - self.mean(values)[self.of]) ** 2))

    def spread(self, values: Array) -> Array:
        """Standard deviation over mean."""
        spread: Array = self.deviation(values) / np.maximum(self.mean(values), 1e-9)
        return spread

    def median(self, values: Array) -> Array:
        return self.median_and_ends(values)[0]

    def median_and_ends(self, values: Array) -> tuple[Array, Array, Array]:
        """Median, least and greatest; anything where there is none."""
        ordered = np.full((len(self.counts), int(self.counts.max()) + 1), np.inf)
        ordered[self.of, self._place] = values
        ordered.sort(axis=1)
        way, last = np.arange(len(ordered)), self.counts - 1
        median = 0.5 * (ordered[way, last // 2] + ordered[way, self.counts // 2])
        return median, ordered[:, 0], ordered[way, last]


def features(ways: list[Way], s: Signals) -> dict[str, Array]:
    """What is known about the ways of counting: by name a column with one value for each, (n,)."""
    of = np.repeat(np.arange(len(ways)), [len(way.far) for way in ways])
    each = _Each(of, len(ways))
    before, far, after, out, back, stretch = (
        np.concatenate([getattr(way, name) for way in ways])
        for name in ("before", "far", "after", "out", "back", "stretch")
    )
    side, extent, projection = (
        np.array([getattr(way, name) for way in ways]) for name in ("side", "extent", "projection")
    )
    p, place = _in_one_line(ways)
    place = place[of]
    n = each.counts
    following = np.flatnonzero((of[1:] == of[:-1]) & (stretch[1:] == stretch[:-1]))
    between = _Each(of[following], len(ways))
    period_s = (far[following + 1] - far[following]) / FRAME_RATE_HZ
    left, returned = moving(ways)
    duration_s = (returned - left) / FRAME_RATE_HZ
    period, shortest_s, longest_s = between.median_and_ends(period_s)
    period = np.where(between.counts > 0, period, each.median(duration_s))
    several = between.counts > 1
    size = np.minimum(out, back)
    typical, smallest, _ = each.median_and_ends(size)
    twice = _Each(np.concatenate((of, of)), len(ways))
    swings = np.concatenate((out, back))
    edges = np.array(s.edges)
    first, last = edges[stretch], edges[stretch + 1] - 1
    effort = s.effort[after] - s.effort[before]
    usual_effort = np.maximum(each.median(effort), 1e-6)
    rest = np.concatenate((before, after))
    rests = p[np.concatenate((place, place)) + rest]
    far_v, after_v = p[place + far], p[place + after]
    usual_far = each.median(far_v)
    middle = 0.5 * (usual_far + twice.median(rests))
    inside = p[place[:, None] + (before[:, None] + _ACROSS_TWICE * (after - before)[:, None]).astype(int)]
    beyond = side[of][:, None] * (inside - middle[of][:, None]) > 0
    seconds = s.edges[-1] / FRAME_RATE_HZ
    logarithm = np.log(extent + 0.05)
    low_pass_hz = np.array([hz for _, _, hz in PROJECTIONS])[projection]
    trusted_s = np.array([TRUSTED_S[group] for group, _, _ in PROJECTIONS])[projection]
    by_height = np.array([group in ("height", "hop") for group, _, _ in PROJECTIONS])[projection]
    away = [usual_far - each.mean(p[place + edge]) for edge in (first, last)]
    farther = [
        np.where(by_height, 0.0, _farther(s.pose, far, rest, edge, each, twice))
        for edge in (each.first(first), each.last(last))
    ]
    f = {f"projection{number}": (projection == number).astype(float) for number in range(len(PROJECTIONS))}
    f |= {
        "levels": np.array([way.levels for way in ways]) / len(LEVELS),
        "coarse": np.array([way.coarsest for way in ways]) / len(LEVELS),
        "share": np.array([way.share for way in ways]),
        "extra": np.array([way.extra for way in ways]),
        "refused": np.minimum(np.array([way.refused for way in ways]) / n, 1.0),
        "dropped": np.array([float(way.dropped) for way in ways]),
        "paired": np.array([float(way.paired) for way in ways]),
        "too_smooth": np.maximum(0.0, -np.log(np.where(low_pass_hz > 0.0, period * low_pass_hz, 1.0))),
        "too_slow": np.maximum(0.0, np.log(period / trusted_s)),
        "height_range": np.where(by_height, logarithm, 0.0),
        # regular in time
        "irregular": np.where(several, np.minimum(between.spread(period_s), 1.0), 0.3),
        "longest": np.log(np.where(several, longest_s / period, math.exp(0.3))),
        "shortest": np.log(np.where(several, shortest_s / period, math.exp(-0.3))),
        "duration_irregular": np.where(n > 1, np.minimum(each.spread(duration_s), 1.0), 0.3),
        "period": np.log(period),
        "period_squared": np.log(period) ** 2,
        # regular in size
        "uneven": twice.spread(swings),
        "smallest": np.log(smallest / typical),
        "largest": np.log(twice.median_and_ends(swings)[2] / typical),
        "first_out": np.log(np.maximum(each.first(out), 1e-3) / each.median(out)),
        "last_back": np.log(np.maximum(each.last(back), 1e-3) / each.median(back)),
        "unclosed": each.median(_unclosed(s.shape, left, far, returned)),
        "unclosed_white": each.median(_unclosed(s.white, left, far, returned)),
        "open": each.median(np.abs(out - back) / (out + back)),
        "range": logarithm,
        "large": np.maximum(0.0, logarithm - 2.0),
        # from rest to rest
        "away": side * away[0] / extent,
        "away_at_end": side * away[1] / extent,
        "weightless_far": each.mean((s.load_g[far] < WEIGHTLESS_G).astype(float)),
        "weightless_rest": twice.mean((s.load_g[rest] < WEIGHTLESS_G).astype(float)),
        "farther": farther[0],
        "farther_at_end": farther[1],
        "astray": each.median(np.abs(after_v - each.median(after_v)[of])) / extent,
        "far_spread": each.deviation(far_v) / extent,
        "rest_spread": twice.deviation(rests) / extent,
        "dwell": each.mean(beyond.mean(axis=1)),
        # filling the set
        "effort_uneven": np.minimum(each.spread(effort), 2.0),
        "effort_left": np.minimum((s.effort[-1] - each.total(effort)) / usual_effort, 4.0),
        "effort_before": np.minimum(each.first(s.effort[before] - s.effort[first]) / usual_effort, 2.0),
        "effort_after": np.minimum(each.last(s.effort[last] - s.effort[after]) / usual_effort, 2.0),
        "time_left": np.minimum((seconds - each.total(duration_s)) / period, 4.0),
        "time_before": np.minimum(each.first(left - first) / FRAME_RATE_HZ / period, 2.0),
        "time_after": np.minimum(each.last(last - returned) / FRAME_RATE_HZ / period, 2.0),
        "count": np.log(n),
        "one": (n == 1).astype(float),
        "two": (n == 2).astype(float),
    }
    f |= _likeness(each, s, (left, returned), far, far_v, size)
    for name, by in (("alternate_size", typical), ("alternate_far", extent), ("alternate_time", period)):
        f[name] = f[name] / by
    f["alternate_time"] = np.minimum(f["alternate_time"], 1.0)
    return f | _beside_the_others(ways)


_ACROSS_TWICE = np.linspace(0.0, 1.0, 2 * POINTS)


def _in_one_line(ways: list[Way]) -> tuple[Array, Codes]:
    """The signals that the ways are seen in, one behind the other, and where in this line that of each way begins."""
    signals = {way.projection: way.p for way in ways}
    begins = dict(zip(signals, np.cumsum([0, *map(len, signals.values())]).tolist(), strict=False))
    return np.concatenate([*signals.values()]), np.array([begins[way.projection] for way in ways])


def _beside_the_others(ways: list[Way]) -> dict[str, Array]:
    """In how many signals others come to the same count, or one that is telling beside it."""
    seen = len({way.projection for way in ways})
    held = np.array([n for _, n in {(way.projection, len(way.far)) for way in ways}])
    firm = np.array([n for _, n in {(way.projection, len(way.far)) for way in ways if way.levels > 2}])
    n = np.array([len(way.far) for way in ways])[:, None]
    f = {
        "agree": held == n,
        "firm": firm == n,
        "nearly": np.abs(held - n) == 1,
        "twice": np.abs(held - 2 * n) <= 1,
        "half": np.abs(2 * held - n) <= 1,
    }
    return {name: flags.sum(axis=1) / seen for name, flags in f.items()}


def _farther(pose: Array, far: Codes, rest: Codes, edge: Codes, each: _Each, twice: _Each) -> Array:
    """-1..1: are the far points farther from the pose at the ``edge`` of each way's set than its rests are? (n,)"""
    edges, which = np.unique(edge, return_inverse=True)
    away = np.sqrt(((pose - pose[edges][:, None]) ** 2).sum(axis=2))
    away /= np.maximum(quantiles(away, 0.9)[0], 1e-6)[:, None]
    difference = each.median(away[which[each.of], far]) - twice.median(away[which[twice.of], rest])
    return np.minimum(np.maximum(difference, -1.0), 1.0)


def _unclosed(x: Array, left: Codes, far: Codes, returned: Codes) -> Array:
    """0..1: how far from its start a repetition ends, in all directions of movement, against how far it went, (m,)."""
    step = np.sqrt(((x[returned] - x[left]) ** 2).sum(axis=1))
    reach = np.sqrt(((x[far] - 0.5 * (x[left] + x[returned])) ** 2).sum(axis=1))
    unclosed: Array = step / np.maximum(step + reach, 1e-9)
    return unclosed


def _likeness(
    each: _Each, s: Signals, movement: tuple[Codes, Codes], far: Codes, far_v: Array, size: Array
) -> dict[str, Array]:
    """How like each other the repetitions are; two in turn alike only with the next but one are halves of one."""
    f = {name: np.zeros(len(each.counts)) for name in _LIKENESS}
    f["alike"] += 0.5
    f["alike_white"] += 0.3
    left, returned = movement
    # Many ways hold the very same repetition.
    _, once, same = np.unique(left * len(s.t_s) + returned, return_index=True, return_inverse=True)
    shapes = [_resampled(x, left[once], returned[once])[same] for x in (s.shape, s.white)]
    for n in np.unique(each.counts[each.counts > 1]).tolist():
        ways = np.flatnonzero(each.counts == n)  # Those that hold as many are compared together.
        rows = each.first(np.arange(len(far)))[ways][:, None] + np.arange(n)
        pairs = _pairs(n)
        for name, shape in zip(("", "_white"), shapes, strict=True):
            alike = (those := shape[rows]) @ those.transpose(0, 2, 1)
            f["alike" + name][ways] = median(alike.reshape(len(ways), -1).take(pairs, axis=1), axis=1)
            if n > 2:
                next_but_one, neighbours = (np.diagonal(alike, k, 1, 2).mean(axis=1) for k in (2, 1))
                f["alternate" + name][ways] = next_but_one - neighbours
            if not name:
                with_others = (alike.sum(axis=2) - 1.0) / (n - 1)
                usual = f["alike"][ways]
                f["least_alike"][ways] = with_others.min(axis=1) - usual
                f["first_alike"][ways] = with_others[:, 0] - usual
                f["last_alike"][ways] = with_others[:, -1] - usual
        if n > 3:
            gap_s = np.diff(far[rows], axis=1) / FRAME_RATE_HZ
            for name, values in (("size", size[rows]), ("far", far_v[rows]), ("time", gap_s)):
                f["alternate_" + name][ways] = np.abs(values[:, ::2].mean(axis=1) - values[:, 1::2].mean(axis=1))
    f["alternate_most"] = np.maximum(np.maximum(f["alternate"], f["alternate_white"]), 0.0)
    return f


_LIKENESS = (
    "alike", "alternate", "least_alike", "first_alike", "last_alike", "alike_white", "alternate_white",
    "alternate_size", "alternate_far", "alternate_time",
)  # fmt: skip


@cache
def _pairs(n: int) -> Codes:
    """Where each pair of ``n`` is in an (n, n) table laid out in one line."""
    return np.flatnonzero(np.triu(np.ones((n, n)), 1))


def moving(ways: list[Way]) -> tuple[Codes, Codes]:
    """Rows where each repetition leaves its rest and is back, way behind way: its outermost 10 % are rest."""
    p, begins = _in_one_line(ways)
    place = np.repeat(begins, [len(way.far) for way in ways])
    found = []
    for names in (("far", "before", "out"), ("last", "after", "back")):
        far, rest, length = (np.concatenate([getattr(way, name) for way in ways]) for name in names)
        rows = (far[:, None] + _ACROSS * (rest - far)[:, None]).astype(int)
        resting = np.abs(p[place[:, None] + rows] - p[place + far][:, None]) >= 0.9 * length[:, None]
        found.append(rows[np.arange(len(rows)), np.argmax(resting, axis=1)])
    return found[0], found[1]


_ACROSS = np.linspace(0.0, 1.0, 4 * POINTS)


def _resampled(x: Array, start: Codes, stop: Codes) -> Array:
    """Each stretch of ``x`` (n, 5) as one row of unit length, centred, brought to the same number of points."""
    place = start[:, None] + np.linspace(0.0, 1.0, POINTS) * (stop - start)[:, None]
    i = np.minimum(place.astype(int), len(x) - 2)
    part = (place - i)[:, :, None]
    rows = x[i] * (1.0 - part) + x[i + 1] * part
    rows = (rows - rows.mean(axis=1, keepdims=True)).reshape(len(start), -1)
    unit: Array = rows / np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)
    return unit


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
