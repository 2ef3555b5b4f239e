"""The weights of the look back: cross-validated by person, then fitted to everybody.

``python -m benchmarks.accuracy.fit --data DIR [--write]`` takes every labelled set, its ways of counting and their
features, and altered copies of it: some of its repetitions alone, played faster or slower, or backwards. The weights
maximise the probability of the true counts less a ridge penalty. Printed is how well people do whose sets, and copies
of sets, the weights have not seen; ``--write`` puts the weights fitted to all into ``recount_model``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from benchmarks.accuracy.frames import COLUMNS, SetFrames, labelled
from benchmarks.accuracy.logit import Problem, choose, who, write
from rhomboid.accuracy import Label, Share, read_labels
from rhomboid.errors import RhomboidError
from rhomboid.imu import Array
from rhomboid.motion import recount_model, rep_recount
from rhomboid.motion.recount_ways import Signals, Way, signals, ways_to_count
from rhomboid.tables import table

RIDGE = 10.0
COPY_WEIGHT = 0.3  # A copy tells less than a set somebody did.
UNSURE_WEIGHT = 0.5
PARTS, ALTERED = 3, 2  # Copies of each set: some of its repetitions, and all of them.
LONGEST_PART = 15
SEED = 1


class Example(NamedTuple):
    """A set with the features of all its ways of counting, (ways,) each, their counts, and which are true."""

    label: Label
    features: dict[str, Array]
    counts: Array
    true: Array
    weight: float

    @property
    def person(self) -> str:
        return who(self.label)


# --- examples -------------------------------------------------------------------------------------------------------


def examples(folder: Path, labels: list[Label]) -> tuple[list[Example], list[Example]]:
    """The sets themselves, and their altered copies. Sets recorded in pieces (a break in them) are not altered."""
    rng = np.random.default_rng(SEED)
    real: list[Example] = []
    copies: list[Example] = []
    for label, frames in labelled(folder, labels):
        s = signals(frames.t_s, frames.acc_g, frames.gyr_dps, frames.up)
        ways = [] if s is None else ways_to_count(s)
        if s is None or not ways:
            continue
        example = _example(label, ways, s, 1.0 if label.sure else UNSURE_WEIGHT)
        real.append(example)
        way = likely_true(label, ways, example.features)
        if way is not None and not frames.breaks:
            for part, count in _parts(label, frames, s, way, rng):
                altered = _altered(part, float(np.exp(rng.uniform(-0.5, 0.5))), bool(rng.random() < 0.5))
                s2 = signals(altered.t_s, altered.acc_g, altered.gyr_dps, altered.up)
                ways2 = [] if s2 is None else ways_to_count(s2)
                if s2 is not None and ways2:
                    copy = msgspec.structs.replace(label, expected_reps=count)
                    copies.append(_example(copy, ways2, s2, COPY_WEIGHT * example.weight))
    return real, copies


def _example(label: Label, ways: list[Way], s: Signals, weight: float) -> Example:
    counts = np.array([len(way.far) for way in ways])
    allowed = 0 if label.sure else 1
    true = np.array([float(label.off(int(n)) <= allowed) for n in counts])
    return Example(label, recount_model.features(ways, s), counts, true, weight)


def likely_true(label: Label, ways: list[Way], features: dict[str, Array]) -> Way | None:
    """Among the ways that arrive at the true count the one today's weights trust most."""
    allowed = 0 if label.sure else 1
    right = [i for i, way in enumerate(ways) if label.off(len(way.far)) <= allowed]
    scores = recount_model.scores(features, recount_model.WEIGHTS)
    return ways[max(right, key=lambda i: float(scores[i]))] if right else None


def _parts(
    label: Label, frames: SetFrames, s: Signals, way: Way, rng: np.random.Generator
) -> Iterator[tuple[SetFrames, int]]:
    """Some neighbouring repetitions with the margin a user leaves; then the whole set; each with its true count."""
    expected = label.expected_reps or 0
    found = len(way.far)
    for _ in range(PARTS):
        n = int(rng.integers(1, min(found, LONGEST_PART) + 1))
        first = int(rng.integers(0, found - n + 1))
        left, returned = recount_model.moving([way])
        start_s = s.t_s[left[first]] - rng.uniform(0.3, 0.7)
        end_s = s.t_s[returned[first + n - 1]] + rng.uniform(0.3, 0.7)
        rows = (frames.t_s >= start_s) & (frames.t_s <= end_s)
        # Left and right may have been counted as one.
        yield _rows(frames, rows), n * round(expected / found) if found < expected else n
    for _ in range(ALTERED):
        yield frames, expected


