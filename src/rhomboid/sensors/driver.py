"""The vocabulary of sensor drivers: bytes in, sample blocks and gaps out. No I/O and no clock."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rhomboid.imu import Gap, ImuBlock, Notification


class MalformedPacket(msgspec.Struct, frozen=True):
    """A packet that was refused: why, in words, and how many have been refused so far, this one included."""

    reason: str
    count: int


Decoded = ImuBlock | Gap | MalformedPacket


class Driver(Protocol):
    """Decodes what one sensor sends. What it remembers between packets lives in the object.

    The same notifications always give the same samples. Any bytes are fed without harm: no exception, at most one
    MalformedPacket a packet, bounded memory. ``t_s`` begins at 0.0 with the first sample and strictly increases.
    """

    family: str

    def feed(self, notification: Notification) -> list[Decoded]:
        """What this packet holds, in order of time; nothing if it is not from a characteristic that carries samples."""
