"""Turning points of many stretches at once are those of each alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.motion.rep_signals import COLUMNS
from rhomboid.motion.rep_turns import LEVELS, PROJECTIONS, FollowedStretch, Stretch, principal_axes
from rhomboid.motion.rep_turns_each import turns_of_each

FRAMES = 10
kinds = st.tuples(st.integers(1, 150), st.integers(0, 5), st.sampled_from((0.001, 0.3, 3.0)), st.booleans())


@given(st.lists(kinds, min_size=1, max_size=6), st.integers(0, 1000))
def test_every_zigzag_is_the_one_that_walks_alone(walks: list[tuple[int, int, float, bool]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    together: list[Stretch] = []
    told = []
    for n, ticks, size, whole_numbers in walks:
        x = size * np.cumsum(rng.normal(size=(n + ticks * FRAMES, COLUMNS)), axis=0)
        x = np.round(x) if whole_numbers else x
        mean = x[:n].mean(axis=0)
        (share,), (axes,) = principal_axes(mean[None], (x[:n].T @ x[:n] / n)[None])
        seen = x[:n], mean, share, axes, ticks * FRAMES
        more = x[n:].reshape(ticks, FRAMES, COLUMNS)
        together.append(Stretch(*seen))
        together[-1].go_on(more)
        alone = FollowedStretch(*seen)
        told.append(alone.told(np.concatenate((alone.record, alone.follow(more)))))
    line, each = turns_of_each(together)
    for a_line, a_each in told:
        of, each = each[:, : a_each.shape[1]], each[:, a_each.shape[1] :]
        turned = a_each[1] > 0  # before it has, nobody asks
        assert (of[1] == a_each[1]).all()
        assert (of[2:4, turned] == a_each[2:4, turned]).all()
        assert (of[4] == a_each[4]).all()
        for k in range(len(PROJECTIONS)):
            for level in range(len(LEVELS)):
                (a, n), b = a_each[:2, -1, k, level].astype(int), int(of[0, -1, k, level])
                assert (line[:, b : b + n + 1] == a_line[:, a : a + n + 1]).all()
