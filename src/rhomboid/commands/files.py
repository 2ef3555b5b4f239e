"""``rhomboid replay``, ``analyze`` and ``accuracy``: what was recorded, played again, counted and compared."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.options import (
    Delay,
    For,
    Forward,
    Hysteresis,
    ModeName,
    Plain,
    Recovery,
    Reference,
    SpeedText,
    Threshold,
    core_settings,
    slouch_settings,
    speed_factor,
)
from rhomboid.commands.shown import complain, run_session
from rhomboid.errors import RhomboidError, harmless

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis


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
    run_session(playback, settings, plain=plain, for_s=for_s)


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
            complain(str(error))
            continue
        if as_json:
            sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        done.append(result)
    if done and not as_json:
        from rhomboid.tables import analyses

        typer.echo(analyses(done))
    if failed:
        raise typer.Exit(1)


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
