"""Accuracy on labelled recordings: right counts, wrong labels, honest intervals."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhomboid.accuracy import Label, Share, measure, read_labels
from rhomboid.errors import DataError
from rhomboid.tables import report

from .bowing import HEAD, bows

COLUMNS = "file,subject,placement,task,activity,expected_reps,start_s,end_s,note"


def labelled(folder: Path, *rows: str) -> Path:
    (folder / "mine").mkdir()
    (folder / "mine" / "bowing.csv").write_text("\n".join([HEAD, *bows()]))
    (folder / "labels.csv").write_text("\n".join([COLUMNS, *rows]))
    return folder


def test_a_set_counted_right_is_exact_and_one_counted_wrong_is_listed(tmp_path: Path) -> None:
    folder = labelled(
        tmp_path,
        "mine/bowing.csv,me,T4,reps,bow,5,1.5,18.0,",
        "mine/bowing.csv,me,T4,reps,bow,7,1.5,18.0,the label is wrong",
    )
    result = measure(folder)
    everything = result.sets[-1]
    assert (everything.sets, everything.exact, everything.within1.hits) == (2, Share(1, 2), 1)
    assert [(c.label.expected_reps, c.final) for c in result.missed] == [(7, 5)]
    text = report(result)
    assert "50.0 (9-91)" in text
    assert "mine/bowing.csv bow" in text


def test_daily_life_is_counted_by_the_hour(tmp_path: Path) -> None:
    result = measure(labelled(tmp_path, "mine/bowing.csv,me,T4,daily,standing,,0.0,1.5,"))
    assert [(d.activity, d.false_reps) for d in result.daily] == [("standing", 0)]


def test_either_unit_is_right_where_sides_alternate() -> None:
    label = Label("a.csv", "me", "T4", "reps", "rotation", 7, 0.0, 1.0, "")
    assert [label.off(n) for n in (7, 3, 4, 5)] == [0, 0, 0, 1]


def test_the_interval_of_few_is_wide_and_never_leaves_zero_to_one() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 7).interval[0] == 0.0
    assert str(Share(0, 7)) == "0.0 (0-35)"
    low, high = Share(10, 10).interval
    assert low == pytest.approx(0.7225, abs=1e-3)
    assert high == pytest.approx(1.0)


@pytest.mark.parametrize("row", ["mine/bowing.csv,me,T4,reps,bow,five,1.5,18.0,", "mine/bowing.csv,me"])
def test_labels_that_are_not_as_they_should_be(tmp_path: Path, row: str) -> None:
    with pytest.raises(DataError, match="mend labels"):
        read_labels(labelled(tmp_path, row))


def test_a_folder_without_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no labels\.csv"):
        read_labels(tmp_path)
