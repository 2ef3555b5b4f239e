"""The wearer in a guided session does as many repetitions, as long and as quickly as asked for."""

from __future__ import annotations

import pytest

from rhomboid.simulation.guided import KNOWN, Act, act


@pytest.mark.parametrize("exercise", [*KNOWN, "lat-pull-down"])
def test_what_is_asked_for_is_done_and_the_truth_tells_it(exercise: str) -> None:
    asked = [
        Act(exercise=exercise, reps=4, after_s=30.0, hold_s=3.0),
        Act(exercise=exercise, reps=3, after_s=40.0, pace=2.0),
    ]
    truth = act(asked, 3).truth
    assert [one.reps for one in truth.sets] == [4, 3]
    assert abs(truth.sets[0].start_s - 30.0) < 3.0
    assert abs(truth.sets[1].start_s - truth.sets[0].end_s - 40.0) < 8.0
    assert all(3.0 < rep.leaving_s - rep.peak_s < 4.0 for rep in truth.reps[:4])
    ways_s = [rep.peak_s - rep.start_s for rep in truth.reps]
    assert max(ways_s[4:]) < min(ways_s[:4])


def test_a_long_hold_is_waited_for() -> None:
    done = act([Act(exercise="doorway-stretch", reps=0, hold_s=30.0, after_s=10.0)], 3)
    assert not done.truth.sets and done.duration_s > 40.0
