"""What the keys do and what the marks mean, over whatever screen is open."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from rhomboid.dashboard.observed import MarkKind
from rhomboid.dashboard.screens.over import OverScreen
from rhomboid.dashboard.widgets.signal_strip import GLYPHS

MARKS: dict[MarkKind, str] = {
    "counted": "a repetition that was counted, at its far point",
    "refused": "a movement that was not counted; the events say why",
    "slouch": "you were told to sit tall",
}
NOTES = (
    "Training shows the movement away from the resting pose, the desk the tilt against the reference. The reference is"
    " how you sat or stood in the first quiet seconds, or calibrated. One sensor cannot tell leaning from slouching.",
    "ctrl+p finds everything there is to do by its name, on every screen.",
)


class HelpScreen(OverScreen[None]):
    """Closed by any of its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "close")]

    def __init__(
        self, keys: dict[str, str], marks: dict[str, str] | None = None, notes: tuple[str, ...] = NOTES
    ) -> None:
        """``keys``: what to press and what it does; ``marks``: what is drawn and means (None: those of the strip)."""
        super().__init__()
        self._keys, self._notes = keys, notes
        self._marks = {GLYPHS[kind]: meaning for kind, meaning in MARKS.items()} if marks is None else marks

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title, box.border_subtitle = "help", "escape closes"
            yield Static(Content("\n").join([*_table("Keys", self._keys), *_table("Marks", self._marks)]))
            for note in self._notes:
                yield Static(Content(note), classes="note")


def _table(title: str, rows: dict[str, str]) -> list[Content]:
    lines = [Content.assemble((f"  {left:<8}", "bold"), right) for left, right in rows.items()]
    return [Content.styled(title, "bold $accent"), *lines, Content("")]
