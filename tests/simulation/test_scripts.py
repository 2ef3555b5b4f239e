"""Every script: the truth it tells is what is in the movement."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rhomboid.errors import UsageError
from rhomboid.imu import Array
from rhomboid.simulation.scripts import TALL_S, perform, script_names
from rhomboid.simulation.stage import Performance
from rhomboid.simulation.truth import Truth


def tilt_deg(done: Performance, t_s: Array) -> Array:
    """Angle between the trunk and its pose in the tall stance, averaged over a breath or more."""
    up = done.wearer.feel(t_s).rotation[:, 2, :]
    tall = done.wearer.feel(np.arange(0.0, TALL_S, 0.1)).rotation[:, 2, :].mean(axis=0)
    angle: Array = np.degrees(np.arccos(np.clip(up @ tall / np.linalg.norm(tall), -1, 1)))
    return angle


def away_deg(done: Performance, t_s: Array, home_s: float) -> Array:
    """How far the trunk is turned away, about any axis, from its pose at ``home_s``."""
    home = done.wearer.feel(np.array([home_s, home_s + 1e-3])).rotation[0]
    trace = np.einsum("nij,ij->n", done.wearer.feel(t_s).rotation, home)
    angle: Array = np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))
    return angle


@pytest.mark.parametrize("name", script_names())
def test_it_begins_tall_and_quiet(name: str) -> None:
    felt = perform(name, 3).wearer.feel(np.arange(0.0, 5.0, 0.01))
    np.testing.assert_allclose(np.linalg.norm(felt.acc_g, axis=1), 1.0, atol=0.006)
    assert np.abs(felt.gyr_dps).max() < 2.0
    assert np.degrees(np.arccos(felt.rotation[:, 2, 2])).max() < 2.0


@pytest.mark.parametrize("name", script_names())
@pytest.mark.parametrize("seed", [1, 2])
def test_its_truth_is_in_order_and_within_the_script(name: str, seed: int) -> None:
    done = perform(name, seed)
    truth = done.truth
    times = [t for r in truth.reps for t in (r.start_s, r.peak_s, r.end_s)]
    assert times == sorted(times)
    assert all(TALL_S <= t <= done.duration_s for t in times)
    for spans in (truth.holds, truth.slouches, truth.sets):
        edges = [t for s in spans for t in (s.start_s, s.end_s)]
        assert edges == sorted(edges)
    for one in truth.sets:
        inside = [r for r in truth.reps if one.start_s <= r.start_s and r.end_s <= one.end_s]
        assert len(inside) == one.reps
        assert {r.exercise for r in inside} == {one.exercise}
    assert sum(s.reps for s in truth.sets) == len(truth.reps)
    assert msgspec.json.decode(msgspec.json.encode(truth), type=Truth) == truth


@pytest.mark.parametrize("name", ["rows", "back-extension", "thoracic-rotation", "cat-camel"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_far_point_of_a_rep_is_where_the_truth_says(name: str, seed: int) -> None:
    done = perform(name, seed)
    for rep in done.truth.reps:
        home, out, peak, back = away_deg(
            done, np.array([rep.start_s, 0.5 * (rep.start_s + rep.peak_s), rep.peak_s, rep.end_s]), rep.start_s
        )
        whole = away_deg(done, np.arange(rep.start_s, rep.end_s, 0.02), rep.start_s)
        assert peak > 8.0
        assert peak > whole.max() - 1.5  # breathing and sway go on meanwhile
        assert 0.3 * peak < out < 0.7 * peak
        assert max(home, back) < 2.0


def test_squeezes_are_tiny_and_held_three_to_five_seconds() -> None:
    done = perform("squeezes", 5)
    assert len(done.truth.holds) == len(done.truth.reps) == 10
    for rep, hold in zip(done.truth.reps, done.truth.holds, strict=True):
        assert rep.start_s < hold.start_s < rep.peak_s < hold.end_s < rep.end_s
        assert 3.0 < hold.end_s - hold.start_s < 6.0
        flexion = -away_deg(done, np.array([rep.peak_s]), rep.start_s)
        assert -4.0 < flexion < 0.0


def test_holds_are_still_and_movements_are_not() -> None:
    done = perform("back-extension", 2)
    assert done.truth.holds
    for hold in done.truth.holds:
        middle = np.linspace(hold.start_s + 0.4, hold.end_s - 0.4, 20)
        assert np.linalg.norm(done.wearer.feel(middle).gyr_dps, axis=1).max() < 4.0


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_slouches_are_where_the_trunk_is_flexed(seed: int) -> None:
    done = perform("desk", seed)
    assert len(done.truth.slouches) == 2
    t_s = np.arange(0.0, done.duration_s, 0.1)
    tilt = tilt_deg(done, t_s)
    slouching = np.zeros(len(t_s), bool)
    for slouch in done.truth.slouches:
        assert slouch.end_s - slouch.start_s > 60.0
        at_edges = tilt_deg(done, np.array([slouch.start_s, slouch.end_s]))
        assert at_edges == pytest.approx([12.0, 12.0], abs=1.5)
        slouching |= (t_s > slouch.start_s + 6.0) & (t_s < slouch.end_s - 3.0)
    assert tilt[slouching].min() > 11.0
    rest = np.ones(len(t_s), bool)
    for slouch in done.truth.slouches:
        rest &= (t_s < slouch.start_s - 1.0) | (t_s > slouch.end_s + 1.0)
    # Leaning for something is not slouching: it is over in seconds.
    leaning = rest & (tilt > 12.0)
    assert leaning.mean() < 0.01


def test_daily_life_holds_no_truth() -> None:
    for name in ("upright", "walking", "reaching"):
        assert perform(name, 1).truth == Truth()


def test_the_demo_tells_its_parts() -> None:
    done = perform("demo", 1)
    assert [s.name for s in done.sections][:2] == ["standing tall", "rows"]
    assert done.sections[0].start_s == 0.0
    assert done.sections[-1].end_s == done.duration_s
    assert all(a.end_s == b.start_s for a, b in zip(done.sections, done.sections[1:], strict=False))
    assert [s.pace for s in done.sections] == [1.0, 1.0, 1.0, 1.0, 20.0]
    assert [s.reps for s in done.truth.sets] == [8, 6]
    assert len(done.truth.slouches) == 1
    assert 590 < done.sections[-1].end_s - done.sections[-1].start_s < 660


def test_another_seed_is_another_day() -> None:
    assert perform("rows", 1).truth == perform("rows", 1).truth
    assert perform("rows", 1).truth != perform("rows", 2).truth


def test_an_unknown_script_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no script 'juggling'; there are: demo, rows"):
        perform("juggling", 1)
