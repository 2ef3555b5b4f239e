"""What was learnt of an exercise enters the core: within its laws, for that exercise alone, and only in doubt."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid.events import RepCompleted, SetClosed
from rhomboid.imu import Array, ImuBlock, Request, StreamItem
from rhomboid.motion import rep_recount
from rhomboid.motion.frontend import Frames, FrontEnd
from rhomboid.motion.recount_ways import Signals, Way, signals, ways_to_count
from rhomboid.motion.settings import AS_USUAL, OwnExercise, Settings, Template
from rhomboid.motion.teaching import Shown, beside, look
from rhomboid.motion.template import size, size_off
from tests.conftest import tries
from tests.laws.streams import as_lines, events_of, pieces

from .test_repetition import still, tilts, worn

UPSIDE_DOWN = np.array([[0.0, 0.8, 0.6], [0.0, 0.6, -0.8], [-1.0, 0.0, 0.0]])
BOW = "bow"


def frames(block: ImuBlock) -> tuple[Array, Array, Array, Array]:
    found = [x for x in FrontEnd().feed(block) if isinstance(x, Frames)]
    t_s, acc_g, gyr_dps, up = (
        np.concatenate([getattr(f, x) for f in found]) for x in ("t_s", "acc_g", "gyr_dps", "up")
    )
    return t_s, acc_g, gyr_dps, up


def shown(block: ImuBlock, reps: int = 3) -> Shown:
    return look(*frames(block), reps)


def seen(block: ImuBlock) -> tuple[Signals, list[Way]]:
    s = signals(*frames(block))
    assert s is not None
    return s, ways_to_count(s)


def taught(*parts: Array, reps: int = 3, **how: Array) -> Template:
    template = shown(worn(still(3), *parts, still(3), **how), reps).template
    assert template is not None
    return template


def told(block: ImuBlock, *own: OwnExercise, exercise: str = BOW) -> SetClosed:
    items: list[StreamItem] = [Request(0, "set_begins", exercise), block, Request(0, "set_ends")]
    (closed,) = [x for x in events_of(items, Settings(mode="free", own=own)) if isinstance(x, SetClosed)]
    return closed


# What one person bows, with fidgets half as large between: 6 bows, or 11 movements.
DOUBTFUL = worn(still(3), *[np.concatenate((tilts(1, 2.4, 20.0), tilts(1, 2.0, 9.5))) for _ in range(6)], still(3))


def test_three_bows_teach_how_long_and_how_large_a_bow_is() -> None:
    template = taught(tilts(3, 2.4, 20.0, rest_s=1.0))
    assert template.duration_s == pytest.approx(2.4 * 0.8, abs=0.2)  # the outermost tenths of the way are rest
    assert max(tilt for tilt, _, _ in template.course) == pytest.approx(20.0, rel=0.15)
    assert all(abs(turn) < 2.0 for _, turn, _ in template.course)
    assert template.likeness > 0.99
    assert template.size_spread < 0.05


def test_what_was_not_shown_three_times_teaches_nothing() -> None:
    assert shown(worn(still(8))) == Shown(0, None)
    seven = shown(worn(still(3), tilts(7, 2.4, 20.0), still(3)))
    assert seven.seen == 7


@pytest.mark.parametrize("size_deg", [2.0, 12.0])
def test_it_is_known_what_moved_besides(size_deg: float) -> None:
    found = shown(worn(still(3), tilts(3, 2.4, 20.0), still(2), tilts(1, 2.4, size_deg), still(3)))
    assert found.besides == pytest.approx(size_deg / 20.0, rel=0.35)


@pytest.mark.parametrize("rate", [4, 3, 2])
def test_any_mounting_and_any_rate_teach_the_same(rate: int) -> None:
    block = worn(still(3), tilts(3, 2.4, 20.0, rest_s=1.0), still(3))
    usual = shown(block).template
    turned = worn(still(3), tilts(3, 2.4, 20.0, rest_s=1.0), still(3), mount=UPSIDE_DOWN)
    sparse = ImuBlock(turned.t_s[::rate], turned.acc_g[::rate], turned.gyr_dps[::rate])  # type: ignore[index]
    other = shown(sparse).template
    assert usual is not None and other is not None
    compared = beside(other, usual)
    assert compared.likeness > 0.99 and compared.alike
    assert compared.larger == pytest.approx(1.0, abs=0.1)
    assert compared.longer == pytest.approx(1.0, abs=0.1)


def test_templates_tell_small_from_large_and_bows_from_turns() -> None:
    large, small = taught(tilts(3, 2.4, 30.0)), taught(tilts(3, 2.4, 10.0))
    assert not beside(large, small).alike
    assert beside(large, small).larger == pytest.approx(3.0, rel=0.15)
    assert beside(large, taught(tilts(3, 2.4, 26.0))).alike


def test_movements_of_another_size_than_was_shown_lose_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it comes that weighs little and moves only what is nearly even; here it weighs enough to be seen."""
    own = OwnExercise(exercise=BOW, template=taught(tilts(3, 2.4, 20.0, rest_s=1.0)))
    block = worn(still(3), tilts(6, 2.4, 20.0, rest_s=0.6), still(1), tilts(3, 2.0, 11.0, rest_s=0.6), still(3))
    assert told(block).reps == told(block, own).reps == 9
    monkeypatch.setattr(rep_recount, "SIZE_COUNTS", 60.0)
    assert told(block, own).reps < 9
    assert told(block).reps == 9


