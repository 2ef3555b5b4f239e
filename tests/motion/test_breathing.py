"""Breathing: told of somebody who keeps still, and of nobody else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.motion.breathing import BreathingDetector
from rhomboid.motion.frontend import Break, Frames
from tests.conftest import tries

from .acting import acted, course, cut, told, told_in_pieces


def sitting(per_min: float, seconds: float = 130.0, sway_deg: float = 0.1) -> Frames:
    t_s = np.arange(round(seconds * 50.0)) / 50.0
    sway = sway_deg * sum(np.sin(2 * np.pi * hz * t_s + 9 * hz) for hz in (0.07, 0.19, 0.33, 0.47))
    return acted(0.35 * np.sin(2 * np.pi * per_min / 60.0 * t_s), sway, breathing_deg=0.0)


@pytest.mark.parametrize("per_min", [8.0, 12.0, 16.0, 20.0, 25.0])
def test_somebody_still_breathes_at_a_known_rate(per_min: float) -> None:
    detector = BreathingDetector()
    found = detector.feed(sitting(per_min))
    assert [type(x) for x in found] == [e.BreathingMeasured] * 3
    assert detector.per_min == pytest.approx(per_min, abs=0.7)


def test_nothing_is_told_of_much_sway_or_of_somebody_who_moves_as_regularly_as_breath() -> None:
    assert told(BreathingDetector(), [sitting(15.0, sway_deg=0.4)]) == []
    nodding = acted(course([(2.0, 3.0), (2.0, 0.0)] * 30))
    assert told(BreathingDetector(), [nodding]) == []


def test_a_gap_asks_for_another_minute() -> None:
    frames = sitting(15.0, 100.0)
    gap = Break(float(frames.t_s[2499]), float(frames.t_s[2600]))
    assert told(BreathingDetector(), [cut(frames, 0, 2500), gap, cut(frames, 2600, 5000)]) == []


@given(cuts=st.lists(st.integers(0, 10**6), max_size=20))
@settings(max_examples=tries(25), deadline=None)
def test_any_chunking_tells_the_same(cuts: list[int]) -> None:
    frames = sitting(14.0)
    assert told_in_pieces(BreathingDetector(), frames, cuts) == told_in_pieces(BreathingDetector(), frames, [])