def _rows(frames: SetFrames, rows: Array) -> SetFrames:
    return msgspec.structs.replace(frames, **{name: getattr(frames, name)[rows] for name in COLUMNS})


def _altered(frames: SetFrames, speed: float, backwards: bool) -> SetFrames:
    """The same movement at another speed: the same pose, angular velocity by ``speed``, acceleration by its square."""
    place = np.arange(int((len(frames.t_s) - 1) / speed)) * speed
    i = place.astype(int)
    part = (place - i)[:, None]

    def between(x: Array) -> Array:
        y: Array = x[i] * (1.0 - part) + x[i + 1] * part
        return y[::-1] if backwards else y

    up = between(frames.up)
    up /= np.sqrt((up * up).sum(axis=1))[:, None]
    rise_g = between(((frames.acc_g * frames.up).sum(axis=1) - 1.0)[:, None])
    gyr_dps = between(frames.gyr_dps) * (-speed if backwards else speed)
    t_s = frames.t_s[0] + np.arange(len(place)) / 50.0
    acc_g = up * (1.0 + speed * speed * rise_g)
    return SetFrames(t_s, acc_g, gyr_dps, up, between(frames.quat), frames.has_gyro, [])


# --- fit ------------------------------------------------------------------------------------------------------------


def fit(given: list[Example]) -> dict[str, float]:
    """Weights by feature name, for features as they are (not standardised)."""
    names = sorted({name for example in given for name in example.features})
    useful = [example for example in given if example.true.any() and not example.true.all()]
    x = np.concatenate([_matrix(example, names) for example in useful])
    sizes = np.array([len(example.counts) for example in useful])
    problem = Problem(
        x,
        np.concatenate([example.true for example in useful]),
        np.concatenate(([0], np.cumsum(sizes)[:-1])),
        np.array([example.weight for example in useful]),
    )
    return dict(zip(names, choose(problem, RIDGE).tolist(), strict=True))


def _matrix(example: Example, names: list[str]) -> Array:
    return np.stack([example.features[name] for name in names], axis=1)


def count(example: Example, weights: dict[str, float]) -> int:
    """The most probable count."""
    scores = recount_model.scores(example.features, weights)
    return rep_recount.most_probable(example.counts, recount_model.as_shares(scores))


# --- report ---------------------------------------------------------------------------------------------------------


def cross_validated(real: list[Example], copies: list[Example]) -> list[tuple[Label, int]]:
    """Every real set counted by weights that know nothing of the person."""
    weights = {}
    for name in sorted({example.person for example in real}):
        weights[name] = fit([example for example in real + copies if example.person != name])
        print(f"\r{len(weights)} people", end="", file=sys.stderr)
    print(file=sys.stderr)
    return [(example.label, count(example, weights[example.person])) for example in real]


def report(counted: list[tuple[Label, int]]) -> str:
    """Shares by group, then the sets that were counted wrongly."""
    rows = []
    for group in [*sorted({label.group for label, _ in counted}), "all"]:
        of = [(label, n) for label, n in counted if group in (label.group, "all")]
        sure = [label.off(n) == 0 for label, n in of if label.sure]
        near = [label.off(n) <= 1 for label, n in of]
        rows.append((group, str(len(of)), str(Share(sum(sure), len(sure))), str(Share(sum(near), len(near)))))
    missed = [
        f"{label.file} {label.activity}: {label.expected_reps}, counted {n}"
        for label, n in counted
        if label.off(n) > (0 if label.sure else 1)
    ]
    return "\n".join([table(("group", "sets", "exact %", "within 1 %"), rows), "", *missed])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--write", action="store_true", help="put the weights into the code")
    options = parser.parse_args()
    try:
        labels = [label for label in read_labels(options.data) if label.task == "reps"]
        real, copies = examples(options.data, labels)
    except RhomboidError as error:
        print(f"benchmarks.accuracy.fit: {error}", file=sys.stderr)
        return error.exit_status
    print(report(cross_validated(real, copies)))
    if options.write:
        write(recount_model, fit(real + copies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
