"""What the wearer is doing as a whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid.events import ActivityChanged
from rhomboid.motion.activity import ActivityDetector
from rhomboid.motion.frontend import Break, Frames
from tests.conftest import tries

from .acting import Watched, acted, course, cut, steps_g, told, told_in_pieces

REPS = [(1.0, 45.0), (1.0, 0.0)]


def heard(*pieces: Frames | Break) -> list[tuple[str, float]]:
    return [
        (e.activity, e.start_s)
        for e in told(Watched(ActivityDetector()), list(pieces))
        if isinstance(e, ActivityChanged)
    ]


def kinds(*pieces: Frames | Break) -> list[str]:
    return [activity for activity, _ in heard(*pieces)]


def test_sitting_is_still_whatever_the_breathing() -> None:
    assert kinds(acted(np.zeros(3000), breathing_deg=0.5)) == ["still"]


def test_walking_is_found_and_left_again() -> None:
    shake_g = np.concatenate((np.zeros(500), steps_g(20.0), np.zeros(500)))
    still, walking, again = heard(acted(np.zeros(2000), shake_g=shake_g))
    assert (still[0], walking[0], again[0]) == ("still", "walking", "still")
    assert 10.0 < walking[1] < 14.0
    assert 29.0 < again[1] < 33.0


def test_exercise_is_moving_even_when_it_shakes() -> None:
    flexion_deg = course([(6.0, 0.0), *REPS * 10])
    shake_g = np.concatenate((np.zeros(300), steps_g(20.0)))
    assert kinds(acted(flexion_deg, shake_g=shake_g)) == ["still", "moving"]


def test_lying_is_far_from_the_first_pose_for_some_time() -> None:
    assert kinds(acted(course([(6.0, 0.0), (3.0, 85.0), (20.0, 85.0)])))[-1] == "lying"
    assert "lying" not in kinds(acted(course([(6.0, 0.0), (1.5, 85.0), (1.0, 85.0), (1.5, 0.0), (5.0, 0.0)])))


def test_what_never_moves_is_not_worn() -> None:
    assert kinds(acted(np.zeros(50 * 60), breathing_deg=0.0, noise=0.3))[-1] == "not_worn"
    assert "not_worn" not in kinds(acted(np.zeros(50 * 120), breathing_deg=0.15))


def test_after_a_gap_it_is_said_anew() -> None:
    frames = acted(np.zeros(2000))
    assert kinds(cut(frames, 0, 1000), Break(20.0, 25.0), cut(frames, 1250, 2000)) == ["still", "still"]


@given(cuts=st.lists(st.integers(0, 10**6), max_size=40))
@settings(max_examples=tries(30), deadline=None)
def test_any_chunking_gives_the_same_bytes(cuts: list[int]) -> None:
    assert told_in_pieces(Watched(ActivityDetector()), MIXED, cuts) == told_in_pieces(
        Watched(ActivityDetector()), MIXED, []
    )


MIXED = acted(
    course([(6.0, 0.0), *REPS * 3, (20.0, 0.0), (2.0, 80.0), (12.0, 80.0)]),
    shake_g=np.concatenate((np.zeros(600), steps_g(15.0), np.zeros(950))),
)
