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
from itertools import pairwise
from statistics import median
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
        nodes = [(0, self.origin), *((i, v) for i, v, _ in self.turns), newest]
        every = [
            Rep(nodes[k][0], i, nodes[k + 2][0], abs(v - nodes[k][1]), abs(v - nodes[k + 2][1]))
            for k, (i, v, s) in enumerate(self.turns)
            if s == side
        ]
        if not every:
            return [], []
        enough = SMALL * median([min(r.out, r.back) for r in every])
        return [r for r in every if min(r.out, r.back) >= enough], [r for r in every if min(r.out, r.back) < enough]


class _Projection:
    """One view along one principal axis, with a zig-zag for every level."""

    def __init__(self, number: int) -> None:
        view, self.component = PROJECTIONS[number]
        self.number, self.view = number, VIEWS[view]
        self.values: list[float] = []
        self.range = 0.0
        self.share = 0.0
        self.axis: Array | None = None
        self.zigzags: list[_ZigZag] = []
        self._judged: list[tuple[tuple[int, int, int], Candidate | None] | None] = [None] * CANDIDATES_EACH

    def refresh(self, x: Array, mean: Array, covariance: Array) -> None:
        """New axis and range from everything so far, (n, 13); the turning points are found again."""
        power, axes = np.linalg.eigh(covariance[self.view, self.view])
        axis = axes[:, -1 - self.component]
        p = ((x[:, self.view] - mean[self.view]) * axis).sum(axis=1)
        lowest, highest = (int(q * (len(p) - 1)) for q in PERCENTILES)
        ordered = np.partition(p, (lowest, highest))
        self.range = float(ordered[highest] - ordered[lowest])
        self.share = float(power[-1 - self.component] / max(power.sum(), 1e-12))
        self._judged = [None] * CANDIDATES_EACH
        if self.range < FLOOR:
            self.axis = None
            return
        self.axis, self.mean = axis, mean[self.view]
        self.values = p.tolist()
        steps = np.sign(np.diff(p))
        moving = np.flatnonzero(steps)
        turning = moving[1:][np.diff(steps[moving]) != 0]
        places = turning.tolist()
        self.zigzags = [_ZigZag(level * self.range, self.values[0]) for level in LEVELS]
        for zigzag in self.zigzags:
            for i in (*places, len(p) - 1):
                zigzag.push(i, self.values[i])
            # What turns at a coarse level has turned at every finer one.
            places = [i for i, _, _ in zigzag.turns]
            places += sorted({zigzag.low[0], zigzag.high[0]}.difference((0, len(p) - 1, *places)))
            places.sort()

    def project(self, x: Array) -> Array:
        """Frames (n, 13) along the axis, (n,); nothing where there is none."""
        if self.axis is None:
            return np.zeros(len(x))
        p: Array = ((x[:, self.view] - self.mean) * self.axis).sum(axis=1)
        return p

    def extend(self, x: Array) -> None:
        """The next few frames, (m, 13), along the same axis."""
        if self.axis is None:
            return
        start = len(self.values)
        new = self.project(x).tolist()
        self.values += new
        for zigzag in self.zigzags:
            for i, value in enumerate(new, start):
                zigzag.push(i, value)

    def candidates(self, weights: dict[str, float]) -> list[Candidate]:
        """Either side of every level; judged again only where something has changed since the last time."""
        if self.axis is None:
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
        reps, refused = zigzag.reps(side)
        if not reps:
            return None
        features = _features(self.values, reps, refused, side, self.range)
        features["extra"] = min((len(finer.turns) - len(zigzag.turns)) / len(zigzag.turns), 3.0)
        features["first"] = float(zigzag.turns[0][2] == side)
        features["level"] = LEVELS[COUNTED[k]]
        features["share"] = self.share
        features[f"projection{self.number}"] = 1.0
        score = sum(weights[name] * value for name, value in features.items())
        key = self.number * CANDIDATES_EACH + k * 2 + (side > 0)
        return Candidate(key, reps, refused, features, math.exp(features["period"]), score)


