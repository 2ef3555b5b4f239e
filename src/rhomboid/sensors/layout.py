"""From the bytes of many packets to arrays at once: packets are checked one by one, their samples converted together.

One numpy call a packet would cost more than all the rest of decoding; a run of packets costs little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array

G_M_S2 = 9.80665
"""Standard gravity, for sensors that tell acceleration in m/s2."""

Part = Literal["both", "acc", "gyr"]

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]

Samples = tuple[Array, Array | None, Array | None]
"""Times (n,) in s, acceleration (n, 3) in g and angular velocity (n, 3) in deg/s."""


class Layout(msgspec.Struct, frozen=True, eq=False):
    """How one sample lies in its bytes: ``width`` values of ``dtype``, acceleration and angular velocity among them.

    ``acc_at`` and ``gyr_at`` are the places of their x values (None: not there); value times ``acc_g`` is g, times
    ``gyr_dps`` deg/s; each may be negative where a sensor's axes have the wrong sign.
    """

    dtype: str
    width: int
    acc_at: int | None
    gyr_at: int | None
    acc_g: float = 1.0
    gyr_dps: float = 1.0

    @property
    def part(self) -> Part:
        """Which of the two streams this is, where a sensor sends them apart."""
        if self.acc_at is None:
            return "gyr"
        return "acc" if self.gyr_at is None else "both"

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample."""
        return self.width * np.dtype(self.dtype).itemsize

    def arrays(self, payload: bytes) -> tuple[Array | None, Array | None]:
        """Acceleration (n, 3) in g and angular velocity (n, 3) in deg/s of the n samples in ``payload``."""
        values = np.frombuffer(payload, np.dtype(self.dtype)).reshape(-1, self.width)
        acc_g = None if self.acc_at is None else _scaled(values[:, self.acc_at : self.acc_at + 3], self.acc_g)
        gyr_dps = None if self.gyr_at is None else _scaled(values[:, self.gyr_at : self.gyr_at + 3], self.gyr_dps)
        return acc_g, gyr_dps


def _scaled(values: npt.NDArray[np.generic], scale: float) -> Array:
    scaled = values.astype(np.float64)
    scaled *= scale
    return scaled


def table(packets: Sequence[bytes]) -> Bytes:
    """The bytes of the first of these packets, as many as are of one length: (packets, length)."""
    length = len(packets[0])
    _, first = next(groupby(map(len, packets)))
    alike = packets[: len(list(first))]
    return np.frombuffer(b"".join(alike), np.uint8).reshape(len(alike), length)


def column(rows: Bytes, at: int, dtype: str) -> Whole:
    """The number that begins at byte ``at`` of each row."""
    return np.ascontiguousarray(rows[:, at : at + np.dtype(dtype).itemsize]).view(dtype)[:, 0].astype(np.int64)


class Run:
    """Samples of neighbouring packets, gathered until they are wanted as arrays."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Layout, bytes, int, float, float]] = []
        """Layout, payload, number of samples n, time of the last and time between them in us: one for each packet."""

    def take(self) -> list[Samples]:
        """What was gathered, in order: all at once if it is of one layout, else packet by packet."""
        layouts, payloads, n, lasts_us, steps_us = zip(*self.pieces, strict=True)
        self.pieces.clear()
        t_us = np.array(lasts_us)
        if sum(n) > len(n):
            t_us = times_us(t_us, np.array(steps_us), np.array(n))
        t_s = t_us * 1e-6
        if layouts.count(layouts[0]) == len(layouts):
            return [(t_s, *layouts[0].arrays(b"".join(payloads)))]
        values = {}
        for layout in dict.fromkeys(layouts):
            own = [i for i, of in enumerate(layouts) if of is layout]
            arrays = layout.arrays(b"".join([payloads[i] for i in own]))
            values[layout] = zip(*(_apart(array, [n[i] for i in own]) for array in arrays), strict=True)
        return [(t, *next(values[of])) for t, of in zip(_apart(t_s, n), layouts, strict=True)]


def times_us(lasts_us: Array, steps_us: Array, n: Whole) -> Array:
    """Of all samples, by that of the last of each packet, the time between them and their number n there."""
    ends = n.cumsum()
    before_last = ends.repeat(n) - 1 - np.arange(ends[-1])
    times: Array = lasts_us.repeat(n) - steps_us.repeat(n) * before_last
    return times


def _apart(array: Array | None, counts: Sequence[int]) -> list[Array | None]:
    """So many rows after so many others (views, no copies)."""
    if array is None:
        return [None] * len(counts)
    ends = list(accumulate(counts))
    return [array[end - n : end] for end, n in zip(ends, counts, strict=True)]
