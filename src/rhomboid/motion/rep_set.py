"""Is this a set at all? What tells repetitions of an exercise from desk work, talk, walking and stairs.

Daily life is full of movements that come in threes. What it lacks is sameness: in a set the whole path of one
repetition, in tilt, turn and height together, is the path of the next. The evidence is a logistic regression over how
alike, how regular, how large and how many the repetitions are.
"""

from __future__ import annotations

import math

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.order import median
from rhomboid.motion.rep_candidates import Rep
from rhomboid.motion.rep_rows import Rows, X
from rhomboid.motion.rep_signals import VIEWS
from rhomboid.motion.rep_vote import SURETY, Candidate, vote_each

ENOUGH_REPS = 3
CLOSING_EVIDENCE = 0.7  # Log odds that what is closed was a set ...
ENDED_EVIDENCE = 2.0  # ... or had been one when it ended.
PATH_POINTS = 16
SLOW_S = 4.0
LIKE_THE_OTHERS = 0.5  # A movement less like the ones next to it than this is no part of their set.
JUST_LIKE_THEM, ON_TIME = 0.9, 0.75  # One so much like them, and not before so much of a period, certainly is.
_TURN, _HEIGHT = slice(3, 4), slice(12, 13)
_FROM_VOTE = (
    "irregular", "uneven", "period", "range", "large", "open", "smallest", "largest", "shortest", "longest", "refused",
    "share", "extra", "agree", "projection2", "projection3",
)  # fmt: skip


def set_features(x: Array, rise_g: Array, leader: Candidate, unlike: float) -> dict[str, float]:
    """What is known of the repetitions of ``leader`` in the stretch ``x`` (n, 13); ``rise_g`` (n,) is vertical."""
    reps, voted = leader.reps, leader.features
    first, last = reps[0].before, reps[-1].after
    f = {name: voted.get(name, 0.0) for name in _FROM_VOTE}
    (pose_alike, pose_least), (alike, least) = _sameness(x, [r.far for r in reps])
    square = (x[first : last + 1] ** 2).mean(axis=0)
    sway, turns, rise = (math.sqrt(float(square[columns].sum())) for columns in (VIEWS[0], _TURN, _HEIGHT))
    many = math.log(min(len(reps), 10) / 3.0)
    f |= {
        "many": many,
        "unlike": unlike,
        "alike": alike,
        "least_alike": least,
        "pose_alike": pose_alike,
        "pose_least_alike": pose_least,
        "jolts": math.log(float(np.sqrt((rise_g[first : last + 1] ** 2).mean())) + 0.02),
        "rise": math.log(rise + 0.1),
        "sway": math.log(sway + 0.1),
        "turns": math.log(turns + 0.1),
    }
    for name in ("alike", "pose_alike", "irregular", "uneven", "large", "unlike"):
        f["many_" + name] = many * f[name]
    # Slow, small exercises with holds (a shoulder-blade squeeze) show by other signs than quick ones.
    slow = max(0.0, f["period"] - math.log(SLOW_S))
    for name in ("unlike", "jolts", "range", "irregular"):
        f["slow_" + name] = slow * f[name]
    return f | {"slow": slow}


def likeness_to_others(x: Array, reps: list[Rep], k: int) -> float:
    """How much the way out of repetition ``k`` is that of one of the two before it: 1 the same, 0 unrelated.

    Two, because sides may alternate.
    """
    some = reps[max(0, k - 2) : k + 1]
    starts, ends = [r.before for r in some], [r.far for r in some]
    return max(float(_likeness(p[-1:], p[:-1]).max()) for p in _paths(x, starts, ends))


def unlike_the_others(x: Array, reps: list[Rep], k: int) -> bool:
    """Is repetition ``k`` of another kind than the two before it?"""
    return likeness_to_others(x, reps, k) < LIKE_THE_OTHERS


def in_step(x: Array, leader: Candidate, k: int) -> bool:
    """Does repetition ``k`` come as those before it did, in its way out and in time?"""
    reps = leader.reps
    waited_s = (reps[k].far - reps[k - 1].far) / FRAME_RATE_HZ
    return waited_s > ON_TIME * leader.period_s and likeness_to_others(x, reps, k) >= JUST_LIKE_THEM


def first_of_its_kind(x: Array, reps: list[Rep], idle_s: float) -> int:
    """From which of ``reps`` on each is like one of the two after it, with less than ``idle_s`` to the next."""
    last = len(x) - 1
    back = [Rep(last - r.after, last - r.far, last - r.before, r.back, r.out) for r in reversed(reps)]
    for k in range(1, len(back)):
        late = back[k].far - back[k - 1].far > idle_s * FRAME_RATE_HZ
        if late or unlike_the_others(x[::-1], back, k):
            return len(back) - k
    return 0


