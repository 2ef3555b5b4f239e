"""Opens any file the program can play or analyse, by its content and name, as one kind of thing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rhomboid.errors import DataError, UsageError
from rhomboid.imu import SourceItem
from rhomboid.sensors.driver import Driver

if TYPE_CHECKING:
    from rhomboid.recording.reader import Recording


class Opened(msgspec.Struct, frozen=True):
    """What there is to play: ``items`` in order, and the ``driver`` for those that are packets.

    ``recording``: the packet log itself, where it is one; the same items are in its ``parts``.
    """

    items: Iterable[SourceItem]
    driver: Driver | None
    duration_s: float
    remarks: list[str]
    recording: Recording | None = None


def open_file(path: Path) -> Opened:
    """A recording (``.mcap``), a CSV, or what ``importers`` can read. Raises DataError with what is wrong."""
    if not path.exists():
        raise DataError("there is no such file", do="check the name", where=str(path))
    if is_recording(path):
        from rhomboid.recording.reader import Recording
        from rhomboid.sensors import driver_for

        recording = Recording.open(path)
        try:
            driver = driver_for(recording.about.family)
        except UsageError as error:
            raise DataError(error.what, do="play it with the version that made it", where=str(path)) from error
        remarks = [recording.recovered] if recording.recovered else []
        return Opened(recording.items(), driver, recording.duration_s, remarks, recording)
    from rhomboid.recording.importers import OUR_CSV, read_table

    imported = read_table(path)
    table, remarks = imported.table, [] if imported.format == OUR_CSV else [f"read as {imported.format}"]
    return Opened(table.items(), None, table.duration_s, remarks)


def is_recording(path: Path) -> bool:
    """Whether ``path`` is a packet log, by its name or by how it begins. Raises DataError."""
    if path.name.lower().endswith(".mcap"):
        return True
    if not path.is_file():
        return False
    from rhomboid.recording.files import open_existing
    from rhomboid.recording.records import is_mcap

    with open_existing(path) as file:
        return is_mcap(file)
