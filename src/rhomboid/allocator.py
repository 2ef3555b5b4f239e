"""The memory of a process that runs all day: what it no longer uses is given back to the system, not kept.

Both do so where glibc is the C library, and nothing elsewhere.
"""

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
    """
    _glibc("mallopt", M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back_what_is_free() -> None:
    """Now, what lies free between things that stay, which glibc keeps by itself; a few milliseconds."""
    _glibc("malloc_trim", 0)


def _glibc(name: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(None), name)(*arguments)
