"""``import``, ``export`` and ``annotate`` as their user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .bowing import HEAD, bows
from .command_line import rhomboid
from .recording.importers.examples import EXAMPLES, movella_dot


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_imported_counts_like_the_file_itself(tmp_path: Path, name: str) -> None:
    path, target = EXAMPLES[name][2](tmp_path), tmp_path / "out.csv.gz"
    done = rhomboid("import", path, "-o", target)
    assert (done.returncode, done.stderr) == (0, "")
    assert EXAMPLES[name][0] in done.stdout and "with gyroscope, 0 gaps" in done.stdout
    both = [json.loads(rhomboid("analyze", "--json", "--mode", "set", p).stdout) for p in (path, target)]
    assert both[0]["reps"] == both[1]["reps"] and len(both[0]["reps"]) == 5


def test_one_bad_file_does_not_stop_the_others_and_nothing_is_overwritten(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(movella_dot())
    bad.write_text("hello")
    done = rhomboid("import", bad, good)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "good.imported.csv").read_text().startswith(HEAD + "\n")
    again = rhomboid("import", good)
    assert again.returncode == 1 and "exists already" in again.stderr
    assert rhomboid("import", good, "--force").returncode == 0


def test_several_files_need_a_folder(tmp_path: Path) -> None:
    done = rhomboid("import", "a", "b", "-o", tmp_path / "x.csv")
    assert done.returncode == 2 and "a folder that exists" in done.stderr


def test_our_own_csv_can_be_imported_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("\n".join([HEAD, *bows()]))
    assert "CSV, 20.0 s at 50.0 Hz" in rhomboid("import", path, "-o", tmp_path / "out.csv").stdout


def test_export_names_its_file_after_the_recording_and_wants_one_form(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([HEAD, *bows()]))
    done = rhomboid("export", path, "--events")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "mine.events.jsonl"))
    for forms in ((), ("--csv", "--events")):
        done = rhomboid("export", path, *forms)
        assert done.returncode == 2 and "--mcap-decoded" in done.stderr


def test_the_last_minute_of_a_session_without_a_screen_is_kept_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "kept.mcap"
    options = ("--demo", "--script", "rows", "--plain", "--speed", "max", "--for", "40")
    done = rhomboid("train", *options, "--keep-last", path)
    assert done.returncode == 0 and str(path) in done.stderr
    assert rhomboid("replay", "--plain", path).stdout.count("rep ") == done.stdout.count("rep ") > 0
    again = rhomboid("train", *options, "--keep-last", path)
    assert again.returncode == 2 and "exists already" in again.stderr
