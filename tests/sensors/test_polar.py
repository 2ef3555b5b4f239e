"""Polar: the vendor's vectors, compression against a slow and plain one, the control point, hostile bytes."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, MalformedPacket, Reading, Refusal
from rhomboid.sensors.polar import ACC, CONTROL, DATA, GYRO, HEADER, PolarDecoder, driver
from rhomboid.sensors.polar_delta import MOST_SAMPLES, unpack
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write
from rhomboid.simulation.packets.polar import Encoder, compressed
from tests.sensors.feeding import Packet, acc, kinds, notifications, raises_nothing_on_other_characteristics, times

# --- the vendor's vectors ---------------------------------------------------------------------------------------------

RAW = (
    "02 0094357700000000 01 f7ffffffe703 f8fffeffe503 f9ffffffe503 faffffffe603 fafffeffe603 f9ffffffe503 f8ffffffe603"
    "f8fffeffe603 faffffffe503 faffffffe703 faffffffe503 f8ffffffe603 f7ffffffe603 f8fffeffe603 f9fffeffe703"
    "f9ff0000e603 f9ffffffe603 f7fffeffe503 f9ffffffe503 f9ffffffe503 faff0000e603 f9fffeffe603 f8ffffffe603"
    "f8ffffffe503 f9ffffffe603 f9ffffffe503 faffffffe603 f9ffffffe503 f9ffffffe503 f8fffeffe603 f9ffffffe603"
    "f9ffffffe603 f9ff0000e503 f9fffeffe603 f8fffeffe603 f7fffeffe603"
)
ACC_80 = (
    "02 0094357700000000 80 7107f06a9e8d 0a38"
    "be5cbeba2f96b3ee4be5adfb42b9ebbe4cfeba2f92bfee4be4b1fb12b9ecbd3c3ebb2f8fd3de"
    "4be3b5f7d2b8edbd307e7b2f8be3ce8be2baf7a2b8eebc20be7b2f88f3cecbe1bdef52f8efbc18fe3b2f8403bfcbe0c2ef32b8f0bb044ebc2e81"
    "13af0be0c6eff2f7f1b9fc7dbc2e7d279f4bdfcaebc2f7f2b8eccd7c2e7b378f4bdecee392f7f3b8e00dfd2d774b7fcbddd2df6237f5b7d44dbd"
    "2d745b6fcbdcd7d73237f6b5c88d7d2d716b4f4bdcdcd3f236f7b4bcddfd2c6f7b3f4bdbe0cfd236f8b2b02dbe2c6c8f1fcbdae3c7a276f9"
)
ACC_81 = "02 6500000000000000 81 f1ff1400f003 0601 7b0f08"
GYRO_80 = "05 ffffffffffffff7f 80 eaff08000d00 0301 df00"
GYRO_81 = "05 0094357700000000 81 0000803f 00002041 0000a041 1c01 0000a001000008cdccec0d"
GYRO_SETTINGS = "0001340001011000 0204f500f401e803d007 040103"
H10_SETTINGS = "0004190032006400c8000101100002030200040008 00"
H10_FEATURES = "0f05" + 15 * "00"
SENSE_FEATURES = "0f6e02" + 14 * "00"


def raw(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


def read(text: str, *answers: str) -> tuple[Reading, Array | None, Array | None]:
    decoder = PolarDecoder()
    for answer in answers:
        decoder.decode(CONTROL, raw(answer))
    (reading,) = decoder.decode(DATA, raw(text))
    assert isinstance(reading, Reading)
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert reading.n == len(acc_g if acc_g is not None else gyr_dps if gyr_dps is not None else ())
    return reading, acc_g, gyr_dps


def test_raw_acceleration() -> None:
    reading, acc_g, gyr_dps = read(RAW)
    assert gyr_dps is None and acc_g is not None
    assert (reading.n, reading.last_us) == (36, 2e6)
    assert acc_g[0] * 1000 == pytest.approx([-9, -1, 999])
    assert acc_g[-1] * 1000 == pytest.approx([-9, -2, 998])


def test_raw_acceleration_of_one_and_of_three_bytes() -> None:
    head = "02 0094357700000000"
    _, one, _ = read(head + "00 ff017f")
    _, three, _ = read(head + "02 ffffff 010000 00ff7f")
    assert one is not None and three is not None
    assert one[0] * 1000 == pytest.approx([-1, 1, 127])
    assert three[0] * 1000 == pytest.approx([-1, 1, 0x7FFF00])


def test_compressed_acceleration_in_g() -> None:
    """Without the answer that tells the factor it is taken to be that of 8 g."""
    reading, acc_g, _ = read(ACC_80)
    assert acc_g is not None
    assert (reading.n, reading.last_us) == (57, 2e6)
    assert acc_g[0] == pytest.approx(np.array([1905, 27376, -29282]) * 2.44e-4)
    assert acc_g[1] == pytest.approx(np.array([1905 + 190, 27376 - 105, -29282 - 85]) * 2.44e-4)
    assert np.abs(acc_g).max() < 8.0


def test_compressed_acceleration_in_mg() -> None:
    reading, acc_g, _ = read(ACC_81)
    assert acc_g is not None
    assert reading.last_us == pytest.approx(0.101)
    assert (acc_g * 1000).tolist() == [pytest.approx([-15, 20, 1008]), pytest.approx([-20, 17, 1008])]


def test_compressed_angular_velocity() -> None:
    _, acc_g, gyr_dps = read(GYRO_80)
    assert acc_g is None and gyr_dps is not None
    assert gyr_dps.tolist() == [[-22, 8, 13], [-23, 11, 16]]


def test_compressed_angular_velocity_as_floats() -> None:
    """The differences are those of the bit patterns: 0x3F800000 + 0x01A00000, and so on."""
    _, _, gyr_dps = read(GYRO_81)
    assert gyr_dps is not None
    patterns = (0x3F800000 + 0x01A00000, 0x41200000 + 0x00800000, 0x41A00000 - 0x02133333)
    assert gyr_dps.tolist() == [[1.0, 10.0, 20.0], list(struct.unpack("<3f", struct.pack("<3I", *patterns)))]
    assert gyr_dps[1] == pytest.approx([10.0, 20.0, 1.1])


@pytest.mark.parametrize(("factor", "frame"), [(0.5, GYRO_81), (0.07, GYRO_80)])
def test_the_answer_to_a_start_tells_the_factor(factor: float, frame: str) -> None:
    _, _, plain = read(frame)
    _, _, scaled = read(frame, "f00205000005 01" + struct.pack("<f", factor).hex())
    assert plain is not None and scaled is not None
    assert scaled == pytest.approx(plain * factor)


def test_the_factor_of_one_stream_does_not_touch_the_other_nor_raw_frames() -> None:
    answer = "f00202000005 01" + struct.pack("<f", 0.244).hex()
    for text, factor in ((GYRO_80, 1.0), (RAW, 1.0), (ACC_81, 0.244)):
        (plain,) = (values for values in read(text)[1:] if values is not None)
        (scaled,) = (values for values in read(text, answer)[1:] if values is not None)
        assert scaled == pytest.approx(plain * factor)


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), 0.0, -1.0, 1e9])
def test_a_factor_that_cannot_be_is_not_believed(factor: float) -> None:
    _, acc_g, _ = read(ACC_81, "f00202000005 01" + struct.pack("<f", factor).hex())
    assert acc_g is not None
    assert acc_g[0, 2] == pytest.approx(1.008)


# --- compression ------------------------------------------------------------------------------------------------------


def plainly_unpacked(content: bytes, reference_bits: int) -> list[list[int]]:
    """Bit by bit, as the specification says it."""
    size = reference_bits // 8
    samples = [[int.from_bytes(content[i * size : (i + 1) * size], "little", signed=True) for i in range(3)]]
    at = 3 * size
    while at < len(content):
        width, count = content[at], content[at + 1]
        at += 2
        bits = [content[at + i // 8] >> i % 8 & 1 for i in range(width * count * 3)]
        for k in range(count):
            delta = []
            for channel in range(3):
                of_value = bits[(3 * k + channel) * width : (3 * k + channel + 1) * width]
                value = sum(bit << i for i, bit in enumerate(of_value))
                delta.append(value - (1 << width) if of_value and of_value[-1] else value)
            samples.append([a + d for a, d in zip(samples[-1], delta, strict=True)])
        at += (width * count * 3 + 7) // 8
    return samples


@st.composite
def contents(draw: st.DrawFn, reference_bits: int) -> bytes:
    content = draw(st.binary(min_size=3 * reference_bits // 8, max_size=3 * reference_bits // 8))
    for width, count in draw(st.lists(st.tuples(st.integers(0, 32), st.integers(0, 9)), max_size=6)):
        size = (3 * width * count + 7) // 8
        content += bytes((width, count)) + draw(st.binary(min_size=size, max_size=size))
    return content


@pytest.mark.parametrize("reference_bits", [16, 32])
@given(data=st.data())
def test_it_unpacks_as_bit_by_bit(reference_bits: int, data: st.DataObject) -> None:
    content = data.draw(contents(reference_bits))
    assert unpack(content, reference_bits).tolist() == plainly_unpacked(content, reference_bits)


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 3), min_size=1, max_size=60))
def test_what_is_compressed_is_unpacked(samples: list[tuple[int, int, int]]) -> None:
    counts = np.array(samples, np.int16)
    assert unpack(compressed(counts), 16).tolist() == counts.tolist()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("f1ff1400f0", "no whole first sample"),
        ("f1ff1400f003 06", "cut short"),
        ("f1ff1400f003 0601 7b0f", "longer than its frame"),
        ("f1ff1400f003 06ff 7b0f08", "longer than its frame"),
        ("f1ff1400f003 2101" + 13 * "00", "33 bits"),
        ("f1ff1400f003" + 5 * "00ff", "1276 samples"),
    ],
)
def test_a_frame_that_lies_is_refused_in_words(content: str, reason: str) -> None:
    decoder = PolarDecoder()
    head = HEADER.pack(ACC, 0, 0x81)
    (refused,) = decoder.decode(DATA, head + raw(content))
    assert isinstance(refused, Refusal)
    assert reason in refused.reason
    assert isinstance(decoder.decode(DATA, raw(ACC_81))[0], Reading)


def test_most_samples_of_a_frame() -> None:
    blocks_of = [255] * (MOST_SAMPLES // 255) + [MOST_SAMPLES % 255 - 1]
    assert len(unpack(bytes(6) + b"".join(bytes((0, n)) for n in blocks_of), 16)) == MOST_SAMPLES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        raw(RAW)[:10],
        raw(RAW)[:-1],
        HEADER.pack(ACC, 0, 0x82) + bytes(20),
        HEADER.pack(GYRO, 0, 0x01) + bytes(6),
        HEADER.pack(ACC, 0, 0x81) + raw("ff7f00000000 0201 010000"),  # 32767 + 1
        HEADER.pack(GYRO, 0, 0x81) + struct.pack("<3f", 1.0, float("nan"), 1.0),
        HEADER.pack(GYRO, 0, 0x81) + struct.pack("<3f", 1.0, float("inf"), 1.0),
        HEADER.pack(GYRO, 0, 0x81) + struct.pack("<3f", 1.0, 1e30, 1.0),
    ],
)
def test_what_cannot_be_a_frame_is_refused(data: bytes) -> None:
    (refused,) = PolarDecoder().decode(DATA, data)
    assert isinstance(refused, Refusal)


@pytest.mark.parametrize("kind", [0, 1, 3, 6, 9])
def test_other_measurements_are_passed_over(kind: int) -> None:
    assert PolarDecoder().decode(DATA, bytes((kind,)) + bytes(30)) == ()


# --- the control point ------------------------------------------------------------------------------------------------


def told(*answers: str) -> PolarDecoder:
    decoder = PolarDecoder()
    for answer in answers:
        decoder.decode(CONTROL, raw(answer))
    return decoder


def written(steps: tuple[Step, ...]) -> list[str]:
    assert all(step.characteristic == CONTROL for step in steps if isinstance(step, Write))
    return [step.data.hex(" ") for step in steps if isinstance(step, Write)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("f001020000ffffff", Answered(True, "settings of acceleration: done")),
        ("f001060700", Answered(False, "settings of measurement 6: wrong resolution")),
        ("f002020a00", Answered(False, "start of acceleration: the MTU is too small")),
        ("f0020506 00", Answered(True, "start of angular velocity: already so")),
        ("f00209ee00", Answered(False, "start of SDK mode: status 238")),
        ("f0030200", Answered(True, "stop of acceleration: done")),
        (H10_FEATURES, Clue("streams", "acceleration")),
        (SENSE_FEATURES, Clue("streams", "acceleration and angular velocity")),
        ("0f01" + 15 * "00", Clue("streams", "none that tells motion")),
    ],
)
def test_the_control_point_is_understood(answer: str, said: Answered | Clue) -> None:
    assert PolarDecoder().decode(CONTROL, raw(answer)) == (said,)


def test_control_and_data_are_listened_to_before_anything_is_asked() -> None:
    steps = PolarDecoder().identify()
    assert steps[:3] == (Subscribe(CONTROL), Subscribe(DATA), Read(CONTROL, required=True))
    assert written(steps) == ["01 02", "01 05"]
    assert Read(BATTERY_LEVEL) in steps


@pytest.mark.parametrize("answers", [(H10_FEATURES, "f001020000" + H10_SETTINGS), (H10_FEATURES,)])
def test_an_h10_is_started_as_a_real_one_was(answers: tuple[str, ...]) -> None:
    decoder = told(*answers)
    steps = decoder.start(200.0)
    assert written(steps) == ["03 02", "02 02 02 01 08 00 00 01 c8 00 01 01 10 00"]
    assert all(isinstance(step, Write) and step.answer_within_s for step in steps)
    (reading,) = decoder.decode(DATA, raw(RAW))
    assert isinstance(reading, Reading)
    assert reading.step_us == 5000.0
    assert written(told(*answers).start(52.0))[-1] == "02 02 02 01 08 00 00 01 32 00 01 01 10 00"


def test_a_verity_sense_sends_both_streams() -> None:
    decoder = told(SENSE_FEATURES, "f001050000" + GYRO_SETTINGS)
    assert written(decoder.start(52.0)) == [
        "03 02",
        "03 05",
        "02 05 02 01 d0 07 00 01 34 00 01 01 10 00 04 01 03",
        "02 02 02 01 08 00 00 01 34 00 01 01 10 00 04 01 03",
    ]
    assert written(decoder.stop()) == ["03 02", "03 05"]
    assert decoder.stop()[-2:] == (Unsubscribe(DATA), Unsubscribe(CONTROL))


def test_a_higher_rate_wants_sdk_mode_and_leaves_it_again() -> None:
    decoder = told(SENSE_FEATURES)
    on = written(decoder.start(104.0))
    assert on[2] == "02 09"
    assert on[3:] == [
        "02 05 02 01 d0 07 00 01 68 00 01 01 10 00 04 01 03",
        "02 02 02 01 08 00 00 01 68 00 01 01 10 00 04 01 03",
    ]
    assert written(decoder.stop()) == ["03 02", "03 05", "03 09"]


def test_without_sdk_mode_the_nearest_rate_is_taken() -> None:
    assert "00 01 34 00" in written(told("0f6e00" + 14 * "00").start(104.0))[-1]


# --- through the driver -----------------------------------------------------------------------------------------------


def h10_frame(i: int, *, n: int = 36, hz: float = 100.0, z_mg: int = 1000) -> Packet:
    last_ns = 600_000_000 * 10**9 + round((i * n + n - 1) / hz * 1e9)
    return DATA, HEADER.pack(ACC, last_ns, 0x01) + np.tile(np.array([0, 0, z_mg], "<i2"), n).tobytes()


def h10_frames(*which: int) -> list[Packet]:
    return [h10_frame(i) for i in which]


def test_an_h10_gives_acceleration_only() -> None:
    sensor = driver()
    told_first = sensor.feed(*notifications([(CONTROL, raw(H10_FEATURES))]))
    assert kinds(told_first) == [Clue]
    sensor.decoder.start(100.0)
    pieces = sensor.feed(*notifications(h10_frames(0, 1, 2), every_s=0.36))
    assert {type(p) for p in pieces} == {ImuBlock}
    assert all(p.gyr_dps is None for p in pieces if isinstance(p, ImuBlock))
    assert acc(pieces) == pytest.approx(np.tile([0.0, 0.0, 1.0], (108, 1)))


def test_a_recording_that_begins_after_the_start_is_an_h10s_all_the_same() -> None:
    pieces = driver().feed(*notifications(h10_frames(0, 1), every_s=0.36))
    assert len(times(pieces)) == 72


def test_the_timeline_begins_with_the_acceleration_whatever_the_gyroscope_said() -> None:
    """Here: a time in the far future, and then that it cannot be started."""
    refused = (CONTROL, raw("f0 02 05 03 00"))
    pieces = driver().feed(*notifications([(DATA, raw(GYRO_80)), refused, *h10_frames(0, 1)], every_s=0.36))
    assert times(pieces)[0] == 0.0
    assert len(times(pieces)) == 72


def test_a_lost_frame_is_a_gap() -> None:
    sensor = driver()
    sensor.decoder.start(50.0)
    pieces = sensor.feed(*notifications(h10_frames(0, 1, 2, 6, 7), every_s=0.36))
    (gap,) = [p for p in pieces if isinstance(p, Gap)]
    assert gap.end_s - gap.start_s == pytest.approx(3 * 0.36, abs=0.4)


def test_frames_that_come_twice_or_late_are_dropped() -> None:
    pieces = driver().feed(*notifications(h10_frames(0, 1, 1, 0, 2), every_s=0.36))
    assert len(times(pieces)) == 108
    assert (np.diff(times(pieces)) > 0).all()


def test_after_the_link_dropped_the_stream_goes_on() -> None:
    sensor = driver()
    sensor.feed(*notifications(h10_frames(0, 1)))
    sensor.link_lost()
    assert ImuBlock in kinds(sensor.feed(*notifications(h10_frames(10, 11))))


# --- encoder, hostile bytes -------------------------------------------------------------------------------------------


@given(st.sampled_from([26.0, 52.0]), st.data())
def test_what_the_encoder_sends_is_what_the_decoder_reads(rate_hz: float, draw: st.DataObject) -> None:
    encoder, decoder = Encoder(rate_hz, 12345), PolarDecoder()
    for characteristic, data in encoder.opening():
        said = decoder.decode(characteristic, data)
        assert all(isinstance(p, Clue) or (isinstance(p, Answered) and p.accepted) for p in said)
    assert decoder.has_gyro
    n = encoder.samples_a_packet
    seed = draw.draw(st.integers(0, 2**32 - 1))
    scaled = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, 6))
    acc_g, gyr_dps = scaled[:, :3] * 7.9, scaled[:, 3:] * 1999.0
    packets = encoder.packets(0, acc_g, gyr_dps, 3.0)
    assert max(len(data) for _, data in packets) <= 229
    readings = [p for packet in packets for p in decoder.decode(*packet) if isinstance(p, Reading)]
    (got_acc, none), (nothing, got_gyr) = (r.layout.arrays(r.payload) for r in readings)
    assert none is None and nothing is None
    assert got_acc == pytest.approx(acc_g, abs=8 / 32768)
    assert got_gyr == pytest.approx(gyr_dps, abs=2000 / 32768)
    assert [r.last_us for r in readings] == [((19 * 365 + 5) * 86400 + 3.0) * 1e6 + 12.345] * 2


_hostile_frames = st.one_of(
    st.binary(max_size=600),
    st.tuples(
        st.sampled_from([ACC, GYRO]),
        st.integers(0, 2**64 - 1),
        st.sampled_from([0x00, 0x01, 0x02, 0x80, 0x81, 0x82]),
        st.binary(max_size=300),
    ).map(lambda f: HEADER.pack(*f[:3]) + f[3]),
    contents(16).map(lambda c: HEADER.pack(ACC, 1, 0x80) + c),
    contents(32).map(lambda c: HEADER.pack(GYRO, 1, 0x81) + c),
)
_hostile = st.one_of(
    st.tuples(st.just(DATA), _hostile_frames),
    st.tuples(st.just(CONTROL), st.binary(max_size=600)),
    st.tuples(
        st.just(CONTROL),
        st.tuples(st.integers(0, 9), st.sampled_from([2, 5, 9]), st.integers(0, 15), st.binary(max_size=60)).map(
            lambda a: bytes((0xF0, *a[:3], 0)) + a[3]
        ),
    ),
)


@given(st.lists(_hostile, max_size=30))
def test_no_bytes_do_harm(packets: list[Packet]) -> None:
    """No exception, finite samples as many as are told; commands can be made from whatever was answered."""
    decoder = PolarDecoder()
    for packet in packets:
        said = decoder.decode(*packet)
        assert sum(isinstance(p, Refusal) for p in said) <= 1
        for reading in (p for p in said if isinstance(p, Reading)):
            arrays = [a for a in reading.layout.arrays(reading.payload) if a is not None]
            assert [len(a) for a in arrays] == [reading.n]
            assert np.isfinite(arrays[0]).all()
    for step in (*decoder.start(52.0), *decoder.start(208.0), *decoder.stop()):
        assert not isinstance(step, Write) or len(step.data) < 40
    assert isinstance(decoder.decode(DATA, raw(ACC_81))[0], Reading)


@given(st.lists(st.one_of(st.integers(0, 40), st.binary(max_size=60)), max_size=40))
def test_a_stream_with_hostile_bytes_in_it_has_time_that_rises(mixed: list[int | bytes]) -> None:
    sensor = driver()
    packets = [h10_frame(p) if isinstance(p, int) else (DATA, HEADER.pack(ACC, 0, 0x01)[:1] + p) for p in mixed]
    sensor.feed(*notifications(h10_frames(0)))
    pieces = [p for n in notifications(packets) for p in sensor.feed(n)]
    assert (np.diff(times(pieces)) > 0).all()
    assert all(b.count > a.count for a, b in pairwise(p for p in pieces if isinstance(p, MalformedPacket)))


def test_the_battery_is_read() -> None:
    assert PolarDecoder().decode(BATTERY_LEVEL, b"\x40") == (BatteryLevel(64),)


def test_other_characteristics_are_none_of_its_business() -> None:
    raises_nothing_on_other_characteristics(driver, h10_frame(0))


def test_the_driver_is_found_by_its_family() -> None:
    assert driver_for("polar").family == "polar"
