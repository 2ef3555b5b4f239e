"""``rhomboid teach`` as its user meets it: three repetitions, an honest word about them, an exercise of one's own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import msgspec
import platformdirs
import pytest

from rhomboid import learnt_file
from rhomboid.motion.settings import Settings
from rhomboid.recording.reader import Recording
from rhomboid.shelf import catalogue, own_folder

from .bowing import HEAD, bows
from .command_line import Done, rhomboid

THREE_S, TEN_S = 13.0, 34.0


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "history.sqlite3"))


def csv(folder: Path, seconds: float) -> Path:
    path = folder / "bows.csv"
    path.write_text("\n".join([HEAD, *bows(seconds)]) + "\n")
    return path


def taught(tmp_path: Path, *more: str | Path, name: str = "Deep bow", seconds: float = THREE_S) -> Done:
    return rhomboid("teach", name, "--from", csv(tmp_path, seconds), *more)


def test_three_bows_become_an_exercise_that_can_be_trained(tmp_path: Path) -> None:
    done = taught(tmp_path, "--position", "sitting")
    assert done.returncode == 0, done.stderr
    exercise = catalogue().named("deep bow")
    assert (exercise.id, exercise.name, exercise.position, exercise.kind) == ("deep-bow", "Deep bow", "sitting", "reps")
    assert exercise.seen == "strong"
    (own,) = learnt_file.own_exercises()
    assert own.exercise == "deep-bow" and own.template is not None
    assert max(tilt for tilt, _, _ in own.template.course) == pytest.approx(40.0, rel=0.15)
    assert own.template.duration_s == pytest.approx(2.4, abs=0.4)


def test_it_is_said_what_they_are_like_and_what_they_were_compared_with(tmp_path: Path) -> None:
    out = taught(tmp_path).stdout
    assert "Three repetitions (at " in out and "% alike" in out
    assert "They stand clear of the rest" in out
    assert "one-arm-row" in out and "simulated wearer" in out
    assert "Compared with what the simulated wearer does, not with the rest of the catalogue" in out
    second = taught(tmp_path, name="Another bow").stdout
    row = next(line for line in second.splitlines() if line.startswith("deep-bow"))
    assert row.split()[1:] == ["you", "100", "1", "1", "no"]


@pytest.mark.parametrize(("seconds", "seen"), [(TEN_S, "10 repetitions"), (4.5, "nothing that repeats itself")])
def test_what_is_not_three_repetitions_is_refused_and_nothing_is_written(
    tmp_path: Path, seconds: float, seen: str
) -> None:
    done = taught(tmp_path, seconds=seconds)
    assert done.returncode == 1
    assert f"3 repetitions were to be shown, and {seen} can be seen" in done.stderr
    assert not own_folder("exercises").exists()


def test_a_part_of_a_recording_will_do(tmp_path: Path) -> None:
    done = taught(tmp_path, "--between", "0:10.9-0:20.1", "--json", seconds=TEN_S)
    assert done.returncode == 0, done.stderr
    spans = json.loads(done.stdout)["spans_s"]
    assert len(spans) == 3 and spans[0][0] > 10.5 and spans[-1][1] < 20.5


def test_an_exercise_of_the_catalogue_is_only_better_known_by_it(tmp_path: Path) -> None:
    before = catalogue()
    done = taught(tmp_path, name="One-arm dumbbell row")
    assert done.returncode == 0, done.stderr
    assert catalogue() == before
    assert [path.name for path in own_folder("exercises").iterdir()] == ["one-arm-row.template.json"]


def test_it_is_taught_again_only_if_that_is_said(tmp_path: Path) -> None:
    taught(tmp_path)
    path = learnt_file.template_path("deep-bow")
    sheet = (own_folder("exercises") / "deep-bow.toml").read_bytes()
    first = path.read_bytes()
    assert taught(tmp_path).returncode == 2
    assert path.read_bytes() == first
    assert taught(tmp_path, "--again").returncode == 0
    assert (own_folder("exercises") / "deep-bow.toml").read_bytes() == sheet


@pytest.mark.parametrize("name", ["", "  ", "!!!", "x" * 60, "bow\x1b[31m"])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    done = taught(tmp_path, name=name)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "\x1b" not in done.stderr


def test_a_name_with_quotes_and_letters_of_other_tongues_is_kept(tmp_path: Path) -> None:
    assert taught(tmp_path, name='Verbeugung "groß"').returncode == 0
    (path,) = own_folder("exercises").glob("*.toml")
    assert (
        tomllib.loads(path.read_text(encoding="utf-8"))["exercise"]["verbeugung-gross"]["name"] == 'Verbeugung "groß"'
    )


def test_the_same_in_json_stands_alone_on_standard_output() -> None:
    """Shown by the simulated wearer; and a guided session then holds it, so that its replay agrees."""
    done = rhomboid("teach", "band pull-apart", "--demo", "--speed", "max", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["exercise"] == "band-pull-apart"
    assert {row["of"] for row in told["compared"]} == {"simulated wearer"}
    assert "Take up the pose" in done.stderr


def test_a_guided_session_counts_with_it_and_its_replay_agrees(tmp_path: Path) -> None:
    taught(tmp_path)
    path = tmp_path / "session.mcap"
    done = rhomboid("train", "--demo", "--exercise", "deep-bow:4", "--record", path, "--speed", "max", "--plain")
    assert done.returncode == 0, done.stderr
    settings = msgspec.json.decode(Recording.open(path).about.settings, type=Settings)
    assert settings.own == learnt_file.own_exercises()
    assert rhomboid("replay", path, "--verify").returncode == 0
