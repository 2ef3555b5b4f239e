"""What a tab may leave unread and may say, and the size that suits several."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.serve.viewers import LARGEST, SMALLEST, UNREAD_BYTES, LetGo, Viewer, common_size, strokes

sizes = st.tuples(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))


@given(st.lists(sizes, min_size=1))
def test_the_common_size_fits_every_sensible_tab_and_is_never_absurd(wanted: list[tuple[int, int]]) -> None:
    size = common_size(wanted)
    for k in (0, 1):
        assert SMALLEST[k] <= size[k] <= LARGEST[k]
        assert size[k] in (*(one[k] for one in wanted), SMALLEST[k], LARGEST[k])
        assert all(size[k] <= max(one[k], SMALLEST[k]) for one in wanted)


async def test_a_tab_that_reads_gets_all_of_it_in_order() -> None:
    viewer = Viewer((80, 24), 0.0)
    await viewer.next()
    for k in range(10):
        for part in range(20):  # far more than the bound, in all
            viewer.show(bytes([k, part]) + bytes(UNREAD_BYTES // 20 - 2))
        assert [(await viewer.next())[:2] for _ in range(20)] == [bytes([k, part]) for part in range(20)]
    assert not viewer.behind.is_set()


async def test_a_tab_that_does_not_read_keeps_a_bounded_part_and_is_told_of() -> None:
    viewer = Viewer((80, 24), 0.0)
    for _ in range(1000):
        viewer.show(bytes(100_000))
    assert viewer.behind.is_set()
    kept = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            while True:
                kept += len(await viewer.next())
    assert kept <= UNREAD_BYTES


@given(st.floats(0.0, 1e9))
def test_typing_and_pointing_are_never_too_much_and_a_flood_soon_is(start_s: float) -> None:
    viewer = Viewer((80, 24), start_s)
    for k in range(5000):  # a mouse that never rests
        viewer.hear(strokes("\x1b[<35;120;40M"), start_s + k * 0.005)
    with pytest.raises(LetGo, match="too much"):
        for _ in range(5000):
            viewer.hear(1, start_s + 25.0)


def test_one_long_message_is_too_much_only_beyond_what_anybody_pastes() -> None:
    Viewer((80, 24), 0.0).hear(strokes("a" * 2500), 0.0)
    with pytest.raises(LetGo):
        Viewer((80, 24), 0.0).hear(strokes("a" * 3001), 0.0)


@given(st.lists(st.sampled_from(["a", "é", "\x1b[A", "\x1b[<0;1;1M", "\x1b[<35;300;100m", "\x1b[15~"]), min_size=1))
def test_a_key_or_a_movement_is_one_however_it_is_written(keys: list[str]) -> None:
    assert strokes("".join(keys)) == len(keys)


@given(st.text("\x1b[<;0123Mm~", min_size=1))
def test_what_only_looks_like_a_sequence_counts_in_full(keys: str) -> None:
    assert len(keys) / 19 <= strokes(keys) <= len(keys)
