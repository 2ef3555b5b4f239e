"""Recordings: choose one, play it, go to any place of it, and mark what truly happened."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList

from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.screens.desk import posture_words, trunk_words
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.screens.train import phase_words
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.position_bar import PositionBar
from rhomboid.dashboard.widgets.signal_strip import SignalStrip
from rhomboid.errors import RhomboidError, harmless

MOVEMENT_S, TILT_S = 20.0, 300.0


class ReplayScreen(ModeScreen):
    """The session that is played is the one all screens share: Train and Desk show it as well."""

    MODE = "replay"
    AUTO_FOCUS: ClassVar[str | None] = "#files"
    CSS = """
    ReplayScreen #files { width: 34; height: 1fr; border: round $primary; }
    ReplayScreen #path { display: none; height: 3; }
    ReplayScreen #path.-open { display: block; }
    ReplayScreen PositionBar { height: 1; margin: 0 1; }
    ReplayScreen #numbers { height: 1; padding: 0 2; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    ReplayScreen #strip { height: 3fr; }
    ReplayScreen #events { height: 2fr; }
    ReplayScreen.-tiny #events { display: none; }
    ReplayScreen.-narrow #files { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "path", "open", tooltip="open a recording by its name", key_display="o"),
        Binding("a", "annotate", "annotate", tooltip="mark what truly happened in it", key_display="a"),
        Binding("escape", "close_path", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._files: list[Path] = []

    def body(self) -> ComposeResult:
        yield Input(placeholder="a recording (.mcap) or a CSV; enter opens it, escape closes this", id="path")
        with Horizontal():
            yield OptionList(id="files", markup=False)
            with Vertical():
                yield PositionBar()
                yield PlainText(id="numbers")
                with Vertical(id="strip", classes="card"):
                    yield SignalStrip()
                with Vertical(id="events", classes="card") as card:
                    card.border_title = "events"
                    yield EventList()

    def on_mount(self) -> None:
        self.query_one("#files").border_title = "recordings, newest first"

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._list_files()

    @work(exclusive=True, thread=True)
    def _list_files(self) -> None:
        house = self.house_app.house
        files = [] if house is None else house.recordings()
        self.app.call_from_thread(self._show_files, files)

    def _show_files(self, files: list[Path]) -> None:
        if files != self._files or not files:
            self._files = files
            chooser = self.query_one("#files", OptionList)
            chooser.clear_options()
            chooser.add_options([Content(harmless(path.name)) for path in files] or [Content("none here; o opens one")])
            chooser.disabled = not files
            chooser.highlighted = 0 if files else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._open(self._files[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_close_path()
        self._open(Path(event.value).expanduser())

    def on_position_bar_sought(self, message: PositionBar.Sought) -> None:
        if self.session is not None:
            self.session.seek(message.to_s)

    def _open(self, file: Path) -> None:
        self.house_app.begin(Wish(purpose="replay", file=file))

    def action_path(self) -> None:
        entry = self.query_one("#path", Input)
        entry.add_class("-open")
        entry.focus()

    def action_close_path(self) -> None:
        self.query_one("#path").remove_class("-open")
        self.query_one("#files").focus()

    @work(exclusive=True, group="opening")
    async def action_annotate(self) -> None:
        """Opens the chosen recording to be marked; reading all of it takes a while."""
        house, index = self.house_app.house, self.query_one("#files", OptionList).highlighted
        if house is None or index is None or not self._files:
            return
        from rhomboid.dashboard.screens.annotate import AnnotateScreen

        file = self._files[index]
        try:
            with self.house_app.taking_long(f"reading {file.name}"):
                seen, editor, save = await house.study(file)
        except RhomboidError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.app.push_screen(AnnotateScreen(seen, editor, save))

    def draw_body(self) -> None:
        session, observed, state = self.session, self.observed, self.observed.state
        bar = self.query_one(PositionBar)
        if session is not None:
            bar.duration_s, bar.position_s = session.duration_s, round(session.position_s, 1)
        if self.is_drawn(observed.revision):
            return
        parts = [
            phase_words(state, observed.set_number),
            f"{state.reps} reps",
            posture_words(state, alerted=observed.slouch_alerted),
        ]
        self.set_text("#numbers", "  ·  ".join([*parts, trunk_words(state)]).rstrip(" ·"))
        moves = session is not None and session.counts
        t_s, movement_deg, tilt_deg = observed.signal.newest(MOVEMENT_S if moves else TILT_S)
        card = self.query_one("#strip", Vertical)
        card.border_title = "movement away from the resting pose" if moves else "tilt against the reference"
        strip = self.query_one(SignalStrip)
        strip.show(t_s, movement_deg if moves else tilt_deg, observed.marks, MOVEMENT_S if moves else TILT_S)
        self.query_one(EventList).show(reversed(observed.told))
