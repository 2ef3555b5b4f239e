"""Training: the count in digits to be read from two metres, the hold or the rest in hand, tempo, signal and events."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.observed import Observed
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS, SignalStrip
from rhomboid.dashboard.widgets.tempo_bar import Tempo, TempoBar
from rhomboid.motion.pipeline import MotionState
from rhomboid.words import POSTURES

WINDOW_S = 20.0
TEMPO_REPS = 5
"""So many of the last repetitions make the tempo that the bar shows, where none is prescribed."""
LEGEND = f"{GLYPHS['counted']} counted  {GLYPHS['refused']} not counted  v: why"
PHASES = {"rest": "resting", "out": "moving out", "pause": "far point", "back": "coming back"}


class TrainScreen(ModeScreen):
    """Draws what is observed; what its keys say goes to the session."""

    MODE = "train"
    CSS = """
    TrainScreen #now { height: 13fr; }
    TrainScreen #strip { height: 8fr; }
    TrainScreen #events { height: 5fr; }
    TrainScreen #reps { width: 5fr; }
    TrainScreen #set { width: 6fr; }
    TrainScreen #count { color: $success; }
    TrainScreen #clock { color: $accent; }
    TrainScreen #clock.-past { color: $text-muted; }
    TrainScreen #exercise, TrainScreen #phase { text-style: bold; }
    TrainScreen TempoBar { height: 1; }
    TrainScreen.-short #events, TrainScreen.-tiny #events { display: none; }
    TrainScreen.-tiny #strip, TrainScreen.-tiny .minor { display: none; }
    TrainScreen.-narrow #set { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start(False)", "start", tooltip="start training with the sensor", key_display="enter"),
        Binding("d", "start(True)", "demo", tooltip="start with a simulated wearer", key_display="d"),
        Binding("v", "movements", "why", tooltip="step back: why each movement was counted or not", key_display="v"),
    ]

    def body(self) -> ComposeResult:
        with Horizontal(id="now"):
            with Vertical(id="reps", classes="card") as card:
                card.border_title = "reps"
                yield BigNumber("0", reserve="00", id="count")
                yield PlainText(id="phase", classes="words")
            with Vertical(id="set", classes="card") as card:
                card.border_title = "hold, seconds"
                yield BigNumber("-", reserve="0.0", id="clock")
                yield PlainText(id="clock-words", classes="words")
                yield TempoBar(classes="minor")
                yield PlainText(id="posture", classes="words minor")
        with Vertical(id="strip", classes="card") as card:
            card.border_title, card.border_subtitle = "movement away from the resting pose", LEGEND
            yield SignalStrip()
        with Vertical(id="events", classes="card") as card:
            card.border_title = "events"
            yield EventList()

    def draw_body(self) -> None:
        if self.is_drawn(self.observed.revision):
            return
        observed, state = self.observed, self.observed.state
        self.query_one("#count", BigNumber).text = str(state.reps)
        self.set_text("#phase", phase_words(state, observed.set_number))
        self._draw_clock()
        bar = self.query_one(TempoBar)
        bar.tempo, bar.phase = usual_tempo(observed), state.phase if state.in_set else "rest"
        bar.in_phase_s = round(max(state.t_s - observed.phase_since_s, 0.0), 1)
        self.set_text("#posture", POSTURES[state.posture])
        t_s, movement_deg, _ = observed.signal.newest(WINDOW_S)
        self.query_one(SignalStrip).show(t_s, movement_deg, observed.marks, WINDOW_S)
        self.query_one(EventList).show(reversed(observed.told))

    def _draw_clock(self) -> None:
        observed, state = self.observed, self.observed.state
        holding = state.holding_s is not None
        hold_s = state.holding_s if holding else observed.last_hold_s
        number = self.query_one("#clock", BigNumber)
        number.text = "-" if hold_s is None else f"{hold_s:.1f}"
        number.set_class(not holding, "-past")
        self.set_text("#clock-words", "holding" if holding else "no hold yet" if hold_s is None else "last hold")

    def action_start(self, demo: bool) -> None:
        self.house_app.begin(Wish(purpose="train", demo=demo))

    def action_movements(self) -> None:
        from rhomboid.dashboard.screens.movements import MovementsScreen

        self.app.push_screen(MovementsScreen(list(self.observed.judged)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A session is started where none goes on."""
        return action != "start" or self.session is None or self.session.finished


def phase_words(state: MotionState, set_number: int) -> str:
    """The set and what is going on in it."""
    if state.in_set:
        return f"set {max(set_number, 1)}: {PHASES.get(state.phase, state.phase)}"
    return f"set {set_number} done" if set_number else "no set yet"


def usual_tempo(observed: Observed) -> Tempo | None:
    """What the last counted repetitions took on average, phase by phase."""
    last = [j.movement for j in observed.judged if j.counted and j.movement.out_s > 0.0][-TEMPO_REPS:]
    if not last:
        return None
    return Tempo(*(sum(getattr(m, name) for m in last) / len(last) for name in ("out_s", "pause_s", "back_s")))
