"""What people write in TOML: read within bounds, and every complaint names file, line and key in one sentence."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
import msgspec.inspect

from rhomboid.errors import DataError

T = TypeVar("T")
Path = tuple[str | int, ...]
"""Where in a document: keys of tables and, from 0, places in lists."""

LONGEST_FILE = 200_000
LONGEST_LINE = 1_000
"""Characters. Longer ones have no use here; nested keys in one cost the parser the square of their number."""
LONGEST_NAME = 48
LONGEST_TEXT = 1_000
LONGEST_COMPLAINT = 200
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

BOUNDS: dict[str, tuple[float, float, str]] = {
    "sets": (1, 20, ""),
    "reps": (1, 200, ""),
    "reps_to": (1, 200, ""),
    "reps_step": (1, 10, ""),
    "hold_s": (0.5, 600.0, " s"),
    "hold_to_s": (0.5, 600.0, " s"),
    "hold_step_s": (0.5, 60.0, " s"),
    "rest_s": (0.0, 900.0, " s"),
    "load_kg": (0.0, 300.0, " kg"),
    "load_step_kg": (0.0, 10.0, " kg"),
    "out_s": (0.2, 30.0, " s"),
    "pause_s": (0.0, 30.0, " s"),
    "back_s": (0.2, 30.0, " s"),
    "days_a_week": (1, 7, ""),
    "sessions_a_day": (1, 24, ""),
    "weeks": (1, 104, ""),
    "steady_sessions": (1, 30, ""),
    "light_each": (2, 12, ""),
    "light_share": (0.3, 1.0, ""),
    "warm_up_min": (0.0, 60.0, " min"),
}
"""Least, most and unit of numbers by their key; beyond them somebody mistyped."""

_BARE = "[A-Za-z0-9_-]+"
_PART = rf"""(?:{_BARE}|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADING = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_KINDS = {
    "int": "a whole number", "float": "a number", "str": "text in quotes", "bool": "true or false",
    "array": "a list", "object": "a table", "null": "nothing", "datetime": "a date", "date": "a date", "time": "a time",
}  # fmt: skip


class Document:
    """A TOML text that was read: ``data``, and the means to complain about a place in it."""

    def __init__(self, file: str, text: str) -> None:
        """``file`` is what it is called in complaints. Raises DataError if ``text`` is no TOML."""
        self.file = file
        self.data = _parsed(file, text)
        self._lines = _lines_of_keys(text)
        self._check_keys()

    def complaint(self, path: Path, what: str, do: str) -> DataError:
        """``what`` is wrong at ``path`` and what to ``do``; the line is that of the nearest key that can be found."""
        what = what if len(what) <= LONGEST_COMPLAINT else what[:LONGEST_COMPLAINT] + " ..."
        for length in range(len(path), 0, -1):
            if (line := self._lines.get(path[:length])) is not None:
                return DataError(what, do=do, where=f"{self.file}, line {line}")
        return DataError(what, do=do, where=self.file)

    def convert(self, value: Any, to: type[T], path: Path = ()) -> T:
        """``value``, found at ``path``, as ``to`` (a struct). Raises DataError."""
        try:
            return msgspec.convert(value, to)
        except msgspec.ValidationError as error:
            raise self._refused(str(error), to, path) from None

    def text(self, path: Path, text: str, longest: int = LONGEST_TEXT) -> str:
        """``text`` as one line. Raises DataError if it is empty, endless or could steer a terminal."""
        key = _said(path)
        text = " ".join(text.split())
        if not text:
            raise self.complaint(path, f"{key} is empty", "say it in a few words")
        if len(text) > longest:
            raise self.complaint(path, f"{key} has {len(text)} characters", f"use at most {longest}")
        if not text.isprintable():
            raise self.complaint(path, f"{key} holds control characters", "write plain text")
        return text

    def check_bounds(self, path: Path, value: float | None) -> None:
        """Raises DataError if ``value`` is beyond what ``BOUNDS`` has for the last key of ``path``; nan always is."""
        name = str(path[-1])
        least, most, unit = BOUNDS[name]
        if value is not None and not least <= value <= most:
            raise self.complaint(path, f"{name} is {value:g}{unit}", f"it must be from {least:g} to {most:g}{unit}")

    def check_slug(self, path: Path, slug: str) -> None:
        """Raises DataError if ``slug`` is not fit to be an id."""
        if not SLUG.fullmatch(slug) or len(slug) > LONGEST_NAME:
            raise self.complaint(
                path,
                f"{slug[:LONGEST_NAME]!r} cannot be an id",
                f"use small letters, digits and hyphens, as in one-arm-row, at most {LONGEST_NAME}",
            )

    def _check_keys(self) -> None:
        """Raises DataError for a key that could be no word of a format."""
        open_ends: list[tuple[Path, Any]] = [((), self.data)]
        while open_ends:
            path, value = open_ends.pop()
            inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            for key, inner in inside:
                if isinstance(key, str) and not re.fullmatch(_BARE, key):
                    raise self.complaint(
                        (*path, key), f"the key {key!r} is of no use", "use letters, digits, hyphens and underscores"
                    )
                if isinstance(inner, dict | list):
                    open_ends.append(((*path, key), inner))

    def _refused(self, message: str, to: type[Any], path: Path) -> DataError:
        """What msgspec said, in the words of someone who writes TOML."""
        what, _, place = message.rpartition(" - at `$") if " - at `$" in message else (message, "", "")
        inner: Path = tuple(
            int(index) if index else key
            for key, index in re.findall(rf"\.({_BARE})|\[(\d+)\]", place.removesuffix("`"))
        )
        names = re.findall(r"`([^`]*)`", what)
        at = path + inner
        if what.startswith("Object contains unknown field"):
            known = [f.encode_name for f in _type_at(to, inner).fields]
            return self.complaint(
                (*at, names[0]),
                f"there is no key {names[0]!r} here",
                near(names[0], known, f"there are: {', '.join(known)}"),
            )
        if what.startswith("Object missing required field"):
            return self.complaint(at, f"{_said((*at, names[0]))} is missing", "add it")
        if what.startswith("Invalid enum value"):
            choices = _type_at(to, inner).values
            return self.complaint(at, f"{_said(at)} cannot be {what[19:]}", f"use one of: {', '.join(choices)}")
        if what.startswith("Expected `") and len(names) == 2:
            wanted, found_kind = names[0].removesuffix(" | null"), names[1]
            return self.complaint(
                at,
                f"{_said(at)} is {_KINDS.get(found_kind, found_kind)}",
                f"it must be {_KINDS.get(wanted, wanted)}",
            )
        return self.complaint(at, f"{_said(at)}: {what}", "see docs/exercises-and-plans.md")


def near(name: str, known: Iterable[str], otherwise: str) -> str:
    """What to do about an unknown ``name``: take one of the ``known`` that looks like it, or ``otherwise``."""
    alike = difflib.get_close_matches(name[:LONGEST_NAME].lower(), list(known), n=3)
    return f"did you mean {' or '.join(alike)}?" if alike else otherwise


def _parsed(file: str, text: str) -> dict[str, Any]:
    if len(text) > LONGEST_FILE:
        raise DataError(f"has {len(text)} characters", do=f"split it: at most {LONGEST_FILE} are read", where=file)
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"the line has {len(line)} characters",
                do=f'break it (text in """ may span lines): at most {LONGEST_LINE} are read',
                where=f"{file}, line {number}",
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise DataError(
            "is nested too deeply", do="lists and tables within one another go a few deep", where=file
        ) from None
    except ValueError as error:
        said = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|(end of document))\)", str(error), re.DOTALL)
        what = said[1] if said else str(error)
        where = f"{file}, line {said[2]}" if said and said[2] else file
        raise DataError(
            f"is no TOML: {what[0].lower()}{what[1:]}", do="mend it there or just above", where=where
        ) from None


