"""A session without a screen: one line an event, for pipes, logs and screen readers."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from rhomboid.errors import harmless
from rhomboid.session import Session, Update
from rhomboid.words import clock, describe


def run(session: Session) -> None:
    """Runs the session to its end, or until Ctrl-C, printing every event as it is announced."""
    asyncio.run(_run(session))


async def _run(session: Session) -> None:
    print(harmless(session.title), flush=True)  # noqa: T201
    session.subscribe(_print)
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt, which ends the loop itself
        loop.add_signal_handler(signal.SIGINT, session.stop)
    await session.run()


def _print(update: Update) -> None:
    for event in update.events:
        print(f"{clock(event.at_s):>8}  {harmless(describe(event))}", flush=True)  # noqa: T201
