"""``rhomboid import`` and ``export``: recordings from other programs, and for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rhomboid.commands.shown import complain
from rhomboid.errors import RhomboidError, UsageError, harmless

Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="Files, folders or zips of other programs.", metavar="FILE...", exists=False)
    ],
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


def _target(file: Path, out: Path | None, ending: str) -> Path:
    """Where the result goes: ``out``, or beside the file under its name with another ending."""
    name = file.name if file.is_dir() else file.name.removesuffix(".gz").removesuffix(file.suffix or "\0")
    return file.with_name(name + ending) if out is None else out / (name + ending) if out.is_dir() else out
