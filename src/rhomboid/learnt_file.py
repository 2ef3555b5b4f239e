"""What was learnt of the user's exercises, in their configuration folder, written whole or not at all.

``learnt.json`` holds what corrections taught, ``exercises/ID.template.json`` what was shown of an exercise. A file that
cannot be understood, or that a newer version of the program wrote, is complained about and left as it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec
import platformdirs

from rhomboid.coach.learning import Learnt
from rhomboid.errors import DataError
from rhomboid.motion.settings import OwnExercise, Template
from rhomboid.shelf import own_folder

VERSION = 1
LONGEST_FILE = 1_000_000
SUFFIX = ".template.json"

S = TypeVar("S", bound=msgspec.Struct)


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown of an exercise, and when (ISO 8601)."""

    version: int = VERSION
    exercise: str
    at: str
    template: Template


def learnt_path() -> Path:
    """Where it is that corrections taught."""
    return platformdirs.user_config_path("rhomboid", appauthor=False) / "learnt.json"


def template_path(exercise: str) -> Path:
    """Where it is what was shown of this exercise."""
    return own_folder("exercises") / f"{exercise}{SUFFIX}"


def load() -> Learnt:
    """What corrections taught so far; nothing where there is no file. Raises DataError."""
    return _read(learnt_path(), Learnt) or Learnt()


def save(learnt: Learnt) -> None:
    """Writes it in place of what was there, which must have been sound. Raises DataError."""
    load()
    _write(learnt_path(), learnt)


def load_taught() -> dict[str, Taught]:
    """What was shown, by exercise. Raises DataError."""
    found = [taught for path in sorted(own_folder("exercises").glob(f"*{SUFFIX}")) if (taught := _read(path, Taught))]
    return {taught.exercise: taught for taught in found}


def save_taught(taught: Taught) -> None:
    """Writes it in place of what was shown before. Raises DataError."""
    _write(template_path(taught.exercise), taught)


def own_exercises() -> tuple[OwnExercise, ...]:
    """All that was learnt as the signal core wants it. Raises DataError."""
    learnt, taught = load(), load_taught()
    templates = {name: known.template for name, known in taught.items()}
    return tuple(
        OwnExercise(exercise=name, eagerness=learnt.eagerness(name), template=templates.get(name))
        for name in dict.fromkeys((*learnt.exercises(), *taught))
    )


def _read(path: Path, kind: type[S]) -> S | None:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_FILE + 1)
        version = msgspec.json.decode(text, type=dict).get("version")
        if isinstance(version, int) and version > VERSION:
            raise DataError("was written by a newer version", do="update the program", where=str(path))
        return msgspec.json.decode(text, type=kind)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", do="check its permissions", where=str(path)) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        what = f"what was learnt cannot be understood ({str(error)[:100]})"
        raise DataError(what, do="take the file away, and all is counted as usual", where=str(path)) from None


def _write(path: Path, content: msgspec.Struct) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        do = "check its permissions and the space on the disk"
        raise DataError(f"cannot be written ({error.strerror})", do=do, where=str(path)) from None
