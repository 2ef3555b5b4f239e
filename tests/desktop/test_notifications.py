"""Notifications through the real desktop-notifier, to a stand-in for the desktop's service on a private bus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from rhomboid.coach.alerts import Action
from rhomboid.desktop import notifications
from rhomboid.desktop.notifications import Notifications
from tests.desktop.fake_desktop import NOTIFICATIONS, FakeDesktop

pytest.importorskip("desktop_notifier")


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(5.0):
        while not what():
            await asyncio.sleep(0.01)


async def test_it_arrives_and_its_action_comes_back(desktop: FakeDesktop) -> None:
    chosen: list[Action] = []
    opened = await Notifications.open(chosen.append)
    assert isinstance(opened, Notifications)
    assert await opened.show("Slouching", "Sit tall.")
    (shown,) = desktop.shown
    assert (shown.title, shown.text) == ("Slouching", "Sit tall.")
    assert list(shown.buttons.values()) == ["Snooze 30 min", "That was not a slouch", "Two-minute break"]
    desktop.press("That was not a slouch")
    await until(lambda: chosen == ["not_a_slouch"])


async def test_a_newer_one_takes_the_place_of_the_one_before(desktop: FakeDesktop) -> None:
    opened = await Notifications.open(lambda action: None)
    assert isinstance(opened, Notifications)
    assert await opened.show("one", "")
    assert await opened.show("two", "")
    assert desktop.closed == [1]
    await opened.withdraw()
    assert desktop.closed == [1, 2]
    await opened.withdraw()
    assert desktop.closed == [1, 2]


async def test_without_a_service_or_a_bus_it_says_so(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = "there is no notification service on this desktop"
    assert await Notifications.open(lambda action: None) == nobody
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert await Notifications.open(lambda action: None) == nobody


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(notifications.importlib, "import_module", missing)
    words = await Notifications.open(lambda action: None)
    assert isinstance(words, str)
    assert "rhomboid[desktop]" in words


async def test_a_service_that_goes_away_is_noticed(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "ANSWER_S", 1.0)
    desktop = FakeDesktop()
    await desktop.start(bus, NOTIFICATIONS)
    opened = await Notifications.open(lambda action: None)
    assert isinstance(opened, Notifications)
    assert await opened.show("one", "")
    await desktop.vanish()
    assert not await opened.show("two", "")
    back = FakeDesktop()
    await back.start(bus, NOTIFICATIONS)
    assert await opened.show("three", "")
    assert [shown.title for shown in back.shown] == ["three"]
    await back.vanish()
