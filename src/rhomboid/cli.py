"""The command line: thin. Every command parses its options, calls one room, and turns errors into one line.

Exit status: 0 all is well, 1 a file or a stream could not be used, 2 the command was used wrongly, 70 a fault in the
program itself, 130 Ctrl-C.
Heavy rooms (numpy, scipy, textual) are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid import __version__
from rhomboid.commands.bluetooth import Adapter, Device, Family, Rate, doctor, live_source, scan
from rhomboid.commands.sensors import decode, sensors
from rhomboid.errors import Fault, RhomboidError, UsageError, harmless
from rhomboid.options import (
    Delay,
    Demo,
    For,
    Forward,
    Guided,
    Hysteresis,
    ModeName,
    Plain,
    Recovery,
    Reference,
    Script,
    Seed,
    SpeedText,
    Threshold,
    core_settings,
    slouch_settings,
    speed_factor,
)

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis
    from rhomboid.motion.settings import Settings
    from rhomboid.playback import Playback
    from rhomboid.recording.layout import About
    from rhomboid.session import Recorder, Session, Source
    from rhomboid.simulation.sensor import SimulatedSensor

app = typer.Typer(
    name="rhomboid",
    help="Counts repetitions, times holds and notices slouching with one sensor between the shoulder blades.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the ``rhomboid`` command."""
    try:
        status = app(standalone_mode=False)
    except RhomboidError as error:
        _complain(str(error))
        if isinstance(error, Fault):
            _keep_traceback(error)
        status = error.exit_status
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader of a pipe went away: nothing is left to say
        sys.stderr.close()
        status = 1
    except Exception as error:  # typer's own usage errors, whatever its version calls them
        if hasattr(error, "format_message"):
            command = getattr(getattr(error, "ctx", None), "command_path", "rhomboid")
            _complain(f"{error.format_message().rstrip('.')}; see {command} --help")
            status = 2
        else:
            fault = Fault(error)
            _complain(str(fault))
            _keep_traceback(fault)
            status = fault.exit_status
    sys.exit(status if isinstance(status, int) else 0)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def demo(
    script: Annotated[str, typer.Argument(help="What the simulated wearer does.")] = "demo",
    seed: Seed = 1,
    sensor: Family = None,
    rate: Rate = None,
    plain: Plain = False,
    speed: SpeedText = None,
    for_s: For = None,
) -> None:
    """Show the program on a simulated wearer, without any hardware.

    Example: rhomboid demo --seed 7
    """
    _run(_playback(_sensor(script, seed, sensor, rate), speed), core_settings(), plain=plain, for_s=for_s)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A recording (.mcap) or a CSV (.csv, .csv.gz).", metavar="FILE")],
    plain: Plain = False,
    speed: SpeedText = None,
    mode: Annotated[ModeName, typer.Option("--mode", help="What is known about the recording.")] = ModeName.free,
    reference: Reference = None,
    forward: Forward = None,
    slouch_threshold: Threshold = None,
    slouch_delay: Delay = None,
    slouch_hysteresis: Hysteresis = None,
    slouch_recovery: Recovery = None,
    for_s: For = None,
) -> None:
    """Play a recording on the screen, as if it happened now. With --plain it plays as fast as it can.

    Example: rhomboid replay recordings/rows.mcap --speed 2
    """
    from rhomboid.library import open_file
    from rhomboid.playback import Playback

    opened = open_file(file)
    for remark in opened.remarks:
        typer.echo(harmless(remark), err=True)
    factor = speed_factor(speed, default=math.inf if plain else 1.0)
    playback = Playback(file.name, opened.items, driver=opened.driver, duration_s=opened.duration_s, speed=factor)
    slouch = slouch_settings("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = core_settings(mode.value, slouch, reference=reference, forward=forward)
    _run(playback, settings, plain=plain, for_s=for_s)


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Recordings (.mcap) and CSV files.", metavar="FILE...")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file, one a line.")] = False,
    mode: Annotated[
        ModeName, typer.Option("--mode", help="set: one set of one exercise; desk: posture only.")
    ] = ModeName.free,
    reference: Reference = None,
    forward: Forward = None,
    slouch_threshold: Threshold = None,
    slouch_delay: Delay = None,
    slouch_hysteresis: Hysteresis = None,
    slouch_recovery: Recovery = None,
    exercise: Annotated[str | None, typer.Option("--exercise", help="The exercise, if it is known.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Every movement, counted or not, and why not.")] = False,
) -> None:
    """Count repetitions, holds and slouches in whole files.

    Example: rhomboid analyze --mode free recordings/rows.mcap
    """
    import msgspec

    from rhomboid.analysis import analyze as analyze_file

    slouch = slouch_settings("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = core_settings(mode.value, slouch, reference=reference, forward=forward, exercise=exercise)
    done: list[Analysis] = []
    failed = False
    for file in files:
        try:
            result = analyze_file(file, settings, explain=explain)
        except RhomboidError as error:
            failed = True
            _complain(str(error))
            continue
        if as_json:
            sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        done.append(result)
    if done and not as_json:
        from rhomboid.tables import analyses

        typer.echo(analyses(done))
    if failed:
        raise typer.Exit(1)


@app.command()
def accuracy(
    data: Annotated[Path, typer.Option("--data", help="A folder of recordings with a labels.csv.", metavar="DIR")],
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,
) -> None:
    """Measure how well labelled recordings are counted, with 95 % confidence intervals.

    Example: rhomboid accuracy --data my-recordings
    """
    import msgspec

    from rhomboid.accuracy import measure
    from rhomboid.tables import report

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{done} of {of} files", nl=done == of, err=True)

    result = measure(data, show)
    typer.echo(msgspec.json.encode(result).decode() if as_json else report(result))


@app.command()
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
) -> None:
    """Record a session, packet by packet, while it is shown.

    Example: rhomboid record rows.mcap --demo --script rows --plain --speed max
    """
    settings = core_settings()
    source, about = _source(demo, script or "demo", seed, speed, (device, sensor, rate, adapter))
    recorder = _recorder(file, about, settings, force=force)
    _run(source, settings, plain=plain, for_s=for_s, recorder=recorder, guided=guided)


