"""``rhomboid history`` as its user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from rhomboid.history.store import History
from tests import command_line

from .examples import DESK, TRAINING


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with History(tmp_path / "history.sqlite3") as history:
        history.add_all([TRAINING, DESK])
    return tmp_path / "history.sqlite3"


def rhomboid(path: Path, *args: str | Path) -> command_line.Done:
    with patch.dict(os.environ, {"RHOMBOID_HISTORY": str(path)}):
        done = command_line.rhomboid("history", *args)
    assert len(done.stderr.splitlines()) <= 1
    return done


def test_it_is_shown_for_the_eye_and_for_programs(path: Path) -> None:
    shown = rhomboid(path, "--weeks", "520").stdout
    assert "one-arm-row" in shown and "2026-11-16" in shown
    told = json.loads(rhomboid(path, "--weeks", "520", "--json").stdout)
    assert told["bests"][0]["exercise"] == "one-arm-row" and len(told["weeks"]) == 520
    trained = rhomboid(path, "--day", "2026-11-20").stdout
    assert "session 1: train" in trained and "tension load" not in trained  # not a day at the desk
    day = json.loads(rhomboid(path, "--day", "2026-11-21", "--json").stdout)
    assert day["sessions"][0]["breaks"] == DESK.breaks and 0 < day["tension_load"]["load"] < 100
    shown = rhomboid(path, "--day", "2026-11-21").stdout
    assert "tension load" in shown and "not muscle tension" in shown and max(map(len, shown.splitlines())) <= 80
    assert rhomboid(path, "--day", "2026-11-01").stdout == "No session on 2026-11-01.\n"


def test_export_forget_and_import(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    assert rhomboid(path, "export", "--json", "-o", copy).returncode == 0
    assert rhomboid(path, "export", "--json").stdout == copy.read_text()
    assert "sets.csv" in rhomboid(path, "export", "--csv", "-o", tmp_path / "csv").stdout
    asked = rhomboid(path, "forget", "--all")
    assert asked.returncode == 2 and "give --yes" in asked.stderr
    assert rhomboid(path, "forget", "--day", "2026-11-20", "--yes").stdout.startswith("sessions forgotten: 1")
    assert rhomboid(path, "forget", "--session", "2", "--yes").returncode == 0
    assert rhomboid(path, "forget", "--all", "--yes").stdout == "There is nothing to forget.\n"
    assert rhomboid(path, "import", copy).stdout.startswith("2 of 2")
    assert "one-arm-row" in rhomboid(path).stdout


def test_the_way_back_that_is_named_leads_back(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])
    told = rhomboid(path)
    assert told.returncode == 1 and "rhomboid history restore" in told.stderr
    done = rhomboid(path, "restore", "--yes")
    assert done.returncode == 0 and "2 sessions, the last of 2026-11-21" in done.stdout and "aside-1" in done.stdout
    assert "session 1: train" in rhomboid(path, "--day", "2026-11-20").stdout
    assert "0 sessions" in rhomboid(path, "restore", "--empty", "--yes").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--day", "today"),
        ("--weeks", "0"),
        ("export",),
        ("export", "--json", "--csv"),
        ("export", "--csv"),
        ("forget", "--yes"),
        ("forget", "--all", "--session", "1"),
        ("restore", "x", "--empty"),
        ("restore",),
        ("import",),
    ],
)
def test_wrong_use_gives_one_line_and_status_two(path: Path, arguments: tuple[str, ...]) -> None:
    done = rhomboid(path, *arguments)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    with History(path) as history:
        assert len(history.sessions()) == 2
