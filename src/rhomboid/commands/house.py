"""What stands behind the dashboard's screens: the real Bluetooth, the real files. See ``dashboard/house.py``.

Whatever blocks (reading a file, making a wearer up, loading scipy) happens in a thread, so that no screen ever waits.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rhomboid.commands.live import begun
from rhomboid.commands.shown import complain
from rhomboid.dashboard.house import Finding, Heard, Save, Wish
from rhomboid.dashboard.sitting import Sitting
from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.annotation import Editor, Seen
    from rhomboid.coach.catalogue import Catalogue
    from rhomboid.coach.plan import Plan, PlannedSession
    from rhomboid.coach.record import SessionRecord
    from rhomboid.link.finding import Found
    from rhomboid.link.live import Wanted
    from rhomboid.motion.settings import Settings
    from rhomboid.recording.layout import About
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Recorder, Session, Source
    from rhomboid.settings_file import UserSettings
    from rhomboid.simulation.guided import Act
    from rhomboid.sound.sounds import Sounds

DEMO_SEED = 1
LISTEN_S = 60.0
SHOW_S = 0.5


class Worn(NamedTuple):
    """A sensor, or the simulated wearer's, with all that a session with it needs."""

    source: Source
    settings: Settings
    about: About
    memory: ReferenceMemory | None = None

    def session(self, recorder: Recorder | None = None) -> Session:
        """The session with it."""
        from rhomboid.bug_report import BugReport
        from rhomboid.motion.pipeline import Pipeline
        from rhomboid.session import Session

        keeper = BugReport(self.about, self.settings)
        return Session(self.source, Pipeline(self.settings), recorder=recorder, keeper=keeper, memory=self.memory)


