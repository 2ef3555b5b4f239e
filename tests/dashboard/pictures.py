"""A screen as a picture in text: its lines as they are read, and below them the colours of every stretch.

Cheaper by far than an SVG, and where two differ the lines that differ can be read.
"""

from __future__ import annotations

from itertools import groupby
from string import ascii_letters

from textual._context import visible_screen_stack
from textual.app import App
from textual.strip import Strip


def strips(app: App[None]) -> list[Strip]:
    """The lines of the terminal, with what lies below a question."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()


def picture(app: App[None]) -> str:
    """What the terminal would show now."""
    letters: dict[str, str] = {}
    texts, colours = [], []
    for line in strips(app):
        cells = [(str(segment.style or ""), segment.text) for segment in line if not segment.control]
        texts.append("".join(text for _, text in cells).rstrip())
        stretches = []
        for style, group in groupby(cells, key=lambda cell: cell[0]):
            letter = letters.setdefault(style, ascii_letters[len(letters) % 52] * (1 + len(letters) // 52))
            stretches.append(f"{sum(len(text) for _, text in group)}{letter}")
        colours.append(" ".join(stretches))
    said = [f"{letter}: {style}" for style, letter in letters.items()]
    repeated = [f"{len(list(group))} x {colour}" for colour, group in groupby(colours)]
    return "\n".join([*texts, "- colours, in columns", *repeated, *said, ""])
