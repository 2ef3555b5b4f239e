"""Textual's way to the browser, in the dashboard's process: its own web driver, for several tabs and with a clean end.

Textual takes it as its screen where the environment says so (``TEXTUAL_DRIVER``, see ``program``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from textual.app import ScreenStackError
from textual.driver import Driver
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size

BLANK = "\x1b[0m\x1b[2J"


class SharedWebDriver(WebDriver):
    """Draws the whole screen again when told to, and lets the app end its session before it leaves."""

    _drawn: Size | None = None
    """The size of what was drawn last."""

    def on_meta(self, packet_type: str, payload: Mapping[str, object]) -> None:
        """``repaint``: a tab came that has seen nothing yet; ``quit``: as the key. The rest is as in Textual."""
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

    def _quit(self) -> None:
        self._app.call_later(self._app.run_action, "quit")
