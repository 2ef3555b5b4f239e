"""At the desk: how far the trunk leans against the reference, what that means in words, and what today was like."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from rhomboid.coach.desk_decisions import duration
from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.day_bar import LETTERS, DayBar
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainLines, PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS, SignalStrip
from rhomboid.dashboard.widgets.trunk_gauge import TrunkGauge
from rhomboid.motion.pipeline import MotionState
from rhomboid.words import POSTURES, clock

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action
    from rhomboid.coach.desk_state import DeskState

WINDOW_S = 300.0
MOST_DOTS = 10
WORDS = {"cannot_tell": "unknown", "not_worn": "not worn"}
NOBODY = "no day at the desk goes on\nenter starts one with the sensor\nd shows a simulated one"
SIDEWAYS_FROM_DEG = 3
"""A smaller bend to the side is not worth a word."""


class DeskScreen(ModeScreen):
    """Draws what is observed and what the desk's coach says of the day."""

    MODE = "desk"
    CSS = """
    DeskScreen #now { height: 11fr; }
    DeskScreen #day { height: 4; }
    DeskScreen #strip { height: 7fr; }
    DeskScreen #events { height: 5fr; }
    DeskScreen #trunk { width: 4fr; }
    DeskScreen #alerts { width: 3fr; }
    DeskScreen #alerts.-held { border: round $warning; }
    DeskScreen #budget { height: 1fr; }
    DeskScreen DayBar { height: 2; }
    .day-bar--hours { color: $text-muted; }
    .day-bar--upright { background: $success-muted; color: $text; }
    .day-bar--slouching { background: $warning; color: $text; text-style: bold; }
    .day-bar--leaning { background: $accent-muted; color: $text; }
    .day-bar--moving { background: $primary-muted; color: $text; }
    DeskScreen #trunk.-slouching #posture:ansi { color: ansi_black; }
    DeskScreen:ansi .day-bar--slouching, DeskScreen:ansi .day-bar--upright { color: ansi_black; }
    DeskScreen:ansi .day-bar--leaning, DeskScreen:ansi .day-bar--moving { color: ansi_black; }
    .day-bar--lying, .day-bar--cannot_tell, .day-bar--not_worn { background: $panel; color: $text-muted; }
    DeskScreen #trunk.-slouching { border: heavy $warning; }
    DeskScreen #trunk.-slouching #posture { background: $warning; color: $text; }
    DeskScreen #trunk.-unknown #angle { display: none; }
    DeskScreen #trunk.-unknown #angle-words { height: 1fr; text-wrap: wrap; }
    DeskScreen #posture { text-style: bold; }
    DeskScreen TrunkGauge { height: 2; }
    DeskScreen.-short #events, DeskScreen.-tiny #events { display: none; }
    DeskScreen.-tiny #strip, DeskScreen.-tiny TrunkGauge, DeskScreen.-tiny #day { display: none; }
    DeskScreen.-narrow #alerts { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start(False)", "start", tooltip="start a session at the desk", key_display="enter"),
        Binding("d", "start(True)", "demo", tooltip="start with a simulated wearer", key_display="d"),
        Binding("s", "act('snooze_30')", "snooze", tooltip="no alerts for 30 minutes", key_display="s"),
        Binding("S", "act('snooze_60')", "snooze 60", show=False, tooltip="no alerts for 60 minutes", key_display="S"),
        Binding("m", "act('mute')", "mute", tooltip="no alerts until tomorrow", key_display="m"),
        Binding("l", "act('listen')", "listen", show=False, tooltip="alerts again, now", key_display="l"),
        Binding("x", "act('not_a_slouch')", "wrong", tooltip="that alert was wrong", key_display="x"),
        Binding("u", "act('undo_not_a_slouch')", "undo", show=False, tooltip="it was right after all", key_display="u"),
        Binding("k", "act('break')", "break", tooltip="two minutes of squeezes or moving about", key_display="k"),
    ]

    def body(self) -> ComposeResult:
        with Horizontal(id="now"):
            with Vertical(id="trunk", classes="card") as card:
                card.border_title = "trunk angle, degrees"
                yield PlainText(id="posture", classes="words")
                yield BigNumber("-", reserve="00", id="angle")
                yield PlainText(id="angle-words", classes="words")
                yield TrunkGauge()
            with Vertical(id="alerts", classes="card") as card:
                card.border_title = "alerts"
                yield PlainLines(id="budget")
        with Vertical(id="day", classes="card") as card:
            card.border_title = "today"
            card.border_subtitle = "  ".join(f"{letter} {WORDS.get(state, state)}" for state, letter in LETTERS.items())
            yield DayBar()
        with Vertical(id="strip", classes="card") as card:
            card.border_title = "tilt against the reference"
            card.border_subtitle = f"{GLYPHS['slouch']} sit tall"
            yield SignalStrip()
        with Vertical(id="events", classes="card") as card:
            card.border_title = "events"
            yield EventList()

    def draw_body(self) -> None:
        observed, state, session = self.observed, self.observed.state, self.session
        self._draw_day()
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
        sitting = self.house_app.sitting
        told = None if sitting is None else sitting.told
        self.query_one(EventList).show(reversed(observed.told) if told is None else told)

    def _draw_day(self) -> None:
        """What the desk's coach says; it goes on by itself, so it is asked every time."""
        sitting = self.house_app.sitting
        desk = None if sitting is None else sitting.desk
        self.query_one("#alerts").set_class(desk is not None and bool(desk.held_by), "-held")
        self.query_one("#budget", PlainLines).text = NOBODY if desk is None else "\n".join(budget_lines(desk))
        self.query_one(DayBar).show({} if desk is None else desk.minutes)

    def action_act(self, action: Action) -> None:
        if self.house_app.sitting is not None:
            self.house_app.sitting.act(action)

    def action_start(self, demo: bool) -> None:
        self.house_app.begin(Wish(purpose="desk", demo=demo))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A session is started where none goes on; the desk's coach is told things where there is one."""
        if action == "act":
            sitting = self.house_app.sitting
            return sitting is not None and sitting.desk is not None and self.session is not None
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


def budget_lines(desk: DeskState) -> list[str]:
    """The day's alerts, breaks and minutes, a sentence each."""
    shown = min(desk.budget, MOST_DOTS)
    left = min(desk.left, shown)
    lines = [f"{'●' * left}{'○' * (shown - left)} {desk.left} of {desk.budget} left today"]
    lines.append(desk.held_by or f"told after {duration(desk.required_s)} of slouching")
    lines.append(f"last break {desk.since_break_s // 60} min ago, {desk.breaks} today")
    lines.append(f"longest without {desk.longest_static_s // 60} min")
    lines.append(f"upright {desk.posture.upright:.0f}, slouching {desk.posture.slouching:.0f} min")
    if desk.raised_deg:
        lines.append(f"limit {desk.raised_deg:g}° wider (no slouch)")
    return lines
