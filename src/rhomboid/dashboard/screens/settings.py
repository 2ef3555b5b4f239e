"""Every option with its value and what it means. A change is saved at once, and can be taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from rhomboid.dashboard.options import Option, changed, options, read, shown
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.errors import RhomboidError, harmless


class SettingsScreen(ModeScreen):
    """Enter changes the option under the cursor: to its next value, or to what is typed."""

    MODE = "settings"
    AUTO_FOCUS: ClassVar[str | None] = "#options"
    CSS = """
    SettingsScreen #options { width: 47; height: 1fr; border: round $primary; }
    SettingsScreen #meaning { height: auto; }
    SettingsScreen #value { display: none; height: 3; }
    SettingsScreen #value.-open { display: block; }
    SettingsScreen #said { height: auto; max-height: 4; text-wrap: wrap; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u,ctrl+z", "undo", "undo", tooltip="take back the last change", key_display="u"),
        Binding("r", "reset", "as it comes", tooltip="the option as it comes", key_display="r"),
        Binding("escape", "close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._options: list[Option] = []
        self._before: list[tuple[Option, Any]] = []

    def body(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(id="options", markup=False)
            with Vertical(classes="card") as card:
                card.border_title = "what it means"
                yield Static(id="meaning")
                yield Input(id="value")
                yield PlainText(id="said")

    def on_mount(self) -> None:
        self.query_one("#options").border_title = "options"
        self.query_one("#options").border_subtitle = "enter changes"

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._list()

    def _list(self) -> None:
        self._options = options(self.house_app.settings)
        chooser = self.query_one("#options", OptionList)
        at = chooser.highlighted or 0
        chooser.clear_options()
        width = max(len(option.label) for option in self._options)
        for number, option in enumerate(self._options):
            first = number == 0 or self._options[number - 1].group != option.group
            group = f"{option.group if first else '':<10}"
            value = (shown(option.value), "" if option.value == option.default else "bold")
            chooser.add_option(Content.assemble((group, "dim"), f"{option.label:<{width}}  ", value))
        chooser.highlighted = min(at, len(self._options) - 1)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.action_close()
        self._explain(self._options[event.option_index])

    def _explain(self, option: Option) -> None:
        allowed = option.bounds or " / ".join(map(shown, option.choices))
        lines = [
            Content.styled(f"{option.group}: {option.label}", "bold"),
            Content(harmless(option.words)),
            Content(""),
            Content.assemble("now ", (shown(option.value), "bold"), f", as it comes {shown(option.default)}"),
            Content(f"it may be {allowed}" if allowed else ""),
        ]
        self.query_one("#meaning", Static).update(Content("\n").join(lines))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        option = self._options[event.option_index]
        if option.choices:
            following = (option.choices.index(option.value) + 1) % len(option.choices)
            self._set(option, option.choices[following])
            return
        entry = self.query_one("#value", Input)
        entry.add_class("-open")
        entry.value = shown(option.value)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        at = self.query_one("#options", OptionList).highlighted
        if at is not None and self._set(self._options[at], read(self._options[at], event.value)):
            self.action_close()

    def action_close(self) -> None:
        entry = self.query_one("#value", Input)
        if entry.has_class("-open"):
            entry.remove_class("-open")
            self.query_one("#options").focus()

    def action_undo(self) -> None:
        if self._before:
            option, value = self._before.pop()
            self._set(option, value, remember=False)
        else:
            self.set_text("#said", "nothing was changed here")

    def action_reset(self) -> None:
        at = self.query_one("#options", OptionList).highlighted
        if at is not None:
            self._set(self._options[at], self._options[at].default)

    def _set(self, option: Option, value: Any, *, remember: bool = True) -> bool:
        """Whether it could be set; what is wrong is said."""
        try:
            self.house_app.use_settings(changed(self.house_app.settings, option, value))
        except RhomboidError as error:
            self.set_text("#said", str(error))
            return False
        if remember and value != option.value:
            self._before.append((option, option.value))
        self.set_text("#said", f"saved: {option.label} is {shown(value)}")
        self._list()
        return True
