"""Where exercises and plans lie on the disk: ours came with the program, the user's own are in the config folder."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

import platformdirs

from rhomboid.coach.catalogue import Catalogue, merge, read_sheet
from rhomboid.coach.plan import Plan
from rhomboid.coach.plan_file import read_plan
from rhomboid.coach.written import LONGEST_FILE, near
from rhomboid.errors import DataError, UsageError

OURS = files("rhomboid.coach")


def catalogue() -> Catalogue:
    """All exercises: ours, then the user's ``exercises/*.toml`` by name of file. Raises DataError."""
    ours = read_sheet("catalogue.toml", OURS.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return merge(ours, *(read_sheet(file, text) for file, text in _own("exercises")))


def plans(exercises: Catalogue) -> dict[str, Plan]:
    """All plans by id: ours, then the user's ``plans/*.toml``, which replace ours of the same id. Raises DataError."""
    ours = sorted(OURS.joinpath("plans").iterdir(), key=lambda found: found.name)
    texts = [(found.name, found.read_text(encoding="utf-8")) for found in ours if found.name.endswith(".toml")]
    try:
        read = [read_plan(file, text, exercises) for file, text in texts]
    except DataError as error:  # ours fit our own catalogue
        replaced = "; ".join(exercises.remarks)
        raise DataError(error.what, do=f"change the exercise of your own ({replaced})", where=error.where) from None
    read += [read_plan(file, text, exercises) for file, text in _own("plans")]
    return {plan.id: plan for plan in read}


def plan_named(known: dict[str, Plan], name: str) -> Plan:
    """The plan with this id. Raises UsageError that names near ones."""
    wanted = name.strip().lower()
    if wanted not in known:
        raise UsageError(f"there is no plan {name[:40]!r}", do=near(wanted, known, "see rhomboid plan list"))
    return known[wanted]


def current_plan(known: dict[str, Plan]) -> Plan | None:
    """The plan that is in use; None if none is, or if it is gone."""
    try:
        return known.get(_current().read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return None


def use_plan(plan: Plan) -> None:
    """This one from now on. Raises DataError if that cannot be written down."""
    path = _current()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(plan.id + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror})",
            do="check its permissions and the space on the disk",
            where=str(path),
        ) from None


def own_folder(kind: Literal["exercises", "plans"]) -> Path:
    """Where the user's own files are read from; it need not exist."""
    return _config() / kind


def _config() -> Path:
    return platformdirs.user_config_path("rhomboid", appauthor=False)


def _current() -> Path:
    return _config() / "plan-in-use.txt"


def _own(kind: Literal["exercises", "plans"]) -> Iterator[tuple[str, str]]:
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
