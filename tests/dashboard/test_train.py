"""Training with a coach: what it says stands there, what it asks is asked, and the keys tell it what happened."""

from __future__ import annotations

import pytest

from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.ask import ChoiceScreen, RedFlagsScreen, TextScreen
from rhomboid.dashboard.screens.train import clock_of, reps_words
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.tempo_bar import EMPTY, FULL, LATE, Tempo, stretches

from .scenes import Coached, FakeSession, guided, rows_in_hand, shown, until


def training(**changed: object) -> Coached:
    return Coached(FakeSession(updates=[rows_in_hand()]), guided(**changed))


async def test_target_set_and_words_of_the_coach_are_there() -> None:
    sitting = training()
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        text = await shown(pilot)
        assert "One-arm dumbbell row, left: 10 reps, 6 kg, set 2 of 3" in text and "slower on the way back" in text
        assert "of 10: 3 to go" in text
        count = pilot.app.screen.query_one("#count", BigNumber)
        assert count.text == "7"
        lines = [count.render_line(y).text for y in range(count.size.height)]
        assert sum(bool(set(line) & set("█▀▄")) for line in lines) >= 10


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("+", ("count", 1)), ("-", ("count", -1)), ("d", ("discard",)), ("r", ("redo",)), ("s", ("skip",)),
        ("!", ("sharp_pain",)), ("o", ("sharp_pain",)), ("p", ("pause",)), ("enter", ("go",)),
    ],
)  # fmt: skip
async def test_a_key_tells_the_coach(key: str, told: tuple[object, ...]) -> None:
    sitting = training()
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press(key)
        assert sitting.session.told == [told]


async def test_without_a_coach_the_keys_tell_nobody() -> None:
    session = FakeSession(updates=[rows_in_hand()])
    async with RhomboidApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.press("+", "r", "s", "x", "e", "!")
        assert session.told == []


async def test_another_exercise_the_end_and_a_note_are_asked_for() -> None:
    sitting = training()
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("x", "enter")
        await pilot.press("e", "down", "enter")
        await pilot.press("a")
        assert isinstance(pilot.app.screen, TextScreen)
        await pilot.press(*"grip 2", "enter")
        await pilot.press("e", "escape")
        assert sitting.session.told == [("swap", "cat-camel"), ("end", "tired"), ("note", "grip 2")]


async def test_a_number_is_asked_for_once_and_a_digit_answers() -> None:
    sitting = training(phase="pain_before", question="pain_before")
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("4")
        assert sitting.session.told == [("number", 4)] and pilot.app.current_mode == "train"
        await shown(pilot)
        assert not isinstance(pilot.app.screen, ChoiceScreen)
        sitting.now(question=None, phase="working")
        await shown(pilot)
        sitting.now(question="effort", phase="rest")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("end", "enter")
        assert sitting.session.told[-1] == ("number", 10)


async def test_a_key_pressed_twice_answers_once_and_takes_no_screen_away() -> None:
    sitting = training(phase="pain_before", question="pain_before")
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        question = pilot.app.screen
        assert isinstance(question, ChoiceScreen)
        question.dismiss("4")
        question.dismiss("4")
        await shown(pilot)
        assert sitting.session.told == [("number", 4)] and pilot.app.screen.MODE == "train"


async def test_a_question_is_gone_when_the_coach_goes_on_without_an_answer() -> None:
    for asked in ({"phase": "pain_before", "question": "pain_before"}, {"phase": "red_flags"}):
        sitting = training(**asked)
        async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda pilot=pilot: pilot.app.screen.is_modal)
            sitting.now(question=None, phase="get_ready")
            await until(pilot, lambda pilot=pilot: not pilot.app.screen.is_modal)
            assert sitting.session.told == []


async def test_the_warning_signs_come_first_and_are_a_key_away() -> None:
    sitting = training(phase="red_flags")
    async with RhomboidApp(sitting).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, RedFlagsScreen))
        await pilot.press("enter")
        assert sitting.session.told == [("go",)]
        await pilot.press("f")
        assert "bladder or bowels" in await shown(pilot)
        await pilot.press("escape")
        assert sitting.session.told == [("go",)]


@pytest.mark.parametrize(
    ("changed", "clock"),
    [
        (
            {"phase": "rest", "left_s": 32.4, "length_s": 45.0},
            ("rest, seconds", "32", "rest of 0:45; enter begins the next set"),
        ),
        ({"target_hold_s": 5.0, "holding_s": 3.21}, ("hold, seconds", "3.2", "hold 5 s, set 2 of 3")),
        ({"started": False}, ("target", "10", "begin when you are ready")),
        ({"target_reps": None}, ("target", "-", "set 2 of 3")),
        ({"phase": "side_change", "left_s": 4.0}, ("change sides, seconds", "4", "change sides; enter goes on")),
        ({"phase": "paused", "hurt": True}, ("paused", "-", "stopped for pain; enter goes on, e ends")),
        ({"phase": "done"}, ("done", "-", "the session is over")),
        ({"phase": "pain_before", "left_s": 9.0}, ("first", "9", "answer, or wait")),
    ],
)  # fmt: skip
def test_the_second_clock_shows_what_matters_now(changed: dict[str, object], clock: tuple[str, str, str]) -> None:
    assert clock_of(guided(**changed)) == clock


def test_the_count_against_its_target() -> None:
    assert reps_words(guided(reps=10)) == "of 10: that is all of them"
    assert reps_words(guided(reps=11)) == "of 10: 1 more than asked"
    assert reps_words(guided(target_reps=None)) == "set 2 of 3"


@pytest.mark.parametrize("width", [15, 20, 40, 80])
def test_the_tempo_bar_fills_the_phase_in_hand(width: int) -> None:
    tempo = Tempo(2.0, 0.0, 3.0)
    half = stretches(tempo, "out", 1.0, width)
    if not half:
        assert width < 16
        return
    assert sum(len(label) + len(bar) for label, bar, _ in half) + 2 <= width
    out, far, back = half
    assert out[2] and out[1].count(FULL) == round(len(out[1]) / 2) and not far[2]
    assert set(back[1]) == {EMPTY} and len(back[1]) >= len(out[1])
    assert set(stretches(tempo, "back", 9.0, width)[2][1]) == {LATE}


async def test_help_tells_the_keys_of_a_guided_session_and_of_none() -> None:
    async with RhomboidApp(training()).run_test(size=(100, 50)) as pilot:
        await shown(pilot)
        await pilot.press("?")
        text = await shown(pilot)
        assert "sharp pain: the set ends at once" in text and "go on: begin, end the set" in text
        assert "start training with the sensor" not in text
    async with RhomboidApp().run_test(size=(100, 50)) as pilot:
        await pilot.press("?")
        text = await shown(pilot)
        assert "start training with the sensor" in text and "sharp pain" not in text
