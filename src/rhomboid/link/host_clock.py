"""The host's clock that stamps packets: it never goes back, and it goes on while the computer sleeps.

``time.monotonic_ns`` stands still then on Linux and macOS, so that an hour of sleep would pass for a moment's gap.
"""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":

    def host_ns() -> int:
        """Nanoseconds since some moment before the program began, sleep included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def host_ns() -> int:
        """Nanoseconds since some moment before the program began, sleep included."""
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

else:
    host_ns = time.monotonic_ns


def asleep_s() -> float:
    """How long the computer has been asleep so far; always 0.0 on systems that do not tell."""
    return (host_ns() - time.monotonic_ns()) * 1e-9
