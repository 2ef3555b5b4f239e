"""The rhomboid stream, version 1, from the sensor's side: packets made of counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rhomboid.sensors.rhomboid_stream import BATCH, HEADER, SINGLE, SINGLE_HEADER

Counts = npt.NDArray[np.int16]

_INT16 = np.dtype("<i2")
_WRAP = 1 << 32


def pack(
    counts: Counts,
    *,
    seq: int,
    index: int,
    device_us: int,
    boot_id: int,
    period_us: int,
    acc_range: int,
    gyr_range: int,
    flags: int = 0,
) -> bytes:
    """A batch packet of ``counts`` (n, 6) int16, n up to 255; n = 0 is the header that goes before single samples.

    ``index`` is that of the first sample, ``device_us`` the time of the last; both, and ``seq``, wrap by themselves.
    """
    ranges = acc_range << 4 | gyr_range
    head = HEADER.pack(
        BATCH, flags, seq & 0xFFFF, index % _WRAP, device_us % _WRAP, len(counts), ranges, boot_id, period_us
    )
    return head + counts.astype(_INT16).tobytes()


def pack_single(counts: Counts, *, seq: int, index: int, device_us: int) -> bytes:
    """A 20-byte packet of one sample, ``counts`` (6,) int16."""
    head = SINGLE_HEADER.pack(SINGLE, seq & 0xFF, index & 0xFFFF, device_us % _WRAP)
    return head + counts.astype(_INT16).tobytes()
