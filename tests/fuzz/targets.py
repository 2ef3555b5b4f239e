"""Everything that takes bytes from outside, by name: how one input is tried, the first inputs, and what they led to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import drivers, files, served

FOUND = Path(__file__).with_name("found.json")

Target = tuple[Callable[[bytes], None], Callable[[], list[bytes]]]

TARGETS: dict[str, Target] = {
    "drivers": (drivers.run, drivers.seeds),
    **files.TARGETS,
    "served": (served.run, served.seeds),
}


def found(name: str) -> list[bytes]:
    """A few short inputs that the fuzzer came to by itself (``keep``)."""
    return [base64.b64decode(text) for text in json.loads(FOUND.read_text(encoding="utf-8"))[name]]
