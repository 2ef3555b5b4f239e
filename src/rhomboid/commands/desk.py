"""``rhomboid desk`` as a group: ``install`` and ``uninstall`` what watches the desk at every login."""

from __future__ import annotations

from typing import Annotated

import typer

from rhomboid.commands.bluetooth import Device
from rhomboid.commands.live import desk
from rhomboid.errors import harmless

desk_app = typer.Typer(invoke_without_command=True)
desk_app.callback()(desk)
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
