"""The history for other hands: JSON there and back, CSV that a spreadsheet may open, clear words for foreign files."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from rhomboid.coach.record import SetRecord
from rhomboid.errors import HistoryError, UsageError
from rhomboid.history.exchange import from_json, to_json, write_csv
from rhomboid.history.store import History

from .examples import DESK, TRAINING, at


def test_json_goes_round(tmp_path: Path) -> None:
    file = tmp_path / "h.json"
    with History(tmp_path / "one") as one, History(tmp_path / "two") as two:
        one.add_all([TRAINING, DESK])
        file.write_bytes(to_json(one.sessions()))
        assert two.add_all(from_json(file)) == 2
        assert to_json(two.sessions()) == file.read_bytes()
        assert two.add_all(from_json(file)) == 0  # nothing twice


FOREIGN = {
    "empty": "",
    "no json": "sessions: 3",
    "another program": '{"format": "gym diary", "version": 1, "sessions": []}',
    "newer": '{"format": "rhomboid history", "version": 2, "sessions": []}',
    "pain of 12": '{"format": "rhomboid history", "version": 1, "sessions": [{"started_at": "x", "pain_before": 12}]}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / "foreign.json"
    file.write_text(FOREIGN[name])
    with pytest.raises(HistoryError, match="no exported history") as told:
        from_json(file)
    assert "\n" not in str(told.value) and len(str(told.value)) < 400


def test_an_import_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    huge = at("2026-11-20T18:00:00Z", plan_step=10**30)
    with History(tmp_path / "h") as history:
        for wrong, why in ((at("no time"), "offset"), (huge, "too large")):
            with pytest.raises(HistoryError, match=why):
                history.add_all([TRAINING, wrong])
        assert history.sessions() == ()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_holds_all_of_it(tmp_path: Path) -> None:
    with History(tmp_path / "h") as history:
        history.add_all([TRAINING, DESK])
        paths = {path.stem: path for path in write_csv(history.sessions(), tmp_path / "csv")}
    assert {name: len(read(path)) for name, path in paths.items()} == {
        "sessions": 2, "sets": 2, "slouches": 2, "reps": 8, "holds": 2, "corrections": 1,
    }  # fmt: skip
    first = read(paths["sets"])[0]
    assert (first["exercise"], first["reps"], first["effort"]) == ("one-arm-row", "9", "6")
    assert read(paths["reps"])[0]["smoothness"] == "-1.5"  # a number stays a number
    assert read(paths["sessions"])[1]["upright_min"] == "100.5"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", " =1", "\r=1", "\n=1"])
def test_csv_has_no_formula_in_it(tmp_path: Path, formula: str) -> None:
    hostile = SetRecord(exercise=formula, number=1, start_s=0.0, end_s=1.0, reps=1)
    write_csv([at("2026-11-20T18:00:00Z", sets=(hostile,), note=formula)], tmp_path)
    assert read(tmp_path / "sets.csv")[0]["exercise"] == f"'{formula}"
    assert read(tmp_path / "sessions.csv")[0]["note"] == f"'{formula}"


def test_csv_replaces_nothing_unless_told(tmp_path: Path) -> None:
    write_csv([TRAINING], tmp_path)
    before = (tmp_path / "sets.csv").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        write_csv([DESK], tmp_path)
    assert (tmp_path / "sets.csv").read_bytes() == before
    write_csv([DESK], tmp_path, force=True)
    assert len(read(tmp_path / "slouches.csv")) == 2
    with pytest.raises(HistoryError, match="folder cannot be made"):
        write_csv([DESK], tmp_path / "sets.csv")


def test_the_json_form_is_named_and_numbered() -> None:
    told = msgspec.json.decode(to_json((TRAINING,)))
    assert (told["format"], told["version"]) == ("rhomboid history", 1)
    assert told["sessions"][0]["sets"][0]["movements"][0]["range_deg"] == 12.5
