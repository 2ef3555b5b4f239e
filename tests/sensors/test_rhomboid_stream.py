"""The rhomboid stream: golden packets, round trips, and everything a radio or an enemy may do to it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.errors import UsageError
from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import Decoded, Driver, MalformedPacket
from rhomboid.sensors.rhomboid_clock import MISFITS_BEFORE_RESTART
from rhomboid.sensors.rhomboid_control import ACC_G_PER_COUNT, GYR_DPS_PER_COUNT
from rhomboid.sensors.rhomboid_stream import (
    BATCH,
    CONTROL,
    HEADER,
    OVERFLOW,
    SINGLE,
    STREAM,
    driver,
)
from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single
from tests.firmware_protocol.tools import PACKETS

PERIOD_US = 10_000


def batch(
    first: int,
    n: int = 5,
    *,
    seq: int | None = None,
    start_us: int = 0,
    boot_id: int = 7,
    counts: np.ndarray | None = None,
    flags: int = 0,
    host_s: float | None = None,
) -> Notification:
    """Samples ``first`` to ``first + n - 1`` of a 100 Hz stream whose sample 0 was at ``start_us``."""
    data = pack(
        np.full((n, 6), first % 1000, np.int16) if counts is None else counts,
        seq=first // n if seq is None else seq,
        index=first,
        device_us=start_us + (first + n - 1) * PERIOD_US,
        boot_id=boot_id,
        period_us=PERIOD_US,
        acc_range=2,
        gyr_range=4,
        flags=flags,
    )
    return Notification(int((first * 0.01 if host_s is None else host_s) * 1e9), STREAM, data)


def fed(*notifications: Notification) -> list[Decoded]:
    sensor = driver()
    return [piece for n in notifications for piece in sensor.feed(n)]


def times(pieces: list[Decoded]) -> Array:
    return np.concatenate([p.t_s for p in pieces if isinstance(p, ImuBlock)])


def kinds(pieces: list[Decoded]) -> list[type]:
    return [type(p) for p in pieces]


# --- golden packets ---------------------------------------------------------------------------------------------------

GOLDEN = {name: bytes.fromhex(packet["hex"]) for name, packet in PACKETS.items()}


def test_golden_packets_are_read() -> None:
    (block,) = fed(Notification(0, STREAM, GOLDEN["two samples"]))
    assert isinstance(block, ImuBlock)
    assert block.t_s.tolist() == pytest.approx([0.0, 0.009615])
    assert block.acc_g.tolist() == [[1 / 4096, -1 / 4096, 1.0], [2 / 4096, -2 / 4096, 4095 / 4096]]
    assert block.gyr_dps is not None
    assert block.gyr_dps[0].tolist() == pytest.approx([0.0, 1999.939, -2000.0], abs=1e-3)
    assert block.acc_g.flags.c_contiguous and block.gyr_dps.flags.c_contiguous

    header, single = (Notification(0, STREAM, GOLDEN[k]) for k in ("header only", "single"))
    (alone,) = fed(header, single)
    assert isinstance(alone, ImuBlock)
    assert alone.acc_g.tolist() == block.acc_g[:1].tolist()
    assert alone.t_s.tolist() == [0.0]


# --- round trip -------------------------------------------------------------------------------------------------------


@given(
    counts=st.lists(st.lists(st.integers(-32768, 32767), min_size=6, max_size=6), min_size=1, max_size=60),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    acc_range=st.sampled_from(sorted(ACC_G_PER_COUNT)),
    gyr_range=st.sampled_from(sorted(GYR_DPS_PER_COUNT)),
    start=st.integers(0, 2**32 - 1),
    start_us=st.integers(0, 2**32 - 1),
    period_us=st.integers(1000, 65535),
)
def test_what_is_packed_comes_back(
    counts: list[list[int]], sizes: list[int], acc_range: int, gyr_range: int, start: int, start_us: int, period_us: int
) -> None:
    rows = np.array(counts, np.int16)
    sensor, blocks, done, seq = driver(), [], 0, 65534
    while done < len(rows):
        part = rows[done : done + sizes[seq % len(sizes)]]
        data = pack(
            part, seq=seq, index=start + done, device_us=start_us + (done + len(part) - 1) * period_us, boot_id=1,
            period_us=period_us, acc_range=acc_range, gyr_range=gyr_range,
        )  # fmt: skip
        blocks += sensor.feed(Notification(0, STREAM, data))
        done, seq = done + len(part), seq + 1
    assert kinds(blocks) == [ImuBlock] * len(blocks)
    np.testing.assert_allclose(times(blocks), np.arange(len(rows)) * period_us * 1e-6, atol=1e-9)
    got = np.concatenate([np.hstack((b.acc_g, b.gyr_dps)) for b in blocks])
    scale = np.repeat([ACC_G_PER_COUNT[acc_range], GYR_DPS_PER_COUNT[gyr_range]], 3)
    assert (got == rows * scale).all()


def test_single_samples_tell_the_same_as_batches() -> None:
    rows = np.arange(70_000 * 6).astype(np.int16).reshape(-1, 6)[::700]
    # Every 700th sample arrives: the 16-bit index wraps, and each gap is as long as what is missing.
    sensor, pieces = driver(), []
    for i, row in enumerate(rows):
        index, device_us = i * 700, i * 700 * PERIOD_US
        header = pack(
            rows[:0], seq=2 * i, index=index, device_us=device_us - PERIOD_US, boot_id=1, period_us=PERIOD_US,
            acc_range=2, gyr_range=4,
        )  # fmt: skip
        for data in (header, pack_single(row, seq=2 * i + 1, index=index, device_us=device_us)):
            pieces += sensor.feed(Notification(device_us * 1000, STREAM, data))
    assert kinds(pieces) == [ImuBlock] + [Gap, ImuBlock] * (len(rows) - 1)
    np.testing.assert_allclose(times(pieces), np.arange(len(rows)) * 7.0, atol=1e-9)


# --- the radio --------------------------------------------------------------------------------------------------------


def test_a_lost_packet_is_a_gap_of_its_length() -> None:
    pieces = fed(batch(0), batch(5), batch(20), batch(25))
    assert kinds(pieces) == [ImuBlock, ImuBlock, Gap, ImuBlock, ImuBlock]
    gap = pieces[2]
    assert isinstance(gap, Gap)
    assert (gap.start_s, gap.end_s) == (pytest.approx(0.09), pytest.approx(0.20))
    assert gap.reason == "2 packets lost"


def test_samples_the_sensor_itself_dropped_are_told_apart() -> None:
    gap = fed(batch(0, seq=0), batch(20, seq=1, flags=OVERFLOW))[1]
    assert isinstance(gap, Gap)
    assert gap.reason == "the sensor dropped samples"


def header(index: int, seq: int, flags: int = 0) -> Notification:
    return msgspec.structs.replace(batch(index, 0, seq=seq, flags=flags), host_ns=index * PERIOD_US * 1000)


def single(index: int, seq: int) -> Notification:
    data = pack_single(np.zeros(6, np.int16), seq=seq, index=index, device_us=index * PERIOD_US)
    return Notification(index * PERIOD_US * 1000, STREAM, data)


def test_headers_count_in_the_sequence_and_hide_no_loss() -> None:
    """Single samples: a header between two neighbours is no loss, and one after a loss does not cover it."""
    begun = [header(0, 255), single(0, 256), single(1, 257)]
    pieces = fed(*begun, header(2, 258), single(2, 259), single(4, 261), header(7, 264), single(7, 265))
    gaps = [piece for piece in pieces if isinstance(piece, Gap)]
    assert [(gap.end_s - gap.start_s, gap.reason) for gap in gaps] == [
        (pytest.approx(0.02), "1 packet lost"),
        (pytest.approx(0.03), "2 packets lost"),
    ]


def test_a_header_says_for_single_samples_that_some_were_dropped() -> None:
    gap = fed(header(0, 0), single(0, 1), header(50, 2, OVERFLOW), single(50, 3))[1]
    assert isinstance(gap, Gap)
    assert gap.reason == "the sensor dropped samples"


def test_the_sequence_number_may_begin_anywhere() -> None:
    gap = fed(batch(0, seq=0x9000), batch(5, seq=0x9001), batch(15, seq=0x9003))[2]
    assert isinstance(gap, Gap)
    assert gap.reason == "1 packet lost"


def test_packets_that_come_twice_or_late_are_dropped() -> None:
    pieces = fed(batch(0), batch(5), batch(5), batch(0), batch(10), batch(5), batch(15))
    assert kinds(pieces) == [ImuBlock] * 4
    np.testing.assert_allclose(times(pieces), np.arange(20) * 0.01, atol=1e-9)


@pytest.mark.parametrize("start_us", [2**32 - 1, 2**32 - 45_000, 2**32 - 100_000])
def test_the_clock_wraps_unseen(start_us: int) -> None:
    pieces = fed(*(batch(i, start_us=start_us) for i in range(0, 50, 5)))
    np.testing.assert_allclose(times(pieces), np.arange(50) * 0.01, atol=1e-9)


def test_a_gap_of_hours_has_its_true_length() -> None:
    """Longer than the device clock counts: the sample index says how often it went round."""
    away = 3 * 3600 * 100
    gap = fed(batch(0), batch(away))[1]
    assert isinstance(gap, Gap)
    assert gap.end_s == pytest.approx(3 * 3600.0)


def test_a_sensor_that_samples_slower_than_it_says_keeps_its_own_time() -> None:
    """An oscillator 2 % off: times follow the device clock, evenly within each packet."""
    packets = []
    for i in range(0, 50, 5):
        data = pack(
            np.zeros((5, 6), np.int16), seq=i // 5, index=i, device_us=(i + 4) * 10_200, boot_id=1,
            period_us=PERIOD_US, acc_range=2, gyr_range=4,
        )  # fmt: skip
        packets.append(Notification(0, STREAM, data))
    assert np.diff(times(fed(*packets)))[5:].tolist() == pytest.approx([0.0102] * 44)


def test_after_a_restart_the_timeline_goes_on_by_the_host_clock() -> None:
    pieces = fed(batch(0), batch(5, host_s=0.1), batch(0, boot_id=8, host_s=3.1), batch(5, boot_id=8, host_s=3.15))
    assert kinds(pieces) == [ImuBlock, ImuBlock, Gap, ImuBlock, ImuBlock]
    gap = pieces[2]
    assert isinstance(gap, Gap)
    assert gap.reason == "sensor restarted"
    assert times(pieces)[-6] == pytest.approx(0.09 + 3.0)  # the newest sample of each packet, 3 s apart at the host
    assert gap.end_s == times(pieces)[10]


def test_a_stream_that_has_jumped_for_good_is_taken_up_again() -> None:
    """The index goes back although the boot id stays: after a while it must be a new stream."""
    back = [batch(i, host_s=100 + i * 0.01) for i in range(0, 5 * (MISFITS_BEFORE_RESTART + 3), 5)]
    pieces = fed(batch(50_000, host_s=99.0), *back)
    assert kinds(pieces) == [ImuBlock, Gap, ImuBlock, ImuBlock, ImuBlock]
    assert (np.diff(times(pieces)) > 0).all()


# --- hostile bytes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x21" + bytes(40), "unknown version or kind 0x21"),
        (b"\x11" + bytes(5), "cut short"),
        (batch(0).data[:-1], "cannot be 5 samples"),
        (batch(0).data + b"\0", "cannot be 5 samples"),
        (HEADER.pack(BATCH, 0, 0, 0, 0, 0, 0xFF, 1, 10_000), "range"),
        (HEADER.pack(BATCH, 0, 0, 0, 0, 0, 0x24, 1, 0), "period"),
        (bytes([SINGLE]) + bytes(19), "before any header"),
        (bytes([SINGLE]) + bytes(20), "single sample"),
    ],
)
def test_a_bad_packet_is_refused_in_words(data: bytes, reason: str) -> None:
    (refused,) = fed(Notification(0, STREAM, data))
    assert isinstance(refused, MalformedPacket)
    assert reason in refused.reason
    assert refused.count == 1


def test_a_packet_whose_clock_lies_is_refused_and_the_next_good_one_taken() -> None:
    lie = batch(10, start_us=5_000_000)
    pieces = fed(batch(0), batch(5), lie, batch(10), batch(15))
    assert kinds(pieces) == [ImuBlock, ImuBlock, MalformedPacket, ImuBlock, ImuBlock]
    np.testing.assert_allclose(times(pieces), np.arange(20) * 0.01, atol=1e-9)


def test_other_characteristics_are_none_of_its_business() -> None:
    assert fed(Notification(0, CONTROL, batch(0).data)) == []


_hostile = st.one_of(
    st.binary(max_size=600),
    st.builds(
        lambda head, n, body: HEADER.pack(BATCH, *head, n, 0x24, 7, 10_000) + body[: n * 12],
        st.tuples(st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
        st.integers(0, 40),
        st.binary(min_size=480, max_size=480),
    ),
    st.binary(min_size=19, max_size=19).map(lambda b: bytes([SINGLE]) + b),
    st.integers(0, 20).map(lambda i: batch(5 * i).data),
)


@given(st.lists(st.tuples(st.integers(0, 2**63), _hostile), max_size=60))
def test_no_bytes_do_harm(packets: list[tuple[int, bytes]]) -> None:
    sensor, again = driver(), driver()
    seen: list[Decoded] = []
    for host_ns, data in packets:
        pieces = sensor.feed(Notification(host_ns, STREAM, data))
        assert sum(isinstance(p, MalformedPacket) for p in pieces) <= 1
        assert repr(pieces) == repr(again.feed(Notification(host_ns, STREAM, data)))
        seen += pieces
    t_s = times([ImuBlock(np.empty(0), np.empty((0, 3))), *seen])
    assert np.isfinite(t_s).all()
    assert (np.diff(t_s) > 0).all()
    assert not len(t_s) or t_s[0] == 0.0
    last_s = 0.0
    for piece in seen:
        if isinstance(piece, Gap):
            assert piece.start_s == pytest.approx(last_s)
            assert piece.end_s > piece.start_s
        elif isinstance(piece, ImuBlock):
            last_s = float(piece.t_s[-1])


def test_the_driver_is_found_by_its_family() -> None:
    assert isinstance(driver_for("rhomboid"), Driver)
    assert driver_for("rhomboid").family == "rhomboid"
    assert driver_for("rhomboid") is not driver_for("rhomboid")
    with pytest.raises(UsageError, match=r"known are: .*rhomboid"):
        driver_for("abacus")
