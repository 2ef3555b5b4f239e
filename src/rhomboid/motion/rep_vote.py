"""How many repetitions so far: many simple ways of counting the same stretch, and a vote among them.

Every view of the movement (``rep_signals``) is seen along its own principal axis, its turning points are found with
several hysteresis levels (a zig-zag), and either side can be the far one. Each of these candidates counts its own
repetitions; how regular, closed and complete they look says how far to trust it. The trust is a conditional logit
(McFadden 1974) over few features; a count's probability is the sum over the candidates that hold it, and one special
candidate holds that nothing has happened yet.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.rep_signals import COLUMNS, VIEWS

TICK_FRAMES = 10
"""Everything is decided on this grid (0.2 s), so that block sizes cannot matter."""

# (view, principal component): which projections are counted.
PROJECTIONS = ((0, 0), (1, 0), (2, 0), (0, 1))
# Hysteresis as a share of the projection's range; each is judged by what it leaves uncounted two steps finer.
LEVELS = (0.11, 0.155, 0.22, 0.31, 0.44)
COUNTED = (2, 3, 4)
CANDIDATES_EACH = 2 * len(COUNTED)  # of a projection: either side can be the far one
SMALL = 0.45  # A swing below this share of the candidate's median one is not a repetition.
FLOOR = 0.3  # Degrees (or cm) below which a projection's range is sensor noise.
GROWN = 0.08  # A candidate is judged again when its last swing has grown by this share of the range.
WIDEST = max(view.stop - view.start for view in VIEWS)
REFRESH_GROWTH = 0.08  # Axis and range are taken afresh whenever the stretch has grown by this share.
PERCENTILES = (0.03, 0.97)


class Rep(NamedTuple):
    """Frame indices of one candidate repetition: the rest before, the far point, the rest after (or newest extreme)."""

    before: int
    far: int
    after: int
    out: float
    back: float


class Candidate(NamedTuple):
    """One way of counting: what it holds and how much it is trusted."""

    key: int
    reps: list[Rep]
    refused: list[Rep]
    features: dict[str, float]
    period_s: float
    score: float


_Shape = tuple[list[Rep], list[Rep], dict[str, float]]


class Vote(NamedTuple):
    """``held`` is the count that stands with ``probability``; ``leader`` is the best candidate that holds as many."""

    held: int
    probability: float
    leader: Candidate | None


class _ZigZag:
    """Turning points with hysteresis."""

    __slots__ = ("direction", "extreme", "high", "low", "origin", "threshold", "turns")

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold = threshold
        self.turns: list[tuple[int, float, int]] = []
        self.direction = 0
        self.origin = value
        self.high = self.low = (0, value)

    def push(self, i: int, value: float) -> None:
        high, low, direction = self.high, self.low, self.direction
        if direction >= 0:
            if value > high[1]:
                self.high = (i, value)
            elif high[1] - value > self.threshold:
                if direction > 0 or high[0] > 0:
                    self.turns.append((*high, 1))
                self.direction, self.low = -1, (i, value)
                return
        if direction <= 0:
            if value < low[1]:
                self.low = (i, value)
            elif value - low[1] > self.threshold:
                if direction < 0 or low[0] > 0:
                    self.turns.append((*low, -1))
                self.direction, self.high = 1, (i, value)

    def reps(self, side: int) -> tuple[list[Rep], list[Rep]]:
        """Counted and refused repetitions with their far point on ``side`` (+1 or -1)."""
        newest = self.high if self.direction > 0 else self.low
        places = [0, *(i for i, _, _ in self.turns), newest[0]]
        values = [self.origin, *(v for _, v, _ in self.turns), newest[1]]
        swings = [abs(b - a) for a, b in pairwise(values)]
        first = 0 if self.turns[0][2] == side else 1  # far points and rests take turns
        out, back = swings[first:-1:2], swings[first + 1 :: 2]
        every = list(map(Rep, places[first::2], places[first + 1 :: 2], places[first + 2 :: 2], out, back))
        if not every:
            return [], []
        sizes = list(map(min, out, back))
        enough = SMALL * _median(sizes)
        if min(sizes) >= enough:
            return every, []
        return (
            [r for r, size in zip(every, sizes, strict=True) if size >= enough],
            [r for r, size in zip(every, sizes, strict=True) if size < enough],
        )


class _Projection:
    """One view along one principal axis, with a zig-zag for every level."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.values: list[float] = []
        self.range = 0.0
        self.share = 0.0
        self.counts = False
        self.zigzags: list[_ZigZag] = []
        self._judged: list[tuple[tuple[int, int, int], Candidate | None] | None] = [None] * CANDIDATES_EACH
        self._shapes: dict[int, tuple[int, list[tuple[int, float, int]], _Shape]] = {}

    def refresh(self, share: float, extent: float, values: list[float], places: list[int]) -> None:
        """A new axis and range from everything so far; ``places`` are all local extremes of the ``values`` along it."""
        self.range, self.share = extent, share
        self._judged = [None] * CANDIDATES_EACH
        self._shapes.clear()
        self.counts = extent >= FLOOR
        if not self.counts:
            return
        self.values = values
        last = len(values) - 1
        self.zigzags = [_ZigZag(level * extent, values[0]) for level in LEVELS]
        for zigzag in self.zigzags:
            for i in (*places, last):
                zigzag.push(i, values[i])
            # What turns at a coarse level has turned at every finer one.
            places = [i for i, _, _ in zigzag.turns]
            places += sorted({zigzag.low[0], zigzag.high[0]}.difference((0, last, *places)))
            places.sort()

    def extend(self, new: list[float]) -> None:
        """The next few values along the same axis. Between two local extremes a zig-zag learns nothing."""
        if not self.counts:
            return
        values, start = self.values, len(self.values)
        values += new
        last = len(values) - 1
        places = [i for i in range(start - 1, last) if i and (values[i] > values[i - 1]) != (values[i + 1] > values[i])]
        for zigzag in self.zigzags:
            for i in (*places, last):
                zigzag.push(i, values[i])

    def candidates(self, weights: dict[str, float]) -> list[Candidate]:
        """Either side of every level; judged again only where something has changed since the last time."""
        if not self.counts:
            return []
        found: list[Candidate] = []
        for k, level in enumerate(COUNTED):
            zigzag, finer = self.zigzags[level], self.zigzags[level - 2]
            if not zigzag.turns:
                continue
            last = zigzag.turns[-1]
            growing = abs((zigzag.high if zigzag.direction > 0 else zigzag.low)[1] - last[1])
            for side in (-1, 1):
                # Only a swing back from the side's own far point is still growing into a repetition.
                pending = int(growing / (GROWN * self.range)) if last[2] == side else 0
                state = (len(zigzag.turns), len(finer.turns), pending)
                place = 2 * k + (side > 0)
                judged = self._judged[place]
                if judged is None or judged[0] != state:
                    judged = self._judged[place] = (state, self._judge(k, side, weights))
                if judged[1] is not None:
                    found.append(judged[1])
        return found

    def _judge(self, k: int, side: int, weights: dict[str, float]) -> Candidate | None:
        zigzag, finer = self.zigzags[COUNTED[k]], self.zigzags[COUNTED[k] - 2]
        reps, refused, shape = self._shape(zigzag, side)
        if not reps:
            return None
        features = shape.copy()
        features["extra"] = min((len(finer.turns) - len(zigzag.turns)) / len(zigzag.turns), 3.0)
        features["first"] = float(zigzag.turns[0][2] == side)
        features["level"] = LEVELS[COUNTED[k]]
        features["share"] = self.share
        features[f"projection{self.number}"] = 1.0
        score = sum([weights[name] * value for name, value in features.items()])
        key = self.number * CANDIDATES_EACH + k * 2 + (side > 0)
        return Candidate(key, reps, refused, features, math.exp(features["period"]), score)

    def _shape(self, zigzag: _ZigZag, side: int) -> _Shape:
        """Repetitions, refused ones and their features; neighbouring levels often have the very same turning points."""
        n = len(self.values)
        seen_at, turns, shape = self._shapes.get(side, (0, [], ([], [], {})))
        if seen_at != n or turns != zigzag.turns:
            reps, refused = zigzag.reps(side)
            shape = reps, refused, _features(self.values, reps, refused, side, self.range) if reps else {}
            self._shapes[side] = n, zigzag.turns.copy(), shape
        return shape


