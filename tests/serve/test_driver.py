"""What comes in faster than the dashboard can deal with it waits outside."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from textual.app import App

from rhomboid.serve.driver import AHEAD, SharedWebDriver


class Busy:
    """An app that has not come to anything of what it was told."""

    def __init__(self) -> None:
        self.told: deque[Callable[[], object]] = deque()
        self.screen = SimpleNamespace(call_later=lambda act: act())

    def call_later(self, act: Callable[[], object]) -> bool:
        self.told.append(act)
        return True

    def refresh(self) -> None:
        """Draws."""


def test_an_app_that_is_behind_is_told_no_more_until_it_has_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.serve.driver.CAUGHT_UP_S", 60.0)
    app = Busy()
    driver = object.__new__(SharedWebDriver)
    driver._app = cast("App[object]", app)
    flood = threading.Thread(target=lambda: [driver.on_meta("repaint", {}) for _ in range(2 * AHEAD)], daemon=True)
    flood.start()
    flood.join(0.3)
    assert flood.is_alive() and len(app.told) == AHEAD
    deadline = time.monotonic() + 20.0
    while flood.is_alive() and time.monotonic() < deadline:
        while app.told:
            app.told.popleft()()
        flood.join(0.02)
    assert not flood.is_alive()
