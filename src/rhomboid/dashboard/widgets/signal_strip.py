"""The last seconds of a signal as a moving braille curve, with the moments that matter marked on it.

Drawn with Textual's Line API: a column of dots spans the least and the greatest sample of its stretch of time, so that
a spike of one sample is seen at any width, and the cost does not grow with the sampling rate. Stretches are counted
from time zero, not from "now": the curve moves and does not flicker.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from rhomboid.dashboard.observed import Mark, MarkKind
from rhomboid.imu import Array

GLYPHS: dict[MarkKind, str] = {"refused": "○", "counted": "●", "slouch": "▲"}
RANK = {kind: rank for rank, kind in enumerate(GLYPHS)}
"""Where two marks meet, the one of higher rank stays."""
FULL_SCALES_DEG = (6, 12, 20, 30, 40, 60, 90, 120, 180)
AXIS_COLUMNS = 6
SHORTEST_COLUMN_S = 0.04
"""Two frames: a narrower column of dots would be empty now and then by rounding alone."""
DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BRAILLE = 0x2800

Ints = npt.NDArray[np.int_]


class SignalStrip(Widget):
    """``show`` hands it what to draw. A gap in time or a NaN stays blank."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"signal-strip--axis", *(f"signal-strip--{kind}" for kind in GLYPHS)}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._t_s: Array = np.empty(0)
        self._value_deg: Array = np.empty(0)
        self._marks: tuple[Mark, ...] = ()
        self._window_s = 20.0
        self._lines: list[Strip] | None = None

    def show(self, t_s: Array, value_deg: Array, marks: Iterable[Mark], window_s: float) -> None:
        """Draw ``value_deg`` (n,) against ``t_s`` (n,) increasing, over the last ``window_s``."""
        self._t_s, self._value_deg, self._marks, self._window_s = t_s, value_deg, tuple(marks), window_s
        self._lines = None
        self.refresh()

    def on_resize(self, _: Resize) -> None:
        self._lines = None

    def notify_style_update(self) -> None:
        self._lines = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if self._lines is None:
            self._lines = self._draw(*self.size)
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self, width: int, height: int) -> list[Strip]:
        columns, rows = width - AXIS_COLUMNS, height - 1
        good = np.isfinite(self._value_deg)
        if not good.any():
            why = "nothing to show" if len(self._t_s) else "waiting for the first samples"
            return self._message(why, width, height)
        if columns < 4 or rows < 2:
            return []
        column_s = max(self._window_s / (2 * columns), SHORTEST_COLUMN_S)
        first = int(np.floor(self._t_s[-1] / column_s)) - 2 * columns + 1
        least, greatest = spans(self._t_s[good], self._value_deg[good], first, 2 * columns, column_s)
        bottom_deg, top_deg = scale_deg(least, greatest)
        # The topmost line is left free for marks.
        upper, lower = (dots(v, bottom_deg, top_deg, rows - 1) + 4 for v in (greatest, least))
        labels = _labels(bottom_deg, top_deg, rows)
        marks = _placed(self._marks, upper, first, column_s, rows)
        lines = braille(upper, lower, columns, rows)
        strips = [self._line(line, marks[y], labels.get(y)) for y, line in enumerate(lines)]
        axis = self.get_component_rich_style("signal-strip--axis")
        ago = _ago(2 * columns * column_s)
        strips.append(Strip([Segment(" " * AXIS_COLUMNS + ago + "now".rjust(columns - len(ago)), axis)], width))
        return strips

    def _line(self, line: str, marks: dict[int, MarkKind], label: str | None) -> Strip:
        axis = self.get_component_rich_style("signal-strip--axis")
        segments = [Segment(f"{label or '':>{AXIS_COLUMNS - 2}} " + ("┤" if label else "│"), axis)]
        done = 0
        for column, kind in sorted(marks.items()):
            segments.append(Segment(line[done:column], self.rich_style))
            segments.append(Segment(GLYPHS[kind], self.get_component_rich_style(f"signal-strip--{kind}")))
            done = column + 1
        segments.append(Segment(line[done:], self.rich_style))
        return Strip(segments, AXIS_COLUMNS + len(line))

    def _message(self, text: str, width: int, height: int) -> list[Strip]:
        style = self.get_component_rich_style("signal-strip--axis")
        lines = [Strip.blank(width, style)] * height
        lines[height // 2] = Strip([Segment(text[:width].center(width), style)], width)
        return lines


def _labels(bottom_deg: float, top_deg: float, rows: int) -> dict[int, str]:
    """What to write beside which line: both ends of the axis, and zero or its middle."""
    labelled_deg = np.array([top_deg, 0.0 if bottom_deg < 0.0 else top_deg / 2, bottom_deg])
    lines = dots(labelled_deg, bottom_deg, top_deg, rows - 1) // 4 + 1
    return {int(line): f"{deg:.0f}°" for line, deg in zip(lines, labelled_deg, strict=True)}


def _placed(marks: Iterable[Mark], upper: Ints, first: int, column_s: float, rows: int) -> list[dict[int, MarkKind]]:
    """For every line the marks on it by column: each just above the curve (``upper``, in dots) at its moment."""
    placed: list[dict[int, MarkKind]] = [{} for _ in range(rows)]
    for mark in sorted(marks, key=lambda mark: RANK[mark.kind]):
        dot = int(np.floor(mark.t_s / column_s)) - first
        if 0 <= dot < len(upper):
            column = dot // 2
            highest = int(upper[max(2 * column - 1, 0) : 2 * column + 3].min())
            placed[min(max(highest // 4 - 1, 0), rows - 1)][column] = mark.kind
    return placed


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s ago" if seconds < 100 else f"{seconds / 60:.0f} min ago"


def spans(t_s: Array, value_deg: Array, first: int, count: int, column_s: float) -> tuple[Array, Array]:
    """Least and greatest value, each (count,), in the columns of time from number ``first`` on; NaN where empty.

    Neighbouring columns are made to touch, as the curve between their samples does.
    """
    least, greatest = np.full(count, np.nan), np.full(count, np.nan)
    column = np.floor(t_s / column_s).astype(np.int64) - first
    inside = (column >= 0) & (column < count)
    column, value_deg = column[inside], value_deg[inside]
    if not len(column):
        return least, greatest
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    least[column[starts]] = np.minimum.reduceat(value_deg, starts)
    greatest[column[starts]] = np.maximum.reduceat(value_deg, starts)
    low, high = least.copy(), greatest.copy()
    rises, falls = low[1:] > high[:-1], high[1:] < low[:-1]
    least[1:][rises] = high[:-1][rises]
    greatest[1:][falls] = low[:-1][falls]
    return least, greatest


def scale_deg(least: Array, greatest: Array) -> tuple[float, float]:
    """Bottom and top of the axis in round degrees; zero is always on it."""

    def full(deg: float) -> float:
        return next((s for s in FULL_SCALES_DEG if s >= deg), FULL_SCALES_DEG[-1])

    low, high = (float(v) for v in (np.nanmin(least, initial=0.0), np.nanmax(greatest, initial=0.0)))
    return -full(-low) if low < -1.0 else 0.0, full(high)


def dots(value_deg: Array, bottom_deg: float, top_deg: float, rows: int) -> Ints:
    """The line of dots, counted from the top, of each value; far below the picture where it is NaN."""
    line = (top_deg - value_deg) / (top_deg - bottom_deg) * (4 * rows - 1)
    return np.where(np.isnan(line), 10**6, np.clip(np.rint(np.nan_to_num(line)), 0, 4 * rows - 1)).astype(np.int64)


def braille(upper: Ints, lower: Ints, columns: int, rows: int) -> list[str]:
    """``rows`` lines of ``columns`` braille cells with the dots from ``upper`` to ``lower`` (2 * columns,) set."""
    line = np.arange(4 * rows)[:, None]
    lit = (line >= upper) & (line <= lower)
    cells = (lit.reshape(rows, 4, columns, 2) * DOT_BITS[:, None, :]).sum(axis=(1, 3))
    # Some fonts draw the empty cell as eight hollow dots: a space is a space everywhere.
    cells = np.where(cells == 0, ord(" "), BRAILLE + cells)
    return ["".join(map(chr, row)) for row in cells.tolist()]
