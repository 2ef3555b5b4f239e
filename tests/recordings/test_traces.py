"""The recordings in the repository against their truth: what a stranger sees when replaying them stays as it is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rhomboid.analysis import analyze
from rhomboid.recording.reader import Recording
from rhomboid.simulation.truth import Truth

FOLDER = Path(__file__).parents[2] / "recordings"
TRACES = sorted(FOLDER.glob("*.mcap"))


def truth_of(trace: Path) -> Truth:
    return msgspec.json.decode(trace.with_suffix(".truth.json").read_bytes(), type=Truth)


@pytest.mark.parametrize("trace", TRACES, ids=lambda p: p.stem)
def test_a_trace_is_small_whole_and_says_what_it_is(trace: Path) -> None:
    assert trace.stat().st_size < 1_000_000
    recording = Recording.open(trace)
    assert recording.recovered is None
    assert recording.about.script
    assert recording.about.seed is not None


def test_rows_are_counted_exactly() -> None:
    assert [s.reps for s in analyze(FOLDER / "rows.mcap").sets] == [len(truth_of(FOLDER / "rows.mcap").reps)]


def test_a_quarter_of_an_hour_at_the_desk_has_its_slouches_and_no_repetition() -> None:
    found = analyze(FOLDER / "desk.mcap")
    true = truth_of(FOLDER / "desk.mcap").slouches
    assert [s.reps for s in found.sets if s.reps] == []
    assert len(found.slouches) == len(true)
    for slouch, span in zip(found.slouches, true, strict=True):
        assert slouch.start_s == pytest.approx(span.start_s, abs=2.0)
        assert slouch.end_s == pytest.approx(span.end_s, abs=4.0)


def test_squeezes_are_found_though_they_are_tiny() -> None:
    found = sum(s.reps for s in analyze(FOLDER / "squeezes.mcap").sets)
    assert found == pytest.approx(len(truth_of(FOLDER / "squeezes.mcap").reps), abs=2)


def test_walking_reaching_and_picking_up_the_weight_are_not_repetitions() -> None:
    true = truth_of(FOLDER / "messy.mcap").sets[0]
    sets = [s for s in analyze(FOLDER / "messy.mcap").sets if s.reps]
    assert len(sets) == 1
    assert true.start_s - 5.0 < sets[0].start_s < sets[0].end_s < true.end_s + 5.0
