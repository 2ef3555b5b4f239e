"""Labelled recordings as frames, in memory: what the plots and the fits look at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.accuracy.logit import who
from rhomboid.accuracy import MARGIN_S, Label
from rhomboid.imu import Array, Gap, ImuBlock, StreamItem
from rhomboid.library import open_file
from rhomboid.motion.frontend import Break, Frames, FrontEnd


class SetFrames(msgspec.Struct, frozen=True, eq=False):
    """A stretch of a recording after the front end; arrays as in ``Frames``."""

    t_s: Array
    acc_g: Array
    gyr_dps: Array
    up: Array
    quat: Array
    has_gyro: bool
    breaks: list[Break]


COLUMNS = ("t_s", "acc_g", "gyr_dps", "up", "quat")


def labelled(folder: Path, labels: list[Label]) -> Iterator[tuple[Label, SetFrames]]:
    """Each label with its interval and the usual margin on both sides, cut out before the front end sees it."""
    for name, group in groupby(sorted(labels, key=lambda x: (x.file, x.start_s)), key=lambda x: x.file):
        blocks = [item for item in open_file(folder / name).items if isinstance(item, ImuBlock)]
        for label in group:
            yield label, frames_of(blocks, label.start_s - MARGIN_S, label.end_s + MARGIN_S)


def frames_of(blocks: list[ImuBlock], start_s: float, end_s: float) -> SetFrames:
    """The front end's view of what was recorded between the two times."""
    front_end = FrontEnd()
    found = [
        item
        for block in blocks
        for item in front_end.feed(block[slice(*np.searchsorted(block.t_s, (start_s, end_s)).tolist())])
    ]
    frames = [item for item in found if isinstance(item, Frames)]
    columns = {name: np.concatenate([getattr(f, name) for f in frames]) for name in COLUMNS}
    return SetFrames(**columns, has_gyro=frames[0].has_gyro, breaks=[item for item in found if isinstance(item, Break)])


class Whole(msgspec.Struct, frozen=True, eq=False):
    """A whole recording after the front end: when (start, end) it holds sets, and when it is known to hold none."""

    name: str
    who: str
    pieces: list[Frames | Break]
    sets: list[tuple[float, float]]
    free_of_sets: list[tuple[float, float]]


def wholes(folder: Path, labels: list[Label]) -> Iterator[Whole]:
    """Every recording with one of these labels; those with a gyroscope and sets once more as if they had none."""
    for name, group in groupby(sorted(labels, key=lambda x: (x.file, x.start_s)), key=lambda x: x.file):
        of = list(group)
        items = [item for item in open_file(folder / name).items if isinstance(item, ImuBlock | Gap)]
        sets = [(x.start_s, x.end_s) for x in of if x.task == "reps"]
        free = [(x.start_s, x.end_s) for x in of if x.task != "reps"]
        yield Whole(name, who(of[0]), pieces_of(items), sets, free)
        if sets and any(isinstance(item, ImuBlock) and item.gyr_dps is not None for item in items):
            tilt_only = [i if isinstance(i, Gap) else ImuBlock(i.t_s, i.acc_g, None) for i in items]
            yield Whole(f"{name} (no gyroscope)", who(of[0]), pieces_of(tilt_only), sets, free)


def pieces_of(items: list[StreamItem]) -> list[Frames | Break]:
    """What the detectors get to see of these samples; what follows without a break in one piece."""
    front_end = FrontEnd()
    out: list[Frames | Break] = []
    together: list[Frames] = []
    for piece in (p for item in items for p in front_end.feed(item) if isinstance(p, Frames | Break)):
        if isinstance(piece, Frames) and (not together or together[0].has_gyro == piece.has_gyro):
            together.append(piece)
            continue
        out += _joined(together)
        together = [piece] if isinstance(piece, Frames) else []
        out += [piece] if isinstance(piece, Break) else []
    return out + _joined(together)


def _joined(together: list[Frames]) -> list[Frames | Break]:
    if not together:
        return []
    columns = {k: np.concatenate([getattr(f, k) for f in together]) for k in (*COLUMNS, "seen_s")}
    return [Frames(**columns, has_gyro=together[0].has_gyro)]
