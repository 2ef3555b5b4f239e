"""Where in a recording one is: a line that can be clicked."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from rhomboid.words import clock

HERE = "●"


class PositionBar(Widget):
    """``position_s`` of ``duration_s``; without a duration there is nothing to click."""

    position_s: reactive[float] = reactive(0.0)
    duration_s: reactive[float | None] = reactive(None)

    class Sought(Message):
        """Somebody clicked at this second."""

        def __init__(self, to_s: float) -> None:
            super().__init__()
            self.to_s = to_s

    def render(self) -> Content:
        return Content(bar(self.position_s, self.duration_s, self.size.width))

    def on_click(self, event: Click) -> None:
        """Goes there."""
        start, columns = _rail(self.duration_s, self.size.width)
        if self.duration_s and columns > 1 and 0 <= event.x - start < columns:
            self.post_message(self.Sought((event.x - start) / (columns - 1) * self.duration_s))


def bar(position_s: float, duration_s: float | None, width: int) -> str:
    """Time, rail with a knob on it, whole time."""
    if not duration_s:
        return clock(position_s)
    start, columns = _rail(duration_s, width)
    if columns < 2:
        return f"{clock(position_s)} of {clock(duration_s)}"
    knob = round(min(position_s / duration_s, 1.0) * (columns - 1))
    rail = "━" * knob + HERE + "─" * (columns - 1 - knob)
    return f"{clock(min(position_s, duration_s)):>{start - 1}} {rail} {clock(duration_s)}"


def _rail(duration_s: float | None, width: int) -> tuple[int, int]:
    """The first column of the rail, and how many it has."""
    label = len(clock(duration_s or 0.0))
    return label + 1, width - 2 * label - 2
