"""Many recordings: the same results from any number of processes, an interruption that costs nothing, bad files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from benchmarks import many

from rhomboid import batch
from rhomboid.errors import DataError, UsageError
from rhomboid.motion.settings import Settings

from .bowing import HEAD, bows
from .command_line import rhomboid
from .recording.importers.examples import EXAMPLES

SETTINGS = Settings(mode="set")


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A folder with folders in it: good files, and one that is none."""
    folder = tmp_path / "clinic"
    for number, count in enumerate((5, 4, 3)):
        file = folder / f"patient {number}" / "bows.csv"
        file.parent.mkdir(parents=True)
        file.write_text("\n".join([HEAD, *bows()][: 1 + count * 180]))
    (folder / "patient 1" / "broken.csv").write_text("t_s,ax_g\n1,2\n")
    (folder / "notes.txt").write_text("not a recording")
    return folder


def test_a_folder_is_looked_through(clinic: Path) -> None:
    names = [str(f.relative_to(clinic)) for f in batch.recordings_in([clinic, clinic / "patient 0" / "bows.csv"])]
    assert [Path(n).as_posix() for n in names] == [
        "patient 0/bows.csv", "patient 1/bows.csv", "patient 1/broken.csv", "patient 2/bows.csv",
    ]  # fmt: skip
    (clinic / "empty").mkdir()
    with pytest.raises(DataError, match="no recording in this folder"):
        batch.recordings_in([clinic / "empty"])


def test_what_a_phone_wrote_into_a_folder_is_one_recording(clinic: Path) -> None:
    phone = EXAMPLES["phyphox, tabs"][2](clinic)
    assert batch.recordings_in([phone]) == [phone]
    assert batch.recordings_in([clinic])[-1] == phone
    assert len(batch.recordings_in([clinic])) == 5


def test_two_processes_find_what_one_finds(clinic: Path) -> None:
    files = batch.recordings_in([clinic])
    one = list(batch.outcomes(files, SETTINGS))
    assert [o.analysis is None for o in one] == [False, False, True, False]
    assert list(batch.outcomes(files, SETTINGS, executor=batch.processes(2))) == one


class Doomed(Executor):
    """Works in this process, and dies on the files that ``kills`` says, taking what is still waiting with it."""

    def __init__(self, kills: Callable[[Path], bool]) -> None:
        self._kills, self._dead = kills, False

    def submit(self, work: Any, /, file: Path, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._dead = self._dead or self._kills(file)
        if self._dead:
            future.set_exception(BrokenExecutor("a process was terminated abruptly"))
        else:
            future.set_result(work(file, *args, **kwargs))
        return future


def test_a_worker_that_dies_costs_its_own_file_only(clinic: Path) -> None:
    files = batch.recordings_in([clinic])
    kills = lambda file: file == files[1]  # noqa: E731
    found = list(batch.outcomes(files, SETTINGS, executor=lambda: Doomed(kills)))
    expected = list(batch.outcomes(files, SETTINGS))
    assert "died twice" in found[1].error
    assert [found[0], *found[2:]] == [expected[0], *expected[2:]]


def test_what_was_done_before_an_interruption_is_not_done_again(clinic: Path, tmp_path: Path) -> None:
    files = batch.recordings_in([clinic])
    path = tmp_path / "out" / "journal.jsonl"
    with batch.Journal(path) as journal:
        for outcome in batch.outcomes(files, SETTINGS, journal=journal):
            if outcome.file == str(files[1]):
                break
    with path.open("ab") as file:  # killed in the middle of a line
        file.write(b'{"file": "pat')
    read: list[Path] = []

    def counting() -> Executor:
        return Doomed(lambda file: bool(read.append(file)))

    with batch.Journal(path) as journal:
        again = list(batch.outcomes(files, SETTINGS, journal=journal, executor=counting))
    assert read == files[2:]
    assert again == list(batch.outcomes(files, SETTINGS))
    with batch.Journal(path) as journal:
        assert [journal.last(file) for file in files] == again


def test_a_file_that_changed_or_other_settings_are_worked_out_anew(clinic: Path, tmp_path: Path) -> None:
    file = clinic / "patient 0" / "bows.csv"
    with batch.Journal(tmp_path / "journal.jsonl") as journal:
        (before,) = batch.outcomes([file], SETTINGS, journal=journal)
        file.write_text("\n".join([HEAD, *bows()][:400]))
        (after,) = batch.outcomes([file], SETTINGS, journal=journal)
        (desk,) = batch.outcomes([file], Settings(mode="desk"), journal=journal)
    assert before.analysis is not None and after.analysis is not None and desk.analysis is not None
    assert before.analysis.duration_s > after.analysis.duration_s
    assert desk.analysis.reps == []


def test_the_tables_hold_what_was_found(clinic: Path, tmp_path: Path) -> None:
    done = rhomboid("analyze", clinic, "--mode", "set", "--jobs", "1", "--into", tmp_path / "out")
    assert done.returncode == 1
    assert done.stdout.startswith("3 of 4 files, 0.01 h, are in the tables in ")
    assert "broken.csv" in done.stderr and "Traceback" not in done.stderr
    recordings = pq.read_table(tmp_path / "out" / "recordings.parquet").to_pylist()
    assert [bool(r["error"]) for r in recordings] == [False, False, True, False]
    sets = pq.read_table(tmp_path / "out" / "sets.parquet").to_pylist()
    lines = rhomboid("analyze", "--json", clinic, "--mode", "set", "--jobs", "1").stdout.splitlines()
    assert [s["reps"] for s in sets] == [s["reps"] for line in lines for s in json.loads(line)["sets"]]
    assert pq.read_table(tmp_path / "out" / "reps.parquet").schema.field("start_s").type == "double"


def test_nobody_at_the_address_of_the_cluster_is_said(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "ANSWER_S", 0.5)
    with pytest.raises(DataError, match="no dask scheduler answers"):
        list(batch.outcomes(batch.recordings_in([clinic]), SETTINGS, executor=batch.cluster("tcp://127.0.0.1:9")))


@pytest.mark.slow
def test_a_cluster_finds_the_same_though_a_worker_is_killed_in_the_middle(clinic: Path) -> None:
    files = batch.recordings_in([clinic]) * 20
    with many.two_workers() as (address, workers):
        found = []
        for outcome in batch.outcomes(files, SETTINGS, executor=batch.cluster(address)):
            found.append(outcome)
            if len(found) == 10:
                workers[0].kill()
    assert found == list(batch.outcomes(files[:4], SETTINGS)) * 20


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="rhomboid\\[cluster\\]"):
        batch.cluster("tcp://127.0.0.1:9")
