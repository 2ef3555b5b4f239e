"""Sensors: what is in the air, the link that stands, and what the doctor says of it."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.worker import Worker

from rhomboid.dashboard.house import Heard, Wish
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.plain_text import PlainLines, PlainText
from rhomboid.errors import RhomboidError, harmless

CHECK_S = 10.0
"""How long the doctor listens; to find and to connect comes on top."""


class SensorsScreen(ModeScreen):
    """Listens while it is looked at and nothing is connected: a sensor that is connected advertises no more."""

    MODE = "sensors"
    AUTO_FOCUS: ClassVar[str | None] = "#heard"
    CSS = """
    SensorsScreen #link { height: 5; }
    SensorsScreen #link PlainText { height: 1fr; text-wrap: wrap; }
    SensorsScreen #air { height: 2fr; }
    SensorsScreen #heard { height: 1fr; border: none; }
    SensorsScreen #doctor { height: 3fr; display: none; }
    SensorsScreen #doctor.-open { display: block; }
    SensorsScreen #findings { height: 1fr; }
    SensorsScreen.-tiny #link { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "listen", "scan", tooltip="listen to what is in the air", key_display="s"),
        Binding("c", "examine", "check", tooltip="ten seconds of the real link, measured", key_display="c"),
        Binding("escape", "cancel", "stop", tooltip="stop listening or checking", key_display="esc"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Heard] = []
        self._working: Worker[None] | None = None
        self._examining_since: float | None = None

    def body(self) -> ComposeResult:
        with Vertical(id="link", classes="card") as card:
            card.border_title = "the link"
            yield PlainLines(id="link-words")
        with Vertical(id="air", classes="card") as card:
            card.border_title = "in the air"
            card.border_subtitle = "enter connects"
            yield PlainText("s listens to what is in the air", id="air-words", classes="words")
            yield OptionList(id="heard", markup=False)
        with Vertical(id="doctor", classes="card") as card:
            card.border_title = "the doctor"
            yield PlainLines(id="findings")

    def draw_body(self) -> None:
        self.set_text("#link-words", self._link_words())
        if self._examining_since is not None:
            for_s = monotonic() - self._examining_since
            self.set_text("#findings", f"listening to the sensor: {for_s:.0f} s of some {CHECK_S:.0f}; esc stops it")

    def _link_words(self) -> str:
        session, observed = self.session, self.observed
        if session is None or session.finished:
            return "No sensor is connected."
        if not session.live:
            return f"Played, not worn: {session.title}."
        battery = "not told" if observed.battery_percent is None else f"{observed.battery_percent} %"
        rate = f"{session.sampling_rate_hz:.1f} Hz" if session.sampling_rate_hz else "-"
        return f"{session.title}: {observed.link_words or session.section}\nbattery {battery}  ·  rate {rate}"

    def on_screen_suspend(self) -> None:
        self.action_cancel()

    def action_listen(self) -> None:
        session = self.session
        if session is not None and session.live and not session.finished:
            self.set_text("#air-words", "a sensor is connected; end the session to look for others")
            return
        self.action_cancel()
        self._working = self._listen()

    def action_examine(self) -> None:
        session = self.session
        if session is not None and session.live and not session.finished:
            self.notify("the check needs the sensor for itself: end the session first", severity="warning")
            return
        self.action_cancel()
        self._working = self._examine()

    def action_cancel(self) -> None:
        if self._working is not None:
            self._working.cancel()
            self._working = None
            self.set_text("#air-words", "stopped; s listens again")
            if self._examining_since is not None:
                self._examining_since = None
                self.set_text("#findings", "stopped; c checks again")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        heard = self._heard[event.option_index]
        if not heard.usable:
            self.notify(harmless(f"{heard.name}: {heard.what}"), severity="warning", markup=False)
            return
        self.action_cancel()
        self.house_app.begin(Wish(purpose="train", address=heard.address))
        self.app.switch_mode("train")

    @work
    async def _listen(self) -> None:
        house = self.house_app.house
        if house is None:
            return
        self.set_text("#air-words", "listening …")
        try:
            async for heard in house.listen():
                self._show(heard)
        except RhomboidError as error:
            self.set_text("#air-words", str(error))

    def _show(self, heard: list[Heard]) -> None:
        if heard == self._heard:
            return
        chooser = self.query_one("#heard", OptionList)
        at = chooser.highlighted
        chosen = self._heard[at].address if at is not None and at < len(self._heard) else None
        self._heard = heard
        chooser.clear_options()
        chooser.add_options([Content(row(h)) for h in heard])
        places = [h.address for h in heard]
        chooser.highlighted = places.index(chosen) if chosen in places else 0 if heard else None

    @work
    async def _examine(self) -> None:
        house, at = self.house_app.house, self.query_one("#heard", OptionList).highlighted
        if house is None:
            return
        address = self._heard[at].address if at is not None and at < len(self._heard) else None
        self.query_one("#doctor").add_class("-open")
        self._examining_since = monotonic()
        try:
            found = await house.examine(address)
        except RhomboidError as error:
            self._examining_since = None
            self.set_text("#findings", str(error))
            return
        self._examining_since = None
        width = max(len(finding.name) for finding in found)
        self.query_one("#findings", PlainText).text = "\n".join(f"{f.name:<{width}}  {f.value}" for f in found)


def row(heard: Heard) -> str:
    """One device of the list."""
    mark = "●" if heard.usable else "○"
    return harmless(f"{mark} {heard.name:<22.22} {heard.signal:>8} {heard.battery:>6}  {heard.what}")
