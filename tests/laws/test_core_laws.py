"""The laws of the signal core: any chunking, any mounting, time from samples, gaps never bridged."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rhomboid import events as e
from rhomboid.imu import ImuBlock, Request, RequestKind, StreamItem
from rhomboid.motion.settings import Mode, Settings

from .streams import as_lines, events_of, pieces, session, turned, with_gap

SCRIPTS = ("rows", "squeezes", "messy")
slow = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole sessions takes minutes
)


def shape(events: list[e.Event]) -> dict[str, list[float]]:
    """What a person would compare: counts and times, not the last bit."""
    return {
        "reps per set": [float(x.reps) for x in events if isinstance(x, e.SetClosed)],
        "holds": [x.start_s for x in events if isinstance(x, e.HoldEnded)],
        "slouches": [x.start_s for x in events if isinstance(x, e.SlouchStarted)],
    }


@slow
@given(
    script=st.sampled_from(SCRIPTS),
    cuts=st.lists(st.integers(0, 10**6), max_size=40),
    mode=st.sampled_from(["set", "free", "desk"]),
)
def test_any_chunking_gives_the_same_bytes(script: str, cuts: list[int], mode: Mode) -> None:
    block = session(script)
    whole = as_lines(events_of([block], Settings(mode=mode)))
    assert as_lines(events_of(pieces(block, cuts), Settings(mode=mode))) == whole


@slow
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


@slow
@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1))
def test_a_guided_reference_tells_directions_for_any_mounting(turn: tuple[float, float, float, float]) -> None:
    block = turned(session("guided"), Rotation.from_quat(turn).as_matrix())
    found = events_of([Request(0, "guided_reference"), block], Settings(mode="desk"))
    assert [x.forward_known for x in found if isinstance(x, e.ReferenceTaken)] == [True]
    assert [x.direction for x in found if isinstance(x, e.SlouchStarted)] == ["forward"]
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


@pytest.mark.parametrize("script", SCRIPTS)
def test_single_samples_give_the_same_bytes(script: str) -> None:
    block = session(script)[:6000]
    assert as_lines(events_of([block[i : i + 1] for i in range(len(block))])) == as_lines(events_of([block]))


@slow
@given(
    script=st.sampled_from(SCRIPTS),
    turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1),
)
def test_any_mounting_gives_the_same_story(script: str, turn: tuple[float, float, float, float]) -> None:
    block = session(script)
    straight = shape(events_of([block]))
    other = shape(events_of([turned(block, Rotation.from_quat(turn).as_matrix())]))
    # The tiniest movements (squeezes) sit at the edge of what can be told from sway; there rounding may tip one.
    assert np.allclose(other["reps per set"], straight["reps per set"], atol=1.0 if script == "squeezes" else 0.0)
    for kind in ("holds", "slouches"):
        assert np.allclose(other[kind], straight[kind], atol=0.25), kind


def test_time_comes_from_the_samples_alone() -> None:
    block = session("rows")
    first = as_lines(events_of([block]))
    assert as_lines(events_of([block])) == first


def test_a_later_start_of_the_timeline_shifts_the_story_and_changes_nothing_else() -> None:
    block = session("rows")
    later = events_of([ImuBlock(block.t_s + 512.0, block.acc_g, block.gyr_dps)])
    assert [type(x) for x in later] == [type(x) for x in events_of([block])]


@slow
@given(script=st.sampled_from(SCRIPTS), at=st.floats(0.1, 0.9), length_s=st.floats(0.5, 20.0))
def test_nothing_is_claimed_across_a_gap(script: str, at: float, length_s: float) -> None:
    block = session(script)
    start_s = float(block.t_s[0] + at * (block.t_s[-1] - block.t_s[0] - length_s - 1.0))
    items = with_gap(block, start_s, length_s)
    gap = items[1]
    events = events_of(items)
    marked = [x for x in events if isinstance(x, e.GapMarked)]
    assert [(x.start_s, x.end_s) for x in marked] == [(gap.start_s, gap.end_s)]
    spans = [(x.movement.start_s, x.movement.end_s) for x in events if isinstance(x, e.RepCompleted)]
    spans += [(m.start_s, m.end_s) for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    spans += [(x.start_s, x.end_s) for x in events if isinstance(x, e.HoldEnded | e.SlouchEnded)]
    for start, end in spans:
        assert end <= gap.start_s + 0.05 or start >= gap.end_s - 0.05
