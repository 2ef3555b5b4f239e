"""The application: its keys, its ends, and any terminal size."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import msgspec
import pytest

from rhomboid.dashboard import app as app_module
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.observed import QUIET
from rhomboid.dashboard.picture import picture
from rhomboid.dashboard.screens.help import HelpScreen
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.big_number import BigNumber
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.errors import DataError
from rhomboid.events import SlouchEnded

from .scenes import FakeSession, look, make_update, rows_in_hand, slouching, until

HOSTILE = "[red]evil[/red] \x1b]0;owned\x07\x1b[2J \u202egnp.exe [/nothing]"


def app_over(session: FakeSession, **options: bool) -> RhomboidApp:
    return RhomboidApp(session, **options)


def text_of(app: RhomboidApp, selector: str) -> str:
    live = next(screen for screen in app.screen_stack if isinstance(screen, ModeScreen))
    live.draw()
    return live.query_one(selector, PlainText).text


async def test_an_update_changes_the_count_the_hold_and_the_angle() -> None:
    session = FakeSession()
    async with app_over(session).run_test() as pilot:
        app = pilot.app
        assert isinstance(app, RhomboidApp)
        await until(pilot, lambda: session.runs)
        assert text_of(app, "#phase") == "no set yet"
        session.say(rows_in_hand())
        assert text_of(app, "#phase") == "set 2: moving out"
        assert app.screen.query_one("#count", BigNumber).text == "7"
        assert app.screen.query_one("#clock", BigNumber).text == "3.4"
        assert text_of(app, "#clock-words") == "last hold"
        session.say(make_update(reps=8, in_set=True, phase="pause", holding_s=1.26))
        assert text_of(app, "#clock-words") == "holding"
        assert app.screen.query_one("#count", BigNumber).text == "8"
        assert app.screen.query_one("#clock", BigNumber).text == "1.3"


async def test_the_frame_clock_draws_by_itself() -> None:
    session = FakeSession()
    async with app_over(session).run_test() as pilot:
        await until(pilot, lambda: session.runs)
        session.say(rows_in_hand())
        await until(pilot, lambda: pilot.app.screen.query_one("#count", BigNumber).text == "7")


async def test_space_pauses_and_goes_on() -> None:
    session = FakeSession()
    async with app_over(session).run_test() as pilot:
        assert isinstance(pilot.app, RhomboidApp)
        assert text_of(pilot.app, "#status").startswith("running")
        await pilot.press("space")
        assert session.paused
        assert text_of(pilot.app, "#status").startswith("paused")
        await pilot.press("space")
        assert not session.paused


async def test_greater_and_less_double_and_halve_the_speed() -> None:
    session = FakeSession()
    session.section, session.pace = "desk", 20.0
    async with app_over(session).run_test() as pilot:
        assert isinstance(pilot.app, RhomboidApp)
        await pilot.press("greater_than_sign")
        assert session.speed == 2.0
        assert "×40 (compressed)" in text_of(pilot.app, "#status")
        await pilot.press("comma", "less_than_sign")
        assert session.speed == 0.5


async def test_b_keeps_the_last_minute_where_there_is_one_to_keep() -> None:
    session = FakeSession()
    async with app_over(session).run_test(size=(100, 30)) as pilot:
        await pilot.press("b")
        assert session.kept == 0 and "b keep" not in look(pilot.app)
    session = FakeSession()
    session.can_keep = True
    async with app_over(session).run_test(size=(100, 30)) as pilot:
        assert "b keep" in look(pilot.app)
        await pilot.press("b")
        assert session.kept == 1
        session.full = True
        await pilot.press("b")
        said = [notification.message for notification in pilot.app._notifications]
        assert "the last minute is in" in said[0] and "make room" in said[1]


async def test_help_lists_every_key_and_closes_again() -> None:
    async with app_over(FakeSession()).run_test(size=(80, 30)) as pilot:
        await pilot.press("?")
        assert isinstance(pilot.app.screen, HelpScreen)
        shown = look(pilot.app)
        for key in ("space", ">", "<", "?", "q", "●", "○", "▲"):
            assert key in shown
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ModeScreen)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_lets_the_session_close_first(key: str) -> None:
    session = FakeSession()
    app = app_over(session)
    async with app.run_test() as pilot:
        await pilot.press(key)
    assert session.stopped and session.finished
    assert app.return_code == 0


async def test_quitting_works_while_help_is_open() -> None:
    session = FakeSession()
    async with app_over(session).run_test() as pilot:
        await pilot.press("?", "q", "q")
    assert session.finished


async def test_ctrl_c_works_while_help_is_open() -> None:
    session = FakeSession()
    async with app_over(session).run_test() as pilot:
        await pilot.press("?", "ctrl+c")
    assert session.finished


async def test_a_session_that_does_not_stop_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "STOPPING_S", 0.05)
    session = FakeSession()
    session.deaf = True
    app = app_over(session)
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert not session.finished
    assert app.return_code == 0


async def test_leaving_at_once_leaves_no_exception_behind(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio would print it after the screen is gone."""
    session = FakeSession()
    session.deaf = True
    async with app_over(session).run_test() as pilot:
        await pilot.press("q")
        await pilot.press("q")
    gc.collect()
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_an_error_is_shown_as_its_sentence_and_becomes_the_exit_status() -> None:
    session = FakeSession()
    app = app_over(session)
    async with app.run_test() as pilot:
        session.end(DataError("the file ends in the middle of a row", do="record again", where="set.csv, line 7"))
        await pilot.pause(0.2)
        assert "error: set.csv, line 7: the file ends in the middle of a row; record again" in look(app)
        assert text_of(app, "#status").startswith("ended")
        await pilot.press("q")
    assert app.return_code == 1


