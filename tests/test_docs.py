"""The pages in ``docs/`` are true where a test can tell: every command in them runs, every link leads somewhere.

Commands stand in ``console`` blocks behind ``$``. What the block's title says decides how far they are tried: those "on
the screen" in their plain form, those that need a sensor or a cluster by their options alone. ``make docs`` builds the
site, with all warnings as errors.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from rhomboid.cli import app

from .command_line import rhomboid

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
ON_THE_SCREEN = ["--plain", "--for", "5"]
COMMANDS = get_command(app)
ONLY_OPTIONS = {"needs a sensor", "needs a browser", "on the cluster"}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """(language, title, text) of each fenced block."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words name, and what is left of them."""
    command: Any = COMMANDS
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def run(title: str, line: str) -> None:
    """Tries one line of a ``console`` block."""
    program, *words = shlex.split(line)
    if Path(program).name != "rhomboid":
        assert_known(program, words)
    elif title in ONLY_OPTIONS:
        command, arguments = command_of(words)
        command.make_context("rhomboid", arguments)  # raises what the user would see
    else:
        if title == "on the screen":
            words += ON_THE_SCREEN
            words += ["--speed", "max"] if words[0] != "replay" else []
        done = rhomboid(*words)
        assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), (line, done.stderr)


def assert_known(program: str, words: list[str]) -> None:
    """Of other programs only those that the pages are meant to name."""
    if program == "make":
        assert f"\n{words[0]}: " in (ROOT / "Makefile").read_text(encoding="utf-8")
    else:
        assert (Path(program).name, words[0]) in {
            ("python", "-m"), ("pip", "install"), ("dask", "scheduler"), ("dask", "worker"),
        }  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder of one's own."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "home" / "history.sqlite3"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def furnish(place: Path, page: Path) -> None:
    """Puts the recordings there that the page names, at least one."""
    (place / "recordings").mkdir()
    for name in {"rows.mcap", *re.findall(r"recordings/([\w-]+\.mcap)", page.read_text(encoding="utf-8"))}:
        shutil.copy(ROOT / "recordings" / name, place / "recordings")


@pytest.mark.parametrize("page", [p for p in PAGES if "```console" in p.read_text("utf-8")], ids=lambda p: p.stem)
def test_every_command_runs(page: Path, place: Path) -> None:
    furnish(place, page)
    lines = [
        (title, line.removeprefix("$ "))
        for language, title, text in blocks(page)
        if language == "console"
        for line in text.splitlines()
    ]
    for title, line in lines:
        run(title, line)
    for language, _, text in blocks(page):
        if language == "python" and ("duckdb" not in text or pytest.importorskip("duckdb")):
            exec(compile(text, str(page), "exec"), {})  # noqa: S102 - our own page


def test_the_notebook_runs(place: Path) -> None:
    page = ROOT / "docs" / "notebook.ipynb"
    furnish(place, page)
    names: dict[str, Any] = {}
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "results are made when the site is built, and not kept"
            exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
    assert len(names["found"].sets) == 1 and len(names["at_the_desk"].slouches) == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_command_named_in_a_sentence_exists_with_its_options(page: Path) -> None:
    for named in re.findall(r"`rhomboid ([^`]+)`", page.read_text(encoding="utf-8")):
        words = re.sub(r"[^\w\s./:-]", " ", named).split()
        command, rest = command_of(words)
        assert len(rest) < len(words), f"there is no such command: {named}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known, named


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_every_extra_named_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for page in PAGES:
        assert set(re.findall(r"rhomboid\[(\w+)\]|extra `(\w+)`", page.read_text(encoding="utf-8"))) <= {
            pair for name in extras for pair in ((name, ""), ("", name))
        }
