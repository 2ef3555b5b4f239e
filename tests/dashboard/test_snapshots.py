"""Whole screens as pictures, compared with ones that were looked at (``pytest --snapshot-update`` after a change).

Every mode is there in three sizes, every size in one of two themes: letters and places do not depend on the colours.
"""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.modes import MODES
from rhomboid.dashboard.screens import exercises
from rhomboid.dashboard.sitting import Sitting

from .scenes import AtDesk, Coached, FakeHouse, FakeSession, guided, rows_in_hand, shown, slouching, until

SIZES = [(80, 24, "dark"), (120, 40, "light"), (200, 60, "dark")]


async def settle(pilot: Pilot[None]) -> None:
    app = pilot.app
    await until(pilot, lambda: not any(w.is_running for w in app.workers if w.name not in ("session", "_listen")))
    await shown(pilot)


def scene(mode: str) -> Sitting:
    session = FakeSession(updates=[rows_in_hand(), slouching()] if mode == "desk" else [rows_in_hand()])
    if mode == "desk":
        session.section, session.pace, session.position_s = "desk", 20.0, 700.0
        return AtDesk(session)
    return Sitting(session)


@pytest.mark.parametrize(("width", "height", "theme"), SIZES, ids=lambda value: str(value))
@pytest.mark.parametrize("mode", [mode.name for mode in MODES])
def test_mode(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, mode: str, width: int, height: int, theme: str
) -> None:
    monkeypatch.setattr(exercises, "monotonic", lambda: 3.0)
    app = RhomboidApp(scene(mode), house=FakeHouse(), mode=mode)
    app.theme = theme
    assert snap_compare(app, terminal_size=(width, height), run_before=settle)


@pytest.mark.parametrize("phase", ["working", "rest"])
def test_guided(snap_compare: Any, phase: str) -> None:
    rest = {"phase": "rest", "left_s": 32.0, "length_s": 45.0, "said": "rest, 45 s"} if phase == "rest" else {}
    sitting = Coached(FakeSession(updates=[rows_in_hand()]), guided(**rest))
    assert snap_compare(RhomboidApp(sitting), terminal_size=(80, 24), run_before=settle)


def test_nothing_goes_on(snap_compare: Any) -> None:
    assert snap_compare(RhomboidApp(house=FakeHouse()), terminal_size=(80, 24), run_before=settle)


def test_stepping_back(snap_compare: Any) -> None:
    async def open_it(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("v", *["down"] * 5)
        await pilot.pause()

    assert snap_compare(RhomboidApp(scene("train")), terminal_size=(100, 30), run_before=open_it)


def test_help(snap_compare: Any) -> None:
    async def open_it(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()

    assert snap_compare(RhomboidApp(scene("train")), terminal_size=(80, 24), run_before=open_it)
