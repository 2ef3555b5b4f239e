"""Info, control and status of the rhomboid stream: what the driver makes of them, and what it wants written."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Notification
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Decoded, MalformedPacket, Refusal
from rhomboid.sensors.rhomboid_control import Info, Status, command, read_info, read_status
from rhomboid.sensors.rhomboid_stream import CONTROL, INFO, STATUS, STREAM, driver
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write
from rhomboid.simulation.packets.rhomboid_stream import pack_info, pack_status, read_command
from tests.firmware_protocol.packets import infos, statuses
from tests.firmware_protocol.tools import PACKETS, REFUSED


def golden(kind: str) -> list[Any]:
    return [pytest.param(bytes.fromhex(p["hex"]), p["fields"], id=n) for n, p in PACKETS.items() if p["kind"] == kind]


def as_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


# --- golden packets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "fields"), golden("info"))
def test_info_is_read_and_made(data: bytes, fields: dict[str, Any]) -> None:
    info = Info(**as_tuples(fields))
    assert read_info(data) == info
    assert data.startswith(pack_info(info))  # one golden packet goes on with what a later firmware added


@pytest.mark.parametrize(("data", "fields"), golden("status"))
def test_a_status_is_read_and_made(data: bytes, fields: dict[str, Any]) -> None:
    assert read_status(data) == Status(**fields)
    assert pack_status(Status(**fields)) == data


@pytest.mark.parametrize(("data", "fields"), golden("control"))
def test_a_command_is_made_and_read(data: bytes, fields: dict[str, Any]) -> None:
    assert command(*fields.values()) == data
    assert read_command(data) == tuple(fields.values())


@pytest.mark.parametrize("name", [name for name, p in REFUSED.items() if p["characteristic"] == "control"])
def test_a_bad_command_is_refused(name: str) -> None:
    assert isinstance(read_command(bytes.fromhex(REFUSED[name]["hex"])), Refusal)


@pytest.mark.parametrize("name", [name for name, p in REFUSED.items() if p["characteristic"] in ("info", "status")])
def test_a_bad_packet_is_refused(name: str) -> None:
    characteristic = {"info": INFO, "status": STATUS}[REFUSED[name]["characteristic"]]
    (refused,) = told(characteristic, bytes.fromhex(REFUSED[name]["hex"]))
    assert isinstance(refused, MalformedPacket)


# --- what the driver says ---------------------------------------------------------------------------------------------


def told(characteristic: str, data: bytes) -> list[Decoded]:
    return driver().feed(Notification(0, characteristic, data))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("started", Answered(True, "start: done")),
        ("ranges it cannot", Answered(False, "set the ranges: it does not support this value")),
        ("no such command", Answered(False, "command 200: it does not know this command")),
        ("malformed command", Answered(False, "it could not read the command")),
        ("unasked: the IMU has stopped answering", Clue("sensor", "it failed")),
    ],
)
def test_a_status_in_words(name: str, said: Answered | Clue) -> None:
    assert told(STATUS, bytes.fromhex(PACKETS[name]["hex"])) == [said]


def test_a_code_of_a_later_version_is_a_failure() -> None:
    status = read_status(bytes.fromhex(PACKETS["started"]["hex"]))
    assert isinstance(status, Status)
    later = pack_status(msgspec.structs.replace(status, code=77))
    assert told(STATUS, later) == [Answered(False, "start: it refused (code 77)")]


def test_a_button_on_the_sensor_is_heard_of() -> None:
    status = read_status(bytes.fromhex(PACKETS["started"]["hex"]))
    assert isinstance(status, Status)
    for state, words in ((1, "streaming"), (0, "stopped")):
        unasked = pack_status(msgspec.structs.replace(status, command=0, token=0, state=state))
        assert told(STATUS, unasked) == [Clue("sensor", words)]


def test_info_tells_who_it_is() -> None:
    assert told(INFO, bytes.fromhex(PACKETS["info"]["hex"])) == [
        Clue("device", "0011223344556677"),
        Clue("firmware", "squeeze 1.4.2"),
    ]


def test_a_name_that_would_steer_a_terminal_does_not() -> None:
    info = msgspec.structs.replace(OBEDIENT, firmware="a\x1b[2J\nb")
    assert Clue("firmware", "a[2Jb") in told(INFO, pack_info(info))


def test_the_battery_is_read() -> None:
    assert told(BATTERY_LEVEL, b"\x00") == [BatteryLevel(0)]
    assert told(BATTERY_LEVEL, b"\x64") == [BatteryLevel(100)]


# --- what the driver wants written ------------------------------------------------------------------------------------

OBEDIENT = Info(
    most_samples=18, boot_id=1, period_us=38_462, acc_range=0, gyr_range=1, device_id="00" * 8, firmware="",
    commands=(1, 2, 3, 4, 5, 6), acc_ranges=(0, 1, 2, 3), gyr_ranges=(1, 2, 3, 4), periods_us=(38_462, 19_231, 9_615),
)  # fmt: skip


def steps(info: Info | None, rate_hz: float = 100.0) -> tuple[Step, ...]:
    sensor = driver()
    if info is not None:
        sensor.feed(Notification(0, INFO, pack_info(info)))
    return sensor.decoder.start(rate_hz)


def written(asked: tuple[Step, ...]) -> list[tuple[int, int]]:
    """Command and argument of every write."""
    found = []
    for step in asked:
        if isinstance(step, Write):
            assert step.characteristic == CONTROL
            assert step.answer_within_s == 2.0
            order = read_command(step.data)
            assert not isinstance(order, Refusal)
            found.append(order[:2])
    return found


def test_a_sensor_that_has_the_stream_alone_is_only_listened_to() -> None:
    assert steps(None) == (Subscribe(STREAM),)
    assert steps(msgspec.structs.replace(OBEDIENT, commands=())) == (Subscribe(STREAM),)
    sensor = driver().decoder
    assert sensor.stop() == (Unsubscribe(STREAM),)
    asked = sensor.identify()
    assert asked[0] == Read(INFO)
    assert Read(BATTERY_LEVEL) in asked
    assert not any(step.required for step in asked if isinstance(step, Read | Subscribe))


def test_an_obedient_sensor_is_set_up_and_started_when_somebody_listens() -> None:
    asked = steps(OBEDIENT)
    assert asked[0] == Subscribe(STATUS)
    assert asked[-2] == Subscribe(STREAM)
    assert written(asked) == [(3, 9_615), (4, 0x23), (1, 0)]
    assert [step.meaning for step in asked if isinstance(step, Write)] == [
        "set the rate to 104 Hz",
        "set the ranges",
        "start the stream",
    ]


@pytest.mark.parametrize(("rate_hz", "period_us"), [(25.0, None), (50.0, 19_231), (200.0, 9_615), (1.0, None)])
def test_the_nearest_rate_is_asked_for(rate_hz: float, period_us: int | None) -> None:
    """None: it has it already."""
    assert dict(written(steps(OBEDIENT, rate_hz))).get(3) == period_us


def test_what_is_good_already_is_not_set_again() -> None:
    good = msgspec.structs.replace(OBEDIENT, period_us=9_615, acc_range=3, gyr_range=4)
    assert written(steps(good)) == [(1, 0)]


def test_what_cannot_be_set_is_not_asked_for() -> None:
    assert written(steps(msgspec.structs.replace(OBEDIENT, commands=(1, 2)))) == [(1, 0)]
    assert written(steps(msgspec.structs.replace(OBEDIENT, acc_ranges=(0, 1), gyr_ranges=(1,)))) == [
        (3, 9_615),
        (4, 0x11),  # 4 g is the most there is
        (1, 0),
    ]


def test_an_obedient_sensor_is_stopped() -> None:
    sensor = driver()
    sensor.feed(Notification(0, INFO, pack_info(OBEDIENT)))
    asked = sensor.decoder.stop()
    assert written(asked) == [(2, 0)]
    assert asked[1:] == (Unsubscribe(STREAM), Unsubscribe(STATUS))


# --- laws -------------------------------------------------------------------------------------------------------------


@given(infos, st.binary(max_size=9))
def test_info_comes_back(info: Info, added_later: bytes) -> None:
    assert read_info(pack_info(info) + added_later) == info


@given(statuses)
def test_a_status_comes_back(status: Status) -> None:
    assert read_status(pack_status(status)) == status


@given(infos, st.floats(1.0, 1000.0))
def test_nothing_is_asked_for_that_info_does_not_offer(info: Info, rate_hz: float) -> None:
    for number, argument in written(steps(info, rate_hz)):
        assert number in info.commands
        if number == 3:
            assert argument in info.periods_us
        if number == 4:
            acc, gyr = argument >> 4, argument & 15
            assert acc in (*info.acc_ranges, info.acc_range) and gyr in (*info.gyr_ranges, info.gyr_range)


@given(
    st.sampled_from([INFO, STATUS, BATTERY_LEVEL, CONTROL]),
    st.one_of(st.binary(max_size=600), st.binary(max_size=60).map(lambda b: b"\x13" + b), infos.map(pack_info)),
)
def test_no_bytes_do_harm(characteristic: str, data: bytes) -> None:
    sensor = driver()
    pieces = sensor.feed(Notification(0, characteristic, data))
    assert sum(isinstance(piece, MalformedPacket) for piece in pieces) <= 1
    assert sensor.decoder.start(100.0)
