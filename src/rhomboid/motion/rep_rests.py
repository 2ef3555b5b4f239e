"""Running free: what begins from rest and ends in rest. Three hops are over before anything is seen to repeat itself.

A rhythm (``rep_rhythm``) takes three periods to show, and the evidence (``rep_set``) knows walking by its jolts, which
a hop has as well. But who stands still, does one thing a few times with more movement than walking has, and stands
still again, has done a set.
"""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.rep_rows import SPEED2, Rows, X
from rhomboid.motion.rep_set import ENOUGH_REPS, unlike_the_others
from rhomboid.motion.rep_vote import SURETY, vote_each

PART_FRAMES = 25  # How much somebody moves is told by the half second.
RESTS, ENDED = 3, 4  # So many parts of rest on either side, against the last ones of the movement.
REST_SHARE = 0.2  # A rest moves less than this share of what it ends ...
LIVELY_DPS = 40.0  # ... which all the while moves more than people do who walk (some 10 to 25 deg/s).


def set_between_rests(rows: Rows, end: int, earliest: int) -> int | None:
    """The row at which movements of one kind began, from rest, if a rest has ended them just before row ``end``."""
    newest = end - (ENDED + RESTS + 1) * PART_FRAMES
    if newest < earliest:
        return None
    squared_speed = rows.all[newest:end, SPEED2]
    if squared_speed.max() <= LIVELY_DPS**2:
        return None
    moved = _movement(squared_speed)
    for rests in (RESTS, RESTS + 1):  # A look comes every two parts.
        ended = moved[-rests - ENDED : -rests]
        loud = float(np.sqrt((ended * ended).mean()))
        quiet = REST_SHARE * loud
        if loud > LIVELY_DPS and ended[-1] > quiet and (moved[-rests:] <= quiet).all():
            start = _after_rest(rows, end - rests * PART_FRAMES, earliest, quiet)
            return start if start is not None and _all_alike(rows.all[start:end, X]) else None
    return None


def _after_rest(rows: Rows, end: int, earliest: int, quiet: float) -> int | None:
    """Where the newest rest before row ``end`` is over, if what follows is lively."""
    parts = (end - earliest) // PART_FRAMES
    moved = _movement(rows.all[end - parts * PART_FRAMES : end, SPEED2])
    at_rest = np.flatnonzero(np.convolve(moved <= quiet, np.ones(RESTS), "valid") == RESTS)
    if not len(at_rest):
        return None
    start = int(at_rest[-1]) + RESTS
    return end - (parts - start) * PART_FRAMES if np.median(moved[start:]) > LIVELY_DPS else None


def _all_alike(x: Array) -> bool:
    """Is the stretch (n, 13) three movements or more, each like one before it?"""
    leader = vote_each([x], SURETY)[0].leader
    if leader is None or len(leader.reps) < ENOUGH_REPS:
        return False
    return not any(unlike_the_others(x, leader.reps, k) for k in range(1, len(leader.reps)))


def _movement(squared_speed: Array) -> Array:
    """Root mean square of the speed of pose and height together (deg/s and cm/s) for every part of so many rows."""
    moved: Array = np.sqrt(squared_speed.reshape(-1, PART_FRAMES).mean(axis=1))
    return moved
