"""``rhomboid scan`` in a terminal: a table that is drawn anew in its place as advertisements come, best match first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.bluetooth.fake_bluez import FakeBluez
from tests.bluetooth.peripherals import RhomboidSensor
from tests.bluetooth.terminal import WIDTH, InTerminal

ST_BOARD = "00e00000-0001-11e1-9ab4-0002a5d5c51b"
ANEW = re.compile(r"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)*")
"""Back to the first line of what stood there, which is erased."""
HARMLESS = re.compile(r"\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K")
"""All that may steer the terminal: the cursor hidden and shown again, and what draws anew."""


def tables(shown: str) -> list[list[str]]:
    """One after the other in the same place, each as its lines."""
    drawn = ANEW.split(shown)[1:]
    return [[line.rstrip() for line in HARMLESS.sub("", table).strip().splitlines()] for table in drawn]


@pytest.fixture
def program(tmp_path: Path) -> InTerminal:
    return InTerminal(tmp_path)


async def test_the_table_grows_in_its_place_and_a_better_match_goes_to_its_top(
    bluez: FakeBluez, program: InTerminal
) -> None:
    RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA", name="MetaWear").advertised = ("1234",)
    late = RhomboidSensor(bluez)
    late.advertising, late.battery_percent = False, 62
    await program.start("scan", "--for", "3")
    await program.until(lambda shown: "MetaWear" in str(tables(shown)[:-1]))  # the last is being drawn
    late.advertising = True
    assert await program.end() == 0
    drawn = tables(program.shown)
    before, after = drawn[1], drawn[-1]
    assert before[0].split() == after[0].split() == ["name", "signal", "battery", "sure", "address"]
    assert [line.split()[0] for line in before[2::2]] == ["MetaWear"]
    assert [line.split()[0] for line in after[2::2]] == ["rhomboid", "MetaWear"]
    for told in (" dBm", "62 %", "95 %", late.address):
        assert told in after[2]
    assert after[3].strip().startswith("rhomboid, it offers the service")
    assert after[5].strip() == "metamotion, by its name"
    up = [erasing.count("\x1b[1A") for erasing in ANEW.findall(program.shown)]
    assert up[1:] == [len(table) - 1 for table in drawn[:-1]]
    assert "\x1b[1A" not in ANEW.split(program.shown)[-1], "the last table stays"


async def test_what_is_not_recognised_is_told_with_the_reason_and_a_hostile_name_steers_nothing(
    bluez: FakeBluez, program: InTerminal
) -> None:
    RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA", name="\x1b[2J[bold]WT\x07" + 200 * "M").advertised = ("1234",)
    RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:BB", name="mine").advertised = (ST_BOARD,)
    await program.start("scan", "--for", "1")
    assert await program.end() == 0
    assert "\x1b" not in HARMLESS.sub("", program.shown)
    assert "\x07" not in program.shown
    table = tables(program.shown)[-1]
    _, _, board, *why, hostile, last = table
    assert board.startswith("mine ")
    assert " ".join(line.strip() for line in why).startswith(
        "an ST board with motion sensors, for which there is no driver yet; flash a program that speaks the rhomboid"
    )
    assert hostile.startswith(r"\x1b[2J[bold]WT\x07MMM")
    assert last.strip() == "not recognised as a sensor; if it is one, name its kind with --sensor"
    assert max(map(len, table)) <= WIDTH


async def test_an_empty_room_is_told_with_what_to_do(bluez: FakeBluez, program: InTerminal) -> None:
    await program.start("scan", "--for", "0.5")
    assert await program.end() == 0
    assert tables(program.shown)[-1] == ["nothing is in the air; switch the sensor on and bring it near"]


async def test_as_json_it_is_one_document_in_a_terminal_too(bluez: FakeBluez, program: InTerminal) -> None:
    sensor = RhomboidSensor(bluez, name="\x1b[2Jmine")
    sensor.battery_percent = 62
    await program.start("scan", "--for", "1", "--json")
    assert await program.end() == 0
    assert "\x1b" not in program.shown
    (found,) = json.loads(program.shown)
    assert found["seen"]["advertisement"]["name"] == "\x1b[2Jmine"
    assert found["seen"]["battery_percent"] == 62
