"""The command line: thin. Every command parses its options, calls one room, and turns errors into one line.

Exit status: 0 all is well, 1 a file or a stream could not be used, 2 the command was used wrongly, 70 a fault in the
program itself, 130 Ctrl-C.
Heavy rooms (numpy, scipy, textual) are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import math
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rhomboid import __version__
from rhomboid.commands.bluetooth import Adapter, Device, Family, Rate, doctor, live_source, scan
from rhomboid.commands.sensors import decode, sensors
from rhomboid.errors import Fault, RhomboidError, UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis
    from rhomboid.motion.settings import Mode, Settings, SlouchSettings
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


class ModeName(StrEnum):
    """How much is known about a recording."""

    set = "set"
    free = "free"
    desk = "desk"


class AxisName(StrEnum):
    """An axis of the sensor, as printed on its case or told by its maker."""

    x, minus_x = "x", "-x"
    y, minus_y = "y", "-y"
    z, minus_z = "z", "-z"


Plain = Annotated[bool, typer.Option("--plain", help="One line an event, no screen: for pipes, logs, screen readers.")]
Demo = Annotated[bool, typer.Option("--demo", help="Use the simulated wearer in place of a sensor.")]
Script = Annotated[str | None, typer.Option("--script", help="What the simulated wearer does.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed is another simulated wearer.", min=0)]
For = Annotated[float | None, typer.Option("--for", metavar="SECONDS", help="Stop by itself after so long.", min=0.1)]
SpeedText = Annotated[str | None, typer.Option("--speed", help="Times real time, or max.", metavar="N|max")]
Reference = Annotated[
    str | None, typer.Option("--reference", metavar="START:END", help="Seconds in which the wearer sat or stood tall.")
]
Forward = Annotated[
    AxisName | None, typer.Option("--forward", help="The sensor's axis that points forward on the body, if known.")
]
Guided = Annotated[bool, typer.Option("--guided", help="Begin with a guided reference: tall, lean forward, return.")]
Threshold = Annotated[
    float | None,
    typer.Option("--slouch-threshold", help="How far is too far.", metavar="DEG", min=1.0, max=89.0),
]
Delay = Annotated[
    float | None, typer.Option("--slouch-delay", help="How long before it is said.", metavar="S", min=0.0, max=3600.0)
]
Hysteresis = Annotated[
    float | None,
    typer.Option("--slouch-hysteresis", help="It ends this far below the threshold.", metavar="DEG", min=0.0, max=89.0),
]
Recovery = Annotated[
    float | None,
    typer.Option("--slouch-recovery", help="For how long, to end it.", metavar="S", min=0.0, max=600.0),
]


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
    plain: Plain = False,
    speed: SpeedText = None,
    for_s: For = None,
) -> None:
    """Show the program on a simulated wearer, without any hardware.

    Example: rhomboid demo --seed 7
    """
    _run(_playback(_sensor(script, seed), speed), _settings(), plain=plain, for_s=for_s)


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
    factor = _speed(speed, default=math.inf if plain else 1.0)
    playback = Playback(file.name, opened.items, driver=opened.driver, duration_s=opened.duration_s, speed=factor)
    slouch = _slouch("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = _settings(mode.value, slouch, reference=reference, forward=forward)
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

    slouch = _slouch("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = _settings(mode.value, slouch, reference=reference, forward=forward, exercise=exercise)
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
    settings = _settings()
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
    slouch = _slouch("training", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    source, _ = _source(demo, script or "rows", seed, speed, (device, sensor, rate, adapter))
    _run(source, _settings("free", slouch, forward=forward), plain=plain, for_s=for_s, guided=guided)


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
    slouch = _slouch("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    script = script or ("guided" if guided else "desk")
    source, _ = _source(demo, script, seed, speed, (device, sensor, rate, adapter))
    _run(source, _settings("desk", slouch, forward=forward), plain=plain, for_s=for_s, guided=guided)


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
        simulated = _sensor(script, seed)
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


def _speed(text: str | None, *, default: float = 1.0) -> float:
    if text is None:
        return default
    if text == "max":
        return math.inf
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0.0 < factor <= 1000.0:
        raise UsageError(f"--speed {text} is not a speed", do="give a number from 0 to 1000, or max")
    return factor


def _slouch(
    preset: Literal["work", "training"],
    threshold_deg: float | None,
    delay_s: float | None,
    hysteresis_deg: float | None,
    recovery_s: float | None,
) -> SlouchSettings:
    import msgspec

    from rhomboid.motion.settings import TRAINING, WORK

    changes = {
        "threshold_deg": threshold_deg, "delay_s": delay_s, "hysteresis_deg": hysteresis_deg, "recovery_s": recovery_s,
    }  # fmt: skip
    base = WORK if preset == "work" else TRAINING
    slouch = msgspec.structs.replace(base, **{k: v for k, v in changes.items() if v is not None})
    if slouch.hysteresis_deg >= slouch.threshold_deg:
        what = f"with {slouch.hysteresis_deg:g}° of hysteresis below {slouch.threshold_deg:g}° no slouch would ever end"
        raise UsageError(what, do="give a --slouch-hysteresis smaller than the --slouch-threshold")
    return slouch


def _settings(
    mode: Mode = "free",
    slouch: SlouchSettings | None = None,
    *,
    reference: str | None = None,
    forward: AxisName | None = None,
    exercise: str | None = None,
) -> Settings:
    from rhomboid.motion.settings import WORK, Settings

    return Settings(
        mode=mode,
        slouch=slouch or WORK,
        reference_s=None if reference is None else _stretch(reference),
        forward_axis=None if forward is None else forward.value,
        exercise=exercise,
    )


def _stretch(text: str) -> tuple[float, float]:
    start, _, end = text.partition(":")
    try:
        stretch = float(start), float(end)
    except ValueError:
        stretch = math.nan, math.nan
    if not stretch[0] < stretch[1] < math.inf:
        raise UsageError(f"--reference {text} is not a stretch of time", do="give START:END in seconds, as in 0:30")
    return stretch


def _sensor(script: str, seed: int) -> SimulatedSensor:
    from rhomboid.simulation.sensor import SimulatedSensor

    return SimulatedSensor(script, seed)


def _playback(sensor: SimulatedSensor, speed: str | None) -> Playback:
    from rhomboid.playback import Playback
    from rhomboid.sensors import driver_for

    return Playback(
        f"simulated wearer: {sensor.script} (seed {sensor.seed})",
        sensor.notifications(),
        driver=driver_for(sensor.identity.family),
        duration_s=sensor.duration_s,
        sections=sensor.sections,
        speed=_speed(speed),
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
