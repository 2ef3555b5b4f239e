"""Accuracy on labelled recordings: right counts, wrong labels, honest intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_labelled_holds_are_looked_for(tmp_path: Path) -> None:
    t_s = np.arange(0.0, 60.0, 0.02)
    phase = np.interp(
        t_s, [0, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22, 25, 26, 60], [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    )
    angle = np.radians(15.0) * (1 - np.cos(np.pi * phase))
    rate = np.degrees(np.gradient(angle, t_s))
    noise = np.random.default_rng(5).normal(0, 0.002, len(t_s))
    rows = [
        f"{t:.2f},{np.sin(a) + n:.5f},{n:.5f},{np.cos(a) + n:.5f},0,{-r:.3f},0"
        for t, a, r, n in zip(t_s, angle, rate, noise, strict=True)
    ]
    truth = ["6.0,9.0", "14.0,17.0", "22.0,25.0", "40.0,44.0"]  # the last one is no hold
    folder = labelled(tmp_path, *(f"mine/holding.csv,me,T4,hold,hold,,{stretch}," for stretch in truth))
    (folder / "mine" / "holding.csv").write_text("\n".join([HEAD, *rows]))
    result = measure(folder)
    (hold,) = result.holds
    assert hold.found == Share(3, 4)
    assert hold.error_median_s is not None and hold.error_median_s < 1.0
    assert "Holds found" in report(result)


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
