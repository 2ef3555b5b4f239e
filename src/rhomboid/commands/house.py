"""What stands behind the dashboard's screens: the real Bluetooth, the real files. See ``dashboard/house.py``.

Whatever blocks (reading a file, making a wearer up, loading scipy) happens in a thread, so that no screen ever waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
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
    from rhomboid.session import Session
    from rhomboid.settings_file import UserSettings

LISTEN_S = 60.0
SHOW_S = 0.5


class Doors:
    """The house of the running program."""

    def __init__(self, adapter: str | None = None) -> None:
        self._adapter = adapter

    async def open(self, wish: Wish) -> Sitting:
        return Sitting(await self._session(wish))

    async def _session(self, wish: Wish) -> Session:
        if wish.file is not None:
            return await asyncio.to_thread(_replay, wish.file)
        if wish.demo:
            return await asyncio.to_thread(_demo, wish)
        return await self._live(wish)

    async def _live(self, wish: Wish) -> Session:
        from rhomboid.link.bleak_radio import BleakRadio
        from rhomboid.link.finding import choose
        from rhomboid.link.live import LiveSource
        from rhomboid.link.remembered import remember, remembered
        from rhomboid.reference_memory import ReferenceMemory

        await asyncio.to_thread(_load_what_is_slow)
        radio = BleakRadio(self._adapter)
        wanted: Wanted | None = remembered()
        if wanted is None or wish.address not in (None, wanted.address):
            wanted = await choose(radio, device=wish.address)
        remember(wanted)
        source = LiveSource(radio, wanted)
        return _session(wish, source, wanted.name, wanted.address, wanted.family, ReferenceMemory(wanted.address))

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


def _demo(wish: Wish) -> Session:
    from rhomboid.playback import Playback
    from rhomboid.sensors import driver_for
    from rhomboid.simulation.sensor import SimulatedSensor

    _load_what_is_slow()
    sensor = SimulatedSensor("desk" if wish.purpose == "desk" else "demo", 1)
    playback = Playback(
        f"simulated wearer: {sensor.script}",
        sensor.notifications(),
        driver=driver_for(sensor.identity.family),
        duration_s=sensor.duration_s,
        sections=sensor.sections,
    )
    identity = sensor.identity
    return _session(wish, playback, identity.name, identity.address, identity.family)


def _session(
    wish: Wish, source: object, name: str, address: str, family: str, memory: ReferenceMemory | None = None
) -> Session:
    import msgspec

    from rhomboid.bug_report import BugReport
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.recording.layout import About
    from rhomboid.session import Session

    settings = _settings(wish)
    if memory is not None:
        settings = msgspec.structs.replace(settings, known_reference=memory.recall())
    about = About(sensor_name=name, sensor_address=address, family=family, started_at="")
    return Session(source, Pipeline(settings), keeper=BugReport(about, settings), memory=memory)  # type: ignore[arg-type]


def _settings(wish: Wish) -> Settings:
    from rhomboid.motion.settings import TRAINING, WORK, Settings

    desk = wish.purpose == "desk"
    return Settings(mode="desk" if desk else "free", slouch=WORK if desk else TRAINING)


def _load_what_is_slow() -> None:
    """The signal core loads these with its first sample, which takes a second in which no packet could be stamped."""
    import scipy.ndimage
    import scipy.signal  # noqa: F401


def _heard(found: Found) -> Heard:
    seen = found.seen
    battery = "" if seen.battery_percent is None else f"{seen.battery_percent} %"
    signal = "connected" if seen.held else f"{seen.rssi_dbm} dBm"
    return Heard(seen.address, seen.name, signal, battery, found.verdict, bool(found.matches))
