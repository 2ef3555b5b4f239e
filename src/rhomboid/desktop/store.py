"""What the desk's policy keeps from one start to the next: a small file in the user's state folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
import platformdirs

from rhomboid.coach.desk_state import Kept

VERSION = Kept().version


def state_folder() -> Path:
    """Where the desk's state, log and lock are; made if it is not there."""
    return platformdirs.user_state_path("rhomboid", appauthor=False, ensure_exists=True)


class KeptFile:
    """``path`` (None: desk.json in the state folder)."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_folder() / "desk.json"

    def load(self) -> tuple[Kept, str]:
        """What was kept, and in words what could not be read; that file is then kept aside under another name."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept(), ""
        except (OSError, ValueError, RecursionError):
            kept = None
        if kept is not None and kept.version == VERSION:
            return kept, ""
        aside = self._path.with_suffix(".unread.json")
        try:
            self._path.replace(aside)
        except OSError:
            return Kept(), f"{self._path} cannot be read; today's budget begins anew"
        return Kept(), f"what was kept of today cannot be read, and its budget begins anew; it is in {aside}"

    def save(self, kept: Kept) -> str:
        """Whole or not at all; in words why not, or an empty string. To lose a day's budget is no reason to stop."""
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(msgspec.json.encode(kept))
            part.replace(self._path)
        except OSError as error:
            return f"the desk's state cannot be written: {error.strerror}"
        return ""
