"""What is counted of the simulated wearer in guided sessions: ``python -m benchmarks.guided [SEEDS]`` (3).

The core is told when a set is expected, as ``rhomboid train`` tells it. Simulated accuracy only: it shows that coach
and core fit together, and says nothing about people.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date

from rhomboid import shelf
from rhomboid.coach.cues import Output, SetExpected, SetKept
from rhomboid.coach.flow import ANSWER_S, GET_READY_S
from rhomboid.coach.guided import GuidedSession, Tick
from rhomboid.coach.plan import PlannedExercise, PlannedSession
from rhomboid.coach.record import SetRecord
from rhomboid.events import Event
from rhomboid.imu import Command, ImuBlock, Request, SourceItem
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.simulation.guided import Act, act
from rhomboid.simulation.sensor import SimulatedSensor

AT_ONCE = 10
"""Samples: at 100 Hz the coach is heard within 100 ms."""
REST_S = 30.0
EXERCISES: tuple[tuple[str, int, float | None], ...] = (
    ("one-arm-row", 6, None), ("shoulder-blade-squeeze", 6, 5.0), ("upper-back-extension", 6, 3.0),
    ("cat-camel", 8, None),
)  # fmt: skip
SETS = 2

Says = Callable[[Output], Sequence[Command]]


def lived(
    block: ImuBlock, guided: GuidedSession, says: Says = lambda output: ()
) -> tuple[list[Output], list[SourceItem], list[Event]]:
    """What the coach puts out, what went through the core (as a recording has it), and its events.

    ``says`` is what the wearer answers to what is put out.
    """
    interpreter = Interpreter(Pipeline(Settings(mode="free")))
    out: list[Output] = []
    items: list[SourceItem] = []
    heard: list[Event] = []
    told: list[SourceItem] = []

    def take(events: list[Event]) -> None:
        heard.extend(events)
        new = [o for event in events for o in guided.feed(event)]
        new += guided.feed(Tick(interpreter.pipeline.state.t_s))
        for output in new:
            if isinstance(output, SetExpected):
                told.append(Request(0, "set_begins" if output.going_on else "set_ends"))
            told.extend(says(output))
        out.extend(new)

    for start in range(0, len(block), AT_ONCE):
        arrived = [*told, block[start : start + AT_ONCE]]
        told.clear()
        items += arrived
        take(interpreter.feed(arrived))
        if guided.over:
            return out, items, heard
    take(interpreter.finish())
    out += guided.finish()
    return out, items, heard


def _planned() -> PlannedSession:
    exercises = tuple(
        PlannedExercise(exercise=x, name=x, sets=SETS, reps=reps, hold_s=hold_s, rest_s=REST_S, why="")
        for x, reps, hold_s in EXERCISES
    )
    return PlannedSession(
        plan="", step=0, week=0, light=False, due=date(2026, 1, 5), name="", warm_up_min=0.0, exercises=exercises
    )


def main() -> None:
    catalogue = shelf.catalogue()
    acts = [
        Act(exercise=x, reps=reps, hold_s=hold_s, after_s=REST_S + 2.0 + (GET_READY_S if number == 0 else 0.0))
        for x, reps, hold_s in EXERCISES
        for number in range(SETS)
    ]
    acts[0] = Act(exercise=acts[0].exercise, reps=acts[0].reps, after_s=ANSWER_S + GET_READY_S + 1.0)
    print(f"{'seed':>4}  {'exercise':24}{'true':>5}{'live':>6}{'final':>7}{'true holds':>12}{'timed':>7}")
    exact = within_one = sets = 0
    for seed in range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 3)):
        sensor = SimulatedSensor("guided", seed, performance=act(acts, seed))
        out, _, _ = lived(sensor.samples(), GuidedSession(_planned(), catalogue.exercises, ask_effort=False))
        first: dict[int, SetRecord] = {}
        last: dict[int, SetRecord] = {}
        for kept in out:
            if isinstance(kept, SetKept):
                first.setdefault(kept.index, kept.record)
                last[kept.index] = kept.record
        for index, true in enumerate(sensor.truth.sets):
            found = last.get(index)
            sets += 1
            if found is None:
                print(f"{seed:4}  {true.exercise:24}{true.reps:5}{'missed':>6}")
                continue
            exact += found.reps == true.reps
            within_one += abs(found.reps - true.reps) <= 1
            asked = found.target_hold_s is not None
            holds = sum(asked and true.start_s <= h.start_s <= true.end_s for h in sensor.truth.holds)
            live = first[index].reps
            print(f"{seed:4}  {true.exercise:24}{true.reps:5}{live:6}{found.reps:7}{holds:12}{len(found.holds):7}")
    print(f"exact {exact} of {sets}, within one {within_one} of {sets}")


if __name__ == "__main__":
    main()
