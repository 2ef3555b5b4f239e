"""Recordings whose truth is known because they are made up: simulated sets and daily life, and bows at random."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.frames import Whole, pieces_of
from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

SETS = ("rows", "squeezes", "back-extension", "thoracic-rotation", "cat-camel")
NO_SETS = ("upright", "walking", "reaching")
FIRST_SEED = 1000  # The seeds that ``benchmarks.simulated`` reports on stay unseen.
RATE_HZ = 50.0


def simulated(sets: int, no_sets: int) -> Iterator[Whole]:
    """So many wearers of each script."""
    for script, many in [*((s, sets) for s in SETS), *((s, no_sets) for s in NO_SETS)]:
        for seed in range(FIRST_SEED, FIRST_SEED + many):
            sensor = SimulatedSensor(script, seed)
            driver = driver_for(sensor.identity.family)
            items = [x for n in sensor.notifications() for x in driver.feed(n) if isinstance(x, ImuBlock | Gap)]
            spans = [(s.start_s, s.end_s) for s in sensor.truth.sets]
            whole = [] if spans else [(0.0, sensor.duration_s)]
            yield Whole(f"{script} {seed}", f"simulated {seed}", pieces_of(items), spans, whole)


def bows(wearers: int) -> Iterator[Whole]:
    """People who bow now and then, every time another way, length and pause: what comes again and is no exercise."""
    for seed in range(wearers):
        rng = np.random.default_rng(FIRST_SEED + seed)
        most_deg = rng.uniform(2.0, 40.0)
        bow = [_bow(rng, most_deg) for _ in range(60)]
        tilt = np.radians(np.concatenate(bow))
        t_s = np.arange(len(tilt)) / RATE_HZ
        rate = np.gradient(tilt) * RATE_HZ
        turn = np.gradient(rate) * RATE_HZ
        lever_g = 0.4 / 9.81
        acc_g = np.stack((-np.sin(tilt) + lever_g * turn, 0 * tilt, np.cos(tilt) - lever_g * rate**2), axis=1)
        gyr_dps = np.stack((0 * tilt, np.degrees(rate), 0 * tilt), axis=1)
        acc_g += 0.002 * rng.standard_normal(acc_g.shape)
        gyr_dps += 0.05 * rng.standard_normal(gyr_dps.shape)
        pieces = pieces_of([ImuBlock(t_s, acc_g, gyr_dps if seed % 2 else None)])
        yield Whole(f"bows {seed}", f"bows {seed}", pieces, [], [(0.0, float(t_s[-1]))])


def _bow(rng: np.random.Generator, most_deg: float) -> Array:
    """Tilt in degrees: out, back, and a while at rest."""
    out = (1.0 - np.cos(np.linspace(0.0, np.pi, int(rng.uniform(0.4, 3.0) * RATE_HZ)))) / 2.0
    rest = np.zeros(int(rng.uniform(0.2, 8.0) * RATE_HZ))
    return rng.uniform(-most_deg, most_deg) * np.concatenate((out, out[::-1], rest))
