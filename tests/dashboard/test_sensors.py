"""Sensors and recordings: what is in the air, the doctor, opening and annotating a file."""

from __future__ import annotations

from textual.widgets import OptionList

from rhomboid import events as e
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.screens.annotate import AnnotateScreen
from rhomboid.errors import DataError

from .scenes import FakeHouse, FakeSession, make_update, rows_in_hand, shown, until


async def test_scanning_fills_the_list_and_enter_connects_to_what_is_usable() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="sensors").run_test(size=(100, 30)) as pilot:
        await pilot.press("s")
        text = await shown(pilot)
        assert "● WT901BLE" in text and "83 %" in text and "○ Fridge" in text
        await pilot.press("down", "enter")
        assert not house.wishes
        await pilot.press("up", "enter")
        await until(pilot, lambda: house.wishes)
        assert house.wishes[0].address == "AA:01" and pilot.app.current_mode == "train"


async def test_no_bluetooth_is_a_sentence() -> None:
    house = FakeHouse()
    house.trouble = DataError("Bluetooth is switched off", do="switch it on")
    async with RhomboidApp(house=house, mode="sensors").run_test(size=(100, 30)) as pilot:
        await pilot.press("s", "c")
        assert "Bluetooth is switched off; switch it on" in await shown(pilot)


async def test_the_doctor_tells_what_it_found_and_keeps_off_a_sensor_in_use() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="sensors").run_test(size=(100, 30)) as pilot:
        await pilot.press("c")
        assert "verdict  all is well" in await shown(pilot)
    session = FakeSession()
    session.duration_s = None
    async with RhomboidApp(session, house=house, mode="sensors").run_test(size=(100, 30)) as pilot:
        await pilot.press("c", "s")
        assert house.examined == [None]
        assert "a sensor is connected" in await shown(pilot)


async def test_the_link_is_told_in_words() -> None:
    session = FakeSession("WT901BLE")
    session.duration_s = None
    async with RhomboidApp(session, mode="sensors").run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: session.runs)
        lost = e.LinkChanged(at_s=3.0, state="lost", words="the sensor is out of range; come nearer")
        session.say(make_update(e.BatteryRead(at_s=1.0, percent=83), lost))
        text = await shown(pilot)
        assert "no link to the sensor: the sensor is out of range; come nearer" in text and "battery 83 %" in text


async def test_a_recording_is_opened_by_name_or_from_the_list_and_clicked_through() -> None:
    house, session = FakeHouse(), FakeSession(updates=[rows_in_hand()])
    session.seekable = True
    async with RhomboidApp(session, house=house, mode="replay").run_test(size=(100, 30)) as pilot:
        files = pilot.app.screen.query_one("#files", OptionList)
        await until(pilot, lambda: files.option_count == 2)
        text = await shown(pilot)
        assert "rows.mcap" in text and "0:41 ━" in text and "7 reps" in text
        await pilot.click("PositionBar", offset=(30, 0))
        assert 0.0 < float(str(session.sought[0])) < 780.0
        await pilot.press("o", *"mine.csv", "enter")
        await until(pilot, lambda: house.wishes)
        assert str(house.wishes[0].file) == "mine.csv"


async def test_a_recording_is_annotated_and_left_again() -> None:
    house = FakeHouse()
    async with RhomboidApp(house=house, mode="replay").run_test(size=(100, 30)) as pilot:
        files = pilot.app.screen.query_one("#files", OptionList)
        await until(pilot, lambda: files.highlighted == 0)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateScreen))
        await pilot.press("2")
        assert pilot.app.current_mode == "replay"
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, AnnotateScreen)
        house.trouble = DataError("it is cut", do="record again")
        await pilot.press("a")
        await until(pilot, lambda: any("it is cut" in n.message for n in pilot.app._notifications))
