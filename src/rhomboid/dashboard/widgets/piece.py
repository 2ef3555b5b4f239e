"""The piece of signal around one movement, with where it began, its far point and its end."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from rhomboid.dashboard.observed import Judged
from rhomboid.dashboard.widgets.signal_strip import braille, dots, scale_deg, spans
from rhomboid.imu import Array

LABEL_COLUMNS = 6
MOMENTS = (("start_s", "start"), ("peak_s", "far"), ("end_s", "end"))


class Piece(Widget):
    """Nothing while there is no movement, or where its signal is gone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"piece--axis", "piece--moment"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._judged: Judged | None = None

    def show(self, judged: Judged | None) -> None:
        """This movement from now on."""
        self._judged = judged
        self.refresh()

    def render_line(self, y: int) -> Strip:
        lines = self._draw(*self.size)
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self, width: int, height: int) -> list[Strip]:
        columns, rows = width - LABEL_COLUMNS, height - 1
        axis = self.get_component_rich_style("piece--axis")
        judged = self._judged
        if judged is None or columns < 20 or rows < 2:
            return []
        good = np.isfinite(judged.movement_deg)
        if not good.any():
            text = "its signal is not kept any more" if judged.t_s.size == 0 else "no signal"
            return [Strip.blank(width)] * (height // 2) + [Strip([Segment(text.center(width), axis)], width)]
        t_s = judged.t_s[good] - judged.t_s[good][0]
        column_s = max(float(t_s[-1]), 0.1) / (2 * columns - 1)
        least, greatest = _bridged(*spans(t_s, judged.movement_deg[good], 0, 2 * columns, column_s))
        bottom_deg, top_deg = scale_deg(least, greatest)
        upper, lower = (dots(v, bottom_deg, top_deg, rows) for v in (greatest, least))
        labels = {0: f"{top_deg:.0f}°", rows - 1: f"{bottom_deg:.0f}°"}
        first_s = float(judged.t_s[good][0])
        places = {
            min(max(int((getattr(judged.movement, name) - first_s) / (2 * column_s)), 0), columns - 1): label
            for name, label in MOMENTS
        }
        strips = [
            self._line(labels.get(y, ""), line, places) for y, line in enumerate(braille(upper, lower, columns, rows))
        ]
        return [*strips, Strip([Segment(" " * LABEL_COLUMNS + _below(places, columns), axis)], width)]

    def _line(self, label: str, line: str, places: dict[int, str]) -> Strip:
        segments = [Segment(f"{label:>{LABEL_COLUMNS - 1}}│", self.get_component_rich_style("piece--axis"))]
        done = 0
        for column in sorted(places):
            here = line[column] if line[column] != " " else "┊"
            segments.append(Segment(line[done:column], self.rich_style))
            segments.append(Segment(here, self.get_component_rich_style("piece--moment")))
            done = column + 1
        segments.append(Segment(line[done:], self.rich_style))
        return Strip(segments, LABEL_COLUMNS + len(line))


def _bridged(least: Array, greatest: Array) -> tuple[Array, Array]:
    """Columns between two samples take the value before: a short movement is drawn as a line, not as dots."""
    known = np.flatnonzero(np.isfinite(least))
    before = known[np.maximum(np.searchsorted(known, np.arange(len(least)), side="right") - 1, 0)]
    return least[before], greatest[before]


def _below(places: dict[int, str], columns: int) -> str:
    """The names of the moments under their columns, as far as they do not overlap."""
    cells = [" "] * columns
    free = 0
    for column, label in sorted(places.items()):
        start = min(max(column - len(label) // 2, free), columns - len(label))
        if start >= free:
            cells[start : start + len(label)] = label
            free = start + len(label) + 1
    return "".join(cells)
