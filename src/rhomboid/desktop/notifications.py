"""Desktop notifications with actions, through desktop-notifier (the extra ``desktop``)."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

from rhomboid.coach.alerts import Action

ANSWER_S = 5.0
"""How long the notification service may take to answer."""

ACTIONS: dict[Action, str] = {
    "snooze_30": "Snooze 30 min",
    "not_a_slouch": "That was not a slouch",
    "break": "Two-minute break",
}
"""The buttons of an alert, in order."""


class Notifications:
    """One notification at a time; a newer one takes the place of the one before."""

    def __init__(self, library: Any, notifier: Any, on_action: Callable[[Action], object]) -> None:
        self._library, self._notifier, self._on_action = library, notifier, on_action
        self._shown: str | None = None

    @classmethod
    async def open(cls, on_action: Callable[[Action], object]) -> Notifications | str:
        """Those of this desktop, or why there are none, in words. ``on_action`` is called on the event loop."""
        try:
            library = importlib.import_module("desktop_notifier")
        except ImportError:
            return "notifications need the extra desktop (pip install 'rhomboid[desktop]')"
        try:
            notifier = library.DesktopNotifier(app_name="rhomboid", app_icon=None)
            async with asyncio.timeout(ANSWER_S):
                if library.Capability.TITLE in await notifier.get_capabilities():
                    return cls(library, notifier, on_action)
        except Exception:  # noqa: S110 - what the library raises depends on the desktop, the bus and the service
            pass
        return "there is no notification service on this desktop"

    async def show(self, title: str, text: str, *, actions: bool = True) -> bool:
        """With the buttons of ``ACTIONS``, if wished; whether the service took it."""
        await self.withdraw()
        taken = asyncio.Event()
        buttons = [
            self._library.Button(title=words, identifier=action, on_pressed=lambda chosen=action: self._chose(chosen))
            for action, words in (ACTIONS.items() if actions else ())
        ]
        try:
            async with asyncio.timeout(ANSWER_S):
                self._shown = await self._notifier.send(title, text, buttons=buttons, on_dispatched=taken.set)
        except TimeoutError:
            return False
        return taken.is_set()

    async def withdraw(self) -> None:
        """What is still shown is no longer true."""
        shown, self._shown = self._shown, None
        if shown is None:
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._notifier.clear(shown)
        except Exception:  # the service went away, or the person was quicker
            return

    def _chose(self, action: Action) -> None:
        self._shown = None
        self._on_action(action)
