"""Tension load: one figure from 0 to 100 for a day at the desk, out of what a sensor on the upper back can know.

It measures how the posture was exposed, not what the muscles feel: ``LIMITS`` says so wherever it is shown, and the
user's own rating stands beside it. Weights and bounds are this project's choice, made before any of it was measured
on anybody, and none of them comes from a study.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

from rhomboid.coach.record import SessionRecord, SlouchRecord

LEAST_KNOWN_MIN = 30.0
"""Of sitting or standing at the desk: with less there is no figure."""
SLOUCH_POINTS, FULL_SLOUCH_SHARE = 50.0, 0.5
STATIC_POINTS, STATIC_FROM_MIN, STATIC_FULL_MIN = 25.0, 30.0, 120.0
BREAK_POINTS, BREAK_EVERY_MIN = 25.0, 30.0

FORMULA = (
    f"{SLOUCH_POINTS:.0f} x slouched / known time (all of it from {100 * FULL_SLOUCH_SHARE:.0f} % on)"
    f" + {STATIC_POINTS:.0f} x longest time without moving (none up to {STATIC_FROM_MIN:.0f} min, all from"
    f" {STATIC_FULL_MIN:.0f} min on)"
    f" + {BREAK_POINTS:.0f} x missing share of breaks (one each {BREAK_EVERY_MIN:.0f} min)"
)
LIMITS = (
    "It measures exposure of the posture at the desk, not muscle tension, and is no medical measure. Weights and bounds"
    " are this project's own. Time that is unknown counts neither for nor against. One sensor cannot tell leaning"
    " from slouching."
)


class Relief(msgspec.Struct, frozen=True, kw_only=True):
    """What was done when an alert came, and how long it was until the next slouch of that session, as a median.

    ``exercise`` None: nothing. ``until_next_min`` None: no slouch followed.
    """

    exercise: str | None
    alerts: int
    reps: int
    until_next_min: float | None


class TensionLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A day at the desk. ``load`` is the sum of the three parts; None: too little is known.

    ``known_min`` is the time upright, slouching or leaning, ``unknown_min`` that in which the sensor could not tell or
    was not worn. ``breaks`` include the alerts that were answered with a movement (``answered``). ``tension`` are the
    user's own ratings of the day, 0..10, in their order.
    """

    load: float | None
    slouch_points: float
    static_points: float
    break_points: float
    slouched_min: float
    longest_static_min: float
    breaks: int
    answered: int
    wanted_breaks: float
    known_min: float
    unknown_min: float
    tension: tuple[int, ...]
    relief: tuple[Relief, ...]


def tension_load(sessions: Iterable[SessionRecord]) -> TensionLoad:
    """Of the sessions of one day; what is not at the desk gives only its rating.

    A slouch that the user refuted is none.
    """
    everything = list(sessions)
    desk = [session for session in everything if session.kind == "desk"]
    slouches = [slouch for session in desk for slouch in session.slouches if not slouch.refuted]
    slouched_min = sum(max(slouch.end_s - slouch.start_s, 0.0) for slouch in slouches) / 60.0
    known_min = sum(s.posture.upright + s.posture.slouching + s.posture.leaning for s in desk)
    longest_static_min = max((session.longest_static_min for session in desk), default=0.0)
    answered = sum(slouch.answered_by > 0 for slouch in slouches)
    breaks = sum(session.breaks for session in desk) + answered
    wanted = known_min / BREAK_EVERY_MIN
    parts = (
        SLOUCH_POINTS * _part(slouched_min, known_min * FULL_SLOUCH_SHARE),
        STATIC_POINTS * _part(longest_static_min - STATIC_FROM_MIN, STATIC_FULL_MIN - STATIC_FROM_MIN),
        BREAK_POINTS * _part(wanted - breaks, wanted),
    )
    return TensionLoad(
        load=sum(parts) if known_min >= LEAST_KNOWN_MIN else None,
        slouch_points=parts[0],
        static_points=parts[1],
        break_points=parts[2],
        slouched_min=slouched_min,
        longest_static_min=longest_static_min,
        breaks=breaks,
        answered=answered,
        wanted_breaks=wanted,
        known_min=known_min,
        unknown_min=sum(s.posture.cannot_tell + s.posture.not_worn for s in desk),
        tension=tuple(session.tension for session in everything if session.tension is not None),
        relief=relief([session.slouches for session in desk]),
    )


def relief(by_session: Iterable[Sequence[SlouchRecord]]) -> tuple[Relief, ...]:
    """What answered the alerts of any number of sessions, the longest relief first, and nothing at all among them."""
    after: defaultdict[str | None, list[float]] = defaultdict(list)
    alerts: defaultdict[str | None, list[SlouchRecord]] = defaultdict(list)
    for slouches in by_session:
        real = sorted((s for s in slouches if not s.refuted), key=lambda s: s.start_s)
        for slouch, following in zip(real, [*real[1:], None], strict=False):
            if not slouch.alerted:
                continue
            answer = (slouch.answered_with or "a movement") if slouch.answered_by else None
            alerts[answer].append(slouch)
            if following is not None:
                after[answer].append(max(following.start_s - slouch.end_s, 0.0) / 60.0)
    found = [
        Relief(
            exercise=answer,
            alerts=len(answered),
            reps=sum(slouch.answered_by for slouch in answered),
            until_next_min=median(after[answer]) if after[answer] else None,
        )
        for answer, answered in alerts.items()
    ]
    return tuple(sorted(found, key=lambda r: (-(r.until_next_min or 0.0), r.exercise or "")))


def _part(value: float, full: float) -> float:
    """How much of ``full`` it is, 0..1."""
    return min(max(value / full, 0.0), 1.0) if full > 0.0 else 0.0
