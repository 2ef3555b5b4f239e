"""How well the breathing rate is told: ``python -m benchmarks.breathing [SEEDS]``.

The simulated wearer breathes at known rates, keeping still (with the usual sway, and three times as much) or working at
the desk. Simulated figures only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from rhomboid.events import BreathingMeasured
from rhomboid.imu import ImuBlock
from rhomboid.motion.breathing import BreathingDetector
from rhomboid.motion.frontend import Frames, FrontEnd
from rhomboid.simulation.scripts import SITTING, take_pose, work
from rhomboid.simulation.stage import Stage

PER_MIN = (8.0, 10.0, 12.0, 15.0, 18.0, 21.0, 25.0)
RIGHT_PER_MIN = 1.5
RATE_HZ = 50.0
LASTS_S, LOOKS = 190.0, 5


def keep_still(stage: Stage, seconds: float) -> None:
    stage.wait(seconds)


def sway_much(stage: Stage, seconds: float) -> None:
    """Twice the usual sway on top of it, at rates of its own."""
    for name, amplitude in (("flexion", 0.36), ("lateral", 0.3)):
        for frequency_hz in (0.07, 0.12, 0.2, 0.33, 0.5):
            size = stage.about(amplitude * (0.06 / frequency_hz) ** 0.7, 0.2)
            stage.shake(seconds, name, size, stage.about(frequency_hz, 0.1), ramp_s=5.0)
    stage.wait(seconds)


ACTS: dict[str, Callable[[Stage, float], None]] = {"still": keep_still, "three times the sway": sway_much, "desk": work}


def told(act: Callable[[Stage, float], None], per_min: float, seed: int) -> list[float]:
    """The rates told in ``LASTS_S``."""
    stage = Stage(seed)
    take_pose(stage, 2.0, SITTING)
    act(stage, LASTS_S)
    t_s = np.arange(10.0, stage.t_s, 1.0 / RATE_HZ)
    felt = stage.performance(per_min / 60.0).wearer.feel(t_s)
    rng = np.random.default_rng(seed)
    acc_g = felt.acc_g + 160e-6 * np.sqrt(RATE_HZ / 2) * rng.standard_normal(felt.acc_g.shape)
    gyr_dps = felt.gyr_dps + 0.2 + 0.008 * np.sqrt(RATE_HZ / 2) * rng.standard_normal(felt.acc_g.shape)
    detector = BreathingDetector()
    frames = [x for x in FrontEnd().feed(ImuBlock(t_s, acc_g, gyr_dps)) if isinstance(x, Frames)]
    return [x.per_min for f in frames for x in detector.feed(f) if isinstance(x, BreathingMeasured)]


def main() -> None:
    seeds = range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 10))
    print(f"{'':22}{'breaths a minute':>18}{'looks':>9}{'told %':>8}{'of these right %':>18}{'median error':>14}")
    for name, act in ACTS.items():
        for per_min in PER_MIN:
            errors = np.array([abs(rate - per_min) for seed in seeds for rate in told(act, per_min, seed)])
            looks = LOOKS * len(seeds)
            cells = f"{100 * len(errors) / looks:8.0f}"
            if len(errors):
                cells += f"{100 * (errors <= RIGHT_PER_MIN).mean():18.0f}{np.median(errors):14.2f}"
            print(f"{name:22}{per_min:18.0f}{looks:9}{cells}")


if __name__ == "__main__":
    main()
