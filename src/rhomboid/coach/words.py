"""Exercises and plans in words, the same for tables, screens and speech."""

from __future__ import annotations

from datetime import date

from rhomboid.coach.exercise import Kind, Position, Seen

POSITIONS: dict[Position, str] = {
    "standing": "standing",
    "sitting": "sitting",
    "hinged": "bent forward at the hips",
    "bench": "knee and hand on a bench",
    "all_fours": "on hands and knees",
    "half_kneeling": "on one knee",
    "lying_face_down": "lying face down",
    "lying_on_back": "lying on the back",
}
KINDS: dict[Kind, str] = {
    "reps": "repetitions",
    "reps_with_hold": "repetitions, each held",
    "hold": "a position that is held",
    "timed": "by the clock, or counted by hand",
}
SEEN: dict[Seen, str] = {"strong": "strong", "weak": "weak", "by_hand": "by hand"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def seconds(s: float) -> str:
    """``30 s``, ``2 min``."""
    return f"{s / 60:g} min" if s >= 120 and s % 30 == 0 else f"{s:g} s"


def amount(sets: int, reps: int | None, hold_s: float | None, *, per_side: bool = False) -> str:
    """How much in one glance: ``3 × 5 each side``, ``1 × 10, held 5 s``, ``2 × 30 s``."""
    each = f"{reps}" if reps is not None else seconds(hold_s or 0.0)
    held = f", held {seconds(hold_s)}" if reps is not None and hold_s else ""
    return f"{sets} × {each}{' each side' if per_side else ''}{held}"


def kilograms(kg: float) -> str:
    """``6 kg``, ``7.5 kg``."""
    return f"{round(kg, 2):g} kg"


def day(when: date, now: date) -> str:
    """``when`` as it is said on the day ``now``: today, yesterday, on Thursday, on 3 November."""
    ago = (now - when).days
    if ago in (0, 1):
        return ("earlier today", "yesterday")[ago]
    if 1 < ago < 7:
        return f"on {WEEKDAYS[when.weekday()]}"
    year = f" {when.year}" if when.year != now.year else ""
    return f"on {when.day} {MONTHS[when.month - 1]}{year}"


def count(n: int, noun: str) -> str:
    """``1 rep``, ``2 reps``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
