"""What the desk's policy decides, as values to show, to log and to keep, and each in words."""

from __future__ import annotations

import msgspec

from rhomboid.coach.desk_day import DAY_S, Day


class Decision(msgspec.Struct, frozen=True, tag_field="decision", kw_only=True):
    """Base of all decisions. ``local_s`` is the local wall clock, as in ``desk_day``."""

    local_s: float


class Alert(Decision, frozen=True, tag="alert"):
    """Tell the person: a slouch since ``start_s`` (sensor time) has lasted ``lasted_s``. ``left``: alerts, today."""

    start_s: float
    lasted_s: float
    tilt_deg: float
    left: int


class ThankYou(Decision, frozen=True, tag="thank_you"):
    """The slouch that was alerted is corrected, ``after_s`` after the alert. ``aloud``: the person wants to hear it."""

    after_s: float
    aloud: bool


class Paused(Decision, frozen=True, tag="paused"):
    """No alerts for now, and why."""

    reason: str


class Resumed(Decision, frozen=True, tag="resumed"):
    """Alerts again."""


class Snoozed(Decision, frozen=True, tag="snoozed"):
    """The person wants no alerts until then; now or earlier: from now on again."""

    until_local_s: float


class Muted(Decision, frozen=True, tag="muted"):
    """The person wants no alerts until tomorrow, or (``on`` False) wants them again."""

    on: bool


class NotASlouch(Decision, frozen=True, tag="not_a_slouch"):
    """A label: the alert for the slouch since ``start_s``, at ``tilt_deg``, was wrong.

    The tolerance rose by ``step_deg``, and in all by ``raised_deg``.
    """

    start_s: float
    tilt_deg: float
    step_deg: float
    raised_deg: float


class LabelUndone(Decision, frozen=True, tag="label_undone"):
    """The last such label is taken back, and what it had raised."""

    label: NotASlouch
    raised_deg: float


class BreakStarted(Decision, frozen=True, tag="break_started"):
    """A micro-break that the person asked for; no alerts for so long."""

    seconds: int


class BreakEnded(Decision, frozen=True, tag="break_ended"):
    """It is over; ``reps`` were counted in it."""

    reps: int


class Answered(Decision, frozen=True, tag="answered"):
    """An alert was answered by repetitions: ``reps`` of this set, ``in_all`` since the alert."""

    reps: int
    in_all: int


class DayEnded(Decision, frozen=True, tag="day_ended"):
    """Another day began; this is what the one before was."""

    day: Day


AnyDecision = (
    Alert | ThankYou | Paused | Resumed | Snoozed | Muted | NotASlouch | LabelUndone
    | BreakStarted | BreakEnded | Answered | DayEnded
)  # fmt: skip


def describe(decision: Decision) -> str:
    """``decision`` as one sentence without a full stop."""
    match decision:
        case Alert():
            left = "the last alert of today" if not decision.left else f"{_count(decision.left, 'alert')} left today"
            return f"alert: slouching {duration(decision.lasted_s)}, {decision.tilt_deg:.0f}° ({left})"
        case ThankYou():
            return f"thank you: corrected {duration(decision.after_s)} after the alert"
        case Paused():
            return f"paused: {decision.reason}"
        case Resumed():
            return "resumed"
        case Snoozed():
            if decision.until_local_s <= decision.local_s:
                return "no longer snoozed"
            return f"snoozed until {time_of_day(decision.until_local_s)}"
        case Muted():
            return "muted until tomorrow" if decision.on else "no longer muted"
        case NotASlouch():
            if not decision.step_deg:
                return f"that was not a slouch: noted; the tolerance is as wide as it gets (+{decision.raised_deg:g}°)"
            return f"that was not a slouch: the tolerance is now {decision.raised_deg:g}° wider"
        case LabelUndone():
            return f"it was a slouch after all: the tolerance is now {decision.raised_deg:g}° wider than set"
        case BreakStarted():
            return f"a break of {duration(decision.seconds)}: get up, or squeeze the shoulder blades together"
        case BreakEnded():
            return "the break is over" + (f": {_count(decision.reps, 'rep')}" if decision.reps else "")
        case Answered():
            more = f", {decision.in_all} in all" if decision.in_all > decision.reps else ""
            return f"the alert was answered by {_count(decision.reps, 'rep')}{more}"
        case DayEnded():
            day, posture = decision.day, decision.day.posture
            return (
                f"a day ended: {_count(len(day.alerts_local_s), 'alert')}, upright {posture.upright:.0f} min,"
                f" slouching {posture.slouching:.0f} min, {_count(day.breaks, 'break')},"
                f" longest without one {day.longest_static_s // 60} min"
            )
        case _:
            raise TypeError(f"no words for {type(decision).__name__}")


def time_of_day(local_s: float) -> str:
    """HH:MM of the local wall clock."""
    minute = int(local_s % DAY_S) // 60
    return f"{minute // 60:02}:{minute % 60:02}"


def duration(seconds: float) -> str:
    """``50 s``, ``2 min`` or ``2 min 30 s``."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
