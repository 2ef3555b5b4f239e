"""The laws of the signal core: any chunking, mounting and rate, time from samples, gaps never bridged.

Each is tried on parts of simulated sessions: every day on a few examples, chosen anew; with ``HYPOTHESIS_PROFILE=ci``
on two hundred, always the same ones.
"""

from __future__ import annotations

import os
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid import events as e
from rhomboid.imu import ImuBlock, Request, RequestKind, StreamItem
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings

from .streams import (
    CLIPS,
    SETS,
    Clip,
    as_lines,
    counted,
    difference,
    events_of,
    pieces,
    resampled,
    samples,
    session,
    shifted,
    story,
    turned,
    with_gap,
    without_gyroscope,
)

pytestmark = pytest.mark.xdist_group("core laws")  # the sessions are simulated once
settings.register_profile("everyday", max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("everyday"), max_examples=200, derandomize=True)
law = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))

clips = st.sampled_from(CLIPS)
Quaternion = tuple[float, float, float, float]
HALF_AND_QUARTER_TURNS: list[Quaternion] = [
    (1.0, 0.0, 0.0, 0.0),
    (0.0, 1.0, 0.0, 0.0),
    (0.0, 0.0, 1.0, 0.0),
    (1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 0.0, 1.0),
    (0.0, 0.0, 1.0, 1.0),
    (1.0, 1.0, 1.0, 1.0),
]
turns = st.sampled_from(HALF_AND_QUARTER_TURNS) | st.tuples(*[st.floats(-1, 1)] * 4).filter(
    lambda q: sum(x * x for x in q) > 0.1
)


@law
@given(clip=clips, cuts=st.lists(st.integers(0, 6000), max_size=40))
@example(clip=CLIPS[0], cuts=list(range(4000)))
@example(clip=CLIPS[-1], cuts=list(range(6000)))
def test_any_chunking_gives_the_same_bytes(clip: Clip, cuts: list[int]) -> None:
    assert as_lines(events_of(pieces(samples(clip), cuts), clip.settings)) == as_lines(story(clip))


@law
@given(clip=clips, turn=turns)
def test_any_mounting_gives_the_same_story(clip: Clip, turn: Quaternion) -> None:
    other = turned(samples(clip), Rotation.from_quat(turn).as_matrix())
    assert difference(story(clip), events_of([other], clip.settings)) == ""


@pytest.mark.parametrize("turn", HALF_AND_QUARTER_TURNS)
@pytest.mark.parametrize("clip", SETS)
def test_half_and_quarter_turns_give_the_same_story(clip: Clip, turn: Quaternion) -> None:
    other = turned(samples(clip), Rotation.from_quat(turn).as_matrix())
    assert difference(story(clip), events_of([other], clip.settings)) == ""


@law
@given(clip=st.sampled_from(SETS), rate_hz=st.floats(25.0, 208.0))
@example(clip=SETS[0], rate_hz=25.0)
@example(clip=SETS[0], rate_hz=208.0)
def test_any_rate_gives_the_same_count(clip: Clip, rate_hz: float) -> None:
    other = events_of([resampled(samples(clip, 208.0), rate_hz)], clip.settings)
    assert counted(other) == counted(story(clip))


@law
@given(clip=st.sampled_from(SETS), rate_hz=st.floats(25.0, 208.0), turn=turns)
def test_the_accelerometer_alone_gives_the_same_count_within_one(clip: Clip, rate_hz: float, turn: Quaternion) -> None:
    block = turned(without_gyroscope(resampled(samples(clip, 208.0), rate_hz)), Rotation.from_quat(turn).as_matrix())
    assert abs(counted(events_of([block], clip.settings)) - counted(story(clip))) <= 1


@law
@given(clip=clips, by_s=st.floats(-1e6, 1e6))
def test_a_timeline_that_starts_at_another_moment_changes_nothing_else(clip: Clip, by_s: float) -> None:
    other = events_of([shifted(samples(clip), by_s)], clip.settings)
    assert difference(story(clip), other, later_s=by_s) == ""


