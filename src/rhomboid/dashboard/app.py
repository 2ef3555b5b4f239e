"""The Textual application around one session: starts it, listens to it, and ends with it or with ``q``.

A screen is a mode: another one is a file in ``screens/`` and a line in ``on_mount``; all of them draw ``Observed``.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerError

from rhomboid.dashboard.observed import QUIET, Observed
from rhomboid.dashboard.screens.help import HelpScreen
from rhomboid.dashboard.screens.live import LiveScreen
from rhomboid.errors import RhomboidError, harmless

if TYPE_CHECKING:
    from rhomboid.session import Session

STOPPING_S = 5.0
"""How long a session may take to close what is open before it is cut off: to release a sensor takes up to 4.7 s."""


class RhomboidApp(App[None]):
    """The dashboard over ``session``; with ``close_at_end`` it closes when the session ends, otherwise on ``q``.

    ``run()`` returns None; whether the session failed is in ``session.error`` and in ``return_code``.
    """

    TITLE = "rhomboid"
    CSS_PATH = "rhomboid.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause", tooltip="stop time, and let it go on", key_display="space"),
        Binding("plus,equals_sign", "speed(2.0)", "faster", tooltip="play twice as fast", key_display="+"),
        Binding("minus,underscore", "speed(0.5)", "slower", tooltip="play half as fast", key_display="-"),
        Binding("left", "seek(-10)", "back", tooltip="10 seconds back; with shift a minute", key_display="←"),
        Binding("right", "seek(10)", "on", tooltip="10 seconds on; with shift a minute", key_display="→"),
        Binding("shift+left", "seek(-60)", show=False),
        Binding("shift+right", "seek(60)", show=False),
        Binding("p", "seek_event(-1)", "previous", tooltip="to the event before", key_display="p"),
        Binding("n", "seek_event(1)", "next", tooltip="to the next event", key_display="n"),
        Binding("0", "seek_tenth(0)", show=False, tooltip="to that tenth of the recording", key_display="0…9"),
        *(Binding(str(tenth), f"seek_tenth({tenth})", show=False) for tenth in range(1, 10)),
        Binding("b", "keep", "keep", tooltip="keep the last minute in a file, for a bug report", key_display="b"),
        Binding("question_mark", "help", "help", tooltip="this page", key_display="?"),
        Binding("q", "quit", "quit", tooltip="end the session", key_display="q"),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, session: Session, *, close_at_end: bool = False) -> None:
        super().__init__()
        self.session = session
        self.observed = Observed()
        self._close_at_end = close_at_end
        self._session_worker: Worker[None] | None = None

    def on_mount(self) -> None:
        self.add_mode("live", lambda: LiveScreen(self.session, self.observed))
        self.switch_mode("live")
        self.session.subscribe(self.observed.take)
        self._session_worker = self.run_worker(self._run_session(), name="session")

    async def _run_session(self) -> None:
        await self.session.run()
        if self._close_at_end:
            self._leave()

    def action_pause(self) -> None:
        if not self.session.finished:
            self.session.toggle_pause()

    def action_speed(self, factor: float) -> None:
        self.session.set_speed(self.session.speed * factor)

    def action_seek(self, seconds: float) -> None:
        self.session.seek(self.session.position_s + seconds)

    def action_seek_event(self, step: int) -> None:
        self.session.seek_event(step, QUIET)

    def action_seek_tenth(self, tenth: int) -> None:
        self.session.seek(tenth / 10 * (self.session.duration_s or 0.0))

    def action_keep(self) -> None:
        try:
            path = self.session.keep_last_minute()
        except RhomboidError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(harmless(f"the last minute is in {path.resolve()}"), markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that go to another place are there for what has places; what is played from a file is in one already."""
        if action == "keep":
            return self.session.can_keep
        return self.session.seekable or not action.startswith("seek")

    def action_help(self) -> None:
        keys = {
            b.key_display or b.key: b.tooltip
            for b in self.BINDINGS
            if isinstance(b, Binding) and b.tooltip and self.check_action(b.action, ())
        }
        self.push_screen(HelpScreen(keys))

    async def action_quit(self) -> None:
        """Lets the session close what is open (its recording above all), then leaves; asked again, leaves at once."""
        if self.session.stopping:
            self._leave()
        else:
            self.session.stop()
            self.run_worker(self._leave_when_done(), name="leaving")

    async def _leave_when_done(self) -> None:
        if self._session_worker is not None and not self._session_worker.is_finished:
            with suppress(TimeoutError, WorkerError):
                await asyncio.wait_for(self._session_worker.wait(), STOPPING_S)
        self._leave()

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as SVG without the fonts Textual would have a viewer fetch from the web."""
        return re.sub(
            r"@font-face \{.*?\}\s*", "", super().export_screenshot(title=title, simplify=simplify), flags=re.S
        )

    def _leave(self) -> None:
        self.exit(return_code=0 if self.session.error is None else self.session.error.exit_status)


async def picture(session: Session, path: Path, size: tuple[int, int] = (120, 40), until_s: float = inf) -> None:
    """Writes an SVG of the screen about ``until_s`` into the session, or at its end. Needs no terminal."""
    session.set_speed(16.0)
    app = RhomboidApp(session)
    async with app.run_test(size=size) as pilot:
        while not session.finished and session.position_s < until_s:
            await pilot.pause(0.02)
        session.set_speed(1.0)
        await pilot.pause(0.2)
        path.write_text(app.export_screenshot(), encoding="utf-8")
        await app.action_quit()
