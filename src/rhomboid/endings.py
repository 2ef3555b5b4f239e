"""How the system asks a session to end, so that its sensor is released and its recording finished then as well."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable

HUNG_UP_S = 8.0
"""What is not done so long after the terminal was closed waits for it, and never will be."""


def when_asked_to_end(act: Callable[[], object], *, ctrl_c: bool) -> None:
    """Calls ``act`` on the running loop when the computer is shut down or the terminal closed, or also on Ctrl-C."""
    terminal = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]

    def hung_up() -> None:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in terminal:  # to write there fails from now on
            os.dup2(nowhere, descriptor)
        last_resort = threading.Timer(HUNG_UP_S, os._exit, [1])
        last_resort.daemon = True
        last_resort.start()
        act()

    acts = {"SIGTERM": act, "SIGHUP": hung_up} | ({"SIGINT": act} if ctrl_c else {})
    for name, what in acts.items():
        with contextlib.suppress(AttributeError, NotImplementedError):  # Windows: Ctrl-C ends the loop itself
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), what)
