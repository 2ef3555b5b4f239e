"""``rhomboid demo``, ``record``, ``train`` and ``desk``: sessions now, on a sensor or the simulated wearer."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.background import alone, watch
from rhomboid.commands.bluetooth import Adapter, Device, Family, Rate, live_source
from rhomboid.commands.hearing import Sound, opened_sounds
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
    user_settings,
)
from rhomboid.commands.shown import complain, on_screen, run_session
from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.bug_report import BugReport
    from rhomboid.commands.training import Guide
    from rhomboid.dashboard.sitting import Sitting
    from rhomboid.motion.settings import Settings
    from rhomboid.playback import Playback
    from rhomboid.recording.layout import About
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Recorder, Session, Source
    from rhomboid.simulation.guided import Act
    from rhomboid.simulation.sensor import SimulatedSensor
    from rhomboid.sound.sounds import Sounds

PACKETS_AT_ONCE = 4
"""Of a simulated wearer who is guided: a fifth of a second, however fast time goes."""


def demo(
    script: Annotated[str, typer.Argument(help="What the simulated wearer does.")] = "demo",
    seed: Seed = 1,
    sensor: Family = None,
    rate: Rate = None,
    plain: Plain = False,
    speed: SpeedText = None,
    for_s: For = None,
    sound: Sound = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Show the program on a simulated wearer, without any hardware.

    Example: rhomboid demo --seed 7
    """
    source, about = source_of(True, script, seed, speed, (None, sensor, rate, None))
    settings = core_settings()
    keeper = _keeper(about, settings, with_identity)
    sounds = opened_sounds(sound, plain=plain, hurried=speed is not None)
    run_session(source, settings, plain=plain, for_s=for_s, keeper=keeper, keep_in=keep_last, sounds=sounds)


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
    sound: Sound = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Record a session, packet by packet, while it is shown.

    Example: rhomboid record rows.mcap --demo --script rows --plain --speed max
    """
    source, about = source_of(demo, script or "demo", seed, speed, (device, sensor, rate, adapter))
    settings, memory = _with_reference(core_settings(), about, demo)
    recorder = recorder_for(file, about, settings, force=force)
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
        sounds=opened_sounds(sound, plain=plain, hurried=speed is not None),
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
    sound: Sound = None,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
    plan: Annotated[str | None, typer.Option("--plan", help="Today's session of this plan.", metavar="NAME")] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option("--exercise", help="This exercise; several make a session.", metavar="NAME[:REPS]"),
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="No plan: whatever you do is counted.")] = False,
    go_on: Annotated[bool, typer.Option("--go-on", help="Go on with the session that was broken off.")] = False,
    recording: Annotated[
        Path | None, typer.Option("--record", help="Record the session, with what you tell.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Cues and events as JSON, one object a line.")] = False,
) -> None:
    """Train: today's session of the plan in use, guided from the warm-up to the last set; without a plan, freely.

    What is done with the sensor is kept in the history, and recorded beside it unless the settings say otherwise. With
    --demo the simulated wearer does what is asked; that is kept only if RHOMBOID_HISTORY names a history for it.

    Example: rhomboid train --demo --exercise one-arm-row:8
    """
    if sum((plan is not None, bool(exercise), free, script is not None)) > 1:
        raise UsageError("--plan, --exercise, --free and --script ask for different things", do="use one of them")
    guide = None
    if script is None:
        from rhomboid.commands.training import Guide

        guide = Guide(plan, exercise or [], demo=demo, go_on=go_on, free=free)
    with contextlib.nullcontext() if guide is None else contextlib.closing(guide):
        by_plan = guide is not None and guide.planned is not None
        slouch = slouch_settings("training", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
        acts = guide.acts() if guide is not None and by_plan and demo else None
        source, about = source_of(demo, script or "rows", seed, speed, (device, sensor, rate, adapter), acts)
        settings = core_settings("free", slouch, forward=forward)
        if guide is not None and by_plan:
            settings = guide.as_learnt(settings)
        settings, memory = _with_reference(settings, about, demo)
        recorder: Recorder | None = None
        if recording is not None:
            recorder = recorder_for(recording, about, settings, force=False)
        elif guide is not None and not demo and (own := guide.recording(begun(about, settings))) is not None:
            recorder, recording = own, own.path
        run_session(
            source,
            settings,
            plain=plain,
            for_s=for_s,
            guided=guided,
            as_json=as_json,
            recorder=recorder,
            keeper=_keeper(about, settings, with_identity),
            keep_in=keep_last,
            memory=memory,
            sounds=opened_sounds(sound, plain=plain or as_json, hurried=speed is not None),
            training=None if guide is None or not by_plan else lambda session: guide.training(session, recording),
            free=None if guide is None or by_plan else lambda session: guide.free(session, recording),
            sitting=None if guide is None else lambda *heard: _trained(guide, recording, *heard),
        )


def desk(
    context: typer.Context,
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
    sound: Sound = None,
    background: Annotated[
        bool, typer.Option("--background", help="No terminal: a log, and alerts as desktop notifications.")
    ] = False,
    keep_last: KeepIn = None,
    with_identity: WithIdentity = False,
) -> None:
    """Work at the desk: posture only, with an alert after 45 s of slouching.

    With --background it needs no terminal: at most eight alerts a day, spent on the longest slouches, come as desktop
    notifications, and every event goes into a log. "rhomboid desk install" has that begin at every login, and "rhomboid
    desk snooze", "mute", "listen", "wrong" and "break" tell it what the buttons of a notification would.

    Example: rhomboid desk --demo --speed 20
    """
    if context.invoked_subcommand is not None:
        return
    chosen = user_settings(slouch_threshold, slouch_delay)
    if background:
        if keep_last is not None:
            raise UsageError("--background keeps no last minute", do="leave out --keep-last, or --background")
        context.with_resource(alone())
    slouch = slouch_settings("work", chosen.desk.threshold_deg, chosen.desk.delay_s, slouch_hysteresis, slouch_recovery)
    script = script or ("guided" if guided else "desk")
    source, about = source_of(demo, script, seed, speed, (device, sensor, rate, adapter))
    settings, memory = _with_reference(core_settings("desk", slouch, forward=forward), about, demo)
    if background:
        watch(source, settings, chosen, sound=sound, for_s=for_s, guided=guided, simulated=demo, memory=memory)
        return
    sitting = None
    if on_screen(plain):
        import msgspec

        from rhomboid.commands.sittings import AtDesk, kept_day

        kept, file = kept_day(complain, simulated=demo)
        slouch = msgspec.structs.replace(slouch, threshold_deg=slouch.threshold_deg + kept.raised_deg)
        # Free, as the repetitions of a micro-break count as well.
        settings = msgspec.structs.replace(settings, mode="free", slouch=slouch)

        def sitting(session: Session, sounds: Sounds | None) -> Sitting:
            return AtDesk(session, chosen, kept, file, sounds, lambda: typer.echo("\a", nl=False, err=True))

    keeper = _keeper(about, settings, with_identity)
    run_session(
        source,
        settings,
        plain=plain,
        for_s=for_s,
        guided=guided,
        keeper=keeper,
        keep_in=keep_last,
        memory=memory,
        sounds=opened_sounds(sound, plain=plain, hurried=speed is not None),
        sitting=sitting,
    )


def _trained(guide: Guide, recording: Path | None, session: Session, sounds: Sounds | None) -> Sitting:
    from rhomboid.commands.sittings import Free, Guided

    if guide.planned is None:
        return Free(session, guide.free(session, recording), sounds)
    return Guided(session, guide.training(session, recording), sounds)


def source_of(
    demo: bool,
    script: str,
    seed: int,
    speed: str | None,
    sensor: tuple[str | None, str | None, float | None, str | None],
    acts: Sequence[Act] | None = None,
) -> tuple[Source, About]:
    """Where a live command gets its packets from, and what a recording should say of it.

    The simulated wearer does ``acts`` in place of the script, where there are any.
    """
    from rhomboid.recording.layout import About

    if demo:
        _, family, rate_hz, _ = sensor
        simulated = _sensor(script, seed, family, rate_hz, acts)
        identity = simulated.identity
        about = About(
            sensor_name=identity.name,
            sensor_address=identity.address,
            family=identity.family,
            started_at="",
            script=script,
            seed=seed,
        )
        return _playback(simulated, speed, listens=acts is not None), about
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


def _sensor(
    script: str, seed: int, family: str | None, rate_hz: float | None, acts: Sequence[Act] | None
) -> SimulatedSensor:
    from rhomboid.simulation.guided import act
    from rhomboid.simulation.sensor import SimulatedSensor

    family = family or "rhomboid"
    if acts is None:
        return SimulatedSensor(script, seed, family=family, rate_hz=rate_hz)
    return SimulatedSensor("as planned", seed, family=family, rate_hz=rate_hz, performance=act(acts, seed))


def _playback(sensor: SimulatedSensor, speed: str | None, *, listens: bool) -> Playback:
    from rhomboid.playback import MAX_BATCH, Playback
    from rhomboid.sensors import driver_for

    return Playback(
        f"simulated wearer: {sensor.script} (seed {sensor.seed})",
        sensor.notifications(),
        driver=driver_for(sensor.identity.family),
        duration_s=sensor.duration_s,
        sections=sensor.sections,
        speed=speed_factor(speed),
        at_once=PACKETS_AT_ONCE if listens else MAX_BATCH,
    )


def recorder_for(file: Path, about: About, settings: Settings, *, force: bool) -> Recorder:
    from rhomboid.recording.writer import RecordingWriter

    return RecordingWriter(file, begun(about, settings), force=force)


def begun(about: About, settings: Settings) -> About:
    """What a recording that begins now says of itself."""
    import datetime

    import msgspec

    started_at = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    return msgspec.structs.replace(about, started_at=started_at, settings=msgspec.json.encode(settings).decode())


def _keeper(about: About, settings: Settings, with_identity: bool) -> BugReport:
    from rhomboid.bug_report import BugReport

    return BugReport(about, settings, with_identity=with_identity)
