"""The Textual application: its modes, and the one session that all of their screens share.

A session goes on whatever screen is looked at, and ends with another one, with ``stop`` or with the program; there are
never two. A mode is a file in ``screens/`` and a line in ``modes.py``.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import work
from textual.actions import parse
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerError

from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.modes import MODES, Mode
from rhomboid.dashboard.observed import QUIET, Observed
from rhomboid.dashboard.screens.help import HelpScreen
from rhomboid.dashboard.screens.welcome import Answers, WelcomeScreen
from rhomboid.dashboard.sitting import Sitting
from rhomboid.dashboard.themes import THEMES
from rhomboid.endings import when_asked_to_end
from rhomboid.errors import RhomboidError, harmless
from rhomboid.settings_file import UserSettings

if TYPE_CHECKING:
    from rhomboid.dashboard.house import House
    from rhomboid.session import Session

CORE = "scipy.signal"
"""What the signal core needs and loads late, as it takes long."""
MOST_WAITING = 4
"""So many writes may wait for the terminal before drawing pauses; at thirty Textual would wait for it, and all else."""
STOPPING_S = 5.0
"""How long a session may take to close what is open before it is cut off: to release a sensor takes up to 4.7 s."""


class RhomboidApp(App[None]):
    """The dashboard, open at ``mode``, over ``sitting`` if there is one already; ``house`` opens others.

    With ``close_at_end`` it closes when the session ends, otherwise on ``q``. ``run()`` returns None; whether the
    session failed is in ``session.error`` and in ``return_code``.
    """

    TITLE = "rhomboid"
    CSS_PATH = "rhomboid.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(mode.key, f"mode('{mode.name}')", mode.label, show=False) for mode in MODES),
        Binding("space", "pause", "pause", tooltip="stop time, and let it go on", key_display="space"),
        Binding(
            "greater_than_sign,full_stop",
            "speed(2.0)",
            "faster",
            show=False,
            tooltip="play twice as fast",
            key_display=">",
        ),
        Binding(
            "less_than_sign,comma", "speed(0.5)", "slower", show=False, tooltip="play half as fast", key_display="<"
        ),
        Binding("left", "seek(-10)", "back", tooltip="10 seconds back; with shift a minute", key_display="←"),
        Binding("right", "seek(10)", "on", tooltip="10 seconds on; with shift a minute", key_display="→"),
        Binding("shift+left", "seek(-60)", show=False),
        Binding("shift+right", "seek(60)", show=False),
        Binding("pageup", "seek_tenths(-1)", show=False, tooltip="a tenth of the whole back", key_display="pgup"),
        Binding("pagedown", "seek_tenths(1)", show=False, tooltip="a tenth of the whole on", key_display="pgdn"),
        Binding("p", "seek_event(-1)", "previous", tooltip="to the event before", key_display="p"),
        Binding("n", "seek_event(1)", "next", tooltip="to the next event", key_display="n"),
        Binding("b", "keep", "keep", tooltip="keep the last minute in a file, for a bug report", key_display="b"),
        Binding(
            "E",
            "end_session",
            "end",
            show=False,
            tooltip="end this session, or give up what is being opened",
            key_display="E",
        ),
        Binding("t", "next_theme", "theme", show=False, tooltip="other colours", key_display="t"),
        Binding("question_mark", "help", "help", tooltip="this page", key_display="?"),
        Binding("q", "quit", "quit", tooltip="end the session and leave", key_display="q"),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(
        self,
        sitting: Sitting | Session | None = None,
        *,
        house: House | None = None,
        mode: str = "train",
        close_at_end: bool = False,
    ) -> None:
        super().__init__()
        self.house = house
        self.sitting = sitting if sitting is None or isinstance(sitting, Sitting) else Sitting(sitting)
        self.observed = Observed()
        self._opening: tuple[str, float] | None = None
        self.trouble: RhomboidError | None = None
        """Why no session could be opened."""
        self._first_mode = mode
        self._close_at_end = close_at_end
        self._session_worker: Worker[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        for theme, _ in THEMES.values():
            self.register_theme(theme)
        self.settings = UserSettings()
        """What the user has set; the screens' own options hold at once, the others for the next session."""
        with suppress(RhomboidError):  # a file that cannot be read is complained about when something is to be saved
            self.settings = self.settings if house is None else house.settings()
        self.theme = self.settings.screen.theme

    def on_mount(self) -> None:
        for mode in MODES:
            self.add_mode(mode.name, partial(_screen, mode))
        self.switch_mode(self._first_mode)
        if self.sitting is not None:
            self.call_after_refresh(self._run, self.sitting)  # the first frame comes first
        elif self.house is not None and not self.settings.screen.welcomed:
            self.push_screen(WelcomeScreen(), self._welcome)
        when_asked_to_end(lambda: self.call_later(self.action_end), ctrl_c=False)

    # --- the session -------------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session | None:
        """The one that goes on, or was the last one."""
        return None if self.sitting is None else self.sitting.session

    @work(exclusive=True, group="opening")
    async def begin(self, wish: Wish) -> None:
        """Ends what is being played, if anything is, and opens what is wished for; a session that is worn goes on."""
        if self.house is None:
            return
        if self.session is not None and self.session.live and not self.session.finished:
            self.notify("a session with the sensor goes on; E ends it", severity="warning")
            return
        self.trouble = None
        try:
            with self.taking_long("opening"):
                await self._end_session()
                sitting = await self.house.open(wish)
        except RhomboidError as error:
            self.trouble = error
        else:
            self._run(sitting)
        self.refresh_bindings()

    @contextmanager
    def taking_long(self, words: str) -> Iterator[None]:
        """Shows that this goes on, and for how long; a worker of the group "opening" in it can be given up."""
        mine = self._opening = words, monotonic()
        try:
            yield
        finally:
            if self._opening == mine:
                self._opening = None

    @property
    def opening(self) -> str:
        """While something is being opened: that, in words."""
        if self._opening is None:
            return ""
        words, since_s = self._opening
        return f"{words} … {monotonic() - since_s:.0f} s  ·  E gives it up"

    def _run(self, sitting: Sitting) -> None:
        self._unsubscribe()
        self.sitting = sitting
        self.observed.forget()
        self._unsubscribe = sitting.session.subscribe(self.observed.take)
        self._session_worker = self.run_worker(self._run_sitting(sitting), name="session")

    async def _run_sitting(self, sitting: Sitting) -> None:
        if CORE not in sys.modules:  # loaded with the first sample it would hold screen and radio for a second
            await asyncio.to_thread(import_module, CORE)
        if not self.is_headless:
            _settle_memory()
        await sitting.run()
        if self._close_at_end:
            self._leave()

    async def _end_session(self) -> None:
        """Lets the session close what is open (its recording above all)."""
        if self.session is not None and self._session_worker is not None and not self._session_worker.is_finished:
            self.session.stop()
            with suppress(TimeoutError, WorkerError):
                async with asyncio.timeout(STOPPING_S):
                    await self._session_worker.wait()

    def action_end_session(self) -> None:
        """What is being opened is given up; else the session ends."""
        if self._opening is not None:
            for worker in self.workers:
                if worker.group == "opening":
                    worker.cancel()
        elif self.session is not None:
            self.session.stop()

    def action_pause(self) -> None:
        if self.session is not None and not self.session.finished:
            self.session.toggle_pause()

    def action_speed(self, factor: float) -> None:
        if self.session is not None:
            self.session.set_speed(self.session.speed * factor)

    def action_seek(self, seconds: float) -> None:
        if self.session is not None:
            self.session.seek(self.session.position_s + seconds)

    def action_seek_event(self, step: int) -> None:
        if self.session is not None:
            self.session.seek_event(step, QUIET)

    def action_seek_tenths(self, tenths: int) -> None:
        if self.session is not None:
            self.session.seek(self.session.position_s + tenths / 10 * (self.session.duration_s or 0.0))

    def action_keep(self) -> None:
        if self.session is None:
            return
        try:
            path = self.session.keep_last_minute()
        except RhomboidError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(harmless(f"the last minute is in {path.resolve()}"), markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that go to another place are there for what has places; what is played from a file is in one already."""
        if action == "keep":
            return self.session is not None and self.session.can_keep
        if action == "end_session":
            return self.session is not None or self._opening is not None
        if action in ("pause", "speed"):
            return self.session is not None
        return not action.startswith("seek") or (self.session is not None and self.session.seekable)

    def say(self, words: str) -> None:
        """Tells this in passing; from any thread."""
        self.notify(harmless(words), markup=False, timeout=8.0)

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken yet what was drawn: a slow line, or a window that is held."""
        waiting = getattr(getattr(self._driver, "_writer_thread", None), "_queue", None)
        return waiting is not None and waiting.qsize() > MOST_WAITING

    # --- screens -----------------------------------------------------------------------------------------------------

    def action_mode(self, name: str) -> None:
        self.switch_mode(name)

    def action_next_theme(self) -> None:
        names = list(THEMES)
        self.use_theme(names[(names.index(self.theme) + 1) % len(names)])

    def use_theme(self, name: str) -> None:
        """These colours from now on, and the next time."""
        screen = msgspec.structs.replace(self.settings.screen, theme=name)
        try:
            self.use_settings(msgspec.structs.replace(self.settings, screen=screen))
        except RhomboidError as error:
            self.theme = name
            self.notify(str(error), severity="warning", markup=False)
        else:
            self.notify(f"colours: {THEMES[name][1]}", timeout=2.0)

    def _welcome(self, answers: Answers | None) -> None:
        """What the first start asked for; from now on nobody is asked again."""
        settings = msgspec.structs.replace(
            self.settings, screen=msgspec.structs.replace(self.settings.screen, welcomed=True)
        )
        if answers is not None:
            heard = answers["sound"]
            sound = msgspec.structs.replace(settings.sound, tones=heard != "off", speech=heard == "speech")
            settings = msgspec.structs.replace(settings, sound=sound)
            self.switch_mode(answers["purpose"])
            self.begin(Wish(purpose=answers["purpose"], demo=answers["demo"]))
        try:
            self.use_settings(settings)
        except RhomboidError as error:
            self.notify(str(error), severity="warning", markup=False)

    def use_settings(self, settings: UserSettings) -> None:
        """These from now on; they are saved first. Raises RhomboidError."""
        if self.house is not None:
            self.house.save_settings(settings)
        self.settings = settings
        self.theme = settings.screen.theme

    def action_help(self) -> None:
        """The keys that do something here and now; where screen and program share one, the screen has it."""
        keys: dict[str, str] = {}
        for where in (self.screen, self):
            for binding in where.BINDINGS:
                if isinstance(binding, Binding) and binding.tooltip:
                    action, parameters = parse(binding.action)[1:]
                    if where.check_action(action, parameters):
                        keys.setdefault(binding.key_display or binding.key, binding.tooltip)
        self.push_screen(HelpScreen(keys | {f"{MODES[0].key}…{MODES[-1].key}": "to another screen"}))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything there is to do, of all screens, for the command palette."""
        for mode in MODES:
            yield SystemCommand(mode.label, f"{mode.words} ({mode.key})", partial(self.switch_mode, mode.name))
        for binding in self.BINDINGS:
            if (
                isinstance(binding, Binding)
                and binding.tooltip
                and self.check_action(binding.action.partition("(")[0], ())
            ):
                yield _command(binding, "", partial(self.run_action, binding.action))
        for mode in MODES:
            for binding in mode.load().BINDINGS:
                if isinstance(binding, Binding) and binding.tooltip:
                    yield _command(binding, f"{mode.label}: ", partial(self._act_in, mode.name, binding.action))
        for name, (_, words) in THEMES.items():
            yield SystemCommand(f"Colours: {words}", "from now on", partial(self.use_theme, name))
        yield SystemCommand("Picture", "the screen as a picture (SVG) in a file", self.deliver_screenshot)

    async def _act_in(self, mode: str, action: str) -> None:
        await self.switch_mode(mode)
        await self.run_action(action, self.screen)

    # --- leaving -----------------------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Lets the session close what is open, then leaves; asked again, leaves at once."""
        if self.session is None or self.session.stopping:
            self._leave()
        else:
            self.session.stop()
            self.run_worker(self._leave_when_done(), name="leaving")

    async def action_end(self) -> None:
        """As ``q``, however often it is asked for."""
        if self.session is None or not self.session.stopping:
            await self.action_quit()

    async def _leave_when_done(self) -> None:
        await self._end_session()
        self._leave()

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as SVG without the fonts Textual would have a viewer fetch from the web."""
        return re.sub(
            r"@font-face \{.*?\}\s*", "", super().export_screenshot(title=title, simplify=simplify), flags=re.S
        )

    def _leave(self) -> None:
        error = None if self.session is None else self.session.error
        self.exit(return_code=0 if error is None else error.exit_status)


def _settle_memory() -> None:
    """What is loaded by now stays, and is no longer looked through for garbage: that would hold the radio for 90 ms."""
    gc.unfreeze()  # of a session before this one nothing has to stay
    gc.collect()
    gc.freeze()


def _screen(mode: Mode) -> Screen[None]:
    return mode.load()()


def _command(binding: Binding, where: str, run: object) -> SystemCommand:
    return SystemCommand(f"{where}{binding.description}", f"{binding.tooltip} ({binding.key_display})", run)  # type: ignore[arg-type]
