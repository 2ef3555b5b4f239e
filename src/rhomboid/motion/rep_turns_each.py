"""The turning points of many stretches at once: what ``rep_turns.ZigZag`` finds one by one, to the last bit.

Every stretch, projection and level is a lane, and all lanes go from one local extreme to the next together: a few
steps over wide arrays instead of many walks through lists. No lane depends on its company.
"""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.rep_turns import LEVELS, PROJECTIONS, Stretch
from rhomboid.motion.ticks import Codes, Flags


def turns_of_each(stretches: list[Stretch]) -> tuple[Array, Array]:
    """Of all stretches, from beginning to end, as ``rep_candidates.Seen`` wants them.

    In (2, m) places and values of the first point and of every turn, one zig-zag behind the other; in (5, ticks,
    projections, levels), for every end of every stretch, where in that line each zig-zag begins, how many turns it has
    had, its newest extreme and that one's value, and the side of its first turn.
    """
    p = np.concatenate([stretch.p for stretch in stretches], axis=1)
    sizes = np.array([stretch.n for stretch in stretches])
    starts = np.cumsum(sizes) - sizes
    of = np.repeat(np.arange(len(stretches)), [len(stretch.ends) for stretch in stretches])
    ends = starts[of] + np.concatenate([stretch.ends for stretch in stretches]) - 1
    # Between two local extremes a zig-zag learns nothing: these and the points at the ends will do.
    rising = p[:, 1:] > p[:, :-1]
    told = np.zeros(p.shape, bool)
    np.not_equal(rising[:, 1:], rising[:, :-1], out=told[:, 1:-1])
    told[:, starts] = False
    told[:, ends] = True
    projection, column = np.nonzero(told)
    places, values = column - np.repeat(starts, sizes)[column], p[projection, column]
    count = np.add.reduceat(told, starts, axis=1, dtype=np.intp).ravel()
    end = np.cumsum(count) - 1
    # One row a point; a lane with fewer stays at its last, which tells it nothing more.
    points = np.minimum(end - count + 1 + np.arange(count.max())[:, None], end)
    start_v = p[:, starts].ravel()
    # What is noise never turns.
    extent = np.array([np.where(stretch.counts, stretch.range, np.inf) for stretch in stretches]).T.ravel()
    side, first, before = _first_moves(values[points], start_v, np.outer(LEVELS, extent))

    lanes = np.arange(side.size)
    steps = int((np.tile(count, len(LEVELS)) - first)[side != 0].max(initial=1))
    at = points[np.minimum(first + np.arange(steps)[:, None], len(points) - 1), lanes % len(extent)]
    extreme, turned = _walk(values[at], side, np.outer(LEVELS, extent).ravel())
    step, lane = np.nonzero(turned)
    begun = before >= 0  # The first move began at an extreme, not where the stretch begins.
    turns = turned.sum(axis=0) + begun
    begin = np.cumsum(turns + 1) - turns - 1
    line = np.empty((2, int(turns.sum()) + len(lanes)))
    line[0, begin], line[1, begin] = 0.0, np.tile(start_v, len(LEVELS))
    first_turns = points[before[begun], lanes[begun] % len(extent)]
    line[:, begin[begun] + 1] = places[first_turns], values[first_turns]
    later = begin[lane] + begun[lane] + np.cumsum(turned, axis=0)[step, lane]
    left = at.take(extreme[step - 1, lane] * len(lanes) + lane)
    line[:, later] = places[left], values[left]
    # At each end the newest point is known, (lanes, ticks), and with it the step; none, if nothing has moved by then.
    now = np.cumsum(told, axis=1)[:, ends] - 1 + (np.cumsum(told.sum(axis=1)) - told.sum(axis=1))[:, None]
    lane = np.arange(len(side)).reshape(len(LEVELS), len(PROJECTIONS), -1)[:, :, of]
    step = now - (end - count + 1).reshape(len(PROJECTIONS), -1)[:, of] - first[lane]
    moved, step = step >= 0, np.clip(step, 0, steps - 1)
    newest = at.take(extreme[step, lane] * len(lanes) + lane)
    so_far = np.where(moved, np.cumsum(turned, axis=0)[step, lane] + begun[lane], 0)
    first_side = np.where(begun, -side, side * (turns > 0))
    each = np.array((begin[lane], so_far, places[newest], values[newest], first_side[lane]))
    return line, each.transpose(0, 3, 2, 1)


def _first_moves(v: Array, start_v: Array, thresholds: Array) -> tuple[Codes, Codes, Codes]:
    """How each lane leaves where it began: which way (0: never), at which of its points ``v`` (points, lanes), and from
    which of them (-1: from ``start_v`` (lanes,)); for each row of ``thresholds`` (levels, lanes) behind the other."""
    line = np.concatenate((start_v[None], v))
    high, low = np.maximum.accumulate(line, axis=0), np.minimum.accumulate(line, axis=0)
    point, lane = np.arange(len(v)), np.arange(len(start_v))
    highest, lowest = (
        np.maximum.accumulate(np.where(new, point[:, None], -1), axis=0) for new in (v > high[:-1], v < low[:-1])
    )
    fallen, risen = high[1:] - v, v - low[1:]
    moves = []
    for threshold in thresholds:
        falls = fallen > threshold
        leaves = falls | (risen > threshold)
        first = leaves.argmax(axis=0)
        side = np.where(falls[first, lane], -1, 1) * leaves[first, lane]
        moves.append((side, first, np.where(side < 0, highest[first, lane], lowest[first, lane])))
    sides, firsts, befores = (np.concatenate(each) for each in zip(*moves, strict=True))
    return sides, firsts, np.where(sides == 0, -1, befores)


def _walk(v: Array, side: Codes, threshold: Array) -> tuple[Codes, Flags]:
    """Along the points ``v`` (points, lanes), the first of which made the lane turn to ``side``: at which point the
    extreme was that held at each, and at which points it turned."""
    side = side.astype(float)
    extreme = v[0] * side
    new, turned = np.zeros((2, *v.shape), bool)
    for k in range(1, len(v)):
        now = v[k] * side
        np.greater(now, extreme, out=new[k])
        np.maximum(extreme, now, out=extreme)
        np.greater(extreme - now, threshold, out=turned[k])
        np.negative(now, out=extreme, where=turned[k])
        np.negative(side, out=side, where=turned[k])
    return np.maximum.accumulate(np.where(new | turned, np.arange(len(v))[:, None], 0), axis=0), turned