def _sameness(x: Array, far: list[int]) -> list[tuple[float, float]]:
    """For pose, and pose with height: median and smallest likeness of successive paths from far point to far point."""
    if len(far) < 3:
        return [(0.0, 0.0)] * 2
    each = [_likeness(paths[:-1], paths[1:]) for paths in _paths(x, far[:-1], far[1:])]
    return [(float(median(likeness)), float(likeness.min())) for likeness in each]


def _paths(x: Array, starts: list[int], ends: list[int]) -> list[Array]:
    """For the last two ``VIEWS`` of ``x`` (n, 13) ``PATH_POINTS`` rows between each start and end, less their mean:
    (k, points, columns)."""
    pose, both = VIEWS[1:]
    y = x[:, pose.start : both.stop]
    begin, length = np.array(starts, float), np.subtract(ends, starts)
    at = np.arange(PATH_POINTS) * (length / (PATH_POINTS - 1))[:, None] + begin[:, None]
    at[:, -1] = ends
    i = np.minimum(at.astype(int), len(y) - 2)
    part = (at - i)[:, :, None]
    path = y[i] * (1.0 - part) + y[i + 1] * part
    path -= path.mean(axis=1, keepdims=True)
    here = both.start - pose.start
    return [path[:, :, :here].copy(), path[:, :, here:].copy()]


def _likeness(a: Array, b: Array) -> Array:
    """1 the same path, 0 unrelated, (k,) for (k, points, columns)."""
    alike: Array = 2.0 * (a * b).sum(axis=(1, 2)) / ((a * a).sum(axis=(1, 2)) + (b * b).sum(axis=(1, 2)) + 1e-9)
    return alike


def evidence(features: dict[str, float]) -> float:
    """Log odds that this is a set."""
    return CONSTANT + sum(weight * features[name] for name, weight in WEIGHTS.items())


def was_set(rows: Rows, first: int, end: int, ended: int, leader: Candidate | None, unlike: float) -> bool:
    """Is what began at row ``first`` a set: as ``leader`` sees it before row ``end``, or as it was when it ``ended``?

    Where another exercise follows at once, the vote looks at both, and may hold on to neither.
    """
    if leader is not None and _as_a_whole(rows, first, end, leader, unlike) > CLOSING_EVIDENCE:
        return True
    if not first < ended < end:
        return False
    held, _, then, _ = vote_each([rows.all[first:ended, X]], SURETY)[0]
    return then is not None and held >= ENOUGH_REPS and _as_a_whole(rows, first, ended, then, unlike) > ENDED_EVIDENCE


def _as_a_whole(rows: Rows, first: int, end: int, leader: Candidate, unlike: float) -> float:
    """Log odds that these rows are a set."""
    features = set_features(rows.all[first:end, X], rows.rise_g(first, end), leader, unlike)
    # A long and regular set is believed more readily than its likeness alone would allow.
    return evidence(features) + 2.0 * features["many"] - 6.0 * features["irregular"]


# Fitted with a small ridge: moments in labelled sets, with and without the gyroscope, against daily life and posture.
WEIGHTS: dict[str, float] = {
    "agree": 0.300,
    "alike": -2.343,
    "extra": 0.319,
    "irregular": 1.261,
    "jolts": -3.310,
    "large": 1.380,
    "largest": -2.620,
    "least_alike": 1.017,
    "longest": -1.658,
    "many": -0.936,
    "many_alike": -0.116,
    "many_irregular": 2.638,
    "many_large": 0.506,
    "many_pose_alike": -0.295,
    "many_uneven": 8.076,
    "many_unlike": 0.113,
    "open": -3.010,
    "period": -0.916,
    "pose_alike": 1.287,
    "pose_least_alike": 0.966,
    "projection2": 0.510,
    "projection3": -0.379,
    "range": 0.463,
    "refused": 0.176,
    "rise": 1.998,
    "share": 1.376,
    "shortest": -1.048,
    "slow": 8.552,
    "slow_irregular": -11.040,
    "slow_jolts": -0.336,
    "slow_range": -2.080,
    "slow_unlike": -13.495,
    "smallest": 0.440,
    "sway": -1.216,
    "turns": 0.691,
    "uneven": -1.640,
    "unlike": -1.447,
}
CONSTANT = -8.999
