"""Labelled recordings as frames, in memory: what the plots and the fit look at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from rhomboid.accuracy import MARGIN_S, Label
from rhomboid.imu import Array, ImuBlock
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
