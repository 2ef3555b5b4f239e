"""What corrections teach: a step at a time, within bounds, always the same, and taken back without a trace."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.learning import (
    LAST_SETS,
    LEAST_CORRECTED,
    MOST,
    STEP,
    USUAL,
    Change,
    Count,
    Learnt,
    Watched,
    choices,
    lesson,
    watched,
)
from rhomboid.coach.record import SessionRecord, SetRecord, UserCorrection
from rhomboid.motion.settings import MOST_EAGER

EVERY = [-MOST + STEP * k for k in range(round(2 * MOST / STEP) + 1)]
ROW = "one-arm-row"


def seen(said: int, day: int = 1, *, corrected: bool = True, **at: int) -> Watched:
    """A set that would be counted rightly but where ``at`` says otherwise: ``minus=8`` of all that is below 0."""
    again = {}
    for e in EVERY:
        final = at.get("minus", said) if e < 0 else at.get("plus", said) if e > 0 else at.get("usual", said)
        again[e] = Count(final, final)
    started_at = f"2026-11-{day:02d}T18:00:00+01:00"
    return Watched(started_at=started_at, number=1, said=said, corrected=corrected, counted=again[0.0], again=again)


def done(reps: int, counted: int | None = None, exercise: str = ROW, *, discarded: bool = False) -> SetRecord:
    """A set in which the sensor ``counted`` so many (None: as many as there were)."""
    off = () if counted is None else (UserCorrection(at_s=40.0, kind="count", amount=reps - counted),)
    return SetRecord(
        exercise=exercise, number=1, start_s=10.0, end_s=40.0, reps=reps, corrections=off, discarded=discarded,
        sensor_reps=reps if counted is None else counted,
    )  # fmt: skip


def session(day: int, *sets: SetRecord) -> SessionRecord:
    return SessionRecord(started_at=f"2026-11-{day:02d}T18:00:00+01:00", sets=sets)


def stepped(learnt: Learnt, sets: list[Watched]) -> Learnt:
    found = lesson(ROW, learnt, sets)
    if found.before == found.after:
        return learnt
    up_to = max(s.started_at for s in sets)
    change = Change(exercise=ROW, before=found.before, after=found.after, at="2026-12-01", up_to=up_to)
    return learnt.with_change(change)


def test_the_bounds_are_those_of_the_signal_core() -> None:
    assert MOST == MOST_EAGER


def test_three_corrected_sets_that_wanted_more_move_it_one_step_up() -> None:
    found = lesson(ROW, Learnt(), [seen(10, usual=8, minus=8)] * 3)
    assert (found.before, found.after) == (USUAL, STEP)
    assert found.why == (
        "over 3 sets 0 repetitions off instead of 6 repetitions off at the end of a set,"
        " and 0 repetitions off instead of 6 repetitions off while it goes on"
    )


def test_two_corrected_sets_are_too_few_however_many_were_left_alone() -> None:
    sets = [seen(10, usual=8)] * 2 + [seen(10, corrected=False)] * 9
    found = lesson(ROW, Learnt(), sets)
    assert found.after == USUAL
    assert found.why == "2 corrected sets with a recording, and it takes 3"


def test_sets_without_a_recording_cannot_teach_and_it_says_so() -> None:
    unheard = msgspec.structs.replace(seen(10, usual=8), again={})
    found = lesson(ROW, Learnt(), [unheard] * 3 + [seen(10, usual=8)])
    assert found.after == USUAL
    assert found.why == "1 corrected set with a recording, and it takes 3 (3 more have none: train with --record)"


def test_what_was_right_and_left_alone_has_a_say() -> None:
    wanted_more = [seen(10, usual=9, minus=9)] * 3
    were_right = [seen(10, corrected=False, plus=12)] * 2
    assert lesson(ROW, Learnt(), wanted_more).after == STEP
    assert lesson(ROW, Learnt(), wanted_more + were_right).after == USUAL


def test_the_next_step_waits_for_another_session() -> None:
    sets = [seen(10, day, usual=8, minus=8) for day in (1, 2, 3)]
    learnt = stepped(Learnt(), sets)
    assert learnt.eagerness(ROW) == STEP
    again = lesson(ROW, learnt, sets)
    assert again.after == STEP
    assert "waits" in again.why
    without_the_newest = [seen(10, day, usual=8, minus=8) for day in (0, 1, 2)]
    assert "waits" in lesson(ROW, learnt, without_the_newest).why
    assert stepped(learnt, [seen(10, day, plus=9) for day in (2, 3, 4)]).eagerness(ROW) == USUAL


def test_of_equals_the_usual_wins_back() -> None:
    learnt = Learnt(changes=(Change(exercise=ROW, before=0.0, after=STEP, at="2026-11-01", up_to="2026-11-01"),))
    found = lesson(ROW, learnt, [seen(10)] * 3)
    assert (found.before, found.after) == (STEP, USUAL)
    assert found.why == "the usual does as well for these 3 sets"


def test_sets_are_believed_from_the_first_correction_of_that_exercise_on() -> None:
    sessions = [
        session(1, done(10), done(10, 9, exercise="squeeze")),
        session(2, done(11), done(10, 8), done(5, exercise="squeeze")),
        session(3, done(10, 7, discarded=True), done(12)),
    ]
    found = watched(sessions, ROW)
    assert [(s.started_at[:10], x.reps, x.sensor_reps) for s, x in found] == [
        ("2026-11-02", 11, 11),
        ("2026-11-02", 10, 8),
        ("2026-11-03", 12, 12),
    ]


def test_only_the_last_sets_are_asked() -> None:
    found = watched([session(day, done(10, day)) for day in range(1, 29)], ROW)
    assert [x.sensor_reps for _, x in found] == [*range(29 - LAST_SETS, 29)]


counts = st.integers(0, 30)
some_sets = st.lists(
    st.builds(
        lambda said, day, corrected, again: Watched(
            started_at=f"2026-11-{day:02d}T18:00:00+01:00",
            number=1,
            said=said,
            corrected=corrected,
            counted=Count(0, 0),
            again=dict(zip(EVERY, again, strict=True)),
        ),
        counts,
        st.integers(1, 28),
        st.booleans(),
        st.lists(st.builds(Count, counts, counts), min_size=len(EVERY), max_size=len(EVERY)),
    ),
    max_size=8,
)


@given(st.lists(some_sets, max_size=12))
def test_it_stays_within_bounds_goes_a_step_at_a_time_and_is_always_the_same(lives: list[list[Watched]]) -> None:
    learnt, path = Learnt(), [USUAL]
    for sets in lives:
        once, twice = (stepped(learnt, sets) for _ in range(2))
        assert once == twice
        learnt = once
        path.append(learnt.eagerness(ROW))
    assert all(-MOST <= e <= MOST for e in path)
    assert all(abs(b - a) in (0.0, STEP) for a, b in pairwise(path))
    assert len(set(path)) == 1 or sum(s.corrected for sets in lives for s in sets) >= LEAST_CORRECTED


@given(st.lists(some_sets, max_size=12))
def test_a_step_never_counts_the_sets_it_was_learnt_from_worse(lives: list[list[Watched]]) -> None:
    learnt = Learnt()
    for sets in lives:
        found = lesson(ROW, learnt, sets)
        off = {e: sum(abs(s.again[e].final - s.said) for s in sets) for e in (found.before, found.after)}
        assert off[found.after] <= off[found.before]
        learnt = stepped(learnt, sets)


@given(st.lists(some_sets, max_size=12))
def test_undo_restores_exactly_what_was(lives: list[list[Watched]]) -> None:
    learnt, before = Learnt(), [Learnt()]
    for sets in lives:
        taken = stepped(learnt, sets)
        if taken != learnt:
            before.append(taken)
        learnt = taken
    while len(before) > 1:
        assert learnt == before.pop()
        learnt = learnt.without_last(ROW)
    assert learnt == Learnt()
    assert learnt.without_last(ROW) == learnt


def test_undo_of_one_exercise_leaves_the_others() -> None:
    row, squeeze = (
        Change(exercise=x, before=0.0, after=STEP, at="2026-11-01", up_to="2026-11-01") for x in (ROW, "squeeze")
    )
    learnt = Learnt().with_change(row).with_change(squeeze)
    assert learnt.without_last(ROW) == Learnt(changes=(squeeze,))
    assert learnt.exercises() == (ROW, "squeeze")


@pytest.mark.parametrize("now", EVERY)
def test_a_step_is_to_either_side_as_far_as_the_bounds_go(now: float) -> None:
    assert set(choices(now)) == {e for e in EVERY if abs(e - now) <= STEP}
