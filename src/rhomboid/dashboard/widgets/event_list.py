"""The last events in words, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from textual.content import Content
from textual.widget import Widget

from rhomboid.dashboard.observed import Told
from rhomboid.errors import harmless
from rhomboid.words import clock

MOST_LINES = 80
"""More than are seen, so that a list that grows has them without being told again."""


class EventList(Widget):
    """As many of the newest events as it has lines."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[Told, ...] = ()

    def show(self, newest_first: Iterable[Told]) -> None:
        """Draw these; nothing is redrawn when they are the ones already shown."""
        told = tuple(islice(newest_first, MOST_LINES))
        if told != self._told:
            self._told = told
            self.refresh()

    def render(self) -> Content:
        if not self._told:
            return Content.styled("nothing has happened yet", "dim")
        lines = [
            Content.assemble((f"{clock(told.t_s):>7}  ", "dim"), (harmless(told.text), "bold" if i == 0 else ""))
            for i, told in enumerate(self._told[: self.size.height])
        ]
        return Content("\n").join(lines)
