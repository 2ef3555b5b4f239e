"""Turning points of many stretches at once are those of each alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Array
from rhomboid.motion.rep_signals import COLUMNS
from rhomboid.motion.rep_turns import LEVELS, PROJECTIONS, FollowedStretch, principal_axes
from rhomboid.motion.rep_turns_each import turns_of_each


def stretch(x: Array) -> FollowedStretch:
    mean = x.mean(axis=0)
    (share,), (axes,) = principal_axes(mean[None], (x.T @ x / len(x))[None])
    return FollowedStretch(x, mean, share, axes, 0)


@given(
    st.lists(st.tuples(st.integers(1, 150), st.sampled_from((0.001, 0.3, 3.0)), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 1000),
)
def test_every_zigzag_is_the_one_that_walks_alone(kinds: list[tuple[int, float, bool]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    walks = [size * np.cumsum(rng.normal(size=(n, COLUMNS)), axis=0) for n, size, _ in kinds]
    stretches = [stretch(np.round(walk) if whole else walk) for walk, (*_, whole) in zip(walks, kinds, strict=True)]
    line, each = turns_of_each(stretches)
    for i, alone in enumerate(stretches):
        for k in range(len(PROJECTIONS)):
            for level in range(len(LEVELS)):
                begin, turns, newest, newest_value, first = each[:, i, k, level].tolist()
                zigzag = alone.zigzags[k][level]
                known = slice(int(begin), int(begin + turns) + 1)
                assert line[:, known].tolist() == [zigzag.places, zigzag.values]
                assert first == zigzag.first
                if turns:
                    assert [turns, newest, newest_value] == alone.record[0, k, level].tolist()