class Ballot:
    """Counts one stretch as it grows, tick by tick."""

    def __init__(self, weights: dict[str, float] | None = None) -> None:
        self._weights = WEIGHTS if weights is None else weights
        self._x = np.empty((64 * TICK_FRAMES, COLUMNS))
        self._n = 0
        self._sum = np.zeros(COLUMNS)
        self._squares = np.zeros((COLUMNS, COLUMNS))
        self._refresh_at = 0
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
        self._sum = self._sum + x.sum(axis=0)
        self._squares = self._squares + (x[:, :, None] * x[:, None, :]).sum(axis=0)
        if n >= self._refresh_at:
            self._refresh_at = n + int(REFRESH_GROWTH * n)
            mean = self._sum / n
            covariance = self._squares / n - mean[:, None] * mean
            for projection in self._projections:
                projection.refresh(self._x[:n], mean, covariance)
        else:
            for projection in self._projections:
                projection.extend(x)

    def values(self, candidate: Candidate) -> list[float]:
        """The projection this candidate counts, one value a frame since the start of the stretch."""
        return self._projections[candidate.key // CANDIDATES_EACH].values

    def project(self, candidate: Candidate, x: Array) -> Array:
        """Frames (n, 13) as this candidate sees them, (n,)."""
        projection = self._projections[candidate.key // CANDIDATES_EACH]
        return projection.project(x)

    def candidates(self) -> list[Candidate]:
        """All ways of counting that found anything, judged beside one another."""
        found = [c for projection in self._projections for c in projection.candidates(self._weights)]
        held = Counter(n for _, n in {(c.key // CANDIDATES_EACH, len(c.reps)) for c in found})
        return [self._beside_the_others(c, held) for c in found]

    def _beside_the_others(self, c: Candidate, held: Counter[int]) -> Candidate:
        """With what changes without its own doing: the time since its last repetition, what other projections hold."""
        count, w = len(c.reps), self._weights
        since = min((self._n - c.reps[-1].after) / FRAME_RATE_HZ / c.period_s, 2.0)
        agree, nearly = held[count] / len(PROJECTIONS), (held[count - 1] + held[count + 1]) / len(PROJECTIONS)
        score = c.score + w["since"] * since + w["agree"] * agree + w["nearly"] * nearly
        c.features["since"], c.features["agree"], c.features["nearly"] = since, agree, nearly
        return Candidate(c.key, c.reps, c.refused, c.features, c.period_s, score)

    def vote(self, surety: float) -> Vote:
        """The largest count that holds with at least probability ``surety``."""
        found = self.candidates()
        nothing = self._weights["nothing"]
        top = max([nothing, *(c.score for c in found)])
        total = math.exp(nothing - top)
        shares: dict[int, float] = {}
        for c in found:
            share = math.exp(c.score - top)
            shares[len(c.reps)] = shares.get(len(c.reps), 0.0) + share
            total += share
        probability = 0.0
        for count in sorted(shares, reverse=True):
            probability += shares[count] / total
            if probability >= surety:
                leader = max((c for c in found if len(c.reps) >= count), key=lambda c: (c.score, -c.key))
                return Vote(count, probability, leader)
        return Vote(0, 1.0 - probability, None)


def _features(p: list[float], reps: list[Rep], refused: list[Rep], side: int, extent: float) -> dict[str, float]:
    """What a right count looks like: regular in time and size, closed, from rest to rest, and filling the stretch."""
    out, back = [r.out for r in reps], [r.back for r in reps]
    sizes = [min(r.out, r.back) for r in reps]
    size, swing = median(sizes), out + back
    far_v = [p[r.far] for r in reps]
    periods = [(b.far - a.far) / FRAME_RATE_HZ for a, b in pairwise(reps)]
    period = median(periods) if periods else 2.0
    several = len(periods) > 1
    return {
        "irregular": min(_spread(periods), 1.0) if several else 0.4,
        "longest": math.log(max(periods) / period) if several else 0.4,
        "shortest": math.log(min(periods) / period) if several else -0.4,
        "period": math.log(period),
        "uneven": min(_spread(swing), 1.0),
        "smallest": math.log(min(sizes) / size),
        "largest": math.log(max(swing) / size),
        "first_out": math.log(out[0] / median(out)),
        "last_back": math.log(back[-1] / median(back)),
        "open": median([abs(a - b) / (a + b) for a, b in zip(out, back, strict=True)]),
        "refused": len(refused) / len(reps),
        "away": side * (median(far_v) - p[0]) / extent,
        "astray": median([abs(p[r.after] - p[0]) for r in reps]) / extent,
        "range": math.log(extent + 0.05),
        "large": max(0.0, math.log(extent + 0.05) - 2.0),
        "before": min(reps[0].before / FRAME_RATE_HZ / period, 2.0),
        "count": math.log(len(reps)),
        "single": float(len(reps) == 1),
    }


def _spread(values: list[float]) -> float:
    """Standard deviation over mean."""
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values)) / mean


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
