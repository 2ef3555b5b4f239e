"""Which sensor a live command takes: asked for where several could be meant, named, remembered; and at which rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhomboid.recording.reader import Recording
from tests.bluetooth.fake_bluez import FakeBluez
from tests.bluetooth.listener import ADDRESS
from tests.bluetooth.peripherals import RhomboidSensor
from tests.bluetooth.terminal import InTerminal

NEIGHBOURS = "F0:F1:F2:F3:F4:AA"


def streaming(shown: str) -> bool:
    return "the sensor is streaming" in shown


async def recorded(program: InTerminal, *how: str, answer: str = "") -> str:
    """What it showed until it streamed; ``answer`` is typed where it asks."""
    await program.start("record", *how, "--plain")
    if answer:
        await program.until(lambda shown: "which one" in shown)
        program.press(answer)
    await program.until(streaming)
    program.press_ctrl_c()
    assert await program.end() == 0
    return program.shown


async def test_of_two_of_one_kind_it_asks_which_and_takes_that_one_from_then_on(
    bluez: FakeBluez, tmp_path: Path
) -> None:
    mine, neighbours = RhomboidSensor(bluez), RhomboidSensor(bluez, address=NEIGHBOURS, name="\x1b[2Jtheirs")
    first, second = (str(tmp_path / f"{name}.mcap") for name in ("first", "second"))
    shown = await recorded(InTerminal(tmp_path), first, answer="7\n1\n")
    offered = [line for line in shown.splitlines() if line.startswith(("1  ", "2  "))]
    assert (len(offered), shown.count("which one (1 to 2)")) == (2, 2)
    assert "\x1b[2J" not in shown
    chosen, other = (mine, neighbours) if ADDRESS in offered[0] else (neighbours, mine)
    shown = await recorded(InTerminal(tmp_path), second)
    assert "which one" not in shown
    assert (chosen.connections, other.connections) == (2, 0)


async def test_what_is_not_recognised_is_used_once_its_kind_is_named(bluez: FakeBluez, tmp_path: Path) -> None:
    sensor = RhomboidSensor(bluez, name="home made")
    sensor.advertised = ("1234",)
    nobody = InTerminal(tmp_path)
    await nobody.start("record", str(tmp_path / "set.mcap"), "--plain", "--device", "home made")
    assert await nobody.end() == 1
    assert "'home made' is not recognised as a sensor; if it is one, name its kind with --sensor" in nobody.shown
    file = tmp_path / "set.mcap"
    await recorded(InTerminal(tmp_path), str(file), "--device", "Home Made", "--sensor", "rhomboid")
    assert Recording.open(file).about.family == "rhomboid"


@pytest.mark.parametrize(("rate", "status"), [("37", 2), ("100", 0)])
async def test_a_rate_that_its_kind_does_not_have_is_refused_with_those_it_has(
    bluez: FakeBluez, tmp_path: Path, rate: str, status: int
) -> None:
    sensor = RhomboidSensor(bluez)
    program = InTerminal(tmp_path)
    await program.start("record", str(tmp_path / "set.mcap"), "--plain", "--rate", rate)
    if status == 0:
        await program.until(streaming)
        program.press_ctrl_c()
    assert await program.end() == status
    assert ("use one of 25, 50, 100, 200" in program.shown) == (status == 2)
    assert sensor.connections == (status == 0)
