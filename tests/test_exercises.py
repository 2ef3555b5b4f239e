"""``rhomboid exercises`` as its user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from rhomboid.cli import main
from rhomboid.shelf import catalogue, own_folder

from .coach.test_catalogue import PULL_APART

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")

    def rhomboid(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rhomboid", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        told = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, told.out, told.err

    return rhomboid


def own(name: str, content: str | bytes) -> Path:
    path = own_folder("exercises") / name
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