class Doors:
    """The house of the running program."""

    def __init__(self, adapter: str | None = None) -> None:
        self._adapter = adapter
        self.bell: Callable[[], None] = lambda: None
        """Rings the terminal's bell, where a screen lends it."""
        self.say: Callable[[str], None] = complain
        """Tells what cannot be had or was done unasked; from any thread. A screen lends a better one."""
        self._said: set[str] = set()

    async def open(self, wish: Wish) -> Sitting:
        if wish.file is not None:
            return Sitting(await asyncio.to_thread(_replay, wish.file))
        chosen = self.settings()
        await asyncio.to_thread(_load_what_is_slow)
        sounds = await asyncio.to_thread(self._sounds, chosen, wish)
        try:
            if wish.purpose == "desk":
                return await self._desk(wish, chosen, sounds)
            return await self._training(wish, sounds)
        except BaseException:  # no sensor, or nobody waits for it any more
            if sounds is not None:
                sounds.close()
            raise

    async def _training(self, wish: Wish, sounds: Sounds | None) -> Sitting:
        from rhomboid.commands.sittings import Free, Guided
        from rhomboid.commands.training import Guide
        from rhomboid.errors import HistoryError
        from rhomboid.motion.settings import TRAINING, Settings

        # The history that it opens belongs to this thread.
        exercises = [wish.exercise] if wish.exercise else []
        guide = Guide(None, exercises, demo=wish.demo, go_on=True, say=self._say_once)

        def close() -> None:
            try:
                guide.close()
            except HistoryError as problem:
                self._say_once(str(problem))

        try:
            by_plan = guide.planned is not None
            settings = Settings(slouch=TRAINING)
            if by_plan:
                settings = guide.as_learnt(settings)
            if wish.demo:
                session = await asyncio.to_thread(_demo, wish, settings, guide.acts() if by_plan else None)
                recording = None
            else:
                worn = await self._worn(wish, settings)
                own = guide.recording(begun(worn.about, worn.settings))
                session, recording = worn.session(own), None if own is None else own.path
        except BaseException:
            close()
            raise
        if by_plan:
            return Guided(session, guide.training(session, recording), sounds, close)
        return Free(session, guide.free(session, recording), sounds, close)

    async def _desk(self, wish: Wish, chosen: UserSettings, sounds: Sounds | None) -> Sitting:
        from rhomboid.commands.sittings import AtDesk, kept_day
        from rhomboid.motion.settings import Settings, SlouchSettings

        kept, file = kept_day(self._say_once, simulated=wish.demo)
        threshold_deg = chosen.desk.threshold_deg + kept.raised_deg
        slouch = SlouchSettings(threshold_deg=threshold_deg, delay_s=chosen.desk.delay_s)
        # Free, as the repetitions of a micro-break count as well.
        settings = Settings(mode="free", slouch=slouch)
        if wish.demo:
            session = await asyncio.to_thread(_demo, wish, settings, None)
        else:
            session = (await self._worn(wish, settings)).session()
        return AtDesk(session, chosen, kept, file, sounds, self.bell)

    async def _worn(self, wish: Wish, settings: Settings) -> Worn:
        """The sensor that is meant, with its reference of last time. It is remembered for the next time."""
        from rhomboid.link.bleak_radio import BleakRadio
        from rhomboid.link.finding import choose
        from rhomboid.link.live import LiveSource
        from rhomboid.link.remembered import remember, remembered
        from rhomboid.recording.layout import About
        from rhomboid.reference_memory import ReferenceMemory

        radio = BleakRadio(self._adapter)
        wanted: Wanted | None = remembered()
        if wanted is None or wish.address not in (None, wanted.address):
            try:
                wanted = await choose(radio, device=wish.address)
            except UsageError as error:  # what --device would say
                raise UsageError(error.what, do="choose one of them under 8, Sensors") from None
        remember(wanted)
        memory = ReferenceMemory(wanted.address)
        settings = msgspec.structs.replace(settings, known_reference=memory.recall())
        about = About(sensor_name=wanted.name, sensor_address=wanted.address, family=wanted.family, started_at="")
        return Worn(LiveSource(radio, wanted), settings, about, memory)

    def _sounds(self, chosen: UserSettings, wish: Wish) -> Sounds | None:
        from rhomboid.commands.hearing import sounds_for

        if chosen.sound.tones and importlib.util.find_spec("miniaudio") is None:
            self._say_once("there are no tones: they need the extra audio (pip install 'rhomboid[audio]')")
        return sounds_for(chosen.sound, None, posture=wish.purpose != "desk", say=self._say_once)

    def _say_once(self, words: str) -> None:
        """The next session would only say it again."""
        if words not in self._said:
            self._said.add(words)
            self.say(words)

    async def listen(self) -> AsyncIterator[list[Heard]]:
        from rhomboid.link.bleak_radio import BleakRadio
        from rhomboid.link.finding import Air, as_error
        from rhomboid.link.trouble import LinkTrouble

        air = Air()
        loop = asyncio.get_running_loop()
        shown_at = 0.0
        try:
            async with asyncio.timeout(LISTEN_S), BleakRadio(self._adapter).scan() as advertisements:
                async for seen in advertisements:
                    air.hear(seen)
                    if loop.time() - shown_at >= SHOW_S:
                        shown_at = loop.time()
                        yield [_heard(found) for found in air.found]
        except TimeoutError:
            yield [_heard(found) for found in air.found]
        except LinkTrouble as trouble:
            raise as_error(trouble) from trouble

    async def examine(self, address: str | None) -> list[Finding]:
        from rhomboid.commands.bluetooth import findings
        from rhomboid.link.bleak_radio import BleakRadio
        from rhomboid.link.doctor import examine
        from rhomboid.link.finding import choose
        from rhomboid.link.remembered import remembered

        radio = BleakRadio(self._adapter)
        wanted = remembered()
        if wanted is None or address not in (None, wanted.address):
            wanted = await choose(radio, device=address)
        return [Finding(name, value) for name, value in findings(await examine(radio, wanted))]

    def recordings(self) -> list[Path]:
        from rhomboid.history.database import history_path
        from rhomboid.recording.beside import folder_beside

        folders = {Path.cwd(), Path.cwd() / "recordings", folder_beside(history_path())}
        found = [file for folder in folders if folder.is_dir() for file in folder.glob("*.mcap")]
        return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)

    def catalogue(self) -> Catalogue:
        from rhomboid.shelf import catalogue

        return catalogue()

    def sessions(self) -> Sequence[SessionRecord]:
        from rhomboid.history.store import History

        with History() as opened:
            return opened.sessions(movements=False)

    def plans(self) -> list[Plan]:
        from rhomboid import shelf

        return list(shelf.plans(shelf.catalogue()).values())

    def plan_in_use(self) -> str:
        from rhomboid import shelf

        plan = shelf.current_plan(shelf.plans(shelf.catalogue()))
        return "" if plan is None else plan.id

    def use_plan(self, plan: Plan) -> None:
        from rhomboid import shelf

        shelf.use_plan(plan)

    def weeks_ahead(self, plan: Plan, weeks: int) -> Sequence[PlannedSession]:
        from rhomboid import shelf
        from rhomboid.coach.progression import weeks_ahead

        return weeks_ahead(plan, shelf.catalogue(), self.sessions(), self.today(), weeks)

    def settings(self) -> UserSettings:
        from rhomboid.settings_file import load

        return load()

    def save_settings(self, settings: UserSettings) -> None:
        from rhomboid.settings_file import save

        save(settings)

    def today(self) -> date:
        return datetime.now().astimezone().date()

    async def study(self, file: Path) -> tuple[Seen, Editor, Save]:
        from rhomboid.annotate import look_at
        from rhomboid.annotation import Editor
        from rhomboid.labels import read_annotations, write_annotations

        seen = await asyncio.to_thread(look_at, file)
        marked = await asyncio.to_thread(read_annotations, file)
        return seen, Editor(marked, "exercise"), lambda annotations: write_annotations(file, annotations)


