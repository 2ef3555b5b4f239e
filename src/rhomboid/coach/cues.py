"""What the guided session says and hands out, and the words it says it in: short enough to be heard in mid-set."""

from __future__ import annotations

from typing import Literal

import msgspec

from rhomboid.coach.exercise import Exercise, Position
from rhomboid.coach.record import EndReason, SetRecord
from rhomboid.events import Side

CueKind = Literal[
    "phase", "count", "tempo", "hold", "countdown", "question", "safety", "signal", "set", "reply",
]  # fmt: skip
"""phase: what comes now; count: repetitions, ``number`` of them; hold: in a hold; countdown: ``number`` seconds are
left; signal: link and sensor; set: what a set came to, and what changed about it; reply: to what the user told."""


class Cue(msgspec.Struct, frozen=True, kw_only=True, tag_field="cue", tag="said", omit_defaults=True):
    """Something to be said or shown at ``at_s``, in words for people."""

    at_s: float
    kind: CueKind
    text: str
    number: int | None = None


class SetKept(msgspec.Struct, frozen=True, kw_only=True, tag_field="cue", tag="set_kept"):
    """A set is over, or what is known of it changed: to be kept at once. ``index`` counts the session's sets from 0."""

    at_s: float
    index: int
    record: SetRecord


class SetExpected(msgspec.Struct, frozen=True, kw_only=True, tag_field="cue", tag="set_expected"):
    """From now on movement is repetitions of one exercise, or (``going_on`` False) no longer: the signal core may know.

    It then counts from the first repetition on, and better than when it has to find out by itself. ``exercise`` is that
    of the set which begins.
    """

    at_s: float
    going_on: bool
    exercise: str = ""


class SessionOver(msgspec.Struct, frozen=True, kw_only=True, tag_field="cue", tag="session_over"):
    """There is nothing left to do."""

    at_s: float
    because: EndReason


Output = Cue | SetKept | SetExpected | SessionOver

POSITIONS: dict[Position, str] = {
    "standing": "standing",
    "sitting": "sitting",
    "hinged": "hinged forward from the hips",
    "bench": "knee and hand on a bench",
    "lying_on_back": "lying on your back",
    "lying_face_down": "lying face down",
    "all_fours": "on hands and knees",
    "half_kneeling": "one knee on the floor",
}

WARM_UP = "march on the spot, roll the shoulders, swing the arms"
TOO_QUICK_BACK = "slower on the way back"
TOO_QUICK_OUT = "slower on the way out, this is no race"


def seconds(length_s: float) -> str:
    """A length of time as it is said."""
    whole = round(length_s)
    return count(whole // 60, "minute") if whole and whole % 60 == 0 else count(whole, "second")


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def target(reps: int | None, hold_s: float | None) -> str:
    """What a set asks for."""
    if reps is None:
        return "" if hold_s is None else f"hold {seconds(hold_s)}"
    return count(reps, "rep") + ("" if hold_s is None else f", each held {seconds(hold_s)}")


def at_a_glance(exercise: Exercise, side: Side | None, asked: str, load: str, number: int, sets: int) -> str:
    """One line: which exercise, which side, how much, with what, which set."""
    which = f"set {number} of {sets}" if sets > 1 else ""
    parts = [exercise.name + (f", {side} side" if side else ""), asked, load, which]
    return ": ".join([parts[0], ", ".join(part for part in parts[1:] if part)])


def counted(reps: int, asked: int | None) -> str:
    """The running count, and how far it is to the target."""
    return f"{reps}" if asked is None else f"{reps}" + _LEFT.get(asked - reps, "")


_LEFT = {2: ", two more", 1: ", last one", 0: ", that is all of them"}
