"""Candidates: every way of counting a stretch so far, what it holds, and what speaks for it.

Every projection of the movement is cut at its turning points with several hysteresis levels (``rep_turns``), and either
side can be the far one. Each of these candidates counts its own repetitions; how regular, closed and complete they look
says how far to trust it. A tick alone is soon judged but takes long to begin with, so all candidates of all ticks at
hand are judged together, one a row; no row depends on its company, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.rep_turns import LEVELS, PROJECTIONS, Stretch
from rhomboid.motion.ticks import Codes, Flags

COUNTED, FINER = (2, 3, 4), 2  # Levels that are counted; each is judged by what it leaves uncounted two steps finer.
SMALL = 0.45  # A swing below this share of the candidate's median one is not a repetition.
GROWN = 0.08  # A candidate is judged again when its last swing has grown by this share of the range.

# The candidates: projection and side of each, and its level; two in turn share a zig-zag.
PROJECTION, _LEVEL, SIDE = (
    column.ravel() for column in np.meshgrid(range(len(PROJECTIONS)), COUNTED, (-1, 1), indexing="ij")
)
CANDIDATES = len(SIDE)


class Rep(NamedTuple):
    """Frame indices of one candidate repetition: the rest before, the far point, the rest after (or newest extreme)."""

    before: int
    far: int
    after: int
    out: float
    back: float


class Judged:
    """Candidates, one a row: ``reps`` (5, rows, most) as the fields of ``Rep``, the counted ones before the refused; in
    ``table`` (names, rows) how many of both, where the newest ends, the period (s), the score, and ``FEATURES``.
    """

    def __init__(self, reps: Array, table: Array) -> None:
        self.reps, self.table = reps, table
        self.count, self.refused, self.end, self.period_s, self.score = table[:5]
        self.features = table[5:]

    @classmethod
    def nothing(cls) -> Judged:
        """All candidates before any has been judged."""
        table = np.zeros((5 + len(FEATURES), CANDIDATES))
        table[3] = 1.0
        return cls(np.zeros((5, CANDIDATES, 1)), table)

    def joined(self, more: Judged) -> Judged:
        """With more rows."""
        first = self.table.shape[1]
        table = np.concatenate((self.table, more.table), axis=1)
        reps = np.zeros((5, table.shape[1], max(self.reps.shape[2], more.reps.shape[2])))
        reps[:, :first, : self.reps.shape[2]] = self.reps
        reps[:, first:, : more.reps.shape[2]] = more.reps
        return Judged(reps, table)

    def rows(self, rows: Codes) -> Judged:
        """Only these."""
        table = self.table[:, rows]
        return Judged(self.reps[:, rows, : max(int((table[0] + table[1]).max()), 1)], table)


class Seen:
    """What the candidates look at. In ``line`` (2, n) places and values of all turning points, one zig-zag behind the
    other; in ``table`` (8, ...) by candidate where in it its own begin, how many there have been, the newest extreme
    and its value, the side of the first turn, the turns at the finer level, extent and share of the projection.
    """

    def __init__(self, line: Array, table: Array) -> None:
        self.line, self.table = line, table
        self.begin, self.turns, self.newest, self.newest_value, self.first, self.finer, self.extent, self.share = table

    @classmethod
    def of(cls, told: Sequence[tuple[Array, Array]], stretches: Sequence[Stretch]) -> Seen:
        """From what is ``told`` (``turns_of_each``) of tick after tick, and whose stretch each tick is."""
        of: dict[Stretch, int] = {}
        number = [of.setdefault(stretch, len(of)) for stretch in stretches]
        table = np.empty((8, len(stretches), CANDIDATES))
        ticks = length = 0
        for line, each in told:
            now = table[:6, ticks : (ticks := ticks + each.shape[1])]
            now[:5], now[5] = each[:, :, PROJECTION, _LEVEL], each[1][:, PROJECTION, _LEVEL - FINER]
            now[0] += length
            length += line.shape[1]
        seen = np.array([(stretch.range, stretch.share) for stretch in of])
        table[6:] = seen[number].transpose(1, 0, 2)[:, :, PROJECTION]
        return cls(np.concatenate([line for line, _ in told], axis=1), table)

    def only(self, tick: Codes, key: Codes) -> Seen:
        """These candidates at these ticks."""
        return Seen(self.line, self.table[:, tick, key])

    @property
    def every(self) -> Codes:
        """How many repetitions there are, with those that are too small."""
        every: Codes = ((self.turns + (self.first == SIDE)) // 2.0).astype(np.intp)
        return every

    @property
    def state(self) -> Array:
        """(ticks, candidates, 3): only where it has changed a candidate is judged again."""
        growing = np.abs(self.newest_value - self.line[1, (self.begin + self.turns).astype(np.intp)])
        last = self.first * (2.0 * (self.turns % 2.0) - 1.0)
        # Only a swing back from the side's own far point is still growing into a repetition.
        pending = np.where(last == SIDE, np.floor(growing / np.maximum(GROWN * self.extent, 1e-9)), 0.0)
        return np.stack((self.turns, self.finer, pending), axis=2)


def judge(s: Seen, key: Codes) -> Judged:
    """These candidates, (rows,), from what they look at, one each; none without a repetition."""
    row, side = np.arange(len(key)), SIDE[key]
    begins_there = s.first == side
    every = ((s.turns + begins_there) // 2.0).astype(np.intp)
    k = np.arange(int(every.max()))
    # Far points and rests take turns; the last rest is the newest extreme.
    nodes = 2 * k + _THREE + (1 - begins_there)[:, None]
    turned = s.line.take((s.begin[:, None] + np.minimum(nodes, s.turns[:, None])).astype(np.intp), axis=1)
    newest = s.table[2:4, None, :, None]
    places, values = np.where(nodes > s.turns[:, None], newest, turned)
    reps = np.concatenate((places, np.abs(values[1:] - values[:-1]), values[1:]))
    known = k < every[:, None]
    size = np.where(known, np.minimum(reps[3], reps[4]), np.inf)
    kept = known & (size >= SMALL * _middle(np.sort(size, axis=1)[None], every[None])[0][:, None])
    count = kept.sum(axis=1)
    if (count < every).any():
        first = row[:, None] * len(k) + np.argsort(~kept, axis=1, kind="stable")
        reps = reps.reshape(len(reps), -1).take(first, axis=1)
    start = s.line[1, s.begin.astype(np.intp)]
    of_its_own = (
        (every - count) / count,
        np.minimum((s.finer - s.turns) / s.turns, 3.0),
        begins_there,
        _LEVELS[key],
        s.share,
    )
    by_reps, period_s = _features(reps, count, start, side, s.extent)
    features = np.array((*by_reps, *of_its_own))
    # Added up one after the other, however many rows there are.
    score = np.add.accumulate(features * _OWN_WEIGHTS)[-1] + _OF_PROJECTION[key]
    facts = np.array((count, every - count, reps[2, row, count - 1], period_s, score))
    return Judged(reps[:5], np.concatenate((facts, features)))


def _features(reps: Array, count: Codes, start: Array, side: Codes, extent: Array) -> tuple[tuple[Array, ...], Array]:
    """What a right count looks like: regular in time and size, closed, from rest to rest, and filling the stretch.

    The first of ``FEATURES`` and the period (s), (rows,) each. ``reps`` (7, rows, most) are the fields of ``Rep`` with
    the values far out and behind, ``start`` (rows,) the values at the beginning.
    """
    before, far, _, out, back, far_v, after_v = reps
    rows, most = out.shape
    between = count - 1
    holds = np.arange(most) < np.array((between, *[count] * 6))[:, :, None]
    columns = np.empty((7, rows, most))
    columns[0, :, :-1], columns[0, :, -1:] = (far[:, 1:] - far[:, :-1]) / FRAME_RATE_HZ, 0.0
    columns[1], columns[2], columns[3] = out, back, np.minimum(out, back)
    columns[4] = np.abs(out - back) / np.maximum(out + back, 1e-12)
    columns[5], columns[6] = far_v, np.abs(after_v - start[:, None])
    irregular, uneven = _spread(columns[:1], holds[0]), _spread(columns[1:3], holds[1])
    ordered = np.where(holds, columns, np.inf)
    ordered.sort(axis=2)
    middle = _middle(ordered, holds.sum(axis=2))
    period_s = np.where(count > 1, middle[0], 2.0)
    several, row, last = count > 2, np.arange(rows), between
    ratios = np.array(
        (
            np.where(several, ordered[0, row, between - 1], period_s) / period_s,
            np.where(several, ordered[0, :, 0], period_s) / period_s,
            period_s,
            ordered[3, :, 0] / middle[3],
            np.maximum(ordered[1, row, last], ordered[2, row, last]) / middle[3],
            out[:, 0] / middle[1],
            back[row, last] / middle[2],
            extent + 0.05,
            count,
        )
    )
    longest, shortest, period, smallest, largest, first_out, last_back, size, many = np.log(ratios)
    features = (
        np.where(several, np.minimum(irregular, 1.0), 0.4),
        np.where(several, longest, 0.4),
        np.where(several, shortest, -0.4),
        period,
        np.minimum(uneven, 1.0),
        smallest,
        largest,
        first_out,
        last_back,
        middle[4],
        side * (middle[5] - start) / extent,
        middle[6] / extent,
        size,
        np.maximum(0.0, size - 2.0),
        np.minimum(before[:, 0] / FRAME_RATE_HZ / period_s, 2.0),
        many,
        count == 1,
    )
    return features, period_s


def _middle(ordered: Array, count: Codes) -> Array:
    """The medians of the first ``count`` (columns, rows) of what is in order along the last axis."""
    column, row = np.arange(count.shape[0])[:, None], np.arange(count.shape[1])
    middle: Array = (ordered[column, row, (count - 1) // 2] + ordered[column, row, count // 2]) / 2.0
    return middle


def _spread(columns: Array, held: Flags) -> Array:
    """Standard deviation over mean of all that are ``held`` (rows, most) in these columns together, (rows,)."""
    n = len(columns) * np.maximum(held.sum(axis=1), 1)

    def mean(values: Array) -> Array:
        """Added up one after the other: what numpy's own sum gives depends on how many there are behind."""
        totals = np.add.accumulate(np.where(held, values, 0.0), axis=2)[:, :, -1]
        total: Array = np.add.accumulate(totals)[-1] / n
        return total

    average = mean(columns)
    spread: Array = np.sqrt(mean((columns - average[:, None]) ** 2)) / np.where(average > 0.0, average, 1.0)
    return spread


FEATURES = (
    "irregular", "longest", "shortest", "period", "uneven", "smallest", "largest", "first_out", "last_back", "open",
    "away", "astray", "range", "large", "before", "count", "single", "refused", "extra", "first", "level", "share",
)  # fmt: skip

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

_LEVELS = np.array(LEVELS)[_LEVEL]
_OWN_WEIGHTS = np.array([[WEIGHTS[name]] for name in FEATURES])
_THREE = np.arange(3)[:, None, None]  # rest, far point, rest
_OF_PROJECTION = np.array([WEIGHTS[f"projection{k}"] for k in PROJECTION])
