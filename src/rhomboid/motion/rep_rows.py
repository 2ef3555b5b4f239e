"""The newest minutes of frames with their movement signals, as one table that grows and forgets."""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Frames
from rhomboid.motion.rep_signals import COLUMNS, squared_speed

# Columns, as the fields of ``Frames``, the signals, and the square of their speed.
T, SEEN, ACC, GYR, UP, QUAT, X = 0, 1, slice(2, 5), slice(5, 8), slice(8, 11), slice(11, 15), slice(15, 15 + COLUMNS)
SPEED2 = X.stop
ROOM = 16_384
"""Rows of a table at least: all that running free holds, so that it takes its memory once and keeps to it."""


class Rows:
    """A growing table of float rows, cheap to append to and to forget from."""

    def __init__(self) -> None:
        self._data = np.empty((ROOM, SPEED2 + 1))
        self._start = self._end = 0

    def __getstate__(self) -> dict[str, object]:
        """Without the room to grow: a copy is kept of many a moment of a replay."""
        return {"_data": self.all, "_start": 0, "_end": len(self)}

    def __len__(self) -> int:
        return self._end - self._start

    @property
    def all(self) -> Array:
        """(n, columns)."""
        return self._data[self._start : self._end]

    def append(self, frames: Frames, x: Array) -> None:
        """New frames with their signals, (n, 13)."""
        n = len(self)
        # A quarter of it is left at least. What a long set made it grow by goes again.
        room = max(ROOM, 1 << (4 * (n + len(x)) // 3).bit_length())
        if room < len(self._data) or self._end + len(x) > len(self._data):
            table = self._data if room == len(self._data) else np.empty((room, SPEED2 + 1))
            table[:n] = self.all
            self._data, self._start, self._end = table, 0, n
        new = self._data[self._end : self._end + len(x)]
        new[:, T], new[:, SEEN], new[:, ACC], new[:, GYR] = frames.t_s, frames.seen_s, frames.acc_g, frames.gyr_dps
        new[:, UP], new[:, QUAT], new[:, X] = frames.up, frames.quat, x
        new[:, SPEED2] = squared_speed(x, self._data[self._end - 1, X] if n else x[0])
        self._end += len(x)

    def drop(self, n: int) -> None:
        """Forget the oldest."""
        self._start += n

    def at(self, t_s: float) -> int:
        """The row of the frame at ``t_s``, or of the next. Half a frame of slack: rounding must not choose it."""
        return int(np.searchsorted(self.all[:, T], t_s - 0.5 / FRAME_RATE_HZ))

    def rise_g(self, first: int, end: int) -> Array:
        """Vertical acceleration less gravity from row ``first`` until before row ``end``."""
        rows = self.all[first:end]
        rise_g: Array = (rows[:, ACC] * rows[:, UP]).sum(axis=1) - 1.0
        return rise_g
