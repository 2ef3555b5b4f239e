"""Settings and plans: every option can be changed, refused in a sentence, taken back; the weeks ahead are there."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.options import changed, options, read
from rhomboid.dashboard.screens.plan import next_session, weeks
from rhomboid.dashboard.settings import ScreenSettings, ThemeName
from rhomboid.dashboard.themes import THEMES
from rhomboid.errors import DataError, UsageError
from rhomboid.settings_file import UserSettings, as_toml

from .scenes import FakeHouse, shown, until


def test_every_option_has_its_meaning_and_what_it_may_be() -> None:
    for option in options(UserSettings()):
        assert option.words, option.name
        assert option.choices or option.bounds or isinstance(option.default, str)
        assert f"{option.name} = " in as_toml(UserSettings())


def test_themes_that_can_be_set_are_those_there_are() -> None:
    assert set(ThemeName.__args__) == set(THEMES) and ScreenSettings().theme in THEMES


def test_what_is_not_allowed_is_refused_with_what_is() -> None:
    known = {option.name: option for option in options(UserSettings())}
    with pytest.raises(UsageError, match="alerts a day cannot be 51; give 0 to 50"):
        changed(UserSettings(), known["alerts_a_day"], 51)
    with pytest.raises(UsageError, match="something like 21:00"):
        changed(UserSettings(), known["quiet_from"], "soon")
    assert changed(UserSettings(), known["alerts_a_day"], read(known["alerts_a_day"], " 5 ")).desk.alerts_a_day == 5
    with pytest.raises(UsageError):
        changed(UserSettings(), known["alerts_a_day"], read(known["alerts_a_day"], "five"))


async def at_option(pilot: object, name: str) -> None:
    chooser = pilot.app.screen.query_one("#options", OptionList)  # type: ignore[attr-defined]
    await until(pilot, lambda: chooser.option_count)  # type: ignore[arg-type]
    names = [option.name for option in options(pilot.app.settings)]  # type: ignore[attr-defined]
    chooser.highlighted = names.index(name)


async def test_enter_goes_to_the_next_value_and_u_takes_it_back() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="settings").run_test(size=(100, 30)) as pilot:
        await at_option(pilot, "theme")
        await pilot.press("enter")
        assert house.set.screen.theme == "light" == pilot.app.theme
        await at_option(pilot, "thank_you")
        await pilot.press("enter")
        assert not house.set.desk.thank_you
        await pilot.press("u", "u")
        assert house.set == UserSettings(screen=ScreenSettings(welcomed=True)) and pilot.app.theme == "dark"
        await pilot.press("u")
        assert "nothing was changed here" in await shown(pilot)


async def test_a_number_is_typed_checked_and_saved() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="settings").run_test(size=(100, 30)) as pilot:
        await at_option(pilot, "alerts_a_day")
        await pilot.press("enter", "backspace", *"99", "enter")
        assert "alerts a day cannot be 99; give 0 to 50" in await shown(pilot)
        await pilot.press("backspace", "backspace", "4", "enter")
        assert house.set.desk.alerts_a_day == 4
        assert "saved: alerts a day is 4" in await shown(pilot)
        await pilot.press("r")
        assert house.set.desk.alerts_a_day == 8


async def test_what_cannot_be_saved_is_not_set() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="settings").run_test(size=(100, 30)) as pilot:
        await at_option(pilot, "theme")
        house.trouble = DataError("the disk is full", do="make room")
        await pilot.press("enter")
        assert "the disk is full; make room" in await shown(pilot)
        assert pilot.app.theme == "dark"


async def test_colours_are_remembered() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house).run_test() as pilot:
        await pilot.press("t")
        assert house.set.screen.theme == "light"
    async with RhomboidApp(house=house).run_test() as pilot:
        assert pilot.app.theme == "light"


async def test_plans_are_shown_with_their_weeks_and_one_is_taken_into_use() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="plan").run_test(size=(120, 40)) as pilot:
        chooser = pilot.app.screen.query_one("#plans", OptionList)
        await until(pilot, lambda: chooser.option_count == len(house.plans()))
        await until(pilot, lambda: not [w for w in pilot.app.workers if w.is_running])
        text = await shown(pilot)
        assert "week 1 of 15" in text and "week 4 light" in text
        chooser.highlighted = [p.id for p in house.plans()].index("gentle-in-bed")
        await pilot.press("i")
        await until(pilot, lambda: house.used == "gentle-in-bed")


def test_the_next_session_gives_its_reasons() -> None:
    house = FakeHouse()
    for plan in house.plans():
        ahead = house.weeks_ahead(plan, 4)
        text = next_session(plan, ahead, house.today()).plain
        assert all(asked.name in text and asked.why in text for asked in ahead[0].exercises)
        assert len(weeks(ahead).plain.splitlines()) == len({session.week for session in ahead})


async def test_a_broken_plan_is_a_sentence() -> None:
    house = FakeHouse()
    house.trouble = DataError("line 3 is no TOML", do="mend it", where="mine.toml")
    async with RhomboidApp(house=house, mode="plan").run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: not [w for w in pilot.app.workers if w.is_running])
        assert "mine.toml: line 3 is no TOML; mend it" in await shown(pilot)
