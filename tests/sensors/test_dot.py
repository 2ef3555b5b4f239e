"""Movella DOT: golden packets, round trips through the encoder, settings changed and put back."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.dot import (
    BATTERY,
    CONTROL,
    INFO,
    LONG,
    MEDIUM,
    SETTINGS,
    SHORT,
    START_RATE_QUANTITIES,
    STOP,
    DotDecoder,
    driver,
)
from rhomboid.sensors.driver import BatteryLevel, Clue, MalformedPacket, Reading, Refusal
from rhomboid.sensors.layout import G_M_S2
from rhomboid.sensors.steps import Read, Subscribe, Unsubscribe, Write
from rhomboid.simulation.packets.dot import Encoder

# (characteristic, bytes): mode 6 is a packet of a real device, the others are made by the specification's table
GOLDEN = {
    "mode 6": (SHORT, "d8052244 af964040 6b2aa740 5add14c0 00000000"),
    "mode 21": (MEDIUM, "d8052244 0000003f 0000a0bf 0ae81c41 0000c03f 0000a2c1 0000c842" + 12 * "00"),
    "mode 20": (MEDIUM, "d8052244 0000003f 0000a0bf 0ae81c41 0000c03f 0000a2c1 0000c842 001000f80000" + 6 * "00"),
    "mode 26": (
        LONG,
        "d8052244 0000803f 00000000 00000000 00000000 0000003f 0000a0bf 0ae81c41 0000c03f 0000a2c1 0000c842"
        + 19 * "00",
    ),
}


def golden(name: str) -> tuple[str, bytes]:
    characteristic, data = GOLDEN[name]
    return characteristic, bytes.fromhex(data)


def settings(rate_hz: int = 60, tag: bytes = b"back") -> bytes:
    """Device control as read: nothing to apply, power options and time-outs set, a name, rate, filter profile 1."""
    return bytes((0, 0, 1, 10, 0, 30, 0, len(tag))) + tag.ljust(16, b"\0") + struct.pack("<HB5x", rate_hz, 1)


def sample(device_us: int, *values: float) -> bytes:
    return struct.pack("<I6f12x", device_us, *(values or (0, 0, G_M_S2, 0, 0, 0)))


@pytest.mark.parametrize("name", ["mode 20", "mode 21", "mode 26"])
def test_golden_packets_of_the_raw_modes_are_read(name: str) -> None:
    (reading,) = DotDecoder().decode(*golden(name))
    assert isinstance(reading, Reading)
    assert (reading.n, reading.last_us) == (1, 1143080408)
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is not None and gyr_dps is not None
    np.testing.assert_allclose(acc_g * G_M_S2, [[0.5, -1.25, 9.80665]], rtol=1e-6)
    assert gyr_dps.tolist() == [[1.5, -20.25, 100.0]]


def test_the_packet_of_a_real_device_is_read_and_said_to_lack_gravity() -> None:
    decoder = DotDecoder()
    clue, reading = decoder.decode(*golden("mode 6"))
    assert isinstance(clue, Clue) and "gravity" in clue.value
    assert isinstance(reading, Reading)
    assert reading.last_us == 1143080408
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    assert acc_g is not None and gyr_dps is None
    np.testing.assert_allclose(acc_g * G_M_S2, [[3.009197, 5.223928, -2.3260102]], rtol=1e-6)
    assert len(decoder.decode(*golden("mode 6"))) == 1  # said once


def test_what_it_says_about_itself() -> None:
    decoder = DotDecoder()
    info = bytes(6) + bytes((2, 3, 1)) + bytes(19) + b"XS-T01"
    assert decoder.decode(INFO, info) == (Clue("firmware", "2.3.1"), Clue("model", "XS-T01"))
    assert decoder.decode(BATTERY, bytes((87, 1))) == (BatteryLevel(87, True),)
    assert decoder.decode(SETTINGS, settings(30)) == (Clue("output rate", "30 Hz"),)
    (reading,) = decoder.decode(*golden("mode 21"))
    assert isinstance(reading, Reading)
    assert reading.step_us == pytest.approx(33_333.3, abs=0.1)


# --- steps ------------------------------------------------------------------------------------------------------------


def test_notifications_are_on_before_the_start_is_written() -> None:
    decoder = DotDecoder()
    assert Read(SETTINGS) in decoder.identify()
    decoder.decode(SETTINGS, settings(60))
    steps = decoder.start(60.0)
    assert [s.data for s in steps if isinstance(s, Write)] == [STOP, START_RATE_QUANTITIES]
    assert steps[-2] == Subscribe(MEDIUM)
    assert (STOP.hex(), START_RATE_QUANTITIES.hex()) == ("010000", "010115")
    stop = decoder.stop()
    assert stop[-1] == Unsubscribe(MEDIUM)
    assert [s.data for s in stop if isinstance(s, Write)] == [STOP]


def test_only_the_rate_is_changed_and_the_one_found_is_put_back() -> None:
    decoder = DotDecoder()
    decoder.decode(SETTINGS, settings(60))
    written = [s for s in decoder.start(30.0) if isinstance(s, Write) and s.characteristic == SETTINGS]
    assert [w.data for w in written] == [b"\x10" + settings(30)[1:]]
    decoder.decode(SETTINGS, settings(30))  # read back
    decoder.link_lost()
    decoder.decode(SETTINGS, settings(30))  # read again by the next identify
    assert [s.data for s in decoder.start(30.0) if isinstance(s, Write)] == [STOP, START_RATE_QUANTITIES]
    put_back = decoder.stop()[-1]
    assert isinstance(put_back, Write)
    assert (put_back.characteristic, put_back.data) == (SETTINGS, b"\x10" + settings(60)[1:])


def test_settings_that_could_not_be_read_are_left_alone() -> None:
    assert {s.characteristic for s in DotDecoder().start(30.0)} == {CONTROL, MEDIUM}
    assert {s.characteristic for s in DotDecoder().stop()} == {CONTROL, MEDIUM}


# --- round trip, loss, duplicates -------------------------------------------------------------------------------------


@given(
    rows=st.lists(st.lists(st.floats(-1, 1, width=32), min_size=6, max_size=6), min_size=1, max_size=30),
    boot_seed=st.integers(0, 2**40),
    rate_hz=st.sampled_from([30.0, 60.0]),
)
def test_what_is_encoded_comes_back(rows: list[list[float]], boot_seed: int, rate_hz: float) -> None:
    true = np.array(rows) * ([16.0] * 3 + [2000.0] * 3)
    encoder, sensor = Encoder(rate_hz, boot_seed), driver()
    packets = [*encoder.opening(), *encoder.packets(0, true[:, :3], true[:, 3:], (len(rows) - 1) / rate_hz)]
    pieces = [p for i, (c, data) in enumerate(packets) for p in sensor.feed(Notification(i * 16_667_000, c, data))]
    assert pieces[:2] == [Clue("output rate", f"{rate_hz:.0f} Hz"), BatteryLevel(87, False)]
    blocks = [p for p in pieces if isinstance(p, ImuBlock)]
    assert sum(map(len, blocks)) == len(rows)
    np.testing.assert_allclose(np.concatenate([b.acc_g for b in blocks]), true[:, :3], atol=1e-5)
    np.testing.assert_allclose(np.concatenate([b.gyr_dps for b in blocks]), true[:, 3:], atol=1e-3)  # type: ignore[misc]


def test_the_encoder_pads_its_packets_as_the_device_does() -> None:
    ((characteristic, data),) = Encoder(60.0, 0).packets(0, np.array([[0.0, 0.0, 1.0]]), np.zeros((1, 3)), 0.5)
    assert characteristic == MEDIUM
    assert data == sample(500_000)


def stream(*device_us: int) -> list[ImuBlock | Gap]:
    sensor = driver()
    fed = [sensor.feed(Notification(us * 1000, MEDIUM, sample(us % 2**32))) for us in device_us]
    return [p for pieces in fed for p in pieces if isinstance(p, ImuBlock | Gap)]


def test_lost_packets_are_a_gap_and_repeated_ones_nothing() -> None:
    times = [16_667 * i for i in (0, 1, 2, 2, 1, 9, 10)]
    pieces = stream(*times)
    assert [type(p) for p in pieces] == [ImuBlock, ImuBlock, ImuBlock, Gap, ImuBlock, ImuBlock]
    gap = pieces[3]
    assert isinstance(gap, Gap)
    assert gap.end_s - gap.start_s == pytest.approx(7 * 0.016667, abs=1e-3)


def test_the_clock_wraps_unseen() -> None:
    pieces = stream(*(2**32 - 50_000 + 16_667 * i for i in range(8)))
    assert all(isinstance(p, ImuBlock) for p in pieces)
    t_s = np.concatenate([p.t_s for p in pieces if isinstance(p, ImuBlock)])
    np.testing.assert_allclose(np.diff(t_s), 0.016667, atol=1e-3)


# --- hostile bytes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("characteristic", "data", "reason"),
    [
        (MEDIUM, b"", "0 bytes"),
        (MEDIUM, sample(0)[:27], "27 bytes"),
        (MEDIUM, sample(0) + b"\0", "41 bytes"),
        (LONG, bytes(43), "43 bytes"),
        (SHORT, bytes(21), "21 bytes"),
        (MEDIUM, sample(0, 0, 0, float("nan"), 0, 0, 0), "cannot be"),
        (MEDIUM, sample(0, 0, 0, 0, 0, float("-inf"), 0), "cannot be"),
        (MEDIUM, sample(0, 1e30, 0, 0, 0, 0, 0), "cannot be"),
        (SETTINGS, settings(0), "output rate of 0"),
        (SETTINGS, bytes(31), "31 bytes"),
        (BATTERY, bytes((101, 0)), "battery"),
        (BATTERY, bytes((50, 7)), "battery"),
    ],
)
def test_what_cannot_be_is_refused_in_words(characteristic: str, data: bytes, reason: str) -> None:
    (refused,) = DotDecoder().decode(characteristic, data)
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


def test_the_stream_goes_on_after_a_bad_packet() -> None:
    sensor = driver_for("dot")
    packets = [sample(0), sample(16_667, 1e9, 0, 0, 0, 0, 0), sample(33_334), sample(50_001)]
    pieces = [p for i, data in enumerate(packets) for p in sensor.feed(Notification(i * 16_667_000, MEDIUM, data))]
    assert sum(isinstance(p, MalformedPacket) for p in pieces) == 1
    assert sum(isinstance(p, ImuBlock) for p in pieces) == 3
