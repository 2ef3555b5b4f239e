"""A stand-in for the desktop on a private D-Bus: notifications with their buttons, the screen saver, systemd-logind."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

NOTIFICATIONS, NOTIFICATIONS_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
SAVER, SAVER_PATH = "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"
LOGIN, LOGIN_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
SESSION_PATH = "/org/freedesktop/login1/session/_32"
PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTION = """<node><interface name="org.freedesktop.Notifications">
<method name="GetCapabilities"><arg direction="out" type="as"/></method>
<method name="GetServerInformation"><arg direction="out" type="s"/><arg direction="out" type="s"/>
<arg direction="out" type="s"/><arg direction="out" type="s"/></method>
<method name="Notify"><arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/>
<arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="as"/>
<arg direction="in" type="a{sv}"/><arg direction="in" type="i"/><arg direction="out" type="u"/></method>
<method name="CloseNotification"><arg direction="in" type="u"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>"""


class Shown(NamedTuple):
    """A notification on the screen."""

    number: int
    title: str
    text: str
    buttons: dict[str, str]
    """What is sent back, and what is written on it."""


class FakeDesktop:
    """Takes the names it is told to; what it shows is in ``shown``."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.closed: list[int] = []
        self.saver_active = False
        self.hints = {"LockedHint": False, "IdleHint": False}

    async def start(self, address: str, *names: str) -> None:
        self.bus = await MessageBus(bus_address=address).connect()
        self.bus.add_message_handler(self._on_message)
        for name in names:
            await self.bus.request_name(name)

    async def vanish(self) -> None:
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()

    def press(self, button: str) -> None:
        """A button of the newest notification, by what is written on it."""
        shown = self.shown[-1]
        action = next(action for action, words in shown.buttons.items() if words == button)
        self._signal(NOTIFICATIONS_PATH, NOTIFICATIONS, "ActionInvoked", "us", [shown.number, action])

    def saver(self, active: bool) -> None:
        self.saver_active = active
        self._signal(SAVER_PATH, SAVER, "ActiveChanged", "b", [active])

    def hint(self, name: str, value: bool, path: str = SESSION_PATH) -> None:
        self.hints[name] = value
        body = [f"{LOGIN}.Session", {name: Variant("b", value)}, []]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def sleep(self, begins: bool) -> None:
        self._signal(LOGIN_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", [begins])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self.bus.send(
            Message(
                message_type=MessageType.SIGNAL, path=path, interface=interface, member=member, signature=signature,
                body=body,
            )
        )  # fmt: skip

    def _on_message(self, message: Message) -> bool | Message | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        body = message.body
        match message.member:
            case "Introspect":
                return Message.new_method_return(message, "s", [INTROSPECTION])
            case "GetCapabilities":
                return Message.new_method_return(message, "as", [["actions", "body"]])
            case "GetServerInformation":
                return Message.new_method_return(message, "ssss", ["fake", "nobody", "1", "1.2"])
            case "Notify":
                actions = body[5]
                buttons = {k: v for k, v in zip(actions[::2], actions[1::2], strict=True) if k != "default"}
                self.shown.append(Shown(len(self.shown) + 1, body[3], body[4], buttons))
                return Message.new_method_return(message, "u", [len(self.shown)])
            case "CloseNotification":
                self.closed.append(body[0])
                return Message.new_method_return(message)
            case "GetActive":
                return Message.new_method_return(message, "b", [self.saver_active])
            case "ListSessions":
                other = ["c1", os.getuid() + 1, "other", "seat0", "/org/freedesktop/login1/session/c1"]
                remote = ["3", os.getuid(), "me", "", "/org/freedesktop/login1/session/_33"]
                mine = ["2", os.getuid(), "me", "seat0", SESSION_PATH]
                return Message.new_method_return(message, "a(susso)", [[other, remote, mine]])
            case "Get" if message.path == SESSION_PATH:
                return Message.new_method_return(message, "v", [Variant("b", self.hints[body[1]])])
        return None
