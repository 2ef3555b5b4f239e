"""``rhomboid history``: what was done so far, for the eye and for other programs; kept, restored, forgotten."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from rhomboid.errors import UsageError, harmless

history_app = typer.Typer(
    help="What was done so far: calendar, weeks, trends and bests; export, forget, restore.\n\n"
    "It is kept in your own data folder, or where RHOMBOID_HISTORY says.\n\nExample: rhomboid history --weeks 8",
    invoke_without_command=True,
)
Day = Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="The sessions of this day.")]


@history_app.callback()
def history(
    context: typer.Context,
    weeks: Annotated[int, typer.Option("--weeks", help="So many weeks back.", min=1, max=520)] = 6,
    day: Annotated[
        str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="The sessions of this day, and its tension load.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    import msgspec

    from rhomboid.coach.tension import tension_load
    from rhomboid.history.overview import overview
    from rhomboid.history.shown import report, session_text, tension_text
    from rhomboid.history.store import History

    with History() as opened:
        if day is not None:
            asked = day_from(day)
            sessions = opened.sessions(asked, asked)
            load = tension_load(sessions)
            if as_json:
                told = {"day": asked, "sessions": sessions, "tension_load": load}
                sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
            elif sessions:
                at_desk = any(session.kind == "desk" for session in sessions)
                typer.echo("\n\n".join([*map(session_text, sessions), *([tension_text(load)] if at_desk else [])]))
            else:
                typer.echo(f"No session on {asked}.")
            return
        everything = opened.sessions(movements=False)
    today = datetime.now().astimezone().date()
    found = overview(everything, today, weeks)
    typer.echo(msgspec.json.encode(found).decode() if as_json else report(found, everything, today))


@history_app.command("export")
def export_history(
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON, which import takes.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A folder with a table (.csv) for each kind of thing.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file or folder to write; JSON goes to the output without.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Hand the whole history on, for spreadsheets or another machine.

    Example: rhomboid history export --csv -o my-history
    """
    from rhomboid.history.exchange import to_json, write_csv
    from rhomboid.history.store import History
    from rhomboid.recording.files import whole_file

    if as_json == as_csv:
        raise UsageError("one form has to be chosen", do="give --json or --csv")
    if as_csv and out is None:
        raise UsageError("CSV makes several files", do="name a folder with -o")
    with History() as opened:
        sessions = opened.sessions()
    if as_csv and out is not None:
        for path in write_csv(sessions, out, force=force):
            typer.echo(harmless(str(path)))
    elif out is None:
        sys.stdout.write(to_json(sessions).decode())
    else:
        with whole_file(out, force=force) as file:
            file.write(to_json(sessions))
        typer.echo(harmless(str(out)))


@history_app.command("import")
def import_history(
    file: Annotated[Path, typer.Argument(help="What export --json wrote.", metavar="FILE")],
) -> None:
    """Take in an exported history; what is there already is not doubled.

    Example: rhomboid history import my-history.json
    """
    from rhomboid.history.exchange import from_json
    from rhomboid.history.store import History

    sessions = from_json(file)
    with History() as opened:
        added = opened.add_all(sessions)
    typer.echo(f"{added} of {len(sessions)} sessions added, the others were there")


@history_app.command("forget")
def forget(
    session: Annotated[int | None, typer.Option("--session", metavar="N", help="The session of this number.")] = None,
    day: Day = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take sessions out of the history for good: out of the file and its backups.

    Example: rhomboid history forget --day 2026-11-20
    """
    from rhomboid.history.store import Forgotten, History

    if (session is not None) + (day is not None) + everything != 1:
        raise UsageError("what is to be forgotten has to be chosen", do="give --session N, --day YYYY-MM-DD or --all")
    asked = None if day is None else day_from(day)
    with History() as opened:
        chosen = (opened.session(session),) if session is not None else opened.sessions(asked, asked, movements=False)
        if not chosen:
            typer.echo("There is nothing to forget.")
            return
        _agreed(f"Forget for good, backups and all? Sessions: {len(chosen)}", yes)
        gone: Forgotten
        if session is not None:
            gone = opened.forget_session(session)
        elif asked is not None:
            gone = opened.forget_day(asked)
        else:
            gone = opened.forget_all()
    with_them = f"backups: {len(gone.backups)}, recordings: {len(gone.recordings)}"
    typer.echo(f"sessions forgotten: {gone.sessions}, and gone with them {with_them}")
    for path in gone.left:
        typer.echo(harmless(f"still there, delete it yourself if you wish: {path}"))


@history_app.command("restore")
def restore_history(
    backup: Annotated[Path | None, typer.Argument(help="The newest that is whole, if none is named.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Begin anew, without any backup.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Go back to a backup. The history there is now is set aside under another name, never deleted.

    Close all other rhomboid programs before.

    Example: rhomboid history restore
    """
    from rhomboid.history.database import begin_anew, history_path, restore
    from rhomboid.history.store import History

    if empty and backup is not None:
        raise UsageError("either a backup or an empty history", do="leave one of them out")
    path = history_path()
    _agreed(f"Set aside {path} and {'begin anew' if empty else 'go back to a backup'}?", yes)
    taken = None
    if empty:
        aside = begin_anew(path)
    else:
        taken, aside = restore(path, backup)
    with History(path) as opened:
        sessions = opened.sessions(movements=False)
    until = f", the last of {sessions[-1].started_at[:10]}" if sessions else ""
    typer.echo(harmless(f"{'an empty history' if taken is None else taken}: {len(sessions)} sessions{until}"))
    if aside is not None:
        typer.echo(harmless(f"what was there before is kept as {aside}"))


def day_from(text: str) -> date:
    """The day that ``2026-11-20`` names. Raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no day", do="give YYYY-MM-DD, as in 2026-11-20") from None


def _agreed(question: str, yes: bool) -> None:
    """Asks where somebody can answer. Raises UsageError where nobody can, leaves where the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("this has to be confirmed", do="give --yes")
    if not typer.confirm(harmless(question)):
        raise typer.Exit(1)
