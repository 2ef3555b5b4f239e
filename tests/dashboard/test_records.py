"""What is read from elsewhere: the catalogue and the history."""

from __future__ import annotations

from datetime import date

import pytest
from textual.widgets import OptionList

from rhomboid.coach.record import SessionRecord
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.history import trends
from rhomboid.dashboard.widgets.calendar import bars, calendar
from rhomboid.dashboard.widgets.figures import FIGURES
from rhomboid.dashboard.widgets.pacer import at, tempo_of
from rhomboid.errors import DataError
from rhomboid.history.overview import overview

from .scenes import FakeHouse, four_weeks, shown, until

TODAY = date(2026, 11, 21)


async def test_every_exercise_can_be_looked_at() -> None:
    house = FakeHouse()
    exercises = list(house.catalogue().exercises.values())
    async with RhomboidApp(house=house, mode="exercises").run_test(size=(100, 30)) as pilot:
        chooser = pilot.app.screen.query_one("#list", OptionList)
        await until(pilot, lambda: chooser.option_count == len(exercises))
        for number in (0, len(exercises) - 1):
            chooser.highlighted = number
            text = await shown(pilot)
            assert exercises[number].name in text and "how much:" in text


def test_every_position_of_the_catalogue_has_a_figure_that_fits() -> None:
    for exercise in FakeHouse().catalogue().exercises.values():
        lines = FIGURES[exercise.position].strip("\n").splitlines()
        assert len(lines) <= 6 and max(map(len, lines)) <= 13


def test_the_pacer_goes_out_holds_and_comes_back() -> None:
    squeeze = FakeHouse().catalogue().named("shoulder-blade-squeeze")
    phases = tempo_of(squeeze)
    assert [word for word, _ in phases] == ["out", "hold", "back", "rest"]
    out_s, hold_s, back_s, _ = (length for _, length in phases)
    assert at(phases, out_s / 2) == ("out", 0.5)
    assert at(phases, out_s + 1.0) == (f"hold {hold_s - 1:.0f}", 1.0)
    assert at(phases, out_s + hold_s + back_s / 2) == ("back", 0.5)
    whole_s = sum(length for _, length in phases)
    assert at(phases, 3 * whole_s + out_s / 2) == pytest.approx(("out", 0.5))


async def test_a_broken_catalogue_or_history_is_a_sentence() -> None:
    house = FakeHouse()
    house.trouble = DataError("line 3 is no TOML", do="mend it", where="mine.toml")
    for mode in ("exercises", "history"):
        async with RhomboidApp(house=house, mode=mode).run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda pilot=pilot: not [w for w in pilot.app.workers if w.is_running])
            assert "mine.toml: line 3 is no TOML" in await shown(pilot)


def test_the_calendar_marks_the_days() -> None:
    text = calendar(four_weeks(), TODAY, 6).plain
    lines = text.splitlines()
    assert len(lines) == 7 and lines[3].startswith("26 Oct  T   D")
    assert lines[-1].rstrip().endswith("[D]")


def test_bars_show_more_as_higher_and_nothing_as_a_dot() -> None:
    assert bars([None, 0.0, 2.0, 4.0]) == "·▁▅█"
    assert bars([None, 0.0]) == "·▁" and bars([]) == ""


def test_trends_tell_the_newest_week_in_numbers() -> None:
    text = trends(overview(four_weeks(), TODAY, 6)).plain
    assert "repetitions         99" in text and "best one-arm-row: 11 reps, 6 kg" in text


async def test_a_session_is_told_in_words_and_more_weeks_are_a_key_away() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="history").run_test(size=(120, 40)) as pilot:
        chooser = pilot.app.screen.query_one("#sessions", OptionList)
        await until(pilot, lambda: chooser.option_count == 24)
        await pilot.press("down")
        text = await shown(pilot)
        assert "session 23: train, 2026-11-20 18:02, 29 min" in text and "pain before 3, after 2" in text
        await pilot.press("w")
        assert "07 Sep" in await shown(pilot)


async def test_no_session_yet_is_said() -> None:
    house = FakeHouse()
    house.past = []
    async with RhomboidApp(house=house, mode="history").run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: not [w for w in pilot.app.workers if w.is_running])
        assert "No session yet." in await shown(pilot)


async def test_hostile_notes_and_names_do_no_harm() -> None:
    house = FakeHouse()
    hostile = "[red]evil[/] \x1b]0;owned\x07 [/nothing]"
    house.past = [SessionRecord(started_at="2026-11-20T18:02:00+01:00", note=hostile, recording=hostile)]
    async with RhomboidApp(house=house, mode="history").run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.screen.query_one("#sessions", OptionList).option_count == 1)
        assert "[red]evil[/] \\x1b]0;owned\\x07 [/nothing]" in await shown(pilot)
