"""Where exercises lie on the disk: those that came with the program, and the user's own in the config folder."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import platformdirs

from rhomboid.coach.catalogue import Catalogue, merge, read_sheet
from rhomboid.coach.written import LONGEST_FILE
from rhomboid.errors import DataError

OURS = files("rhomboid.coach")


def catalogue() -> Catalogue:
    """All exercises: ours, then the user's ``exercises/*.toml`` by name of file. Raises DataError."""
    ours = read_sheet("catalogue.toml", OURS.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return merge(ours, *(read_sheet(file, text) for file, text in _own("exercises")))


def own_folder(kind: str) -> Path:
    """Where the user's own ``exercises`` or ``plans`` are read from; it need not exist."""
    return platformdirs.user_config_path("rhomboid", appauthor=False) / kind


def _own(kind: str) -> Iterator[tuple[str, str]]:
    """Name and text of every TOML file of the user's."""
    for path in sorted(own_folder(kind).glob("*.toml")):
        if path.is_file():
            yield str(path), _text(path)


def _text(path: Path) -> str:
    """What is in the file, read no further than anything of use can be long."""
    try:
        with path.open("rb") as file:
            return file.read(4 * LONGEST_FILE + 1).decode("utf-8")
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", do="check its permissions", where=str(path)) from None
    except UnicodeDecodeError:
        raise DataError("is no text in UTF-8", do="save it as UTF-8, or take it away", where=str(path)) from None
