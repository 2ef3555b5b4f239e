"""WitMotion, as its apps for phone and PC write it: a text with tabs (older) or commas, one row a sample.

Three generations of names: ``ax(g)`` with ``wx(deg/s)``, ``AccX(g)`` with ``AsX(°/s)``, ``Acceleration X(g)`` with
``Angular velocity X(°/s)``; the last two in Chinese as well. The time is that of arrival, to the millisecond, and
several samples arrive together; where the sensor gives its own (``Chip Time()``), that is taken.

Source: no description by the maker was found; this is what those who read such files say of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array
from rhomboid.recording.importers.bundle import Bundle
from rhomboid.recording.importers.streams import spread
from rhomboid.recording.importers.text_table import TextTable, names_of

NAME = "WitMotion"

ACCELERATION = re.compile(r"(?:acc|acceleration|a|加速度)\s*([xyz])\s*\(g\)", re.I)
GYROSCOPE = re.compile(r"(?:as|angular velocity|w|角速度)\s*([xyz])\s*\((.*)/s\)", re.I)
ARRIVED = re.compile(r"time\s*(?:\(s\))?|时间", re.I)
CHIP = re.compile(r"(?:chip\s*time|片上时间)\s*(?:\(\))?", re.I)
DEVICE = re.compile(r"device\s*name|address|设备名称", re.I)
MOMENT = re.compile(r"(?:(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]\s*)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:([.:])(\d{1,9}))?")
DAY_S = 86_400.0


def recognises(heads: Mapping[str, str]) -> bool:
    return len(heads) == 1 and all(_names_line(head) is not None for head in heads.values())


def read(bundle: Bundle) -> Array:
    (name,) = bundle.names
    text = bundle.text(name)
    table = TextTable(text, str(bundle.path), _names_line(text) or 0)
    _refuse_several_sensors(table)
    axes = _axes(table.names, ACCELERATION) + _axes(table.names, GYROSCOPE)
    found = table.numbers(axes)
    if any("rad" in table.names[i].lower() for i in axes):
        found[:, 3:] = np.degrees(found[:, 3:])
    return np.column_stack((_time_s(table), found))


def _names_line(text: str) -> int | None:
    """The line with the names of the columns; ``StartTime: ...`` may stand before it."""
    lines = text.split("\n", 5)[:5]
    return next((i for i, line in enumerate(lines) if _is_header(names_of(line))), None)


def _is_header(names: list[str]) -> bool:
    return bool(_axes(names, ACCELERATION)) and any(_column(names, time) is not None for time in (ARRIVED, CHIP))


def _axes(names: list[str], kind: re.Pattern[str]) -> list[int]:
    """Where x, y, z stand; nothing if one is missing."""
    found = {match[1].lower(): i for i, name in enumerate(names) if (match := kind.fullmatch(name))}
    return [found[axis] for axis in "xyz"] if len(found) == 3 else []


def _column(names: list[str], kind: re.Pattern[str]) -> int | None:
    return next((i for i, name in enumerate(names) if kind.fullmatch(name)), None)


def _refuse_several_sensors(table: TextTable) -> None:
    column = _column(table.names, DEVICE)
    if column is not None and (sensors := len(set(table.text_column(column)))) > 1:
        raise DataError(f"it holds {sensors} sensors", do="record or export one at a time", where=table.where)


def _time_s(table: TextTable) -> Array:
    """(n,) seconds, from the clock that tells the samples apart best."""
    clocks = [_column(table.names, kind) for kind in (CHIP, ARRIVED)]
    told = [_moments_s(table.text_column(column)) for column in clocks if column is not None]
    usable = [t_s for t_s in told if t_s is not None and (np.diff(t_s) >= 0).all()]
    if not usable:
        raise DataError("its times are missing or go back", do="export it again", where=table.where)
    return spread(max(usable, key=lambda t_s: len(np.unique(t_s))))


def _moments_s(column: list[str]) -> Array | None:
    """Seconds since some day; None where one of them is no time. Without a date, midnight is passed by going back."""
    moments = np.empty(len(column))
    first_day: int | None = None
    for i, text in enumerate(column):
        match = MOMENT.fullmatch(text)
        if match is None:
            return None
        year, month, day, hours, minutes, seconds, mark, fraction = match.groups()
        try:
            today = date(int(year), int(month), int(day)).toordinal() if year else 0
        except ValueError:
            return None
        first_day = today if first_day is None else first_day
        # After a colon stand milliseconds without leading zeros, after a point decimals.
        part_s = 0.0 if fraction is None else int(fraction) / (1e3 if mark == ":" else 10.0 ** len(fraction))
        moments[i] = (today - first_day) * DAY_S + 3600 * int(hours) + 60 * int(minutes) + int(seconds) + part_s
    days_passed = np.concatenate(([0], np.cumsum(np.diff(moments) < -DAY_S / 2)))
    t_s: Array = moments - moments[0] + days_passed * DAY_S
    return t_s
