"""The sensor of last time, so that nobody has to say it again: a small file in the user's own data folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
import platformdirs

from rhomboid.link.live import Wanted


def remembered() -> Wanted | None:
    """The sensor of last time; None if there was none, or if what is there cannot be read."""
    try:
        return msgspec.json.decode(_path().read_bytes(), type=Wanted)
    except (OSError, ValueError, RecursionError):
        return None


def remember(wanted: Wanted) -> None:
    """This one from now on. That it cannot be written is no reason not to train."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(wanted))
        part.replace(path)
    except OSError:
        return


def _path() -> Path:
    return platformdirs.user_data_path("rhomboid", appauthor=False) / "sensor.json"
