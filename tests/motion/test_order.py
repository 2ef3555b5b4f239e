"""Order statistics are those of numpy."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.motion.order import median, quantiles

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(values)
def test_the_median_is_that_of_numpy(column: list[float]) -> None:
    both = np.array([column, sorted(column)])
    assert median(column) == np.median(column)
    assert (median(both.T) == np.median(column)).all()
    assert (median(both, axis=1) == np.median(column)).all()


@given(values, st.sampled_from((3, 50, 90, 97, 100)))
def test_quantiles_are_those_of_numpy(column: list[float], percent: int) -> None:
    both = np.array([column, column])
    low, there = quantiles(both, 0.0, percent / 100)
    assert (low == min(column)).all()
    assert (there == np.percentile(both, percent, axis=1)).all()
