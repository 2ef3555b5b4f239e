"""The front end: even frames whatever the rate, exact rotation, sound samples only, segments broken where time is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid.events import GapMarked, SensorProblem
from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break, Frames, FrontEnd
from tests.conftest import tries

from ..laws.streams import turned


def swaying(rate_hz: float, seconds: float = 6.0, jitter: float = 0.0, seed: int = 0) -> ImuBlock:
    """A trunk that tilts 20 deg to and fro about x every two seconds, with its exact specific force and rotation."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(int(seconds * rate_hz)) / rate_hz
    t_s = np.sort(t_s + jitter / rate_hz * rng.uniform(-0.45, 0.45, len(t_s)))
    angle = np.radians(20.0) * (1 - np.cos(np.pi * t_s)) / 2
    rate = np.radians(20.0) * np.pi * np.sin(np.pi * t_s) / 2
    acc_g = np.stack((np.zeros_like(t_s), np.sin(angle), np.cos(angle)), axis=1)
    gyr_dps = np.stack((np.degrees(rate), np.zeros_like(t_s), np.zeros_like(t_s)), axis=1)
    return ImuBlock(t_s, acc_g, gyr_dps)


def frames_of(items: list[ImuBlock | Gap]) -> list[Frames]:
    front_end = FrontEnd()
    return [f for item in items for f in front_end.feed(item) if isinstance(f, Frames)]


def tilt_deg(frames: list[Frames]) -> Array:
    up = np.concatenate([f.up for f in frames])
    return np.degrees(np.arctan2(np.hypot(up[:, 0], up[:, 1]), up[:, 2]))


@pytest.mark.parametrize("rate_hz", [25.0, 52.0, 100.0, 208.0])
@pytest.mark.parametrize("jitter", [0.0, 0.8])
def test_any_rate_gives_the_same_tilt_at_fifty_frames_a_second(rate_hz: float, jitter: float) -> None:
    frames = frames_of([swaying(rate_hz, jitter=jitter)])
    t_s = np.concatenate([f.t_s for f in frames])
    assert np.allclose(np.diff(t_s), 1 / FRAME_RATE_HZ)
    true_deg = 20.0 * (1 - np.cos(np.pi * t_s)) / 2
    assert np.abs(tilt_deg(frames) - true_deg).max() < 1.5


def test_a_frame_keeps_the_rotation_it_stands_for() -> None:
    block = swaying(173.0, jitter=0.8)
    frames = FrontEnd().feed(block)[0]
    assert isinstance(frames, Frames)
    raw = np.concatenate(([0.0], np.cumsum((block.gyr_dps[1:, 0] + block.gyr_dps[:-1, 0]) / 2 * np.diff(block.t_s))))
    turned_deg = np.interp(frames.t_s, block.t_s, raw)
    # the bias estimate is taken off as well, and stays far below a degree per second here
    seen_deg = np.linalg.norm(np.cumsum(frames.gyr_dps, axis=0) / FRAME_RATE_HZ, axis=1)
    assert np.abs(seen_deg - turned_deg).max() < 0.5


def test_without_a_gyroscope_gravity_still_shows_the_tilt() -> None:
    block = swaying(52.0)
    frames = frames_of([ImuBlock(block.t_s, block.acc_g)])
    assert not frames[0].has_gyro
    assert 15.0 < tilt_deg(frames).max() < 20.5


@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1))
@settings(deadline=None)
def test_frames_do_not_depend_on_how_the_sensor_is_strapped_on(turn: tuple[float, float, float, float]) -> None:
    block = swaying(100.0, jitter=0.5)[20:]
    straight, other = frames_of([block]), frames_of([turned(block, Rotation.from_quat(turn).as_matrix())])
    for name in ("t_s", "seen_s", "acc_g", "gyr_dps", "up", "quat"):
        a, b = (np.concatenate([getattr(f, name) for f in frames]) for frames in (straight, other))
        assert np.abs(a - b).max() < 1e-9, name


@given(cuts=st.lists(st.integers(1, 600), max_size=30), gyro=st.booleans())
@settings(max_examples=tries(50), deadline=None)
def test_frames_do_not_depend_on_the_blocks(cuts: list[int], gyro: bool) -> None:
    block = swaying(100.0, jitter=0.5)
    block = block if gyro else ImuBlock(block.t_s, block.acc_g)
    edges = [0, *sorted(min(c, len(block)) for c in cuts), len(block)]
    whole = frames_of([block])
    cut = frames_of([block[a:b] for a, b in pairwise(edges)])
    for name in ("t_s", "seen_s", "acc_g", "gyr_dps", "up", "quat"):
        whole_bytes = np.concatenate([getattr(f, name) for f in whole]).tobytes()
        assert np.concatenate([getattr(f, name) for f in cut]).tobytes() == whole_bytes, name


def test_a_frame_was_complete_at_the_first_sample_past_its_end() -> None:
    frames = FrontEnd().feed(swaying(30.0))[0]
    assert isinstance(frames, Frames)
    late_s = frames.seen_s - frames.t_s
    assert late_s.min() >= 0.0
    assert late_s.max() < 1 / 30.0


def test_a_hole_breaks_the_segment_even_if_nobody_marked_it() -> None:
    block = swaying(100.0)
    out = FrontEnd()
    got = out.feed(ImuBlock(block.t_s + np.where(block.t_s > 3.0, 5.0, 0.0), block.acc_g, block.gyr_dps))
    assert [type(x) for x in got] == [Frames, Break, GapMarked, Frames]
    assert isinstance(got[1], Break)
    assert got[1].end_s - got[1].start_s == pytest.approx(5.01)


def test_a_short_loss_is_drawn_across_and_still_marked() -> None:
    block = swaying(100.0)
    kept = np.delete(np.arange(len(block)), np.arange(300, 310))
    assert block.gyr_dps is not None
    lossy = ImuBlock(block.t_s[kept], block.acc_g[kept], block.gyr_dps[kept])
    front_end = FrontEnd()
    got = front_end.feed(lossy[:300]) + front_end.feed(Gap(2.99, 3.1, "1 packet lost")) + front_end.feed(lossy[300:])
    assert [type(x) for x in got] == [Frames, GapMarked, Frames]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_never_gets_through_and_is_said_once(bad: float) -> None:
    block = swaying(100.0)
    acc_g = block.acc_g.copy()
    acc_g[100:110] = bad
    got = FrontEnd().feed(ImuBlock(block.t_s, acc_g, block.gyr_dps))
    assert sum(isinstance(x, SensorProblem) for x in got) == 1
    for frames in (x for x in got if isinstance(x, Frames)):
        assert np.isfinite(frames.acc_g).all()
        assert np.isfinite(frames.up).all()


def test_time_that_stands_still_or_runs_back_is_left_out() -> None:
    block = swaying(100.0)
    t_s = block.t_s.copy()
    t_s[200:220] = t_s[150:170]
    got = FrontEnd().feed(ImuBlock(t_s, block.acc_g, block.gyr_dps))
    times = np.concatenate([x.t_s for x in got if isinstance(x, Frames)])
    assert (np.diff(times) > 0).all()
    assert any(isinstance(x, SensorProblem) for x in got)
