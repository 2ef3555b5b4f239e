"""A session that says what it is told to say, and a look at the screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import scipy.signal  # noqa: F401 - the dashboard waits until this is loaded
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from rhomboid import coach
from rhomboid import events as e
from rhomboid.annotation import Annotations, Editor, Seen
from rhomboid.coach.alerts import Action, DeskCoach, DeskState, Kept
from rhomboid.coach.catalogue import Catalogue, merge, read_sheet
from rhomboid.coach.desk_day import STATES, Day
from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.guided_state import GuidedState
from rhomboid.coach.plan import Plan, PlannedSession
from rhomboid.coach.plan_file import read_plan
from rhomboid.coach.progression import weeks_ahead
from rhomboid.coach.record import PostureMinutes, SessionRecord, SetRecord
from rhomboid.dashboard.house import Finding, Heard, Save, Wish
from rhomboid.dashboard.settings import ScreenSettings
from rhomboid.dashboard.sitting import Sitting
from rhomboid.errors import DataError, RhomboidError
from rhomboid.motion.pipeline import MotionState, Trace
from rhomboid.session import Update
from rhomboid.settings_file import UserSettings

from .pictures import strips


class FakeSession:
    """What the dashboard knows of a session. ``run`` says ``updates`` and then waits for ``stop`` or ``end``."""

    def __init__(self, title: str = "simulated wearer: demo (seed 1)", updates: Iterable[Update] = ()) -> None:
        self.title, self.updates = title, tuple(updates)
        self.duration_s: float | None = 780.0
        self.position_s = 41.0
        self.sampling_rate_hz = 0.0
        self.section, self.speed, self.pace = "rows", 1.0, 1.0
        self.paused = self.finished = self.stopped = self.deaf = self.seekable = False
        self.sought: list[object] = []
        self.error: RhomboidError | None = None
        self.can_keep = self.full = False
        self.counts = True
        self.threshold_deg = 12.0
        self.asked: list[str] = []
        self.told: list[tuple[object, ...]] = []
        self.kept = self.runs = 0
        self._subscribers: list[Callable[[Update], None]] = []
        self._over = asyncio.Event()

    @property
    def live(self) -> bool:
        return self.duration_s is None

    @property
    def stopping(self) -> bool:
        return self.stopped

    def subscribe(self, subscriber: Callable[[Update], None]) -> Callable[[], None]:
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def set_speed(self, factor: float) -> None:
        self.speed = min(max(factor, 0.25), 64.0)

    def ask(self, kind: str) -> None:
        self.asked.append(kind)

    def tell(self, kind: str, value: int | None = None, text: str = "") -> None:
        self.told.append(tuple(part for part in (kind, value, text) if part not in (None, "")))

    def seek(self, to_s: float) -> None:
        self.sought.append(to_s)

    def seek_event(self, step: int, passing_over: tuple[type[e.Event], ...] = ()) -> None:
        self.sought.append((step, passing_over))

    def toggle_pause(self) -> None:
        self.paused = not self.paused

    def keep_last_minute(self) -> Path:
        if self.full:
            raise DataError("the disk is full", do="make room")
        self.kept += 1
        return Path("rhomboid-last-minute.mcap")

    def stop(self) -> None:
        self.stopped = True
        if not self.deaf:
            self._over.set()

    def end(self, error: RhomboidError | None = None) -> None:
        self.error = error
        self._over.set()

    def say(self, update: Update) -> None:
        for subscriber in self._subscribers:
            subscriber(update)

    async def run(self) -> None:
        self.runs += 1
        for update in self.updates:
            self.say(update)
        await self._over.wait()
        self.finished = True


def four_weeks() -> list[SessionRecord]:
    """Three trainings a week with a little more each time, less pain, and a day at the desk between."""
    found = []
    for k in range(12):
        day = date(2026, 10, 26) + timedelta(weeks=k // 3, days=2 * (k % 3))
        sets = tuple(
            SetRecord(
                exercise="one-arm-row", number=n, start_s=60.0 * n, end_s=60.0 * n + 30, reps=8 + k // 3, load_kg=6.0
            )
            for n in (1, 2, 3)
        )
        found.append(
            SessionRecord(
                id=2 * k + 1, started_at=f"{day}T18:02:00+01:00", ended_at=f"{day}T18:31:00+01:00", sets=sets,
                pain_before=6 - k // 3, pain_after=max(5 - k // 3, 0), ended_because="finished",
            )
        )  # fmt: skip
        desk = PostureMinutes(upright=150.0 + 5 * k, slouching=60.0 - 4 * k, leaning=20.0, moving=30.0)
        day += timedelta(days=1)
        found.append(
            SessionRecord(
                id=2 * k + 2, started_at=f"{day}T09:00:00+01:00", ended_at=f"{day}T13:20:00+01:00", kind="desk",
                posture=desk, breaks=3, tension=4, ended_because="finished",
            )
        )  # fmt: skip
    return found


class Coached(Sitting):
    """A sitting with a coach who says what it is told to say."""

    def __init__(self, session: FakeSession, guided: GuidedState) -> None:
        super().__init__(session)
        self.state = guided

    @property
    def guided(self) -> GuidedState:
        return self.state

    def now(self, **changed: object) -> None:
        """The coach says this from now on."""
        self.state = msgspec.structs.replace(self.state, **changed)
        self.session.say(make_update())


def guided(**changed: object) -> GuidedState:
    """Seven of ten rows on the left, in the second set of three."""
    catalogue = FakeHouse().catalogue()
    row = catalogue.named("one-arm-row")
    state = GuidedState(
        t_s=41.0, phase="working", exercise=row, glance="One-arm dumbbell row, left: 10 reps, 6 kg, set 2 of 3",
        set_number=2, sets=3, side="left", load="6 kg", load_kg=6.0, started=True, reps=7, target_reps=10,
        tempo=row.tempo, said="slower on the way back", sets_done=1, sets_left=5,
        alternatives=(catalogue.named("cat-camel"),),
    )  # fmt: skip
    return msgspec.structs.replace(state, **changed)


class AtDesk(Sitting):
    """A sitting with the desk's real coach in it, and what was chosen. ``local_s`` is three in the afternoon."""

    def __init__(self, session: FakeSession, coach: DeskCoach | None = None) -> None:
        super().__init__(session)
        self.coach = coach or DeskCoach(DeskSettings(), Kept(day=a_day()))
        self.local_s = 20_000 * 86_400.0 + 15 * 3600
        self.chosen: list[str] = []

    @property
    def desk(self) -> DeskState:
        return self.coach.state(self.local_s)

    def act(self, action: Action) -> None:
        self.chosen.append(action)
        self.coach.act(action, self.local_s)


