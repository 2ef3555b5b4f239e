"""The weights of "is this a set at all?": cross-validated by person, then fitted to everybody.

``python -m benchmarks.accuracy.fit_set --data DIR [--write]`` looks at labelled sets (with and without the gyroscope),
daily life and posture trials, simulated sets and daily life, and bows at random, wherever something repeats itself,
through windows as the counter does. Printed is what free running makes of every recording by weights that know
nothing of the person; ``--write`` puts the weights fitted to all into ``rep_set``.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.accuracy.acted import bows, simulated
from benchmarks.accuracy.fit import report
from benchmarks.accuracy.frames import Whole, wholes
from benchmarks.accuracy.logit import decide, write
from rhomboid.accuracy import MARGIN_S, Label, read_labels
from rhomboid.errors import RhomboidError
from rhomboid.events import Event, Movement, SetClosed
from rhomboid.motion import rep_set
from rhomboid.motion.frontend import FRAME_RATE_HZ, Frames
from rhomboid.motion.rep_candidates import Rep
from rhomboid.motion.rep_looks import ALIKE, LEAD_IN_S, LOOKS_PERIODS
from rhomboid.motion.rep_rhythm import LOOK_FRAMES, Rhythm
from rhomboid.motion.rep_set import ENOUGH_REPS, set_features
from rhomboid.motion.rep_signals import MovementSignals
from rhomboid.motion.rep_vote import SURETY, vote_each
from rhomboid.motion.repetition import RepetitionDetector
from rhomboid.motion.settings import Settings

RIDGE = 1.0
SET_WEIGHT, ACTED_SET_WEIGHT = 10.0, 3.0  # of all moments in a set together
FREE_WEIGHT = 3.0  # of a moment known to be in no set: hours of them should hold less than one alarm
ACTED_SETS, ACTED_DAILY, BOWS = 12, 6, 16
LONG_LOOK_EVERY = 3  # The longest windows change little from one second to the next.


Weights = tuple[dict[str, float], float]
"""By feature name, and the constant."""


class Moment(NamedTuple):
    """What is known of a window."""

    features: dict[str, float]
    in_set: tuple[str, float] | None  # the recording and the start of the set
    who: str


def moments(whole: Whole) -> Iterator[Moment]:
    """Every second in which something repeats itself, through all windows that hold enough repetitions."""
    for frames in (p for p in whole.pieces if isinstance(p, Frames)):
        x = MovementSignals().feed(frames)
        rise_g = (frames.acc_g * frames.up).sum(axis=1) - 1.0
        for second, (period_s, unlike) in enumerate(Rhythm().feed(x), 1):
            if unlike >= ALIKE:
                continue
            now = second * LOOK_FRAMES
            for periods in LOOKS_PERIODS if second % LONG_LOOK_EVERY == 0 else LOOKS_PERIODS[:2]:
                first = max(0, now - int((periods * period_s + LEAD_IN_S) * FRAME_RATE_HZ))
                vote = vote_each([x[first:now]], SURETY)[0]
                if vote.leader is None or vote.held < ENOUGH_REPS:
                    continue
                place = _place(whole, frames, first, vote.leader.reps)
                if place is not None:
                    features = set_features(x[first:now], rise_g[first:now], vote.leader, float(unlike))
                    yield Moment(features, (whole.name, place) if place >= 0 else None, whole.who)


def _place(whole: Whole, frames: Frames, first: int, reps: list[Rep]) -> float | None:
    """The start of the set that holds all these repetitions, -1 if they are known to be in none, None: neither."""
    start_s, end_s = (float(frames.t_s[first + r.far]) for r in (reps[0], reps[-1]))
    for a, b in whole.sets:
        if a - MARGIN_S <= start_s and end_s <= b + MARGIN_S:
            return max(a, 0.0)
    return -1.0 if any(a <= start_s and end_s <= b for a, b in whole.free_of_sets) else None


def fit(given: list[Moment], start: Weights | None = None) -> Weights:
    """``start`` is where to look first."""
    names = sorted(given[0].features)
    moments_in = Counter(m.in_set for m in given)
    weight = [_weight(m, moments_in[m.in_set]) for m in given]
    x = np.array([[m.features[name] for name in names] for m in given])
    begin = None if start is None else (np.array([start[0][name] for name in names]), start[1])
    weights, constant = decide(x, np.array([m.in_set is not None for m in given]), np.array(weight), RIDGE, begin)
    return dict(zip(names, weights.tolist(), strict=True)), constant


def _weight(m: Moment, moments_in_set: int) -> float:
    if m.in_set is None:
        return FREE_WEIGHT
    return (ACTED_SET_WEIGHT if m.who.startswith("simulated") else SET_WEIGHT) / moments_in_set


# --- report ---------------------------------------------------------------------------------------------------------


def free_run(whole: Whole, weights: Weights) -> list[Movement]:
    """The repetitions that stand at the end of a recording in which nothing was told."""
    rep_set.WEIGHTS, rep_set.CONSTANT = weights
    detector = RepetitionDetector(Settings(mode="free"))
    told: list[Event] = []
    for piece in whole.pieces:
        told += detector.feed(piece) if isinstance(piece, Frames) else detector.interrupt(piece)
    return [m for event in told + detector.finish() if isinstance(event, SetClosed) for m in event.movements]


def free_runs(
    recordings: list[Whole], labels: list[Label], weights: dict[str, Weights]
) -> tuple[list[tuple[Label, int]], str]:
    """Every labelled set counted in free running by the weights for its person, and what was counted in daily life."""
    counted: list[tuple[Label, int]] = []
    hours, false = 0.0, 0
    for done, whole in enumerate(recordings, 1):
        peaks_s = np.array([m.peak_s for m in free_run(whole, weights[whole.who])])
        for label in (x for x in labels if x.file == whole.name):
            n = int(((peaks_s >= label.start_s - MARGIN_S) & (peaks_s <= label.end_s + MARGIN_S)).sum())
            if label.task == "reps":
                counted.append((label, n))
            else:
                hours, false = hours + (label.end_s - label.start_s) / 3600, false + n
        print(f"\r{done} of {len(recordings)} recordings", end="", file=sys.stderr)
    print(file=sys.stderr)
    return counted, f"where there are none: {false} in {hours:.2f} h"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.fit_set", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--write", action="store_true", help="put the weights into the code")
    options = parser.parse_args()
    try:
        labels = read_labels(options.data)
        real = list(wholes(options.data, [x for x in labels if x.task in ("reps", "daily", "posture")]))
    except RhomboidError as error:
        print(f"benchmarks.accuracy.fit_set: {error}", file=sys.stderr)
        return error.exit_status
    given: list[Moment] = []
    for done, whole in enumerate(chain(real, simulated(ACTED_SETS, ACTED_DAILY), bows(BOWS)), 1):
        given += moments(whole)
        print(f"\r{done} recordings", end="", file=sys.stderr)
    print(file=sys.stderr)
    today = rep_set.WEIGHTS, rep_set.CONSTANT
    everybody = fit(given)
    people = sorted({whole.who for whole in real})
    scored = [x for x in labels if x.task in ("reps", "daily")]
    recordings = [whole for whole in real if whole.name in {x.file for x in scored}]
    for title, weights in (
        ("Weights as they are (they have seen these people)", dict.fromkeys(people, today)),
        ("Fitted to everybody (they have seen these people too)", dict.fromkeys(people, everybody)),
        (
            "Cross-validated: fitted to everybody else",
            {p: fit([m for m in given if m.who != p], everybody) for p in people},
        ),
    ):
        counted, daily = free_runs(recordings, scored, weights)
        print(f"{title}\n\n{report(counted)}\n{daily}\n")
    if options.write:
        weights_now, constant = everybody
        write(rep_set, weights_now, [f"CONSTANT = {constant:.3f}\n"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
