"""Tables that a command writes into the pages of docs/, between two remarks that only the source of the page shows."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def kept(page: str, name: str) -> str:
    """What stands there now."""
    _, _, after = (DOCS / page).read_text(encoding="utf-8").partition(_beginning(name))
    return after.partition(_end(name))[0]


def rewrite(page: str, name: str, text: str) -> None:
    """``text`` instead."""
    before, _, after = (DOCS / page).read_text(encoding="utf-8").partition(_beginning(name))
    rest = after.partition(_end(name))[2]
    (DOCS / page).write_text(f"{before}{_beginning(name)}{text}\n{_end(name)}{rest}", encoding="utf-8")


def _beginning(name: str) -> str:
    return f"<!-- {name} -->\n"


def _end(name: str) -> str:
    return f"<!-- end of {name} -->\n"
