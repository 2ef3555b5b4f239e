"""Questions over whatever screen is open: a number from 0 to 10, one of a few answers, a line of text, a warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, OptionList, Static

from rhomboid.coach.safety import AFTER_THE_LIST, BEFORE_THE_LIST, RED_FLAGS
from rhomboid.dashboard.screens.over import OverScreen
from rhomboid.errors import harmless

BOX = """
{0} {{ align: center middle; }}
{0} #box {{ width: 64; max-width: 100%; height: auto; max-height: 100%; border: round $accent; padding: 1 2;
    background: $surface; }}
{0} OptionList {{ height: auto; max-height: 16; border: none; }}
"""


class ChoiceScreen(OverScreen[str | None]):
    """Gives the chosen answer's name; None where nobody chose. A digit chooses the answer that it begins."""

    CSS = BOX.format("ChoiceScreen")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "close")]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        """``answers``: name and words of each."""
        super().__init__()
        self._question, self._answers = question, list(answers)

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_subtitle = "enter, a digit or a click; escape closes"
            yield Static(Content.styled(harmless(self._question), "bold"))
            yield OptionList(*(Content(harmless(words)) for _, words in self._answers), markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._answers[event.option_index][0])

    def on_key(self, event: Key) -> None:
        """A digit is the answer whose words begin with it, and nothing else here."""
        if event.character is not None and event.character.isdigit():
            event.stop()
            event.prevent_default()
            found = [name for name, words in self._answers if words.split()[:1] == [event.character]]
            if found:
                self.dismiss(found[0])


class TextScreen(OverScreen[str | None]):
    """Gives the line that was typed; None where nobody typed one."""

    CSS = BOX.format("TextScreen")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "close")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_subtitle = "enter keeps it; escape closes"
            yield Static(Content.styled(harmless(self._question), "bold"))
            yield Input(max_length=500)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)


class RedFlagsScreen(OverScreen[bool]):
    """The warning signs; gives whether to go on. ``asked``: training waits for the answer."""

    CSS = BOX.format("RedFlagsScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,f", "dismiss(True)", "go on"),
        Binding("e", "dismiss(False)", "end"),
    ]

    def __init__(self, *, asked: bool) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box") as box:
            box.border_title = "warning signs"
            box.border_subtitle = "enter: none of these, go on; e: end here" if self._asked else "escape closes"
            yield Static(Content.styled(BEFORE_THE_LIST, "bold"))
            yield Static(Content("\n".join(f"- {flag}" for flag in RED_FLAGS)))
            yield Static(Content(AFTER_THE_LIST))


def scale(low: str, high: str) -> list[tuple[str, str]]:
    """The answers from 0 to 10."""
    named = {0: f"0  {low}", 10: f"10  {high}"}
    return [(str(n), named.get(n, str(n))) for n in range(11)]
