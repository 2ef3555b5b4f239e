"""Every screen in three sizes and two themes, compared with pictures that were looked at.

``pytest tests/dashboard/test_snapshots.py --snapshot-update`` after a change, and look at what git says has changed;
``SNAPSHOT_SVG=FOLDER`` writes what is compared as SVG as well. A scene is one program, which is resized and told other
colours between the pictures: that costs a fifth of starting it for each, and tries just that. What is shown was
replayed from the recordings (``replayed``), or said by a coach; time stands still.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from rhomboid.annotation import Annotations, Editor, Seen
from rhomboid.dashboard.annotate import AnnotateApp
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.modes import MODES
from rhomboid.dashboard.screens import exercises
from rhomboid.dashboard.sitting import Sitting
from rhomboid.dashboard.themes import THEMES
from rhomboid.settings_file import UserSettings

from .pictures import picture
from .replayed import replayed
from .scenes import AtDesk, Coached, FakeHouse, FakeSession, guided, shown, until

SIZES = [(80, 24), (120, 40), (200, 60)]
COLOURS = ["dark", "light"]


class Pictures(SingleFileSnapshotExtension):
    """All pictures of a scene in one file that can be read."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


def rows() -> FakeSession:
    """In the middle of a set."""
    return FakeSession(updates=[replayed("rows")])


def at_desk() -> AtDesk:
    """In a slouch."""
    session = FakeSession(updates=[replayed("desk")])
    session.section, session.pace, session.position_s = "desk", 20.0, 310.0
    return AtDesk(session)


def new_here() -> App[None]:
    house = FakeHouse()
    house.set = UserSettings()
    return RhomboidApp(house=house)


def to_annotate() -> App[None]:
    said = replayed("rows")
    trace = said.trace
    seen = Seen("rows.mcap", trace.t_s, trace.movement_deg, trace.tilt_deg, said.events)
    return AnnotateApp(seen, Editor(Annotations(), "rows"), print)


def mode(name: str) -> Callable[[], App[None]]:
    def start() -> App[None]:
        shown = at_desk() if name == "desk" else Sitting(rows())
        return RhomboidApp(shown, house=FakeHouse(), mode=name)

    return start


def coached(**now: object) -> Callable[[], App[None]]:
    return lambda: RhomboidApp(Coached(rows(), guided(**now)), house=FakeHouse())


class Scene(NamedTuple):
    """A program, and the keys that lead to what is to be seen."""

    start: Callable[[], App[None]]
    keys: Sequence[str] = ()


SCENES = {name: Scene(mode(name)) for name in (m.name for m in MODES)} | {
    "welcome": Scene(new_here),
    "nothing-goes-on": Scene(lambda: RhomboidApp(house=FakeHouse())),
    "no-day-at-the-desk": Scene(lambda: RhomboidApp(house=FakeHouse(), mode="desk")),
    "guided-working": Scene(coached()),
    "guided-resting": Scene(coached(phase="rest", left_s=32.0, length_s=45.0, said="rest, 45 s")),
    "guided-asked": Scene(coached(question="effort", phase="rest", left_s=32.0)),
    "guided-note": Scene(coached(), ["a", *"stiff today"]),
    "warning-signs": Scene(mode("train"), ["f"]),
    "stepping-back": Scene(mode("train"), ["v", *["down"] * 3]),
    "help": Scene(mode("train"), ["question_mark"]),
    "sensors-heard": Scene(lambda: RhomboidApp(house=FakeHouse(), mode="sensors"), ["s"]),
    "setting-typed": Scene(mode("settings"), ["enter", *"99", "enter"]),
    "annotate": Scene(to_annotate),
}


async def settle(pilot: Pilot[None]) -> None:
    app = pilot.app
    await until(pilot, lambda: not any(w.is_running for w in app.workers if w.name not in ("session", "_listen")))
    await shown(pilot)


async def taken(pilot: Pilot[None], size: tuple[int, int], colours: str) -> str:
    app = pilot.app
    app.theme = colours
    await pilot.resize_terminal(*size)
    await settle(pilot)
    before, now = "", picture(app)
    while now != before:  # what lies above another screen takes its new place a little later
        await pilot.pause(0.03)
        before, now = now, picture(app)
    return f"--- {size[0]} x {size[1]}, {colours}\n{now}"


@pytest.mark.parametrize("name", SCENES)
async def test_a_screen_looks_as_it_did(
    name: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercises, "monotonic", lambda: 3.0)
    scene, pictures = SCENES[name], list[str]()
    app = scene.start()
    for theme, _ in THEMES.values():
        app.register_theme(theme)
    async with app.run_test(size=SIZES[0]) as pilot:
        await settle(pilot)
        await pilot.press(*scene.keys)
        for entry in app.screen.query(Input):
            entry.cursor_blink, entry._cursor_visible = False, True
        for colours, size in product(COLOURS, SIZES):  # to change the colours is what costs most
            pictures.append(await taken(pilot, size, colours))
            if (folder := os.environ.get("SNAPSHOT_SVG")) is not None:
                file = Path(folder) / f"{name}-{size[0]}-{colours}.svg"
                file.write_text(app.export_screenshot(), encoding="utf-8")
        again = await taken(pilot, SIZES[0], COLOURS[0])
        assert again.splitlines() == pictures[0].splitlines(), "back at the first size it is another picture"
    assert "\n".join(pictures) == snapshot(extension_class=Pictures)
