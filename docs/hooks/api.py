"""Puts signatures and docstrings where a page says ``::: rhomboid.analyze``, as they stand in the code."""

from __future__ import annotations

import ast
import inspect
import pydoc
import re
import textwrap
from collections.abc import Iterator
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A name that nothing has is an error."""
    return re.sub(r"^::: (\S+)$", lambda found: "\n\n".join(described(found[1])), markdown, flags=re.MULTILINE)


def described(name: str) -> Iterator[str]:
    """Markdown of a function, or of a class with its fields and public members."""
    thing: Any = pydoc.locate(name)
    if thing is None:
        raise LookupError(f"there is no {name}")
    yield f"## `{name}`"
    if not inspect.isclass(thing):
        yield from _callable(thing.__name__, thing)
        return
    yield _words(thing)
    fields = list(_fields(thing))
    if fields:
        yield "\n".join(["| field | |", "|---|---|", *fields])
    for member, value in vars(thing).items():
        if member.startswith("_"):
            continue
        if isinstance(value, property):
            yield f"### `.{member}`\n\n{_words(value)}"
        elif inspect.isfunction(value) or isinstance(value, classmethod):
            yield f"### `.{member}`"
            yield from _callable(member, getattr(thing, member))


def _callable(name: str, thing: Any) -> Iterator[str]:
    signature = re.sub(r"'", "", str(inspect.signature(thing)))
    yield f"```python\n{name}{signature}\n```"
    yield _words(thing)


def _words(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").replace("``", "`")


def _fields(thing: Any) -> Iterator[str]:
    """A row for each annotated field, with the docstring below it."""
    (body,) = [node.body for node in ast.parse(textwrap.dedent(inspect.getsource(thing))).body if hasattr(node, "body")]
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign):
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            words = " ".join(str(after.value.value).split()).replace("``", "`") if told else ""
            yield f"| `{ast.unparse(node)}` | {words} |"
