"""Samples that were read as one table: whether a sensor may have measured them, and where some are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.errors import DataError
from rhomboid.imu import Array, Gap, ImuBlock, StreamItem

MAX_TIME_S = 1e10
"""Three centuries: room for any epoch; beyond it microseconds are no longer exact."""
MIN_RATE_HZ, MIN_DURATION_S = 10.0, 1.0
GAP_STEPS, GAP_S = 3.0, 0.1
"""A step in time longer than this many usual steps, and than this, is a gap."""
CALMEST_G, WILDEST_G = 0.3, 4.0
"""Between these lies the median length of the acceleration of anything that people do; in m/s² it is about 9.8."""
MOST_G, MOST_DPS = 1e3, 1e5
"""More than any sensor measures."""

_AGAIN = "correct the file or export it again"


class SampleTable(msgspec.Struct, frozen=True, eq=False):
    """A table of samples that was read as a whole. ``samples`` runs across the ``gaps``; ``items`` does not."""

    samples: ImuBlock
    gaps: tuple[Gap, ...]

    @property
    def duration_s(self) -> float:
        """From the first sample to the last, gaps included."""
        return float(self.samples.t_s[-1] - self.samples.t_s[0])

    @property
    def sampling_rate_hz(self) -> float:
        """Samples per second where nothing is missing."""
        recorded_s = self.duration_s - sum(gap.end_s - gap.start_s for gap in self.gaps)
        return (len(self.samples) - 1 - len(self.gaps)) / recorded_s

    def items(self) -> Iterator[StreamItem]:
        """The blocks between the gaps, and the gaps, in order of time."""
        start = 0
        for gap in self.gaps:
            end = int(np.searchsorted(self.samples.t_s, gap.end_s))
            yield self.samples[start:end]
            yield gap
            start = end
        yield self.samples[start:]


def checked(path: Path, table: Array, first_line: int | None = 2) -> SampleTable:
    """``table`` (n, 4) or (n, 7), time in s, g and deg/s, as samples and gaps, if a sensor may have measured it.

    ``first_line`` is the line of ``path`` in which its first row stands; None where the rows are not lines of the file.
    Raises DataError.
    """

    def refuse(wrong: npt.ArrayLike, what: str, do: str) -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            at = int(rows[0])
            line = f"sample {at + 1}" if first_line is None else f"line {at + first_line}"
            raise DataError(what, do=do, where=f"{path}, {line}")

    t_s, acc_g, gyr_dps = table[:, 0].copy(), table[:, 1:4].copy(), table[:, 4:].copy()
    refuse(~np.isfinite(table).all(axis=1), "a value is infinite or not a number", _AGAIN)
    refuse(np.abs(t_s) > MAX_TIME_S, "the time is out of all bounds", "give t_s in seconds")
    steps_s = np.diff(t_s, prepend=-np.inf)
    refuse(steps_s == 0, "the time is the same as in the line before", _AGAIN)
    refuse(steps_s < 0, "the time is earlier than in the line before", "sort the samples by time")
    if len(t_s) < 2:
        raise DataError("it holds a single sample", do="give at least a second", where=str(path))

    usual_s = float(np.median(steps_s[1:]))
    before = np.flatnonzero(steps_s[1:] > max(GAP_STEPS * usual_s, GAP_S))
    gaps = tuple(Gap(float(t_s[i]), float(t_s[i + 1])) for i in before)
    recorded_s = float(t_s[-1] - t_s[0]) - sum(gap.end_s - gap.start_s for gap in gaps)
    rate_hz = 1 / usual_s
    if rate_hz < MIN_RATE_HZ * (1 - 1e-6):
        what = f"its sampling rate is {rate_hz:.3g} Hz" if rate_hz > 1 else "it holds nothing but gaps between samples"
        raise DataError(what, do="give at least 10 samples a second, and t_s in seconds", where=str(path))
    if recorded_s < MIN_DURATION_S:
        raise DataError(f"it holds only {recorded_s:.2g} s of samples", do="give at least a second", where=str(path))

    if (table[:, 1:] == table[0, 1:]).all():
        raise DataError("all samples are the same", do="check the sensor; it did not measure", where=str(path))
    with np.errstate(over="ignore"):
        norm_g = float(np.median(np.sqrt((acc_g * acc_g).sum(axis=1))))
    if not CALMEST_G <= norm_g <= WILDEST_G:
        what = f"the acceleration is about {norm_g:.3g} where gravity alone should give 1"
        raise DataError(what, do="give ax_g, ay_g, az_g in g (9.81 m/s²), gravity included", where=str(path))
    refuse((np.abs(acc_g) > MOST_G).any(axis=1), "no sensor measures such an acceleration", _AGAIN)
    refuse((np.abs(gyr_dps) > MOST_DPS).any(axis=1), "no sensor measures such an angular velocity", _AGAIN)
    return SampleTable(ImuBlock(t_s, acc_g, gyr_dps if gyr_dps.shape[1] else None), gaps)
