"""WitMotion: captured packets, the three lengths of a frame, frames in pieces, registers, commands, hostile bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import BatteryLevel, Clue, Decoded, MalformedPacket, Reading
from rhomboid.sensors.steps import Subscribe, Unsubscribe, Write
from rhomboid.sensors.witmotion import CLOCKED, COMMAND, DATA, PLAIN, WitMotionDecoder, driver
from rhomboid.simulation.packets.witmotion import Encoder
from tests.sensors.feeding import (
    acc,
    blocks,
    kinds,
    no_harm,
    notifications,
    raises_nothing_on_other_characteristics,
    same_samples,
    times,
)

# A real WT901BLE5.0: four frames in one notification.
FOUR_FRAMES = bytes.fromhex(
    "5561fcffefff110800000000000098ff0d00f831 5561fdffecff0e0800000000000098ff0d00f831"
    "5561fdffecff0e0800000000000098ff0d00f831 5561feffe9ff0f0800000000000098ff0d00f831"
)
ONE_FRAME = FOUR_FRAMES[:PLAIN]
# A real WTVB01 answers a register read in the layout that all share; and its vibration frame, as documented.
REGISTERS_3A = bytes.fromhex("55713a00110007001200e900f300390084092c01")
VIBRATION = bytes.fromhex("5561110016000200020000000100e60a430047000a0025002500250000000000")


def clocked(ms: int, *, acc_z: int = 2048, hour: int = 14) -> bytes:
    """A WTSDCL frame of 21 November 2026, ``ms`` after ``hour``:00."""
    values = np.array([0x6155, 0, 0, acc_z, 0, 0, 0, 0, 0, 0], "<u2").tobytes()
    stamp = bytes((26, 11, 21, hour, ms // 60_000, ms // 1000 % 60)) + (ms % 1000).to_bytes(2, "little")
    return values + stamp


def fed(*data: bytes, every_s: float = 0.01) -> list[Decoded]:
    return driver().feed(*notifications([(DATA, d) for d in data], every_s))


def samples(pieces: list[Decoded]) -> int:
    return sum(len(block) for block in blocks(pieces))


# --- golden packets ---------------------------------------------------------------------------------------------------


def test_four_captured_frames_are_read_at_once() -> None:
    (block,) = blocks(fed(FOUR_FRAMES))
    assert block.acc_g.tolist() == [
        pytest.approx(row, abs=1e-6)
        for row in (
            [-0.001953, -0.008301, 1.008301],
            [-0.001465, -0.009766, 1.006836],
            [-0.001465, -0.009766, 1.006836],
            [-0.000977, -0.01123, 1.007324],
        )
    ]
    assert block.gyr_dps is not None
    assert not block.gyr_dps.any()


def test_one_frame_alone_is_enough() -> None:
    assert acc(fed(ONE_FRAME)).tolist() == [pytest.approx([-4 / 2048, -17 / 2048, 2065 / 2048])]


def test_a_frame_with_a_clock_alone_is_enough() -> None:
    (reading,) = WitMotionDecoder().decode(DATA, clocked(1250))
    assert isinstance(reading, Reading)
    days = 26 * 365 + 7 + 31 + 28 + 31 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 20  # since 2000-01-01
    assert reading.last_us == (days * 86400 + 14 * 3600) * 1e6 + 1_250_000
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is not None and gyr_dps is not None
    assert acc_g.tolist() == [[0.0, 0.0, 1.0]]
    assert gyr_dps.tolist() == [[0.0, 0.0, 0.0]]


def test_full_scale() -> None:
    frame = np.array([0x6155, 32767, -32768, 0, -32768, 0, 32767, 0, 0, 0], np.int32).astype("<u2").tobytes()
    (block,) = blocks(fed(frame))
    assert block.acc_g[0] == pytest.approx([16 - 16 / 32768, -16.0, 0.0])
    assert block.gyr_dps is not None
    assert block.gyr_dps[0] == pytest.approx([-2000.0, 0.0, 2000 - 2000 / 32768])


def test_the_vibration_meter_is_refused_by_name() -> None:
    (refused,) = fed(VIBRATION)
    assert isinstance(refused, MalformedPacket)
    assert "vibration meter (WTVB01)" in refused.reason


# --- how long is a frame? ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 7])
@pytest.mark.parametrize("length", [PLAIN, CLOCKED])
def test_a_bundle_is_divided_by_its_headers(length: int, count: int) -> None:
    """140 bytes are seven short frames or five long ones."""
    frames = [ONE_FRAME if length == PLAIN else clocked(10 * i) for i in range(count)]
    assert samples(fed(b"".join(frames))) == count


@pytest.mark.parametrize("cut", [1, 7, 8, 13, 19, 20, 23, 27, 50])
@pytest.mark.parametrize("length", [PLAIN, CLOCKED])
def test_frames_cut_anywhere_are_put_together(length: int, cut: int) -> None:
    n = 40
    stream = b"".join(ONE_FRAME if length == PLAIN else clocked(10 * i) for i in range(n))
    pieces = fed(*(stream[i : i + cut] for i in range(0, len(stream), cut)))
    assert samples(pieces) >= n - 3
    assert (np.diff(times(pieces)) > 0).all()
    assert np.allclose(acc(pieces), acc(pieces)[-1])


def test_a_long_frame_in_two_notifications_is_known_by_the_distance_of_its_headers() -> None:
    """With an MTU of 23: the first pieces look like short frames, with the right samples; then the clock is read."""
    decoder = WitMotionDecoder()
    halves = [half for i in range(10) for half in (clocked(10 * i)[:20], clocked(10 * i)[20:])]
    readings = [p for half in halves for p in decoder.decode(DATA, half) if isinstance(p, Reading)]
    assert len(readings) == 10
    assert [r.last_us is None for r in readings] == [True] * 3 + [False] * 7


def test_a_header_inside_the_data_is_not_taken_for_one() -> None:
    """The z axis reads 0x6155, which is 12.2 g: in every frame; and in the one in whose middle the stream begins."""
    looks_so = bytes.fromhex("5561 0000 0000 5561 0000 0000 0000 0000 0000 0000".replace(" ", ""))
    whole = fed(*[looks_so] * 10, looks_so * 3)
    assert samples(whole) == 13
    assert np.allclose(acc(whole), [0.0, 0.0, 0x6155 / 2048])

    stream = looks_so[3:] + ONE_FRAME * 20
    pieces = fed(*(stream[i : i + 17] for i in range(0, len(stream), 17)))
    assert samples(pieces) >= 18
    assert np.allclose(acc(pieces), acc(fed(ONE_FRAME)))


def test_bytes_that_are_no_frame_are_refused_and_the_next_frame_is_taken() -> None:
    pieces = fed(FOUR_FRAMES, ONE_FRAME[:-1] + b"\x00\x07", b"\x01\x02\x03", ONE_FRAME)
    assert kinds(pieces) == [ImuBlock, MalformedPacket, MalformedPacket, ImuBlock]


def test_half_a_frame_does_not_spoil_the_next_one() -> None:
    pieces = fed(FOUR_FRAMES, ONE_FRAME[:10], ONE_FRAME, ONE_FRAME)
    assert kinds(pieces) == [ImuBlock, MalformedPacket, ImuBlock]
    assert samples(pieces) == 6


def test_what_was_half_received_is_forgotten_with_the_link() -> None:
    sensor = driver()
    sensor.feed(Notification(0, DATA, FOUR_FRAMES + ONE_FRAME[:10]))
    sensor.link_lost()
    pieces = sensor.feed(Notification(10**9, DATA, ONE_FRAME[10:] + ONE_FRAME))
    assert MalformedPacket in kinds(pieces)
    assert samples(pieces) == 1


def test_a_wrong_belief_about_the_length_is_given_up() -> None:
    """Vibration frames first, then an ordinary sensor's."""
    pieces = fed(*[VIBRATION] * 5, *[ONE_FRAME] * 6)
    assert samples(pieces) >= 2
    assert kinds(fed(*[ONE_FRAME] * 5, *[VIBRATION] * 6))[-1] is MalformedPacket


