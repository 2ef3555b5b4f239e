"""phyphox (RWTH Aachen) for phones: a CSV, or a zip with one CSV a sensor, in English.

Names such as ``"Time (s)"``, ``"Acceleration x (m/s^2)"`` and ``"Gyroscope x (rad/s)"``; comma, semicolon or tab;
decimal point or comma. What is too short is filled with NaN at its end.

Source: DataExport.java and the experiments in github.com/phyphox/phyphox-android.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array
from rhomboid.recording.importers.bundle import Bundle
from rhomboid.recording.importers.streams import joined, without_repeats
from rhomboid.recording.importers.text_table import TextTable, names_of

NAME = "phyphox"
G_M_S2 = 9.80665

TIME = "time (s)"
ACCELERATION = re.compile(r"acceleration ([xyz]) \(m/s(?:\^2|²)\)")
LINEAR = re.compile(r"lin(?:ear|\.) acceleration ([xyz]) \(m/s(?:\^2|²)\)")
GYROSCOPE = re.compile(r"gyroscope ([xyz]) \(rad/s\)")


def recognises(heads: Mapping[str, str]) -> bool:
    return any(_find(heads, kind) for kind in (ACCELERATION, LINEAR, GYROSCOPE))


def read(bundle: Bundle) -> Array:
    heads = {name: bundle.head(name) for name in bundle.names}
    where = _find(heads, ACCELERATION)
    if where is None:
        what = "it holds no acceleration with gravity"
        do = "record with the experiment Acceleration with g, or with an accelerometer and a gyroscope of your own"
        raise DataError(what, do=do, where=str(bundle.path))
    acc = _stream(bundle, where, ACCELERATION)
    acc[:, 1:] /= G_M_S2
    where = _find(heads, GYROSCOPE)
    if where is None:
        return acc
    gyr = _stream(bundle, where, GYROSCOPE)
    gyr[:, 1:] = np.degrees(gyr[:, 1:])
    return joined(acc, gyr)


def _find(heads: Mapping[str, str], kind: re.Pattern[str]) -> str | None:
    """The text with a time and three axes of this kind."""
    return next((name for name, head in heads.items() if _columns(names_of(head.split("\n")[0]), kind)), None)


def _columns(names: list[str], kind: re.Pattern[str]) -> list[int]:
    """Where the time and x, y, z stand; nothing if one is missing."""
    names = [name.lower() for name in names]
    axes = {found[1]: i for i, name in enumerate(names) if (found := kind.fullmatch(name))}
    return [names.index(TIME), *(axes[a] for a in "xyz")] if TIME in names and len(axes) == 3 else []


def _stream(bundle: Bundle, name: str, kind: re.Pattern[str]) -> Array:
    """(n, 4): time and three axes."""
    table = TextTable(bundle.text(name), f"{bundle.path}, {name}")
    stream = table.numbers(_columns(table.names, kind))
    whole = np.flatnonzero(np.isfinite(stream).all(axis=1))
    if not len(whole):
        raise DataError("it holds no samples", do="export it again", where=table.where)
    return without_repeats(stream[: int(whole[-1]) + 1])
