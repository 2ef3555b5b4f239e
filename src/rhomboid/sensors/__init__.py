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
    "witmotion": "witmotion",
    "rhomboid": "rhomboid_stream",
    "movesense": "movesense",
    "polar": "polar",
    "dot": "dot",
    "metamotion": "metamotion",
    "microbit": "microbit",
    "adafruit": "adafruit",
    "thingy": "thingy",
}
"""Family -> its file here, which holds ``PROFILE`` and ``driver()``. In the order in which people meet them."""


def driver_for(family: str) -> Driver:
    """A fresh driver for sensors of this family, or model. Raises UsageError for one that is not known."""
    made: Driver = _module(_family_of(family)).driver()
    return made


def profiles() -> list[Profile]:
    """What every supported family is and can."""
    return [_module(family).PROFILE for family in _FILES]


def _module(family: str) -> ModuleType:
    return importlib.import_module(f"rhomboid.sensors.{_FILES[family]}")


def _family_of(name: str) -> str:
    """The family of that name, else the one family that has a model of that name."""
    wanted = _letters(name)
    if name in _FILES:
        return name
    for alike in (str.__eq__, str.startswith, str.__contains__, _is_part):
        found = {
            p.family for p in profiles() for known in (p.family, p.title, *p.models) if alike(_letters(known), wanted)
        }
        if wanted and len(found) == 1:
            return found.pop()
    raise UsageError(f"no driver for the sensor {name!r}", do=f"known are: {', '.join(_FILES)}")


def _is_part(known: str, wanted: str) -> bool:
    return known in wanted


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
