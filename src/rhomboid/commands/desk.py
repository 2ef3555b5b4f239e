"""``rhomboid desk`` as a group: ``install`` and ``uninstall`` what watches the desk at every login, and talk to it.

What the buttons of a notification do, and the keys on the screen, is there for a desk in the background as commands.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.background import ask
from rhomboid.commands.bluetooth import Device
from rhomboid.commands.live import desk
from rhomboid.errors import harmless

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action

desk_app = typer.Typer(invoke_without_command=True)
desk_app.callback()(desk)


class Minutes(StrEnum):
    """How long a snooze can be."""

    half = "30"
    whole = "60"


Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@desk_app.command()
def install(yes: Yes = False, device: Device = None) -> None:
    """Watch the desk in the background at every login: shows the service file, asks, writes and starts it.

    Example: rhomboid desk install
    """
    from rhomboid.desktop.service import install, service

    planned = service(() if device is None else ("--device", device))
    typer.echo(planned.text)
    typer.echo(harmless(f"for {planned.manager.name}: {planned.path}"))
    if not yes and not typer.confirm("write and start it?"):
        raise typer.Exit(1)
    install(planned)
    typer.echo("it is running, now and after every login; rhomboid desk uninstall removes it")


@desk_app.command()
def uninstall(yes: Yes = False) -> None:
    """End the watch in the background and remove its service file.

    Example: rhomboid desk uninstall
    """
    from rhomboid.desktop.service import service, uninstall

    planned = service()
    if not planned.path.exists():
        typer.echo("nothing is installed")
        return
    if not yes and not typer.confirm(harmless(f"end it and remove {planned.path}?")):
        raise typer.Exit(1)
    uninstall(planned)
    typer.echo("it is ended and removed")


@desk_app.command()
def snooze(minutes: Annotated[Minutes, typer.Argument(help="For so long.")] = Minutes.half) -> None:
    """No alerts of the desk in the background for 30 or 60 minutes.

    Example: rhomboid desk snooze 60
    """
    _say("snooze_30" if minutes is Minutes.half else "snooze_60")


@desk_app.command()
def mute() -> None:
    """No alerts of the desk in the background until tomorrow.

    Example: rhomboid desk mute
    """
    _say("mute")


@desk_app.command()
def listen() -> None:
    """Alerts of the desk in the background again, now: ends a snooze and a mute.

    Example: rhomboid desk listen
    """
    _say("listen")


@desk_app.command()
def wrong() -> None:
    """The last alert of the desk in the background was no slouch: notes it, and tolerates a little more.

    Example: rhomboid desk wrong
    """
    _say("not_a_slouch")


@desk_app.command("break")
def take_break() -> None:
    """A two-minute break, without alerts: squeezes and moving about are counted.

    Example: rhomboid desk break
    """
    _say("break")


def _say(action: Action) -> None:
    typer.echo(harmless(ask(action)))
