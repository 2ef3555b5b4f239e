"""How well the quality of a repetition is measured: ``python -m benchmarks.quality [SEEDS]``.

Durations, side and smoothness on the simulated wearer, whose every phase is known, and what decided between two
measures of smoothness: the spectral arc length (SPARC, used) and the log dimensionless jerk (LDLJ). Simulated figures
only. ``turned``: repetitions whose rest was taken for their far point, or the other way round; the others are judged.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from rhomboid import events as e
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.quality import sparc
from rhomboid.motion.settings import Settings
from rhomboid.simulation.scripts import perform
from rhomboid.simulation.sensor import SimulatedSensor
from rhomboid.simulation.stage import share_of_time
from rhomboid.simulation.truth import TrueRep

SCRIPTS = ("rows", "squeezes", "back-extension", "thoracic-rotation", "cat-camel")
RATES_HZ = (25.0, 100.0, 208.0)
WITHIN = share_of_time(0.9) - share_of_time(0.1)
"""Share of its duration that a way takes from a tenth of it to nine tenths."""


def true_phases_s(rep: TrueRep) -> tuple[float, float, float]:
    """Out, pause and back as ``Movement`` means them."""
    out_s, back_s = rep.peak_s - rep.start_s, rep.end_s - rep.leaving_s
    at_far_s = rep.leaving_s - rep.peak_s + (1.0 - share_of_time(0.9)) * (out_s + back_s)
    return WITHIN * out_s, at_far_s, WITHIN * back_s


def movements(script: str, seed: int, rate_hz: float) -> list[tuple[e.Movement, TrueRep]]:
    """The final repetitions of the script, found in free running, each with the true one whose far point is nearest."""
    sensor = SimulatedSensor(script, seed, rate_hz=rate_hz)
    pipeline = Pipeline(Settings(mode="free"))
    found = pipeline.feed(sensor.samples()) + pipeline.finish()
    counted = [m for x in found if isinstance(x, e.SetClosed) for m in x.movements]
    return [(m, min(sensor.truth.reps, key=lambda r: abs(r.peak_s + r.leaving_s - 2.0 * far_s(m)))) for m in counted]


def far_s(m: e.Movement) -> float:
    """The middle of its stay at the far point."""
    return m.start_s + m.out_s + 0.5 * m.pause_s


def true_side(script: str, seed: int, rep: TrueRep) -> e.Side | None:
    """Which way the wearer turned; None if not by 5 degrees and more than the trunk tilted."""
    rotation = perform(script, seed).wearer.feel(np.array([rep.start_s, rep.peak_s])).rotation
    heading_deg = np.degrees(np.arctan2(rotation[:, 1, 1], rotation[:, 0, 1])) - 90.0
    turn_deg = float((heading_deg[1] - heading_deg[0] + 180.0) % 360.0 - 180.0)
    tilt_deg = math.degrees(math.acos(min(float(rotation[0, 2] @ rotation[1, 2]), 1.0)))
    if abs(turn_deg) < max(5.0, tilt_deg):
        return None
    return "left" if turn_deg > 0 else "right"


def durations(seeds: range) -> None:
    head = "".join(f"{name:>14}" for name in ("out s", "pause s", "back s", "smoothness", "side"))
    print(f"{'script':20}{'rate Hz':>9}{'reps':>6}{'turned':>8}{head}")
    print(f"{'':43}{'median, p95 of the absolute error':^42}{'median, spread':>14}{'right':>14}")
    for script in SCRIPTS:
        for rate_hz in RATES_HZ:
            errors, smooth, right, of, turned = [], [], 0, 0, 0
            for seed in seeds:
                for m, rep in movements(script, seed, rate_hz):
                    of += 1
                    if not 0.5 * (rep.start_s + rep.peak_s) < far_s(m) < 0.5 * (rep.leaving_s + rep.end_s):
                        turned += 1
                        continue
                    true = true_phases_s(rep)
                    errors.append([abs(a - b) for a, b in zip((m.out_s, m.pause_s, m.back_s), true, strict=True)])
                    smooth += [m.smoothness] if m.smoothness is not None else []
                    right += m.side == true_side(script, seed, rep)
            if not errors:
                print(f"{script:20}{rate_hz:9.0f}{of:6}{turned:8}")
                continue
            middle, worst = np.median(errors, axis=0), np.percentile(errors, 95, axis=0)
            cells = "".join(f"{f'{a:.2f}, {b:.2f}':>14}" for a, b in zip(middle, worst, strict=True))
            spread = np.percentile(smooth, [50, 5, 95])
            shown = f"{spread[0]:.2f}, {spread[2] - spread[1]:.2f}"
            print(f"{script:20}{rate_hz:9.0f}{of:6}{turned:8}{cells}{shown:>14}{f'{right} of {len(errors)}':>14}")


def reach(seconds: float, parts: int, degrees: float) -> Array:
    """Speed at 50 frames a second of a movement made of so many overlapping smooth ones."""
    u = np.linspace(0.0, 1.0, round(seconds * FRAME_RATE_HZ) + 1)
    length = 1.0 / (1.0 + 0.75 * (parts - 1))
    speed = np.zeros(len(u))
    for k in range(parts):
        x = np.clip((u - 0.75 * length * k) / length, 0.0, 1.0)
        speed += 30.0 * x * x * (1 - x) * (1 - x)
    return speed * degrees / (speed.sum() / FRAME_RATE_HZ)


def ldlj(speed: Array) -> float:
    """Log dimensionless jerk of a speed profile (Balasubramanian et al. 2012)."""
    curve = np.gradient(np.gradient(speed)) * FRAME_RATE_HZ**2
    lasted_s = (len(speed) - 1) / FRAME_RATE_HZ
    return -math.log(lasted_s**3 / speed.max() ** 2 * float((curve * curve).sum()) / FRAME_RATE_HZ)


def measures() -> None:
    print(f"\n{'38 deg, made of':30}{'SPARC 1':>9}{'2':>7}{'3':>7}{'LDLJ 1':>9}{'2':>7}{'3':>7}  smooth movements")
    for seconds in (0.7, 1.4, 3.0, 6.0):
        profiles = [reach(seconds, parts, 38.0) for parts in (1, 2, 3)]
        row = [f"{sparc(p) or 0.0:.2f}" for p in profiles] + [f"{ldlj(p):.2f}" for p in profiles]
        print(f"  in {seconds:.1f} s{'':21}{row[0]:>9}{row[1]:>7}{row[2]:>7}{row[3]:>9}{row[4]:>7}{row[5]:>7}")
    print(f"\n{'one smooth movement, tremor of':34}{'0':>9}{'0.2':>9}{'0.5':>9}{'1':>9}{'2 dps at 9 Hz':>16}")
    rng = np.random.default_rng(0)
    for degrees, seconds in ((38.0, 1.4), (10.0, 1.5), (2.0, 0.8)):
        clean = reach(seconds, 1, degrees)
        t_s = np.arange(len(clean)) / FRAME_RATE_HZ
        for name, measure in (("SPARC", sparc), ("LDLJ", ldlj)):
            cells = []
            for tremor_dps in (0.0, 0.2, 0.5, 1.0, 2.0):
                noise = 0.05 * rng.standard_normal(len(t_s)) + tremor_dps * np.sin(2 * np.pi * 9.0 * t_s)
                cells.append(f"{measure(np.abs(clean + noise)) or 0.0:9.2f}")
            print(f"  {degrees:4.0f} deg in {seconds:.1f} s, {name:12}{'':4}{''.join(cells)}")


def main() -> None:
    durations(range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 3)))
    measures()


if __name__ == "__main__":
    main()
