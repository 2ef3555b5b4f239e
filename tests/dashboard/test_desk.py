"""At the desk: the day as a bar, the alerts that are left, and the keys that hold them back."""

from __future__ import annotations

from rhomboid.coach.desk_day import STATES
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.desk import budget_lines
from rhomboid.dashboard.widgets.day_bar import LETTERS, day
from rhomboid.dashboard.widgets.trunk_gauge import gauge

from .scenes import AtDesk, FakeHouse, FakeSession, a_day, shown, slouching, until


def test_the_day_has_a_letter_for_every_column_and_the_hours_below() -> None:
    states, hours = day(a_day().minutes, 72)  # five minutes each
    assert len(states) == len(hours) == 72
    letters = "".join(LETTERS[state] for state in states if state is not None)
    assert letters[:12] == "muuuuuuuuuSS" and letters[36:44] == "--------"
    assert hours.startswith("09:00       10:00       11:00") and hours[60:65] == "14:00"


def test_a_short_day_is_an_hour_wide_and_a_minute_may_be_wider_than_a_column() -> None:
    minute = [0] * len(STATES)
    minute[STATES.index("upright")] = 60
    states, hours = day({100: minute, 101: minute}, 120)
    assert states[:4] == ["upright"] * 4 and states[4:] == [None] * 116
    assert hours.startswith("01:40")
    assert day({}, 10) == ([None] * 10, " " * 10) and day({100: minute}, 0)[0] == []


def test_every_state_has_its_own_letter() -> None:
    assert set(LETTERS) == set(STATES) and len(set(LETTERS.values())) == len(STATES)


def test_the_budget_in_words() -> None:
    lines = budget_lines(AtDesk(FakeSession()).desk)
    assert lines[0] == "●●●●●○○○ 5 of 8 left today"
    assert lines[1].startswith("told after ") and "last break 0 min ago, 4 today" in lines
    assert lines[4] == "upright 228, slouching 72 min"


def test_the_gauge_shows_the_limit_and_what_is_beyond() -> None:
    scale, labels = gauge(18.0, 61, directed=True, limit_deg=12.0)
    assert scale.index("╋") == 32 and scale[33] == "═" and scale[38] == "●"
    assert "limit 12°" in labels
    assert "═" not in gauge(18.0, 61, directed=True, limit_deg=60.0)[0]


async def test_keys_snooze_mute_and_take_back_and_the_screen_says_so() -> None:
    sitting = AtDesk(FakeSession(updates=[slouching()]))
    async with RhomboidApp(sitting, mode="desk").run_test(size=(120, 40)) as pilot:
        text = await shown(pilot)
        assert "●●●●●○○○ 5 of 8 left today" in text and "SSuuuu" in text.replace("m", "")
        await pilot.press("s")
        assert "snoozed until 15:30" in await shown(pilot)
        await pilot.press("S")
        assert "snoozed until 16:00" in await shown(pilot)
        await pilot.press("m")
        assert "muted until tomorrow" in await shown(pilot)
        await pilot.press("l", "x", "u", "k")
        assert sitting.chosen == [
            "snooze_30",
            "snooze_60",
            "mute",
            "listen",
            "not_a_slouch",
            "undo_not_a_slouch",
            "break",
        ]
        assert "muted" not in await shown(pilot)


async def test_without_a_coach_there_is_nothing_to_snooze_but_a_day_to_begin() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="desk").run_test(size=(120, 40)) as pilot:
        assert "no day at the desk goes on" in await shown(pilot)
        await pilot.press("s")
        assert "snooze" not in await shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: house.wishes)
        assert house.wishes[0].purpose == "desk"
