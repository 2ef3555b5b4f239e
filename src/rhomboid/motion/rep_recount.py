"""The look back over a finished set: its repetitions as far as everything known by then shows them.

Live counting cannot see what comes next; here the whole set is at hand. It is counted in many ways (``recount_ways``)
and the most trusted one is taken (``recount_model``). Whatever differs from the live count is said, with a reason.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rhomboid.events import Correction, Movement
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break
from rhomboid.motion.quality import quality
from rhomboid.motion.recount_model import probabilities
from rhomboid.motion.recount_ways import Signals, Way, signals, ways_to_count
from rhomboid.motion.rep_corrections import reconcile
from rhomboid.motion.settings import AS_USUAL, Mode, OwnExercise, Template
from rhomboid.motion.template import size_off

LIVE_KNOWN, SOME, SOME_SHARE, HALVED = 3, 2, 0.35, 12
SIZE_COUNTS = 4.0
"""Log odds lost by repetitions that are e times as large or as small as was shown. Their duration and their course were
tried as well, and lost (``benchmarks.accuracy.taught``)."""
CONTEXT_S = 1.0  # Found without being told, a set may have begun or ended this much beyond what was announced.


def recount(
    t_s: Array,
    acc_g: Array,
    gyr_dps: Array,
    up: Array,
    quat: Array,
    has_gyro: bool,
    breaks: list[Break],
    live: list[Movement],
    mode: Mode,
    start_s: float,
    end_s: float,
    own: OwnExercise = AS_USUAL,
) -> tuple[tuple[Movement, ...], tuple[Correction, ...]]:
    """The final repetitions of a set, in order, and every difference to the ``live`` ones.

    ``t_s`` (n,), ``acc_g`` and ``gyr_dps`` and ``up`` (n, 3), ``quat`` (n, 4) are the set's ``frontend.Frames``
    with some context; nothing is claimed across ``breaks``. In mode "set" all frames are the set, otherwise it is
    what lies between ``start_s`` and ``end_s``, give or take a second. Without a gyroscope (``has_gyro``) the turn
    about the vertical stays nought and drops out by itself. ``own`` is what was
    learnt of the exercise. Never fails; too little to count gives nothing.
    """
    inside = np.full(len(t_s), True)
    if mode != "set":
        inside = around(t_s, start_s, end_s, CONTEXT_S)
    s = signals(t_s[inside], acc_g[inside], gyr_dps[inside], up[inside])
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return reconcile(live, [], breaks)
    counts = np.array([len(way.far) for way in ways])
    trust = probabilities(ways, s, -_unlike_shown(own.template, ways, s))
    count = _in_doubt(counts, trust * within_reach(counts, len(live)), own.eagerness)
    best = ways[max(np.flatnonzero(counts == count).tolist(), key=lambda i: float(trust[i]))]
    movements = _movements(best, s, gyr_dps[inside], up[inside], quat[inside], _belief(best, ways, trust))
    return reconcile(live, movements, breaks)


def _unlike_shown(template: Template | None, ways: list[Way], s: Signals) -> Array:
    """What being of another size than was shown costs each way, (n,), in log odds."""
    return np.zeros(len(ways)) if template is None else SIZE_COUNTS * size_off(template, ways, s)


def around(t_s: Array, start_s: float, end_s: float, context_s: float) -> npt.NDArray[np.bool_]:
    """Which frames are of a set and its context, (n,). Half a frame of slack: rounding must not decide it."""
    slack_s = context_s + 0.5 / FRAME_RATE_HZ
    return (t_s >= start_s - slack_s) & (t_s <= end_s + slack_s)


def within_reach(counts: Array, live: int) -> Array:
    """1 for counts that a look back may come to after ``live`` were announced, else 0, (n,).

    It may miss or add some, or see that both halves of every repetition were counted. Anything else means that it looks
    at another movement than the wearer did (sitting down after the set, say), unless nothing nearer can be seen.
    """
    if live < LIVE_KNOWN:
        return np.ones(len(counts))
    near = np.abs(counts - live) <= max(SOME, SOME_SHARE * live)
    halves = (live >= HALVED) & (np.abs(2 * counts - live) <= 1)
    allowed: Array = (near | halves).astype(float)
    return allowed if allowed.any() else np.ones(len(counts))


def most_probable(counts: Array, trust: Array) -> int:
    """The count that most trust adds up to; of equally probable ones the smaller."""
    distinct: list[int] = np.unique(counts).tolist()
    return max(distinct, key=lambda n: (round(float(trust[counts == n].sum()), 9), -n))


def _in_doubt(counts: Array, trust: Array, eagerness: float) -> int:
    """The most probable count, or the largest (smallest, if ``eagerness`` is below 0) that is nearly as probable."""
    best = most_probable(counts, trust)
    if not eagerness:
        return best
    enough = math.exp(-abs(eagerness)) * float(trust[counts == best].sum())
    near = [n for n in np.unique(counts).tolist() if float(trust[counts == n].sum()) >= enough]
    return int(max(near) if eagerness > 0.0 else min(near))


def _belief(best: Way, ways: list[Way], trust: Array) -> Array:
    """For each repetition of ``best`` the trust in all ways that hold one there, (n,)."""
    belief = np.zeros(len(best.far))
    for way, share in zip(ways, trust, strict=True):
        ahead = np.searchsorted(way.far, best.before, side="right")
        behind = np.searchsorted(way.far, best.after, side="left")
        belief += share * (behind - ahead == 1)
    return belief


def _movements(way: Way, s: Signals, gyr_dps: Array, up: Array, quat: Array, belief: Array) -> list[Movement]:
    """Times of the repetitions: within 10 % of the way counts as still resting."""
    movements = []
    for before, far, last, after, out, back, trust in zip(
        way.before.tolist(), way.far.tolist(), way.last.tolist(), way.after.tolist(), way.out, way.back, belief,
        strict=True,
    ):  # fmt: skip
        away = np.abs(way.p[before : far + 1] - way.p[far])
        left = before + int(np.flatnonzero(away >= 0.9 * out)[-1])
        coming = np.abs(way.p[last : after + 1] - way.p[last])
        returned = last + int(np.flatnonzero(coming >= 0.9 * back)[0])
        q = quat[s.frames[left : returned + 1]]
        cosine = np.minimum(np.abs((q * q[0]).sum(axis=1)), 1.0)
        movements.append(
            Movement(
                start_s=float(s.t_s[left]),
                peak_s=float(s.t_s[far]),
                end_s=float(s.t_s[returned]),
                range_deg=round(float(2.0 * np.degrees(np.arccos(cosine.min()))), 2),
                confidence=round(min(float(trust), 1.0), 3),
                **quality(gyr_dps, up, *s.frames[[before, far, last, after]].tolist()),
            )
        )
    return movements