@app.command()
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
) -> None:
    """Train: repetitions, sets and holds, with posture alerts after 5 s.

    Example: rhomboid train --demo --script squeezes
    """
    slouch = slouch_settings("training", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    source, _ = _source(demo, script or "rows", seed, speed, (device, sensor, rate, adapter))
    _run(source, core_settings("free", slouch, forward=forward), plain=plain, for_s=for_s, guided=guided)


@app.command()
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
) -> None:
    """Work at the desk: posture only, with an alert after 45 s of slouching.

    Example: rhomboid desk --demo --speed 20
    """
    slouch = slouch_settings("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    script = script or ("guided" if guided else "desk")
    source, _ = _source(demo, script, seed, speed, (device, sensor, rate, adapter))
    _run(source, core_settings("desk", slouch, forward=forward), plain=plain, for_s=for_s, guided=guided)


app.command()(scan)
app.command()(doctor)
app.command()(sensors)
app.command()(decode)


# --- what the commands share ----------------------------------------------------------------------------------------


def _complain(text: str) -> None:
    typer.echo(f"rhomboid: {harmless(text)}", err=True)


def _keep_traceback(fault: Fault) -> None:
    """For whoever mends it: the traceback in a file, where it frightens nobody."""
    import traceback

    import platformdirs

    path = platformdirs.user_log_path("rhomboid", appauthor=False, ensure_exists=True) / "fault.txt"
    path.write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
    typer.echo(f"the details are in {path}", err=True)


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


def _run(
    source: Source,
    settings: Settings,
    *,
    plain: bool,
    for_s: float | None,
    recorder: Recorder | None = None,
    guided: bool = False,
) -> None:
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    session = Session(source, Pipeline(settings), recorder=recorder, until_s=for_s)
    if guided:
        session.ask("guided_reference")
    if plain or not sys.stdout.isatty():
        from rhomboid.plain import run

        run(session)
    else:
        _show(session, close_at_end=for_s is not None)
    if session.error is not None:
        raise session.error


def _show(session: Session, *, close_at_end: bool) -> None:
    from rhomboid.dashboard.app import RhomboidApp

    RhomboidApp(session, close_at_end=close_at_end).run()


if __name__ == "__main__":
    main()