def a_day() -> Day:
    """From nine to three: mostly upright, a slouch before each full hour, lunch without the sensor."""
    minutes: dict[int, list[int]] = {}
    for minute in range(9 * 60, 15 * 60):
        if 12 * 60 <= minute < 12 * 60 + 40:
            state = "not_worn"
        elif minute % 60 >= 48:
            state = "slouching"
        else:
            state = "moving" if minute % 60 < 4 else "upright"
        minutes[20_000 * 1440 + minute] = [60 if s == state else 0 for s in STATES]
    told = [20_000 * 86_400.0 + hour * 3600 - 300 for hour in (10, 11, 12)]
    return Day(number=20_000, alerts_local_s=told, minutes=minutes, breaks=4, longest_static_s=3300)


class FakeHouse:
    """What the dashboard knows of the world. Every wish is granted with a ``FakeSession``, or met with ``trouble``."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.opened: list[FakeSession] = []
        self.trouble: RhomboidError | None = None
        self.files = [Path("rows.mcap"), Path("desk.mcap")]
        self.heard = [
            Heard("AA:01", "WT901BLE", "-54 dBm", "83 %", "witmotion, by its service", usable=True),
            Heard("AA:02", "Fridge", "-80 dBm", "", "not recognised as a sensor", usable=False),
        ]
        self.examined: list[str | None] = []
        self.past = four_weeks()
        self.used = "strength-15-weeks"
        self.set = UserSettings(screen=ScreenSettings(welcomed=True))

    async def open(self, wish: Wish) -> Sitting:
        self.wishes.append(wish)
        if self.trouble is not None:
            raise self.trouble
        self.opened.append(FakeSession(str(wish.file or wish.purpose)))
        return Sitting(self.opened[-1])

    async def listen(self) -> AsyncIterator[list[Heard]]:
        if self.trouble is not None:
            raise self.trouble
        yield self.heard[:1]
        yield self.heard
        await asyncio.Event().wait()

    async def examine(self, address: str | None) -> list[Finding]:
        self.examined.append(address)
        if self.trouble is not None:
            raise self.trouble
        return [Finding("battery", "83 %"), Finding("verdict", "all is well")]

    def recordings(self) -> list[Path]:
        return self.files

    def catalogue(self) -> Catalogue:
        if self.trouble is not None:
            raise self.trouble
        return merge(read_sheet("catalogue.toml", (Path(coach.__file__).parent / "catalogue.toml").read_text("utf-8")))

    def sessions(self) -> list[SessionRecord]:
        if self.trouble is not None:
            raise self.trouble
        return self.past

    def plans(self) -> list[Plan]:
        if self.trouble is not None:
            raise self.trouble
        folder = Path(coach.__file__).parent / "plans"
        return [read_plan(p.name, p.read_text("utf-8"), self.catalogue()) for p in sorted(folder.glob("*.toml"))]

    def plan_in_use(self) -> str:
        return self.used

    def use_plan(self, plan: Plan) -> None:
        self.used = plan.id

    def weeks_ahead(self, plan: Plan, weeks: int) -> Sequence[PlannedSession]:
        return weeks_ahead(plan, self.catalogue(), self.past, self.today(), weeks)

    def settings(self) -> UserSettings:
        return self.set

    def save_settings(self, settings: UserSettings) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.set = settings

    def today(self) -> date:
        return date(2026, 11, 21)

    async def study(self, file: Path) -> tuple[Seen, Editor, Save]:
        if self.trouble is not None:
            raise self.trouble
        return Seen(file.name, *np.empty((3, 0)), ()), Editor(Annotations(), "exercise"), lambda _: None


def make_update(*events: e.Event, trace: Trace | None = None, **state: object) -> Update:
    return Update(events, trace or Trace(*np.empty((3, 0))), MotionState(**state))


def movement(peak_s: float, range_deg: float = 30.0) -> e.Movement:
    return e.Movement(start_s=peak_s - 1.25, peak_s=peak_s, end_s=peak_s + 1.25, range_deg=range_deg, confidence=0.9)


def rows_in_hand() -> Update:
    """Twenty seconds in the middle of a set: bows of 30 deg every 2.5 s, the third too small to count."""
    t_s = np.arange(21.0, 41.0, 0.02)
    number = np.floor(t_s / 2.5)
    movement_deg = np.where(number == 10, 4.0, 15.0) * (1 - np.cos(2 * np.pi * t_s / 2.5))
    told: list[e.Event] = [
        e.ReferenceTaken(at_s=4.0, start_s=1.0, end_s=4.0, quality=0.93),
        e.SetStarted(at_s=19.0, set_index=1, start_s=17.5),
    ]
    for rep in range(8, 16):
        peak_s = 2.5 * rep + 1.25
        if rep == 10:
            refused = movement(peak_s, 8.0)
            told.append(e.MovementRefused(at_s=peak_s + 1.5, movement=refused, reason="8° where the others are 30°"))
        else:
            number_in_set = rep - 7 - (rep > 10)
            told.append(e.RepCompleted(at_s=peak_s + 1.5, set_index=1, number=number_in_set, movement=movement(peak_s)))
    told.append(e.HoldEnded(at_s=40.9, start_s=37.5, end_s=40.9))
    return make_update(
        *told,
        trace=Trace(t_s, movement_deg, np.full(len(t_s), 2.0)),
        t_s=41.0,
        reps=7,
        in_set=True,
        phase="out",
        movement_deg=8.0,
        flexion_deg=12.4,
        lateral_deg=-5.2,
        tilt_deg=13.4,
        posture="moving",
    )


def slouching() -> Update:
    """Five minutes at the desk, the last two of them slouched, with a gap of twenty seconds before."""
    t_s = np.concatenate((np.arange(400.0, 500.0, 0.02), np.arange(520.0, 700.0, 0.02)))
    tilt_deg = 2.0 + np.sin(t_s / 7.0) + 16.0 * np.clip((t_s - 570.0) / 10.0, 0.0, 1.0)
    return make_update(
        e.SetClosed(at_s=300.0, set_index=1, start_s=200.0, end_s=290.0, reps=12, live_reps=12, movements=()),
        e.GapMarked(at_s=520.0, start_s=500.0, end_s=520.0, reason="the link dropped"),
        e.SlouchStarted(at_s=625.0, start_s=580.0, tilt_deg=18.0),
        trace=Trace(t_s, np.zeros(len(t_s)), tilt_deg),
        t_s=700.0,
        reps=12,
        flexion_deg=18.2,
        lateral_deg=1.0,
        tilt_deg=18.3,
        posture="leaning_forward",
        slouching_s=120.0,
    )


def look(app: App[None]) -> str:
    """The screen as lines of text. A screenshot would take ten times as long."""
    lines = [strip.text.rstrip() for strip in strips(app)]
    return "\n".join(filter(None, lines))


async def shown(pilot: Pilot[None]) -> str:
    """The screen as lines of text, with everything drawn that has been said."""
    session = getattr(pilot.app, "session", None)
    await until(pilot, lambda: session is None or session.runs)
    for screen in pilot.app.screen_stack:  # what lies below a question is seen as well
        await dealt_with(screen)
        draw = getattr(screen, "draw", None)
        if draw is not None:
            draw()
            await dealt_with(screen)
    return look(pilot.app)


async def dealt_with(screen: Screen[object]) -> None:
    """Waits until all on this screen came to what they were told, as the pilot does for the uppermost screen alone."""
    for _ in range(2):  # what a screen is told, such as its new size, it tells its widgets
        for widget in screen.walk_children(with_self=True):
            came = asyncio.Event()
            if widget.call_later(came.set):
                await came.wait()


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Waits for what a worker does; a machine that is busy may take its time."""
    async with asyncio.timeout(20.0):
        while not holds():
            await pilot.pause(0.01)
    await pilot.pause()
