"""What outlives a session: the values that the guided session and the desk make, and that the history keeps.

Times of sets and repetitions are seconds of the session's sensor time (``_s``); days and times of day are ISO 8601
text with the offset of the place (``started_at="2026-11-21T18:02:05+01:00"``), so that a change of the clock or of
the time zone afterwards changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from rhomboid.events import Movement, Side

EndReason = Literal["finished", "pain", "sharp_pain", "tired", "time", "other", "interrupted"]
"""Why a session ended. ``interrupted``: the program was gone before it was told."""

EndedBy = Literal["stillness", "key", "time", "sharp_pain", "interrupted"]
"""What ended a set."""

Score = Annotated[int, msgspec.Meta(ge=0, le=10)]
"""What the user says on a scale from 0 to 10."""


class UserCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """What the user said against the sensor, kept as a label. ``at_s`` is when; ``amount`` is +1 or -1 for a count.

    ``discard`` takes the whole set out of the history's sums, ``redo`` does so and asks for it again.
    """

    at_s: float
    kind: Literal["count", "discard", "redo"]
    amount: int = 0


class HoldRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One hold that was timed."""

    start_s: float
    end_s: float
    drift_deg: float = 0.0


class SetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One finished set.

    ``reps`` is what counts now: the sensor's final count and the user's corrections together. ``sensor_reps`` is the
    sensor's count after its look back (None where it does not see the exercise), ``live_reps`` what it had announced.
    ``movements`` are the counted repetitions with their qualities. ``load_kg`` and ``effort`` (0..10, asked after the
    set if wished) are the user's.
    """

    exercise: str
    number: int
    """Within the exercise, from 1; the sides of one set share it."""
    start_s: float
    end_s: float
    reps: int
    side: Side | None = None
    target_reps: int | None = None
    target_hold_s: float | None = None
    sensor_reps: int | None = None
    live_reps: int | None = None
    movements: tuple[Movement, ...] = ()
    holds: tuple[HoldRecord, ...] = ()
    corrections: tuple[UserCorrection, ...] = ()
    load_kg: float | None = None
    effort: Score | None = None
    discarded: bool = False
    ended_by: EndedBy = "stillness"
    id: int | None = None
    """Its number in the history; None: it is not there yet."""


class SlouchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One slouch beyond tolerance. ``alerted``: the person was told. ``refuted``: "that was not a slouch".

    ``answered_by`` counts the repetitions of a micro-break done as an answer to the alert, ``answered_with`` is the
    exercise that they were of.
    """

    start_s: float
    end_s: float
    peak_deg: float
    alerted: bool = False
    refuted: bool = False
    answered_by: int = 0
    answered_with: str | None = None


class PostureMinutes(msgspec.Struct, frozen=True, kw_only=True):
    """How long each posture was, in minutes. What is unknown is a state of its own, neither good nor bad."""

    upright: float = 0.0
    slouching: float = 0.0
    leaning: float = 0.0
    moving: float = 0.0
    lying: float = 0.0
    cannot_tell: float = 0.0
    not_worn: float = 0.0


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One session, training or desk. ``pain_before``, ``pain_after`` and ``tension`` are the user's own 0..10.

    ``plan`` and ``plan_step`` say which planned session it was (None: free training). ``recording`` is the packet log
    it was recorded to, with its SHA-256; ``sensor`` says in words which one was worn. For sessions at the desk
    ``breaks`` are the movement breaks that answered no alert (those that did are in ``slouches``), and
    ``longest_static_min`` is the longest stretch without any.
    """

    started_at: str
    ended_at: str | None = None
    kind: Literal["train", "desk"] = "train"
    plan: str | None = None
    plan_step: int | None = None
    sets: tuple[SetRecord, ...] = ()
    slouches: tuple[SlouchRecord, ...] = ()
    posture: PostureMinutes = PostureMinutes()
    breaks: int = 0
    longest_static_min: float = 0.0
    pain_before: Score | None = None
    pain_after: Score | None = None
    tension: Score | None = None
    ended_because: EndReason | None = None
    """None while it goes on."""
    recording: str | None = None
    recording_sha256: str | None = None
    sensor: str = ""
    note: str = ""
    id: int | None = None
    """Its number in the history; None: it is not there yet."""
