"""Sessions with what goes with them on the dashboard: the guided one with its diary, the desk with its coach."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rhomboid.dashboard.observed import Told
from rhomboid.dashboard.sitting import Sitting

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action
    from rhomboid.coach.desk_state import DeskState, Kept
    from rhomboid.coach.guided_state import GuidedState
    from rhomboid.desktop.store import KeptFile
    from rhomboid.free_training import FreeTraining
    from rhomboid.session import Session
    from rhomboid.settings_file import UserSettings
    from rhomboid.sound.sounds import Sounds
    from rhomboid.training import Training

KEPT_WORDS = 100
DAY_S = 86_400.0


class Heard(Sitting):
    """``session`` and its sounds. ``closed`` is called when it is over."""

    def __init__(self, session: Session, sounds: Sounds | None, closed: Callable[[], None] = lambda: None) -> None:
        super().__init__(session)
        self._sounds, self._closed = sounds, closed
        if sounds is not None:
            session.subscribe(sounds.take)

    async def run(self) -> None:
        try:
            await self._run()
        finally:
            if self._sounds is not None:
                self._sounds.close()
            self._closed()

    async def _run(self) -> None:
        await self.session.run()


class Guided(Heard):
    """A session that ``training`` guides."""

    def __init__(
        self, session: Session, training: Training, sounds: Sounds | None, closed: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(session, sounds, closed)
        self._training = training
        if sounds is not None:
            training.subscribe(sounds.cue)

    async def _run(self) -> None:
        try:
            await self.session.run()
        finally:
            self._training.finish()

    @property
    def guided(self) -> GuidedState:
        return self._training.guided.state


class Free(Heard):
    """A session that nobody guides; its sets are kept all the same (None: nowhere)."""

    def __init__(
        self,
        session: Session,
        training: FreeTraining | None,
        sounds: Sounds | None,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(session, sounds, closed)
        self._training = training

    async def _run(self) -> None:
        try:
            await self.session.run()
        finally:
            if self._training is not None:
                self._training.finish()


class AtDesk(Heard):
    """A session at the desk with its coach, notifications and diary; a simulated one is kept nowhere."""

    def __init__(
        self,
        session: Session,
        chosen: UserSettings,
        kept: Kept,
        file: KeptFile | None,
        sounds: Sounds | None,
        bell: Callable[[], None],
    ) -> None:
        from rhomboid.desktop.desk import Desk, local_clock
        from rhomboid.desktop.diary import Diary

        super().__init__(session, None)
        self._sounds = sounds
        self._told: deque[Told] = deque(maxlen=KEPT_WORDS)
        simulated = file is None
        self._desk = Desk(
            session,
            chosen.desk,
            self._tell,
            sounds=sounds,
            bell=bell,
            kept=kept,
            file=file,
            diary=None if simulated else Diary(lambda words: self._tell(local_clock(), words)),
            simulated=simulated,
        )

    async def _run(self) -> None:
        await self._desk.run()

    @property
    def desk(self) -> DeskState:
        return self._desk.coach.state(self._desk.local_s)

    @property
    def told(self) -> Iterable[Told]:
        return reversed(self._told)

    def act(self, action: Action) -> None:
        self._desk.act(action)

    def _tell(self, local_s: float, words: str) -> None:
        self._told.append(Told(local_s % DAY_S, words))


def kept_day(say: Callable[[str], None], *, simulated: bool) -> tuple[Kept, KeptFile | None]:
    """What an earlier start left of the day; nothing, and nowhere to keep it, for a simulated one.

    What cannot be read is told to ``say``.
    """
    from rhomboid.coach.desk_state import Kept
    from rhomboid.desktop.store import KeptFile

    if simulated:
        return Kept(), None
    file = KeptFile()
    kept, trouble = file.load()
    if trouble:
        say(trouble)
    return kept, file
