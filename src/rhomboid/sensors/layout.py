"""From the bytes of many packets to arrays at once: packets are checked one by one, their samples converted together.

One numpy call a packet would cost more than all the rest of decoding; a run of packets costs little more than one.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array

G_M_S2 = 9.80665
"""Standard gravity, for sensors that tell acceleration in m/s2."""

Part = Literal["both", "acc", "gyr"]


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
    return np.ascontiguousarray(values, np.float64) * scale


class Run:
    """Samples of neighbouring packets with one layout, gathered until they are wanted as a block."""

    def __init__(self) -> None:
        self.layout: Layout | None = None
        self.pieces: list[tuple[bytes, int, float, float]] = []
        """Payload, number of samples n, time of the last and time between them in us: one for each packet."""

    def take(self) -> tuple[Array, Array | None, Array | None] | None:
        """Times (n,) in s, acceleration and angular velocity of what was gathered; None if there is nothing."""
        if self.layout is None or not self.pieces:
            return None
        payloads, counts, lasts_us, steps_us = zip(*self.pieces, strict=True)
        acc_g, gyr_dps = self.layout.arrays(b"".join(payloads))
        t_us = np.array(lasts_us)
        if sum(counts) > len(counts):
            n = np.array(counts)
            ends = np.cumsum(n)
            before_last = np.repeat(ends, n) - 1 - np.arange(ends[-1])
            t_us = np.repeat(t_us, n) - np.repeat(np.array(steps_us), n) * before_last
        self.pieces.clear()
        return t_us * 1e-6, acc_g, gyr_dps
