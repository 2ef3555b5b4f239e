"""Brings together acceleration and angular velocity that a sensor sends as two streams of their own."""

from __future__ import annotations

from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.sensors.layout import Part


class Pairing:
    """Acceleration with the angular velocity of the same moment, interpolated; in order of time, bounded."""

    def feed(self, t_s: Array, acc_g: Array | None, gyr_dps: Array | None) -> list[ImuBlock | Gap]:
        """Samples of one of the two streams; what can be told now."""
        raise NotImplementedError

    def interrupt(self, gap: Gap, part: Part) -> list[ImuBlock | Gap]:
        """Samples of this stream are missing."""
        raise NotImplementedError