# --- the clock of the WTSDCL ------------------------------------------------------------------------------------------


def test_frames_with_a_clock_are_at_its_times() -> None:
    pieces = fed(*(clocked(10 * i) for i in range(50)))
    assert times(pieces) == pytest.approx(np.arange(50) * 0.01, abs=2e-3)


def test_after_a_drop_the_set_back_clock_and_what_is_sent_again_are_discarded() -> None:
    """One frame says the full hour, then a stretch comes again byte for byte, then the stream goes on."""
    before = [clocked(600_000 + 10 * i) for i in range(60)]
    pieces = fed(*before, clocked(0, acc_z=0), *before[20:], *(clocked(600_600 + 10 * i) for i in range(40)))
    assert samples(pieces) == 100
    assert (acc(pieces)[:, 2] == 1.0).all()
    assert (np.diff(times(pieces)) > 0).all()


@pytest.mark.parametrize(
    "stamp", ["1a0d15 0c0000 0000", "1a0b00 0c0000 0000", "1a0b15 180000 0000", "1a0b15 0c0000 e803"]
)
def test_a_clock_that_cannot_be_is_refused(stamp: str) -> None:
    (refused,) = fed(clocked(0)[:PLAIN] + bytes.fromhex(stamp.replace(" ", "")))
    assert isinstance(refused, MalformedPacket)
    assert "clock" in refused.reason


# --- registers and commands -------------------------------------------------------------------------------------------


