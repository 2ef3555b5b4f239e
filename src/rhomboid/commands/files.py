"""``rhomboid analyze`` and ``accuracy``: what was recorded, counted and compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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
from rhomboid.errors import UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis
    from rhomboid.batch import Outcome, Workers
    from rhomboid.motion.settings import Settings


def analyze(
    paths: Annotated[
        list[Path], typer.Argument(help="Recordings (.mcap), CSV files, and folders of them.", metavar="PATH...")
    ],
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
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FOLDER", help="Parquet tables here; begun again, it goes on where it was."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Processes; for a folder as many as there are processors."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="The dask scheduler that does the work.")
    ] = None,
) -> None:
    """Count repetitions, holds and slouches in whole files, in folders of them, or in a hospital's worth.

    Example: rhomboid analyze --mode free recordings/rows.mcap
    """
    from rhomboid import batch

    slouch = slouch_settings("work", slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = core_settings(mode.value, slouch, reference=reference, forward=forward, exercise=exercise)
    files = batch.recordings_in(paths)
    jobs = jobs or (os.cpu_count() or 1 if any(path.is_dir() for path in paths) else 1)
    executor = batch.cluster(cluster) if cluster else batch.processes(jobs) if jobs > 1 else None
    if into is None:
        failed = _print_analyses(batch.outcomes(files, settings, explain=explain, executor=executor), as_json=as_json)
    else:
        failed = _keep_analyses(files, settings, explain, executor, into)
    if failed:
        raise typer.Exit(1)


def _print_analyses(outcomes: Iterator[Outcome], *, as_json: bool) -> bool:
    """Whether any failed."""
    import msgspec

    done: list[Analysis] = []
    failed = False
    for outcome in outcomes:
        if outcome.analysis is None:
            failed = True
            complain(outcome.error)
        elif as_json:
            sys.stdout.write(msgspec.json.encode(outcome.analysis).decode() + "\n")
        else:
            done.append(outcome.analysis)
    if done:
        from rhomboid.tables import analyses

        typer.echo(analyses(done))
    return failed


def _keep_analyses(files: list[Path], settings: Settings, explain: bool, executor: Workers | None, into: Path) -> bool:
    """Whether any failed: they are listed at the end."""
    import msgspec
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from rhomboid import batch
    from rhomboid.analysis import GapResult, Hold, Rep, SetResult, Slouch
    from rhomboid.recording.exporters.analysis_tables import needs_pyarrow, write_tables

    needs_pyarrow()  # an hour's work is not begun for what cannot be written
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("files"), TimeRemainingColumn())
    kinds: dict[str, type[msgspec.Struct]] = {
        "sets": SetResult,
        "reps": Rep,
        "holds": Hold,
        "slouches": Slouch,
        "gaps": GapResult,
    }
    bad: list[str] = []
    hours = 0.0
    with batch.Journal(into / "journal.jsonl") as journal:
        found = batch.outcomes(files, settings, explain=explain, executor=executor, journal=journal)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            for outcome in progress.track(found, total=len(files)):
                if outcome.analysis is None:
                    bad.append(outcome.error)
                else:
                    hours += outcome.analysis.duration_s / 3600.0
        write_tables(into, filter(None, map(journal.last, files)), kinds)
    for error in bad:
        complain(error)
    typer.echo(harmless(f"{len(files) - len(bad)} of {len(files)} files, {hours:.2f} h, are in the tables in {into}"))
    return bool(bad)


def accuracy(
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder of recordings with a labels.csv.", metavar="DIR")
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Your own sets, by what you corrected.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,
) -> None:
    """Measure how well labelled recordings are counted, with 95 % confidence intervals.

    With --mine: your own sets, as they were counted and, where they were recorded, as they would be now.

    Example: rhomboid accuracy --data my-recordings
    """
    import msgspec

    from rhomboid.accuracy import measure
    from rhomboid.tables import report

    if mine == (data is not None):
        raise UsageError("it takes either --data or --mine", do="say whose sets: --data DIR, or --mine")
    if data is None:
        from rhomboid.commands.learn import show_mine

        show_mine(as_json=as_json)
        return

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{done} of {of} files", nl=done == of, err=True)

    result = measure(data, show)
    typer.echo(msgspec.json.encode(result).decode() if as_json else report(result))
