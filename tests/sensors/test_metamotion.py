"""MetaMotion: the vendor's test vectors, two generations of boards, ranges and rates learnt from answers."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Reading, Refusal
from rhomboid.sensors.metamotion import ACC_RANGE_G, COMMAND, GYR_RANGE_DPS, NOTIFY, MetaWearDecoder
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Subscribe, Unsubscribe, Write

BMI160_INFO, BMI270_INFO = ("03800101", "13800001"), ("03800400", "13800100")


def told(*messages: str) -> MetaWearDecoder:
    """A decoder that has heard these messages."""
    decoder = MetaWearDecoder()
    for message in messages:
        decoder.decode(NOTIFY, bytes.fromhex(message))
    return decoder


def samples(decoder: MetaWearDecoder, message: str) -> np.ndarray:
    (reading,) = decoder.decode(NOTIFY, bytes.fromhex(message))
    assert isinstance(reading, Reading)
    (values,) = (part for part in reading.layout.arrays(reading.payload) if part is not None)
    assert len(values) == reading.n
    return values


@pytest.mark.parametrize(
    ("heard", "message", "expected"),
    [
        (("03832805",), "030416c494a22ad0", [[-1.872, -2.919, -1.495]]),
        (
            ("03832808",),
            "031c62b7530de9fd16d04d0e57028affa1050a01",
            [[-4.539, 0.833, -0.131], [-2.995, 0.894, 0.146], [-0.029, 0.352, 0.065]],
        ),
        (("13832802",), "13053e43ff7f0080", [[262.409, 499.497, -499.512]]),
        ((*BMI270_INFO, "0383a802"), "0305000800f80010" + 12 * "00", [[0.5, -0.5, 1.0], [0, 0, 0], [0, 0, 0]]),
        ((*BMI270_INFO, "0383a803"), "0304000800f80010", [[1.0, -1.0, 2.0]]),
        ((*BMI270_INFO, "13832800"), "1304a4005cff0000", [[10.0, -10.0, 0.0]]),
        ((*BMI270_INFO, "13832804"), "1305" + 3 * "a4005cff0000", [[0.625, -0.625, 0.0]] * 3),
    ],
)
def test_samples_are_read_at_the_range_that_was_read_back(
    heard: tuple[str, ...], message: str, expected: list[list[float]]
) -> None:
    np.testing.assert_allclose(samples(told(*heard), message), expected, atol=6e-4)


def test_without_an_answer_the_ranges_are_those_that_are_written() -> None:
    assert (ACC_RANGE_G, GYR_RANGE_DPS) == (8, 2000)
    assert samples(MetaWearDecoder(), "0304001000f00000").tolist() == [[1.0, -1.0, 0.0]]
    np.testing.assert_allclose(samples(MetaWearDecoder(), "1305a4005cff0000"), [[10.0, -10.0, 0.0]])


def test_the_rate_comes_from_the_configuration() -> None:
    (reading,) = told("03832708").decode(NOTIFY, bytes.fromhex("0304001000f00000"))
    assert isinstance(reading, Reading)
    assert (reading.step_us, reading.last_us) == (20_000.0, None)


def test_what_it_says_about_itself() -> None:
    decoder = MetaWearDecoder()

    def says(message: str) -> tuple[object, ...]:
        return decoder.decode(NOTIFY, bytes.fromhex(message))

    assert says("118c633410") == (BatteryLevel(99),)
    assert says("03800102") == (Answered(True, "its accelerometer is a BMI160"), Clue("accelerometer", "BMI160"))
    assert says("03800400")[1] == Clue("accelerometer", "BMI270")
    assert says("13800100")[1] == Clue("gyroscope", "BMI270")
    assert says("0383a802") == (Answered(True, "100 Hz, +-8 g"),)
    assert says("13832800") == (Answered(True, "100 Hz, +-2000 deg/s"),)
    assert says("0380") == (Answered(False, "it has no accelerometer, or one that is not known"),)
    assert says("03800003") == (Answered(False, "it has no accelerometer, or one that is not known"),)
    assert says("010101") == ()  # the button
    assert decoder.decode(BATTERY_LEVEL, b"\x63") == (BatteryLevel(99),)


# --- steps ------------------------------------------------------------------------------------------------------------


def written(steps: tuple[object, ...]) -> list[str]:
    assert all(s.characteristic == COMMAND for s in steps if isinstance(s, Write))
    return [s.data.hex() for s in steps if isinstance(s, Write)]


OFF = ["030100", "130100", "03020001", "13020001"]


def test_a_board_is_asked_what_it_is() -> None:
    steps = MetaWearDecoder().identify()
    assert Subscribe(NOTIFY) in steps
    assert written(steps) == ["0380", "1380", "11cc"]
    waits = [s.answer_within_s is not None for s in steps if isinstance(s, Write)]
    assert waits == [True, True, False]


def test_a_bmi160_is_stopped_configured_and_started() -> None:
    steps = told(*BMI160_INFO).start(100.0)
    assert written(steps) == [
        *OFF, "031c00", "130700", "0b0100",
        "03032808", "0383", "13032800", "1383",
        "031c01", "03020100", "130701", "13020100",
        "030101", "130101",
    ]  # fmt: skip


def test_a_bmi270_has_its_own_registers_and_always_packs() -> None:
    steps = told(*BMI270_INFO).start(50.0)
    assert written(steps) == [
        *OFF, "030500", "130500", "0b0100",
        "0303a702", "0383", "13032700", "1383",
        "030501", "03020100", "130501", "13020100",
        "030101", "130101",
    ]  # fmt: skip


def test_an_old_board_sends_single_samples_and_a_newer_one_three() -> None:
    assert "030401" in written(told("03800100", "13800000").start(25.0))
    newer = written(told("03800101", "13800001").start(25.0))
    assert "031c01" in newer
    assert "130701" in newer


def test_a_board_without_a_gyroscope_streams_what_it_has() -> None:
    assert not [data for data in written(told("03800101", "1380").start(100.0)) if data.startswith("13")]


def test_stop_leaves_nothing_running() -> None:
    steps = told("03800101", "13800001").stop()
    assert written(steps) == [*OFF, "031c00", "130700", "0b0100"]
    assert steps[-1] == Unsubscribe(NOTIFY)


# --- hostile bytes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "0 bytes"),
        ("03", "1 bytes"),
        ("0304", "2 bytes"),
        ("030400000000000000", "9 bytes"),
        ("031c0000000000", "7 bytes"),
        ("1307" + 19 * "00", "21 bytes"),
        ("038001", "3 bytes"),
        ("0383", "2 bytes"),
        ("03832801", "unknown rate or range"),
        ("03832008", "unknown rate or range"),
        ("13832807", "unknown rate or range"),
        ("118c", "battery"),
        ("118c650000", "battery"),
    ],
)
def test_what_cannot_be_is_refused_in_words(message: str, reason: str) -> None:
    (refused,) = MetaWearDecoder().decode(NOTIFY, bytes.fromhex(message))
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


@given(
    counts=st.lists(st.lists(st.integers(-32768, 32767), min_size=3, max_size=3), min_size=1, max_size=3),
    range_code=st.sampled_from([3, 5, 8, 12]),
    junk=st.lists(st.binary(max_size=24), max_size=5),
)
def test_every_count_comes_back_whatever_was_heard_between(
    counts: list[list[int]], range_code: int, junk: list[bytes]
) -> None:
    counts = counts if len(counts) == 3 else counts[:1]
    register = 0x1C if len(counts) == 3 else 4
    decoder = MetaWearDecoder()
    for data in junk:
        decoder.decode(NOTIFY, data)
    for message in ("03800101", f"038328{range_code:02x}"):
        decoder.decode(NOTIFY, bytes.fromhex(message))
    message = bytes((3, register)) + b"".join(struct.pack("<3h", *row) for row in counts)
    full_scale = {3: 2, 5: 4, 8: 8, 12: 16}[range_code]
    assert (samples(decoder, message.hex()) == np.array(counts) * full_scale / 32768).all()
