"""How many repetitions so far: many simple ways of counting the same stretch, and a vote among them.

Every candidate (``rep_candidates``) holds a count. The trust in it is a conditional logit (McFadden 1974) over few
features; a count's probability is the sum over the candidates that hold it, and one special candidate holds that
nothing has happened yet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.rep_candidates import CANDIDATES, FEATURES, PROJECTION, WEIGHTS, Judged, Rep, Seen, judge
from rhomboid.motion.rep_signals import COLUMNS
from rhomboid.motion.rep_turns import PROJECTIONS, FollowedStretch, Stretch, principal_axes
from rhomboid.motion.rep_turns_each import turns_of_each
from rhomboid.motion.ticks import Codes, Flags

TICK_FRAMES = 10
"""Everything is decided on this grid (0.2 s), so that block sizes cannot matter."""
SURETY = 0.5
"""A repetition is announced once the vote holds it more likely than not."""
NEARLY = 0.9  # With this share of the surety one more is worth a second look.
NEAR = 0.1  # Within this share of the way a movement counts as still resting, or as having reached its far point.
REFRESH_GROWTH = 0.08  # Axes and ranges are taken afresh whenever the stretch has grown by this share.
BESIDE = ("since", "agree", "nearly")
"""What changes without a candidate's own doing: the time since its last repetition, what others hold."""
NONE = -9  # A count that is no neighbour of any.


class Candidate:
    """One way of counting at one tick: what it holds and how much it is trusted."""

    def __init__(self, judged: Judged, row: int, key: int, stretch: Stretch, beside: Array) -> None:
        self._judged, self._row, self._stretch, self._beside = judged, row, stretch, beside
        self._projection = int(PROJECTION[key])
        self._count, self._refused = int(judged.count[row]), int(judged.refused[row])
        self.period_s = float(judged.period_s[row])

    @property
    def reps(self) -> list[Rep]:
        """What it counts."""
        return self._from_to(0, self._count)

    @property
    def refused(self) -> list[Rep]:
        """What is too small beside the others."""
        return self._from_to(self._count, self._count + self._refused) if self._refused else []

    def _from_to(self, first: int, last: int) -> list[Rep]:
        before, far, after, out, back = self._judged.reps[:, self._row, first:last].tolist()
        return list(map(Rep, map(int, before), map(int, far), map(int, after), out, back))

    @property
    def features(self) -> dict[str, float]:
        """By name."""
        values = [*self._judged.features[:, self._row].tolist(), *self._beside.tolist()]
        return dict(zip((*FEATURES, *BESIDE), values, strict=True)) | {f"projection{self._projection}": 1.0}

    @property
    def values(self) -> Array:
        """The projection it counts, one value a frame since the start of the stretch."""
        values: Array = self._stretch.p[self._projection]
        return values

    def edges(self, rep: Rep) -> tuple[int, int]:
        """Where the projection leaves its rest before the far point of one of its repetitions, and is back again."""
        away = np.abs(self.values[: rep.after + 1] - self.values[rep.far])
        before = np.flatnonzero(away[rep.before : rep.far + 1] >= (1.0 - NEAR) * rep.out)
        after = np.flatnonzero(away[rep.far :] >= (1.0 - NEAR) * rep.back)
        left = rep.before + int(before[-1]) if len(before) else rep.before
        return left, rep.far + int(after[0]) if len(after) else rep.after

    def project(self, x: Array) -> Array:
        """Frames (n, 13) as it sees them, (n,)."""
        return self._stretch.project(x, self._projection)


class Vote(NamedTuple):
    """``held`` is the count that stands with ``probability``; ``leader`` is the best candidate that holds as many.

    ``nearly`` is the same for one repetition more, if that is nearly as sure as was asked for.
    """

    held: int
    probability: float
    leader: Candidate | None
    nearly: Vote | None = None


