"""Keeps a few short inputs that the fuzzer came to by itself: ``python -m tests.fuzz.keep`` after ``make fuzz``.

They are chosen one by one: what for its length leads most often from one line of the program to another where neither
the first inputs nor those chosen before have led. ``found.json`` holds them, and the everyday tests replay it.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

import rhomboid
from tests.fuzz.targets import FOUND, TARGETS

PLACE = Path(".fuzz")
MOST_BYTES = 1000
"""Of each target, in all."""
OURS = str(Path(rhomboid.__file__).parent)
FEW = 8
"""So many bytes an input counts as more than it has: not all should be tiny."""

Steps = set[tuple[str, int, int]]
Run = Callable[[bytes], None]


def steps(run: Run, data: bytes) -> Steps:
    """(file, line before, line) of all that ``run`` goes through in the program itself."""
    found: Steps = set()

    def called(frame: FrameType, _event: str, _said: object) -> Callable[..., object] | None:
        file, before = frame.f_code.co_filename, 0
        if not file.startswith(OURS):
            return None

        def went(frame: FrameType, event: str, _said: object) -> object:
            nonlocal before
            if event == "line":
                found.add((file, before, frame.f_lineno))
                before = frame.f_lineno
            return went

        return went

    sys.settrace(called)
    try:
        run(data)
    finally:
        sys.settrace(None)
    return found


def chosen(run: Run, first: Iterable[bytes], tried: Iterable[bytes]) -> list[bytes]:
    """Of what was ``tried``, at most ``MOST_BYTES`` that lead where the ``first`` inputs do not."""
    known: Steps = set().union(*(steps(run, data) for data in first))
    new = {data: steps(run, data) - known for data in tried if len(data) < MOST_BYTES}
    kept: list[bytes] = []
    room = MOST_BYTES
    while new := {data: reached for data, reached in new.items() if reached and len(data) <= room}:
        best = max(sorted(new), key=lambda data: len(new[data]) / (len(data) + FEW))
        kept.append(best)
        room -= len(best)
        reached = new.pop(best)
        new = {data: more - reached for data, more in new.items()}
    return kept


def main() -> None:
    kept: dict[str, list[str]] = {}
    for name, (run, seeds) in TARGETS.items():
        first = seeds()
        run(first[0])  # what is made once is not reached by any input
        tried = [path.read_bytes() for path in sorted((PLACE / name / "corpus").glob("*"))]
        kept[name] = [base64.b64encode(data).decode() for data in chosen(run, first, tried)]
        print(f"{name}: {len(kept[name])} of {len(tried)}", flush=True)
    FOUND.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
