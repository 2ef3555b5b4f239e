"""``rhomboid desk --background`` at every login: the service file of each system, where it goes, and what starts it.

The files are templates in ``services``; here is only what differs between systems. Those of macOS and Windows follow
their vendors' descriptions and have not been tried by anyone yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import NamedTuple
from xml.sax.saxutils import escape

from rhomboid.errors import DataError, UsageError


class Manager(NamedTuple):
    """How one system starts programs at login. ``{file}`` stands for the service file in ``start`` and ``stop``."""

    name: str
    template: str
    folder: Callable[[], Path]
    file: str
    written: Callable[[Sequence[str]], str]
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    encoding: str = "utf-8"


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _for_systemd(command: Sequence[str]) -> str:
    quoted = (part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") for part in command)
    return " ".join(f'"{part}"' for part in quoted)


def _for_launchd(command: Sequence[str]) -> str:
    return "\n".join(f"    <string>{escape(part)}</string>" for part in command)


def _for_task_scheduler(command: Sequence[str]) -> str:
    arguments = escape(subprocess.list2cmdline(command[1:]))
    return f"      <Command>{escape(command[0])}</Command>\n      <Arguments>{arguments}</Arguments>"


MANAGERS: dict[str, Manager] = {
    "linux": Manager(
        "systemd --user",
        "systemd.service",
        lambda: _config_home() / "systemd" / "user",
        "rhomboid-desk.service",
        _for_systemd,
        (("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", "rhomboid-desk.service")),
        (("systemctl", "--user", "disable", "--now", "rhomboid-desk.service"),),
    ),
    "darwin": Manager(
        "launchd",
        "launchd.plist",
        lambda: Path.home() / "Library" / "LaunchAgents",
        "org.rhomboid.desk.plist",
        _for_launchd,
        (("launchctl", "load", "-w", "{file}"),),
        (("launchctl", "unload", "-w", "{file}"),),
    ),
    "win32": Manager(
        "the Task Scheduler",
        "task_scheduler.xml",
        lambda: Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "rhomboid",
        "rhomboid-desk.xml",
        _for_task_scheduler,
        (("schtasks", "/Create", "/F", "/TN", "rhomboid desk", "/XML", "{file}"),),
        (("schtasks", "/Delete", "/F", "/TN", "rhomboid desk"),),
        "utf-16",
    ),
}


class Service(NamedTuple):
    """A service file as it would be, and where."""

    manager: Manager
    path: Path
    text: str


def service(options: Sequence[str] = (), platform: str = sys.platform) -> Service:
    """What runs ``rhomboid desk --background`` with ``options`` on this system. Raises UsageError."""
    manager = MANAGERS.get(platform)
    if manager is None:
        raise UsageError(
            f"how programs are started at login on {platform} is not known here",
            do="start rhomboid desk --background by your own means",
        )
    command = [sys.executable, "-m", "rhomboid", "desk", "--background", *options]
    template = files("rhomboid.desktop").joinpath("services", manager.template).read_text(encoding="utf-8")
    text = Template(template).substitute(command=manager.written(command))
    return Service(manager, manager.folder() / manager.file, text)


def install(service: Service) -> None:
    """Writes the file and starts it, now and at every login. Raises DataError."""
    try:
        service.path.parent.mkdir(parents=True, exist_ok=True)
        service.path.write_text(service.text, encoding=service.manager.encoding)
    except OSError as error:
        raise DataError(
            f"the service file cannot be written: {error.strerror}", do="mend the permissions", where=str(service.path)
        ) from None
    for command in service.manager.start:
        if trouble := _run(command, service.path):
            raise DataError(f"the file is written, but {trouble}", do=f"run it yourself: {_shown(command, service)}")


def uninstall(service: Service) -> bool:
    """Ends it and removes the file; whether there was one. Raises DataError."""
    if not service.path.exists():
        return False
    for command in service.manager.stop:
        _run(command, service.path)  # one that is not running cannot be stopped, and that is what is wanted
    try:
        service.path.unlink()
    except OSError as error:
        raise DataError(
            f"the service file cannot be removed: {error.strerror}", do="remove it", where=str(service.path)
        ) from None
    return True


def _shown(command: Sequence[str], service: Service) -> str:
    return " ".join(part.format(file=service.path) for part in command)


def _run(command: Sequence[str], file: Path) -> str:
    """What went wrong, in words, or an empty string."""
    command = [part.format(file=file) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30.0)  # noqa: S603
    except FileNotFoundError:
        return f"there is no {command[0]} on this machine"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} could not be run ({error})"
    said = " ".join((done.stderr or done.stdout).split())[:200]
    return f"{command[0]} failed ({said or f'status {done.returncode}'})" if done.returncode else ""
