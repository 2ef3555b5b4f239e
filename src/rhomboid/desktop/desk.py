"""A session at the desk with all that goes with it: the policy, its memory, notifications, sounds, and who is there.

Screen or no screen makes no difference here: what happens is told line by line, to a log or to whoever shows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rhomboid.coach import desk_decisions as d
from rhomboid.coach.alerts import Action, DeskCoach
from rhomboid.coach.desk_state import Kept
from rhomboid.desktop.notifications import Notifications
from rhomboid.desktop.presence import ASLEEP, Presence
from rhomboid.events import ActivityChanged, BreathingMeasured
from rhomboid.words import describe

if TYPE_CHECKING:
    from rhomboid.coach.desk_settings import DeskSettings
    from rhomboid.desktop.asked import Asked
    from rhomboid.desktop.diary import Diary
    from rhomboid.desktop.store import KeptFile
    from rhomboid.session import Session, Update
    from rhomboid.sound.sounds import Sounds

LOOK_S = 1.0
SLEPT_S = 20.0
"""A second that took so long by the wall clock was a sleep of the machine, or the clock was set."""
SAVE_S = 60.0
QUIET = (ActivityChanged, BreathingMeasured)  # posture says more

Tell = Callable[[float, str], None]
"""Called with the local wall clock (``desk_day``) and one line in words."""


def local_clock() -> float:
    """The wall clock of this place in seconds since 1970-01-01 00:00 there."""
    return datetime.now().replace(tzinfo=UTC).timestamp()


class Desk:
    """Runs with ``session``; ``kept`` is of an earlier start. It goes to ``file`` and the session to ``diary``.

    ``simulated``: the time of day passes with the sensor's, from now on. ``asked``: what other programs ask of it.
    """

    def __init__(
        self,
        session: Session,
        settings: DeskSettings,
        tell: Tell,
        *,
        sounds: Sounds | None = None,
        bell: Callable[[], None] | None = None,
        kept: Kept | None = None,
        file: KeptFile | None = None,
        diary: Diary | None = None,
        asked: Asked | None = None,
        simulated: bool = False,
    ) -> None:
        self._session, self._settings, self._tell = session, settings, tell
        self._sounds, self._bell, self._file, self._diary, self._asked = sounds, bell, file, diary, asked
        self._began_s = local_clock() if simulated else None
        self._t_s = 0.0
        self.coach = DeskCoach(settings, kept)
        self._notifications: Notifications | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._said: set[str] = set()

    @property
    def local_s(self) -> float:
        """The local wall clock that the policy goes by."""
        return local_clock() if self._began_s is None else self._began_s + self._t_s

    async def run(self) -> None:
        """The session to its end, with everything around it begun before and ended after."""
        self._say_once(await self._open_notifications())
        presence = Presence(self._noticed)
        if self._settings.pause_when_locked and self._began_s is None:
            self._say_once(await presence.watch())
        unsubscribe = self._session.subscribe(self.take)
        housekeeping = asyncio.ensure_future(self._keep_house())
        try:
            await self._session.run()
        finally:
            unsubscribe()
            housekeeping.cancel()
            await asyncio.wait([housekeeping, *self._running], timeout=2.0)
            await presence.close()
            if self._notifications is not None:
                await self._notifications.withdraw()
            self._save()
            if self._diary is not None:
                self._diary.finish(self.coach)

    def take(self, update: Update) -> None:
        """An update of the session."""
        has_samples = bool(len(update.trace.t_s))
        self._t_s = update.state.t_s if has_samples else self._t_s
        for event in update.events:
            if not isinstance(event, QUIET):
                self._tell(self.local_s - max(self._t_s - event.at_s, 0.0), describe(event))
        self._follow(self.coach.feed(update.events, update.state.t_s if has_samples else None, self.local_s))

    def act(self, action: Action) -> list[d.Decision]:
        """The person chose this, here, on a notification or by another program. Gives what follows from it."""
        decisions = self.coach.act(action, self.local_s)
        self._follow(decisions)
        self._save()
        return decisions

    def _follow(self, decisions: list[d.Decision]) -> None:
        for decision in decisions:
            self._tell(decision.local_s, d.describe(decision))
            match decision:
                case d.Alert():
                    self._alert(decision)
                case d.ThankYou(aloud=True):
                    self._play("thank_you")
                case d.BreakStarted() if self._notifications is not None:
                    self._start(self._notifications.show("A break", d.describe(decision), actions=False))
                case d.BreakEnded():
                    self._play("break_over")

    def _alert(self, alert: d.Alert) -> None:
        self._save()
        if self._settings.tell == "bell":
            self._ring()
        elif self._notifications is None:
            self._sound()
        else:
            lean = f"{alert.tilt_deg:.0f}° off your upright posture for {d.duration(alert.lasted_s)}"
            self._start(self._notify(self._notifications, f"{lean}. Sit tall, or move a little."))

    async def _notify(self, notifications: Notifications, text: str) -> None:
        if not await notifications.show("Slouching", text):
            self._say_once("the notification service does not answer; a sound is used in its place")
            self._sound()

    def _sound(self) -> None:
        if self._sounds is None:
            self._ring()
        else:
            self._play("slouch")

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell()

    def _play(self, name: str) -> None:
        if self._sounds is not None:
            self._sounds.play(name)

    async def _open_notifications(self) -> str:
        if self._settings.tell != "notification":
            return ""
        opened = await Notifications.open(self.act)
        if isinstance(opened, Notifications):
            self._notifications = opened
            return ""
        instead = (
            "a tone" if self._sounds is not None else "the terminal's bell" if self._bell is not None else "the log"
        )
        return f"{opened}; alerts are told by {instead}"

    def _noticed(self, reason: str, holds: bool) -> None:
        change = self.coach.pause if holds else self.coach.resume
        self._follow(change(reason, self.local_s))

    async def _keep_house(self) -> None:
        """Notices a sleep of the machine and what is asked, and saves every minute."""
        saved = time.monotonic()
        if self._asked is not None:
            self._asked.forget()
        while True:
            before_s = local_clock()
            await asyncio.sleep(LOOK_S)
            slept_s = local_clock() - before_s
            if slept_s > SLEPT_S and self._began_s is None:
                self._tell(self.local_s, f"the machine slept for {d.duration(slept_s)}, or its clock was set")
                self._noticed(ASLEEP, True)
                self._noticed(ASLEEP, False)
            if self._asked is not None and (action := self._asked.take()) is not None:
                self._asked.answer("; ".join(map(d.describe, self.act(action))))
            if time.monotonic() - saved >= SAVE_S:
                saved = time.monotonic()
                self._save()
                if self._diary is not None:
                    self._diary.update(self.coach, self._t_s)

    def _save(self) -> None:
        if self._file is None:
            return
        self._say_once(self._file.save(self.coach.kept))

    def _say_once(self, words: str) -> None:
        if words and words not in self._said:
            self._said.add(words)
            self._tell(self.local_s, words)

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
