"""Movesense: captured messages, messages in parts, answers of old and new firmware, hostile bytes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Gap, ImuBlock
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Decoded, MalformedPacket, Reading
from rhomboid.sensors.layout import G_M_S2
from rhomboid.sensors.movesense import COMMAND, DATA, IMU6_REF, MovesenseDecoder, driver
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Read, Subscribe, Unsubscribe, Write
from rhomboid.simulation.packets.movesense import Encoder
from tests.sensors.feeding import (
    blocks,
    kinds,
    no_harm,
    notifications,
    raises_nothing_on_other_characteristics,
    same_samples,
    times,
)

# Captured at 52 Hz; the first two bytes (data, reference 99) were put before the captured message.
ACC_52 = (
    "0263 03de0100 55ab8bbf69f78d4081dd0a41 2b1387bf975a8d4020840b41 e79190bf076d8e401bf10a41 2b1387bf316e8d40b9660b41"
)
MAGN_13 = "0263 aca10200 de9cfe41708636c2a5026cc1"
IMU9_52 = (
    "0263 aca10200 94b578bf399b8840cdb20d41 55ff7cbf6a60884092c70c41 82627cbfa2e988405da00c41 8bf871bf71248940c38c0c41"
    "48e17abf713daabf3333b3be c3f568bf713daabf3e0ad7be ae4721bff628bcbf3e0ad7be ae4721bf3333b3bf3e0ad7be"
    "de9cfe41708636c2a5026cc1 0a4a0a42750733c293a355c1 9bc8fd411b8938c287f75fc1 7cfef541ff742fc2475774c1"
)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


def message(n: int, first_ms: int = 1000, *, arrays: int = 2, reference: int = IMU6_REF, x: float = 0.0) -> list[bytes]:
    """The parts of a message whose acceleration is (x, 0, 1 g), made here without the encoder."""
    vectors = [(x, 0.0, G_M_S2)] * n + [(1.0, 2.0, 3.0)] * n * (arrays - 1)
    whole = struct.pack("<I", first_ms) + b"".join(struct.pack("<3f", *v) for v in vectors)
    return [bytes((2 + i // 150, reference)) + whole[i : i + 150] for i in range(0, len(whole), 150)]


def fed(*data: bytes) -> list[Decoded]:
    return driver().feed(*notifications([(DATA, d) for d in data]))


# --- golden packets ---------------------------------------------------------------------------------------------------


def test_a_captured_accelerometer_message() -> None:
    (block,) = blocks(fed(raw(ACC_52)))
    assert block.gyr_dps is None
    assert (block.acc_g * G_M_S2).tolist() == [
        pytest.approx(row, abs=1e-6)
        for row in (
            [-1.091166, 4.436451, 8.679078],
            [-1.055272, 4.417308, 8.719757],
            [-1.129453, 4.450809, 8.683864],
            [-1.055272, 4.419701, 8.712579],
        )
    ]


def test_a_captured_message_of_all_nine_axes() -> None:
    (block,) = blocks(fed(raw(IMU9_52)))
    assert (block.acc_g * G_M_S2)[3].tolist() == pytest.approx([-0.945199, 4.285698, 8.784366], abs=1e-6)
    assert block.gyr_dps is not None
    assert block.gyr_dps.tolist() == [
        pytest.approx(row, abs=1e-6)
        for row in ([-0.98, -1.33, -0.35], [-0.91, -1.33, -0.42], [-0.63, -1.47, -0.42], [-0.63, -1.4, -0.42])
    ]
    assert np.linalg.norm(block.acc_g, axis=1) == pytest.approx(1.0, abs=0.02)


def test_the_same_samples_as_acceleration_and_angular_velocity_only() -> None:
    """As IMU6 they would be the first two arrays of the same message."""
    (nine,), (six,) = blocks(fed(raw(IMU9_52))), blocks(fed(raw(IMU9_52)[: 2 + 4 + 8 * 12]))
    assert six.acc_g.tolist() == nine.acc_g.tolist()
    assert six.gyr_dps is not None and nine.gyr_dps is not None
    assert six.gyr_dps.tolist() == nine.gyr_dps.tolist()


def test_a_lone_array_of_foreign_reference_that_feels_no_gravity_is_angular_velocity() -> None:
    (reading,) = MovesenseDecoder().decode(DATA, raw(IMU9_52)[:6] + raw(IMU9_52)[54:102])
    assert isinstance(reading, Reading)
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is None and gyr_dps is not None
    assert gyr_dps[0].tolist() == pytest.approx([-0.98, -1.33, -0.35], abs=1e-6)


def test_a_lone_field_is_refused_not_taken_for_motion() -> None:
    assert kinds(fed(raw(MAGN_13))) == [MalformedPacket]


@pytest.mark.parametrize(("reference", "arrays"), [("6", 2), ("9", 3), ("A", 1), ("G", 1)])
def test_our_references_say_what_a_message_is(reference: str, arrays: int) -> None:
    """12 vectors could be many things: the reference tells, not the length."""
    pieces = [
        p for part in message(2, arrays=arrays, reference=ord(reference)) for p in MovesenseDecoder().decode(DATA, part)
    ]
    (reading,) = pieces
    assert isinstance(reading, Reading)
    assert reading.n == 2
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert (acc_g is None, gyr_dps is None) == (reference == "G", reference == "A")
    assert acc_g is None or acc_g.tolist() == [pytest.approx([0.0, 0.0, 1.0])] * 2


# --- parts, loss, time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "parts"), [(1, 1), (2, 1), (4, 1), (8, 2), (16, 3)])
def test_a_message_comes_in_as_many_parts_as_it_needs(n: int, parts: int) -> None:
    assert len(message(n)) == parts
    (block,) = blocks(fed(*message(n)))
    assert block.acc_g.tolist() == [pytest.approx([0.0, 0.0, 1.0])] * n
    assert block.gyr_dps is not None
    assert block.gyr_dps.tolist() == [[1.0, 2.0, 3.0]] * n


def test_a_lost_second_part_is_told_and_the_next_message_is_whole() -> None:
    """Of the seventh message the second part is lost, and the three after it wholly."""
    parts = {i: message(8, 1000 + round(i * 8000 / 104)) for i in (*range(6), 10)}
    packets = [(DATA, part) for i in range(6) for part in parts[i]]
    sensor = driver()
    before = sensor.feed(*notifications(packets, every_s=4 / 104))
    assert set(kinds(before)) == {ImuBlock}
    later = [(DATA, part) for part in (message(8, 1462)[0], *parts[10])]
    pieces = sensor.feed(*notifications([*packets, *[(BATTERY_LEVEL, b"")] * 8, *later], every_s=4 / 104)[-3:])
    assert kinds(pieces) == [MalformedPacket, Gap, ImuBlock]
    gap = pieces[1]
    assert isinstance(gap, Gap)
    assert gap.start_s == times(before)[-1]
    assert gap.end_s - gap.start_s == pytest.approx(33 / 104, abs=0.1)
    assert len(times(pieces)) == 8


@pytest.mark.parametrize("stray", [message(8)[1], message(8, reference=99)[1], message(16)[2]])
def test_a_part_without_its_first_is_refused(stray: bytes) -> None:
    assert kinds(fed(stray)) == [MalformedPacket]
    assert kinds(fed(message(8)[0], bytes((3, 99)) + stray[2:], *message(8))) == [MalformedPacket, ImuBlock]


def test_time_is_that_of_the_sensor_from_the_first_sample_on() -> None:
    parts = [part for i in range(50) for part in message(4, round(5000 + i * 4000 / 52))]
    t_s = times(fed(*parts))
    assert t_s == pytest.approx(np.arange(200) / 52, abs=2e-3)


def test_the_clock_wraps_unseen() -> None:
    start = 2**32 - 1000
    parts = [part for i in range(50) for part in message(4, round(start + i * 4000 / 52) % 2**32)]
    pieces = fed(*parts)
    assert set(kinds(pieces)) == {ImuBlock}
    assert times(pieces) == pytest.approx(np.arange(200) / 52, abs=2e-3)


def test_a_message_that_comes_twice_is_dropped() -> None:
    (first,), (second,) = message(4, 1000), message(4, 1077)
    assert len(times(fed(first, second, second, first))) == 8


def test_what_was_half_received_is_forgotten_with_the_link() -> None:
    sensor = driver()
    sensor.feed(*notifications([(DATA, message(8)[0])]))
    sensor.link_lost()
    assert kinds(sensor.feed(*notifications([(DATA, part) for part in message(8)]))) == [ImuBlock]


# --- commands and answers ---------------------------------------------------------------------------------------------


def test_it_is_asked_and_subscribed_with_the_documented_bytes() -> None:
    decoder = MovesenseDecoder()
    subscribe, hello, energy, *reads = decoder.identify()
    assert subscribe == Subscribe(DATA)
    assert isinstance(hello, Write) and isinstance(energy, Write)
    assert (hello.characteristic, hello.data, hello.required) == (COMMAND, b"\x00H", False)
    assert (energy.data, energy.required) == (b"\x04E/System/Energy/Level\0", False)
    assert Read(BATTERY_LEVEL) in reads
    (start,) = decoder.start(52.0)
    assert isinstance(start, Write)
    assert start.data == b"\x016/Meas/IMU6/52\0"
    assert start.with_response and start.answer_within_s
    end, unsubscribe = decoder.stop()
    assert isinstance(end, Write)
    assert end.data == b"\x026"
    assert unsubscribe == Unsubscribe(DATA)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("0101 48656c6c6f", [Answered(True, "hello")]),
        ("0163 01fb", [Answered(False, "no subscription slot is free (507)")]),
        ("0136 c800", [Answered(True, "done")]),
        ("0136 9401", [Answered(False, "no such resource (404)")]),
        ("0136 f701", [Answered(False, "busy (503)")]),
        ("0145 c800 57", [Answered(True, "done"), BatteryLevel(87)]),
        ("0145 f501", [Answered(False, "not implemented (501)")]),
    ],
)
def test_answers_are_understood(answer: str, said: list[Decoded]) -> None:
    assert fed(raw(answer)) == said


def test_new_firmware_says_who_it_is() -> None:
    names = b"220330000123\0Movesense MD\0" + b"0C8CDC000001\0Default\0" + b"2.3.1\0"
    assert fed(b"\x01H\x01" + names) == [
        Answered(True, "hello"),
        Clue("serial", "220330000123"),
        Clue("model", "Movesense MD"),
        Clue("firmware", "Default 2.3.1"),
    ]


def test_what_a_terminal_would_obey_is_not_passed_on() -> None:
    clues = [p for p in fed(b"\x01H\x01\x1b[2J\x07evil\0") if isinstance(p, Clue)]
    assert clues == [Clue("serial", "[2Jevil")]


def test_data_is_an_answer_to_a_subscription_once() -> None:
    """Old firmware sends no other."""
    sensor = driver()
    sensor.decoder.start(52.0)
    (first,), (second,) = message(4, 1000), message(4, 1077)
    packets = notifications([(DATA, first), (DATA, second)])
    assert kinds(sensor.feed(*packets)) == [Answered, ImuBlock]


def test_the_battery_is_read() -> None:
    assert driver().feed(*notifications([(BATTERY_LEVEL, b"\x40")])) == [BatteryLevel(64)]


# --- encoder, hostile bytes -------------------------------------------------------------------------------------------


@given(st.sampled_from([13.0, 26.0, 52.0, 104.0, 208.0]), st.data())
def test_what_the_encoder_sends_is_what_the_driver_reads(rate_hz: float, draw: st.DataObject) -> None:
    encoder = Encoder(rate_hz, 7)
    n = encoder.samples_a_packet
    rows = draw.draw(st.lists(st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6), min_size=n, max_size=n))
    scaled = np.array(rows)
    acc_g, gyr_dps = scaled[:, :3] * 8.0, scaled[:, 3:] * 2000.0
    pieces = driver().feed(*notifications([*encoder.opening(), *encoder.packets(0, acc_g, gyr_dps, 0.5)]))
    same_samples(pieces, acc_g, gyr_dps, acc_atol=1e-6, gyr_atol=1e-3)


def test_the_encoder_sends_whole_messages_only() -> None:
    """As a sensor does: one that is switched off keeps the last samples to itself."""
    encoder = Encoder(104.0, 2**48 - 1)
    seven, eight = (encoder.packets(0, np.zeros((n, 3)), np.zeros((n, 3)), 0.1) for n in (7, 8))
    assert (len(seven), len(eight)) == (0, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02",
        b"\x02\x36",
        b"\x02\x36" + bytes(5),
        message(4)[0][:-1],
        message(4)[0] + b"\0",
        message(3)[0],
        message(4, x=float("nan"))[0],
        message(4, x=float("inf"))[0],
        message(4, x=1e30)[0],
        b"\x05\x36" + bytes(100),
        b"\x01\x36\x00",
    ],
)
def test_a_bad_message_is_refused_and_the_next_one_is_taken(data: bytes) -> None:
    assert kinds(fed(data, *message(4))) == [MalformedPacket, ImuBlock]


_hostile = st.one_of(
    st.binary(max_size=600),
    st.tuples(st.integers(0, 5), st.sampled_from(b"6GAHE\x63"), st.binary(max_size=200)).map(
        lambda m: bytes(m[:2]) + m[2]
    ),
    st.tuples(st.integers(2, 4), st.binary(min_size=150, max_size=150)).map(lambda m: bytes((m[0], IMU6_REF)) + m[1]),
    st.tuples(st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 2**32 - 1)).map(lambda m: message(*m)[-1]),
)


@given(st.lists(st.tuples(st.sampled_from([DATA, COMMAND, BATTERY_LEVEL]), _hostile), max_size=40))
def test_no_bytes_do_harm(packets: list[tuple[str, bytes]]) -> None:
    no_harm(driver, packets, (DATA, message(4)[0]))


def test_other_characteristics_are_none_of_its_business() -> None:
    raises_nothing_on_other_characteristics(driver, (DATA, message(4)[0]))


def test_the_driver_is_found_by_its_family() -> None:
    assert driver_for("movesense").family == "movesense"
