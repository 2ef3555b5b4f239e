"""The memory of a process that runs all day: what large arrays leave is given back to the system, not kept."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

M_MMAP_THRESHOLD = -3
LARGE_BYTES = 128 * 1024
"""What glibc itself begins with."""


def give_back_large_arrays() -> None:
    """From here on every array of ``LARGE_BYTES`` is a mapping of its own, in this process, and ends with the array.

    Left alone, glibc takes for large only what is larger than anything it has seen freed. All else then lies in one
    heap, where small things that stay hold on to what large ones left: resident memory creeps up as hours pass.
    Nothing happens with another C library.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