def _lines_of_keys(text: str) -> dict[Path, int]:
    """The line, from 1, of every heading and key, as far as can be told without a parser that keeps them."""
    lines: dict[Path, int] = {}
    in_list: dict[Path, int] = {}  # how many tables a list of tables has so far
    table: Path = ()
    quotes = ""  # those of the text that spans lines and has not ended
    for number, line in enumerate(text.splitlines(), 1):
        if quotes:
            if line.count(quotes) % 2:
                quotes = ""
            continue
        if heading := _HEADING.match(line):
            table = ()
            parts = _parts(heading[2])
            for i, part in enumerate(parts):
                table = (*table, part)
                if i == len(parts) - 1 and heading[1] == "[[":
                    in_list[table] = in_list.get(table, -1) + 1
                lines.setdefault(table, number)
                if table in in_list:
                    table = (*table, in_list[table])
                    lines.setdefault(table, number)
        elif key := _KEY.match(line):
            for i in range(len(parts := _parts(key[1]))):
                lines.setdefault((*table, *parts[: i + 1]), number)
        quotes = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
    return lines


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _said(path: Sequence[str | int]) -> str:
    """The path as its writer would say it: places in lists from 1."""
    said = ""
    for part in path:
        said += f" {part + 1}" if isinstance(part, int) else f"{'.' if said else ''}{part}"
    return said


@cache
def _type_info(root: type[msgspec.Struct]) -> Any:
    return msgspec.inspect.type_info(root)


def _type_at(root: type[msgspec.Struct], path: Path) -> Any:
    """What ``msgspec.inspect`` says of the type at ``path`` in the struct ``root``."""
    info: Any = _type_info(root)
    for part in path:
        info = info.item_type if isinstance(part, int) else next(f.type for f in info.fields if f.encode_name == part)
        if isinstance(info, msgspec.inspect.UnionType):
            info = next(t for t in info.types if not isinstance(t, msgspec.inspect.NoneType))
    return info
