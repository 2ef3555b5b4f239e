"""The recordings in the repository against their truth: what a stranger sees when replaying them stays as it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rhomboid.analysis import analyze
from rhomboid.imu import ImuBlock, LinkChange, Notification
from rhomboid.recording.reader import Recording
from rhomboid.sensors import driver_for
from rhomboid.simulation.truth import Truth

FOLDER = Path(__file__).parents[2] / "recordings"
TRACES = sorted(FOLDER.glob("*.mcap"))

_spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
assert _spec is not None and _spec.loader is not None
make: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)


def truth_of(trace: Path) -> Truth:
    return msgspec.json.decode(trace.with_suffix(".truth.json").read_bytes(), type=Truth)


def test_every_trace_is_made_by_the_one_command() -> None:
    assert {path.stem for path in TRACES} == {trace.name for trace in make.TRACES}
    assert sum(path.stat().st_size for path in TRACES) < 3_000_000


@pytest.mark.parametrize("trace", make.TRACES, ids=lambda trace: trace.name)
def test_a_trace_holds_what_the_simulation_makes_today(trace: Any) -> None:
    """``make recordings`` is due when this fails. A machine may round the last bit of a sample differently."""
    recording = Recording.open(FOLDER / f"{trace.name}.mcap")
    assert (recording.recovered is None) == (trace.killed_at == 1.0)
    assert (recording.about.script, recording.about.seed) == (trace.script, trace.seed)
    assert truth_of(FOLDER / f"{trace.name}.mcap") == make.sensor_of(trace).truth
    kept, made = list(recording.items()), list(make.items_of(trace))
    if trace.killed_at < 1.0:
        assert 100 < len(kept) < len(made)
        made = made[: len(kept)]
    assert [(type(x), x.host_ns) for x in kept] == [(type(x), x.host_ns) for x in made]
    for old, new in zip(samples(trace.family, kept), samples(trace.family, made), strict=True):
        assert np.array_equal(old.t_s, new.t_s)
        assert np.allclose(old.acc_g, new.acc_g, atol=1e-3) and np.allclose(old.gyr_dps, new.gyr_dps, atol=0.1)


def samples(family: str, items: list[Any]) -> list[ImuBlock]:
    packets = [item for item in items if isinstance(item, Notification)]
    return [piece for piece in driver_for(family).feed(*packets) if isinstance(piece, ImuBlock)]


@pytest.mark.parametrize("name", [trace.name for trace in make.TRACES if trace.script != "desk"])
def test_repetitions_are_counted_in_the_set_and_nowhere_else(name: str) -> None:
    """Free running: sets are found late, of alternating rotations every pair is one, and going down counts at times."""
    path = FOLDER / f"{name}.mcap"
    found, true = analyze(path), truth_of(path).sets[0]
    counted = [rep for rep in found.reps if rep.set is not None]
    assert all(true.start_s - 10.0 < rep.start_s and rep.end_s < true.end_s + 5.0 for rep in counted)
    assert 0.4 * true.reps <= len(counted) <= true.reps + 1


def test_the_strap_may_be_put_on_upside_down() -> None:
    upright, turned = (analyze(FOLDER / f"{name}.mcap") for name in ("rows", "rows-upside-down"))
    assert [s.reps for s in upright.sets] == [s.reps for s in turned.sets]


def test_a_lost_link_is_a_gap_that_nothing_is_counted_across() -> None:
    path = FOLDER / "lost-link.mcap"
    found = analyze(path)
    assert [gap.reason for gap in found.gaps] == ["the link dropped"]
    gap = found.gaps[0]
    assert gap.end_s - gap.start_s == pytest.approx(6.0, abs=0.3)
    spans = [(x.start_s, x.end_s) for x in (*found.reps, *found.holds)]
    assert not any(start_s < gap.end_s and end_s > gap.start_s for start_s, end_s in spans)
    states = [item.state for item in Recording.open(path).items() if isinstance(item, LinkChange)]
    assert states == ["lost", "looking", "connecting", "configuring", "streaming"]


def test_what_a_crash_left_is_read_by_itself() -> None:
    recording = Recording.open(FOLDER / "killed.mcap")
    assert recording.recovered is not None and "not closed" in recording.recovered
    assert 40.0 < recording.duration_s < 70.0
    assert any("not closed" in remark for remark in analyze(FOLDER / "killed.mcap").remarks)


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
