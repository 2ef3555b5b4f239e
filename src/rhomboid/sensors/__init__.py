"""Sensor drivers, one file a family, without I/O: notifications in, sample blocks and gaps out."""

from __future__ import annotations

from collections.abc import Callable

from rhomboid.errors import UsageError
from rhomboid.sensors.driver import Driver


def _rhomboid() -> Driver:
    from rhomboid.sensors.rhomboid_stream import RhomboidStream

    return RhomboidStream()


_DRIVERS: dict[str, Callable[[], Driver]] = {"rhomboid": _rhomboid}


def driver_for(family: str) -> Driver:
    """A fresh driver for sensors of this family. Raises UsageError for a family that is not known."""
    if family not in _DRIVERS:
        raise UsageError(f"no driver for the sensor family {family!r}", do=f"known are: {', '.join(sorted(_DRIVERS))}")
    return _DRIVERS[family]()
