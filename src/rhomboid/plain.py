"""A session without a screen: one line an event, in words or as JSON, for pipes, logs and screen readers."""

from __future__ import annotations

import asyncio
import sys

from rhomboid.endings import when_asked_to_end
from rhomboid.errors import harmless
from rhomboid.events import encode
from rhomboid.session import Session, Update
from rhomboid.words import clock, describe

RATE_AFTER_S = 10.0
"""Of samples, until their rate is worth a word."""


def run(session: Session, *, as_json: bool = False, from_s: float = 0.0, from_event: int = 1) -> None:
    """Runs the session to its end, or until Ctrl-C, printing every event as it is announced.

    Not those announced before ``from_s``, nor any before the event of this number, counted from 1. A second Ctrl-C does
    not wait for the sensor to be released; the recording is finished all the same.
    """
    try:
        asyncio.run(_run(session, _Printer(as_json, from_s, from_event)))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _run(session: Session, printer: _Printer) -> None:
    if not printer.as_json:
        print(harmless(session.title), flush=True)  # noqa: T201
    session.subscribe(printer.take)
    if session.live:
        _tell_rate(session)
    running = asyncio.ensure_future(session.run())
    when_asked_to_end(lambda: running.cancel() if session.stopping else session.stop(), ctrl_c=True)
    await running


def _tell_rate(session: Session) -> None:
    """Once, on standard error: what is measured now is no part of the story that a replay tells again."""

    def tell(_: Update) -> None:
        if session.streamed_s >= RATE_AFTER_S:
            unsubscribe()
            print(f"streaming at {session.sampling_rate_hz:.1f} Hz", file=sys.stderr, flush=True)  # noqa: T201

    unsubscribe = session.subscribe(tell)


class _Printer:
    def __init__(self, as_json: bool, from_s: float, from_event: int) -> None:
        self.as_json, self._from_s, self._from_event = as_json, from_s, from_event
        self._number = 0

    def take(self, update: Update) -> None:
        for event in update.events:
            self._number += 1
            if event.at_s < self._from_s or self._number < self._from_event:
                continue
            words = f"{clock(event.at_s):>8}  {harmless(describe(event))}"
            print(encode(event).decode() if self.as_json else words, flush=True)  # noqa: T201
