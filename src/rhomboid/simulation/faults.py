"""Ways a sensor goes wrong, for tests: each spoils the samples of a stretch of time and leaves the others alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from rhomboid.errors import UsageError
from rhomboid.imu import Array, ImuBlock

Spoil = Callable[[Array, Array], None]
"""Changes ``t_s`` (n,) and ``values`` (n, 6: g and deg/s), those of the stretch, in place."""

RANGE_G = 2.0


def _set(channels: slice, value: float | Array) -> Spoil:
    def spoil(t_s: Array, values: Array) -> None:
        values[:, channels] = value

    return spoil


def _scaled(channels: slice, factor: float) -> Spoil:
    def spoil(t_s: Array, values: Array) -> None:
        values[:, channels] *= factor

    return spoil


def _offset(offset_g: float) -> Spoil:
    """On the axis that gravity is on most, so that it shows at rest."""

    def spoil(t_s: Array, values: Array) -> None:
        usual_g = np.median(values[:, ACC], axis=0)
        axis = int(np.abs(usual_g).argmax())
        values[:, axis] += math.copysign(offset_g, usual_g[axis])

    return spoil


def _knocked(t_s: Array, values: Array) -> None:
    """Blows of a tenth of a second, far beyond the range."""
    values[np.mod(t_s - t_s[0], 3.0) < 0.1, ACC] *= 50.0
    np.clip(values[:, ACC], -RANGE_G, RANGE_G, out=values[:, ACC])


def _now_and_then(bad: float) -> Spoil:
    def spoil(t_s: Array, values: Array) -> None:
        values[::7, 1] = bad

    return spoil


def _doubled(t_s: Array, values: Array) -> None:
    """Every tenth packet of five comes twice and takes the place of the next one."""
    for i in range(0, len(t_s) - 10, 50):
        t_s[i + 5 : i + 10], values[i + 5 : i + 10] = t_s[i : i + 5], values[i : i + 5]


def _set_back(t_s: Array, values: Array) -> None:
    t_s -= 3600.0


def _leapt(t_s: Array, values: Array) -> None:
    t_s += 1e8


ACC, GYR = slice(0, 3), slice(3, 6)
FAULTS: dict[str, Spoil] = {
    "saturated": _knocked,
    "frozen": _set(slice(0, 6), np.array([0.06, -0.2, 0.97, 0.1, -0.3, 0.2])),
    "stuck accelerometer axis": _set(slice(0, 1), 0.137),
    "stuck gyroscope axis": _set(slice(4, 5), -1.2),
    "dead gyroscope": _set(GYR, 0.0),
    "modest offset": _offset(0.2),
    "modest scale": _scaled(ACC, 1.2),
    "gross offset": _offset(0.8),
    "metres per second squared": _scaled(ACC, 9.80665),
    "not a number": _now_and_then(np.nan),
    "infinite": _now_and_then(np.inf),
    "huge": _now_and_then(1e300),
    "doubled packets": _doubled,
    "clock set back": _set_back,
    "clock leapt": _leapt,
}


def spoilt(block: ImuBlock, fault: str, start_s: float, end_s: float) -> ImuBlock:
    """A copy of ``block``, which must have angular velocities, with ``fault`` in this stretch.

    Raises UsageError for a fault that is not in ``FAULTS``.
    """
    if fault not in FAULTS:
        raise UsageError(f"there is no fault {fault!r}", do=f"there are: {', '.join(FAULTS)}")
    assert block.gyr_dps is not None  # noqa: S101
    t_s, values = block.t_s.copy(), np.concatenate((block.acc_g, block.gyr_dps), axis=1)
    rows = slice(*np.searchsorted(t_s, (start_s, end_s)).tolist())
    FAULTS[fault](t_s[rows], values[rows])
    return ImuBlock(t_s, values[:, ACC].copy(), values[:, GYR].copy())
