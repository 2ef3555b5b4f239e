"""The look back over a finished set: its repetitions as far as everything known by then shows them.

Live counting cannot see what comes next; here the whole set is at hand. It is counted in many ways (``recount_ways``)
and the most trusted one is taken (``recount_model``). Whatever differs from the live count is said, with a reason.
"""

from __future__ import annotations

import numpy as np

from rhomboid.events import Correction, Movement
from rhomboid.imu import Array
from rhomboid.motion.frontend import Break
from rhomboid.motion.recount_model import probabilities
from rhomboid.motion.recount_ways import Signals, Way, signals, ways_to_count
from rhomboid.motion.settings import Mode

CONTEXT_S = 1.0  # Found without being told, a set may have begun or ended this much beyond what was announced.
SAME = 0.5  # Two movements are the same one if they share this much of the shorter one's time.


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
) -> tuple[tuple[Movement, ...], tuple[Correction, ...]]:
    """The final repetitions of a set, in order, and every difference to the ``live`` ones.

    ``t_s`` (n,), ``acc_g`` and ``gyr_dps`` and ``up`` (n, 3), ``quat`` (n, 4) are the set's ``frontend.Frames``
    with some context; nothing is claimed across ``breaks``. In mode "set" all frames are the set, otherwise it is
    what lies between ``start_s`` and ``end_s``, give or take a second. Never fails; too little to count gives nothing.
    """
    inside = np.full(len(t_s), True)
    if mode != "set":
        inside = (t_s >= start_s - CONTEXT_S) & (t_s <= end_s + CONTEXT_S)
    s = signals(t_s[inside], acc_g[inside], gyr_dps[inside], up[inside])
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return (), _differences(live, [])
    trust = probabilities(ways, s)
    counts = np.array([len(way.far) for way in ways])
    # Of equally probable counts the smaller one.
    count = max(np.unique(counts).tolist(), key=lambda n: (round(float(trust[counts == n].sum()), 9), -n))
    best = ways[max(np.flatnonzero(counts == count).tolist(), key=lambda i: float(trust[i]))]
    movements = _movements(best, s, quat[inside], _belief(best, ways, trust))
    return tuple(movements), _differences(live, movements)


def _belief(best: Way, ways: list[Way], trust: Array) -> Array:
    """For each repetition of ``best`` the trust in all ways that hold one there, (n,)."""
    belief = np.zeros(len(best.far))
    for way, share in zip(ways, trust, strict=True):
        ahead = np.searchsorted(way.far, best.before, side="right")
        behind = np.searchsorted(way.far, best.after, side="left")
        belief += share * (behind - ahead == 1)
    return belief


def _movements(way: Way, s: Signals, quat: Array, belief: Array) -> list[Movement]:
    """Times of the repetitions: within 10 % of the way counts as still resting, or still at the far point."""
    movements = []
    for before, far, after, out, back, trust in zip(
        way.before.tolist(), way.far.tolist(), way.after.tolist(), way.out, way.back, belief, strict=True
    ):
        away = np.abs(way.p[before : after + 1] - way.p[far])
        left = before + int(np.flatnonzero(away[: far - before + 1] >= 0.9 * out)[-1])
        returned = far + int(np.flatnonzero(away[far - before :] >= 0.9 * back)[0])
        near = left + np.flatnonzero(away[left - before : returned - before + 1] <= 0.1 * min(out, back))
        left_s, first_s, peak_s, last_s, end_s = (float(s.t_s[i]) for i in (left, near[0], far, near[-1], returned))
        q = quat[s.frames[left : returned + 1]]
        cosine = np.minimum(np.abs((q * q[0]).sum(axis=1)), 1.0)
        movements.append(
            Movement(
                start_s=left_s,
                peak_s=peak_s,
                end_s=end_s,
                range_deg=round(float(2.0 * np.degrees(np.arccos(cosine.min()))), 2),
                confidence=round(min(float(trust), 1.0), 3),
                out_s=round(first_s - left_s, 3),
                pause_s=round(last_s - first_s, 3),
                back_s=round(end_s - last_s, 3),
            )
        )
    return movements


def _differences(live: list[Movement], final: list[Movement]) -> tuple[Correction, ...]:
    """Who was struck out and who was added, in order of time, each with its reason."""
    pairs = _same(live, final)
    matched_live, matched_final = {i for i, _ in pairs}, {j for _, j in pairs}
    found = [
        Correction(change="struck_out", movement=m, reason=_why_struck_out(m, final))
        for i, m in enumerate(live)
        if i not in matched_live
    ]
    found += [
        Correction(change="added", movement=m, reason=_why_added(m, live))
        for j, m in enumerate(final)
        if j not in matched_final
    ]
    return tuple(sorted(found, key=lambda c: (c.movement.start_s, c.change)))


def _same(live: list[Movement], final: list[Movement]) -> list[tuple[int, int]]:
    """Pairs of the same movement, in order, each used once."""
    pairs = []
    next_free = 0
    for i, a in enumerate(live):
        for j in range(next_free, len(final)):
            if _shared(a, final[j]) >= SAME:
                pairs.append((i, j))
                next_free = j + 1
                break
    return pairs


def _shared(a: Movement, b: Movement) -> float:
    overlap_s = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return overlap_s / max(min(a.end_s - a.start_s, b.end_s - b.start_s), 1e-9)


def _why_struck_out(m: Movement, final: list[Movement]) -> str:
    if not final:
        return "no repetitions could be made out in the set as a whole"
    if any(_shared(m, other) >= SAME for other in final):
        return "part of a repetition that is already counted"
    if m.peak_s < final[0].start_s:
        return "before the first repetition: getting into position"
    if m.peak_s > final[-1].end_s:
        return "after the last repetition: coming out of position"
    return "not like the other repetitions of this set"


def _why_added(m: Movement, live: list[Movement]) -> str:
    if any(_shared(m, other) >= SAME for other in live):
        return "two repetitions had been counted as one"
    if not live or m.peak_s < live[0].start_s:
        return "recognised once more of the set had been seen"
    return "like the other repetitions of this set, but not clear at the time"
