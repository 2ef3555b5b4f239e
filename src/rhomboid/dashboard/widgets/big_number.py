"""A number as large as its room allows, to be read from two metres: seven-segment digits drawn in half blocks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

#   a
# f   b
#   g
# e   c
#   d
SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc",
    "8": "abcdefg", "9": "abcdfg", "-": "g", " ": "",
}  # fmt: skip
HALF_BLOCKS = " ▄▀█"
SMALLEST_ROWS = 3

Pixels = npt.NDArray[np.bool_]


class BigNumber(Widget):
    """Shows ``text`` (digits, ``-``, ``.`` and spaces) as large as fits; where nothing fits, as plain text.

    ``reserve`` is the text whose width sets the size, so that going from 9 to 10 does not make the digits jump.
    """

    text: reactive[str] = reactive("")

    def __init__(self, text: str = "", *, reserve: str = "00", id: str | None = None) -> None:
        super().__init__(id=id)
        self.reserve = reserve
        self.set_reactive(BigNumber.text, text)

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        rows = rows_that_fit(max(self.text, self.reserve, key=len), width, height)
        line, style = "", self.rich_style
        if rows:
            top = (height - rows) // 2
            if top <= y < top + rows:
                line = big_lines(self.text, rows)[y - top]
        elif y == height // 2:
            line = self.text[:width]
        return Strip([Segment(line.center(width), style)], width)


def rows_that_fit(text: str, width: int, height: int) -> int:
    """The largest height at which ``text`` is no wider than ``width``; 0 where even the smallest is too wide."""
    return next((rows for rows in range(height, SMALLEST_ROWS - 1, -1) if _width(text, rows) <= width), 0)


def _width(text: str, rows: int) -> int:
    digit, stroke, space = _measures(rows)
    return sum(stroke if c == "." else digit for c in text) + space * (len(text) - 1)


def _measures(rows: int) -> tuple[int, int, int]:
    """Columns of a digit, of its strokes and between digits. A half block is about as high as it is wide."""
    stroke = max(1, round(rows / 3.5))
    digit = max(3, round(1.15 * rows))
    return digit, stroke, max(1, round(rows / 4))


def big_lines(text: str, rows: int) -> list[str]:
    """``text`` as ``rows`` lines of half blocks."""
    _, _, space = _measures(rows)
    blank = np.zeros((2 * rows, space), dtype=bool)
    columns = [part for c in text for part in (_pixels(c, rows), blank)]
    upper, lower = (half.astype(int) for half in _halves(np.concatenate(columns[:-1], axis=1)))
    return ["".join(HALF_BLOCKS[i] for i in line) for line in 2 * upper + lower]


def _halves(pixels: Pixels) -> tuple[Pixels, Pixels]:
    return pixels[0::2], pixels[1::2]


def _pixels(character: str, rows: int) -> Pixels:
    """One character, (2 * rows, columns)."""
    width, stroke, _ = _measures(rows)
    height = 2 * rows
    if character == ".":
        dot = np.zeros((height, stroke), dtype=bool)
        dot[-stroke:] = True
        return dot
    middle = (height - stroke) // 2
    where = {
        "a": np.s_[:stroke, :],
        "b": np.s_[: middle + stroke, -stroke:],
        "c": np.s_[middle:, -stroke:],
        "d": np.s_[-stroke:, :],
        "e": np.s_[middle:, :stroke],
        "f": np.s_[: middle + stroke, :stroke],
        "g": np.s_[middle : middle + stroke, :],
    }
    pixels = np.zeros((height, width), dtype=bool)
    for segment in SEGMENTS[character]:
        pixels[where[segment]] = True
    return pixels
