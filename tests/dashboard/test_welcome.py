"""The first start: three questions, then something moves; never asked twice."""

from __future__ import annotations

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.welcome import QUESTIONS, WelcomeScreen
from rhomboid.errors import DataError
from rhomboid.settings_file import UserSettings

from .scenes import FakeHouse, FakeSession, look, until


def new_here() -> FakeHouse:
    house = FakeHouse()
    house.set = UserSettings()
    return house


async def test_three_answers_begin_a_session_and_are_kept() -> None:
    house = new_here()
    async with RhomboidApp(house=house).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "1 of 3: Is there a sensor?" in look(pilot.app)
        await pilot.press("enter", "down", "enter", "down", "down", "enter")
        await until(pilot, lambda: house.opened and house.opened[0].runs)
        assert house.wishes[0].demo and house.wishes[0].purpose == "desk" == pilot.app.current_mode
        assert not house.set.sound.tones and not house.set.sound.speech and house.set.screen.welcomed
    async with RhomboidApp(house=house).run_test(size=(80, 24)) as pilot:
        assert not isinstance(pilot.app.screen, WelcomeScreen)


async def test_who_skips_it_is_not_asked_again_and_nothing_begins() -> None:
    house = new_here()
    async with RhomboidApp(house=house).run_test() as pilot:
        await pilot.press("escape")
        assert not house.wishes and house.set.screen.welcomed and house.set.sound == UserSettings().sound


async def test_nobody_is_asked_where_a_session_goes_on_already() -> None:
    async with RhomboidApp(FakeSession(), house=new_here()).run_test() as pilot:
        assert not isinstance(pilot.app.screen, WelcomeScreen)


async def test_it_can_be_left_and_what_cannot_be_kept_is_said() -> None:
    app = RhomboidApp(house=new_here())
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert app.return_code == 0
    house = new_here()
    app = RhomboidApp(house=house)
    async with app.run_test() as pilot:
        house.trouble = DataError("the disk is full", do="make room")
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: app.trouble is not None)
        assert any("the disk is full" in n.message for n in app._notifications)


def test_there_are_three_questions_at_most() -> None:
    assert len(QUESTIONS) <= 3
