"""What decoding costs, in microseconds a sample: ``python -m benchmarks.decoding [FAMILY...]``.

Packets of the simulated wearer, for every family that has an encoder: fed one by one as they come live (``single``),
and in runs as files are read (``run``). Each figure is the best of five. The bars: 4 us a sample for packets of one
sample, 0.5 us for packets of many, in runs.
"""

from __future__ import annotations

import sys
import time
from itertools import islice

import numpy as np

from rhomboid.imu import ImuBlock, Notification
from rhomboid.interpreter import ITEMS_AT_ONCE
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.packets import encoder_for, families
from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single
from rhomboid.simulation.sensor import SimulatedSensor

SCRIPT, PACKETS, REPEATS = "desk", 4000, 5
OURS = {"acc_range": 2, "gyr_range": 4}


def cost_us(family: str, packets: list[Notification], at_once: int) -> float:
    """Of one sample; ``at_once`` packets are fed together."""
    best = np.inf
    for _ in range(REPEATS):
        driver = driver_for(family)
        samples = 0
        start = time.process_time()
        for i in range(0, len(packets), at_once):
            for piece in driver.feed(*packets[i : i + at_once]):
                if isinstance(piece, ImuBlock):
                    samples += len(piece)
        best = min(best, (time.process_time() - start) / samples)
    return best * 1e6


def ours(n: int) -> list[Notification]:
    """Our own stream with ``n`` samples a packet; 1: the single samples of a narrow link, a header every second."""
    counts = np.random.default_rng(1).integers(-5000, 5000, (n, 6)).astype(np.int16)
    made, seq = [], 0
    for i in range(PACKETS):
        us = (i * n + n - 1) * 10_000
        if n == 1 and i % 100 == 0:
            head = pack(counts[:0], seq=seq, index=i, device_us=us, boot_id=1, period_us=10_000, **OURS)
            made.append(Notification(us * 1000, STREAM, head))
            seq += 1
        if n == 1:
            data = pack_single(counts[0], seq=seq, index=i, device_us=us)
        else:
            data = pack(counts, seq=seq, index=i * n, device_us=us, boot_id=1, period_us=10_000, **OURS)
        made.append(Notification(us * 1000, STREAM, data))
        seq += 1
    return made


def main() -> None:
    print(f"{'family':16}{'samples a packet':>18}{'single us':>11}{'run us':>9}")
    rows = [("rhomboid", n, ours(n)) for n in (1, 5, 18)]
    for family in families():
        if family != "rhomboid":
            sensor = SimulatedSensor(SCRIPT, 1, family=family)
            n = encoder_for(family, sensor.rate_hz, 0).samples_a_packet
            rows.append((family, n, list(islice(sensor.notifications(), PACKETS))))
    for family, n, packets in rows:
        if len(sys.argv) == 1 or family in sys.argv[1:]:
            print(f"{family:16}{n:18}{cost_us(family, packets, 1):11.2f}{cost_us(family, packets, ITEMS_AT_ONCE):9.2f}")


if __name__ == "__main__":
    main()
