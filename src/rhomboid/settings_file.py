"""The user's own settings: one file in their configuration folder, read within bounds and written whole or not at all.

Every key is optional and none is lost: a file that cannot be read, or that a newer version of the program wrote, is
complained about in one sentence and left as it is.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.written import LONGEST_FILE, Document
from rhomboid.dashboard.settings import ScreenSettings
from rhomboid.errors import DataError
from rhomboid.recording.settings import RecordingSettings
from rhomboid.sound.settings import SoundSettings

VERSION = 1


class UserSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that can be set for good; a command's options come on top."""

    version: int = VERSION
    desk: DeskSettings = DeskSettings()
    sound: SoundSettings = SoundSettings()
    screen: ScreenSettings = ScreenSettings()
    recording: RecordingSettings = RecordingSettings()


def settings_path() -> Path:
    """Where the settings are."""
    return platformdirs.user_config_path("rhomboid", appauthor=False) / "settings.toml"


def load(path: Path | None = None) -> UserSettings:
    """What is set in ``path`` (None: the user's own), or as it comes where there is none. Raises DataError."""
    path = path or settings_path()
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_FILE + 1)
    except FileNotFoundError:
        return UserSettings()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise DataError(
            f"the settings cannot be read: {reason}", do="mend or remove the file", where=str(path)
        ) from None
    return _read(text, str(path))


def save(settings: UserSettings, path: Path | None = None) -> None:
    """Writes all of it, with what each setting means, in place of what was there. Raises DataError.

    A file of a newer version, or one that cannot be understood, is not replaced.
    """
    path = path or settings_path()
    load(path)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(as_toml(settings))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(
            f"the settings cannot be written: {error.strerror}", do="make room or mend the permissions", where=str(path)
        ) from None


def as_toml(settings: UserSettings) -> str:
    """The settings as a person reads and edits them."""
    lines = ["# The settings of rhomboid. A line that is left out is as it comes.", f"version = {settings.version}"]
    for section in ("desk", "sound", "screen", "recording"):
        group = getattr(settings, section)
        lines += ["", f"[{section}]"]
        for field in msgspec.json.schema(type(group))["$defs"][type(group).__name__]["properties"].items():
            name, schema = field
            lines += [f"# {schema['description']}{_bounds(schema)}", f"{name} = {_value(getattr(group, name))}"]
    return "\n".join(lines) + "\n"


def _bounds(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f" ({', '.join(map(str, schema['enum']))})"
    if "minimum" in schema and "maximum" in schema:
        return f" ({schema['minimum']:g} to {schema['maximum']:g})"
    return ""


def _value(value: bool | float | str) -> str:
    return json.dumps(value)  # of flags, finite numbers and such words, TOML writes the same


def _read(text: str, file: str) -> UserSettings:
    document = Document(file, text)
    version = document.data.get("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        raise document.complaint(
            ("version",),
            f"the settings are of a newer version of the program ({version}; this one knows {VERSION})",
            "update the program; the file was left as it is",
        )
    try:
        return msgspec.convert(document.data, UserSettings)
    except msgspec.ValidationError as error:
        raise _refused(str(error), document) from None


def _refused(message: str, document: Document) -> DataError:
    what, _, place = message.partition(" - at `$.")
    keys = tuple(place.rstrip("`").split(".")) if place else ()
    if unknown := re.search(r"unknown field `(.*)`", what):
        keys, what = (*keys, unknown[1]), "there is no such setting"
    what = what[:1].lower() + what[1:]
    return document.complaint(keys, f"{'.'.join(keys)}: {what}", "mend it, or leave the line out")
