"""A stretch of a recording with a cursor in it: the signal as a curve, and below it what was found and what is true.

The lanes share the columns of the curve, and each kind of mark has its own lane and letter: colour says nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rhomboid.annotation import Annotations, Kind, Opened, Seen
from rhomboid.dashboard.widgets.signal_strip import SHORTEST_COLUMN_S, braille, dots, scale_deg, spans
from rhomboid.errors import harmless
from rhomboid.imu import Array
from rhomboid.words import clock

LABEL_COLUMNS = 9
LANES = ("found", "reps", "sets", "holds", "posture")
LANE_OF: dict[Kind, str] = {
    "set": "sets", "hold": "holds", "nothing": "sets",
    "slouch": "posture", "upright": "posture", "reference": "posture",
}  # fmt: skip


class Timeline(Widget):
    """``show`` hands it what to draw."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--label", "timeline--cursor", "timeline--found", "timeline--true",
    }  # fmt: skip

    class Sought(Message):
        """Somebody clicked at this second."""

        def __init__(self, to_s: float) -> None:
            super().__init__()
            self.to_s = to_s

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen
        self._annotations = Annotations()
        self._opened: Opened | None = None
        self._cursor_s, self._window_s = seen.start_s, 30.0
        self._tilt = False
        self._lines: list[Strip] = []
        self._drawn: object = None

    def show(
        self, annotations: Annotations, opened: Opened | None, cursor_s: float, window_s: float, *, tilt: bool
    ) -> None:
        """``tilt``: draw the tilt against the reference in place of the movement."""
        self._annotations, self._opened, self._tilt = annotations, opened, tilt
        self._cursor_s, self._window_s = cursor_s, window_s
        self.refresh()

    def notify_style_update(self) -> None:
        self._drawn = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        wanted = (self.size, self._annotations, self._opened, self._cursor_s, self._window_s, self._tilt)
        if wanted != self._drawn:
            self._lines, self._drawn = self._draw(*self.size), wanted
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self, width: int, height: int) -> list[Strip]:
        columns, rows = width - LABEL_COLUMNS, height - len(LANES) - 1
        if columns < 10 or rows < 2:
            return []
        view = self._view(columns)
        cursor = view.column(self._cursor_s)
        curve, labels = self._curve(view, rows)
        found, true = ("timeline--found", "timeline--true")
        strips = [self._line(labels.get(y, ""), line, cursor) for y, line in enumerate(curve)]
        strips += [
            self._line(lane, text, cursor, found if lane == "found" else true)
            for lane, text in self._lanes(view).items()
        ]
        ends = clock(view.start_s), clock(view.start_s + view.column_s * columns)
        axis = ends[0] + ends[1].rjust(columns - len(ends[0]))
        return [*strips, self._line("", axis, None, "timeline--label")]

    def on_click(self, event: Click) -> None:
        """Goes to the moment of that column."""
        columns = self.size.width - LABEL_COLUMNS
        if columns > 0 and event.x >= LABEL_COLUMNS:
            view = self._view(columns)
            self.post_message(self.Sought(view.start_s + (event.x - LABEL_COLUMNS + 0.5) * view.column_s))

    def _view(self, columns: int) -> _View:
        seen = self._seen
        window_s = max(self._window_s, 2 * columns * SHORTEST_COLUMN_S)
        start_s = max(min(self._cursor_s - window_s / 2, seen.end_s - window_s), seen.start_s)
        return _View(start_s, window_s / columns, columns)

    def _curve(self, view: _View, rows: int) -> tuple[list[str], dict[int, str]]:
        seen = self._seen
        t_s, value_deg = seen.t_s, seen.tilt_deg if self._tilt else seen.movement_deg
        inside = slice(*np.searchsorted(t_s, (view.start_s, view.start_s + view.column_s * view.columns)))
        t_s, value_deg = t_s[inside] - view.start_s, value_deg[inside]
        good = np.isfinite(value_deg)
        if not good.any():
            return [
                "nothing to show".center(view.columns) if y == rows // 2 else " " * view.columns for y in range(rows)
            ], {}
        least, greatest = spans(t_s[good], value_deg[good], 0, 2 * view.columns, view.column_s / 2)
        bottom_deg, top_deg = scale_deg(least, greatest)
        upper, lower = (dots(v, bottom_deg, top_deg, rows) for v in (greatest, least))
        return braille(upper, lower, view.columns, rows), {0: f"{top_deg:.0f}°", rows - 1: f"{bottom_deg:.0f}°"}

    def _lanes(self, view: _View) -> dict[str, str]:
        """Every lane as text of ``view.columns`` characters."""
        lanes = {lane: [" "] * view.columns for lane in LANES}
        for closed in self._seen.sets:
            view.span(lanes["found"], closed.start_s, closed.end_s, "─", "")
        view.points(lanes["found"], self._seen.reps_s, "○")
        for stretch in self._annotations.stretches:
            text = f"{self._annotations.reps_in(stretch)} {stretch.activity}" if stretch.kind == "set" else stretch.kind
            view.span(lanes[LANE_OF[stretch.kind]], stretch.start_s, stretch.end_s, "━", text)
        if self._opened is not None:
            edges = sorted((self._opened.start_s, self._cursor_s))
            view.span(lanes[LANE_OF[self._opened.kind]], edges[0], edges[1], "╍", self._opened.kind)
        view.points(lanes["reps"], self._annotations.reps_s, "●")
        return {lane: "".join(cells) for lane, cells in lanes.items()}

    def _line(self, label: str, text: str, cursor: int | None, style: str | None = None) -> Strip:
        body = self.rich_style if style is None else self.get_component_rich_style(style)
        segments = [Segment(f"{label:>{LABEL_COLUMNS - 2}} │", self.get_component_rich_style("timeline--label"))]
        if cursor is None:
            segments.append(Segment(text, body))
        else:
            here = text[cursor] if text[cursor] != " " else "│"
            segments.append(Segment(text[:cursor], body))
            segments.append(Segment(here, self.get_component_rich_style("timeline--cursor")))
            segments.append(Segment(text[cursor + 1 :], body))
        return Strip(segments, LABEL_COLUMNS + len(text))


class _View:
    """Which time stands in which column."""

    def __init__(self, start_s: float, column_s: float, columns: int) -> None:
        self.start_s, self.column_s, self.columns = start_s, column_s, columns

    def column(self, t_s: float) -> int:
        """The column of a moment, at the edge where it lies outside."""
        return min(max(int((t_s - self.start_s) / self.column_s), 0), self.columns - 1)

    def span(self, cells: list[str], start_s: float, end_s: float, stroke: str, text: str) -> None:
        """From ``start_s`` to ``end_s``, with ``text`` at its beginning where there is room."""
        if end_s < self.start_s or start_s > self.start_s + self.column_s * self.columns:
            return
        text = harmless(text)
        if cell_len(text) != len(text):  # letters two columns wide would push what follows out of its place
            text = text.split()[0]
        first, last = self.column(start_s), self.column(end_s)
        length = last - first + 1
        cells[first : last + 1] = (
            f"{text} ".ljust(length, stroke) if text and length > len(text) + 2 else stroke * length
        )

    def points(self, cells: list[str], t_s: Iterable[float] | Array, glyph: str) -> None:
        """A glyph at each moment that is in view."""
        for moment in t_s:
            if 0.0 <= moment - self.start_s < self.column_s * self.columns:
                cells[self.column(moment)] = glyph
