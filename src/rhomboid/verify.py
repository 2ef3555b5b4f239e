"""Replays a recording and compares with the events in it: what another driver or core sees differently."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

import msgspec

from rhomboid import __version__
from rhomboid.events import Event, decode, encode
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.reader import Recording
from rhomboid.sensors import driver_for
from rhomboid.words import clock, describe


class Comparison(msgspec.Struct, frozen=True):
    """``recorded`` and ``replayed`` count events. ``diff``: lines for people, "-" recorded, "+" replayed, " " both."""

    recorded: int
    replayed: int
    recorded_version: str
    identical: bool
    """Byte for byte; of a recording that was cut: as far as it goes."""
    beyond: int
    """Events that the replay found after the end of what a cut recording still says."""
    in_numbers: int
    """Events that say the same in words, with slightly different numbers."""
    diff: list[str]


def verify(path: Path, settings: Settings) -> Comparison:
    """Replays the recording at ``path`` with ``settings``. Raises DataError."""
    recording = Recording.open(path)
    interpreter = Interpreter(Pipeline(settings), driver_for(recording.about.family))
    items, found = recording.items(), list[Event]()
    while some := list(islice(items, ITEMS_AT_ONCE)):
        found += interpreter.feed(some)
    replayed = [encode(event) for event in [*found, *interpreter.finish()]]
    recorded = list(recording.event_lines())
    beyond = 0
    if recording.recovered is not None and replayed[: len(recorded)] == recorded:
        beyond = len(replayed) - len(recorded)
        replayed = replayed[: len(recorded)]
    diff, in_numbers = _compared(recorded, replayed)
    return Comparison(
        recorded=len(recorded),
        replayed=len(replayed) + beyond,
        recorded_version=recording.about.software_version,
        identical=recorded == replayed,
        beyond=beyond,
        in_numbers=in_numbers,
        diff=diff,
    )


def report(result: Comparison) -> str:
    """The comparison in words."""
    of = f"{result.recorded} events, recorded with version {result.recorded_version}, replayed with {__version__}"
    if result.identical:
        beyond = f"; the replay goes on for {result.beyond} after the cut" if result.beyond else ""
        return f"identical, byte for byte: {of}{beyond}"
    lines = [f"different: {of}: {result.replayed} events", *result.diff]
    if result.in_numbers:
        lines.append(f"{result.in_numbers} events are the same in words and differ in their numbers")
    return "\n".join(lines)


def _compared(recorded: list[bytes], replayed: list[bytes]) -> tuple[list[str], int]:
    before, after = [_words(line) for line in recorded], [_words(line) for line in replayed]
    diff: list[str] = []
    in_numbers = 0
    for kind, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs = zip(recorded[i:i_end], replayed[j:j_end], strict=True)
            in_numbers += sum(one != other for one, other in pairs)
            continue
        if i:
            diff.append(f"  {before[i - 1]}")
        diff += [f"- {text}" for text in before[i:i_end]] + [f"+ {text}" for text in after[j:j_end]]
    return diff, in_numbers


def _words(line: bytes) -> str:
    try:
        event = decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # of a version that knew other events
        return line.decode("utf-8", "replace")
    return f"{clock(event.at_s):>8}  {describe(event)}"
