"""How fast the signal core is, against the attitude filter alone: ``python -m benchmarks.speed``.

Three simulated hours at 100 Hz, in memory before the clock starts: at the desk; training (a set, then twice as long a
rest: sitting, walking or reaching); and walking. Each goes through the core in one block, as a file does, and its first
minutes in the small blocks of a live sensor. Times are of the processor, the least of a few runs, since whatever else
the machine does only ever adds. The bar: the whole core takes at most three times what VQF alone takes on the same
samples, and live at most 2 % of a core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import count, cycle

import numpy as np
from vqf import VQF

from rhomboid.imu import ImuBlock
from rhomboid.motion.frontend import G_M_S2, FrontEnd
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Mode, Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

RATE_HZ = 100.0
HOUR_S, LIVE_S = 3600.0, 120.0
SETS = ("rows", "back-extension", "squeezes", "thoracic-rotation", "cat-camel")
RESTS = ("upright", "walking", "reaching", "upright")
REST_TO_SET = 2
RUNS = 3
LIVE_SIZES = (1, 5, 20)


def session(script: str, seed: int) -> ImuBlock:
    """A simulated session without loss, as one block."""
    sensor = SimulatedSensor(script, seed, rate_hz=RATE_HZ)
    driver = driver_for(sensor.identity.family)
    return joined(b for n in sensor.notifications() for b in driver.feed(n) if isinstance(b, ImuBlock))


def joined(blocks: Iterable[ImuBlock]) -> ImuBlock:
    """One recording out of several, on one even timeline."""
    parts = list(blocks)
    acc_g = np.concatenate([b.acc_g for b in parts])
    gyr_dps = np.concatenate([b.gyr_dps for b in parts if b.gyr_dps is not None])
    return ImuBlock(np.arange(len(acc_g)) / RATE_HZ, acc_g, gyr_dps)


def an_hour(of: str) -> ImuBlock:
    """Sessions one after the other, another person each time, until an hour is full."""
    parts: list[ImuBlock] = []
    sets, rests = cycle(SETS), cycle(RESTS)
    for seed in count(1):
        if sum(map(len, parts)) >= HOUR_S * RATE_HZ:
            break
        if of != "training":
            parts.append(session(of, seed))
            continue
        parts.append(session(next(sets), seed))
        rest = session(next(rests), seed)
        parts.append(joined([rest] * 3)[: REST_TO_SET * len(parts[-1])])
    return joined(parts)[: int(HOUR_S * RATE_HZ)]


def least_s(run: Callable[[], object], runs: int = RUNS) -> float:
    """The least processor time of some runs."""
    timings = []
    for _ in range(runs):
        start = time.process_time()
        run()
        timings.append(time.process_time() - start)
    return min(timings)


def core(stream: ImuBlock, mode: Mode, size: int) -> Callable[[], object]:
    """The whole core over ``stream`` in blocks of ``size`` samples."""

    def run() -> None:
        pipeline = Pipeline(Settings(mode=mode))
        for i in range(0, len(stream), size):
            pipeline.feed(stream[i : i + size])
            pipeline.take_trace()
        pipeline.finish()

    return run


def alone(stream: ImuBlock) -> Callable[[], object]:
    """The attitude filter over ``stream`` and nothing else."""
    assert stream.gyr_dps is not None  # noqa: S101
    gyr_rad_s, acc_m_s2 = np.radians(stream.gyr_dps), stream.acc_g * G_M_S2
    return lambda: VQF(1 / RATE_HZ).updateBatch(gyr_rad_s, acc_m_s2)


def each(streams: list[ImuBlock], mode: Mode) -> Callable[[], object]:
    """The whole core over several streams, each in one block."""
    runs = [core(stream, mode, len(stream)) for stream in streams]
    return lambda: [run() for run in runs]


def main() -> None:
    hours = {name: an_hour(name) for name in ("desk", "training", "walking")}
    sets = [session(script, seed) for seed, script in enumerate(SETS, 1)]
    for mode in ("desk", "free", "set"):
        core(sets[0], mode, len(sets[0]))()  # imports and first calls are not what is measured
    print(f"{'at 100 Hz, in one block':48}{'s an hour':>10}{'x VQF':>8}")
    cases = [(name, [hour], ("desk", "free")) for name, hour in hours.items()]
    cases.append(("nothing but sets, each by itself", sets, ("set",)))
    for name, streams, modes in cases:
        share = sum(map(len, streams)) / RATE_HZ / HOUR_S
        alone_s = sum(least_s(alone(stream), 5) for stream in streams)
        rows = [("VQF alone", alone_s)]
        rows.append(("front end", least_s(lambda s=streams: [FrontEnd().feed(x) for x in s])))
        rows += [(f"whole core, {m}", least_s(each(streams, m), RUNS if m == "desk" else 1)) for m in modes]
        for what, seconds in rows:
            print(f"{name + ': ' + what:48}{seconds / share:10.2f}{seconds / alone_s:8.1f}", flush=True)
    print(f"\n{'live, free, the first two minutes':48}{'% of a core':>18}")
    for name, hour in hours.items():
        live = hour[: int(LIVE_S * RATE_HZ)]
        for size in LIVE_SIZES:
            share = least_s(core(live, "free", size), 1) / LIVE_S
            print(f"{f'{name}: blocks of {size}':48}{100 * share:18.2f}", flush=True)


if __name__ == "__main__":
    main()
