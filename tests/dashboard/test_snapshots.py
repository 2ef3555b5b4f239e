"""The whole screen as a picture, compared with one that was looked at (``pytest --snapshot-update`` after a change)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.session import Update

from .scenes import FakeSession, rows_in_hand, slouching

SCENES: dict[str, list[Callable[[], Update]]] = {
    "empty": [],
    "rows": [rows_in_hand],
    "desk": [rows_in_hand, slouching],
}


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    assert isinstance(pilot.app.screen, ModeScreen)
    pilot.app.screen.draw()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_live_screen(snap_compare: Any, scene: str, size: tuple[int, int]) -> None:
    session = FakeSession(updates=[make() for make in SCENES[scene]])
    if scene == "desk":
        session.section, session.pace, session.position_s = "desk", 20.0, 700.0
    app = RhomboidApp(session)
    assert snap_compare(app, terminal_size=size, run_before=settle)


def test_help(snap_compare: Any) -> None:
    app = RhomboidApp(FakeSession(updates=[rows_in_hand()]))
    assert snap_compare(app, terminal_size=(80, 24), press=["question_mark"])
