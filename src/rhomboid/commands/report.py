"""``rhomboid report``: some weeks as one page that can be handed on."""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.shown import complain
from rhomboid.errors import DataError, UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.coach.plan import Plan


def report(
    last: Annotated[str, typer.Option("--last", metavar="4w|30d", help="How far back: weeks or days.")] = "4w",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The HTML file to write.", metavar="FILE")] = None,
    who: Annotated[str, typer.Option("--who", help="Whose report it is, as it shall stand on it.")] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help="A PDF beside it, printed by an installed Chromium.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write the last weeks as one HTML file: volume, quality, holds, pain, desk, and every set with its repetitions.

    It needs no network and can be printed. Needs the extra report: pip install 'rhomboid[report]'.

    Example: rhomboid report --last 4w --who "A. Person" -o report.html
    """
    if find_spec("matplotlib") is None:
        raise UsageError("the report needs matplotlib", do="install the extra: pip install 'rhomboid[report]'")
    from rhomboid.history.store import History
    from rhomboid.recording.files import whole_file
    from rhomboid.report.browser import find_browser, print_pdf
    from rhomboid.report.page import page
    from rhomboid.report.period import period_from

    now = datetime.now().astimezone()
    period = period_from(last, now.date())
    if pdf and find_browser() is None:
        do = "leave --pdf out, and print the HTML file from any browser"
        raise UsageError("there is no Chromium, Chrome or Edge to print with", do=do)
    with History() as history:
        sessions = history.sessions(period.since, period.until)
        first = next(iter(history.sessions(until=period.until, movements=False)), None)
    if first is not None:
        period = period.from_first(first)
    if not sessions:
        raise UsageError(f"there is no session from {period.since} on", do="go further back with --last")

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{done} of {of} training sessions", nl=done == of, err=True)

    plans, names = _known()
    made = page(sessions, period, now, who=who, plans=plans, names=names, progress=show)
    target = out or Path(f"rhomboid-report-{period.until}.html")
    with whole_file(target, force=force) as file:
        file.write(made.encode())
    typer.echo(harmless(str(target)))
    if pdf:
        print_pdf(target, target.with_suffix(".pdf"))
        typer.echo(harmless(str(target.with_suffix(".pdf"))))


def _known() -> tuple[dict[str, Plan], dict[str, str]]:
    """The plans, and the names of the exercises; none where a file of the user's is broken, which is told."""
    from rhomboid import shelf

    try:
        catalogue = shelf.catalogue()
        return shelf.plans(catalogue), {slug: exercise.name for slug, exercise in catalogue.exercises.items()}
    except DataError as error:
        complain(str(error))
        return {}, {}
