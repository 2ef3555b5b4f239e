"""Columns of numbers in a text: the separator is found, decimal commas and quoted names are understood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rhomboid.errors import DataError
from rhomboid.imu import Array

SEPARATORS = "\t;,"
"""In order of preference: where one of the first two stands in the names, a comma is a decimal sign."""


class TextTable:
    """``text`` from its line of names on; ``where`` is for errors."""

    def __init__(self, text: str, where: str, names_in_line: int = 0) -> None:
        lines = text.split("\n")
        header = lines[names_in_line] if names_in_line < len(lines) else ""
        self.where, self.separator = where, separator_of(header)
        self.names = names_of(header)
        # Some programs write the names anew each time recording is resumed.
        self.lines = [line for line in lines[names_in_line + 1 :] if line.strip() and line != header]
        if not self.lines:
            raise DataError("it holds no samples", do="export it again", where=where)

    def text_column(self, column: int) -> list[str]:
        """A column as it stands there."""
        try:
            return [line.split(self.separator, column + 1)[column].strip() for line in self.lines]
        except IndexError:
            raise self._short() from None

    def numbers(self, columns: Sequence[int]) -> Array:
        """(n, len(columns)). Raises DataError."""
        lines = self.lines if self.separator == "," else [line.replace(",", ".") for line in self.lines]
        try:
            found = np.loadtxt(lines, delimiter=self.separator, usecols=columns, comments=None, quotechar='"', ndmin=2)
        except ValueError:
            raise self._short() from None
        if len(found) < len(lines):  # a quotation mark that is never closed takes all that follows into its field
            raise self._short()
        return found

    def _short(self) -> DataError:
        what = "a row is short or holds something else than numbers"
        return DataError(what, do="export it again", where=self.where)


def separator_of(header: str) -> str:
    """What stands between the names."""
    return next((separator for separator in SEPARATORS if separator in header), ",")


def names_of(header: str) -> list[str]:
    """The names in a first line, without quotes and white space."""
    return [name.strip().strip('"').strip() for name in header.split(separator_of(header))]
