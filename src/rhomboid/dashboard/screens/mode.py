"""What the screens of all modes have in common: the modes on top, the session's state below, and a frame clock.

Only the screen that is looked at draws; how often, ``FrameRate`` says. A screen adds ``body`` and ``draw_body``.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer

from rhomboid.dashboard.frame_rate import FrameRate
from rhomboid.dashboard.widgets.mode_bar import ModeBar
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.words import clock

if TYPE_CHECKING:
    from rhomboid.dashboard.app import RhomboidApp
    from rhomboid.dashboard.observed import Observed
    from rhomboid.session import Session


class ModeScreen(Screen[None]):
    """The frame around one mode's ``body``."""

    MODE: ClassVar[str]
    AUTO_FOCUS: ClassVar[str | None] = None
    # Not ClassVar, as Textual declares them: a type checker would refuse.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-normal"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (28, "-normal"), (36, "-tall")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.frame_rate = FrameRate()
        self._frame_timer: Timer | None = None
        self._drawn: object = None

    @property
    def house_app(self) -> RhomboidApp:
        """The application, with what all screens share."""
        return cast("RhomboidApp", self.app)

    @property
    def session(self) -> Session | None:
        """The session that is going on or was the last one; screens come and go around it."""
        return self.house_app.session

    @property
    def observed(self) -> Observed:
        """What it has said so far."""
        return self.house_app.observed

    def compose(self) -> ComposeResult:
        yield ModeBar(self.MODE)
        yield from self.body()
        yield PlainText(id="error")
        yield PlainText(id="status")
        yield Footer()

    def body(self) -> ComposeResult:
        """The widgets between the modes and the status."""
        raise NotImplementedError

    def draw_body(self) -> None:
        """Bring the body up to date; called many times a second, so it sets only what may have changed."""

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self._frame)

    def on_mode_bar_chosen(self, message: ModeBar.Chosen) -> None:
        self.app.switch_mode(message.mode)

    def draw(self) -> None:
        """Bring everything up to date; widgets redraw themselves only where something changed."""
        app, session = self.house_app, self.session
        self.set_text("#status", app.opening or status_words(session))
        status = self.query_one("#status", PlainText)
        status.set_class(session is not None and (session.paused or session.finished), "-stopped")
        trouble = app.trouble or (session.error if session is not None else None)
        error = self.query_one("#error", PlainText)
        error.text = "" if trouble is None else f"error: {trouble}"
        error.display = trouble is not None
        self.draw_body()

    def set_text(self, selector: str, text: str) -> None:
        """What a line of text says from now on."""
        self.query_one(selector, PlainText).text = text

    def is_drawn(self, what: object) -> bool:
        """Whether ``what`` stands for the very thing that was drawn last."""
        if what == self._drawn:
            return True
        self._drawn = what
        return False

    def _frame(self) -> None:
        if self._frame_timer is not None:
            self._frame_timer.stop()
        if self not in self.app.screen_stack:  # another mode is looked at; a question above this one hides only a part
            return
        rate = self.frame_rate
        rate.wanted_hz = self.house_app.settings.screen.frames_a_second
        began = perf_counter()
        if self.house_app.behind:  # more would only be drawn too late, and in the end hold up the session
            rate.took(rate.interval_s)
        else:
            self.draw()
            self.call_after_refresh(lambda: rate.took(perf_counter() - began))
        self._frame_timer = self.set_timer(rate.wait_s(perf_counter() - began), self._frame)


def status_words(session: Session | None) -> str:
    """Where the session comes from, where it is and what it is doing."""
    if session is None:
        return "no session goes on: 1 to train, 2 for the desk; enter begins, d simulates one"
    stopping = session.stopping and session.live
    doing = "ended" if session.finished else "stopping" if stopping else "paused" if session.paused else "running"
    if session.duration_s is None:
        time = clock(session.position_s)
    else:
        time = f"{clock(min(session.position_s, session.duration_s))} of {clock(session.duration_s)}"
    speed = session.speed * session.pace
    pace = "" if speed == 1.0 else "as fast as possible" if speed == float("inf") else f"×{speed:g}"
    if session.pace != 1.0:
        pace += " (compressed)"
    rate = f"{session.sampling_rate_hz:.1f} Hz" if session.live and session.sampling_rate_hz else ""
    return "  ·  ".join(part for part in (doing, time, session.section, rate, pace, session.title) if part)
