"""What changed between the live count of a set and the look back, and why: as few corrections as the two allow.

The look back often sees the same repetitions from another side, half a period early or late. What matters is how
many and roughly which, so the two lists are paired in order of time, as many as possible and as close as possible;
what was announced stands, and only what has no partner is struck out or added.
"""

from __future__ import annotations

import msgspec

from rhomboid.events import Correction, Movement
from rhomboid.motion.frontend import Break

ROUNDING_S = 1e-6  # All times lie on frames, so many are equally far apart: where the timeline began must not decide.
SAME_SHARE = 0.25
"""Far points nearer together than this share of the movement are one and the same."""


def reconcile(
    live: list[Movement], seen: list[Movement], breaks: list[Break]
) -> tuple[tuple[Movement, ...], tuple[Correction, ...]]:
    """The final repetitions in order of time, and every difference to the ``live`` ones.

    ``seen`` is what the look back found, ``breaks`` the stretches nothing is known of. What is in both lists stays as
    it was announced, with phases and smoothness as seen where both look at the same far point.
    """
    pairs = _paired(live, seen)
    kept, found = {i: _completed(live[i], seen[j]) for i, j in pairs}, {j for _, j in pairs}
    struck_out = [m for i, m in enumerate(live) if i not in kept]
    added = [m for j, m in enumerate(seen) if j not in found]
    final = sorted([*kept.values(), *added], key=lambda m: m.peak_s)
    corrections = [
        Correction(change="struck_out", movement=m, reason=_why_struck_out(m, seen, breaks)) for m in struck_out
    ]
    corrections += [Correction(change="added", movement=m, reason=_why_added(m, live)) for m in added]
    return tuple(final), tuple(sorted(corrections, key=lambda c: (c.movement.start_s, c.change)))


def _completed(announced: Movement, seen: Movement) -> Movement:
    """A repetition is announced before it is quite over: its phases are known only later."""
    if abs(seen.peak_s - announced.peak_s) > SAME_SHARE * (announced.end_s - announced.start_s) + ROUNDING_S:
        return announced
    later = {name: getattr(seen, name) for name in ("out_s", "pause_s", "back_s", "smoothness", "side")}
    return msgspec.structs.replace(announced, **later)


def _paired(live: list[Movement], seen: list[Movement]) -> list[tuple[int, int]]:
    """Indices of the same repetition in both: as many pairs as the shorter list has, in order, least far apart."""
    # best[j]: pairs (as a cost), distance and choice for the live ones so far against the first j seen ones.
    best: list[tuple[int, float, tuple[int, ...]]] = [(0, 0.0, ()) for _ in range(len(seen) + 1)]
    columns = len(seen) + 1
    for i, a in enumerate(live):
        row = [best[0]]
        for j, b in enumerate(seen):
            pairs, distance_s, chosen = best[j]
            together = (pairs - 1, distance_s + round(abs(a.peak_s - b.peak_s), 6), (*chosen, i * columns + j))
            row.append(min(best[j + 1], row[j], together, key=lambda o: (o[0], o[1])))
        best = row
    return [divmod(code, columns) for code in best[-1][2]]


def _shared(a: Movement, b: Movement) -> float:
    overlap_s = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return overlap_s / max(min(a.end_s - a.start_s, b.end_s - b.start_s), 1e-9)


def _why_struck_out(m: Movement, seen: list[Movement], breaks: list[Break]) -> str:
    if any(m.start_s < gap.end_s and m.end_s > gap.start_s for gap in breaks):
        return "across a gap: part of it was not recorded"
    if not seen:
        return "no repetitions could be made out in the set as a whole"
    if m.peak_s < seen[0].start_s:
        return "before the first repetition: getting into position"
    if m.peak_s > seen[-1].end_s:
        return "after the last repetition: coming out of position"
    if any(_shared(m, other) >= 0.5 - ROUNDING_S for other in seen):
        return "part of a repetition that is already counted"
    return "not like the other repetitions of this set"


def _why_added(m: Movement, live: list[Movement]) -> str:
    if any(_shared(m, other) >= 0.5 for other in live):
        return "two repetitions had been counted as one"
    if not live or m.peak_s < live[0].start_s:
        return "recognised once more of the set had been seen"
    return "like the other repetitions of this set, but not clear at the time"
