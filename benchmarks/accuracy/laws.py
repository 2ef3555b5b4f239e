"""Do the laws of the signal core hold on real recordings? ``python -m benchmarks.accuracy.laws --data DIR [--each N]``.

Of each folder of labelled recordings every so-manieth file is taken, in order of name, so that there are at most N.
A labelled set is gone through in mode "set"; the first three minutes of a file that holds none in mode "free", and of
posture trials in mode "desk" as well. Each such stretch is told again: in blocks of 1 to 100 samples, turned at random,
on a timeline that starts elsewhere, with a gap of three seconds in its middle, at other rates, without the gyroscope.
Printed is how often the story is the same in every number (times to 2 ms; in blocks: byte for byte), how often in its
counts (repetitions of each set, holds, slouches), and how often all repetitions agree within one.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation
from tests.laws.streams import as_lines, counted, difference, events_of, resampled, shifted, turned, without_gyroscope

from rhomboid import events as e
from rhomboid.accuracy import MARGIN_S, Label, read_labels
from rhomboid.errors import RhomboidError
from rhomboid.imu import Gap, ImuBlock, StreamItem
from rhomboid.library import open_file
from rhomboid.motion.settings import TRAINING, Mode, Settings
from rhomboid.tables import table

EACH = 5
LONGEST_S = 180.0
GAP_S = 3.0
RATES_HZ = (25.0, 50.0, 104.0, 208.0)
SEED = 1


class Stretch(NamedTuple):
    """Part of a recording and how it is looked at."""

    items: list[StreamItem]
    mode: Mode

    def told(self, items: list[StreamItem]) -> list[e.Event]:
        return events_of(items, Settings(mode=self.mode, slouch=TRAINING))


class Agreement(NamedTuple):
    """How far a story told again agrees with the first."""

    same: bool
    same_counts: bool
    within_one: bool


def stretches(folder: Path, each: int) -> Iterator[Stretch]:
    """The sample that the rule above chooses."""
    by_file: defaultdict[str, list[Label]] = defaultdict(list)
    for label in read_labels(folder):
        by_file[label.file].append(label)
    by_group: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(by_file):
        by_group[name.split("/")[0]].append(name)
    for names in by_group.values():
        for name in names[:: -(-len(names) // each)]:
            items = [item for item in open_file(folder / name).items if isinstance(item, StreamItem)]
            sets = [x for x in by_file[name] if x.task == "reps"]
            for label in sets:
                yield Stretch(_between(items, label.start_s - MARGIN_S, label.end_s + MARGIN_S), "set")
            if not sets:
                start = _between(items, 0.0, LONGEST_S)
                yield Stretch(start, "free")
                if any(x.task == "posture" for x in by_file[name]):
                    yield Stretch(start, "desk")


def _between(items: list[StreamItem], start_s: float, end_s: float) -> list[StreamItem]:
    kept: list[StreamItem] = []
    for item in items:
        if isinstance(item, ImuBlock):
            block = item[slice(*np.searchsorted(item.t_s, (start_s, end_s)).tolist())]
            kept += [block] if len(block) else []
        elif start_s <= item.start_s and item.end_s <= end_s:
            kept.append(item)
    return kept


# --- told again -----------------------------------------------------------------------------------------------------


def on_blocks(items: list[StreamItem], change: Callable[[ImuBlock], ImuBlock]) -> list[StreamItem]:
    """``change`` made to every block."""
    return [change(item) if isinstance(item, ImuBlock) else item for item in items]


def in_pieces(items: list[StreamItem], rng: np.random.Generator) -> list[StreamItem]:
    """The same in blocks of 1 to 100 samples."""
    found: list[StreamItem] = []
    for item in items:
        if isinstance(item, ImuBlock):
            edges = np.unique(np.minimum(np.cumsum(np.append(0, rng.integers(1, 101, len(item)))), len(item))).tolist()
            found += [item[a:b] for a, b in pairwise(edges)]
        else:
            found.append(item)
    return found


def later(items: list[StreamItem], by_s: float) -> list[StreamItem]:
    """The same on a timeline that starts elsewhere."""
    return [
        shifted(item, by_s) if isinstance(item, ImuBlock) else Gap(item.start_s + by_s, item.end_s + by_s, item.reason)
        for item in items
    ]


def with_a_gap(items: list[StreamItem]) -> tuple[list[StreamItem], Gap]:
    """The same with some seconds missing in the middle of the longest block, and where."""
    k = max(range(len(items)), key=lambda i: len(item) if isinstance(item := items[i], ImuBlock) else 0)
    block = items[k]
    assert isinstance(block, ImuBlock)  # noqa: S101
    start_s = 0.5 * float(block.t_s[0] + block.t_s[-1] - GAP_S)
    a, b = np.searchsorted(block.t_s, (start_s, start_s + GAP_S)).tolist()
    gap = Gap(float(block.t_s[max(a - 1, 0)]), float(block.t_s[min(b, len(block) - 1)]), "taken out")
    return [*items[:k], block[: max(a, 1)], gap, block[min(b, len(block) - 1) :], *items[k + 1 :]], gap


# --- compared -------------------------------------------------------------------------------------------------------


def compared(one: list[e.Event], other: list[e.Event], later_s: float = 0.0) -> Agreement:
    """How far ``other`` tells the same as ``one``."""
    same = difference(one, other, later_s) == ""
    return Agreement(same, _counts(one) == _counts(other), abs(counted(one) - counted(other)) <= 1)


def _counts(events: list[e.Event]) -> tuple[list[int], int, int]:
    reps = [x.reps for x in events if isinstance(x, e.SetClosed)]
    return reps, *(sum(isinstance(x, kind) for x in events) for kind in (e.HoldEnded, e.SlouchStarted))


def crosses(events: list[e.Event], gap: Gap) -> bool:
    """Is anything claimed to have gone on through the gap?"""
    spans = [(m.start_s, m.end_s) for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    spans += [(x.movement.start_s, x.movement.end_s) for x in events if isinstance(x, e.RepCompleted)]
    spans += [(x.start_s, x.end_s) for x in events if isinstance(x, e.HoldEnded | e.SlouchEnded)]
    return any(start < gap.end_s - 0.05 and end > gap.start_s + 0.05 for start, end in spans)


def tried(stretch: Stretch, rng: np.random.Generator) -> Iterator[tuple[str, Agreement]]:
    """Every law on one stretch."""
    items = stretch.items
    first = stretch.told(items)
    blocks = stretch.told(in_pieces(items, rng))
    yield "any chunking", Agreement(as_lines(blocks) == as_lines(first), *compared(first, blocks)[1:])
    rotation = Rotation.random(random_state=int(rng.integers(1 << 31))).as_matrix()
    yield "any mounting", compared(first, stretch.told(on_blocks(items, lambda b: turned(b, rotation))))
    by_s = float(rng.uniform(-1e6, 1e6))
    yield "time from samples", compared(first, stretch.told(later(items, by_s)), by_s)
    gapped, gap = with_a_gap(items)
    sound = not crosses(stretch.told(gapped), gap)
    yield "nothing across a gap", Agreement(sound, sound, sound)
    for rate_hz in RATES_HZ:
        again = on_blocks(items, lambda b, hz=rate_hz: resampled(b, hz) if len(b) > 1 else b)  # type: ignore[misc]
        yield f"at {rate_hz:g} Hz", compared(first, stretch.told(again))
    if any(isinstance(item, ImuBlock) and item.gyr_dps is not None for item in items):
        yield "accelerometer alone", compared(first, stretch.told(on_blocks(items, without_gyroscope)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.laws", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds labels.csv")
    parser.add_argument("--each", type=int, default=EACH, help="at most so many files of each folder")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    found: defaultdict[str, list[Agreement]] = defaultdict(list)
    try:
        for done, stretch in enumerate(stretches(options.data, options.each), 1):
            for law, agreement in tried(stretch, rng):
                found[law].append(agreement)
            print(f"\r{done} stretches", end="", file=sys.stderr)
    except RhomboidError as error:
        print(f"benchmarks.accuracy.laws: {error}", file=sys.stderr)
        return error.exit_status
    print(file=sys.stderr)
    head = ["law", "stretches", "same story", "same counts", "repetitions within 1"]
    print(table(head, [[law, str(len(a)), *(str(sum(x)) for x in zip(*a, strict=True))] for law, a in found.items()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
