"""What stands behind the dashboard's screens: the real Bluetooth, the real files. See ``dashboard/house.py``.

Whatever blocks (reading a file, making a wearer up, loading scipy) happens in a thread, so that no screen ever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Session, Source
    from rhomboid.settings_file import UserSettings
    from rhomboid.simulation.guided import Act
    from rhomboid.sound.sounds import Sounds

DEMO_SEED = 1
LISTEN_S = 60.0
SHOW_S = 0.5


class Doors:
    """The house of the running program."""

    def __init__(self, adapter: str | None = None) -> None:
        self._adapter = adapter
        self.bell: Callable[[], None] = lambda: None
        """Rings the terminal's bell, where a screen lends it."""

    async def open(self, wish: Wish) -> Sitting:
        if wish.file is not None:
            return Sitting(await asyncio.to_thread(_replay, wish.file))
        chosen = self.settings()
        await asyncio.to_thread(_load_what_is_slow)
        sounds = await asyncio.to_thread(_sounds, chosen, wish)
        if wish.purpose == "desk":
            return await self._desk(wish, chosen, sounds)
        return await self._training(wish, sounds)

    async def _training(self, wish: Wish, sounds: Sounds | None) -> Sitting:
        from rhomboid.commands.sittings import Guided
        from rhomboid.commands.sittings import Heard as WithSounds
        from rhomboid.commands.training import Guide
        from rhomboid.motion.settings import TRAINING, Settings

        # The history that it opens belongs to this thread.
        guide = Guide(None, [wish.exercise] if wish.exercise else [], demo=wish.demo, go_on=True)
        by_plan = guide.planned is not None
        acts = guide.acts() if by_plan and wish.demo else None
        settings = Settings(slouch=TRAINING)
        session = await self._session(wish, guide.as_learnt(settings) if by_plan else settings, acts)
        if by_plan:
            return Guided(session, guide.training(session, None), sounds, guide.close)
        return WithSounds(session, sounds, guide.close)

    async def _desk(self, wish: Wish, chosen: UserSettings, sounds: Sounds | None) -> Sitting:
        from rhomboid.commands.sittings import AtDesk, kept_day
        from rhomboid.motion.settings import Settings, SlouchSettings

        kept, file = kept_day(simulated=wish.demo)
        threshold_deg = chosen.desk.threshold_deg + kept.raised_deg
        slouch = SlouchSettings(threshold_deg=threshold_deg, delay_s=chosen.desk.delay_s)
        # Free, as the repetitions of a micro-break count as well.
        session = await self._session(wish, Settings(mode="free", slouch=slouch))
        return AtDesk(session, chosen, kept, file, sounds, self.bell)

    async def _session(self, wish: Wish, settings: Settings, acts: Sequence[Act] | None = None) -> Session:
        from rhomboid.link.bleak_radio import BleakRadio
        from rhomboid.link.finding import choose
        from rhomboid.link.live import LiveSource
        from rhomboid.link.remembered import remember, remembered
        from rhomboid.reference_memory import ReferenceMemory

        if wish.demo:
            return await asyncio.to_thread(_demo, wish, settings, acts)
        radio = BleakRadio(self._adapter)
        wanted: Wanted | None = remembered()
        if wanted is None or wish.address not in (None, wanted.address):
            try:
                wanted = await choose(radio, device=wish.address)
            except UsageError as error:  # what --device would say
                raise UsageError(error.what, do="choose one of them under 8, Sensors") from None
        remember(wanted)
        source = LiveSource(radio, wanted)
        return _session(settings, source, (wanted.name, wanted.address, wanted.family), ReferenceMemory(wanted.address))

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
        folders = {Path.cwd(), Path.cwd() / "recordings"}
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
    return _session(settings, playback, (identity.name, identity.address, identity.family))


def _session(
    settings: Settings, source: Source, sensor: tuple[str, str, str], memory: ReferenceMemory | None = None
) -> Session:
    """``sensor``: its name, address and family."""
    import msgspec

    from rhomboid.bug_report import BugReport
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.recording.layout import About
    from rhomboid.session import Session

    if memory is not None:
        settings = msgspec.structs.replace(settings, known_reference=memory.recall())
    name, address, family = sensor
    about = About(sensor_name=name, sensor_address=address, family=family, started_at="")
    return Session(source, Pipeline(settings), keeper=BugReport(about, settings), memory=memory)


def _sounds(chosen: UserSettings, wish: Wish) -> Sounds | None:
    from rhomboid.commands.hearing import sounds_for

    return sounds_for(chosen.sound, None, posture=wish.purpose != "desk")


def _load_what_is_slow() -> None:
    """The signal core loads these with its first sample, which takes a second in which no packet could be stamped."""
    import scipy.ndimage
    import scipy.signal  # noqa: F401


def _heard(found: Found) -> Heard:
    seen = found.seen
    battery = "" if seen.battery_percent is None else f"{seen.battery_percent} %"
    signal = "connected" if seen.held else f"{seen.rssi_dbm} dBm"
    return Heard(seen.address, seen.name, signal, battery, found.verdict, bool(found.matches))
