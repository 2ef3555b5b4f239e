"""Whether it helps to have been shown an exercise: sets counted with and without a template of three repetitions.

``python -m benchmarks.accuracy.taught --data DIR`` takes every person who did an exercise in several labelled sets.
Three repetitions of one set make the template, as ``rhomboid teach`` would, and the other sets are looked back on
with it: once with start and end known, once with up to 8 s of what the person did before and after, as in a guided
set. Tried are a few weights for being unlike the template in size, in duration and in course, each alone. The look
back and its weights have seen these people; the template has never seen the set that it is used on.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.accuracy.fit import likely_true
from benchmarks.accuracy.frames import SetFrames, frames_of
from rhomboid.accuracy import MARGIN_S, Label, Share, read_labels
from rhomboid.errors import RhomboidError
from rhomboid.imu import Array, ImuBlock
from rhomboid.library import open_file
from rhomboid.motion import recount_model
from rhomboid.motion.frontend import FRAME_RATE_HZ, Frames
from rhomboid.motion.recount_ways import Signals, Way, signals, ways_to_count
from rhomboid.motion.rep_recount import SIZE_COUNTS, most_probable, within_reach
from rhomboid.motion.rep_signals import MovementSignals
from rhomboid.motion.rep_vote import SURETY, TICK_FRAMES, Ballot
from rhomboid.motion.settings import Template
from rhomboid.motion.template import courses, likeness, size_off, template_of
from rhomboid.tables import table

AROUND_S = 8.0
SHOWN = 3
SHOWN_MARGIN_S = 1.0
WEIGHTS = (1.0, SIZE_COUNTS, 16.0)


class Seen(NamedTuple):
    """A set as the look back sees it: its ways of counting, how far each is trusted, what was counted live."""

    label: Label
    s: Signals
    ways: list[Way]
    scores: Array
    counts: Array
    live: int

    def off(self, against_it: Array | float = 0.0) -> int:
        """How far from the truth the count is, if this is what speaks against each way."""
        trust = recount_model.as_shares(self.scores - against_it)
        return self.label.off(most_probable(self.counts, trust * within_reach(self.counts, self.live)))


def seen(label: Label, frames: SetFrames) -> Seen | None:
    """None where the set was recorded in pieces, or nothing moves."""
    s = None if frames.breaks else signals(frames.t_s, frames.acc_g, frames.gyr_dps, frames.up)
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return None
    scores = recount_model.scores(recount_model.features(ways, s), recount_model.WEIGHTS)
    return Seen(label, s, ways, scores, np.array([len(way.far) for way in ways]), _live(frames))


def _live(f: SetFrames) -> int:
    x = MovementSignals().feed(Frames(f.t_s, f.t_s, f.acc_g, f.gyr_dps, f.up, f.quat, f.has_gyro))
    ballot, whole = Ballot(), len(x) // TICK_FRAMES * TICK_FRAMES
    votes = ballot.votes(x[:whole], TICK_FRAMES, SURETY)
    votes += [ballot.vote(x[whole:], SURETY)] if whole < len(x) else []
    return max(vote.held for vote in votes)


def shown(of: Seen, frames: SetFrames) -> Template | None:
    """What the first three repetitions of a set teach; None where they cannot be made out."""
    way = likely_true(of.label, of.ways, recount_model.features(of.ways, of.s))
    if way is None or len(way.far) < SHOWN:
        return None
    left, returned = recount_model.moving([way])
    start_s, end_s = of.s.t_s[left[0]] - SHOWN_MARGIN_S, of.s.t_s[returned[SHOWN - 1]] + SHOWN_MARGIN_S
    rows = (frames.t_s >= start_s) & (frames.t_s <= end_s)
    s = signals(frames.t_s[rows], frames.acc_g[rows], frames.gyr_dps[rows], frames.up[rows])
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return None
    scores = recount_model.scores(recount_model.features(ways, s), recount_model.WEIGHTS)
    three = [i for i, way in enumerate(ways) if len(way.far) == SHOWN]
    return template_of(ways[max(three, key=lambda i: float(scores[i]))], s) if three else None


def pairs(folder: Path) -> Iterator[tuple[bool, Seen, Template]]:
    """Every set beside every template of another set of the same person and exercise; first: with surroundings?"""
    labels = [label for label in read_labels(folder) if label.task == "reps"]
    several: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for label in labels:
        several[_kind(label)] += 1
    found: defaultdict[tuple[str, ...], list[tuple[Seen, Seen | None, Template | None]]] = defaultdict(list)
    for name, group in groupby(sorted(labels, key=lambda x: (x.file, x.start_s)), key=lambda x: x.file):
        of = list(group)
        blocks = [item for item in open_file(folder / name).items if isinstance(item, ImuBlock)]
        for label in (x for x in of if several[_kind(x)] > 1):
            frames = frames_of(blocks, label.start_s - MARGIN_S, label.end_s + MARGIN_S)
            alone = seen(label, frames)
            if alone is None:
                continue
            before = [x.end_s for x in of if x.end_s <= label.start_s]
            after = [x.start_s for x in of if x.start_s >= label.end_s]
            first_s = max([label.start_s - AROUND_S, *before])
            last_s = min([label.end_s + AROUND_S, *after])
            wider = frames_of(blocks, first_s, last_s) if last_s - first_s > label.end_s - label.start_s + 2.0 else None
            around = None if wider is None else seen(label, wider)
            found[_kind(label)].append((alone, around, shown(alone, frames)))
            print(f"\r{sum(map(len, found.values()))} sets", end="", file=sys.stderr)
    print(file=sys.stderr)
    for same in found.values():
        for alone, around, _ in same:
            for other, _, template in same:
                if other is not alone and template is not None:
                    yield False, alone, template
                    if around is not None:
                        yield True, around, template


def _kind(label: Label) -> tuple[str, ...]:
    return label.file.split("/")[0], label.subject, label.placement, label.activity


def against(template: Template, of: Seen) -> dict[str, Array]:
    """How far the repetitions of each way of counting are from what was shown, (ways,) each."""
    left, returned = recount_model.moving(of.ways)
    _, once, same = np.unique(left * len(of.s.t_s) + returned, return_index=True, return_inverse=True)
    like = likeness(template, courses(of.s.shape, left[once], returned[once]))[same]
    longer = np.log((returned - left) / FRAME_RATE_HZ / template.duration_s)
    ends = np.cumsum(of.counts)[:-1]
    course, duration = ([float(np.median(part)) for part in np.split(x, ends)] for x in (like, longer))
    size = size_off(template, of.ways, of.s)
    return {"size": size, "duration": np.square(duration), "course": 1.0 - np.array(course)}


def report(given: list[tuple[Seen, Template]]) -> str:
    """What comes out right with each weight, and how many sets get better and worse by it."""
    columns = [against(template, of) for of, template in given]
    rows = []
    usual = [of.off() for of, _ in given]
    for name in ("-", "size", "duration", "course"):
        for weight in WEIGHTS if name != "-" else (0.0,):
            off = [
                of.off(weight * column[name] if weight else 0.0) for (of, _), column in zip(given, columns, strict=True)
            ]
            right = sum(n <= (not of.label.sure) for n, (of, _) in zip(off, given, strict=True))
            better = sum(n < before for n, before in zip(off, usual, strict=True))
            worse = sum(n > before for n, before in zip(off, usual, strict=True))
            within1 = sum(n <= 1 for n in off)
            told = (str(Share(right, len(off))), str(Share(within1, len(off))), str(better), str(worse))
            rows.append((name, f"{weight:g}", *told))
    return table(("told", "weight", "right %", "within 1 %", "better", "worse"), rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.taught", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    options = parser.parse_args()
    try:
        given = list(pairs(options.data))
    except RhomboidError as error:
        print(f"benchmarks.accuracy.taught: {error}", file=sys.stderr)
        return error.exit_status
    for around, title in ((False, "Start and end known"), (True, f"With up to {AROUND_S:g} s before and after")):
        some = [(of, template) for wider, of, template in given if wider == around]
        print(f"{title}: {len({of.label for of, _ in some})} sets, {len(some)} times beside a template\n")
        print(f"{report(some)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
