"""At the desk: how far the trunk leans against the reference, what that means in words, and what today was like."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS, SignalStrip
from rhomboid.dashboard.widgets.trunk_gauge import TrunkGauge
from rhomboid.motion.pipeline import MotionState
from rhomboid.words import POSTURES, clock

WINDOW_S = 300.0
SIDEWAYS_FROM_DEG = 3
"""A smaller bend to the side is not worth a word."""


class DeskScreen(ModeScreen):
    """Draws what is observed and what the desk's coach says of the day."""

    MODE = "desk"
    CSS = """
    DeskScreen #now { height: 12fr; }
    DeskScreen #strip { height: 8fr; }
    DeskScreen #events { height: 5fr; }
    DeskScreen #trunk { width: 3fr; }
    DeskScreen #trunk.-slouching { border: heavy $warning; }
    DeskScreen #trunk.-slouching #posture { background: $warning; color: $text; }
    DeskScreen #trunk.-unknown #angle { display: none; }
    DeskScreen #trunk.-unknown #angle-words { height: 1fr; text-wrap: wrap; }
    DeskScreen #posture { text-style: bold; }
    DeskScreen TrunkGauge { height: 2; }
    DeskScreen.-short #events, DeskScreen.-tiny #events { display: none; }
    DeskScreen.-tiny #strip, DeskScreen.-tiny TrunkGauge { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start(False)", "start", tooltip="start a session at the desk", key_display="enter"),
        Binding("d", "start(True)", "demo", tooltip="start with a simulated wearer", key_display="d"),
    ]

    def body(self) -> ComposeResult:
        with Horizontal(id="now"), Vertical(id="trunk", classes="card") as card:
            card.border_title = "trunk angle, degrees"
            yield PlainText(id="posture", classes="words")
            yield BigNumber("-", reserve="00", id="angle")
            yield PlainText(id="angle-words", classes="words")
            yield TrunkGauge()
        with Vertical(id="strip", classes="card") as card:
            card.border_title = "tilt against the reference"
            card.border_subtitle = f"{GLYPHS['slouch']} sit tall"
            yield SignalStrip()
        with Vertical(id="events", classes="card") as card:
            card.border_title = "events"
            yield EventList()

    def draw_body(self) -> None:
        observed, state, session = self.observed, self.observed.state, self.session
        if self.is_drawn(observed.revision):
            return
        directed = state.flexion_deg is not None
        angle_deg = state.flexion_deg if directed else state.tilt_deg
        self.query_one("#angle", BigNumber).text = "-" if angle_deg is None else str(abs(round(angle_deg)))
        self.set_text("#angle-words", trunk_words(state) or f"— {observed.reference_remark}")
        self.set_text("#posture", posture_words(state, alerted=observed.slouch_alerted))
        trunk = self.query_one("#trunk")
        trunk.set_class(angle_deg is None, "-unknown")
        trunk.set_class(observed.slouch_alerted and state.slouching_s is not None, "-slouching")
        gauge = self.query_one(TrunkGauge)
        gauge.directed = directed or angle_deg is None
        gauge.angle_deg = None if angle_deg is None else round(angle_deg)
        gauge.limit_deg = None if session is None else session.threshold_deg
        t_s, _, tilt_deg = observed.signal.newest(WINDOW_S)
        self.query_one(SignalStrip).show(t_s, tilt_deg, observed.marks, WINDOW_S)
        self.query_one(EventList).show(reversed(observed.told))

    def action_start(self, demo: bool) -> None:
        self.house_app.begin(Wish(purpose="desk", demo=demo))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A session is started where none goes on."""
        return action != "start" or self.session is None or self.session.finished


def trunk_words(state: MotionState) -> str:
    """The trunk's angle against the reference as people say it; empty while there is none."""
    if state.flexion_deg is None:
        return "" if state.tilt_deg is None else f"{state.tilt_deg:.0f}° off the reference"
    forward = round(state.flexion_deg)
    text = f"{abs(forward)}° " + ("forward" if forward > 0 else "back" if forward < 0 else "off the reference")
    side = round(state.lateral_deg or 0.0)
    if abs(side) >= SIDEWAYS_FROM_DEG:
        text += f", {abs(side)}° to the {'left' if side > 0 else 'right'}"
    return text


def posture_words(state: MotionState, *, alerted: bool) -> str:
    """The posture, and for how long it has been beyond the threshold."""
    if state.slouching_s is None:
        return POSTURES[state.posture]
    if alerted:
        return f"slouching for {clock(state.slouching_s)}: sit tall"
    return f"{POSTURES[state.posture]} for {clock(state.slouching_s)}"
