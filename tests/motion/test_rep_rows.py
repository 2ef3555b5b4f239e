"""The table of the newest minutes: it holds what came and was not dropped, and takes no more memory as hours pass."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.motion.frontend import FRAME_RATE_HZ, Frames
from rhomboid.motion.rep_rows import ROOM, Rows, T, X
from rhomboid.motion.rep_signals import COLUMNS
from rhomboid.motion.repetition import MEMORY_S


def append(rows: Rows, first: int, many: int) -> None:
    """Frames whose time and signals are their number."""
    n = np.arange(first, first + many, dtype=float)
    three, four = np.zeros((many, 3)), np.zeros((many, 4))
    rows.append(Frames(n, n, three, three, three, four, True), np.repeat(n[:, None], COLUMNS, axis=1))


@given(st.lists(st.tuples(st.integers(1, ROOM), st.integers(0, 2 * ROOM)), max_size=12))
def test_it_holds_what_came_and_was_not_dropped(steps: list[tuple[int, int]]) -> None:
    rows = Rows()
    oldest = newest = 0
    for many, dropped in steps:
        append(rows, newest, many)
        newest += many
        dropped = min(dropped, newest - oldest)
        rows.drop(dropped)
        oldest += dropped
        assert len(rows) == newest - oldest
        assert (rows.all[:, T] == np.arange(oldest, newest)).all()
        assert (rows.all[:, X] == rows.all[:, [T]]).all()


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_hours_of_running_free_take_no_more_memory_and_a_long_set_gives_it_back(traced: None) -> None:
    rows = Rows()
    held, piece = [], int(10 * FRAME_RATE_HZ)
    for k in range(360):
        append(rows, k * piece, piece)
        in_set = 120 <= k < 240
        if not in_set:
            rows.drop(max(0, len(rows) - int(MEMORY_S * FRAME_RATE_HZ)))
        if k % 20 == 0:  # the link was lost
            rows.drop(0 if in_set else len(rows))
        held.append(tracemalloc.get_traced_memory()[0] / 1e6)
    assert max(held[:120]) - min(held[:120]) < 0.1
    assert max(held[120:240]) > 2 * held[0]
    assert held[-1] - held[0] < 0.1