@pytest.mark.parametrize("size_deg", [5.0, 10.0, 40.0])
def test_the_further_from_the_shown_size_the_more_it_counts(size_deg: float) -> None:
    template = taught(tilts(3, 2.4, 20.0))
    s, ways = seen(worn(still(3), tilts(3, 2.4, size_deg), still(3)))
    best = next(way for way in ways if len(way.far) == 3)
    off = float(size_off(template, [best], s)[0])
    assert off == pytest.approx(min(math.log(size_deg / 20.0) ** 2, 1.0), abs=0.1)


def test_what_was_learnt_of_another_exercise_changes_nothing() -> None:
    own = OwnExercise(exercise="other", eagerness=1.5, template=taught(tilts(3, 2.4, 60.0)))
    assert told(DOUBTFUL, own) == told(DOUBTFUL) == told(DOUBTFUL, msgspec.structs.replace(AS_USUAL, exercise=BOW))


def test_eagerness_decides_doubtful_movements_in_both_directions() -> None:
    found = [told(DOUBTFUL, OwnExercise(exercise=BOW, eagerness=e)) for e in (-1.5, 1.5)]
    assert found[0].live_reps <= 6 < found[1].live_reps <= 12
    assert found[0].reps <= found[1].reps


@pytest.mark.parametrize("eagerness", [-1.5, 1.5])
def test_eagerness_makes_no_count_out_of_nothing_and_leaves_what_is_clear(eagerness: float) -> None:
    own = OwnExercise(exercise=BOW, eagerness=eagerness)
    nothing = [Request(0, "set_begins", BOW), worn(still(20)), Request(0, "set_ends")]
    assert not [x for x in events_of(nothing, Settings(mode="free", own=(own,))) if isinstance(x, RepCompleted)]
    clear = told(worn(still(3), tilts(6, 2.4, 20.0, rest_s=0.5), still(3)), own)
    assert (clear.live_reps, clear.reps) == (6, 6)


@settings(max_examples=tries(8), deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=12), st.sampled_from([-0.5, 0.25]))
def test_any_pieces_give_the_same_events(cuts: list[int], eagerness: float) -> None:
    own = OwnExercise(exercise=BOW, eagerness=eagerness, template=taught(tilts(3, 2.4, 20.0, rest_s=1.0)))
    chosen = Settings(mode="free", own=(own,))
    begins, ends = Request(0, "set_begins", BOW), Request(0, "set_ends")
    whole = events_of([begins, DOUBTFUL, ends], chosen)
    assert as_lines(events_of([begins, *pieces(DOUBTFUL, cuts), ends], chosen)) == as_lines(whole)


def test_settings_with_what_was_learnt_come_back_from_json_as_they_were() -> None:
    own = OwnExercise(exercise=BOW, eagerness=-0.25, template=taught(tilts(3, 2.4, 20.0)))
    chosen = Settings(own=(own,))
    assert msgspec.json.decode(msgspec.json.encode(chosen), type=Settings) == chosen
    assert size(own.template) > 0.0  # type: ignore[arg-type]