class Ballot:
    """Counts one stretch as it grows, tick by tick."""

    def __init__(self, weights: dict[str, float] | None = None) -> None:
        self._weights = WEIGHTS if weights is None else weights
        self._x = np.empty((64 * TICK_FRAMES, COLUMNS))
        self._n = 0
        self._sum = np.zeros(COLUMNS)
        self._squares = np.zeros((COLUMNS, COLUMNS))
        self._refresh_at = 0
        self._axes, self._middle = np.zeros((COLUMNS, len(PROJECTIONS))), np.zeros(len(PROJECTIONS))
        self._projections = [_Projection(number) for number in range(len(PROJECTIONS))]

    def __len__(self) -> int:
        return self._n

    def add(self, x: Array) -> None:
        """One tick, (TICK_FRAMES, 13)."""
        n = self._n + len(x)
        if n > len(self._x):
            self._x = np.concatenate((self._x[: self._n], np.empty((n, COLUMNS))))
        self._x[self._n : n] = x
        self._n = n
        self._sum += x.sum(axis=0)
        self._squares += x.T @ x
        if n >= self._refresh_at:
            self._refresh_at = n + int(REFRESH_GROWTH * n)
            self._refresh()
        else:
            for projection, new in zip(self._projections, self._along_axes(x).tolist(), strict=True):
                projection.extend(new)

    def _refresh(self) -> None:
        """Axes and ranges from everything so far; the turning points are found again."""
        mean = self._sum / self._n
        covariance = self._squares / self._n - mean[:, None] * mean
        power, axes = np.linalg.eigh(
            np.stack([np.pad(covariance[v, v], (0, WIDEST - v.stop + v.start)) for v in VIEWS])
        )
        for k, (view, component) in enumerate(PROJECTIONS):
            rows = VIEWS[view]
            self._axes[rows, k] = axes[view, : rows.stop - rows.start, -1 - component]
        shares = power / np.maximum(power.sum(axis=1), 1e-12)[:, None]
        self._middle = mean @ self._axes
        p = self._along_axes(self._x[: self._n])
        lowest, highest = (int(q * (self._n - 1)) for q in PERCENTILES)
        ordered = np.partition(p, (lowest, highest), axis=1)
        extents = (ordered[:, highest] - ordered[:, lowest]).tolist()
        rising = p[:, 1:] > p[:, :-1]
        for k, (view, component) in enumerate(PROJECTIONS):
            places = (np.flatnonzero(rising[k, 1:] != rising[k, :-1]) + 1).tolist()
            share = float(shares[view, -1 - component])
            self._projections[k].refresh(share, extents[k], p[k].tolist(), places)

    def _along_axes(self, x: Array) -> Array:
        """Frames (n, 13) in every projection, (projections, n)."""
        p: Array = np.ascontiguousarray((x @ self._axes - self._middle).T)
        return p

    def values(self, candidate: Candidate) -> list[float]:
        """The projection this candidate counts, one value a frame since the start of the stretch."""
        return self._projections[candidate.key // CANDIDATES_EACH].values

    def project(self, candidate: Candidate, x: Array) -> Array:
        """Frames (n, 13) as this candidate sees them, (n,)."""
        p: Array = self._along_axes(x)[candidate.key // CANDIDATES_EACH]
        return p

    def vote(self, surety: float) -> Vote:
        """The largest count that holds with at least probability ``surety``."""
        found = [c for projection in self._projections for c in projection.candidates(self._weights)]
        beside = self._beside_the_others(found)
        scores = [
            c.score + sum([self._weights[name] * value for name, value in f.items()])
            for c, f in zip(found, beside, strict=True)
        ]
        nothing = self._weights["nothing"]
        top = max([nothing, *scores])
        total = math.exp(nothing - top)
        shares: dict[int, float] = {}
        for c, score in zip(found, scores, strict=True):
            share = math.exp(score - top)
            shares[len(c.reps)] = shares.get(len(c.reps), 0.0) + share
            total += share
        probability = 0.0
        for count in sorted(shares, reverse=True):
            probability += shares[count] / total
            if probability >= surety:
                enough = [i for i, c in enumerate(found) if len(c.reps) >= count]
                best = max(enough, key=lambda i: (scores[i], -found[i].key))
                c = found[best]
                leader = c._replace(features=c.features | beside[best], score=scores[best])
                return Vote(count, probability, leader)
        return Vote(0, 1.0 - probability, None)

    def _beside_the_others(self, found: list[Candidate]) -> list[dict[str, float]]:
        """What changes without a candidate's own doing: the time since its last repetition, what others hold."""
        held = Counter(n for _, n in {(c.key // CANDIDATES_EACH, len(c.reps)) for c in found})
        every = len(PROJECTIONS)
        return [
            {
                "since": min((self._n - c.reps[-1].after) / FRAME_RATE_HZ / c.period_s, 2.0),
                "agree": held[len(c.reps)] / every,
                "nearly": (held[len(c.reps) - 1] + held[len(c.reps) + 1]) / every,
            }
            for c in found
        ]


def _features(p: list[float], reps: list[Rep], refused: list[Rep], side: int, extent: float) -> dict[str, float]:
    """What a right count looks like: regular in time and size, closed, from rest to rest, and filling the stretch."""
    before, far, after, out, back = zip(*reps, strict=True)
    sizes, swing = list(map(min, out, back)), [*out, *back]
    size, far_v = _median(sizes), [p[i] for i in far]
    periods = [(b - a) / FRAME_RATE_HZ for a, b in pairwise(far)]
    period = _median(periods) if periods else 2.0
    several = len(periods) > 1
    return {
        "irregular": min(_spread(periods), 1.0) if several else 0.4,
        "longest": math.log(max(periods) / period) if several else 0.4,
        "shortest": math.log(min(periods) / period) if several else -0.4,
        "period": math.log(period),
        "uneven": min(_spread(swing), 1.0),
        "smallest": math.log(min(sizes) / size),
        "largest": math.log(max(swing) / size),
        "first_out": math.log(out[0] / _median(out)),
        "last_back": math.log(back[-1] / _median(back)),
        "open": _median([abs(a - b) / (a + b) for a, b in zip(out, back, strict=True)]),
        "refused": len(refused) / len(reps),
        "away": side * (_median(far_v) - p[0]) / extent,
        "astray": _median([abs(p[i] - p[0]) for i in after]) / extent,
        "range": math.log(extent + 0.05),
        "large": max(0.0, math.log(extent + 0.05) - 2.0),
        "before": min(before[0] / FRAME_RATE_HZ / period, 2.0),
        "count": math.log(len(reps)),
        "single": float(len(reps) == 1),
    }


def _median(values: Sequence[float]) -> float:
    """As the standard library's, at half the cost."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _spread(values: list[float]) -> float:
    """Standard deviation over mean."""
    mean = sum(values) / len(values)
    return math.sqrt(sum([(v - mean) ** 2 for v in values]) / len(values)) / mean


# Fitted with a small ridge on what was known at any moment of labelled sets of some thirty people; "nothing" is the
# score of the candidate that holds nothing has happened yet.
WEIGHTS: dict[str, float] = {
    "agree": 0.279,
    "astray": -1.138,
    "away": -1.698,
    "before": -1.389,
    "count": 0.303,
    "extra": -0.470,
    "first": -0.999,
    "first_out": -0.817,
    "irregular": -2.350,
    "large": 0.647,
    "largest": -0.665,
    "last_back": -0.362,
    "level": 3.483,
    "longest": -1.788,
    "nearly": 0.172,
    "nothing": -2.155,
    "open": -7.247,
    "period": 0.214,
    "projection0": 0.186,
    "projection1": 1.040,
    "projection2": 0.059,
    "projection3": -1.889,
    "range": 0.346,
    "refused": 2.696,
    "share": 0.731,
    "shortest": 0.732,
    "since": -2.043,
    "single": -1.667,
    "smallest": -0.669,
    "uneven": -4.453,
}
