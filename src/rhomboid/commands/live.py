"""``rhomboid demo``, ``record``, ``train`` and ``desk``: sessions now, on a sensor or the simulated wearer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.bluetooth import Adapter, Device, Family, Rate, live_source
from rhomboid.commands.options import (
    Delay,
    Demo,
    For,
    Forward,
    Guided,
    Hysteresis,
    KeepIn,
    Plain,
    Recovery,
    Script,
    Seed,
    SpeedText,
    Threshold,
    WithIdentity,
    core_settings,
    slouch_settings,
    speed_factor,
)
from rhomboid.commands.shown import run_session
from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.bug_report import BugReport
    from rhomboid.motion.settings import Settings
    from rhomboid.playback import Playback
    from rhomboid.recording.layout import About
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Recorder, Source
    from rhomboid.simulation.sensor import SimulatedSensor


def demo(
    script: Annotated[str, typer.Argument(help="What the simulated wearer does.")] = "demo",
    seed: Seed = 1,
    sensor: Family = None,
    rate: Rate = None,
    plain: Plain = False,
    speed: SpeedText = None,
    for_s: For = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Show the program on a simulated wearer, without any hardware.

    Example: rhomboid demo --seed 7
    """
    source, about = _source(True, script, seed, speed, (None, sensor, rate, None))
    settings = core_settings()
    keeper = _keeper(about, settings, with_identity)
    run_session(source, settings, plain=plain, for_s=for_s, keeper=keeper, keep_in=keep_last)


def record(
    file: Annotated[Path, typer.Argument(help="The recording to write (.mcap).", metavar="FILE")],
    demo: Demo = False,
    script: Script = None,
    seed: Seed = 1,
    plain: Plain = False,
    speed: SpeedText = None,
    device: Device = None,
    sensor: Family = None,
    rate: Rate = None,
    adapter: Adapter = None,
    guided: Guided = False,
    for_s: For = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Record a session, packet by packet, while it is shown.

    Example: rhomboid record rows.mcap --demo --script rows --plain --speed max
    """
    source, about = _source(demo, script or "demo", seed, speed, (device, sensor, rate, adapter))
    settings, memory = _with_reference(core_settings(), about, demo)
    recorder = _recorder(file, about, settings, force=force)
    run_session(
        source,
        settings,
        plain=plain,
        for_s=for_s,
        recorder=recorder,
        guided=guided,
        keeper=_keeper(about, settings, with_identity),
        keep_in=keep_last,
        memory=memory,
    )


def train(
    demo: Demo = False,
    script: Script = None,
    seed: Seed = 1,
    plain: Plain = False,
    speed: SpeedText = None,
    device: Device = None,
    sensor: Family = None,
    rate: Rate = None,
    adapter: Adapter = None,
    guided: Guided = False,
    forward: Forward = None,
    slouch_threshold: Threshold = None,
    slouch_delay: Delay = None,
    slouch_hysteresis: Hysteresis = None,
    slouch_recovery: Recovery = None,
    for_s: For = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Train: repetitions, sets and holds, with posture alerts after 5 s.

    Example: rhomboid train --demo --script squeezes
    """
    slouch = slouch_settings("training", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    source, about = _source(demo, script or "rows", seed, speed, (device, sensor, rate, adapter))
    settings, memory = _with_reference(core_settings("free", slouch, forward=forward), about, demo)
    keeper = _keeper(about, settings, with_identity)
    run_session(
        source, settings, plain=plain, for_s=for_s, guided=guided, keeper=keeper, keep_in=keep_last, memory=memory
    )


def desk(
    demo: Demo = False,
    script: Script = None,
    seed: Seed = 1,
    plain: Plain = False,
    speed: SpeedText = None,
    guided: Guided = False,
    forward: Forward = None,
    slouch_threshold: Threshold = None,
    slouch_delay: Delay = None,
    slouch_hysteresis: Hysteresis = None,
    slouch_recovery: Recovery = None,
    device: Device = None,
    sensor: Family = None,
    rate: Rate = None,
    adapter: Adapter = None,
    for_s: For = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Work at the desk: posture only, with an alert after 45 s of slouching.

    Example: rhomboid desk --demo --speed 20
    """
    slouch = slouch_settings("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    script = script or ("guided" if guided else "desk")
    source, about = _source(demo, script, seed, speed, (device, sensor, rate, adapter))
    settings, memory = _with_reference(core_settings("desk", slouch, forward=forward), about, demo)
    keeper = _keeper(about, settings, with_identity)
    run_session(
        source, settings, plain=plain, for_s=for_s, guided=guided, keeper=keeper, keep_in=keep_last, memory=memory
    )


def _source(
    demo: bool,
    script: str,
    seed: int,
    speed: str | None,
    sensor: tuple[str | None, str | None, float | None, str | None],
) -> tuple[Source, About]:
    """Where a live command gets its packets from, and what a recording should say of it."""
    from rhomboid.recording.layout import About

    if demo:
        _, family, rate_hz, _ = sensor
        simulated = _sensor(script, seed, family, rate_hz)
        identity = simulated.identity
        about = About(
            sensor_name=identity.name,
            sensor_address=identity.address,
            family=identity.family,
            started_at="",
            script=script,
            seed=seed,
        )
        return _playback(simulated, speed), about
    if speed is not None:
        raise UsageError("time cannot be made to go faster", do="use --speed with --demo or rhomboid replay")
    live = live_source(*sensor)
    wanted = live.wanted
    return live, About(sensor_name=wanted.name, sensor_address=wanted.address, family=wanted.family, started_at="")


def _with_reference(settings: Settings, about: About, demo: bool) -> tuple[Settings, ReferenceMemory | None]:
    """With the sensor's reference of last time, and what remembers that of this time; a simulated wearer has none."""
    if demo:
        return settings, None
    import msgspec

    from rhomboid.reference_memory import ReferenceMemory

    memory = ReferenceMemory(about.sensor_address)
    return msgspec.structs.replace(settings, known_reference=memory.recall()), memory


def _sensor(script: str, seed: int, family: str | None, rate_hz: float | None) -> SimulatedSensor:
    from rhomboid.simulation.sensor import SimulatedSensor

    return SimulatedSensor(script, seed, family=family or "rhomboid", rate_hz=rate_hz)


def _playback(sensor: SimulatedSensor, speed: str | None) -> Playback:
    from rhomboid.playback import Playback
    from rhomboid.sensors import driver_for

    return Playback(
        f"simulated wearer: {sensor.script} (seed {sensor.seed})",
        sensor.notifications(),
        driver=driver_for(sensor.identity.family),
        duration_s=sensor.duration_s,
        sections=sensor.sections,
        speed=speed_factor(speed),
    )


def _recorder(file: Path, about: About, settings: Settings, *, force: bool) -> Recorder:
    import datetime

    import msgspec

    from rhomboid.recording.writer import RecordingWriter

    about = msgspec.structs.replace(
        about,
        started_at=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        settings=msgspec.json.encode(settings).decode(),
    )
    return RecordingWriter(file, about, force=force)


def _keeper(about: About, settings: Settings, with_identity: bool) -> BugReport:
    from rhomboid.bug_report import BugReport

    return BugReport(about, settings, with_identity=with_identity)
