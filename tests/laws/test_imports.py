"""Who may import whom (the walls of the house), and what must stay unloaded until it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rhomboid

ROOT = Path(rhomboid.__file__).parent
VOCABULARY = {"imu", "events", "errors"}

# room -> the rooms of ours it may import besides itself and the vocabulary; None: anything
MAY_IMPORT: dict[str, set[str] | None] = {
    "imu": set(),
    "errors": set(),
    "events": set(),
    "words": set(),
    "sensors": set(),
    "motion": set(),
    "coach": set(),
    "history": {"coach", "recording", "tables", "words"},
    "report": {"coach", "history", "interpreter", "library", "motion", "words"},
    "shelf": {"coach"},
    "simulation": {"sensors"},
    "recording": set(),
    "interpreter": {"motion", "sensors"},
    "playback": {"interpreter", "sensors"},
    "replay": {"interpreter", "motion", "playback", "words"},
    "library": {"recording", "sensors"},
    "info": {"library", "recording", "sensors", "words"},
    "verify": {"interpreter", "motion", "recording", "sensors", "words"},
    "reference_memory": {"motion", "session"},
    "ring": set(),
    "allocator": set(),
    "session": {"allocator", "interpreter", "motion", "ring", "sensors"},
    "bug_report": {"interpreter", "motion", "recording", "ring", "sensors", "words"},
    "analysis": {"interpreter", "library", "motion", "words"},
    "batch": {"analysis", "motion", "recording"},
    "annotation": set(),
    "annotate": {"annotation", "interpreter", "library", "motion"},
    "labels": {"annotation"},
    "accuracy": {"interpreter", "labels", "library", "motion"},
    "lessons": {"accuracy", "coach", "interpreter", "library", "motion"},
    "learnt_file": {"coach", "motion", "shelf"},
    "taught": {"coach", "interpreter", "library", "motion", "shelf", "simulation"},
    "export": {"interpreter", "library", "motion", "recording"},
    "tables": {"accuracy", "analysis", "words"},
    "plain": {"endings", "session", "words"},
    "sound": {"coach", "motion", "session", "words"},
    "settings_file": {"coach", "dashboard", "recording", "sound"},
    "desktop": {"coach", "endings", "history", "session", "sound", "words"},
    "dashboard": {"annotation", "coach", "endings", "history", "session", "settings_file", "motion", "words"},
    "endings": set(),
    "serve": {"endings"},
    "training": {"coach", "session"},
    "free_training": {"coach", "session", "training"},
    "plain_training": {"coach", "session", "training", "words"},
    "commands": None,
    "link": {"sensors"},
    "cli": None,
    "__init__": {"analysis", "motion", "recording"},  # for types, and when first asked for
    "__main__": None,
}
PURE = {"sensors", "motion", "coach", "imu", "events", "errors", "interpreter", "ring", "words", "annotation"}
IMPURE_MODULES = {"asyncio", "time", "datetime", "random", "socket", "subprocess", "threading", "bleak", "textual"}


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide which room is meant"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_what_the_design_allows(path: Path) -> None:
    room = room_of(path)
    allowed = MAY_IMPORT[room]
    if allowed is None:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "rhomboid" and parts[1] != "__version__":
            assert parts[1] in allowed | VOCABULARY | {room}, f"{room} must not import {name}"


@pytest.mark.parametrize("path", [p for p in FILES if room_of(p) in PURE], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_knows_no_clock_and_does_no_input_or_output(path: Path) -> None:
    # A date is a value that comes in from outside; the coach may reckon with it, but never asks what day it is.
    dates = {"datetime"} if room_of(path) == "coach" else set()
    assert not {name.split(".")[0] for name in imports(path)} & (IMPURE_MODULES - dates)
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    assert not {n.attr for n in tree if isinstance(n, ast.Attribute)} & {"now", "utcnow", "today"}
    called = {n.func.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _is_plain_call(n)}
    assert not called & {"open", "print", "input"}


@pytest.mark.parametrize("run", ["import rhomboid", "from rhomboid import cli"])
def test_starting_loads_no_heavy_library(run: str) -> None:
    code = f"{run}\nimport sys\nprint(*sorted({{'textual', 'bleak', 'scipy', 'numpy'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", rhomboid.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(rhomboid, name) is not None


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, contextlib, io\nfrom rhomboid.cli import main\nsys.argv = ['rhomboid', '--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    main()\n"
        "print(*sorted({'textual', 'bleak', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
