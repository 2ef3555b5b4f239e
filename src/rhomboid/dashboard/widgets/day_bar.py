"""Today at the desk as a bar: a letter and a colour for how each few minutes were mostly spent, and the hours below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from rhomboid.coach.desk_day import STATES, State

LETTERS: dict[State, str] = {
    "upright": "u", "slouching": "S", "leaning": "l", "moving": "m", "lying": "_", "cannot_tell": "?", "not_worn": "-",
}  # fmt: skip
NOTHING = " "
LEAST_MIN = 60
"""A day that has just begun is drawn as an hour."""
DAY_MIN = 1440


class DayBar(Widget):
    """``show`` hands it the day: seconds of each of ``STATES`` by minute, as the desk's coach keeps them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"day-bar--hours", *(f"day-bar--{state}" for state in STATES)}

    def __init__(self) -> None:
        super().__init__()
        self._minutes: dict[int, tuple[int, ...]] = {}

    def show(self, minutes: Mapping[int, Sequence[int]]) -> None:
        """Draw this day; nothing is redrawn when it is the one already shown."""
        wanted = {minute: tuple(seconds) for minute, seconds in minutes.items()}
        if wanted != self._minutes:
            self._minutes = wanted
            self.refresh()

    def render_line(self, y: int) -> Strip:
        states, hours = day(self._minutes, self.size.width)
        if y >= 2:
            return Strip.blank(self.size.width, self.rich_style)
        if y == 1:
            return Strip([Segment(hours, self.get_component_rich_style("day-bar--hours"))], self.size.width)
        segments = [
            Segment(NOTHING, self.rich_style)
            if state is None
            else Segment(LETTERS[state], self.get_component_rich_style(f"day-bar--{state}"))
            for state in states
        ]
        return Strip(segments, len(states))


def day(minutes: Mapping[int, Sequence[int]], width: int) -> tuple[list[State | None], str]:
    """What each of ``width`` columns was mostly spent in (None: nothing is known), and the line of hours below."""
    if not minutes or width < 1:
        return [None] * max(width, 0), " " * max(width, 0)
    first = min(minutes)
    span = max(max(minutes) - first + 1, LEAST_MIN)
    totals = [[0] * len(STATES) for _ in range(width)]
    for minute, seconds in minutes.items():
        column = (minute - first) * width // span
        for k, s in enumerate(seconds):
            totals[column][k] += s
    # A minute may be wider than a column: those between are the minute's too.
    states: list[State | None] = []
    for column, total in enumerate(totals):
        if not any(total) and (here := minutes.get(first + column * span // width)) is not None:
            total = list(here)
        states.append(STATES[total.index(max(total))] if any(total) else None)
    return states, _hours(first, span, width)


def _hours(first: int, span: int, width: int) -> str:
    """The time at the left, and every full hour that has room."""
    cells = [" "] * width
    label = _time(first)
    cells[: len(label)] = label
    free = len(label) + 1
    for minute in range(-(-first // 60) * 60, first + span, 60):
        column, label = (minute - first) * width // span, _time(minute)
        if free <= column <= width - len(label):
            cells[column : column + len(label)] = label
            free = column + len(label) + 1
    return "".join(cells[:width])


def _time(minute: int) -> str:
    minute %= DAY_MIN
    return f"{minute // 60:02}:{minute % 60:02}"
