"""The reference, guided: what to do now, how far it has come, the limit as one will meet it, and the verdict."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from rhomboid.dashboard.calibration import STAGES, Calibration
from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.trunk_gauge import TrunkGauge
from rhomboid.words import clock

ABOUT = (
    "The reference is how you sit or stand tall: every angle is measured against it. The guided one takes some fifteen"
    " seconds and also learns which way is forward. Take it again whenever the strap has moved."
)


class CalibrateScreen(ModeScreen):
    """Asks the session for a reference and shows how it goes."""

    MODE = "calibrate"
    CSS = """
    CalibrateScreen #task { height: auto; }
    CalibrateScreen #do { height: 2; text-style: bold; text-wrap: wrap; }
    CalibrateScreen #do.-good { color: $success; }
    CalibrateScreen #do.-bad { color: $warning; }
    CalibrateScreen Steps { height: 5; }
    CalibrateScreen #bodily { height: 1fr; }
    CalibrateScreen #angle { height: 1fr; }
    CalibrateScreen TrunkGauge { height: 2; }
    CalibrateScreen #about { height: 4; padding: 0 1; color: $text-muted; text-wrap: wrap; }
    CalibrateScreen.-tiny #about, CalibrateScreen.-tiny #bodily { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,enter", "take('guided_reference')", "guided", tooltip="take a guided reference", key_display="g"),
        Binding("r", "take('reference')", "quick", tooltip="take one from four quiet seconds, tall", key_display="r"),
    ]

    def body(self) -> ComposeResult:
        with Vertical(id="task", classes="card") as card:
            card.border_title = "reference"
            yield PlainText(id="do")
            yield Steps()
        with Vertical(id="bodily", classes="card") as card:
            card.border_title = "degrees from the tall pose"
            with Horizontal():
                yield BigNumber("-", reserve="00", id="angle")
            yield TrunkGauge()
            yield PlainText(id="limit", classes="words")
        yield PlainText(ABOUT, id="about")

    def draw_body(self) -> None:
        session, calibration = self.session, self.observed.calibration
        playing = session is not None and not session.finished
        if self.is_drawn((self.observed.revision, playing)):
            return
        do = self.query_one("#do", PlainText)
        do.text = to_do(calibration, self.observed.state.t_s, playing=playing)
        do.set_class(calibration.stage == "done" and calibration.good, "-good")
        do.set_class(calibration.stage in ("done", "refused") and not calibration.good, "-bad")
        self.query_one(Steps).show(calibration)
        off_deg = calibration.off_deg
        self.query_one("#angle", BigNumber).text = "-" if off_deg is None else str(round(off_deg))
        gauge = self.query_one(TrunkGauge)
        gauge.directed = False
        gauge.angle_deg = None if off_deg is None else round(off_deg)
        limit_deg = None if session is None else session.threshold_deg
        gauge.limit_deg = limit_deg
        self.set_text("#limit", "" if limit_deg is None or off_deg is None else limit_words(off_deg, limit_deg))

    def action_take(self, kind: str) -> None:
        """Asks for a reference; where no session goes on, one at the desk is begun for it."""
        session = self.session
        if session is None or session.finished:
            self.house_app.begin(Wish(purpose="desk"))
        elif kind == "reference":
            session.ask("reference")
        else:
            session.ask("guided_reference")


class Steps(Widget):
    """The stages of a guided reference, each with a bar and a word for how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[str, int] = ("none", 0)

    def show(self, calibration: Calibration) -> None:
        """Draw this state."""
        shown = calibration.stage, round(20 * calibration.share)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        stage, filled = self._shown
        names = [name for name, _ in STAGES]
        at = names.index(stage) if stage in names else len(names) if stage == "done" else -1
        lines = []
        for number, name in enumerate(names):
            state = "done" if number < at else "now" if number == at else ""
            bar = "█" * 20 if state == "done" else "█" * filled + "░" * (20 - filled) if state == "now" else "░" * 20
            mark = {"done": "✓", "now": "▶"}.get(state, " ")
            text = f"{mark} {name.replace('_', ' '):<14}{bar} {state}"
            lines.append(Content.styled(text, "bold" if state == "now" else "dim" if not state else ""))
        return Content("\n").join([Content(""), *lines])


def to_do(calibration: Calibration, now_s: float, *, playing: bool) -> str:
    """What the wearer is to do now, or how it came out."""
    if calibration.stage in ("done", "refused"):
        return calibration.verdict
    words = dict(STAGES).get(calibration.stage)
    if words is not None:
        return words
    if not playing:
        return "No sensor is streaming: g connects to the sensor of last time and begins."
    if calibration.taken_s is None:
        return "There is no reference yet: press g and follow the steps, or just sit tall and still for a while."
    ago = clock(max(now_s - calibration.taken_s, 0.0))
    return f"The reference was taken {ago} ago, quality {100 * calibration.quality:.0f} %. g takes a new one."


def limit_words(off_deg: float, limit_deg: float) -> str:
    """Where the trunk is against the limit that alerts go by."""
    if off_deg >= limit_deg:
        return f"beyond the limit of {limit_deg:g}°: after a while here you would be told"
    return f"{limit_deg - off_deg:.0f}° from the limit of {limit_deg:g}°"
