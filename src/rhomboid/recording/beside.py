"""Where the recordings lie that the program makes by itself: beside the history that names them, to go with it."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".mcap"


def folder_beside(history: Path) -> Path:
    """The folder of the recordings of this history; it need not be there."""
    return history.absolute().parent / "recordings"


def is_own(recording: Path, history: Path) -> bool:
    """Whether this file is one of them."""
    return recording.parent == folder_beside(history) and recording.suffix == SUFFIX
