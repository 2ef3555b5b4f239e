"""A guided session without a screen: every cue is a line, and a line typed is a key. For screen readers and pipes.

The same cues as JSON with ``as_json``, among the events of the signal core, one object a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec

from rhomboid.coach.cues import Cue, Output
from rhomboid.errors import harmless
from rhomboid.events import encode
from rhomboid.imu import CommandKind
from rhomboid.session import Session, Update
from rhomboid.training import Training
from rhomboid.words import clock

KEYS: dict[str, tuple[CommandKind, int | None]] = {
    "": ("go", None),
    "+": ("count", 1),
    "-": ("count", -1),
    "d": ("discard", None),
    "r": ("redo", None),
    "s": ("skip", None),
    "x": ("swap", None),
    "p": ("pause", None),
    "!": ("sharp_pain", None),
    "f": ("red_flags", None),
    "e": ("end", None),
    "k": ("load", None),
    "n": ("note", None),
}
"""The first character of a line; the rest of it is the text, where there is one."""
HELP = (
    "Enter: go on, end the set", "+ and -: one repetition more or fewer", "=9: there were 9", "0 to 10: an answer",
    "d: the set does not count", "r: the set again", "s: skip the exercise", "x: another exercise instead",
    "p: pause", "!: sharp pain", "f: warning signs", "e, e pain, e tired, e time: end here", "k 6: with 6 kg",
    "n ...: a note", "q: quit at once",
)  # fmt: skip
LONGEST_LINE = 500


def run(session: Session, training: Training, *, as_json: bool = False) -> None:
    """Runs the session to its end, or until Ctrl-C; typed lines are told to the coach. Then it is kept as it is."""
    try:
        asyncio.run(_run(session, training, as_json))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        training.finish()


async def _run(session: Session, training: Training, as_json: bool) -> None:
    if as_json:
        session.subscribe(_print_events)
        training.subscribe(lambda output: print(msgspec.json.encode(output).decode(), flush=True))  # noqa: T201
    else:
        print(harmless(session.title), flush=True)  # noqa: T201
        print("Type ? and Enter for the keys.", flush=True)  # noqa: T201
        training.subscribe(_print_cue)
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(session.run())
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt, which ends the loop itself
        loop.add_signal_handler(signal.SIGINT, lambda: running.cancel() if session.stopping else session.stop())

    def take(line: str) -> None:
        with contextlib.suppress(RuntimeError):  # the session is over and its loop closed
            loop.call_soon_threadsafe(obey, line, session)

    threading.Thread(target=_read_lines, args=(take,), daemon=True).start()
    await running


def obey(line: str, session: Session) -> None:
    """What a typed line means."""
    line = harmless(line.strip())[:LONGEST_LINE]
    key, rest = line[:1], line[1:].strip()
    if line == "?":
        print(*HELP, sep="\n", flush=True)  # noqa: T201
    elif line == "q":
        session.stop()
    elif line.isdecimal() and len(line) < 4:
        session.tell("number", int(line))
    elif key in ("+", "-", "=") and rest.isdecimal() and len(rest) < 4:
        session.tell("set_count" if key == "=" else "count", -int(rest) if key == "-" else int(rest))
    elif key in KEYS and not (rest and key in "+-") and (not rest or line[1] == " "):
        kind, value = KEYS[key]
        session.tell(kind, value, rest)
    else:
        print("I do not know that; ? lists the keys", flush=True)  # noqa: T201


def _read_lines(take: Callable[[str], None]) -> None:
    """Lines from standard input, read past Python's buffer: its lock would not let the program end."""
    rest = b""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # there is none, or it was closed
        descriptor = sys.stdin.fileno()
        while data := os.read(descriptor, 4096):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[:LONGEST_LINE]
            for line in lines:
                take(line.decode("utf-8", "replace"))


def _print_cue(output: Output) -> None:
    if isinstance(output, Cue):
        print(f"{clock(output.at_s):>8}  {harmless(output.text)}", flush=True)  # noqa: T201


def _print_events(update: Update) -> None:
    for event in update.events:
        print(encode(event).decode(), flush=True)  # noqa: T201
