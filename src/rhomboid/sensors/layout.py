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
        self._layout: Layout | None = None
        self._payloads: list[bytes] = []
        self._n: list[int] = []
        self._last_us: list[float] = []
        self._step_us: list[float] = []

    def fits(self, layout: Layout) -> bool:
        """Whether samples of this layout can join what is gathered."""
        return self._layout is layout or self._layout is None

    def add(self, layout: Layout, payload: bytes, n: int, last_us: float, step_us: float) -> None:
        """``n`` samples, the last at ``last_us``, the others ``step_us`` apart before it."""
        self._layout = layout
        self._payloads.append(payload)
        self._n.append(n)
        self._last_us.append(last_us)
        self._step_us.append(step_us)

    def take(self) -> tuple[Array, Array | None, Array | None] | None:
        """Times (n,) in s, acceleration and angular velocity of what was gathered; None if there is nothing."""
        if self._layout is None:
            return None
        acc_g, gyr_dps = self._layout.arrays(b"".join(self._payloads))
        last_us = np.array(self._last_us)
        if len(self._n) < len(acc_g if acc_g is not None else gyr_dps if gyr_dps is not None else ()):
            n = np.array(self._n)
            ends = np.cumsum(n)
            before_last = np.repeat(ends, n) - 1 - np.arange(ends[-1])
            t_us = np.repeat(last_us, n) - np.repeat(np.array(self._step_us), n) * before_last
        else:
            t_us = last_us
        self.__init__()  # type: ignore[misc]
        return t_us * 1e-6, acc_g, gyr_dps
