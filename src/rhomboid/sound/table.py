"""Which sounds there are, what they are made of, and what is said with them. What makes them heard: ``listening``."""

from __future__ import annotations

from typing import NamedTuple

from rhomboid.coach.cues import CueKind
from rhomboid.sound.settings import Group

C5, E5, G5, A5, C6, E6 = 523.25, 659.26, 783.99, 880.0, 1046.5, 1318.5
G4, E4, C4 = 392.0, 329.63, 261.63


class Note(NamedTuple):
    """A pitch (Hz) for so long (s); 0 Hz is silence."""

    frequency_hz: float
    length_s: float


class Sound(NamedTuple):
    """``said`` with ``{}`` for the number or the words that come with it; empty: not said, a tone is enough.

    ``loud`` 0..1 is relative to the volume that is set. ``patient``: its words wait for others to end, however long.
    """

    group: Group
    notes: tuple[Note, ...]
    said: str = ""
    loud: float = 1.0
    patient: bool = False


SOUNDS: dict[str, Sound] = {
    "rep": Sound("counts", (Note(A5, 0.09),), "{}"),
    "set_closed": Sound("counts", (Note(C5, 0.10), Note(E5, 0.10), Note(G5, 0.16)), "set done, {}"),
    "hold_second": Sound("holds", (Note(E5, 0.05),), "{}", 0.6),
    "countdown": Sound("holds", (Note(E5, 0.05),), "{}", 0.6),
    "hold_ended": Sound("holds", (Note(C6, 0.14),), "{}"),
    "tempo": Sound("tempo", (Note(E6, 0.02),), "", 0.4),
    "rest_over": Sound("rest", (Note(G5, 0.12), Note(0.0, 0.05), Note(G5, 0.12)), "rest is over"),
    "link_lost": Sound("link", (Note(E4, 0.18), Note(C4, 0.26)), "the sensor is lost"),
    "link_back": Sound("link", (Note(C5, 0.12), Note(G5, 0.18)), "the sensor is back"),
    "slouch": Sound("slouch", (Note(G4, 0.22), Note(0.0, 0.06), Note(E4, 0.30)), "sit tall"),
    "thank_you": Sound("thank_you", (Note(C6, 0.10), Note(E6, 0.18)), "", 0.4),
    "guide": Sound("guide", (Note(E5, 0.12),), "{}", patient=True),
    "break_over": Sound("slouch", (Note(C5, 0.12), Note(E5, 0.12)), "the break is over", 0.6),
}
CUES: dict[CueKind, str] = {
    "count": "rep", "hold": "countdown", "countdown": "countdown", "phase": "guide", "tempo": "guide",
    "question": "guide", "safety": "guide", "signal": "guide", "set": "guide",
}  # fmt: skip
"""What a guided session's cues sound like; a reply to what was typed needs no sound."""
SLOTS: dict[str, str] = {"rep": "count", "hold_second": "count", "countdown": "count", "tempo": "tick"}
"""Of those in one slot only the newest is of interest; the others are heard one after the other."""
