"""Quality of a repetition: smoothness that tells the jerky from the smooth alone, and the side of a turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.imu import Array
from rhomboid.motion.frontend import Frames
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.quality import quality, smoothness, sparc
from rhomboid.motion.settings import Settings
from rhomboid.simulation.sensor import SimulatedSensor

from .acting import Moves, acted, course


def way(seconds: float, degrees: float, parts: int = 1) -> Array:
    """Speed of a movement made of so many smooth ones, one after the other."""
    moves: Moves = [(seconds / parts, degrees * (k + 1) / parts) for k in range(parts)]
    return np.gradient(course(moves)) * 50.0


@given(seconds=st.floats(0.5, 6.0), degrees=st.floats(1.0, 120.0))
def test_smoothness_depends_neither_on_how_long_nor_on_how_far(seconds: float, degrees: float) -> None:
    assert sparc(way(seconds, degrees)) == pytest.approx(-1.4, abs=0.12)


def test_every_stop_on_the_way_costs_smoothness() -> None:
    values = [sparc(way(2.0, 30.0, parts)) for parts in (1, 2, 3, 4)]
    assert None not in values
    assert values == sorted(values, key=lambda v: -(v or 0.0))
    assert (values[0] or 0.0) - (values[1] or 0.0) > 0.3


def test_what_is_too_short_or_does_not_move_has_no_smoothness() -> None:
    assert sparc(np.ones(3)) is None
    assert sparc(np.zeros(100)) is None
    assert smoothness(np.zeros((40, 3)), (5, 15), (15, 25)) is None


def turning(*to_deg: float, lateral_deg: float = 0.0) -> Frames:
    """A second of rest, then from heading to heading in a second each, with rests of half a second, and home."""
    moves: Moves = [(1.0, 0.0), *(m for to in (*to_deg, 0.0) for m in ((1.0, to), (0.5, to)))]
    twist = course(moves)
    return acted(np.zeros(len(twist)), twist * lateral_deg / 40.0, twist_deg=twist)


def side_of(frames: Frames, *rows: int) -> e.Side | None:
    return quality(frames.gyr_dps, frames.up, *rows)["side"]


@pytest.mark.parametrize(("to_deg", "side"), [(40.0, "left"), (-40.0, "right"), (3.0, None)])
def test_a_turn_goes_left_or_right(to_deg: float, side: str | None) -> None:
    assert side_of(turning(to_deg), 50, 100, 125, 175) == side


def test_a_bend_to_the_side_is_not_a_turn() -> None:
    assert side_of(turning(10.0, lateral_deg=120.0), 50, 100, 125, 175) is None


def test_to_one_side_and_the_other_has_no_side() -> None:
    assert side_of(turning(40.0, -40.0), 50, 100, 125, 200) is None


@pytest.mark.parametrize("mode", ["set", "free"])
def test_live_and_final_repetitions_carry_their_quality(mode: str) -> None:
    pipeline = Pipeline(Settings(mode=mode))  # type: ignore[arg-type]
    events = pipeline.feed(SimulatedSensor("rows", 1).samples()) + pipeline.finish()
    live = [x.movement for x in events if isinstance(x, e.RepCompleted)]
    final = [m for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    assert live
    assert final
    for movement in live + final:
        assert movement.smoothness is not None
        assert -4.0 < movement.smoothness < -1.2
        assert movement.side is None


def test_turns_of_the_trunk_have_the_side_they_went_to() -> None:
    sensor = SimulatedSensor("thoracic-rotation", 1)
    frames = acted_frames(sensor)
    first_s = sensor.truth.reps[0].start_s - 1.0
    start = int(np.searchsorted(frames.t_s, first_s))
    felt = []
    for rep in sensor.truth.reps:
        times_s = (rep.start_s, rep.peak_s, rep.leaving_s, rep.end_s)
        rows = (int(i) - start for i in np.searchsorted(frames.t_s, times_s))
        felt.append(quality(frames.gyr_dps[start:], frames.up[start:], *rows))
    for q, rep in zip(felt, sensor.truth.reps, strict=True):
        assert q["out_s"] == pytest.approx(0.506 * (rep.peak_s - rep.start_s), abs=0.07)
        assert q["pause_s"] == pytest.approx(0.494 / 2 * (rep.end_s - rep.start_s - rep.leaving_s + rep.peak_s)
                                             + rep.leaving_s - rep.peak_s, abs=0.1)  # fmt: skip
    assert [q["side"] for q in felt] == ["left", "right"] * 5
    assert all(q["smoothness"] == pytest.approx(-1.4, abs=0.2) for q in felt)


@pytest.mark.parametrize("seed", [2338, 2444, 2635, 3256, *range(20)])
def test_any_movement_has_phases_in_order(seed: int) -> None:
    """In the first four the way back is behind before the way out is: one in a thousand random walks is like that."""
    rng = np.random.default_rng(seed)
    turns = np.cumsum(rng.integers(1, 60, 4)).tolist()
    up = np.cumsum(rng.standard_normal((300, 3)), axis=0)
    up /= np.sqrt((up * up).sum(axis=1, keepdims=True))
    seen = quality(rng.standard_normal((300, 3)), up, *turns)
    assert min(seen["out_s"], seen["pause_s"], seen["back_s"]) >= 0.0


def acted_frames(sensor: SimulatedSensor) -> Frames:
    from rhomboid.motion.frontend import FrontEnd

    from .acting import joined

    return joined([x for x in FrontEnd().feed(sensor.samples()) if isinstance(x, Frames)])
