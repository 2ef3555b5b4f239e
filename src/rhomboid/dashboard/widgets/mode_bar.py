"""The line on top: which screens there are, which key opens each, and which one is open."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from rhomboid.dashboard.modes import MODES


class ModeBar(Widget):
    """Every mode with its key; a click opens it. Where there is no room for all names, most keys stand alone."""

    class Chosen(Message):
        """A mode was clicked."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, current: str) -> None:
        super().__init__()
        self.current = current

    def render(self) -> Content:
        parts: list[Content] = []
        for name, text in labels(self.current, self.size.width):
            style = "bold reverse" if name == self.current else ""
            parts += [Content.styled(text.rstrip(), style), Content(" " * (len(text) - len(text.rstrip())))]
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Opens the mode whose label is under the pointer."""
        column = 0
        for name, text in labels(self.current, self.size.width):
            column += len(text)
            if event.x < column:
                self.post_message(self.Chosen(name))
                return


def labels(current: str, width: int) -> list[tuple[str, str]]:
    """The name of each mode and the text that stands for it, as full as ``width`` allows."""
    long = [(m.name, f" {m.key} {m.label}  ") for m in MODES]
    middle = [(m.name, f"{m.key} {m.label} ") for m in MODES]
    tight = [(m.name, f"{m.key}{m.label} ") for m in MODES]
    short = [(m.name, f"{m.key} {m.label} " if m.name == current else f"{m.key} ") for m in MODES]
    return next((form for form in (long, middle, tight) if sum(len(text) for _, text in form) <= width + 1), short)
