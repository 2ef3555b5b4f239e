"""The tempo of an exercise, to move along with: a bar that fills on the way out and empties on the way back."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rhomboid.coach.exercise import Exercise

RESTING_S = 1.0
"""Between one repetition and the next."""
HELD_S = 1.0
"""Where neither tempo nor prescription says how long the far point is held."""


class Pacer(Widget):
    """``exercise`` is shown at ``t_s``, seconds that go on; without a tempo there is nothing."""

    exercise: reactive[Exercise | None] = reactive(None)
    t_s: reactive[float] = reactive(0.0)

    def render(self) -> Content:
        phases = [] if self.exercise is None else tempo_of(self.exercise)
        if not phases:
            return Content("")
        word, share = at(phases, self.t_s)
        columns = max(self.size.width - 12, 1)
        filled = round(share * columns)
        return Content.assemble((f"{word:<11} ", "bold"), "█" * filled, ("░" * (columns - filled), "dim"))


def tempo_of(exercise: Exercise) -> list[tuple[str, float]]:
    """The phases of a repetition with their lengths in seconds; none where the exercise has no tempo."""
    tempo = exercise.tempo
    if tempo is None:
        return []
    held_s = exercise.prescription.hold_s or tempo.pause_s
    held = [("hold", held_s)] if held_s else []
    return [("out", tempo.out_s), *held, ("back", tempo.back_s), ("rest", RESTING_S)]


def at(phases: list[tuple[str, float]], t_s: float) -> tuple[str, float]:
    """The phase at this second and how full the bar is, 0..1. A hold counts down."""
    t_s %= sum(length for _, length in phases)
    for word, length in phases:
        if t_s < length:
            share = t_s / length
            if word == "hold":
                return f"hold {length - t_s:.0f}", 1.0
            return word, {"out": share, "back": 1.0 - share}.get(word, 0.0)
        t_s -= length
    return phases[-1][0], 0.0
