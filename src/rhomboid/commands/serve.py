"""``rhomboid serve``: the dashboard in a browser, one session for every tab."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import secrets
import socket
from importlib.util import find_spec
from typing import Annotated

import typer

from rhomboid.commands.shown import complain
from rhomboid.errors import UsageError, harmless

SHOWN = ("demo", "train", "desk", "record", "replay")
"""The commands with a dashboard."""
UNSHOWN = ("--plain", "--json", "--background", "--verify")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LETTERS = 16
"""79 bits, and none of its letters is taken for another."""


def serve(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(help=f"What to show, with its options: {', '.join(SHOWN)}.", metavar="[COMMAND [OPTIONS]]"),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Where to listen; 0 takes a free one.", min=0, max=65535)] = 8000,
    host: Annotated[
        str, typer.Option("--host", help="This computer's address in the network that may look.", metavar="ADDRESS")
    ] = "127.0.0.1",
) -> None:
    """Show the dashboard in a browser, for as many tabs as look: one session, one connection to the sensor.

    The session begins when the address that is shown is opened first, and ends with q or Ctrl-C.
    Needs the extra browser: pip install 'rhomboid[browser]'.

    Example: rhomboid serve train --demo
    """
    if find_spec("textual_serve") is None:
        raise UsageError("the browser needs textual-serve", do="install the extra: pip install 'rhomboid[browser]'")
    arguments = command or []
    _check(context, arguments)
    listening = _listening(host, port)
    from rhomboid.serve.server import Server

    with listening:
        token = "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LETTERS))
        name = f"[{host}]" if ":" in host else host
        typer.echo(f"open http://{harmless(name)}:{listening.getsockname()[1]}/{token}/   (Ctrl-C ends)")
        if not _own(listening):
            complain(
                "whoever has this address sees and steers the session, and it crosses the network unencrypted: "
                "use it in a network you trust"
            )
        status = asyncio.run(Server(arguments, token=token, name=host).run([listening]))
    raise typer.Exit(status)


def _check(context: typer.Context, arguments: list[str]) -> None:
    """Raises UsageError, or whatever the command itself says to such options, before anybody looks."""
    if not arguments:
        return
    name, *options = arguments
    if name not in SHOWN or (name == "desk" and options and not options[0].startswith("-")):
        raise UsageError(f"{' '.join(arguments[:2])} has no dashboard", do=f"serve one of {', '.join(SHOWN)}")
    for option in UNSHOWN:
        if option in options:
            raise UsageError(f"with {option} there is no dashboard", do=f"leave {option} out")
    root = context.find_root()
    shown = root.command.get_command(root, name)  # type: ignore[attr-defined]
    shown.make_context(name, options, parent=root).close()


def _listening(host: str, port: int) -> socket.socket:
    """Raises UsageError."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = addresses[0]
        if ipaddress.ip_address(address[0]).is_unspecified:
            what = f"{host} would open every network this computer is in"
            raise UsageError(what, do="give its address in the one network that may look")
        return socket.create_server(address[:2], family=family)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is in use already", do="give another one with --port, or 0") from None
        why = problem.strerror or str(problem)
        do = "give an address that this computer has with --host, and a --port above 1023"
        raise UsageError(f"cannot listen on {host}, port {port} ({why})", do=do) from None


def _own(listening: socket.socket) -> bool:
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback
