"""The dashboard with unmodified bleak on the stand-in for BlueZ: scan, check, connect, a set, a lost link, the end."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from rhomboid.commands.house import Doors
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.house import Wish
from rhomboid.errors import harmless
from rhomboid.history.store import History
from rhomboid.link import doctor
from rhomboid.recording.reader import Recording
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.settings_file import UserSettings, save
from rhomboid.sound.settings import SoundSettings
from tests.bluetooth.fake_bluez import FakeBluez
from tests.bluetooth.listener import ADDRESS
from tests.bluetooth.peripherals import RhomboidSensor
from tests.dashboard.scenes import look

PATIENCE_S = 60.0
SIZE = (120, 40)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, quiet, welcomed, with nothing remembered; a check that takes a second."""
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RHOMBOID_HISTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "examine", partial(doctor.examine, for_s=1.0))
    save(UserSettings(sound=SoundSettings(tones=False)))
    return tmp_path


def worn(bluez: FakeBluez) -> RhomboidSensor:
    """A sensor whose wearer begins when it is listened to, and lives six times as fast."""
    sensor = RhomboidSensor(bluez, name="Back [red]7\x1b")
    sensor.pace = 6.0
    subscribed = sensor.on_notify

    def listened_to(uuid: str, on: bool) -> None:
        if on and not sensor.sent:
            sensor.begin_anew()
        subscribed(uuid, on)

    sensor.on_notify = listened_to
    return sensor


def dashboard(mode: str) -> RhomboidApp:
    doors = Doors()
    app = RhomboidApp(house=doors, mode=mode)
    app.settings = doors.settings()
    doors.say = app.say
    return app


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await pilot.pause(0.05)
    except TimeoutError:
        raise AssertionError(look(pilot.app)) from None


async def sees(pilot: Pilot[None], *words: str) -> None:
    """Waits for all of these on the screen."""
    await until(pilot, lambda: all(word in look(pilot.app) for word in words))


async def test_a_sensor_is_found_checked_worn_lost_found_again_and_let_go(bluez: FakeBluez, home: Path) -> None:
    other = RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA", name="Fridge")
    other.advertised = ("1234",)
    sensor = worn(bluez)
    app = dashboard("sensors")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("escape")  # the welcome
        await sees(pilot, "No sensor is connected.")
        await pilot.press("s")
        await sees(pilot, "● Back [red]7", "○ Fridge", " dBm")
        assert "\x1b" not in look(app)

        sensor.pace = 1.0  # at any other its packets come early or late
        await pilot.press("home", "c")
        await sees(pilot, "listening to the sensor: ")
        await sees(pilot, "verdict", "all is well", "83 %", "of 100 Hz")
        assert not sensor.connected
        sensor.pace = 6.0
        sensor.sent.clear()

        await pilot.press("c")
        await sees(pilot, "listening to the sensor: ")
        await pilot.press("escape")
        await sees(pilot, "stopped; c checks again")
        await until(pilot, lambda: not sensor.connected)
        sensor.sent.clear()

        await pilot.press("down", "enter")
        assert app.session is None  # a fridge
        await pilot.press("s")
        await sees(pilot, "● Back [red]7")
        await pilot.click("#heard", offset=(5, 0))
        await until(pilot, lambda: app.current_mode == "train" and sensor.connected)
        await until(pilot, lambda: app.observed.state.reps >= 4)

        await pilot.press("8")
        await sees(pilot, "the sensor is streaming", "battery 83 %", " Hz")
        await pilot.press("s")
        await sees(pilot, "a sensor is connected; end the session to look for others")
        sensor.drop()
        await until(pilot, lambda: "the sensor is streaming" not in app.observed.link_words)
        await until(pilot, lambda: harmless(app.observed.link_words)[:40] in look(app))
        await until(pilot, lambda: "streaming" in app.observed.link_words)

        await pilot.press("E")
        session = app.session
        assert session is not None
        await until(pilot, lambda: session.finished and not sensor.connected)
        assert session.error is None
        await pilot.press("8")
        await sees(pilot, "No sensor is connected.")
        await pilot.press("4")
        await sees(pilot, ".mcap")
        await pilot.press("5")
        await sees(pilot, "1 sets, ", "free training")

    with History() as history:
        (kept,) = history.sessions()
    assert (kept.kind, kept.plan, kept.ended_because) == ("train", None, "finished")
    assert kept.sets[0].exercise == "free training" and kept.sets[0].reps == len(kept.sets[0].movements) >= 4
    assert kept.recording is not None and Path(kept.recording).parent == home / "data" / "rhomboid" / "recordings"
    assert kept.recording_sha256 == hashlib.sha256(Path(kept.recording).read_bytes()).hexdigest()
    recording = Recording.open(Path(kept.recording))
    assert recording.recovered is None and recording.about.sensor_address == ADDRESS
    assert len([n for n in recording.notifications() if n.characteristic == STREAM]) > 100


async def test_bluetooth_that_is_off_is_a_sentence_and_on_again_it_works(bluez: FakeBluez) -> None:
    worn(bluez)
    bluez.power(False)
    async with dashboard("sensors").run_test(size=SIZE) as pilot:
        await pilot.press("escape", "s")
        await sees(pilot, "Bluetooth is switched off; ")
        bluez.power(True)
        async with asyncio.timeout(PATIENCE_S):
            while "● Back [red]7" not in look(pilot.app):  # the news that it is on may come after the key
                await pilot.press("s")
                await pilot.pause(1.0)


async def test_what_is_opened_and_never_streams_leaves_nothing_behind(bluez: FakeBluez, home: Path) -> None:
    sensor = worn(bluez)
    sensor.silent = True
    sitting = await Doors().open(Wish(address=ADDRESS))
    running = asyncio.ensure_future(sitting.run())
    async with asyncio.timeout(PATIENCE_S):
        while not sensor.connected:
            await asyncio.sleep(0.05)
    sitting.session.stop()
    await running
    assert not list((home / "data" / "rhomboid" / "recordings").iterdir())
    assert not Doors().sessions()


async def test_who_does_not_want_it_is_not_recorded(bluez: FakeBluez, home: Path) -> None:
    from msgspec.structs import replace

    from rhomboid.recording.settings import RecordingSettings

    worn(bluez)
    save(replace(UserSettings(), recording=RecordingSettings(training=False)))
    sitting = await Doors().open(Wish(address=ADDRESS))
    sitting.session.stop()
    await sitting.run()
    assert not (home / "data" / "rhomboid" / "recordings").exists()


async def test_the_command_keeps_the_same(bluez: FakeBluez, home: Path) -> None:
    worn(bluez)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rhomboid", "train", "--plain",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert program.stdout is not None and program.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        while b"rep 4" not in await program.stdout.readline():
            assert program.returncode is None
        program.send_signal(signal.SIGINT)
        await program.stdout.read()
        said = (await program.stderr.read()).decode()
        assert await program.wait() == 0
    (kept,) = Doors().sessions()
    assert f"this session is recorded in {kept.recording}" in said
    assert kept.recording is not None and kept.recording_sha256 is not None and kept.sets[0].reps >= 4
    assert Recording.open(Path(kept.recording)).recovered is None
