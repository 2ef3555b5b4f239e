"""``rhomboid exercises`` and ``rhomboid plan`` as their user meets them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import platformdirs
import pytest

from rhomboid.cli import main
from rhomboid.history.store import History
from rhomboid.shelf import catalogue, own_folder, plans

from .coach.lives import PLANS, later, lived
from .coach.test_catalogue import PULL_APART
from .coach.test_plan_file import MINE

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "history.sqlite3"))

    def rhomboid(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rhomboid", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        told = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, told.out, told.err

    return rhomboid


def own(name: str, content: str | bytes, kind: Literal["exercises", "plans"] = "exercises") -> Path:
    path = own_folder(kind) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_list_fits_a_terminal_and_names_every_exercise(run: Run) -> None:
    status, out, err = run("exercises")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert sorted(listed) == sorted(catalogue().exercises)
    assert (
        "\n\nknee and hand on a bench\n  one-arm-row             One-arm dumbbell row               strong\n\n" in out
    )


@pytest.mark.parametrize("name", [x.id for x in catalogue().exercises.values()])
def test_every_exercise_can_be_shown(run: Run, name: str) -> None:
    status, out, err = run("exercises", name)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert f"({name})" in out.splitlines()[0]


def test_one_exercise_is_shown_with_where_its_numbers_come_from(run: Run) -> None:
    out = " ".join(run("exercises", "Shoulder-blade SQUEEZE")[1].split())
    assert "1 × 10, held 5 s" in out
    assert "from Five exercises for the upper back (not the sets and length of the hold: this project's own" in out
    assert "No real recording of squeezes is known" in out


def test_json_is_an_array_of_the_same(run: Run) -> None:
    got = json.loads(run("exercises", "--json")[1])
    assert [x["id"] for x in got] == list(catalogue().exercises)
    assert [x["id"] for x in json.loads(run("exercises", "--json", "squat")[1])] == ["squat"]


def test_an_unknown_name_is_one_line_with_near_ones(run: Run) -> None:
    assert run("exercises", "sqat") == (2, "", "rhomboid: there is no exercise 'sqat'; did you mean squat?\n")


def test_ones_own_exercises_are_listed_and_what_they_replace_is_told(run: Run) -> None:
    own("b.toml", PULL_APART)
    path = own("c.toml", PULL_APART.replace("exercise.pull-apart", "exercise.squat"))
    status, out, _ = run("exercises")
    assert status == 0
    assert "  pull-apart " in out
    assert f"{path} replaces squat" in out


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 3_000_000, PULL_APART.replace("sets = 2", "sets = 0")])
def test_a_broken_file_of_ones_own_is_named_in_one_line(run: Run, content: bytes | str) -> None:
    path = own("own.toml", content)
    status, out, err = run("exercises")
    assert (status, out) == (1, "")
    assert err.startswith(f"rhomboid: {path}")
    assert len(err.splitlines()) == 1


# --- plans ----------------------------------------------------------------------------------------------------------


def test_without_a_plan_in_use_the_plans_are_listed_and_how_to_begin(run: Run) -> None:
    status, out, err = run("plan")
    assert (status, err) == (0, "")
    assert "gentle-in-bed: Gently in bed, every day\n" in out
    assert out.endswith("None is in use. To begin with one: rhomboid plan use NAME\n")


def test_the_plan_in_use_is_remembered(run: Run) -> None:
    assert run("plan", "use", "gentle-in-bed")[0] == 0
    assert run("plan")[1].startswith("Gently in bed (gentle-in-bed), every day\n")
    assert "gentle-in-bed (in use): " in run("plan", "list")[1]
    assert run("plan", "use", "five-exercises")[0] == 0
    assert "(five-exercises)" in run("plan")[1].splitlines()[0]


@pytest.mark.parametrize("name", list(plans(catalogue())))
@pytest.mark.parametrize("weeks", ["1", "4", "26"])
def test_every_plan_fits_a_terminal(run: Run, name: str, weeks: str) -> None:
    status, out, err = run("plan", name, "--weeks", weeks)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "Next session: today, week 1" in out


def test_the_weeks_ahead_of_the_strength_plan(run: Run) -> None:
    out = run("plan", "strength-15-weeks", "--weeks", "15")[1]
    rows = [line.split("  ") for line in out.splitlines() if line.startswith("one-arm-row ")]
    told = [cell.strip() for row in rows for cell in row[1:] if cell.strip()]
    assert told[:5] == ["3×5 first", "3×5 +1 kg", "3×5 +2 kg", "3×5 80 %", "3×5 +3 kg"]
    assert len(told) == 15
    assert "week 4 light" in out


def test_the_next_session_follows_from_the_history(run: Run) -> None:
    today = datetime.now(UTC).date()
    past, due = lived(PLANS["strength-15-weeks"], 3, from_day=later(today, -7))
    with History() as history:
        history.add_all(past)
    assert due == today
    out = run("plan", "strength-15-weeks")[1]
    assert "Next session: today, week 2 of 15, session 4\n" in out
    assert "  One-arm dumbbell row: 3 × 5, left then right, 7 kg, rest 45 s\n      1 kg more than on " in out
    assert re.search(r"^one-arm-row +3×5 7 kg +3×5 8 kg +3×5 6 kg ", out, re.MULTILINE)


def test_a_damaged_history_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    status, out, err = run("plan", "gentle-in-bed")
    assert (status, out, len(err.splitlines())) == (1, "", 1)


def test_json_is_an_array_of_the_sessions_ahead(run: Run) -> None:
    got = json.loads(run("plan", "gentle-in-bed", "--json", "--weeks", "2")[1])
    assert len(got) == 14
    assert [s["exercises"][0]["reps"] for s in got[:5]] == [2, 2, 3, 4, 5]
    assert all(x["why"] for s in got for x in s["exercises"])


def test_the_list_is_an_array_too_and_without_a_plan_in_use_there_is_none_ahead(run: Run) -> None:
    assert [p["id"] for p in json.loads(run("plan", "list", "--json")[1])] == list(plans(catalogue()))
    assert run("plan", "--json") == (2, "", "rhomboid: no plan is in use; name one that rhomboid plan list shows\n")


def test_ones_own_plan_is_used_and_may_replace_ours(run: Run) -> None:
    own("mine.toml", MINE, "plans")
    own("bed.toml", MINE.replace('"mine"', '"gentle-in-bed"'), "plans")
    assert run("plan", "use", "MINE")[0] == 0
    assert run("plan")[1].startswith("Rows and a stretch (mine), 2 days a week")
    assert run("plan", "gentle-in-bed")[1].startswith("Rows and a stretch")


def test_ones_own_plan_may_use_ones_own_exercise(run: Run) -> None:
    own("b.toml", PULL_APART)
    own("mine.toml", MINE.replace('"squat"', '"pull-apart"'), "plans")
    assert "pull-apart " in run("plan", "mine")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "running"), "there is no plan 'running'; see rhomboid plan list"),
        (("plan", "use", "gentle-in-bd"), "there is no plan 'gentle-in-bd'; did you mean gentle-in-bed?"),
        (("plan", "use"), "what to do with the plan is not clear; see rhomboid plan --help"),
        (("plan", "gentle-in-bed", "now"), "what to do with the plan is not clear; see rhomboid plan --help"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments) == (2, "", f"rhomboid: {said}\n")


def test_a_broken_plan_of_ones_own_is_named_with_its_line(run: Run) -> None:
    path = own("mine.toml", MINE.replace('"squat"', '"squatt"'), "plans")
    said = f"rhomboid: {path}, line 24: there is no exercise 'squatt'; did you mean squat?\n"
    assert run("plan", "list") == (1, "", said)


def test_an_exercise_of_ones_own_that_breaks_a_plan_of_ours_is_named(run: Run) -> None:
    held = PULL_APART.replace('"reps"', '"hold"').replace("reps = 12", "hold_s = 9").replace("tempo =", "# tempo =")
    path = own("b.toml", held.replace("exercise.pull-apart", "exercise.bridge"))
    status, _, err = run("plan", "list")
    assert status == 1
    assert f"change the exercise of your own ({path} replaces bridge)" in err


def test_a_plan_in_use_that_is_gone_is_none(run: Run) -> None:
    path = own("mine.toml", MINE, "plans")
    run("plan", "use", "mine")
    path.unlink()
    assert "None is in use." in run("plan")[1]


def test_where_it_cannot_be_remembered_it_is_told(run: Run) -> None:
    own_folder("plans").parent.write_text("a file where the folder should be")
    status, _, err = run("plan", "use", "gentle-in-bed")
    assert status == 1
    assert len(err.splitlines()) == 1
    assert "cannot be written" in err
