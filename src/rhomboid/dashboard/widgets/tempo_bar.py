"""One repetition as three stretches, out, far point and back, and how far the one in hand has come."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

PHASES = {"out": "out", "pause": "far", "back": "back"}
"""The signal core's phases of a movement, and what they are called here."""
FULL, EMPTY, LATE = "█", "░", "▓"


class Tempo(NamedTuple):
    """How long each phase takes, or should take, in seconds."""

    out_s: float
    pause_s: float
    back_s: float


class TempoBar(Widget):
    """Empty while no tempo is known."""

    tempo: reactive[Tempo | None] = reactive(None)
    phase: reactive[str] = reactive("rest")
    in_phase_s: reactive[float] = reactive(0.0)

    def render(self) -> Content:
        if self.tempo is None:
            return Content("")
        parts = stretches(self.tempo, self.phase, self.in_phase_s, self.size.width)
        return Content(" ").join(
            Content.assemble((label, "bold reverse" if current else "dim"), (bar, "" if current else "dim"))
            for label, bar, current in parts
        )


def stretches(tempo: Tempo, phase: str, in_phase_s: float, width: int) -> list[tuple[str, str, bool]]:
    """Label, bar and whether it is the one in hand, for each phase; together at most ``width`` columns.

    The bars are as long as their phases, and at least one column; what lasts longer than it should is drawn darker.
    """
    room = width - sum(len(label) for label in PHASES.values()) - 2
    if room < len(PHASES):
        return []
    whole_s = max(sum(tempo), 0.1)
    found = []
    for (name, label), target_s in zip(PHASES.items(), tempo, strict=True):
        columns = max(int(room * target_s / whole_s), 1)
        done = columns if target_s <= 0.0 else min(round(columns * in_phase_s / target_s), columns)
        done = done if name == phase else 0
        late = name == phase and in_phase_s > 1.5 * max(target_s, 0.3)
        found.append((label, (LATE if late else FULL) * done + EMPTY * (columns - done), name == phase))
    excess = sum(len(bar) for _, bar, _ in found) - room
    if excess > 0:
        longest = max(range(len(found)), key=lambda i: len(found[i][1]))
        label, bar, current = found[longest]
        found[longest] = (label, bar[: len(bar) - excess], current)
    return found
