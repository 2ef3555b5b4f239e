"""``rhomboid analyze`` and ``accuracy``: what was recorded, counted and compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.options import (
    Delay,
    Forward,
    Hysteresis,
    ModeName,
    Recovery,
    Reference,
    Threshold,
    core_settings,
    slouch_settings,
)
from rhomboid.commands.shown import complain
from rhomboid.errors import RhomboidError

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis


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
