"""Sensor Logger (Kelvin Choi) for phones: a zip or folder with a CSV a sensor, named after it.

Columns ``time`` (ns), ``seconds_elapsed``, ``z``, ``y``, ``x``; m/s² and rad/s. Acceleration with gravity is
``TotalAcceleration.csv``, or ``Accelerometer.csv`` and ``Gravity.csv`` added up. On iOS both have the opposite sign
unless ``standardisation`` is true in ``Metadata.csv``.

Source: UNITS.md, COORDINATES.md and CROSSPLATFORM.md in github.com/tszheichoi/awesome-sensor-logger.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping

import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array
from rhomboid.recording.importers.bundle import Bundle
from rhomboid.recording.importers.streams import joined, without_repeats
from rhomboid.recording.importers.text_table import TextTable, names_of

NAME = "Sensor Logger"
G_M_S2 = 9.80665

TOTAL, LINEAR, GRAVITY, GYROSCOPE = "totalacceleration.csv", "accelerometer.csv", "gravity.csv", "gyroscope.csv"
METADATA = "metadata.csv"
COLUMNS = ("seconds_elapsed", "x", "y", "z")


def recognises(heads: Mapping[str, str]) -> bool:
    return any(set(COLUMNS) <= set(names_of(head.split("\n")[0])) for head in heads.values())


def read(bundle: Bundle) -> Array:
    if TOTAL in bundle.names:
        acc = _stream(bundle, TOTAL)
    elif LINEAR in bundle.names and GRAVITY in bundle.names:
        both = joined(_stream(bundle, LINEAR), _stream(bundle, GRAVITY))
        acc = np.column_stack((both[:, 0], both[:, 1:4] + both[:, 4:]))
    else:
        what = "there is no TotalAcceleration.csv, nor Accelerometer.csv with Gravity.csv"
        do = "record with gravity, and name the zip or the folder rather than one file of it"
        raise DataError(what, do=do, where=str(bundle.path))
    acc[:, 1:] *= _sign(bundle) / G_M_S2
    if GYROSCOPE not in bundle.names:
        return acc
    gyr = _stream(bundle, GYROSCOPE)
    gyr[:, 1:] = np.degrees(gyr[:, 1:])
    return joined(acc, gyr)


def _stream(bundle: Bundle, name: str) -> Array:
    """(n, 4): time and three axes."""
    where = f"{bundle.path}, {name}"
    table = TextTable(bundle.text(name), where)
    if not set(COLUMNS) <= set(table.names):
        raise DataError(f"the columns are not {', '.join(COLUMNS)}", do="export it again", where=where)
    return without_repeats(table.numbers([table.names.index(column) for column in COLUMNS]))


def _sign(bundle: Bundle) -> float:
    """-1.0 where the phone means the force of gravity rather than what holds it up."""
    if METADATA not in bundle.names:
        what = "Metadata.csv is missing, so the sign of the acceleration cannot be known"
        raise DataError(what, do="name the zip or the folder as it was exported", where=str(bundle.path))
    table = TextTable(bundle.text(METADATA), f"{bundle.path}, {METADATA}")
    values = next(csv.reader(table.lines[:1], delimiter=table.separator))
    said = dict(zip(table.names, values, strict=False))
    standard = said.get("standardisation", "").strip().lower() == "true"
    return -1.0 if said.get("platform", "").strip().lower() == "ios" and not standard else 1.0
