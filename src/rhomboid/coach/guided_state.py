"""The guided session as a screen wants it: one frozen value for the moment, with nothing to be computed."""

from __future__ import annotations

from typing import Literal

import msgspec

from rhomboid.coach.exercise import Exercise, Tempo
from rhomboid.coach.record import EndReason, SetRecord
from rhomboid.events import Side

Phase = Literal[
    "red_flags", "pain_before", "warm_up", "get_ready", "working", "side_change", "rest", "paused", "pain_after",
    "done",
]  # fmt: skip
Question = Literal["pain_before", "effort", "pain_after"]
"""What a number from 0 to 10 is the answer to now."""


class GuidedState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the session is. ``exercise`` and what follows it are of the set in hand, or of the next one.

    ``left_s`` is what is left of the phase (None: it has no end of its own), ``length_s`` how long it is as a whole.
    ``tempo`` is the target; which part of a repetition is under way is ``MotionState.phase``.
    """

    t_s: float
    phase: Phase
    left_s: float | None = None
    length_s: float | None = None
    question: Question | None = None
    exercise: Exercise | None = None
    glance: str = ""
    """The set in one line."""
    note: str = ""
    set_number: int = 0
    sets: int = 0
    side: Side | None = None
    load: str = ""
    load_kg: float | None = None
    started: bool = False
    """Whether something of the set in hand was seen."""
    reps: int = 0
    target_reps: int | None = None
    holding_s: float | None = None
    target_hold_s: float | None = None
    tempo: Tempo | None = None
    alternatives: tuple[Exercise, ...] = ()
    said: str = ""
    """The newest words."""
    last: SetRecord | None = None
    """The set before, as it counts now."""
    sets_done: int = 0
    sets_left: int = 0
    hurt: bool = False
    """Whether the pause is for a sharp pain."""
    because: EndReason | None = None
