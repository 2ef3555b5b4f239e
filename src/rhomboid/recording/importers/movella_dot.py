"""Movella DOT (Xsens DOT), as its app and its data exporter write it: one sensor a CSV.

Lines about the sensor (``DeviceTag:``, ``Measurement Mode:`` ...), then ``PacketCounter, SampleTimeFine`` and what was
measured. ``Acc`` is m/s² with gravity, ``Gyr`` deg/s, ``SampleTimeFine`` microseconds in 32 bits, which overflow after
71 minutes. ``FreeAcc`` has gravity taken out and is of no use here.

Source: Movella DOT User Manual (XD0502P) and the SDK's logger.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array
from rhomboid.recording.importers.bundle import Bundle
from rhomboid.recording.importers.text_table import TextTable, names_of

NAME = "Movella DOT"
G_M_S2 = 9.80665

TIME, COUNTER = "SampleTimeFine", "PacketCounter"
ACCELERATION = ["Acc_X", "Acc_Y", "Acc_Z"]
GYROSCOPE = ["Gyr_X", "Gyr_Y", "Gyr_Z"]
CLOCK_US = 1 << 32


def recognises(heads: Mapping[str, str]) -> bool:
    return len(heads) == 1 and all(_names_line(head) is not None for head in heads.values())


def read(bundle: Bundle) -> Array:
    (name,) = bundle.names
    text = bundle.text(name)
    table = TextTable(text, str(bundle.path), _names_line(text) or 0)
    if not set(ACCELERATION) <= set(table.names):
        what = "it holds no acceleration with gravity (Acc_X, Acc_Y, Acc_Z)"
        do = "measure with the payload Rate quantities, or choose acceleration when exporting"
        raise DataError(what, do=do, where=str(bundle.path))
    wanted = [TIME, *ACCELERATION, *(GYROSCOPE if set(GYROSCOPE) <= set(table.names) else ())]
    found = table.numbers([table.names.index(column) for column in wanted])
    steps_us = np.diff(found[:, 0])
    steps_us[steps_us < -CLOCK_US / 2] += CLOCK_US
    found[:, 0] = np.concatenate(([0.0], np.cumsum(steps_us))) * 1e-6
    found[:, 1:4] /= G_M_S2
    return found


def _names_line(text: str) -> int | None:
    """The line with the names of the columns, by number."""
    lines = text.split("\n", 30)[:30]
    return next((i for i, line in enumerate(lines) if {COUNTER, TIME} <= set(names_of(line))), None)
