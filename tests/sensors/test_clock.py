"""Timelines: what a radio, a loss, a wrap and a clock that lies do to the times of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Gap
from rhomboid.sensors.arrival import SUSPECTED, ArrivalTimeline
from rhomboid.sensors.clock import LINK_DROPPED, RESTARTED, STOOD_STILL, DeviceTimeline
from rhomboid.sensors.drift import Origin
from rhomboid.sensors.driver import Placed, Reading, Refusal, Timeline
from rhomboid.sensors.layout import Layout
from rhomboid.simulation.radio import Radio

LAYOUT = Layout("<i2", 6, 0, 3)
U32 = float(1 << 32)

Sent = tuple[float, float]  # when a packet's last sample was taken and when it arrived, in s


def reading(last_us: float, n: int = 1, step_us: float | None = None) -> Reading:
    return Reading(layout=LAYOUT, payload=b"", n=n, last_us=last_us, step_us=step_us)


def sent(seconds: float, rate_hz: float = 100.0, n: int = 1, seed: int = 1) -> list[Sent]:
    """Packets over a radio with its delays, retransmissions and stalls."""
    radio = Radio(np.random.Generator(np.random.PCG64(seed)))
    taken_s = np.arange(n - 1, int(seconds * rate_hz), n) / rate_hz
    return [(t, radio.deliver(t + 0.004)[0] * 1e-9) for t in taken_s.tolist()]


def placed(
    timeline: Timeline, packets: Iterable[Sent], n: int = 1, *, start_us: float = 0.0, wrap_us: float = U32
) -> list[Placed]:
    found = [timeline.place(reading((start_us + t * 1e6) % wrap_us, n), round(arrived * 1e9)) for t, arrived in packets]
    return [p for p in found if isinstance(p, Placed)]


def times_s(found: list[Placed], n: int = 1) -> np.ndarray:
    return np.concatenate([p.last_us - p.step_us * np.arange(n - 1, -1, -1) for p in found]) * 1e-6


def gaps(found: list[Placed]) -> list[Gap]:
    return [p.gap for p in found if p.gap is not None]


# --- with a clock -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ppm", [-40.0, 40.0])
def test_the_timeline_keeps_to_the_host_though_the_sensor_clock_does_not(ppm: float) -> None:
    packets = sent(600.0, n=5)
    timeline = DeviceTimeline(U32, 100.0)
    found = [timeline.place(reading((7e8 + t * 1e6 * (1 + ppm * 1e-6)) % U32, 5), int(a * 1e9)) for t, a in packets]
    error_s = np.array([p.last_us * 1e-6 - t for p, (t, _) in zip(found, packets, strict=True)])
    settled = error_s[400:]
    assert settled.std() < 0.3e-3
    assert abs(settled[-1000:].mean() - settled[:1000].mean()) < 0.2e-3  # left alone it would move by 20 ms
    assert not gaps(found)


@pytest.mark.parametrize(
    ("wrap_us", "start_us"), [(U32, U32 - 1e6), (65536 * 8000.0, 65535 * 8000.0), (U32 * 1e3, 0.0)]
)
def test_wraps_are_not_seen(wrap_us: float, start_us: float) -> None:
    packets = [(i * 0.04, i * 0.04) for i in range(100)]
    found = placed(DeviceTimeline(wrap_us, 25.0), packets, start_us=start_us, wrap_us=wrap_us)
    assert times_s(found) == pytest.approx(np.arange(100) * 0.04, abs=1e-6)


def test_a_clock_that_wraps_during_a_gap_is_helped_by_the_host() -> None:
    wrap_us = 65536 * 8000.0  # 8.7 min
    away_s = 3600.0
    packets = [(0.0, 0.0), (0.04, 0.04), (away_s, away_s + 0.2), (away_s + 0.04, away_s + 0.25)]
    found = placed(DeviceTimeline(wrap_us, 25.0), packets, wrap_us=wrap_us)
    (gap,) = gaps(found)
    assert gap.end_s - gap.start_s == pytest.approx(away_s - 0.04, abs=0.01)


@pytest.mark.parametrize("n", [1, 8])
def test_lost_packets_are_gaps_of_their_length(n: int) -> None:
    packets = sent(60.0, n=n)
    kept = [p for i, p in enumerate(packets) if i not in (30, 31, 50)]
    found = placed(DeviceTimeline(U32, 100.0), kept, n)
    assert [round((g.end_s - g.start_s) * 100) for g in gaps(found)] == [2 * n + 1, n + 1]
    assert [g.reason for g in gaps(found)] == [
        f"{2 * n} samples lost",
        "1 sample lost" if n == 1 else f"{n} samples lost",
    ]


@pytest.mark.parametrize("rate_hz", [25.0, 97.0, 104.0, 200.0])
def test_a_sensor_set_to_another_rate_is_no_sensor_with_losses(rate_hz: float) -> None:
    kept = [p for i, p in enumerate(sent(20.0, rate_hz, n=4)) if i != 60]
    found = placed(DeviceTimeline(U32, 100.0), kept, 4)
    (gap,) = gaps(found)
    assert gap.end_s - gap.start_s == pytest.approx(5 / rate_hz, abs=0.002)


def test_a_change_of_rate_is_learned() -> None:
    slower = [(10.0 + i * 0.02, 10.0 + i * 0.02) for i in range(500)]
    found = placed(DeviceTimeline(U32, 100.0), sent(10.0) + slower)
    assert len(gaps(found)) <= 4
    assert found[-1].step_us == pytest.approx(20_000, abs=50)


def test_packets_that_come_twice_and_stretches_sent_again_are_dropped() -> None:
    packets = sent(20.0)
    again = [(t, packets[1000][1] + i * 1e-4) for i, (t, _) in enumerate(packets[600:1000])]
    found = placed(DeviceTimeline(U32, 100.0), [*packets[:1000], *again, packets[999], *packets[1000:]])
    assert len(found) == len(packets)
    assert not gaps(found)


def test_a_clock_that_begins_again_is_believed_after_a_while() -> None:
    before = [(500.0 + i * 0.01, i * 0.01) for i in range(1000)]
    anew = [(i * 0.01, 10.0 + i * 0.01) for i in range(1000)]
    found = placed(DeviceTimeline(None, 100.0), before + anew, wrap_us=1e18)
    (gap,) = gaps(found)
    assert gap.reason == RESTARTED
    assert 3.0 < gap.end_s - gap.start_s < 3.1
    assert found[-1].last_us == pytest.approx(19.99e6, abs=2e3)


def test_a_clock_that_jumps_ahead_is_refused_and_the_next_good_packet_taken() -> None:
    timeline = DeviceTimeline(U32, 100.0)
    placed(timeline, [(i * 0.01, i * 0.01) for i in range(100)])
    refused = timeline.place(reading(900e6), 1_000_000_000)
    assert isinstance(refused, Refusal)
    assert "ahead" in refused.reason
    good = timeline.place(reading(1.0e6), 1_000_000_000)
    assert isinstance(good, Placed)
    assert good.last_us == pytest.approx(1e6)


def test_a_clock_that_stood_still_is_made_up_for_by_a_gap() -> None:
    packets = sent(30.0)
    late = [(t, arrived + (60.0 if t > 15.0 else 0.0)) for t, arrived in sent(60.0)]
    found = placed(DeviceTimeline(U32, 100.0), late)
    (gap,) = gaps(found)
    assert gap.reason == STOOD_STILL
    assert gap.end_s - gap.start_s == pytest.approx(60.0, abs=0.2)
    assert len(found) == 2 * len(packets)


def test_a_dropped_link_is_a_gap_by_the_clock_that_ran_on() -> None:
    timeline = DeviceTimeline(U32, 100.0)
    placed(timeline, [(i * 0.01, i * 0.01) for i in range(100)])
    timeline.link_lost()
    (first, second) = placed(timeline, [(8.0, 8.03), (8.01, 8.04)])
    assert first.gap == Gap(0.99, pytest.approx(8.0), LINK_DROPPED)
    assert second.gap is None


def test_a_sensor_switched_off_during_a_dropped_link_goes_on_by_the_host_clock() -> None:
    timeline = DeviceTimeline(None, 100.0)
    placed(timeline, [(500 + i * 0.01, i * 0.01) for i in range(100)], wrap_us=1e18)
    timeline.link_lost()
    found = placed(timeline, [(2 + i * 0.01, 30 + i * 0.01) for i in range(100)], wrap_us=1e18)
    (gap,) = gaps(found)
    assert gap.reason == LINK_DROPPED
    assert gap.end_s == pytest.approx(30.02, abs=0.05)


def test_streams_of_one_sensor_share_their_zero_and_their_drift() -> None:
    origin = Origin()
    acc, gyr = DeviceTimeline(U32, 52.0, origin), DeviceTimeline(U32, 52.0, origin)
    for i in range(2000):
        t_us, host_ns = (i * 1e6 / 52.0), int(i * 1.00004e9 / 52.0)
        a, g = acc.place(reading(t_us + U32 - 5e6), host_ns), gyr.place(reading(t_us + U32 - 5e6 + 700), host_ns)
        assert isinstance(a, Placed)
        assert isinstance(g, Placed)
        assert g.last_us - a.last_us == pytest.approx(700.0, abs=5.0)


# --- without one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "bar_ms"), [(1, 1.0), (5, 1.0)])
def test_arrivals_alone_tell_the_times_of_samples(n: int, bar_ms: float) -> None:
    packets = sent(300.0, 100.3, n)
    found = placed(ArrivalTimeline(100.0), packets, n)
    assert not gaps(found)
    error_ms = np.array([p.last_us * 1e-3 - t * 1e3 for p, (t, _) in zip(found, packets, strict=True)])
    assert error_ms[packets_after(packets, 60.0)].std() < bar_ms


def packets_after(packets: list[Sent], at_s: float) -> slice:
    return slice(next(i for i, (t, _) in enumerate(packets) if t > at_s), None)


@pytest.mark.parametrize("rate_hz", [10.0, 50.0, 100.0, 200.0])
@pytest.mark.parametrize("nominal_hz", [10.0, 100.0])
def test_the_true_rate_is_learned(rate_hz: float, nominal_hz: float) -> None:
    found = placed(ArrivalTimeline(nominal_hz), sent(60.0, rate_hz))
    assert not gaps(found)
    t_s = times_s(found)
    assert (t_s[-1] - t_s[-101]) / 100 == pytest.approx(1 / rate_hz, rel=0.005)
    assert t_s[-1] - t_s[int(rate_hz)] == pytest.approx(59.0, abs=0.5)


def test_a_change_of_rate_is_found_by_arrivals() -> None:
    for rate_hz in (50.0, 200.0):
        after = [(20 + t, 20 + a) for t, a in sent(60.0, rate_hz)]
        found = placed(ArrivalTimeline(100.0), sent(20.0) + after)
        t_s = times_s(found)
        assert (t_s[-1] - t_s[-101]) / 100 == pytest.approx(1 / rate_hz, rel=0.01)
        assert t_s[-1] == pytest.approx(80.0, abs=1.0)
        assert len(gaps(found)) <= 3


@pytest.mark.parametrize("n", [1, 5])
def test_stalls_are_no_gaps(n: int) -> None:
    for seed in range(5):
        assert not gaps(placed(ArrivalTimeline(100.0), sent(300.0, 100.0, n, seed), n))


@pytest.mark.parametrize(("n", "lost"), [(1, 4), (1, 20), (5, 1), (5, 6)])
def test_lateness_that_stays_is_a_suspected_gap(n: int, lost: int) -> None:
    packets = sent(120.0, n=n)
    at = len(packets) // 2
    found = placed(ArrivalTimeline(100.0), packets[:at] + packets[at + lost :], n)
    (gap,) = gaps(found)
    assert gap.reason == SUSPECTED
    assert gap.end_s - gap.start_s == pytest.approx((lost * n + 1) / 100, abs=0.012)
    assert gap.end_s - packets[at + lost][0] < 1.5
    assert found[-1].last_us * 1e-6 == pytest.approx(packets[-1][0], abs=0.03)


def test_a_silence_is_a_gap_at_once_and_what_was_held_back_belongs_to_it() -> None:
    packets = sent(60.0)
    stalled = [(t, max(a, 33.0 + (i - 3000) * 1e-4) if 30.0 < t < 33.0 else a) for i, (t, a) in enumerate(packets)]
    found = placed(ArrivalTimeline(100.0), stalled)
    (gap,) = gaps(found)
    assert gap.reason == SUSPECTED
    assert gap.end_s - gap.start_s == pytest.approx(3.0, abs=0.1)
    assert found[-1].last_us * 1e-6 == pytest.approx(60.0, abs=0.2)


def test_a_dropped_link_is_a_gap_by_the_host_clock() -> None:
    timeline = ArrivalTimeline(100.0)
    placed(timeline, sent(20.0))
    timeline.link_lost()
    (first,) = placed(timeline, [(0.0, 50.0)])
    assert first.gap is not None
    assert first.gap.reason == LINK_DROPPED
    assert first.gap.end_s == pytest.approx(50.0, abs=0.1)


@pytest.mark.parametrize("made", [lambda: DeviceTimeline(U32, 100.0), lambda: ArrivalTimeline(100.0)])
def test_a_link_that_drops_before_the_first_packet_leaves_no_gap(made: Callable[[], Timeline]) -> None:
    timeline = made()
    timeline.link_lost()
    assert not gaps(placed(timeline, sent(1.0)))


# --- laws -------------------------------------------------------------------------------------------------------------

_clocks = st.one_of(
    st.integers(0, 2**64 - 1), st.integers(0, 10**7), st.integers(-(10**6), 10**6).map(lambda x: 2**32 + x)
)


@given(
    made=st.sampled_from(
        [lambda: DeviceTimeline(U32, 100.0), lambda: DeviceTimeline(None, 52.0), lambda: ArrivalTimeline(50.0)]
    ),
    packets=st.lists(
        st.tuples(
            _clocks, st.one_of(st.integers(0, 2**63), st.integers(0, 10**10)), st.integers(1, 100), st.booleans()
        ),
        max_size=80,
    ),
)
def test_time_is_finite_and_rises_whatever_the_clocks_say(
    made: Callable[[], Timeline], packets: list[tuple[int, int, int, bool]]
) -> None:
    timeline = made()
    last_s: float | None = None
    for device_us, host_ns, n, drop in packets:
        if drop:
            timeline.link_lost()
        found = timeline.place(reading(float(device_us), n), host_ns)
        if not isinstance(found, Placed):
            continue
        t_s = times_s([found], n)
        assert np.isfinite(t_s).all()
        assert (np.diff(t_s) > 0).all()
        if last_s is None:
            assert t_s[0] == pytest.approx(0.0, abs=1e-9)
        else:
            assert t_s[0] > last_s
        if found.gap is not None:
            assert found.gap.start_s == last_s
            assert found.gap.end_s == pytest.approx(t_s[0])
            assert found.gap.end_s > found.gap.start_s
        last_s = float(t_s[-1])
