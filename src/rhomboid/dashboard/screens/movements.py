"""Stepping back: every movement that was counted or refused, with its piece of signal, its figures, and why."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, OptionList

from rhomboid.dashboard.observed import Judged, MarkKind
from rhomboid.dashboard.screens.over import OverScreen
from rhomboid.dashboard.widgets.piece import Piece
from rhomboid.dashboard.widgets.plain_text import PlainLines, PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS
from rhomboid.errors import harmless
from rhomboid.words import clock


class MovementsScreen(OverScreen[None]):
    """``judged`` is what there was when it was opened: a list that grows would move under the cursor."""

    CSS = """
    MovementsScreen { background: $background; }
    MovementsScreen #list { width: 30; height: 1fr; border: round $primary; }
    MovementsScreen #piece { height: 1fr; }
    MovementsScreen #figures { height: 8; padding: 0 1; text-wrap: wrap; }
    MovementsScreen #reason { height: auto; max-height: 4; padding: 0 1; text-style: bold; text-wrap: wrap; }
    MovementsScreen .piece--axis { color: $text-muted; }
    MovementsScreen .piece--moment { color: $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,v,q", "dismiss", "back", key_display="esc")]

    def __init__(self, judged: list[Judged]) -> None:
        super().__init__()
        self._judged = judged[::-1]

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(*(Content(line(judged)) for judged in self._judged), id="list")
            with Vertical(classes="card") as card:
                card.border_title = "movement away from the resting pose"
                yield PlainText(id="reason")
                yield Piece(id="piece")
                yield PlainLines(id="figures")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#list").border_title = "movements, newest first"
        if self._judged:
            self._show(0)
        else:
            self.query_one("#reason", PlainText).text = "nothing has been counted or refused yet"

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._show(event.option_index)

    def _show(self, index: int) -> None:
        judged = self._judged[index]
        self.query_one(Piece).show(judged)
        self.query_one("#reason", PlainText).text = why(judged)
        self.query_one("#figures", PlainText).text = figures(judged, [j for j in self._judged if j.counted])


def line(judged: Judged) -> str:
    """One movement in the list."""
    kind: MarkKind = "counted" if judged.counted else "refused"
    number = f"rep {judged.number}" if judged.counted and judged.number else kind
    return harmless(
        f"{GLYPHS[kind]} {clock(judged.movement.peak_s):>7}  {number:<8} {judged.movement.range_deg:>4.0f}°"
    )


def why(judged: Judged) -> str:
    """Why it was counted or not, as a sentence."""
    if not judged.counted:
        return f"Not counted: {judged.reason}."
    sure = f"{100 * judged.movement.confidence:.0f} % sure"
    if judged.reason:
        return f"Counted afterwards, looking back over the whole set: {judged.reason}."
    return f"Counted as repetition {judged.number} ({sure})." if judged.number else f"Counted ({sure})."


def figures(judged: Judged, counted: list[Judged]) -> str:
    """The movement's figures, each beside the mean of the counted ones."""
    m = judged.movement
    rows = [
        ("range", "range_deg", "°", 0),
        ("way out", "out_s", "s", 1),
        ("far point", "pause_s", "s", 1),
        ("way back", "back_s", "s", 1),
        ("sure", "confidence", "", 2),
        ("smoothness", "smoothness", "", 1),
    ]
    found = [f"{'':<12}{'this one':>10}{'counted ones':>15}"]
    for name, field, unit, digits in rows:
        values = [v for j in counted if (v := getattr(j.movement, field)) is not None]
        mean = f"{sum(values) / len(values):.{digits}f} {unit}" if values else "-"
        value = getattr(m, field)
        found.append(f"{name:<12}{'-' if value is None else f'{value:.{digits}f} {unit}':>10}{mean:>15}")
    if m.side:
        found.append(f"to the {m.side}")
    return "\n".join(found)