async def test_it_stays_when_the_session_ends_unless_asked_to_close() -> None:
    stays, closes = FakeSession(), FakeSession()
    async with app_over(stays).run_test() as pilot:
        stays.end()
        await pilot.pause()
        assert pilot.app.is_running
        await pilot.press("space")
        assert not stays.paused
    app = app_over(closes, close_at_end=True)
    async with asyncio.timeout(5.0), app.run_test():
        closes.end(DataError("no samples", do="try another file"))
        while app.return_code is None:
            await asyncio.sleep(0.01)
    assert app.return_code == 1


@pytest.mark.parametrize("scene", [rows_in_hand, slouching])
async def test_any_size_at_any_moment(scene: object) -> None:
    session = FakeSession(updates=[scene()])
    async with app_over(session).run_test() as pilot:
        for size in [(40, 10), (200, 60), (1, 1), (20, 5), (400, 20), (79, 23), (120, 40)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert len(look(pilot.app).splitlines()) <= size[1]
        assert "set 2" in look(pilot.app)


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 10), ((120, 40), 15)])
async def test_the_count_is_large(size: tuple[int, int], rows: int) -> None:
    async with app_over(FakeSession(updates=[rows_in_hand()])).run_test(size=size) as pilot:
        await pilot.pause(0.1)
        count = pilot.app.screen.query_one("#count", BigNumber)
        lines = [count.render_line(y).text for y in range(count.size.height)]
        assert sum(bool(set(line) & set("█▀▄")) for line in lines) >= rows


async def test_hostile_text_is_shown_and_not_obeyed() -> None:
    session = FakeSession(title=HOSTILE)
    session.section, session.pace = HOSTILE, 2.0
    async with app_over(session).run_test(size=(200, 40)) as pilot:
        session.end(DataError(HOSTILE, do=HOSTILE, where=HOSTILE))
        await pilot.pause(0.2)
        shown = look(pilot.app)
    assert shown.count("[red]evil[/red] \\x1b]0;owned\\x07\\x1b[2J \\u202egnp.exe [/nothing]") >= 3
    assert all(c.isprintable() for c in shown.replace("\n", ""))


async def test_slouching_is_said_in_words_and_stops_being_said() -> None:
    session = FakeSession(updates=[rows_in_hand(), slouching()])
    async with RhomboidApp(session, mode="desk").run_test(size=(120, 40)) as pilot:
        assert isinstance(pilot.app, RhomboidApp)
        await until(pilot, lambda: session.runs)
        assert text_of(pilot.app, "#posture") == "slouching for 2:00: sit tall"
        await pilot.pause()
        shown = look(pilot.app)
        assert "tilt against the reference" in shown and "5 min ago" in shown and "gap of 20.0 s" in shown
        over = SlouchEnded(at_s=701.0, start_s=580.0, alert_s=625.0, end_s=701.0, peak_deg=19.0)
        session.say(make_update(over, t_s=701.0, posture="upright", flexion_deg=-2.0, tilt_deg=2.0))
        assert text_of(pilot.app, "#posture") == "upright"
        assert text_of(pilot.app, "#angle-words") == "2° back"
        session.say(make_update(t_s=800.0, posture="leaning_forward", flexion_deg=14.0, slouching_s=10.0))
        assert text_of(pilot.app, "#posture") == "leaning forward for 0:10"


async def test_a_picture_of_a_moment(tmp_path: Path) -> None:
    session = FakeSession(title="a file", updates=[rows_in_hand()])
    await picture(session, tmp_path / "screen.svg", (80, 24), until_s=40.0)
    svg = (tmp_path / "screen.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg") and "file" in svg
    assert "url(http" not in svg.replace('"', "").replace("'", "")
    assert session.finished


async def test_keys_go_to_other_places_of_a_recording_and_are_not_there_for_a_sensor() -> None:
    session = FakeSession()
    async with app_over(session).run_test(size=(120, 40)) as pilot:
        await pilot.press("left", "n", "pagedown")
        assert session.sought == []
        session.seekable = True
        pilot.app.refresh_bindings()
        await pilot.press("left", "right", "shift+right", "n", "p", "pagedown", "pageup")
        assert session.sought == [31.0, 51.0, 101.0, (1, QUIET), (-1, QUIET), 119.0, -37.0]
        await pilot.press("?")
        shown = look(pilot.app)
        for key in ("←", "→", "pgup"):
            assert key in shown


async def test_going_to_another_place_shows_that_place_alone() -> None:
    session = FakeSession(updates=[rows_in_hand()])
    async with app_over(session).run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.2)
        await until(pilot, lambda: "rep 7" in look(pilot.app))
        session.say(msgspec.structs.replace(slouching(), moved=True))
        await pilot.pause(0.2)
        shown = look(pilot.app)
        assert "slouching" in shown and "rep 7" not in shown
