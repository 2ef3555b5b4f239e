"""How fast the signal core is, against the attitude filter alone on the same hour: ``python -m benchmarks.speed``.

The hour is simulated (training, then desk work) at 100 Hz and in memory before the clock starts; each figure is the
median of three runs. The bar: the whole core takes at most three times what VQF alone takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from vqf import VQF

from rhomboid.imu import ImuBlock
from rhomboid.motion.frontend import G_M_S2, FrontEnd
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

RATE_HZ = 100.0
RUNS = 3


def an_hour() -> ImuBlock:
    """Demo sessions one after the other until an hour is full."""
    blocks: list[ImuBlock] = []
    seed, end_s = 1, 0.0
    while end_s < 3600.0:
        sensor = SimulatedSensor("demo", seed, rate_hz=RATE_HZ)
        driver = driver_for(sensor.identity.family)
        new = [b for n in sensor.notifications() for b in driver.feed(n) if isinstance(b, ImuBlock)]
        shift_s = end_s + 1 / RATE_HZ
        blocks += [ImuBlock(b.t_s + shift_s, b.acc_g, b.gyr_dps) for b in new]
        end_s = float(blocks[-1].t_s[-1])
        seed += 1
    gyr_dps = np.concatenate([b.gyr_dps for b in blocks if b.gyr_dps is not None])
    whole = ImuBlock(np.concatenate([b.t_s for b in blocks]), np.concatenate([b.acc_g for b in blocks]), gyr_dps)
    return whole[: int(3600 * RATE_HZ)]


def median_s(run: Callable[[], object]) -> float:
    """Median of ``RUNS`` timings after one that is not counted."""
    run()
    timings = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        timings.append(time.perf_counter() - start)
    return statistics.median(timings)


def main() -> None:
    hour = an_hour()
    assert hour.gyr_dps is not None  # noqa: S101
    gyr_rad_s, acc_m_s2 = np.radians(hour.gyr_dps), hour.acc_g * G_M_S2

    def core(mode: str, size: int = len(hour)) -> Callable[[], object]:
        def run() -> None:
            pipeline = Pipeline(Settings(mode=mode))
            for i in range(0, len(hour), size):
                pipeline.feed(hour[i : i + size])
            pipeline.finish()

        return run

    alone_s = median_s(lambda: VQF(1 / RATE_HZ).updateBatch(gyr_rad_s, acc_m_s2))
    rows = [
        ("VQF alone", alone_s),
        ("front end (resampling and VQF)", median_s(lambda: FrontEnd().feed(hour))),
        ("whole core, free", median_s(core("free"))),
        ("whole core, desk", median_s(core("desk"))),
        ("whole core, free, live blocks of 5", median_s(core("free", 5))),
    ]
    print(f"{'one hour at 100 Hz':38}{'s':>8}{'x VQF':>8}")
    for name, seconds in rows:
        print(f"{name:38}{seconds:8.3f}{seconds / alone_s:8.2f}")


if __name__ == "__main__":
    main()