def _replay(file: Path) -> Session:
    from rhomboid.commands.recordings import recorded_settings, seekable
    from rhomboid.library import open_file
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    if not file.is_file() and not file.is_dir():
        raise UsageError("there is no such file", do="check the name", where=str(file))
    opened = open_file(file)
    settings = recorded_settings(opened)
    return Session(seekable(file, opened, settings, 1.0, 0.0, None), Pipeline(settings))


def _demo(wish: Wish, settings: Settings, acts: Sequence[Act] | None) -> Session:
    from rhomboid.playback import Playback
    from rhomboid.recording.layout import About
    from rhomboid.sensors import driver_for
    from rhomboid.simulation.guided import act
    from rhomboid.simulation.sensor import SimulatedSensor

    if acts is None:
        sensor = SimulatedSensor("desk" if wish.purpose == "desk" else "demo", DEMO_SEED)
    else:
        sensor = SimulatedSensor("as planned", DEMO_SEED, performance=act(acts, DEMO_SEED))
    playback = Playback(
        f"simulated wearer: {sensor.script}",
        sensor.notifications(),
        driver=driver_for(sensor.identity.family),
        duration_s=sensor.duration_s,
        sections=sensor.sections,
    )
    identity = sensor.identity
    about = About(sensor_name=identity.name, sensor_address=identity.address, family=identity.family, started_at="")
    return Worn(playback, settings, about).session()


def _load_what_is_slow() -> None:
    """The signal core loads these with its first sample, which takes a second in which no packet could be stamped."""
    import scipy.ndimage
    import scipy.signal  # noqa: F401


def _heard(found: Found) -> Heard:
    seen = found.seen
    battery = "" if seen.battery_percent is None else f"{seen.battery_percent} %"
    signal = "connected" if seen.held else f"{seen.rssi_dbm} dBm"
    return Heard(seen.address, seen.name, signal, battery, found.verdict, bool(found.matches))
