"""What the coach says when something hurts: warning signs, sharp pain, pain on a scale. Plain words, no promises.

The program measures and coaches. It is no medical device, and nothing in here is a diagnosis.
"""

from __future__ import annotations

RED_FLAGS = (
    "weakness or numbness in an arm or a leg that grows",
    "new trouble with bladder or bowels",
    "chest pain, or pain that spreads into an arm or the jaw",
    "pain after a fall or a blow",
    "pain with fever, or that wakes you every night",
)
"""Never train through these; the first three are what the articles name."""

BEFORE_THE_LIST = "Do not train, and see a doctor, if you have any of these:"
AFTER_THE_LIST = (
    "If none of them is yours, go on. Some soreness is fine; sharp or sudden pain means stop at once. "
    "This program is no medical device and promises no cure."
)

SHARP_PAIN = "Stop. Put the weight down slowly and let go. Breathe, and move only as far as nothing hurts."
AFTER_SHARP_PAIN = "If it does not ease within minutes, end here; if it stays or comes back, see a professional."

HIGH_PAIN = 7
"""On the scale from 0 to 10: from here on training is advised against."""
WORSE_BY = 2
"""Points from before to after a session that are worth a word."""


def about_pain_before(pain: int) -> str:
    """What to say about the pain before a session; empty: nothing."""
    if pain >= HIGH_PAIN:
        return (
            "That is a lot. Better leave training for today, or stay with the gentlest exercises; "
            "if it lasts, see a professional."
        )
    return "Keep to movements that do not make it worse." if pain >= HIGH_PAIN - 3 else ""


def about_pain_after(before: int | None, after: int) -> str:
    """What to say about the pain after a session; empty: nothing."""
    if before is not None and after >= before + WORSE_BY:
        return "It hurts more than before. Do less next time; if it rises session after session, see a professional."
    if after >= HIGH_PAIN:
        return "That is a lot. Rest, and if it lasts, see a professional."
    return ""
