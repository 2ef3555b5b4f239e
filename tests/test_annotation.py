"""What is marked, corrected and taken back, and what of it stands in the side-car and in labels.csv."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.accuracy import measure
from rhomboid.annotate import look_at
from rhomboid.annotation import MEANINGS, Annotations, Editor, Stretch
from rhomboid.errors import DataError
from rhomboid.events import Movement, SetClosed
from rhomboid.export import export_csv
from rhomboid.labels import read_annotations, read_labels, write_annotations

from .bowing import HEAD, bows

RECORDINGS = Path(__file__).parent.parent / "recordings"
COLUMNS = "file,subject,placement,task,activity,expected_reps,start_s,end_s,note"


def editor() -> Editor:
    made = Editor(Annotations(subject="me", placement="T4"), "rows")
    for t_s in (12.0, 11.0, 13.0, 30.0):
        made.rep(t_s)
    made.stretch("set", 10.0)
    made.stretch("set", 14.0)
    return made


def found(*peaks_s: float) -> SetClosed:
    movements = tuple(Movement(start_s=t - 1, peak_s=t, end_s=t + 1, range_deg=30.0, confidence=0.9) for t in peaks_s)
    return SetClosed(
        at_s=99.0, set_index=0, start_s=peaks_s[0] - 1, end_s=peaks_s[-1] + 1, reps=len(peaks_s), live_reps=0,
        movements=movements,
    )  # fmt: skip


# --- marking --------------------------------------------------------------------------------------------------------


def test_a_set_counts_the_repetitions_marked_in_it_until_it_is_corrected() -> None:
    edited = editor()
    (stretch,) = edited.annotations.stretches
    assert edited.annotations.reps_s == (11.0, 12.0, 13.0, 30.0)
    assert (edited.annotations.reps_in(stretch), edited.annotations.astray) == (3, 1)
    assert edited.correct(12.0, 1) and edited.correct(12.0, 1) and not edited.correct(30.0, 1)
    assert edited.annotations.stretches[0].count == 5
    assert edited.correct(12.0, -1) and edited.correct(12.0, -1)
    assert edited.annotations.stretches[0].count is None  # as marked again
    for _ in range(9):
        edited.correct(12.0, -1)
    assert edited.annotations.stretches[0].count == 0


def test_marks_are_taken_away_nearest_first_and_shortest_first() -> None:
    edited = editor()
    edited.stretch("hold", 12.6)
    edited.stretch("hold", 11.6)  # backwards is as good
    assert [s.kind for s in edited.annotations.stretches] == ["set", "hold"]
    assert edited.remove(12.1) and 12.0 not in edited.annotations.reps_s
    assert edited.remove(12.1) and [s.kind for s in edited.annotations.stretches] == ["set"]
    assert not edited.rep(11.1) and not edited.remove(50.0)


def test_nothing_is_two_things_of_one_kind_at_once() -> None:
    edited = editor()
    for start_s, end_s, kind in ((20.0, 30.0, "slouch"), (25.0, 35.0, "upright"), (12.0, 18.0, "set")):
        edited.stretch(kind, start_s)
        edited.stretch(kind, end_s)
    assert [(s.kind, s.start_s) for s in edited.annotations.stretches] == [("set", 12.0), ("upright", 25.0)]


def test_a_stretch_that_was_begun_is_given_up_by_undo_or_by_another_kind() -> None:
    edited = editor()
    edited.stretch("hold", 1.0)
    assert not edited.undo() and edited.opened is None and edited.annotations.stretches
    edited.stretch("hold", 1.0)
    edited.stretch("slouch", 2.0)
    assert edited.opened is not None and edited.opened.kind == "slouch"
    assert not edited.stretch("slouch", 2.1)  # too short to be anything


def test_what_the_program_found_is_taken_over_whole() -> None:
    edited = editor()
    assert edited.accept(found(10.5, 12.1, 13.8, 15.0))
    assert edited.annotations.reps_s == (10.5, 12.1, 13.8, 15.0, 30.0)
    (stretch,) = edited.annotations.stretches
    assert (stretch.start_s, stretch.end_s, stretch.activity) == (9.5, 16.0, "rows")


KEYS = st.one_of(
    st.tuples(st.just("rep"), st.floats(0, 60)),
    st.tuples(st.sampled_from(sorted(MEANINGS)), st.floats(0, 60)),
    st.tuples(st.sampled_from(["more", "fewer", "remove", "accept"]), st.floats(0, 60)),
)


@given(st.lists(KEYS, max_size=30))
def test_everything_can_be_undone_and_nothing_overlaps_itself(keys: list[tuple[str, float]]) -> None:
    edited = Editor(Annotations())
    states = [edited.annotations]
    for key, t_s in keys:
        if key == "rep":
            changed = edited.rep(t_s)
        elif key == "remove":
            changed = edited.remove(t_s)
        elif key == "accept":
            changed = edited.accept(found(t_s, t_s + 2))
        elif key in ("more", "fewer"):
            changed = edited.correct(t_s, 1 if key == "more" else -1)
        else:
            changed = edited.stretch(key, t_s)
        if changed:
            states.append(edited.annotations)
        assert edited.annotations == states[-1]
        assert list(edited.annotations.reps_s) == sorted(edited.annotations.reps_s)
        for task in {meaning.task for meaning in MEANINGS.values()}:
            same = [s for s in edited.annotations.stretches if MEANINGS[s.kind].task == task]
            assert all(a.end_s <= b.start_s for a, b in pairwise(same))
    if edited.opened:
        edited.undo()
    for state in states[-2::-1]:
        assert edited.undo() and edited.annotations == state
    assert not edited.undo()


# --- on disk --------------------------------------------------------------------------------------------------------


def test_all_of_it_comes_back_from_the_side_car(tmp_path: Path) -> None:
    recording = tmp_path / "mine.mcap"
    assert read_annotations(recording) == Annotations()
    write_annotations(recording, editor().annotations)
    assert read_annotations(recording) == editor().annotations
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.csv", "mine.mcap.labels.json"]


def test_rows_of_others_stay_and_ones_own_are_replaced(tmp_path: Path) -> None:
    others = ["other.csv,x,T4,reps,rows,7,1.0,2.0,within 1", "mine.csv,me,T4,posture,bend_left,,5.0,6.0,"]
    mine = "mine.csv,me,chest,reps,squat,9,1.0,20.0,counted twice"
    (tmp_path / "labels.csv").write_text("\n".join([COLUMNS, others[0], mine, others[1]]))
    marked = read_annotations(tmp_path / "mine.csv")
    assert (marked.subject, marked.placement) == ("me", "chest")
    (stretch,) = marked.stretches
    assert (stretch.activity, stretch.count, stretch.note) == ("squat", 9, "counted twice")
    for _ in range(2):
        write_annotations(tmp_path / "mine.csv", editor().annotations)
    lines = (tmp_path / "labels.csv").read_text().splitlines()
    assert lines == [COLUMNS, *others, "mine.csv,me,T4,reps,rows,3,10.0,14.0,"]


def test_what_was_marked_is_test_data(tmp_path: Path) -> None:
    path = tmp_path / "bowing.csv"
    path.write_text("\n".join([HEAD, *bows()]))
    edited = Editor(Annotations(), "bow")
    for t_s in (3.5, 6.5, 9.5, 12.5, 15.5):
        edited.rep(t_s)
    edited.stretch("set", 1.5)
    edited.stretch("set", 18.0)
    write_annotations(path, edited.annotations)
    assert measure(tmp_path).sets[-1].exact.hits == 1


@pytest.mark.parametrize("as_table", [False, True])
def test_the_whole_of_a_long_recording_is_seen(tmp_path: Path, as_table: bool) -> None:
    path = RECORDINGS / "desk.mcap"
    if as_table:
        export_csv(path, tmp_path / "desk.csv", force=False)
    seen = look_at(tmp_path / "desk.csv" if as_table else path)
    assert seen.start_s < 1.0 and seen.end_s > 890.0
    assert np.diff(seen.t_s).max() < 0.1


def test_a_recording_of_packets_is_test_data_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.mcap"
    path.write_bytes((RECORDINGS / "rows.mcap").read_bytes())
    seen = look_at(path)
    edited = Editor(Annotations(), "rows")
    assert edited.accept(seen.sets[0])
    write_annotations(path, edited.annotations)
    assert seen.sets[0].reps == len(seen.reps_s) == read_labels(tmp_path)[0].expected_reps
    assert measure(tmp_path).sets[-1].sets == 1


def test_no_cell_can_be_run_by_a_spreadsheet(tmp_path: Path) -> None:
    recording = tmp_path / "=1+1.csv"
    stretch = Stretch(kind="set", start_s=1.0, end_s=2.0, activity="=cmd|calc", note="@x", count=1)
    write_annotations(recording, Annotations(subject="+1", placement="-T4", stretches=(stretch,)))
    with (tmp_path / "labels.csv").open(newline="") as file:
        _, row = csv.reader(file)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert (tmp_path / row[0]).name == recording.name
    write_annotations(recording, Annotations())
    assert (tmp_path / "labels.csv").read_text() == COLUMNS + "\n"


@pytest.mark.parametrize("content", [b"", b"{", b'{"reps_s": ["x"]}', b"\xff" * 9, b"[" * 100_000])
def test_a_side_car_that_cannot_be_read_is_not_written_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mcap.labels.json").write_bytes(content)
    with pytest.raises(DataError, match="mend it"):
        read_annotations(tmp_path / "x.mcap")


@pytest.mark.parametrize("row", ["mine.csv,me", "mine.csv,,,reps,x,five,1,2,", "\xff"])
def test_labels_that_cannot_be_read_are_not_written_over(tmp_path: Path, row: str) -> None:
    content = f"{COLUMNS}\n{row}".encode("latin-1")
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError):
        write_annotations(tmp_path / "mine.csv", editor().annotations)
    assert (tmp_path / "labels.csv").read_bytes() == content
