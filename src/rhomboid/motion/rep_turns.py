"""Turning points: a stretch of movement along a few axes, and where it turns by more than some hysteresis.

Every view of the movement (``rep_signals``) is seen along its own principal axes. What a repetition is and how far to
trust it is decided in ``rep_vote``; here the signals are followed, for as many ticks at once as are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.rep_signals import COLUMNS, VIEWS
from rhomboid.motion.ticks import Codes

# (view, principal component): which projections are counted.
PROJECTIONS = ((0, 0), (1, 0), (2, 0), (0, 1))
# Hysteresis as a share of the projection's range.
LEVELS = (0.11, 0.155, 0.22, 0.31, 0.44)
FLOOR = 0.3  # Degrees (or cm) below which a projection's range is sensor noise.
WIDEST = max(view.stop - view.start for view in VIEWS)
PERCENTILES = (0.03, 0.97)


class ZigZag:
    """Turning points with hysteresis: ``places`` and ``values`` of the first point and of every turn since.

    ``first`` is the side of the first turn, 1 for a high one, 0 as long as there is none.
    """

    __slots__ = ("direction", "first", "high", "low", "places", "threshold", "values")

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold = threshold
        self.places, self.values = [0], [value]
        self.first = self.direction = 0
        self.high = self.low = (0, value)

    def follow(self, places: Sequence[int], values: Sequence[float], ends: Sequence[int]) -> list[float]:
        """Through these points; at each of the ``ends`` the number of turns so far, the newest extreme and its value.

        Between two local extremes a zig-zag learns nothing, so that these and the points at the ends will do.
        """
        threshold, direction, seen = self.threshold, self.direction, 0
        (high_at, high), (low_at, low) = self.high, self.low
        turns, heights = self.places, self.values
        record: list[float] = []
        for end in ends:
            for k in range(seen, end):
                value = values[k]
                if direction >= 0 and high - value > threshold:
                    if high_at:  # Where the stretch begins it has not turned.
                        self.first = self.first or 1
                        turns.append(high_at)
                        heights.append(high)
                    direction, low_at, low = -1, places[k], value
                elif direction <= 0 and value - low > threshold:
                    if low_at:
                        self.first = self.first or -1
                        turns.append(low_at)
                        heights.append(low)
                    direction, high_at, high = 1, places[k], value
                elif value > high:
                    high_at, high = places[k], value
                elif value < low:
                    low_at, low = places[k], value
            seen = end
            record += (len(turns) - 1, high_at, high) if direction > 0 else (len(turns) - 1, low_at, low)
        self.direction, self.high, self.low = direction, (high_at, high), (low_at, low)
        return record


class Stretch:
    """Frames seen along axes that do not change.

    ``p`` (projections, n) holds the values since its beginning, ``range`` and ``share`` (projections,) the extent of
    each and its part of the view's variance, ``counts`` which of them are more than noise. ``ends``: after how many
    frames it is asked what has turned.
    """

    def __init__(self, x: Array, mean: Array, share: Array, axes: Array, room: int = 0) -> None:
        """From all frames ``x`` (n, 13) so far, their ``mean`` (13,), and what ``principal_axes`` made of them.

        The axes hold for ``room`` frames more.
        """
        self.share, self._axes, self._middle = share, axes, mean @ axes
        n = self.n = len(x)
        self.ends = [n]
        self._p = np.empty((len(PROJECTIONS), n + room))
        np.subtract((x @ axes).T, self._middle[:, None], out=self._p[:, :n])
        lowest, highest = (int(q * (n - 1)) for q in PERCENTILES)
        ordered = self.p.copy()
        ordered.partition((lowest, highest), axis=1)
        self.range = ordered[:, highest] - ordered[:, lowest]
        self.counts = self.range >= FLOOR

    @property
    def p(self) -> Array:
        return self._p[:, : self.n]

    def go_on(self, x: Array) -> None:
        """Some ticks more, (ticks, frames, 13)."""
        ticks, frames, _ = x.shape
        start, self.n = self.n, self.n + ticks * frames
        self._p[:, start : self.n] = (x @ self._axes - self._middle).reshape(-1, len(PROJECTIONS)).T
        self.ends += range(start + frames, self.n + 1, frames)

    def project(self, x: Array, k: int) -> Array:
        """Frames (n, 13) in projection ``k``, (n,)."""
        p: Array = (x @ self._axes)[:, k] - self._middle[k]
        return p


class FollowedStretch(Stretch):
    """One that goes on for long, with a zig-zag for every projection and level; ``record`` (1, projections, levels, 3)
    is what ``ZigZag.follow`` tells of its beginning."""

    def __init__(self, x: Array, mean: Array, share: Array, axes: Array, room: int) -> None:
        super().__init__(x, mean, share, axes, room)
        rising = self.p[:, 1:] > self.p[:, :-1]
        turning = rising[:, 1:] != rising[:, :-1]
        self.zigzags: list[list[ZigZag]] = []
        records = [self._found(k, np.flatnonzero(turning[k]) + 1) for k in range(len(PROJECTIONS))]
        self.record = np.array(records)[None]

    def _found(self, k: int, turning: Codes) -> list[list[float]]:
        """The turning points of projection ``k`` so far among its local extremes, at every level."""
        p = self.p[k]
        self.zigzags.append([ZigZag(level * float(self.range[k]), float(p[0])) for level in LEVELS])
        if not self.counts[k]:
            return [[0.0] * 3] * len(LEVELS)
        last = len(p) - 1
        places, values = [*turning.tolist(), last], [*p[turning].tolist(), float(p[-1])]
        record = []
        for zigzag in self.zigzags[k]:
            record.append(zigzag.follow(places, values, (len(places),)))
            # What turns at a coarse level has turned at every finer one, or is an extreme since.
            since = sorted(x for x in {zigzag.low, zigzag.high} if zigzag.places[-1] < x[0] < last)
            places = [*zigzag.places[1:], *(place for place, _ in since), last]
            values = [*zigzag.values[1:], *(value for _, value in since), float(p[-1])]
        return record

    def follow(self, x: Array) -> Array:
        """Some ticks more, (ticks, frames, 13): for each tick, projection and level what ``ZigZag.follow`` tells."""
        ticks, frames, _ = x.shape
        start = self.n
        self.go_on(x)
        p = self.p[:, start:]
        rising = np.diff(self._p[:, start - 1 : self.n], axis=1) > 0.0
        told = np.zeros(p.shape, bool)
        told[:, :-1] = rising[:, 1:] != rising[:, :-1]
        told[:, frames - 1 :: frames] = True
        record = np.zeros((len(PROJECTIONS), len(LEVELS), 3 * ticks))
        for k in np.flatnonzero(self.counts).tolist():
            places = np.flatnonzero(told[k])
            ends = np.searchsorted(places, np.arange(1, ticks + 1) * frames).tolist()
            values, points = p[k, places].tolist(), (places + start).tolist()
            record[k] = [zigzag.follow(points, values, ends) for zigzag in self.zigzags[k]]
        told_each: Array = record.reshape(len(PROJECTIONS), len(LEVELS), ticks, 3).transpose(2, 0, 1, 3)
        return told_each

    def told(self, records: Array) -> tuple[Array, Array]:
        """As ``turns_of_each`` tells it, from the records (ticks, projections, levels, 3)."""
        zigzags = [z for levels in self.zigzags for z in levels]
        sizes = np.array([len(z.places) for z in zigzags])
        each = np.empty((5, *records.shape[:3]))
        begins = np.array((np.cumsum(sizes) - sizes, [z.first for z in zigzags]))
        each[[0, 4]] = begins.reshape(2, 1, *records.shape[1:3])
        each[1:4] = records.transpose(3, 0, 1, 2)
        line = [place for z in zigzags for place in z.places], [value for z in zigzags for value in z.values]
        return np.array(line, float), each


def principal_axes(mean: Array, products: Array) -> tuple[Array, Array]:
    """For some stretches the ``share`` (k, projections) of each projection and the ``axes`` (k, 13, projections), from
    the mean of their frames, (k, 13), and of the products of those, (k, 13, 13)."""
    covariance = products - mean[:, :, None] * mean[:, None, :]
    by_view = np.zeros((len(mean), len(VIEWS), WIDEST, WIDEST))  # noughts where a view has fewer columns
    for k, columns in enumerate(VIEWS):
        width = columns.stop - columns.start
        by_view[:, k, :width, :width] = covariance[:, columns, columns]
    power, along = np.linalg.eigh(by_view)
    axes = np.zeros((len(mean), COLUMNS, len(PROJECTIONS)))
    for k, (view, component) in enumerate(PROJECTIONS):
        rows = VIEWS[view]
        axes[:, rows, k] = along[:, view, : rows.stop - rows.start, -1 - component]
    views, components = np.array(PROJECTIONS).T
    return power[:, views, -1 - components] / np.maximum(power.sum(axis=2), 1e-12)[:, views], axes
