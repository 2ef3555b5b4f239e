"""Events as JSON lines: one object a line, each as ``events.encode`` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rhomboid.events import Event, encode
from rhomboid.recording.files import whole_file


def write_event_lines(path: Path, events: Iterable[Event], *, force: bool = False) -> None:
    """Raises UsageError where ``path`` exists (unless ``force``), DataError where the disk is full."""
    with whole_file(path, force=force) as file:
        file.writelines(encode(event) + b"\n" for event in events)
