"""The program as a user runs it, on the stand-in for BlueZ: what it says, Ctrl-C, and a second Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
import termios
import time
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from rhomboid.motion.settings import Settings
from rhomboid.recording.reader import Recording
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.verify import verify
from tests.bluetooth.fake_bluez import Answer, FakeBluez
from tests.bluetooth.peripherals import RhomboidSensor

STARTING_S = 30.0


class Program:
    """``rhomboid record`` on the sensor there is, in a home of its own."""

    def __init__(self, home: Path, name: str = "set") -> None:
        self.file = home / f"{name}.mcap"
        self._home = home
        self.lines: list[str] = []
        self.complaints = ""

    async def start(self) -> None:
        places = {"HOME": str(self._home), "XDG_DATA_HOME": str(self._home), "PYTHONUNBUFFERED": "1"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rhomboid", "record", str(self.file), "--plain",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | places,
        )  # fmt: skip

    async def until(self, words: str) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(STARTING_S):
            while not any(words in line for line in self.lines):
                line = await self._process.stdout.readline()
                assert line, f"it ended: {await self._complaints()}"
                self.lines.append(line.decode().rstrip())

    def press_ctrl_c(self) -> None:
        self._process.send_signal(signal.SIGINT)

    async def end(self) -> tuple[int, float]:
        """Exit status, and how long that took, in s."""
        began = time.monotonic()
        async with asyncio.timeout(10):
            status = await self._process.wait()
            self.complaints = await self._complaints()
        return status, time.monotonic() - began

    async def _complaints(self) -> str:
        assert self._process.stderr is not None
        return (await self._process.stderr.read()).decode()


@pytest.fixture
async def program(bluez: FakeBluez, tmp_path: Path) -> Program:
    return Program(tmp_path)


async def test_it_says_what_it_does_and_ctrl_c_releases_the_sensor(bluez: FakeBluez, program: Program) -> None:
    sensor = RhomboidSensor(bluez)
    unsubscribed: list[str] = []
    subscribed = sensor.on_notify

    def noted(uuid: str, on: bool) -> None:
        subscribed(uuid, on)
        if not on:
            unsubscribed.append(uuid)

    sensor.on_notify = noted
    await program.start()
    await program.until("the sensor is streaming")
    await asyncio.sleep(0.5)
    program.press_ctrl_c()
    status, took_s = await program.end()
    assert (status, took_s < 5.0) == (0, True)
    assert STREAM in unsubscribed
    assert not sensor.connected
    said = [line.partition("  ")[2].strip() for line in program.lines[1:]]
    assert "looking for a sensor" in program.complaints
    for words in ("looking for the sensor", "sensor found, connecting", "battery 83 %", "the sensor is streaming"):
        assert words in " ".join(said)
    recording = Recording.open(program.file)
    assert recording.recovered is None
    assert len([n for n in recording.notifications() if n.characteristic == STREAM]) >= 5


async def test_a_second_ctrl_c_leaves_at_once_and_the_recording_is_whole(bluez: FakeBluez, program: Program) -> None:
    class Clinging(RhomboidSensor):
        """Its link takes long to end."""

        async def call(self, message: object) -> Answer:
            if getattr(message, "member", "") in ("StopNotify", "Disconnect"):
                await asyncio.sleep(30)
            return await super().call(message)  # type: ignore[arg-type]

    Clinging(bluez)
    await program.start()
    await program.until("the sensor is streaming")
    await asyncio.sleep(0.5)
    program.press_ctrl_c()
    await asyncio.sleep(0.3)
    program.press_ctrl_c()
    status, took_s = await program.end()
    assert (status, took_s < 2.5) == (130, True)  # to wait for the sensor would take 4.7 s
    assert "Traceback" not in program.complaints
    recording = Recording.open(program.file)
    assert recording.recovered is None
    assert len([n for n in recording.notifications() if n.characteristic == STREAM]) >= 5


async def test_the_reference_of_last_time_is_used_again_and_a_replay_does_the_same(
    bluez: FakeBluez, tmp_path: Path
) -> None:
    sensor = RhomboidSensor(bluez)
    sensor.pace = 4.0
    subscribed = sensor.on_notify

    def listened_to(uuid: str, on: bool) -> None:
        sensor.begin_anew()
        subscribed(uuid, on)

    sensor.on_notify = listened_to
    for name, words in (("first", "reference taken"), ("second", "used")):
        program = Program(tmp_path, name)
        await program.start()
        await program.until(words)
        program.press_ctrl_c()
        assert (await program.end())[0] == 0
    today = datetime.now()
    said = next(line for line in program.lines if "reference" in line)
    assert f"reference of {today.day} {today:%b %Y}, " in said
    assert "the sensor sits as it did then" in said
    assert "looking for a sensor" not in program.complaints  # that is remembered, too
    settings = msgspec.json.decode(Recording.open(program.file).about.settings, type=Settings)
    assert settings.known_reference is not None
    assert verify(program.file, settings).identical


class InTerminal:
    """``rhomboid record`` in a terminal of its own."""

    def __init__(self, home: Path) -> None:
        self.file = home / "set.mcap"
        self._home = home
        self.terminal = -1

    async def start(self, *how: str) -> None:
        self.terminal, inside = pty.openpty()
        termios.tcsetwinsize(inside, (40, 120))
        places = {"HOME": str(self._home), "XDG_DATA_HOME": str(self._home), "TERM": "xterm-256color"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IN_A_TERMINAL, "record", str(self.file), *how,
            stdin=inside, stdout=inside, stderr=inside, env=os.environ | places, start_new_session=True,
        )  # fmt: skip
        os.close(inside)
        asyncio.get_running_loop().add_reader(self.terminal, self._read)

    def _read(self) -> None:
        try:
            os.read(self.terminal, 1 << 16)
        except OSError:  # nobody is at the other end any more
            asyncio.get_running_loop().remove_reader(self.terminal)

    def hang_up(self) -> None:
        asyncio.get_running_loop().remove_reader(self.terminal)
        os.close(self.terminal)

    def press(self, key: str) -> None:
        os.write(self.terminal, key.encode())

    def shut_down(self) -> None:
        self._process.terminate()

    async def end(self) -> int:
        async with asyncio.timeout(10):
            return await self._process.wait()


# The terminal becomes its own, and that it is closed is not ignored, even where the tests were started with nohup.
IN_A_TERMINAL = """
import fcntl, signal, termios
from rhomboid.cli import main
signal.signal(signal.SIGHUP, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
main()
"""


@pytest.mark.parametrize(("ending", "how"), [("q", []), ("hang up", []), ("shut down", ["--plain"])])
async def test_however_it_is_left_the_sensor_is_released_and_the_recording_whole(
    bluez: FakeBluez, tmp_path: Path, ending: str, how: list[str]
) -> None:
    sensor = RhomboidSensor(bluez)
    program = InTerminal(tmp_path)
    await program.start(*how)
    async with asyncio.timeout(STARTING_S):
        while len(sensor.sent) < 20:
            await asyncio.sleep(0.05)
    if ending == "q":
        program.press("q")
    elif ending == "shut down":
        program.shut_down()
    else:
        program.hang_up()
    assert await program.end() == 0
    assert not sensor.connected
    recording = Recording.open(program.file)
    assert recording.recovered is None
    assert len([n for n in recording.notifications() if n.characteristic == STREAM]) >= 15
    assert not (tmp_path / ".local/state/rhomboid/log/fault.txt").exists()
    if ending != "hang up":
        program.hang_up()
