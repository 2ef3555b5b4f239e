"""Sensor drivers, one file a family, without I/O: notifications in, sample blocks and gaps out.

To add a sensor, write its file and add its row here (firmware_protocol/add-a-sensor.md).
"""

from __future__ import annotations

import importlib
from types import ModuleType

from rhomboid.errors import UsageError
from rhomboid.sensors.driver import Driver
from rhomboid.sensors.profile import Profile

_FILES: dict[str, str] = {
    "rhomboid": "rhomboid_stream",
}
"""Family -> its file here, which holds ``PROFILE`` and ``driver()``. In the order in which people meet them."""


def driver_for(family: str) -> Driver:
    """A fresh driver for sensors of this family. Raises UsageError for a family that is not known."""
    if family not in _FILES:
        raise UsageError(f"no driver for the sensor family {family!r}", do=f"known are: {', '.join(_FILES)}")
    made: Driver = _module(family).driver()
    return made


def profiles() -> list[Profile]:
    """What every supported family is and can."""
    return [_module(family).PROFILE for family in _FILES]


def _module(family: str) -> ModuleType:
    return importlib.import_module(f"rhomboid.sensors.{_FILES[family]}")
