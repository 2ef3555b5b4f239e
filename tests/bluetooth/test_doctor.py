"""What ``rhomboid doctor`` and ``rhomboid scan`` find out, on the stand-in for BlueZ, in words and as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from rhomboid.link.bleak_radio import BleakRadio
from rhomboid.link.doctor import Checkup, examine
from rhomboid.link.live import Wanted
from tests.bluetooth.fake_bluez import BluezError, FakeBluez
from tests.bluetooth.listener import ADDRESS
from tests.bluetooth.peripherals import RhomboidSensor

FOR_S = 1.0


async def examined() -> Checkup:
    return await examine(BleakRadio(), Wanted(ADDRESS, "rhomboid", "mine"), for_s=FOR_S)


async def test_all_is_well(bluez: FakeBluez) -> None:
    sensor = RhomboidSensor(bluez)
    found = await examined()
    assert (found.bluetooth, found.trouble, found.verdict) == ("works", "", "all is well")
    assert found.achieved_hz == pytest.approx(100.0, rel=0.02)
    assert (found.lost_share, found.refused_packets, found.battery_percent) == (0.0, 0, 83)
    assert found.jitter_ms is not None and found.latest_ms is not None
    assert not sensor.connected


async def test_losses_are_counted(bluez: FakeBluez) -> None:
    sensor = RhomboidSensor(bluez)
    sensor.fault = lambda number, packet: [] if number % 10 == 5 else [packet]
    found = await examined()
    assert found.lost_share == pytest.approx(0.1, abs=0.08)
    assert "bring the sensor nearer" in found.verdict


async def test_a_low_battery_comes_first(bluez: FakeBluez) -> None:
    sensor = RhomboidSensor(bluez)
    sensor.values = {uuid: bytes([7]) for uuid in sensor.values}
    assert (await examined()).verdict == "the battery is at 7 %; charge it"


async def test_what_does_not_speak_is_told(bluez: FakeBluez) -> None:
    sensor = RhomboidSensor(bluez)
    sensor.silent = True
    found = await examined()
    assert found.packets == 0
    assert "no samples came" in found.verdict


async def test_what_cannot_be_connected_is_told_with_what_to_do(bluez: FakeBluez) -> None:
    RhomboidSensor(bluez).connect_error = BluezError("Failed", "connection-limit")
    found = await examined()
    assert "close the maker's app" in found.verdict
    assert "connection-limit" in found.trouble


# --- as a user runs them ----------------------------------------------------------------------------------------------


async def rhomboid(home: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and standard output."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rhomboid", *arguments,
        stdout=asyncio.subprocess.PIPE, env=os.environ | {"HOME": str(home), "XDG_DATA_HOME": str(home)},
    )  # fmt: skip
    told, _ = await asyncio.wait_for(program.communicate(), 30)
    return program.returncode or 0, told.decode()


async def test_scan_tells_what_is_in_the_air_the_best_match_first(bluez: FakeBluez, tmp_path: Path) -> None:
    RhomboidSensor(bluez, address="F0:F1:F2:F3:F4:AA", name="\x1b[31m[bold]WT\x07").advertised = ("1234",)
    RhomboidSensor(bluez)
    status, told = await rhomboid(tmp_path, "scan", "--for", "1")
    assert status == 0
    best, other = told.splitlines()[-2:]
    for told_of_it in (ADDRESS, "rhomboid", " dBm", "95 %", "it offers the service"):
        assert told_of_it in best
    assert "not recognised as a sensor" in other and "[bold]WT" in other
    assert "\x1b" not in told and "\x07" not in told


async def test_scan_as_json(bluez: FakeBluez, tmp_path: Path) -> None:
    RhomboidSensor(bluez)
    status, told = await rhomboid(tmp_path, "scan", "--for", "1", "--json")
    (found,) = json.loads(told)
    assert status == 0
    assert (found["seen"]["address"], found["matches"][0]["family"]) == (ADDRESS, "rhomboid")
    assert found["verdict"].startswith("rhomboid, ")


async def test_the_doctor_as_json_where_bluetooth_is_off(bluez: FakeBluez, tmp_path: Path) -> None:
    bluez.power(False)
    status, told = await rhomboid(tmp_path, "doctor", "--json")
    found = json.loads(told)
    assert status == 1
    assert found["bluetooth"] == "Bluetooth is switched off"
    assert "switch it on" in found["verdict"]
    assert found["version"] and found["system"]