def registers(first: int, *values: int) -> bytes:
    filled = [*values, *[0] * (8 - len(values))]
    return b"\x55\x71" + first.to_bytes(2, "little") + np.array(filled, np.int32).astype("<u2").tobytes()


def test_a_captured_register_answer_tells_the_temperature() -> None:
    assert fed(REGISTERS_3A) == [Clue("temperature", "24.36 °C")]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (registers(0x64, 400), [BatteryLevel(100)]),
        (registers(0x64, 378), [BatteryLevel(40)]),
        (registers(0x64, 339), [BatteryLevel(0)]),
        (registers(0x64, 0), []),
        (registers(0x40, 2512), [Clue("temperature", "25.12 °C")]),
        (registers(0x51, 32767, 0, -16384, 0), [Clue("quaternion", "1.0000 0.0000 -0.5000 0.0000")]),
        (registers(0x2E, 5431, 0), [Clue("firmware", "5431")]),
        (registers(0x2E, 0x4305, 0x8001), [Clue("firmware", "5.3.5")]),
        (registers(0x03, 8), [Clue("rate", "50 Hz")]),
        (registers(0x3D, 1, 2, 3), [Clue("temperature", "0.00 °C")]),
    ],
)
def test_registers_say_what_they_mean(answer: bytes, told: list[Decoded]) -> None:
    assert fed(answer) == told


def test_an_answer_may_share_a_notification_with_frames() -> None:
    assert kinds(fed(ONE_FRAME + ONE_FRAME + registers(0x64, 400) + ONE_FRAME)) == [ImuBlock, BatteryLevel, ImuBlock]


def test_it_is_asked_and_set_with_the_documented_bytes() -> None:
    decoder = WitMotionDecoder()
    subscribe, *asks = decoder.identify()
    assert subscribe == Subscribe(DATA)
    assert [step.data.hex() for step in asks if isinstance(step, Write)] == ["ffaa272e00", "ffaa276400", "ffaa270300"]
    started = [step for step in decoder.start(100.0) if isinstance(step, Write)]
    assert [(step.characteristic, step.data.hex()) for step in started] == [
        (COMMAND, "ffaa6988b5"),
        (COMMAND, "ffaa030900"),
    ]
    assert all(step.pause_s >= 0.1 for step in started)
    assert decoder.stop() == (Unsubscribe(DATA),)


def test_the_rate_that_was_found_is_put_back() -> None:
    decoder = WitMotionDecoder()
    decoder.decode(DATA, registers(0x03, 6))
    decoder.start(50.0)
    decoder.decode(DATA, registers(0x03, 8))  # asked again after a lost link: this is ours
    written = [step.data.hex() for step in decoder.stop() if isinstance(step, Write)]
    assert written == ["ffaa6988b5", "ffaa030600"]


@pytest.mark.parametrize(("rate_hz", "data"), [(10.0, "06"), (50.0, "08"), (200.0, "0b")])
def test_every_rate_has_its_code(rate_hz: float, data: str) -> None:
    assert WitMotionDecoder().start(rate_hz)[-1].data == bytes.fromhex(f"ffaa03{data}00")  # type: ignore[union-attr]


# --- encoder, hostile bytes -------------------------------------------------------------------------------------------

_values = st.lists(st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6), min_size=1, max_size=30)


@given(_values)
def test_what_the_encoder_sends_is_what_the_driver_reads(rows: list[list[float]]) -> None:
    scaled = np.array(rows)
    acc_g, gyr_dps = scaled[:, :3] * 15.9, scaled[:, 3:] * 1999.0
    pieces = driver().feed(*notifications(Encoder(100.0, 1).packets(0, acc_g, gyr_dps, 0.3)))
    same_samples(pieces, acc_g, gyr_dps, acc_atol=16 / 32768, gyr_atol=2000 / 32768)


_hostile = st.one_of(
    st.binary(max_size=600),
    st.builds(lambda head, body: head + body, st.sampled_from([b"\x55\x61", b"\x55\x71"]), st.binary(max_size=90)),
    st.integers(0, 32).map(lambda n: VIBRATION[:n]),
    st.integers(0, 1000).map(lambda i: clocked(i)),
    st.integers(1, 4).map(lambda n: ONE_FRAME * n),
)


@given(st.lists(st.tuples(st.sampled_from([DATA, COMMAND]), _hostile), max_size=40))
def test_no_bytes_do_harm(packets: list[tuple[str, bytes]]) -> None:
    no_harm(driver, packets, (DATA, FOUR_FRAMES * 2))


def test_other_characteristics_are_none_of_its_business() -> None:
    raises_nothing_on_other_characteristics(driver, (DATA, ONE_FRAME))


def test_the_driver_is_found_by_its_family() -> None:
    assert driver_for("witmotion").family == "witmotion"
