"""Textual's way to the browser, in the dashboard's process: its own web driver, for several tabs and with a clean end.

Textual takes it as its screen where the environment says so (``TEXTUAL_DRIVER``, see ``program``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Event
from typing import Any

from textual.app import ScreenStackError
from textual.driver import Driver
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size
from textual.message import Message

BLANK = "\x1b[0m\x1b[2J"
AHEAD = 32
"""So many keys or movements may wait to be dealt with; the others wait in the pipe, and whoever sends them with it."""
CAUGHT_UP_S = 1.0
"""An app that has no screen yet says nothing."""


class SharedWebDriver(WebDriver):
    """Draws the whole screen again when told to, and lets the app end its session before it leaves."""

    _drawn: Size | None = None
    """The size of what was drawn last."""
    _ahead = 0

    def send_message(self, message: Message) -> None:
        """A key or a movement; waits while the app is far behind, so that what it is told otherwise is not late."""
        super().send_message(message)
        self._keep_pace()

    def on_meta(self, packet_type: str, payload: Mapping[str, object]) -> None:
        """``repaint``: a tab came that has seen nothing yet; ``quit``: the session ends first. Else as in Textual."""
        self._keep_pace()
        if packet_type == "repaint":
            self._app.call_later(self._app.refresh)
        elif packet_type == "quit":
            self._quit()
        else:
            super().on_meta(packet_type, dict(payload))

    def run_input_thread(self) -> None:
        """When the input ends before the app does, the server is gone: nobody is left to look."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._quit()

    def write(self, data: str) -> None:
        """Before the first that is of another size all is blank: a tab may be larger, and keep what was around it.

        Without a reader it goes nowhere, so that the session can still end as it should.
        """
        with suppress(ScreenStackError):
            if (size := self._app.screen.outer_size) != self._drawn:
                self._drawn = size
                data = BLANK + data
                self._app.call_later(self._app.refresh)
        with suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        with suppress(BrokenPipeError):
            super().write_meta(data)

    def deliver_binary(self, *arguments: Any, **options: Any) -> None:
        """A picture of the screen becomes a file beside the program, as from a terminal; no tab is sent one."""
        Driver.deliver_binary(self, *arguments, **options)

    def _keep_pace(self) -> None:
        """In the thread that reads the input."""
        self._ahead += 1
        if self._ahead == AHEAD:
            self._ahead = 0
            caught_up = Event()
            # What the app has had goes on to its screen, and waits there.
            if self._app.call_later(lambda: self._app.screen.call_later(caught_up.set)):
                caught_up.wait(CAUGHT_UP_S)

    def _quit(self) -> None:
        self._app.call_later(self._app.run_action, "end")