@law
@given(clip=clips, at=st.floats(0.05, 0.95), length_s=st.floats(0.5, 20.0), gyro=st.booleans())
def test_nothing_is_claimed_across_a_gap(clip: Clip, at: float, length_s: float, gyro: bool) -> None:
    block = samples(clip) if gyro else without_gyroscope(samples(clip))
    start_s = float(block.t_s[0] + 0.1 + at * (clip.length_s - length_s - 1.0))
    items = with_gap(block, start_s, length_s)
    gap = items[1]
    events = events_of(items, clip.settings)
    marked = [x for x in events if isinstance(x, e.GapMarked)]
    assert [(x.start_s, x.end_s) for x in marked] == [(gap.start_s, gap.end_s)]
    spans = [(x.movement.start_s, x.movement.end_s) for x in events if isinstance(x, e.RepCompleted)]
    spans += [(m.start_s, m.end_s) for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    spans += [(x.start_s, x.end_s) for x in events if isinstance(x, e.HoldEnded | e.SlouchEnded)]
    for start, end in spans:
        assert end <= gap.start_s + 0.05 or start >= gap.end_s - 0.05


# --- the guided reference ---------------------------------------------------------------------------------------------


@law
@given(
    cuts=st.lists(st.integers(0, 10**6), max_size=40),
    at=st.lists(st.integers(0, 6000), min_size=1, max_size=3),
    kind=st.sampled_from(["reference", "guided_reference"]),
)
def test_a_request_takes_effect_at_its_sample_under_any_chunking(
    cuts: list[int], at: list[int], kind: RequestKind
) -> None:
    """As above, with requests for a reference among the samples, which are events in their place."""
    block = session("guided")
    asked = sorted(at)

    def stream(cuts: list[int]) -> list[StreamItem]:
        items: list[StreamItem] = []
        for a, b in pairwise([0, *asked, len(block)]):
            items += [*pieces(block[a:b], cuts), Request(0, kind)]
        return items[:-1]

    found = events_of(stream([]), Settings(mode="desk"))
    assert any(isinstance(x, e.CalibrationStep) for x in found)
    assert as_lines(events_of(stream(cuts), Settings(mode="desk"))) == as_lines(found)


@law
@given(
    cuts=st.lists(st.integers(0, 10**6), max_size=40),
    told=st.lists(st.tuples(st.integers(0, 7000), st.sampled_from(["set_begins", "set_ends"])), min_size=1, max_size=4),
)
def test_what_is_told_of_a_set_takes_effect_at_its_sample_under_any_chunking(
    cuts: list[int], told: list[tuple[int, RequestKind]]
) -> None:
    """In any order and number, and the counting goes on: the numbers of the sets and of the repetitions agree."""
    block = session("rows")

    def stream(cuts: list[int]) -> list[StreamItem]:
        items: list[StreamItem] = []
        before = 0
        for at, kind in sorted(told):
            items += [*pieces(block[before:at], cuts), Request(0, kind)]
            before = at
        return [*items, *pieces(block[before:], cuts)]

    found = events_of(stream([]), Settings(mode="free"))
    assert as_lines(events_of(stream(cuts), Settings(mode="free"))) == as_lines(found)
    closed = [x for x in found if isinstance(x, e.SetClosed)]
    assert [x.set_index for x in closed] == [x.set_index for x in found if isinstance(x, e.SetStarted)]
    for one in closed:
        numbers = [x.number for x in found if isinstance(x, e.RepCompleted) and x.set_index == one.set_index]
        assert numbers == list(range(1, one.live_reps + 1))


@law
@given(turn=turns)
def test_a_guided_reference_tells_directions_for_any_mounting(turn: Quaternion) -> None:
    block = turned(session("guided"), Rotation.from_quat(turn).as_matrix())
    found = events_of([Request(0, "guided_reference"), block], Settings(mode="desk"))
    assert [x.forward_known for x in found if isinstance(x, e.ReferenceTaken)] == [True]
    assert [x.direction for x in found if isinstance(x, e.SlouchStarted)] == ["forward"]
    assert "leaning" not in {x.posture for x in found if isinstance(x, e.PostureChanged)}


@law
@given(turn=turns, cuts=st.lists(st.integers(0, 6000), max_size=10))
def test_a_reference_of_an_earlier_session_holds_for_any_mounting_and_chunking(
    turn: Quaternion, cuts: list[int]
) -> None:
    rotation = Rotation.from_quat(turn).as_matrix()
    before = Pipeline(Settings(mode="desk"))
    for item in (Request(0, "guided_reference"), turned(session("guided"), rotation)):
        before.feed(item)
    known = before.reference
    assert known is not None
    # what is remembered goes through a file, and the sensor's clock began anew
    again = msgspec.json.decode(
        msgspec.json.encode(Settings(mode="desk", known_reference=msgspec.structs.replace(known, taken="then"))),
        type=Settings,
    )
    block = turned(session("guided", rate_hz=50.0), rotation)
    found = events_of(pieces(block, cuts), again)
    assert as_lines(found) == as_lines(events_of([block], again))
    assert [(x.earlier, x.forward_known) for x in found if isinstance(x, e.ReferenceTaken)] == [("then", True)]
    assert "leaning" not in {x.posture for x in found if isinstance(x, e.PostureChanged)}


@pytest.mark.parametrize("has_gyro", [True, False])
@pytest.mark.parametrize("rate_hz", [25.0, 52.0, 208.0])
def test_a_guided_reference_tells_directions_at_any_rate_and_without_a_gyroscope(
    rate_hz: float, has_gyro: bool
) -> None:
    block = session("guided", 2, rate_hz)
    block = block if has_gyro else ImuBlock(block.t_s, block.acc_g, None)
    found = events_of([Request(0, "guided_reference"), block], Settings(mode="desk"))
    assert [x.forward_known for x in found if isinstance(x, e.ReferenceTaken)] == [True]
    assert [x.direction for x in found if isinstance(x, e.SlouchStarted)] == ["forward"]