class Ballot:
    """Counts one stretch as it grows, tick by tick."""

    def __init__(self) -> None:
        self._x = np.empty((64 * TICK_FRAMES, COLUMNS))
        self._n = 0
        self._sum = np.zeros(COLUMNS)
        self._squares = np.zeros((COLUMNS, COLUMNS))
        self._refresh_at = 0
        self._stretch: FollowedStretch | None = None
        self._state = np.zeros((CANDIDATES, 3))
        self._judged = Judged.nothing()
        self._beside = np.zeros((len(BESIDE), CANDIDATES))
        self._known = np.zeros(CANDIDATES, bool)

    def __len__(self) -> int:
        return self._n

    def vote(self, x: Array, surety: float) -> Vote:
        """After one tick more, (n, 13), of any length."""
        return self.votes(x, len(x), surety)[0]

    def votes(self, x: Array, frames: int, surety: float) -> list[Vote]:
        """After each tick of so many ``frames`` in ``x`` (n, 13): the largest count of at least this probability."""
        n = self._n + frames * np.arange(1, len(x) // frames + 1)
        before = self._stretch
        s, stretches = self._followed(x, frames)
        state, known = s.state, s.every > 0
        fresh = np.array([a is not b for a, b in pairwise((before, *stretches))])[:, None]
        tick, key = np.nonzero(known & (fresh | (state != np.concatenate((self._state[None], state[:-1]))).any(axis=2)))
        judged = self._judged.joined(judge(s.only(tick, key), key)) if len(key) else self._judged
        row = np.tile(np.arange(CANDIDATES), (len(n), 1))
        row[tick, key] = CANDIDATES + np.arange(len(key))
        row = np.maximum.accumulate(row)
        beside, outcome = _counted(judged, row, known, n, surety)
        # The newest vote may be kept for long, and should not keep all the others.
        self._judged = judged.rows(row[-1])
        self._state, self._known, self._beside = state[-1].copy(), known[-1], beside[:, -1].copy()

        def at(t: int) -> Callable[[int], Candidate]:
            return lambda c: Candidate(judged, int(row[t, c]), c, stretches[t], beside[:, t, c])

        votes = [_vote(counted, at(t)) for t, counted in enumerate(outcome[:-1])]
        newest = _vote(outcome[-1], lambda c: Candidate(self._judged, c, c, stretches[-1], self._beside[:, c]))
        return [*votes, newest]

    def candidates(self) -> list[Candidate]:
        """All that took part in the newest vote."""
        if self._stretch is None:
            return []
        keys = np.flatnonzero(self._known).tolist()
        return [Candidate(self._judged, k, k, self._stretch, self._beside[:, k]) for k in keys]

    def _followed(self, x: Array, frames: int) -> tuple[Seen, list[Stretch]]:
        """What the candidates look at after every tick, and the axes that hold then."""
        n = self._n + len(x)
        if n > len(self._x):
            self._x = np.concatenate((self._x[: self._n], np.empty((n, COLUMNS))))
        self._x[self._n : n] = x
        ticks = x.reshape(-1, frames, COLUMNS)
        sums = np.add.accumulate(np.concatenate((self._sum[None], ticks.sum(axis=1))))
        squares = np.add.accumulate(np.concatenate((self._squares[None], ticks.transpose(0, 2, 1) @ ticks)))
        self._sum, self._squares = sums[-1].copy(), squares[-1].copy()
        afresh = []  # ticks at which the axes are taken afresh
        for k in range(len(ticks)):
            self._n += frames
            if self._n >= self._refresh_at:
                self._refresh_at = self._n + int(REFRESH_GROWTH * self._n)
                afresh.append(k)
        told: list[tuple[Array, Array]] = []
        stretches: list[Stretch] = []
        first = afresh[0] if afresh else len(ticks)
        if first:
            assert self._stretch is not None  # noqa: S101 - the very first tick takes axes
            told.append(self._stretch.told(self._stretch.follow(ticks[:first])))
            stretches += [self._stretch] * first
        if afresh:
            rows = np.array(afresh) + 1
            sizes = n - len(x) + frames * rows
            mean = sums[rows] / sizes[:, None]
            along = principal_axes(mean, squares[rows] / sizes[:, None, None])
            xs, rooms = zip(*((self._x[:m], int(REFRESH_GROWTH * m)) for m in sizes.tolist()), strict=True)
            seen = list(zip(xs, mean, *along, rooms, strict=True))
            # Those that are over by the end go through together.
            over = [Stretch(*of) for of in seen[:-1]]
            for stretch, k, until in zip(over, afresh, afresh[1:], strict=False):
                stretch.go_on(ticks[k + 1 : until])
                stretches += [stretch] * (until - k)
            if over:
                told.append(turns_of_each(over))
            self._stretch = FollowedStretch(*seen[-1])
            records = [self._stretch.record, self._stretch.follow(ticks[afresh[-1] + 1 :])]
            told.append(self._stretch.told(np.concatenate(records)))
            stretches += [self._stretch] * (len(ticks) - afresh[-1])
        return Seen.of(told, stretches), stretches


def vote_each(stretches: Iterable[Array], surety: float) -> list[Vote]:
    """The votes on some stretches of movement, (n, 13) each, that need have nothing to do with each other."""
    xs = list(stretches)
    if not xs:
        return []
    mean = np.array([x.sum(axis=0) / len(x) for x in xs])
    along = principal_axes(mean, np.array([x.T @ x / len(x) for x in xs]))
    each = [Stretch(*seen) for seen in zip(xs, mean, *along, strict=True)]
    s = Seen.of([turns_of_each(each)], each)
    known = s.every > 0
    which, key = np.nonzero(known)
    if not len(key):
        return [Vote(0, 1.0, None)] * len(each)
    judged = judge(s.only(which, key), key)
    row = np.zeros(known.shape, np.intp)
    row[which, key] = np.arange(len(key))
    beside, outcome = _counted(judged, row, known, np.array([len(x) for x in xs]), surety)
    return [
        Vote(held, probability, Candidate(judged, int(row[t, c]), c, each[t], beside[:, t, c]) if held else None)
        for t, (held, probability, c, *_) in enumerate(outcome)
    ]


def _vote(counted: _Counted, candidate: Callable[[int], Candidate]) -> Vote:
    held, probability, leader, nearly, one_more = counted
    more = Vote(held + 1, nearly, candidate(one_more)) if nearly else None
    return Vote(held, probability, candidate(leader) if held else None, more)


def _counted(judged: Judged, row: Codes, known: Flags, n: Codes, surety: float) -> tuple[Array, list[_Counted]]:
    """The votes after so many frames ``n`` (ticks,); ``row`` (ticks, candidates) says where in ``judged`` each
    candidate is, ``known`` whether it holds anything.

    Features ``BESIDE`` (3, ticks, candidates), and for each tick the count that holds, its probability and the leader,
    and the last two again for one more (0: that is not nearly as sure).
    """
    count = np.where(known, judged.count[row], NONE).astype(np.intp)
    # The others in front, so that what is added up over them is added row by row: (others, ticks, candidates).
    more = count - count.T[:, :, None]
    of_projection = more.reshape(len(PROJECTIONS), -1, *count.shape)
    same, fewer, another = ((of_projection == d).any(axis=1).sum(axis=0) for d in (0, 1, -1))
    since = np.minimum((n[:, None] - judged.end[row]) / FRAME_RATE_HZ / judged.period_s[row], 2.0)
    beside = np.stack((since, same / len(PROJECTIONS), (fewer + another) / len(PROJECTIONS)))
    weighed = beside * _BESIDE_WEIGHTS[:, None, None]
    score = np.where(known, judged.score[row] + (weighed[0] + weighed[1] + weighed[2]), -math.inf)
    top = np.maximum(score.max(axis=1), WEIGHTS["nothing"])
    share = np.exp(score - top[:, None])
    total = np.exp(WEIGHTS["nothing"] - top) + np.add.accumulate(share, axis=1)[:, -1]
    as_many = np.add.reduce(np.where(more <= 0, share.T[:, :, None], 0.0), axis=0) / total[:, None]
    held = np.where(known & (as_many >= surety), count, 0).max(axis=1)
    enough = held[:, None] <= count
    probability = np.where(count == held[:, None], as_many, 0.0).max(axis=1)
    leader = np.where(enough, score, -math.inf).argmax(axis=1)
    nearly = np.where(count == held[:, None] + 1, as_many, 0.0).max(axis=1)
    nearly[nearly < NEARLY * surety] = 0.0
    one_more = np.where(held[:, None] < count, score, -math.inf).argmax(axis=1)
    columns = (held, probability, leader, nearly, one_more)
    return beside, list(zip(*(column.tolist() for column in columns), strict=True))


_Counted = tuple[int, float, int, float, int]
_BESIDE_WEIGHTS = np.array([WEIGHTS[name] for name in BESIDE])
