"""The session as it happens: count, hold, trunk, signal and events. Serves live sensors, replay and the demo alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from rhomboid.dashboard.observed import Observed
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS, SignalStrip
from rhomboid.dashboard.widgets.trunk_gauge import TrunkGauge
from rhomboid.words import POSTURES, clock

if TYPE_CHECKING:
    from rhomboid.motion.pipeline import MotionState
    from rhomboid.session import Session

FRAME_RATE_HZ = 15
MOVEMENT_WINDOW_S = 20.0
TILT_WINDOW_S = 300.0
DESK_AFTER_S = 30.0
"""Without a set for this long, the strip turns from the movement to the tilt."""
SIDEWAYS_FROM_DEG = 3
"""A smaller bend to the side is not worth a word."""

LEGEND = f"{GLYPHS['counted']} counted  {GLYPHS['refused']} not counted  {GLYPHS['slouch']} sit tall"
PHASES = {"rest": "resting", "out": "moving out", "pause": "far point", "back": "coming back"}


class LiveScreen(Screen[None]):
    """Draws ``observed`` and the state of ``session``, 15 times a second at most and only what has changed."""

    # Not ClassVar, as Textual declares them: a type checker would refuse.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-normal")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (22, "-normal")]  # noqa: RUF012

    def __init__(self, session: Session, observed: Observed) -> None:
        super().__init__()
        self._session, self._observed = session, observed
        self._drawn_revision = -1

    def compose(self) -> ComposeResult:
        yield PlainText(self._session.title, id="title")
        with Horizontal(id="cards"):
            with Vertical(id="reps", classes="card") as card:
                card.border_title = "reps"
                yield BigNumber("0", reserve="00", id="count")
                yield PlainText(id="phase", classes="words")
            with Vertical(id="hold", classes="card") as card:
                card.border_title = "hold, seconds"
                yield BigNumber("-", reserve="0.0", id="hold-s")
                yield PlainText(id="hold-words", classes="words")
            with Vertical(id="trunk", classes="card") as card:
                card.border_title = "trunk angle, degrees"
                yield BigNumber("-", reserve="00", id="angle")
                yield PlainText(id="angle-words", classes="words")
                yield TrunkGauge()
                yield PlainText(id="posture", classes="words")
        with Vertical(id="strip", classes="card") as card:
            card.border_subtitle = LEGEND
            yield SignalStrip()
        with Vertical(id="events", classes="card") as card:
            card.border_title = "events"
            yield EventList()
        yield PlainText(id="error")
        yield PlainText(id="status")
        yield Footer()

    def on_mount(self) -> None:
        self.set_class(not self._session.counts, "-desk")
        self.set_interval(1 / FRAME_RATE_HZ, self.draw)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Bring every widget up to date; widgets redraw themselves only where something changed."""
        session, observed = self._session, self._observed
        self._text("#status", status_words(session))
        self.query_one("#status").set_class(session.paused or session.finished, "-stopped")
        error = self.query_one("#error", PlainText)
        error.text = "" if session.error is None else f"error: {session.error}"
        error.display = session.error is not None
        if observed.revision == self._drawn_revision:
            return
        self._drawn_revision = observed.revision
        self._draw_numbers(observed.state)
        self._draw_strip()
        self.query_one(EventList).show(reversed(observed.told))

    def _draw_numbers(self, state: MotionState) -> None:
        observed = self._observed
        self.query_one("#count", BigNumber).text = str(state.reps)
        self._text("#phase", phase_words(state, observed.set_number))

        holding = state.holding_s is not None
        hold_s = state.holding_s if holding else observed.last_hold_s
        number = self.query_one("#hold-s", BigNumber)
        number.text = "-" if hold_s is None else f"{hold_s:.1f}"
        number.set_class(not holding, "-past")
        self._text("#hold-words", "holding" if holding else "no hold yet" if hold_s is None else "last hold")

        directed = state.flexion_deg is not None
        angle_deg = state.flexion_deg if directed else state.tilt_deg
        self.query_one("#angle", BigNumber).text = "-" if angle_deg is None else str(abs(round(angle_deg)))
        self._text("#angle-words", trunk_words(state) or f"— {observed.reference_remark}")
        self.query_one("#trunk").set_class(angle_deg is None, "-unknown")
        gauge = self.query_one(TrunkGauge)
        gauge.directed = directed or angle_deg is None
        gauge.angle_deg = None if angle_deg is None else round(angle_deg)
        slouching = observed.slouch_alerted and state.slouching_s is not None
        self._text("#posture", posture_words(state, alerted=observed.slouch_alerted))
        self.query_one("#trunk").set_class(slouching, "-slouching")

    def _draw_strip(self) -> None:
        signal, card = self._observed.signal, self.query_one("#strip", Vertical)
        desk = not signal.has_movement or self._observed.since_set_s > DESK_AFTER_S
        if signal.has_tilt and desk:
            t_s, _, value_deg = signal.newest(TILT_WINDOW_S)
            title, window_s = "tilt against the reference", TILT_WINDOW_S
        else:
            t_s, value_deg, _ = signal.newest(MOVEMENT_WINDOW_S)
            title, window_s = "movement away from the resting pose", MOVEMENT_WINDOW_S
        card.border_title = title
        self.query_one(SignalStrip).show(t_s, value_deg, self._observed.marks, window_s)

    def _text(self, selector: str, text: str) -> None:
        self.query_one(selector, PlainText).text = text


def phase_words(state: MotionState, set_number: int) -> str:
    """The set and what is going on in it."""
    if state.in_set:
        return f"set {max(set_number, 1)}: {PHASES.get(state.phase, state.phase)}"
    return f"set {set_number} done" if set_number else "no set yet"


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


def status_words(session: Session) -> str:
    """Where the session is and what it is doing."""
    stopping = session.stopping and session.live
    doing = "ended" if session.finished else "stopping" if stopping else "paused" if session.paused else "running"
    if session.duration_s is None:
        time = clock(session.position_s)
    else:
        time = f"{clock(min(session.position_s, session.duration_s))} of {clock(session.duration_s)}"
    speed = "as fast as possible" if math.isinf(session.speed) else f"×{session.speed * session.pace:g}"
    if session.pace != 1.0:
        speed += " (compressed)"
    rate = f"{session.sampling_rate_hz:.1f} Hz" if session.live and session.sampling_rate_hz else ""
    return "  ·  ".join(part for part in (doing, time, session.section, rate, speed) if part)
