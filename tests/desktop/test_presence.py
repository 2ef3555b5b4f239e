"""Who says that the screen is locked, nobody is there or the machine sleeps, is heard; and that nobody says it, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from rhomboid.desktop import presence
from rhomboid.desktop.presence import ASLEEP, IDLE, LOCKED, Presence
from tests.desktop.fake_desktop import LOGIN, SAVER, FakeDesktop


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []
        self.presence = Presence(lambda reason, holds: self.told.append((reason, holds)))

    async def heard(self, *told: tuple[str, bool]) -> None:
        async with asyncio.timeout(5.0):
            while self.told != list(told):
                await asyncio.sleep(0.01)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    yield listener
    await listener.presence.close()


async def test_a_locked_screen_is_told_once_whoever_says_so(desktop: FakeDesktop, listener: Listener) -> None:
    assert await listener.presence.watch() == ""
    desktop.saver(True)
    desktop.hint("LockedHint", True)
    await listener.heard((LOCKED, True))
    desktop.saver(False)
    desktop.hint("LockedHint", False)
    await listener.heard((LOCKED, True), (LOCKED, False))


async def test_idle_and_asleep_are_reasons_of_their_own(desktop: FakeDesktop, listener: Listener) -> None:
    await listener.presence.watch()
    desktop.hint("IdleHint", True)
    desktop.sleep(True)
    desktop.sleep(False)
    await listener.heard((IDLE, True), (ASLEEP, True), (ASLEEP, False))


async def test_what_held_already_is_told_at_the_beginning(desktop: FakeDesktop, listener: Listener) -> None:
    desktop.saver_active = True
    desktop.hints["IdleHint"] = True
    await listener.presence.watch()
    await listener.heard((LOCKED, True), (IDLE, True))


async def test_the_session_of_somebody_else_is_none_of_our_business(desktop: FakeDesktop, listener: Listener) -> None:
    await listener.presence.watch()
    desktop.hint("LockedHint", True, path="/org/freedesktop/login1/session/c1")
    desktop.hint("IdleHint", True)
    await listener.heard((IDLE, True))


@pytest.mark.parametrize("name", [SAVER, LOGIN])
async def test_one_of_them_is_enough(bus: str, listener: Listener, name: str) -> None:
    desktop = FakeDesktop()
    await desktop.start(bus, name)
    assert await listener.presence.watch() == ""
    await desktop.vanish()


async def test_where_nobody_says_it_that_is_said(bus: str, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = "it cannot be seen here whether the screen is locked"
    assert await listener.presence.watch() == nobody
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert await listener.presence.watch() == nobody


async def test_on_other_systems_it_says_that_it_cannot_be_seen(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence.sys, "platform", "darwin")
    assert "cannot be seen" in await listener.presence.watch()
