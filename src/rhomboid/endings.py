"""How the system asks a session to end, so that its sensor is released and its recording finished then as well."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable

HUNG_UP_S = 8.0
"""What is not done so long after the terminal was closed waits for it, and never will be."""


def when_asked_to_end(act: Callable[[], object], *, ctrl_c: bool) -> None:
    """Calls ``act`` on the running loop when the computer is shut down or the terminal closed, or also on Ctrl-C."""
    loop = asyncio.get_running_loop()

    def asked(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed: the end is here
            loop.call_soon_threadsafe(act)

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt, which ends the loop itself
        loop.remove_signal_handler(signal.SIGTERM)  # Textual's way to the browser leaves at once
        if ctrl_c:
            loop.add_signal_handler(signal.SIGINT, act)
    signal.signal(signal.SIGTERM, asked)  # not the loop's, which goes before the program does
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)  # that it is leaving must not look like a failure
    if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
        terminal = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]

        def hung_up(*_: object) -> None:
            signal.signal(signal.SIGCONT, signal.SIG_IGN)  # follows at once, and Textual would begin anew
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in terminal:  # to write there fails from now on
                os.dup2(nowhere, descriptor)
            last_resort = threading.Timer(HUNG_UP_S, os._exit, [1])
            last_resort.daemon = True
            last_resort.start()
            loop.call_soon_threadsafe(act)

        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it to go on
            signal.signal(signal.SIGHUP, hung_up)  # not the loop's, which would come after that of SIGCONT
