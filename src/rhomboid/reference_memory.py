"""The last reference of each sensor, for the next session with it: a small file in the user's own data folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import platformdirs

from rhomboid.events import ReferenceTaken
from rhomboid.motion.settings import KnownReference
from rhomboid.session import Update


class ReferenceMemory:
    """Of the sensor at ``address``. Listens to a session with it, to know when the reference was taken."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._taken = ""

    def recall(self) -> KnownReference | None:
        """The one of last time; None if there was none, or if what is there cannot be read."""
        return _all().get(self._address)

    def take(self, update: Update) -> None:
        """The next update of the session."""
        for event in update.events:
            if isinstance(event, ReferenceTaken):
                now = datetime.now()
                self._taken = event.earlier or f"{now.day} {now:%b %Y, %H:%M}"

    def keep(self, reference: KnownReference | None) -> None:
        """From now on this, if the session took any. That it cannot be written is no reason not to train."""
        if not self._taken:
            return
        known = _all()
        known.pop(self._address, None)
        if reference is not None:
            known[self._address] = msgspec.structs.replace(reference, taken=self._taken)
        path = _path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(msgspec.json.format(msgspec.json.encode(known)))
            part.replace(path)
        except OSError:
            return


def _all() -> dict[str, KnownReference]:
    try:
        return msgspec.json.decode(_path().read_bytes(), type=dict[str, KnownReference])
    except (OSError, ValueError, RecursionError):
        return {}


def _path() -> Path:
    return platformdirs.user_data_path("rhomboid", appauthor=False) / "references.json"
