"""The live counter on a made-up wearer: sums of smooth out-and-back tilts, with the sensor in any orientation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid.events import Event, GapMarked, RepCompleted, SetClosed, SetStarted, encode
from rhomboid.imu import Array, Gap, ImuBlock, Request
from rhomboid.interpreter import Interpreter
from rhomboid.motion import rep_vote, repetition
from rhomboid.motion.frontend import Break, Frames, FrontEnd
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.rep_candidates import Rep
from rhomboid.motion.rep_rhythm import Rhythm
from rhomboid.motion.rep_set import first_of_its_kind
from rhomboid.motion.repetition import RepetitionDetector
from rhomboid.motion.settings import Mode, Settings
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor
from tests.conftest import tries
from tests.laws.streams import events_of, session, with_gap

from .acting import Moves, acted, course

RATE_HZ = 100.0
UPRIGHT = np.eye(3)


def tilts(reps: int, period_s: float, size_deg: float, *, hold_s: float = 0.0, rest_s: float = 0.0) -> Array:
    """Tilt in degrees: ``reps`` times out in half a period, held, back in half a period, and at rest."""
    ramp = (1 - np.cos(np.linspace(0, np.pi, round(period_s / 2 * RATE_HZ)))) / 2
    one = np.concatenate((ramp, np.ones(round(hold_s * RATE_HZ)), ramp[::-1], np.zeros(round(rest_s * RATE_HZ))))
    return size_deg * np.tile(one, reps)


def still(seconds: float) -> Array:
    return np.zeros(round(seconds * RATE_HZ))


def worn(*parts: Array, mount: Array = UPRIGHT, noise: float = 1.0, start_s: float = 0.0) -> ImuBlock:
    """What a sensor at the end of a tilting trunk, 0.4 m above the hip, measures; about the y axis, before mounting."""
    tilt = np.radians(np.concatenate(parts))
    rate = np.gradient(tilt) * RATE_HZ
    turn = np.gradient(rate) * RATE_HZ
    rng = np.random.default_rng(7)
    lever_g = 0.4 / 9.81
    acc_g = np.stack((-np.sin(tilt) + lever_g * turn, 0 * tilt, np.cos(tilt) - lever_g * rate**2), axis=1)
    gyr_dps = np.stack((0 * tilt, np.degrees(rate), 0 * tilt), axis=1)
    acc_g += noise * 0.002 * rng.standard_normal(acc_g.shape)
    gyr_dps += noise * 0.05 * rng.standard_normal(gyr_dps.shape)
    t_s = start_s + np.arange(len(tilt)) / RATE_HZ
    return ImuBlock(t_s, np.ascontiguousarray(acc_g @ mount.T), np.ascontiguousarray(gyr_dps @ mount.T))


def detect(mode: Mode, *items: ImuBlock | Gap) -> list[Event]:
    front_end, detector = FrontEnd(), RepetitionDetector(Settings(mode=mode))
    events: list[Event] = []
    for item in items:
        for piece in front_end.feed(item):
            if isinstance(piece, Frames):
                events += detector.feed(piece)
            elif isinstance(piece, Break):
                events += detector.interrupt(piece)
    return events + detector.finish()


def reps(events: list[Event]) -> list[RepCompleted]:
    return [e for e in events if isinstance(e, RepCompleted)]


TEMPI = {
    "quick": tilts(10, 0.9, 25),
    "usual": tilts(10, 2.5, 25),
    "held": tilts(8, 2.0, 20, hold_s=3.0),
    "resting": tilts(8, 2.0, 20, rest_s=3.0),
    "slow": tilts(6, 12.0, 30),
    "tiny": tilts(10, 2.5, 1.5),
    "large": tilts(10, 3.0, 85),
}


@pytest.mark.parametrize("tempo", TEMPI)
def test_counts_every_repetition_of_a_set_as_it_happens(tempo: str) -> None:
    expected = {"held": 8, "resting": 8, "slow": 6}.get(tempo, 10)
    counted = reps(detect("set", worn(still(0.5), TEMPI[tempo], still(0.5))))
    assert [e.number for e in counted] == list(range(1, expected + 1))
    late_s = [e.at_s - e.movement.end_s for e in counted]
    assert min(late_s) >= 0
    assert np.median(late_s) < 0.3


def test_a_movement_says_when_and_how_far() -> None:
    third = reps(detect("set", worn(still(1.0), tilts(5, 3.0, 30, rest_s=1.0), still(1.0))))[2].movement
    assert third.start_s == pytest.approx(9.3, abs=0.5)
    assert third.peak_s == pytest.approx(10.5, abs=0.3)
    assert third.start_s < third.peak_s < third.end_s <= 12.3
    assert third.range_deg == pytest.approx(30, abs=4)
    assert third.out_s == pytest.approx(0.59 * 1.5, abs=0.1)
    assert third.pause_s == pytest.approx(0.41 * 1.5, abs=0.1)
    assert third.back_s > 0.3  # announced before it is quite over


def test_nothing_is_counted_at_rest() -> None:
    assert not reps(detect("set", worn(still(30.0))))
    assert detect("free", worn(still(60.0))) == []


def test_a_stream_given_as_a_set_is_one_set() -> None:
    events = detect("set", worn(still(0.5), tilts(5, 2.0, 20), still(0.5)))
    started, closed = events[0], events[-1]
    assert isinstance(started, SetStarted)
    assert isinstance(closed, SetClosed)
    assert sum(isinstance(e, SetStarted | SetClosed) for e in events) == 2
    assert closed.live_reps == 5


def test_free_running_finds_the_sets_and_announces_what_came_before() -> None:
    parts = (still(15), tilts(8, 2.5, 30), still(20), tilts(6, 4.0, 50), still(15))
    events = detect("free", worn(*parts))
    closed = [e for e in events if isinstance(e, SetClosed)]
    assert [c.live_reps for c in closed] == [8, 6]
    assert closed[0].start_s == pytest.approx(15, abs=1.5)
    assert closed[1].start_s == pytest.approx(55, abs=1.5)


def test_a_set_found_late_is_counted_from_its_first_repetition() -> None:
    sensor = SimulatedSensor("squeezes", 2)
    interpreter = Interpreter(Pipeline(Settings(mode="free")), driver_for(sensor.identity.family))
    closed = [e for e in interpreter.feed(sensor.notifications()) + interpreter.finish() if isinstance(e, SetClosed)]
    assert len(closed) == 1
    assert closed[0].live_reps < closed[0].reps == len(sensor.truth.reps)
    assert closed[0].start_s < sensor.truth.reps[0].peak_s
    assert {c.change for c in closed[0].corrections} == {"added"}


@pytest.mark.parametrize(("hold_s", "rest_s"), [(0.5, 0.0), (1.0, 0.5), (1.0, 0.0)])
def test_who_keeps_step_is_believed_a_little_sooner(
    hold_s: float, rest_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = worn(still(2), tilts(8, 4.0, 30, hold_s=hold_s, rest_s=rest_s), still(2))
    sooner = [e.at_s for e in detect("set", moved) if isinstance(e, RepCompleted)]
    monkeypatch.setattr(rep_vote, "NEARLY", 1.0)
    as_sure_as_all = [e.at_s for e in detect("set", moved) if isinstance(e, RepCompleted)]
    assert sooner[:3] == as_sure_as_all[:3]
    assert all(a <= b for a, b in zip(sooner, as_sure_as_all, strict=True))
    assert sum(sooner) < sum(as_sure_as_all)


def test_what_is_unlike_the_rest_or_long_before_it_is_not_of_its_kind() -> None:
    x, bump = np.zeros((800, 13)), np.sin(np.linspace(0, np.pi, 100, endpoint=False)) ** 2
    for k in range(8):
        x[100 * k : 100 * k + 100, [4, 8]] = 10.0 * bump[:, None]
    reps = [Rep(100 * k, 100 * k + 50, 100 * k + 100, 10.0, 10.0) for k in range(8)]
    assert first_of_its_kind(x, reps, 4.0) == 0
    assert first_of_its_kind(x, [reps[0], *reps[4:]], 4.0) == 1
    x[100:200] = np.roll(x[100:200], 1, axis=1)
    assert first_of_its_kind(x, reps, 4.0) == 2


REST: Moves = [(6.0, 0.0)]


def hops(many: int, seconds: float, before: Moves = REST, after: Moves = REST) -> Frames:
    """A quarter of a metre each, leaning forward by 15 degrees in the air."""
    height_m = course([*before, *[(seconds / 2, 0.25), (seconds / 2, 0.0)] * many, *after])
    return acted(60.0 * height_m, height_m=height_m)


def closed(frames: Frames) -> list[SetClosed]:
    detector = RepetitionDetector(Settings(mode="free"))
    return [e for e in detector.feed(frames) + detector.finish() if isinstance(e, SetClosed)]


@pytest.mark.parametrize(("many", "seconds"), [(3, 0.7), (4, 0.8), (5, 0.7), (3, 1.0), (9, 0.8)])
def test_what_is_too_short_for_a_rhythm_is_found_between_two_rests(many: int, seconds: float) -> None:
    assert [(c.live_reps, c.reps) for c in closed(hops(many, seconds))] == [(many, many)]


def test_two_of_a_kind_between_two_rests_are_no_set() -> None:
    assert closed(hops(1, 0.8)) == closed(hops(2, 0.8)) == []


def test_three_of_a_kind_without_a_rest_before_or_after_are_no_set() -> None:
    moment = [(1.0, 0.0)]
    assert closed(hops(3, 0.7, before=moment)) == closed(hops(3, 0.7, after=moment)) == []


@pytest.mark.parametrize("seed", range(4))
def test_what_follows_a_set_at_once_does_not_strike_it_out(seed: int) -> None:
    bends: Moves = [(0.5, 0.0), *[(2.5, 40.0), (2.5, -20.0)] * 4]
    forward = course([*bends, (2.5, 16.0), *[(4.0, 0.0), (4.0, 16.0)] * 2, (16.0, 0.0)])
    sideways = course([(21.0, 0.0), (2.0, -60.0), *[(4.0, 60.0), (4.0, -60.0)] * 2, (4.0, 0.0), (12.0, 0.0)])
    assert closed(acted(forward, sideways, seed=seed))[0].reps >= 4


def test_free_running_is_silent_where_nothing_repeats() -> None:
    rng = np.random.default_rng(3)
    parts = [tilts(1, rng.uniform(0.8, 6.0), rng.uniform(-25, 25), rest_s=rng.uniform(0.2, 8.0)) for _ in range(60)]
    closed = [e for e in detect("free", worn(*parts)) if isinstance(e, SetClosed)]
    assert sum(c.reps for c in closed) == 0
    assert all(change.change == "struck_out" for c in closed for change in c.corrections)


def test_a_gap_voids_the_movement_in_progress_and_the_set_goes_on() -> None:
    before = worn(still(0.5), tilts(4, 3.0, 30), tilts(1, 3.0, 30)[:150])
    end_s = float(before.t_s[-1])
    behind = worn(tilts(1, 3.0, 30)[150:], still(0.3), tilts(4, 3.0, 30), still(1.0), start_s=end_s + 4.0)
    events = detect("set", before, behind)
    assert len(reps(events)) == 8
    assert not [e for e in reps(events) if e.movement.start_s <= end_s < e.movement.end_s]
    assert sum(isinstance(e, SetStarted | SetClosed) for e in events) == 2


def test_a_very_long_set_is_counted_through() -> None:
    assert len(reps(detect("set", worn(still(0.5), tilts(100, 3.0, 25), still(0.5))))) == pytest.approx(100, abs=1)


def test_events_are_in_order_of_time() -> None:
    events = detect("free", worn(still(15), tilts(8, 2.5, 30), still(20)))
    assert [e.at_s for e in events] == sorted(e.at_s for e in events)


STREAM = worn(still(8), tilts(6, 2.0, 30), still(8), noise=2.0)
WHOLE = {mode: b"".join(map(encode, detect(mode, STREAM))) for mode in ("set", "free")}


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12), mode=st.sampled_from(("set", "free")))
@settings(max_examples=tries(40), deadline=None)
def test_any_chunking_same_events(cuts: list[int], mode: Mode) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert b"".join(map(encode, detect(mode, *pieces))) == WHOLE[mode]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=tries(15), deadline=None)
def test_any_mounting_same_events(seed: int) -> None:
    mount, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    if np.linalg.det(mount) < 0:
        mount = -mount
    parts = (still(0.5), tilts(8, 2.5, 20, rest_s=0.4), still(0.5))
    straight, turned = reps(detect("set", worn(*parts))), reps(detect("set", worn(*parts, mount=mount)))
    assert len(straight) == len(turned) == 8
    for a, b in zip(straight, turned, strict=True):
        assert a.movement.peak_s == pytest.approx(b.movement.peak_s, abs=0.1)
        assert a.movement.range_deg == pytest.approx(b.movement.range_deg, abs=1.0)


@pytest.mark.parametrize("samples", [60, 140, 1060])
def test_what_a_look_sees_does_not_depend_on_where_blocks_end(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = worn(still(200.0))

    def seen(at_once: int) -> list[tuple[int, int]]:
        looks: list[tuple[int, int]] = []
        monkeypatch.setattr(repetition, "set_between_rests", lambda _, *rows: looks.append(rows))
        detect("free", *(stream[i : i + at_once] for i in range(0, len(stream), at_once)))
        return looks[:-1]  # the last one is that of the end

    assert seen(samples) == seen(100)


def test_the_trace_is_as_long_as_the_frames() -> None:
    front_end, detector = FrontEnd(), RepetitionDetector(Settings(mode="set"))
    for piece in front_end.feed(worn(still(0.5), tilts(4, 2.0, 20), tilts(1, 2.0, 20)[:100])):
        assert isinstance(piece, Frames)
        detector.feed(piece)
        assert detector.trace_deg.shape == piece.t_s.shape
    assert detector.in_set
    assert detector.reps == 4
    assert detector.phase in ("out", "pause", "back")
    assert np.ptp(detector.trace_deg) > 10


def test_a_rhythm_is_what_repeats() -> None:
    t_s = np.arange(0, 40, 0.02)
    x = np.zeros((len(t_s), 17))
    x[:, 0] = np.where(t_s > 20, 5 * np.sin(2 * np.pi * t_s / 2.5), np.random.default_rng(1).standard_normal(len(t_s)))
    looks = Rhythm().feed(x)
    assert looks.shape == (40, 2)
    assert looks[:20, 1].min() > 0.5
    assert looks[-1, 1] < 0.15
    assert looks[-1, 0] == pytest.approx(2.5, rel=0.1)


@pytest.mark.parametrize("seed", [3, 4, 6])
@pytest.mark.parametrize("length_s", [2.0, 5.0])
def test_a_set_that_a_drop_interrupts_goes_on_with_the_reps_it_had(seed: int, length_s: float) -> None:
    block = session("rows", seed)
    events = events_of(with_gap(block, float(block.t_s[0]) + 38.0, length_s))
    (closed,) = [x for x in events if isinstance(x, SetClosed)]
    (gap,) = [x for x in events if isinstance(x, GapMarked)]
    assert closed.start_s < gap.start_s and closed.end_s > gap.end_s + 10.0
    assert 8 <= closed.reps <= 10
    numbers = [x.number for x in events if isinstance(x, RepCompleted)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_behind_a_long_gap_nothing_goes_on() -> None:
    block = session("rows", 3)
    later = ImuBlock(block.t_s + 100.0, block.acc_g, block.gyr_dps)
    half = int(np.searchsorted(block.t_s - block.t_s[0], 45.0))
    items = [block[:half], Gap(float(block.t_s[half - 1]), float(later.t_s[half]), "away"), later[half:]]
    assert len([x for x in events_of(items) if isinstance(x, SetClosed)]) == 2


@pytest.mark.parametrize("script", ["rows", "squeezes", "back-extension", "cat-camel"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_set_that_is_told_of_is_counted_from_its_first_repetition_on(script: str, seed: int) -> None:
    """Announced at once and one by one, where free running knows of a set with its third repetition only."""
    sensor = SimulatedSensor(script, seed)
    block, true = sensor.samples(), sensor.truth.sets[0]
    begins, ends = np.searchsorted(block.t_s, [true.start_s - 1.5, true.end_s + 1.0])
    items = [block[:begins], Request(0, "set_begins"), block[begins:ends], Request(0, "set_ends"), block[ends:]]
    found = events_of(items, Settings(mode="free"))
    told = next(x for x in found if isinstance(x, SetStarted) and x.at_s > true.start_s - 2.0)
    reps = [x for x in found if isinstance(x, RepCompleted) and x.set_index == told.set_index]
    closed = next(x for x in found if isinstance(x, SetClosed) and x.set_index == told.set_index)
    assert abs(len(reps) - true.reps) <= 1 and abs(closed.reps - true.reps) <= 2
    assert reps[0].at_s < sensor.truth.reps[1].end_s
    assert closed.at_s < true.end_s + 2.0


def test_after_a_set_that_was_told_of_the_next_one_is_found_as_ever() -> None:
    bows = worn(still(5), tilts(6, 2.0, 25.0), still(20), tilts(6, 2.0, 25.0), still(20))
    middle = int(27 * RATE_HZ)
    told = [Request(0, "set_begins"), bows[:middle], Request(0, "set_ends"), bows[middle:]]
    found = events_of(told, Settings(mode="free"))
    assert [x.reps for x in found if isinstance(x, SetClosed)] == [6, 6]
    second = [x.at_s for x in found if isinstance(x, RepCompleted) and x.set_index == 1]
    assert second[0] == second[2] < second[3]
