"""The simulated sensor: the same seed gives the same bytes, and the samples are the wearer's, imperfectly."""

from __future__ import annotations

import hashlib
from itertools import islice

import numpy as np
import pytest

from rhomboid.errors import UsageError
from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.scripts import perform
from rhomboid.simulation.sensor import SimulatedSensor


def digest(sensor: SimulatedSensor) -> str:
    whole = hashlib.sha256()
    for n in sensor.notifications():
        whole.update(n.host_ns.to_bytes(8, "little"))
        whole.update(n.data)
    return whole.hexdigest()


def decoded(sensor: SimulatedSensor) -> list[ImuBlock | Gap]:
    driver = driver_for(sensor.identity.family)
    pieces = [p for n in sensor.notifications() for p in driver.feed(n)]
    assert all(isinstance(p, ImuBlock | Gap) for p in pieces)
    return [p for p in pieces if isinstance(p, ImuBlock | Gap)]


def joined(pieces: list[ImuBlock | Gap]) -> tuple[Array, Array, Array]:
    blocks = [p for p in pieces if isinstance(p, ImuBlock)]
    gyr_dps = [b.gyr_dps for b in blocks if b.gyr_dps is not None]
    return np.concatenate([b.t_s for b in blocks]), np.concatenate([b.acc_g for b in blocks]), np.concatenate(gyr_dps)


def test_a_seed_fixes_every_byte() -> None:
    first = digest(SimulatedSensor("rows", 4))
    assert digest(SimulatedSensor("rows", 4)) == first
    assert digest(SimulatedSensor("rows", 5)) != first
    sensor = SimulatedSensor("rows", 4)
    begun = list(islice(sensor.notifications(), 100))  # one reader stopping early does not disturb the next
    assert list(islice(sensor.notifications(), 100)) == begun
    assert digest(sensor) == first


def test_the_samples_are_what_the_wearer_feels() -> None:
    sensor = SimulatedSensor("rows", 4, mounting=np.eye(3))
    t_s, acc_g, gyr_dps = joined(decoded(sensor))
    assert t_s[0] == 0.0
    assert t_s[-1] == pytest.approx(sensor.duration_s, abs=0.05)
    felt = perform("rows", 4).wearer.feel(t_s)
    np.testing.assert_allclose(acc_g, felt.acc_g, atol=0.035)
    np.testing.assert_allclose(gyr_dps, felt.gyr_dps, atol=1.5)
    assert np.std(acc_g[:500] - felt.acc_g[:500], axis=0) == pytest.approx([1.13e-3] * 3, rel=0.15)


def test_the_mounting_turns_everything_alike() -> None:
    t_s, acc_g, gyr_dps = joined(decoded(SimulatedSensor("back-extension", 2)))
    sensor = SimulatedSensor("back-extension", 2)
    assert sensor.mounting @ sensor.mounting.T == pytest.approx(np.eye(3))
    assert np.linalg.det(sensor.mounting) == pytest.approx(1.0)
    felt = perform("back-extension", 2).wearer.feel(t_s)
    np.testing.assert_allclose(acc_g @ sensor.mounting, felt.acc_g, atol=0.04)
    np.testing.assert_allclose(gyr_dps @ sensor.mounting, felt.gyr_dps, atol=1.5)


def test_mountings_differ_from_seed_to_seed() -> None:
    ups = np.array([SimulatedSensor("walking", seed).mounting[:, 2] for seed in range(12)])
    assert (np.abs(ups).argmax(axis=1) != np.abs(ups).argmax(axis=1)[0]).any()


@pytest.mark.parametrize("rate_hz", [25.0, 50.0, 104.0, 208.0])
def test_any_rate_tells_the_same_story(rate_hz: float) -> None:
    sensor = SimulatedSensor("cat-camel", 1, rate_hz=rate_hz)
    t_s, acc_g, _ = joined(decoded(sensor))
    assert 1 / np.median(np.diff(t_s)) == pytest.approx(rate_hz, rel=0.005)
    assert t_s[-1] == pytest.approx(sensor.duration_s, abs=0.1)
    assert sensor.truth == SimulatedSensor("cat-camel", 1).truth
    assert np.linalg.norm(acc_g, axis=1).mean() == pytest.approx(1.0, abs=0.03)


def test_a_wild_movement_is_clipped_at_the_range_not_wrapped() -> None:
    sensor = SimulatedSensor("walking", 1, mounting=100.0 * np.eye(3))
    _, acc_g, _ = joined(decoded(sensor))
    assert acc_g[:, 2].max() == pytest.approx(8.0, abs=0.001)
    assert acc_g[:, 2].min() > 0.0


def test_packets_arrive_after_they_were_sampled_in_bursts_and_in_order() -> None:
    sensor = SimulatedSensor("walking", 3)
    arrived = np.array([n.host_ns for n in sensor.notifications(first_host_ns=10**12)])
    assert arrived[0] == 10**12
    steps_ms = np.diff(arrived) / 1e6
    assert (steps_ms > 0).all()
    assert steps_ms.max() > 60.0  # a stall, and behind it a burst
    assert (steps_ms < 1.0).any()
    assert (arrived[-1] - arrived[0]) / 1e9 == pytest.approx(sensor.duration_s, abs=0.2)


def test_lost_packets_are_gaps_and_nothing_else_changes() -> None:
    whole = list(SimulatedSensor("rows", 2).notifications())
    lossy = SimulatedSensor("rows", 2, loss=0.05)
    kept = list(lossy.notifications())
    assert 0.9 * len(whole) < len(kept) < len(whole)
    assert {n.data for n in kept} < {n.data for n in whole}
    assert sum(isinstance(p, Gap) for p in decoded(lossy)) > 20
    assert list(SimulatedSensor("rows", 2, loss=1.0).notifications()) == []


def test_it_shows_itself_as_a_sensor_of_ours() -> None:
    sensor = SimulatedSensor()
    assert (sensor.script, sensor.seed, sensor.identity.family) == ("demo", 1, "rhomboid")
    first = next(sensor.notifications())
    assert isinstance(first, Notification)
    assert first.characteristic == STREAM
    assert len(first.data) <= 244


@pytest.mark.parametrize(
    "wrong", [{"script": "juggling"}, {"rate_hz": 0.0}, {"rate_hz": np.nan}, {"loss": 1.5}, {"seed": -1}]
)
def test_what_cannot_be_simulated_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        SimulatedSensor(**wrong)  # type: ignore[arg-type]
