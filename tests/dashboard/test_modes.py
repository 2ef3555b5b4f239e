"""The modes: their bar, the palette with everything there is to do, the themes, one session behind all screens."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.widgets import OptionList

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.frame_rate import LEAST_HZ, WANTED_HZ, FrameRate
from rhomboid.dashboard.modes import MODES
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.themes import THEMES
from rhomboid.dashboard.widgets.mode_bar import labels
from rhomboid.errors import DataError

from .scenes import FakeHouse, FakeSession, rows_in_hand, shown, until


async def test_every_key_opens_its_mode_and_a_click_too() -> None:
    async with RhomboidApp(FakeSession(updates=[rows_in_hand()])).run_test(size=(120, 40)) as pilot:
        for mode in (*MODES[1:], MODES[0]):
            await pilot.press(mode.key)
            await pilot.pause()
            assert isinstance(pilot.app.screen, ModeScreen)
            assert pilot.app.screen.MODE == mode.name == pilot.app.current_mode
        await pilot.click("ModeBar", offset=(12, 0))
        await pilot.pause()
        assert pilot.app.current_mode == MODES[1].name


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_the_bar_names_what_is_open_and_shows_every_key(width: int) -> None:
    for mode in MODES:
        told = labels(mode.name, width)
        assert [name for name, _ in told] == [m.name for m in MODES]
        assert mode.label in dict(told)[mode.name]
        assert all(m.key in dict(told)[m.name] for m in MODES)
        assert width < 60 or sum(len(text) for _, text in told) <= width + 1


async def test_one_session_goes_on_behind_all_screens_and_is_started_once() -> None:
    session = FakeSession()
    async with RhomboidApp(session).run_test(size=(120, 40)) as pilot:
        await pilot.press("2", "1", "2")
        await until(pilot, lambda: session.runs)
        session.say(rows_in_hand())
        await pilot.press("1")
        assert "rep 7" in await shown(pilot)
    assert session.runs == 1


async def test_the_palette_holds_every_action_of_every_mode() -> None:
    app = RhomboidApp(FakeSession())
    async with app.run_test(size=(120, 40)) as pilot:
        commands = {command.title for command in app.get_system_commands(app.screen)}
        for mode in MODES:
            assert mode.label in commands
            for binding in mode.load().BINDINGS:
                if isinstance(binding, Binding) and binding.show:
                    assert f"{mode.label}: {binding.description}" in commands
        assert {"pause", "help", "quit"} <= commands
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"Desk")
        await until(pilot, lambda: app.screen.query_one(CommandList).option_count)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "desk")


@pytest.mark.parametrize("theme", THEMES)
async def test_every_theme_draws_and_keeps_the_words(theme: str) -> None:
    app = RhomboidApp(FakeSession(updates=[rows_in_hand()]))
    async with app.run_test(size=(80, 24)) as pilot:
        app.use_theme(theme)
        text = await shown(pilot)
        assert "set 2: moving out" in text and "● counted  ○ not counted" in text


async def test_another_session_is_opened_only_when_the_one_before_is_closed() -> None:
    house, first = FakeHouse(), FakeSession()
    app = RhomboidApp(first, house=house)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        assert not house.wishes
        first.end()
        await until(pilot, lambda: first.finished)
        await pilot.press("enter")
        await until(pilot, lambda: app.session is not first)
        assert [wish.purpose for wish in house.wishes] == ["train"]
        assert app.session is house.opened[0] and house.opened[0].runs == 1
        await pilot.press("4")
        files = app.screen.query_one("#files", OptionList)
        await until(pilot, lambda: files.highlighted == 0)
        await pilot.press("enter")
        await until(pilot, lambda: len(house.opened) == 2)
        assert house.opened[0].finished and app.session is house.opened[1]
        assert house.wishes[1].file == Path("rows.mcap")


async def test_a_session_that_is_worn_is_never_ended_by_opening_another() -> None:
    house, worn = FakeHouse(), FakeSession()
    worn.duration_s = None
    app = RhomboidApp(worn, house=house, mode="exercises")
    async with app.run_test(size=(120, 40)) as pilot:
        exercises = app.screen.query_one("#list", OptionList)
        await until(pilot, lambda: worn.runs and exercises.highlighted == 0)
        await pilot.press("g")
        await until(pilot, lambda: any("E ends it" in n.message for n in app._notifications))
        assert not house.wishes and not worn.stopped
        await pilot.press("E")
        await until(pilot, lambda: worn.finished)
        await pilot.press("7", "d")
        await until(pilot, lambda: house.wishes)
        assert house.wishes[0].demo and house.wishes[0].exercise == "shoulder-blade-squeeze"
        assert app.current_mode == "train"


async def test_what_takes_long_to_open_says_so_and_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    house, given_up = FakeHouse(), list[object]()

    async def forever(what: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(what)

    monkeypatch.setattr(house, "open", forever)
    monkeypatch.setattr(house, "study", forever)
    app = RhomboidApp(house=house)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        assert "opening … 0 s  ·  E gives it up" in await shown(pilot)
        await pilot.press("2", "E")
        await until(pilot, lambda: given_up)
        assert "opening" not in await shown(pilot) and app.session is None and app.trouble is None
        await pilot.press("4")
        await until(pilot, lambda: app.screen.query_one("#files", OptionList).highlighted == 0)
        await pilot.press("a")
        assert "reading rows.mcap … 0 s" in await shown(pilot)
        await pilot.press("E")
        await until(pilot, lambda: len(given_up) == 2)
        assert "reading" not in await shown(pilot)


async def test_what_cannot_be_opened_is_said_as_a_sentence() -> None:
    house = FakeHouse()
    house.trouble = DataError("no sensor is in the air", do="switch it on")
    app = RhomboidApp(house=house)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        assert "error: no sensor is in the air; switch it on" in await shown(pilot)
        house.trouble = None
        await pilot.press("d")
        await until(pilot, lambda: app.session is not None)
        assert app.trouble is None and house.wishes[-1].demo


def test_the_time_that_drawing_takes_is_part_of_the_interval() -> None:
    rate = FrameRate(30.0)
    assert rate.wait_s(0.01) == pytest.approx(1 / 30 - 0.01)
    assert 0.0 < rate.wait_s(0.5) < 0.02


def test_after_a_busy_moment_it_is_as_often_as_wanted_where_that_can_be() -> None:
    rate = FrameRate(30.0)
    rate.took(0.1)
    assert rate.hz < 25.0
    for _ in range(100):
        rate.took(0.012)
    assert rate.hz == 30.0


async def test_a_terminal_that_takes_no_more_is_drawn_less_often_and_then_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = FakeSession(updates=[rows_in_hand()])
    app = RhomboidApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        drawn: list[bool] = []
        screen = app.screen
        assert isinstance(screen, ModeScreen)
        monkeypatch.setattr(screen, "draw", lambda: drawn.append(True))
        monkeypatch.setattr(RhomboidApp, "behind", True)
        await until(pilot, lambda: screen.frame_rate.hz < WANTED_HZ / 2)
        count = len(drawn)
        await pilot.pause(0.3)
        assert len(drawn) <= count + 1  # one may have been under way
        monkeypatch.setattr(RhomboidApp, "behind", False)
        await until(pilot, lambda: len(drawn) > count + 3)


def test_the_frame_rate_falls_where_frames_are_dear_and_recovers() -> None:
    rate = FrameRate()
    for _ in range(50):
        rate.took(0.01)
    assert rate.hz == WANTED_HZ
    for _ in range(100):
        rate.took(0.2)
    assert LEAST_HZ <= rate.hz <= 0.5 / 0.2
    for _ in range(200):
        rate.took(0.005)
    assert rate.hz == WANTED_HZ
    for _ in range(200):
        rate.took(5.0)
    assert rate.hz == LEAST_HZ
