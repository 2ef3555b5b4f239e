"""Recordings made by other programs, read as tables of samples. One file a format; content alone tells which it is.

A format is a module with a ``NAME``, with ``recognises`` (the first lines of every text there is) and with ``read``.
Where each description comes from stands in its file. All were written from public descriptions, and from what others
who read such files say of them; none has been tried on a file of the real program yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array
from rhomboid.recording.csv_form import NEEDED, read_csv
from rhomboid.recording.importers import movella_dot, phyphox, sensor_logger, witmotion
from rhomboid.recording.importers.bundle import MAX_TEXTS, Bundle, open_bundle
from rhomboid.recording.sample_table import SampleTable, checked

OUR_CSV = "CSV"
CALM_G = 0.05
"""A second whose axes scatter less than this is one of rest ..."""
AT_REST_G = 0.85, 1.15
"""... in which the length of the acceleration must lie here: the scale errors of cheap sensors stay within a tenth."""


class Format(Protocol):
    """What a module of this package offers."""

    NAME: str

    def recognises(self, heads: Mapping[str, str]) -> bool:
        """Whether texts with these names and first lines are of the format."""

    def read(self, bundle: Bundle) -> Array:
        """(n, 4) or (n, 7): time in s, acceleration in g, and deg/s where there is a gyroscope. Raises DataError."""


FORMATS: tuple[Format, ...] = (sensor_logger, phyphox, movella_dot, witmotion)

IN_SEVERAL_FILES: tuple[Format, ...] = (sensor_logger, phyphox)
"""A folder with these is one recording."""


class Imported(msgspec.Struct, frozen=True, eq=False):
    """Samples and the ``format`` they were read from, as a name for people."""

    format: str
    table: SampleTable


def read_table(path: Path) -> Imported:
    """The samples in ``path``: our CSV, or a file, folder or zip of another program. Raises DataError."""
    bundle = open_bundle(path)
    heads = {name: bundle.head(name) for name in bundle.names}
    for known in FORMATS:
        if known.recognises(heads):
            table = checked(path, known.read(bundle), first_line=None)
            _refuse_other_units(path, known.NAME, table)
            return Imported(known.NAME, table)
    if path.is_file() and (path.name.lower().endswith((".csv", ".csv.gz")) or _is_our_csv(heads)):
        return Imported(OUR_CSV, read_csv(path))
    names = ", ".join(known.NAME for known in FORMATS)
    raise DataError("this is no recording that is known here", do=f"name a .mcap, a CSV, {names}", where=str(path))


def is_one_recording(folder: Path) -> bool:
    """Whether the files of this folder are one recording together. Raises DataError where it cannot be read."""
    names = sum(1 for _ in islice(folder.iterdir(), MAX_TEXTS + 1))
    if names > MAX_TEXTS:
        return False
    bundle = open_bundle(folder)
    heads = {name: bundle.head(name) for name in bundle.names}
    return any(known.recognises(heads) for known in IN_SEVERAL_FILES)


def _is_our_csv(heads: Mapping[str, str]) -> bool:
    return any(set(NEEDED) <= {name.strip() for name in head.split("\n")[0].split(",")} for head in heads.values())


def _refuse_other_units(path: Path, name: str, table: SampleTable) -> None:
    """Raises DataError where the calmest second of the recording does not show 1 g."""
    acc_g = table.samples.acc_g
    n = max(round(table.sampling_rate_hz), 1)
    seconds = acc_g[: len(acc_g) // n * n].reshape(-1, n, 3)
    scatter_g = seconds.std(axis=1).max(axis=1)
    calmest = int(scatter_g.argmin())
    length_g = float(np.linalg.norm(seconds[calmest].mean(axis=0)))
    if scatter_g[calmest] < CALM_G and not AT_REST_G[0] <= length_g <= AT_REST_G[1]:
        what = f"read as {name}, the acceleration at rest is {length_g:.3g} g where gravity alone gives 1 g"
        raise DataError(what, do="export it again in the units of that program, gravity included", where=str(path))
