"""How well samples are timed, against their true time on the host's clock: ``python -m benchmarks.clock``.

A simulated radio: 5 % of packets sent again, 0.2 % in stalls of 50-400 ms, everything in order; single samples at
100 Hz. The error is that of each packet's last sample, after the first 20 s (60 s without a clock): its spread, its
mean (the timeline begins with the first sample, the truth too) and the largest. The bar: a spread under 0.3 ms where
the sensor has a clock.
"""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.clock import DeviceTimeline
from rhomboid.sensors.driver import Placed, Reading, Timeline
from rhomboid.sensors.layout import Layout
from rhomboid.simulation.radio import Radio

LAYOUT = Layout("<i2", 6, 0, 3)
RATE_HZ = 100.0
WRAP_US = float(1 << 32)


def readings(minutes: float, interval_ms: int, clock_ppm: float, rate_error: float, n: int, seed: int = 1) -> Array:
    """True time of the last sample in s, the sensor's clock in us, arrival at the host in ns: one row a packet."""
    radio = Radio(np.random.Generator(np.random.PCG64(seed)), interval_ns=interval_ms * 1_000_000)
    true_s = np.arange(n - 1, int(minutes * 60 * RATE_HZ), n) / (RATE_HZ * (1.0 + rate_error))
    rows = [(t, (1e9 + t * 1e6 * (1.0 + clock_ppm * 1e-6)) % WRAP_US, radio.deliver(t)[0]) for t in true_s.tolist()]
    return np.array(rows, np.float64)


def errors_ms(timeline: Timeline, packets: Array, n: int) -> tuple[Array, int]:
    """Timeline less truth, each packet's last sample; and how many gaps were seen where there is none."""
    placed = []
    for _, device_us, host_ns in packets.tolist():
        reading = Reading(layout=LAYOUT, payload=b"", n=n, last_us=float(round(device_us)))
        found = timeline.place(reading, int(host_ns))
        placed.append((np.nan, False) if not isinstance(found, Placed) else (found.last_us, found.gap is not None))
    t_us, gaps = np.array(placed).T
    return t_us / 1000 - packets[:, 0] * 1000 + (packets[0, 0] - (n - 1) / RATE_HZ) * 1000, int(gaps.sum())


def main() -> None:
    print(
        f"{'clock':10}{'n':>3}{'min':>5}{'interval ms':>13}{'ppm':>6}{'sd ms':>9}{'bias ms':>9}"
        f"{'worst ms':>10}{'gaps':>6}"
    )
    for name, settle_s in (("device", 20.0), ("arrival", 60.0)):
        for n in (1, 5):
            for minutes in (10, 60):
                for interval_ms, ppm in ((15, -20.0), (30, 40.0), (30, -40.0), (45, 40.0)):
                    packets = readings(minutes, interval_ms, ppm, 0.003, n)
                    timeline: Timeline = (
                        DeviceTimeline(WRAP_US, RATE_HZ) if name == "device" else ArrivalTimeline(RATE_HZ)
                    )
                    error_ms, gaps = errors_ms(timeline, packets, n)
                    late = error_ms[packets[:, 0] > settle_s]
                    bias = late.mean()
                    print(
                        f"{name:10}{n:3}{minutes:5}{interval_ms:13}{ppm:6.0f}{late.std():9.3f}{bias:9.2f}"
                        f"{np.abs(late - bias).max():10.2f}{gaps:6}"
                    )


if __name__ == "__main__":
    main()
