"""Training: the count in digits to be read from two metres, the hold or the rest in hand, tempo, signal and events.

Where a coach guides the session, what it says and asks stands here, and the keys tell it what only the wearer knows.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from rhomboid.coach.guided_state import GuidedState, Question
from rhomboid.coach.words import count
from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.observed import Observed
from rhomboid.dashboard.screens.ask import ChoiceScreen, RedFlagsScreen, TextScreen, scale
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.signal_strip import GLYPHS, SignalStrip
from rhomboid.dashboard.widgets.tempo_bar import Tempo, TempoBar
from rhomboid.imu import CommandKind
from rhomboid.motion.pipeline import MotionState
from rhomboid.words import POSTURES, clock

WINDOW_S = 20.0
TEMPO_REPS = 5
"""So many of the last repetitions make the tempo that the bar shows, where none is prescribed."""
LEGEND = f"{GLYPHS['counted']} counted  {GLYPHS['refused']} not counted  v: why"
PHASES = {"rest": "resting", "out": "moving out", "pause": "far point", "back": "coming back"}
ASKED: dict[Question, tuple[str, list[tuple[str, str]]]] = {
    "pain_before": ("How much does it hurt now?", scale("not at all", "as bad as can be")),
    "effort": ("How hard was that set?", scale("no effort", "nothing left")),
    "pain_after": ("How much does it hurt after training?", scale("not at all", "as bad as can be")),
}
REASONS = (
    ("pain", "it hurts"),
    ("tired", "that is enough for today"),
    ("time", "there is no more time"),
    ("other", "another reason"),
)


def _told(key: str, kind: CommandKind, label: str, tooltip: str, shown: str, value: int | None = None) -> Binding:
    return Binding(key, f"tell('{kind}', {value})", label, tooltip=tooltip, key_display=shown)


class TrainScreen(ModeScreen):
    """Draws what is observed and what the coach says; what its keys say goes to the session."""

    MODE = "train"
    CSS = """
    TrainScreen #coach { height: 2; padding: 0 1; display: none; }
    TrainScreen #coach.-guided { display: block; }
    TrainScreen #glance { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    TrainScreen #said { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TrainScreen #coach.-hurt { background: $error; color: $text; }
    TrainScreen #now { height: 13fr; min-height: 13; }
    TrainScreen #strip { height: 8fr; }
    TrainScreen #events { height: 5fr; }
    TrainScreen #reps { width: 5fr; }
    TrainScreen #set { width: 6fr; }
    TrainScreen #count { color: $success; }
    TrainScreen #clock { color: $accent; }
    TrainScreen #clock.-past { color: $text-muted; }
    TrainScreen #phase { text-style: bold; }
    TrainScreen TempoBar { height: 1; }
    TrainScreen.-short #events, TrainScreen.-tiny #events { display: none; }
    TrainScreen.-tiny #strip, TrainScreen.-tiny .minor { display: none; }
    TrainScreen.-tiny #now { min-height: 3; }
    TrainScreen.-narrow #set { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start(False)", "start", tooltip="start training with the sensor", key_display="enter"),
        _told("enter", "go", "go on", "go on: begin, end the set, end the rest", "enter"),
        _told("plus,equals_sign", "count", "+1", "one repetition more than was counted", "+", 1),
        _told("minus,underscore", "count", "-1", "one repetition fewer than was counted", "-", -1),
        _told("exclamation_mark,o", "sharp_pain", "pain", "sharp pain: the set ends at once", "!"),
        _told("p", "pause", "pause", "pause the session, and go on", "p"),
        Binding("d", "start(True)", "demo", tooltip="start with a simulated wearer", key_display="d"),
        _told("d", "discard", "discard", "this set does not count", "d"),
        _told("r", "redo", "redo", "this set again", "r"),
        _told("s", "skip", "skip", "skip this exercise", "s"),
        Binding("x", "swap", "swap", show=False, tooltip="another exercise instead", key_display="x"),
        Binding("e", "end", "end", show=False, tooltip="end the session early, and say why", key_display="e"),
        Binding("a", "note", "note", show=False, tooltip="a note to this session", key_display="a"),
        Binding(
            "f", "red_flags", "warnings", show=False, tooltip="the warning signs: when not to train", key_display="f"
        ),
        Binding("v", "movements", "why", tooltip="step back: why each movement was counted or not", key_display="v"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._asked: object = None
        self._question: ChoiceScreen | RedFlagsScreen | None = None

    @property
    def guided(self) -> GuidedState | None:
        """What the coach says; None: nobody guides."""
        sitting = self.house_app.sitting
        return None if sitting is None else sitting.guided

    def body(self) -> ComposeResult:
        with Vertical(id="coach"):
            yield PlainText(id="glance")
            yield PlainText(id="said")
        with Horizontal(id="now"):
            with Vertical(id="reps", classes="card") as card:
                card.border_title = "reps"
                yield BigNumber("0", reserve="00", id="count")
                yield PlainText(id="phase", classes="words")
            with Vertical(id="set", classes="card"):
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
        guided = self.guided
        self._ask(guided)
        if self.is_drawn((self.observed.revision, guided is None)):
            return
        self._draw_coach(guided)
        observed, state = self.observed, self.observed.state
        self.query_one("#count", BigNumber).text = str(state.reps if guided is None else guided.reps)
        words = phase_words(state, observed.set_number) if guided is None else reps_words(guided)
        self.set_text("#phase", words)
        if guided is None:
            self._draw_hold()
        else:
            self._draw_clock(guided)
        bar = self.query_one(TempoBar)
        asked = None if guided is None else guided.tempo
        bar.tempo = usual_tempo(observed) if asked is None else Tempo(asked.out_s, asked.pause_s, asked.back_s)
        if guided is not None and guided.phase != "working":
            bar.tempo = None
        bar.phase = state.phase if state.in_set or guided is not None else "rest"
        bar.in_phase_s = round(max(state.t_s - observed.phase_since_s, 0.0), 1)
        self.set_text("#posture", POSTURES[state.posture])
        t_s, movement_deg, _ = observed.signal.newest(WINDOW_S)
        self.query_one(SignalStrip).show(t_s, movement_deg, observed.marks, WINDOW_S)
        self.query_one(EventList).show(reversed(observed.told))

    def _draw_coach(self, guided: GuidedState | None) -> None:
        coach = self.query_one("#coach")
        if coach.has_class("-guided") != (guided is not None):
            coach.set_class(guided is not None, "-guided")
            self.refresh_bindings()
        if guided is not None:
            coach.set_class(guided.hurt, "-hurt")
            done = f"{count(guided.sets_done, 'set')} done, {guided.sets_left} to go"
            self.set_text("#glance", "  ·  ".join(part for part in (guided.glance, guided.note, done) if part))
            self.set_text("#said", guided.said)

    def _draw_hold(self) -> None:
        """Without a coach: the hold in hand, or the last one."""
        observed, state = self.observed, self.observed.state
        holding = state.holding_s is not None
        hold_s = state.holding_s if holding else observed.last_hold_s
        number = self.query_one("#clock", BigNumber)
        number.text = "-" if hold_s is None else f"{hold_s:.1f}"
        number.set_class(not holding, "-past")
        self.query_one("#set").border_title = "hold, seconds"
        self.set_text("#clock-words", "holding" if holding else "no hold yet" if hold_s is None else "last hold")

    def _draw_clock(self, guided: GuidedState) -> None:
        """What is left of the phase, or how long it has been held."""
        title, text, words = clock_of(guided)
        self.query_one("#set").border_title = title
        number = self.query_one("#clock", BigNumber)
        number.text = text
        number.remove_class("-past")
        self.set_text("#clock-words", words)

    # --- what the coach asks ------------------------------------------------------------------------------------------

    def _ask(self, guided: GuidedState | None) -> None:
        """Opens the question that the coach asks, once, and closes it when it is asked no more."""
        asks: object = (
            None if guided is None else guided.question or (guided.phase if guided.phase == "red_flags" else None)
        )
        if asks == self._asked:
            return
        self._asked = asks
        if self._question is not None and self.app.screen is self._question:  # it went on without an answer
            self._question.dismiss(None)
        self._question = None
        if guided is None or asks is None:
            return
        if guided.question is None:
            self._question = RedFlagsScreen(asked=True)
            self.app.push_screen(self._question, self._past_red_flags)
        else:
            self._question = ChoiceScreen(*ASKED[guided.question])
            self.app.push_screen(self._question, self._answer)

    def _answer(self, chosen: str | None) -> None:
        if chosen is not None and self.session is not None:
            self.session.tell("number", int(chosen))

    def _past_red_flags(self, go_on: bool | None) -> None:
        if self.session is not None and go_on is not None:
            if go_on:
                self.session.tell("go")
            else:
                self.session.tell("end", text="other")

    # --- keys ---------------------------------------------------------------------------------------------------------

    def action_start(self, demo: bool) -> None:
        self.house_app.begin(Wish(purpose="train", demo=demo))

    def action_tell(self, kind: CommandKind, value: int | None) -> None:
        if self.session is not None:
            self.session.tell(kind, value)

    def action_swap(self) -> None:
        guided = self.guided
        if guided is None or not guided.alternatives:
            self.notify("there is no other exercise to take")
            return
        answers = [(exercise.id, exercise.name) for exercise in guided.alternatives]
        self.app.push_screen(ChoiceScreen("Which one instead?", answers), self._swap)

    def _swap(self, chosen: str | None) -> None:
        if chosen is not None and self.session is not None:
            self.session.tell("swap", text=chosen)

    def action_end(self) -> None:
        self.app.push_screen(ChoiceScreen("End the session here? Because", REASONS), self._end)

    def _end(self, reason: str | None) -> None:
        if reason is not None and self.session is not None:
            self.session.tell("end", text=reason)

    def action_note(self) -> None:
        self.app.push_screen(TextScreen("A note to this session:"), self._note)

    def _note(self, text: str | None) -> None:
        if text is not None and self.session is not None:
            self.session.tell("note", text=text)

    def action_red_flags(self) -> None:
        self.app.push_screen(RedFlagsScreen(asked=False))

    def action_movements(self) -> None:
        from rhomboid.dashboard.screens.movements import MovementsScreen

        self.app.push_screen(MovementsScreen(list(self.observed.judged)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A session is started where none goes on; the coach is told things where there is one."""
        goes_on = self.session is not None and not self.session.finished
        if action == "start":
            return not goes_on
        if action in ("tell", "swap", "end", "note"):
            return goes_on and self.guided is not None
        return True


def phase_words(state: MotionState, set_number: int) -> str:
    """The set and what is going on in it."""
    if state.in_set:
        return f"set {max(set_number, 1)}: {PHASES.get(state.phase, state.phase)}"
    return f"set {set_number} done" if set_number else "no set yet"


def reps_words(guided: GuidedState) -> str:
    """The count against its target."""
    if guided.target_reps is None:
        return f"set {guided.set_number} of {guided.sets}" if guided.sets else ""
    left = guided.target_reps - guided.reps
    to_go = f"{left} to go" if left > 0 else "that is all of them" if left == 0 else f"{-left} more than asked"
    return f"of {guided.target_reps}: {to_go}"


def clock_of(guided: GuidedState) -> tuple[str, str, str]:
    """What the second clock is called, what it shows and what is said below it."""
    left = "-" if guided.left_s is None else f"{guided.left_s:.0f}"
    match guided.phase:
        case "working":
            words = f"set {guided.set_number} of {guided.sets}" if guided.started else "begin when you are ready"
            if guided.target_hold_s is None:
                return "target", "-" if guided.target_reps is None else str(guided.target_reps), words
            held = "-" if guided.holding_s is None else f"{guided.holding_s:.1f}"
            return "hold, seconds", held, f"hold {guided.target_hold_s:g} s, {words}"
        case "rest":
            whole = "" if guided.length_s is None else f" of {clock(guided.length_s)}"
            return "rest, seconds", left, f"rest{whole}; enter begins the next set"
        case "get_ready" | "side_change" | "warm_up":
            words = {"get_ready": "get ready", "side_change": "change sides", "warm_up": "warm up"}[guided.phase]
            return f"{words}, seconds", left, f"{words}; enter goes on"
        case "paused":
            return "paused", "-", "stopped for pain; enter goes on, e ends" if guided.hurt else "paused; p goes on"
        case "done":
            return "done", "-", "the session is over"
        case _:
            return "first", left, "answer, or wait"


def usual_tempo(observed: Observed) -> Tempo | None:
    """What the last counted repetitions took on average, phase by phase."""
    last = [j.movement for j in observed.judged if j.counted and j.movement.out_s > 0.0][-TEMPO_REPS:]
    if not last:
        return None
    return Tempo(*(sum(getattr(m, name) for m in last) / len(last) for name in ("out_s", "pause_s", "back_s")))
