"""The command line as a whole: the commands are in ``commands``, here they become one program, and errors one line.

Exit status: 0 all is well, 1 a file or a stream could not be used, 2 the command was used wrongly, 70 a fault in the
program itself, 130 Ctrl-C.
Heavy rooms (numpy, scipy, textual) are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rhomboid import __version__
from rhomboid.commands.bluetooth import doctor, scan
from rhomboid.commands.desk import desk_app
from rhomboid.commands.exchange import annotate, export_file, import_files
from rhomboid.commands.exercises import exercises
from rhomboid.commands.files import accuracy, analyze
from rhomboid.commands.history import history_app
from rhomboid.commands.learn import learn
from rhomboid.commands.live import demo, record, train
from rhomboid.commands.plan import plan
from rhomboid.commands.recordings import info, replay
from rhomboid.commands.report import report
from rhomboid.commands.sensors import decode, sensors
from rhomboid.commands.serve import serve
from rhomboid.commands.shown import complain, has_screen
from rhomboid.commands.simulate import simulate
from rhomboid.commands.teach import teach
from rhomboid.errors import Fault, RhomboidError, unforeseen

app = typer.Typer(
    name="rhomboid",
    help="Counts repetitions, times holds and notices slouching with one sensor between the shoulder blades.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (demo, train, record, replay, info, analyze, accuracy, scan, doctor, sensors, decode, simulate):
    app.command()(command)
app.add_typer(desk_app, name="desk")
app.command("import")(import_files)
app.command("export")(export_file)
app.command()(annotate)
app.command()(report)
app.add_typer(history_app, name="history")
app.command()(exercises)
app.command()(learn)
app.command()(teach)
app.command()(plan)
app.command(context_settings={"allow_interspersed_args": False})(serve)


def main() -> None:
    """Entry point of the ``rhomboid`` command."""
    try:
        status = app(standalone_mode=False)
    except RhomboidError as error:
        complain(str(error))
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
            complain(f"{error.format_message().rstrip('.')}; see {command} --help")
            status = 2
        else:
            told = unforeseen(error)
            complain(str(told))
            if isinstance(told, Fault):
                _keep_traceback(told)
            status = told.exit_status
    sys.exit(status if isinstance(status, int) else 0)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        if has_screen(keys=True):
            from rhomboid.commands.shown import open_dashboard

            open_dashboard()
        else:
            typer.echo(context.get_help())


def _keep_traceback(fault: Fault) -> None:
    """For whoever mends it: the traceback in a file, where it frightens nobody."""
    import traceback

    import platformdirs

    path = platformdirs.user_log_path("rhomboid", appauthor=False) / "fault.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
    except OSError:
        typer.echo(f"the details cannot be written to {path}", err=True)
    else:
        typer.echo(f"the details are in {path}", err=True)


if __name__ == "__main__":
    main()
