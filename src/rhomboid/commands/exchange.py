"""``rhomboid import``, ``export`` and ``annotate``: what other programs record or want, and what is true."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rhomboid.commands.shown import complain
from rhomboid.errors import RhomboidError, UsageError, harmless

Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


def import_files(
    files: Annotated[list[Path], typer.Argument(help="Files, folders or zips of other programs.", metavar="FILE...")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The CSV to write (.csv, .csv.gz), or a folder.", metavar="OUT")
    ] = None,
    force: Force = False,
) -> None:
    """Turn recordings of other programs into CSV: Sensor Logger, phyphox, Movella DOT, WitMotion.

    What it is, is told by its content. The same files can be replayed and analysed without importing them.

    Example: rhomboid import phyphox.zip -o squats.csv
    """
    from rhomboid.recording.csv_form import write_csv
    from rhomboid.recording.importers import read_table

    if out is not None and len(files) > 1 and not out.is_dir():
        raise UsageError("several files do not go into one", do="give -o a folder that exists", where=str(out))
    failed = False
    for file in files:
        try:
            imported = read_table(file)
            table, target = imported.table, _target(file, out, ".imported.csv")
            write_csv(target, table.items(), force=force)
        except RhomboidError as error:
            failed = True
            complain(str(error))
            continue
        gyroscope = "with" if table.samples.gyr_dps is not None else "without"
        typer.echo(
            harmless(
                f"{target}: {imported.format}, {table.duration_s:.1f} s at {table.sampling_rate_hz:.1f} Hz,"
                f" {gyroscope} gyroscope, {len(table.gaps)} gaps"
            )
        )
    if failed:
        raise typer.Exit(1)


def export_file(
    file: Annotated[Path, typer.Argument(help="A recording, or whatever can be imported.", metavar="FILE")],
    csv: Annotated[bool, typer.Option("--csv", help="The samples as CSV.")] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="The samples as Parquet (needs the extra parquet).")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="The events as JSON, one a line.")] = False,
    mcap_decoded: Annotated[
        bool, typer.Option("--mcap-decoded", help="Samples, trunk angles and events for Foxglove (.mcap).")
    ] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The file to write, or a folder.")] = None,
    force: Force = False,
) -> None:
    """Write what a recording holds for other tools: spreadsheets, notebooks, Foxglove.

    Example: rhomboid export recordings/rows.mcap --csv -o rows.csv
    """
    from rhomboid.export import EXPORTS

    flags = {"csv": csv, "parquet": parquet, "events": events, "mcap-decoded": mcap_decoded}
    asked = [name for name, wanted in flags.items() if wanted]
    if len(asked) != 1:
        raise UsageError("one form has to be chosen", do=f"give one of --{', --'.join(flags)}")
    ending, write = EXPORTS[asked[0]]
    target = _target(file, out, ending)
    write(file, target, force=force)
    typer.echo(harmless(str(target)))


def annotate(
    file: Annotated[Path, typer.Argument(help="A recording, or whatever can be imported.", metavar="FILE")],
    exercise: Annotated[str, typer.Option("--exercise", help="What the sets are of.")] = "exercise",
    subject: Annotated[str | None, typer.Option("--subject", help="Who wore the sensor.")] = None,
    placement: Annotated[str | None, typer.Option("--placement", help="Where it sat, as in T4.")] = None,
) -> None:
    """Mark what truly happened in a recording: repetitions, sets, holds, slouches.

    What is marked goes into FILE.labels.json and into labels.csv beside it, which rhomboid accuracy reads.

    Example: rhomboid annotate mine.mcap --exercise rows --subject me --placement T4
    """
    import msgspec

    from rhomboid.annotate import look_at
    from rhomboid.annotation import Editor
    from rhomboid.labels import read_annotations, write_annotations

    seen, marked = look_at(file), read_annotations(file)
    said = {"subject": subject, "placement": placement}
    marked = msgspec.structs.replace(marked, **{name: value for name, value in said.items() if value is not None})
    if not sys.stdout.isatty():
        raise UsageError("annotating needs a terminal", do="run it in one")
    from rhomboid.dashboard.annotate import AnnotateApp

    AnnotateApp(seen, Editor(marked, exercise), lambda annotations: write_annotations(file, annotations)).run()


def _target(file: Path, out: Path | None, ending: str) -> Path:
    """Where the result goes: ``out``, or beside the file under its name with another ending."""
    name = file.name if file.is_dir() else file.name.removesuffix(".gz").removesuffix(file.suffix or "\0")
    return file.with_name(name + ending) if out is None else out / (name + ending) if out.is_dir() else out
