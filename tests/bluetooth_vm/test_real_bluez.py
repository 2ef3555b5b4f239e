"""Our program on the real kernel, the real bluetoothd and simulated sensors, in a virtual machine."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest

from rhomboid.imu import Gap, ImuBlock, LinkChange, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.sensors.witmotion import DATA, MOTION
from tests.bluetooth_vm.conftest import Evidence

WORN, NARROW, BOUGHT = "rhomboid 4", "rhomboid 5", "WT901BLE 6"
SINGLE_BYTES = 20
STOPPING_S = 15.0
"""Five seconds on a computer; the emulated one is slow."""


def heard(guest: Evidence, program: str, characteristic: str) -> list[list[str]]:
    """The packets of samples that were recorded, in hexadecimal, a list for each time the link was there."""
    stretches: list[list[str]] = [[]]
    for item in guest.recording(program).items():
        if isinstance(item, Notification) and item.characteristic == characteristic:
            if characteristic == STREAM or item.data.startswith(MOTION):
                stretches[-1].append(item.data.hex())
        elif isinstance(item, LinkChange) and item.state == "lost":
            stretches.append([])
    return stretches


def none_missing(packets: list[str], guest: Evidence, sensor: str) -> bool:
    """Whether these are packets that the sensor made one after another."""
    made = [data for _, data in guest.sensors[sensor]["packets"]]
    begins = [i for i, data in enumerate(made) if data == packets[0]]
    return any(made[i : i + len(packets)] == packets for i in begins)


def test_what_is_in_the_air_is_found_and_recognised(guest: Evidence) -> None:
    found = {f["seen"]["advertisement"]["name"]: f for f in json.loads(guest.said("scan"))}
    assert found.keys() == {WORN, NARROW, BOUGHT}
    for name, family in ((WORN, "rhomboid"), (NARROW, "rhomboid"), (BOUGHT, "witmotion")):
        assert found[name]["matches"][0]["family"] == family


def test_the_doctor_finds_all_well_with_an_mtu_of_23(guest: Evidence) -> None:
    """Which brings 100 packets a second, of one sample each; none is missing."""
    found = json.loads(guest.said("doctor"))
    assert found["bluetooth"] == "works"
    assert (found["sensor"], found["family"], found["told"]["firmware"]) == (NARROW, "rhomboid", "simulated 1.0")
    assert found["battery_percent"] == 83
    assert found["lost_share"] == 0.0
    assert found["refused_packets"] == 0
    assert found["achieved_hz"] == pytest.approx(100.0, rel=0.01)
    assert found["trouble"] == ""
    made = {len(data) // 2 for characteristic, data in guest.sensors[NARROW]["packets"] if characteristic == STREAM}
    assert max(made) == SINGLE_BYTES
    assert found["packets"] >= 5 * 100


def test_a_minute_at_100_hz_comes_without_loss(guest: Evidence) -> None:
    before, after = heard(guest, "set", STREAM)
    assert none_missing(before, guest, WORN)
    assert none_missing(after, guest, WORN)
    blocks = driver_for("rhomboid").feed(*(Notification(0, STREAM, bytes.fromhex(data)) for data in before))
    assert not [b for b in blocks if isinstance(b, Gap)]
    assert sum(len(b) for b in blocks if isinstance(b, ImuBlock)) >= 60 * 100
    assert "battery 83 %" in guest.said("set")


def test_a_drop_amid_a_set_heals_and_the_set_goes_on_with_the_reps_it_had(guest: Evidence) -> None:
    changes = [i for i in guest.recording("set").items() if isinstance(i, LinkChange)]
    way = ["looking", "connecting", "configuring", "streaming"]
    assert [c.state for c in changes] == [*way, "lost", *way]
    assert [c.reason for c in changes if c.reason] == ["dropped"]
    before, _, after = guest.said("set").partition("the link dropped")
    assert re.search(r"gap of \d+\.\d s: the link dropped", after)
    had, more = ([int(n) for n in re.findall(r"  rep (\d+)", said)] for said in (before, after))
    assert len(had) >= 5
    assert had + more == list(range(1, len(had + more) + 1))
    assert re.findall(r"set \d+ started", before + after) == ["set 1 started"]
    (done,) = re.findall(r"set 1 done: (\d+) reps", after)
    assert abs(int(done) - guest.sensors[WORN]["true_reps"]) <= 1


def test_ctrl_c_stops_the_stream_on_the_sensor_and_leaves_soon(guest: Evidence) -> None:
    run = guest.runs["set"]
    assert run["status"] == 0
    assert run["stopping_s"] < STOPPING_S
    words = [text for _, text in guest.sensors[WORN]["told"]]
    assert words[-2] == "sampling ends"
    assert words[-1].startswith("disconnected: remote_user_terminated")


def test_a_sensor_that_a_killed_program_left_connected_is_found_and_streams(guest: Evidence) -> None:
    assert guest.runs["killed"]["status"] == -signal.SIGKILL
    changes = [i for i in guest.recording("again").items() if isinstance(i, LinkChange)]
    assert [c.state for c in changes] == ["looking", "connecting", "configuring", "streaming"]
    words = [text for _, text in guest.sensors[BOUGHT]["told"]]
    assert sum(text.startswith("disconnected") for text in words) == 1, "the link was kept"


def test_a_sensor_of_another_kind_comes_without_loss(guest: Evidence) -> None:
    (packets,) = heard(guest, "again", DATA)
    assert len(packets) >= 5 * 25
    assert none_missing(packets, guest, BOUGHT)
    assert "battery 75 %" in guest.said("again")


@pytest.mark.parametrize("program", ["set", "again"])
def test_replayed_outside_it_says_the_same(guest: Evidence, program: str) -> None:
    replay = [sys.executable, "-m", "rhomboid", "replay", str(guest.out / f"{program}.mcap"), "--plain", "--speed=max"]
    replayed = subprocess.run(replay, capture_output=True, text=True, check=True)
    assert replayed.stdout.splitlines()[1:] == guest.said(program).splitlines()[1:]
