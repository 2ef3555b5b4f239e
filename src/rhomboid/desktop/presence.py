"""Whether the screen is locked, nobody is there or the machine goes to sleep, where the desktop says so (Linux, D-Bus).

Heard are org.freedesktop.ScreenSaver and its kin on the session's bus, and the hints of systemd-logind on the system's.
On macOS and Windows nothing is heard: there the sensor itself tells when it is not worn, and a sleep shows afterwards
in the clocks (``desk``).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

LOCKED, IDLE, ASLEEP = "the screen is locked", "nobody is at the computer", "the machine is asleep"
SAVERS = {
    "org.freedesktop.ScreenSaver": "/org/freedesktop/ScreenSaver",
    "org.gnome.ScreenSaver": "/org/gnome/ScreenSaver",
    "org.cinnamon.ScreenSaver": "/org/cinnamon/ScreenSaver",
    "org.mate.ScreenSaver": "/org/mate/ScreenSaver",
}
LOGIN, LOGIN_PATH, LOGIN_SESSION = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
HINTS = {"LockedHint": LOCKED, "IdleHint": IDLE}
ANSWER_S = 3.0

Told = Callable[[str, bool], None]
"""Called with a reason to pause and whether it holds now, on the event loop."""


class Presence:
    """Tells ``told`` of every change, and at the beginning of what holds already."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._buses: list[MessageBus] = []
        self._says: dict[str, set[str]] = defaultdict(set)  # a reason, and who says that it holds
        self._session_path = ""

    async def watch(self) -> str:
        """Begins; in words what cannot be seen on this machine, or an empty string."""
        if sys.platform != "linux":
            return "on this system it cannot be seen whether the screen is locked"
        from dbus_fast import BusType

        seen = [await self._listen(BusType.SESSION, self._savers), await self._listen(BusType.SYSTEM, self._logind)]
        return "" if any(seen) else "it cannot be seen here whether the screen is locked"

    async def close(self) -> None:
        """Listens no longer."""
        for bus in self._buses:
            bus.disconnect()
        self._buses.clear()

    async def _listen(self, kind: Any, begin: Callable[[MessageBus], Any]) -> bool:
        from dbus_fast.aio import MessageBus

        try:
            async with asyncio.timeout(ANSWER_S):
                bus = await MessageBus(bus_type=kind).connect()
                self._buses.append(bus)
                bus.add_message_handler(self._hear)
                return bool(await begin(bus))
        except Exception:  # no bus, no such service, no permission: then it is not seen
            return False

    async def _savers(self, bus: MessageBus) -> bool:
        known = False
        for interface, path in SAVERS.items():
            await _match(bus, f"type='signal',interface='{interface}',member='ActiveChanged'")
            answer = await _call(bus, interface, path, interface, "GetActive")
            if answer is not None:
                known = True
                self._note(LOCKED, interface, bool(answer[0]))
        return known

    async def _logind(self, bus: MessageBus) -> bool:
        await _match(bus, f"type='signal',interface='{LOGIN}.Manager',member='PrepareForSleep'")
        sessions = await _call(bus, LOGIN, LOGIN_PATH, f"{LOGIN}.Manager", "ListSessions")
        mine = [entry for entry in sessions[0] if entry[1] == os.getuid()] if sessions else []
        if not mine:
            return False
        # The one with a seat is the one with a screen.
        self._session_path = max(mine, key=lambda entry: bool(entry[3]))[4]
        await _match(bus, f"type='signal',interface='{PROPERTIES}',path='{self._session_path}'")
        for hint, reason in HINTS.items():
            answer = await _call(bus, LOGIN, self._session_path, PROPERTIES, "Get", "ss", [LOGIN_SESSION, hint])
            if answer is not None:
                self._note(reason, LOGIN, bool(answer[0].value))
        return True

    def _hear(self, message: Message) -> None:
        if message.member == "ActiveChanged" and message.interface in SAVERS:
            self._note(LOCKED, str(message.interface), bool(message.body[0]))
        elif message.member == "PrepareForSleep":
            self._note(ASLEEP, LOGIN, bool(message.body[0]))
        elif message.member == "PropertiesChanged" and message.path == self._session_path:
            for hint, reason in HINTS.items():
                if hint in message.body[1]:
                    self._note(reason, LOGIN, bool(message.body[1][hint].value))

    def _note(self, reason: str, who: str, holds: bool) -> None:
        before = bool(self._says[reason])
        if holds:
            self._says[reason].add(who)
        else:
            self._says[reason].discard(who)
        if bool(self._says[reason]) != before:
            self._told(reason, holds)


async def _match(bus: MessageBus, rule: str) -> None:
    dbus = "org.freedesktop.DBus"
    await _call(bus, dbus, "/org/freedesktop/DBus", dbus, "AddMatch", "s", [rule])


async def _call(
    bus: MessageBus,
    destination: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: list[Any] | None = None,
) -> list[Any] | None:
    """The answer's values; None if there is nobody to answer, or only a complaint. Starts no service."""
    from dbus_fast import Message, MessageFlag, MessageType

    answer = await bus.call(
        Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body or [],
            flags=MessageFlag.NO_AUTOSTART,
        )
    )
    return None if answer.message_type is MessageType.ERROR else list(answer.body)
