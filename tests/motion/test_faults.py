"""Bad input: every fault the simulated sensor knows is said once, in words, and nothing false is said of sound ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.analysis import analyze
from rhomboid.errors import UsageError
from rhomboid.imu import Array, ImuBlock
from rhomboid.motion.frontend import Break, Frames, FrontEnd
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.simulation.faults import FAULTS, spoilt
from rhomboid.simulation.sensor import SimulatedSensor, script_names
from rhomboid.words import describe
from tests.conftest import tries
from tests.laws.streams import as_lines, events_of, pieces

START_S, END_S = 15.0, 40.0
EXPECTED: dict[str, tuple[e.ProblemKind, bool]] = {
    "saturated": ("saturated", True),
    "frozen": ("frozen", True),
    "stuck accelerometer axis": ("stuck_axis", True),
    "stuck gyroscope axis": ("stuck_axis", True),
    "dead gyroscope": ("dead_gyroscope", True),
    "modest offset": ("wrong_scale", True),
    "modest scale": ("wrong_scale", True),
    "gross offset": ("wrong_scale", True),
    "metres per second squared": ("wrong_scale", True),
    "not a number": ("not_a_number", False),
    "infinite": ("not_a_number", False),
    "huge": ("not_a_number", False),
    "doubled packets": ("time", False),
    "clock set back": ("time", False),
    "clock leapt": ("time", False),
}
"""The kind that is to be said, and whether its end is told as well."""


@cache
def sound(script: str = "messy", seed: int = 1) -> ImuBlock:
    return SimulatedSensor(script, seed).samples()


def said(events: list[e.Event]) -> list[e.SensorProblem | e.SensorRecovered]:
    return [x for x in events if isinstance(x, e.SensorProblem | e.SensorRecovered)]


def test_every_fault_has_an_expectation() -> None:
    assert set(EXPECTED) == set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_once_and_so_is_its_end(fault: str) -> None:
    kind, lasts = EXPECTED[fault]
    found = said(events_of([SimulatedSensor("messy", 1).samples(fault, START_S, END_S)]))
    assert [type(x) for x in found] == [e.SensorProblem, e.SensorRecovered][: 1 + lasts]
    assert {x.kind for x in found} == {kind}
    assert START_S - 0.1 < found[0].at_s < START_S + 15.0
    assert describe(found[0]).startswith("sensor problem: ")
    if lasts:
        assert END_S < found[1].at_s < END_S + (65.0 if kind == "saturated" else 25.0)


def test_a_fault_that_cannot_be_simulated_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="there is no fault"):
        SimulatedSensor("rows").samples("hiccups")


@pytest.mark.parametrize("script", script_names())
def test_nothing_is_said_of_a_sound_sensor(script: str) -> None:
    for rate_hz, seed in ((100.0, 1), (25.0, 2), (208.0, 3)):
        front_end = FrontEnd()
        found = front_end.feed(SimulatedSensor(script, seed, rate_hz=rate_hz).samples())
        assert {type(x) for x in found} == {Frames}


@pytest.mark.parametrize(
    "trace", sorted((Path(__file__).parents[2] / "recordings").glob("*.mcap")), ids=lambda p: p.stem
)
def test_nothing_is_said_of_the_recordings(trace: Path) -> None:
    assert not [remark for remark in analyze(trace).remarks if "sensor" in remark]


def test_an_ideal_sensor_that_moves_in_one_plane_is_not_stuck() -> None:
    block = sound()
    values = block.acc_g.copy(), np.zeros((len(block), 3))
    values[0][:, 1] = 0.0
    values[1][:, 1] = 40.0 * np.sin(block.t_s)
    assert not said(events_of([ImuBlock(block.t_s, *values)]))


# --- what becomes of the samples ------------------------------------------------------------------------------------


def frames_of(block: ImuBlock) -> list[Frames | Break]:
    return [x for x in FrontEnd().feed(block) if isinstance(x, Frames | Break)]


def test_without_its_gyroscope_the_sensor_is_used_as_an_accelerometer_and_the_break_is_marked() -> None:
    got = frames_of(spoilt(sound("rows"), "dead gyroscope", START_S, END_S))
    assert [x.has_gyro if isinstance(x, Frames) else None for x in got if not isinstance(x, Frames) or len(x) > 1][::2]
    without = [x for x in got if isinstance(x, Frames) and not x.has_gyro]
    assert without
    assert without[0].t_s[0] < START_S + 10.0
    assert END_S < without[-1].t_s[-1] < END_S + 5.0
    assert sum(isinstance(x, Break) for x in got) == 2


def test_rows_are_counted_though_the_gyroscope_died_before_they_began() -> None:
    block = spoilt(sound("rows"), "dead gyroscope", 0.0, np.inf)
    closed = [x for x in events_of([block], Settings(mode="set")) if isinstance(x, e.SetClosed)]
    assert sum(x.reps for x in closed) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("fault", ["modest offset", "modest scale"])
def test_a_modest_error_of_the_accelerometer_costs_no_repetition(fault: str) -> None:
    block = spoilt(sound("rows"), fault, 0.0, np.inf)
    reps = [x.reps for x in events_of([block]) if isinstance(x, e.SetClosed)]
    assert len(reps) == 1
    assert reps[0] == pytest.approx(10, abs=2)


@pytest.mark.parametrize("fault", ["frozen", "metres per second squared", "stuck accelerometer axis"])
def test_what_cannot_be_used_is_a_gap(fault: str) -> None:
    events = events_of([spoilt(sound(), fault, START_S, END_S)])
    began, over = said(events)
    gaps = [x for x in events if isinstance(x, e.GapMarked)]
    assert [(x.start_s, x.end_s) for x in gaps] == [(pytest.approx(began.at_s, abs=0.02), over.at_s)]
    for x in events:
        if isinstance(x, e.RepCompleted):
            assert x.movement.end_s <= gaps[0].start_s + 0.05 or x.movement.start_s >= gaps[0].end_s - 0.05


def test_doubled_packets_change_nothing_but_what_they_replaced() -> None:
    block = sound("rows")
    clean, doubled = (np.concatenate([x.up for x in frames_of(b) if isinstance(x, Frames)]) for b in (
        block, spoilt(block, "doubled packets", START_S, END_S)))  # fmt: skip
    assert len(clean) == len(doubled)
    assert np.degrees(np.abs(clean - doubled).max()) < 1.0


def test_episodes_that_lie_apart_are_said_each_and_bad_samples_in_between_are_not() -> None:
    block = sound("upright")
    acc_g = block.acc_g.copy()
    for bad_s in (20.0, 21.0, 23.5, 60.0):
        acc_g[np.searchsorted(block.t_s, bad_s)] = np.nan
    found = said(events_of([ImuBlock(block.t_s, acc_g, block.gyr_dps)]))
    assert [x.at_s for x in found] == [pytest.approx(20.0, abs=0.03), pytest.approx(60.0, abs=0.03)]


# --- laws -----------------------------------------------------------------------------------------------------------


@given(fault=st.sampled_from(sorted(FAULTS)), cuts=st.lists(st.integers(0, 10**6), max_size=30))
@settings(max_examples=tries(40), deadline=None)
def test_faults_are_told_the_same_under_any_chunking(fault: str, cuts: list[int]) -> None:
    block = spoilt(sound(), fault, START_S, END_S)
    whole = as_lines(events_of([block], Settings(mode="desk")))
    assert as_lines(events_of(pieces(block, cuts), Settings(mode="desk"))) == whole


def numbers_in(thing: object) -> list[float]:
    """All numbers anywhere in a decoded event."""
    if isinstance(thing, dict):
        return [x for value in thing.values() for x in numbers_in(value)]
    if isinstance(thing, list):
        return [x for value in thing for x in numbers_in(value)]
    return [float(thing)] if isinstance(thing, int | float) else []


BAD = [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 1e12, 999.0, -999.0, 0.0]
spots = st.tuples(st.integers(0, 10**6), st.integers(0, 6), st.sampled_from(BAD), st.integers(1, 400))


@given(bad=st.lists(spots, min_size=1, max_size=12), mode=st.sampled_from(["set", "free", "desk"]))
@settings(max_examples=tries(60), deadline=None)
def test_whatever_is_in_the_samples_only_numbers_come_out(bad: list[tuple[int, int, float, int]], mode: str) -> None:
    block = sound("rows")[2000:6000]
    assert block.gyr_dps is not None
    table: Array = np.column_stack((block.t_s, block.acc_g, block.gyr_dps))
    for place, channel, value, length in bad:
        first = place % len(table)
        table[first : first + length, channel] = value
    spoiled = ImuBlock(table[:, 0].copy(), table[:, 1:4].copy(), table[:, 4:].copy())
    pipeline = Pipeline(Settings(mode=mode))  # type: ignore[arg-type]
    events = pipeline.feed(spoiled) + pipeline.finish()
    for event in events:
        assert np.isfinite(numbers_in(msgspec.to_builtins(event))).all(), event
    state = pipeline.state
    assert np.isfinite([state.t_s, state.movement_deg]).all()
