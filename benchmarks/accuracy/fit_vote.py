"""The weights of the live vote: cross-validated by person, then fitted to everybody.

``python -m benchmarks.accuracy.fit_vote --data DIR [--write]`` holds the vote on every labelled set as it grows. At any
moment the repetitions that are over by then, as the look back sees them where it arrives at the true count, should
hold; while one is ending, either count is right. Printed is how well people are counted live by weights that have not
seen them; ``--write`` puts the weights fitted to all into ``rep_candidates``.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.fit import UNSURE_WEIGHT, likely_true, report
from benchmarks.accuracy.frames import SetFrames, labelled
from benchmarks.accuracy.logit import Problem, choose, who, write
from rhomboid.accuracy import Label, read_labels
from rhomboid.errors import RhomboidError
from rhomboid.imu import Array
from rhomboid.motion import recount_model, rep_candidates
from rhomboid.motion.frontend import Frames
from rhomboid.motion.recount_ways import signals, ways_to_count
from rhomboid.motion.rep_signals import MovementSignals
from rhomboid.motion.rep_vote import SURETY, TICK_FRAMES, Ballot

RIDGE = 1.0
EVERY = 4  # Neighbouring ticks say nearly the same.
EARLY_S = 0.5  # So long before it is over a repetition may be counted or not.
NAMES = sorted(rep_candidates.WEIGHTS)
Counts = npt.NDArray[np.int64]


class Votes(NamedTuple):
    """A set: the features of all options at all ticks, (n, features), what they count, which are true; where each
    tick ``starts``. The first option of a tick is that nothing has happened yet."""

    label: Label
    x: Array
    counts: Counts
    true: Array
    starts: Counts


def votes(label: Label, f: SetFrames) -> Votes | None:
    """None where nothing is known: a set recorded in pieces, or one whose true count cannot be seen."""
    ends_s = None if f.breaks else _ends_s(label, f)
    if ends_s is None:
        return None
    frames = Frames(f.t_s, f.t_s, f.acc_g, f.gyr_dps, f.up, f.quat, f.has_gyro)
    signal = MovementSignals().feed(frames)
    ballot = Ballot()
    rows: list[list[float]] = []
    counts: list[int] = []
    true: list[bool] = []
    starts = []
    nothing = [float(name == "nothing") for name in NAMES]
    for end in [*range(TICK_FRAMES, len(signal), TICK_FRAMES), len(signal)]:
        ballot.vote(signal[len(ballot) : end], SURETY)
        now_s = f.t_s[end - 1]
        least, most = np.searchsorted(ends_s, (now_s, now_s + EARLY_S), side="right")
        found = ballot.candidates()
        starts.append(len(rows))
        rows += [nothing, *([c.features.get(name, 0.0) for name in NAMES] for c in found)]
        counts += [0, *(len(c.reps) for c in found)]
        true += [least <= n <= most for n in counts[starts[-1] :]]
    return Votes(label, np.array(rows), np.array(counts), np.array(true, float), np.array(starts))


def _ends_s(label: Label, f: SetFrames) -> Array | None:
    """When each repetition is over, by the most trusted way of counting that comes to the true count."""
    s = signals(f.t_s, f.acc_g, f.gyr_dps, f.up)
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return None
    way = likely_true(label, ways, recount_model.features(ways, s))
    return None if way is None else np.sort(s.t_s[recount_model.moving([way])[1]])


def fit(given: list[Votes], start: Array | None = None) -> Array:
    """Weights in the order of ``NAMES``."""
    x, true, sizes, weight = [], [], [], []
    for v in given:
        for k, (a, b) in enumerate(pairwise([*v.starts.tolist(), len(v.x)])):
            if k % EVERY == 0 and 0 < v.true[a:b].sum() < b - a:
                x.append(v.x[a:b])
                true.append(v.true[a:b])
                sizes.append(b - a)
                weight.append(1.0 if v.label.sure else UNSURE_WEIGHT)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return choose(Problem(np.concatenate(x), np.concatenate(true), starts, np.array(weight)), RIDGE, start)


def announced(v: Votes, weights: Array) -> int:
    """How many are counted live: the most that was ever held."""
    scores = v.x @ weights
    most = 0
    for a, b in pairwise([*v.starts.tolist(), len(v.x)]):
        share = np.exp(scores[a:b] - scores[a:b].max())
        order = np.argsort(-v.counts[a:b], kind="stable")
        held = np.cumsum(share[order]) >= SURETY * share.sum()
        most = max(most, int(v.counts[a:b][order][int(np.argmax(held))]))
    return most


def cross_validated(given: list[Votes], everybody: Array) -> list[tuple[Label, int]]:
    """Every set counted by weights that know nothing of the person; ``everybody`` is where their fits start."""
    counted = []
    for name in sorted({who(v.label) for v in given}):
        weights = fit([v for v in given if who(v.label) != name], everybody)
        counted += [(v.label, announced(v, weights)) for v in given if who(v.label) == name]
        print(f"\r{len(counted)} of {len(given)} sets", end="", file=sys.stderr)
    print(file=sys.stderr)
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.fit_vote", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--write", action="store_true", help="put the weights into the code")
    options = parser.parse_args()
    try:
        labels = [label for label in read_labels(options.data) if label.task == "reps"]
        given = [v for label, frames in labelled(options.data, labels) if (v := votes(label, frames)) is not None]
    except RhomboidError as error:
        print(f"benchmarks.accuracy.fit_vote: {error}", file=sys.stderr)
        return error.exit_status
    today = np.array([rep_candidates.WEIGHTS[name] for name in NAMES])
    everybody = fit(given)
    for title, counted in (
        ("Weights as they are (they have seen these people)", [(v.label, announced(v, today)) for v in given]),
        ("Fitted to everybody (they have seen these people too)", [(v.label, announced(v, everybody)) for v in given]),
        ("Cross-validated: fitted to everybody else", cross_validated(given, everybody)),
    ):
        print(f"{title}\n\n{report(counted)}\n")
    if options.write:
        write(rep_candidates, dict(zip(NAMES, everybody.tolist(), strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
