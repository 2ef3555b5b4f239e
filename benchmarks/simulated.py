"""What is counted of the simulated wearer, whose truth is known: ``python -m benchmarks.simulated [SEEDS]``.

Simulated accuracy only: it shows that the parts fit together and covers movements nobody has recorded in public
(squeezes, prone and all-fours exercises with a sensor on the upper back). It says nothing about people.
"""

from __future__ import annotations

import sys
from statistics import median

from rhomboid import events as e
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor, script_names
from rhomboid.simulation.truth import Truth

FALSE_HOLD_S = 1.5


def events_of(sensor: SimulatedSensor) -> list[e.Event]:
    """What the core says, knowing nothing about the session."""
    interpreter = Interpreter(Pipeline(Settings(mode="free")), driver_for(sensor.identity.family))
    return interpreter.feed(sensor.notifications()) + interpreter.finish()


def holds_found(truth: Truth, found: list[e.HoldEnded]) -> tuple[int, int, list[float]]:
    """Holds missed, held longer than ``FALSE_HOLD_S`` where there was none, and duration errors in seconds."""
    left = list(found)
    errors = []
    for hold in truth.holds:
        best = max(left, key=lambda h: min(h.end_s, hold.end_s) - max(h.start_s, hold.start_s), default=None)
        if best is None or min(best.end_s, hold.end_s) <= max(best.start_s, hold.start_s):
            continue
        left.remove(best)
        errors.append(abs((best.end_s - best.start_s) - (hold.end_s - hold.start_s)))
    return len(truth.holds) - len(errors), sum(h.end_s - h.start_s >= FALSE_HOLD_S for h in left), errors


def main() -> None:
    seeds = range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 3))
    print(
        f"{'script':20}{'reps true':>10}  {'live':22}{'final':22}{'holds':>6}{'missed':>8}{'false':>7}{'error s':>9}",
        end="",
    )
    print(f"{'slouches':>10}{'alerts':>8}")
    for script in script_names():
        true, live, final = [], [], []
        holds = missed = false = slouches = alerts = 0
        errors: list[float] = []
        for seed in seeds:
            sensor = SimulatedSensor(script, seed)
            found = events_of(sensor)
            true.append(len(sensor.truth.reps))
            live.append(sum(isinstance(x, e.RepCompleted) for x in found))
            final.append(sum(x.reps for x in found if isinstance(x, e.SetClosed)))
            m, f, d = holds_found(sensor.truth, [x for x in found if isinstance(x, e.HoldEnded)])
            holds, missed, false, errors = holds + len(sensor.truth.holds), missed + m, false + f, errors + d
            slouches += len(sensor.truth.slouches)
            alerts += sum(isinstance(x, e.SlouchStarted) for x in found)
        row = f"{script:20}{' '.join(map(str, true)):>10}  {' '.join(map(str, live)):22}{' '.join(map(str, final)):22}"
        error = f"{median(errors):.2f}" if errors else "-"
        print(f"{row}{holds:6}{missed:8}{false:7}{error:>9}{slouches:10}{alerts:8}")


if __name__ == "__main__":
    main()
