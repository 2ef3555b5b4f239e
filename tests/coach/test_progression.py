"""The next session follows from the past as the rules of the coach say, and never asks for more than they allow."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid.coach.plan import Plan, PlannedExercise
from rhomboid.coach.plan_file import read_plan
from rhomboid.coach.progression import next_session, weeks_ahead
from rhomboid.coach.record import HoldRecord, SessionRecord, SetRecord
from rhomboid.errors import DataError
from tests.conftest import tries

from .lives import CATALOGUE, MONDAY, PLANS, START_KG, asked, did, later, lived

BED, FIVE, DESK = PLANS["gentle-in-bed"], PLANS["five-exercises"], PLANS["desk-breaks"]
STRENGTH = PLANS["strength-15-weeks"]
SQUEEZE, ROW = "shoulder-blade-squeeze", "one-arm-row"


def own_plan(item: str) -> Plan:
    text = f'id = "own"\nname = "Own"\nabout = "Own."\ndays_a_week = 2\n[[session]]\n[[session.exercise]]\n{item}'
    return read_plan("own.toml", text, CATALOGUE)


# --- the ready plans ------------------------------------------------------------------------------------------------


def test_in_bed_it_is_a_couple_on_the_first_two_days_then_one_more_each_day() -> None:
    past, due = lived(BED, 14)
    reps = [s.target_reps for r in past for s in r.sets if s.exercise == SQUEEZE]
    assert reps == [2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 12]
    assert [r.started_at[:10] for r in past] == [later(MONDAY, i).isoformat() for i in range(14)]
    assert due == later(MONDAY, 14)
    assert asked(BED, past[:4], later(MONDAY, 4), SQUEEZE).why == "one more than yesterday"


def test_in_bed_it_is_two_more_where_it_was_easy() -> None:
    past, due = lived(BED, 3, as_=lambda _: {"effort": 2})
    assert asked(BED, past, due, SQUEEZE).reps == 6
    assert asked(BED, past, due, SQUEEZE).why == "two more than yesterday, as it was easy"


def test_nothing_is_raised_twice_a_day() -> None:
    past, due = lived(BED, 4)
    today = later(due, -1)
    assert asked(BED, past, today, SQUEEZE).reps == 4
    assert asked(BED, past, today, SQUEEZE).why == "as earlier today"


def test_strength_goes_up_for_three_weeks_and_the_fourth_is_light() -> None:
    past, _ = lived(STRENGTH, 45)
    by_week = [[s.load_kg for s in r.sets if s.exercise == ROW] for r in past[::3]]
    loads = [loads[0] for loads in by_week]
    assert loads == [6, 7, 8, 6, 9, 10, 11, 8.5, 12, 13, 14, 11, 15, 16, 17]
    within = [{s.load_kg for r in past[i : i + 3] for s in r.sets if s.exercise == ROW} for i in range(0, 45, 3)]
    assert all(len(week) == 1 for week in within)
    third = asked(STRENGTH, past[:11], later(MONDAY, 25), ROW)
    assert third.why == "a light week: less than on 20 November, on purpose"
    holds = [next(s.target_hold_s for s in r.sets if s.exercise == "superman") for r in past[::3]]
    assert holds[:8] == [5, 6, 7, 7, 8, 9, 10, 10]


def test_three_days_a_week_are_spread_and_its_fifteen_weeks_end() -> None:
    past, due = lived(STRENGTH, 45)
    days = [date.fromisoformat(r.started_at[:10]) for r in past]
    assert [(b - a).days for a, b in pairwise(days)] == [2, 2, 3] * 14 + [2, 2]
    assert "The 15 weeks of this plan are done." in " ".join(next_session(STRENGTH, CATALOGUE, past, due).remarks)


def test_the_five_exercises_stop_rising_at_what_the_article_names() -> None:
    past, due = lived(FIVE, 12)
    reps = {x.exercise: x.reps for x in next_session(FIVE, CATALOGUE, past, due).exercises}
    assert reps == {"cat-camel": 12, SQUEEZE: 12, "thoracic-rotation": 12, "upper-back-extension": 15, "bridge": 15}
    rotation = asked(FIVE, past, due, "thoracic-rotation")
    assert rotation.sides == ("left", "right")


def test_breaks_at_the_desk_come_six_a_day_in_turn_and_do_not_grow() -> None:
    past, _ = lived(DESK, 12)
    assert [r.started_at[:10] for r in past] == ["2026-11-02"] * 6 + ["2026-11-03"] * 6
    assert [r.sets[0].exercise for r in past[:4]] == [SQUEEZE, "shoulder-shrug", "head-chest-stretch", SQUEEZE]
    assert {s.target_reps for r in past for s in r.sets if s.exercise == SQUEEZE} == {5}


def test_the_first_time_the_user_chooses_the_load_and_it_is_the_baseline() -> None:
    first = asked(STRENGTH, (), MONDAY, ROW)
    assert (first.load, first.load_kg, first.sets, first.reps) == ("you choose", None, 3, 5)
    assert any("baseline" in r for r in next_session(STRENGTH, CATALOGUE, (), MONDAY).remarks)
    past, due = lived(STRENGTH, 1, as_=lambda _: {"load_kg": 7.5})
    assert asked(STRENGTH, past, due, ROW).load == "7.5 kg"
    assert asked(STRENGTH, past, due, ROW).why == "as on Monday: more next week"


# --- how the past speaks to the next session ------------------------------------------------------------------------


def test_what_was_lifted_counts_not_what_was_planned() -> None:
    past, due = lived(STRENGTH, 3, as_=lambda i: {"load_kg": 9.0 if i == 2 else 6.0})
    assert asked(STRENGTH, past, due, ROW).load_kg == 10.0


@pytest.mark.parametrize(
    ("went", "why"),
    [
        ({"missing": 2}, "as on Monday: 3 of 5 came"),
        ({"effort": 9}, "as on Monday: it was hard (effort 9 of 10)"),
        ({"because": "pain"}, "as on Monday: the last session ended with pain"),
        ({"pain": (2, 5)}, "as on Monday: it hurt more after the last session than before it"),
    ],
)
def test_what_went_badly_holds_the_load(went: dict[str, Any], why: str) -> None:
    past, _ = lived(STRENGTH, 3, as_=lambda i: went if i == 2 else {})
    past[-1] = msgspec.structs.replace(past[-1], started_at="2026-11-09T18:00:00+01:00")
    planned = asked(STRENGTH, past, date(2026, 11, 12), ROW)
    assert (planned.load_kg, planned.why) == (START_KG, why)


def test_a_count_of_the_sensor_alone_is_told_as_such_where_it_sees_little() -> None:
    past, due = lived(FIVE, 3, as_=lambda i: {"missing": 2 if i == 2 else 0})
    by_sensor = tuple(msgspec.structs.replace(s, sensor_reps=s.reps) for s in past[-1].sets)
    past[-1] = msgspec.structs.replace(past[-1], sets=by_sensor)
    assert asked(FIVE, past, due, SQUEEZE).why.endswith("9 of 11 came, as far as the sensor saw")
    assert asked(FIVE, past, due, "bridge").why.endswith("9 of 11 came")


def test_a_set_that_is_missing_holds_the_load() -> None:
    past, due = lived(STRENGTH, 3)
    fewer = tuple(s for s in past[-1].sets if not (s.exercise == ROW and s.number == 3))
    past[-1] = msgspec.structs.replace(past[-1], sets=fewer)
    assert asked(STRENGTH, past, due, ROW).load_kg == START_KG
    assert "2 of 3 sets came" in asked(STRENGTH, past, due, ROW).why
    assert asked(STRENGTH, past, due, "squat").load_kg == START_KG + 1


def test_a_hold_that_was_left_early_is_not_made_longer() -> None:
    plan = own_plan("""exercise = "overhead-reach"
hold_to_s = 20
hold_step_s = 5""")
    past, due = lived(plan, 2)
    assert asked(plan, past, due, "overhead-reach").hold_s == 15
    left = tuple(
        msgspec.structs.replace(s, holds=(HoldRecord(start_s=0, end_s=1), HoldRecord(start_s=2, end_s=8)))
        for s in past[-1].sets
    )
    past[-1] = msgspec.structs.replace(past[-1], sets=left)
    assert asked(plan, past, due, "overhead-reach").hold_s == 10
    assert asked(plan, past, due, "overhead-reach").why == "as on Thursday: 6 of 10 s were held"


def test_where_repetitions_and_load_grow_the_load_is_raised_at_the_most_repetitions() -> None:
    plan = own_plan("""exercise = "cable-row"
reps = 8
reps_to = 10
load_step_kg = 2""")
    past, due = lived(plan, 5)
    assert [(r.sets[0].target_reps, r.sets[0].load_kg) for r in past] == [(8, 6), (9, 6), (10, 6), (8, 8), (9, 8)]
    assert asked(plan, past[:3], later(MONDAY, 10), "cable-row").why == "2 kg more than on Monday, and 8 reps again"
    far = asked(plan, past, later(due, 1000), "cable-row")
    assert (far.reps, far.load_kg, far.why) == (9, 4, "a little less after 1003 days")


def test_of_two_reasons_for_less_the_stronger_decides() -> None:
    past, due = lived(STRENGTH, 4, as_=lambda i: {"pain": (i, i)})
    assert asked(STRENGTH, past, due, ROW).why.startswith("less, because pain")
    assert asked(STRENGTH, past, later(due, 14), ROW).why.startswith("less, because pain")
    assert asked(STRENGTH, past, later(due, 60), ROW).why == "a little less after 62 days"


def test_twice_too_few_goes_one_step_back() -> None:
    past, due = lived(FIVE, 6, as_=lambda i: {"missing": 3} if i > 3 else {})
    before = asked(FIVE, past[:4], later(due, -5), "bridge").reps
    assert (before, asked(FIVE, past, due, "bridge").reps) == (13, 12)
    assert asked(FIVE, past, due, "bridge").why == "a little less: twice in a row not all of it came"


def test_a_discarded_set_is_as_if_it_had_not_been() -> None:
    past, due = lived(FIVE, 4)
    bad = msgspec.structs.replace(past[-1].sets[0], reps=0, discarded=True, number=2)
    with_bad = [*past[:-1], msgspec.structs.replace(past[-1], sets=(*past[-1].sets, bad))]
    assert next_session(FIVE, CATALOGUE, with_bad, due) == next_session(FIVE, CATALOGUE, past, due)


def test_a_missed_week_owes_nothing_and_a_long_pause_goes_back_a_little() -> None:
    past, due = lived(FIVE, 5)
    on_time, week_late = (next_session(FIVE, CATALOGUE, past, d) for d in (due, later(due, 7)))
    assert [x.reps for x in week_late.exercises] == [x.reps for x in on_time.exercises]
    assert (week_late.step, week_late.due) == (on_time.step, later(due, 7))
    late = next_session(FIVE, CATALOGUE, past, later(due, 30))
    assert late.step == on_time.step
    assert asked(FIVE, past, later(due, 30), "bridge").why == "a little less after 32 days"
    assert (asked(FIVE, past, due, "bridge").reps, asked(FIVE, past, later(due, 30), "bridge").reps) == (14, 11)
    assert any("32 days since the last session: nothing is owed" in r for r in late.remarks)


def test_rising_pain_asks_for_less_and_sends_to_a_professional() -> None:
    pains = [1, 2, 4, 5]
    past, due = lived(STRENGTH, 4, as_=lambda i: {"pain": (pains[i], pains[i])})
    session = next_session(STRENGTH, CATALOGUE, past, due)
    assert session.see_professional
    assert "Pain has been rising over the last sessions (2, 4, 5)" in session.remarks[0]
    assert "doctor or physiotherapist" in session.remarks[0]
    row = asked(STRENGTH, past, due, ROW)
    assert row.load_kg is not None
    assert row.load_kg <= 0.8 * max(s.load_kg or 0 for s in past[-1].sets if s.exercise == ROW)
    assert row.why.startswith("less, because pain has been rising")


def test_after_rising_pain_it_stays_until_pain_has_been_steady() -> None:
    pains = [1, 2, 4, 4, 4, 4]
    past, due = lived(FIVE, 4, as_=lambda i: {"pain": (pains[i], pains[i])})
    assert not next_session(FIVE, CATALOGUE, past, due).see_professional
    assert asked(FIVE, past, due, "bridge").why.endswith("more when pain has been steady for a while")
    past, due = lived(FIVE, 6, as_=lambda i: {"pain": (pains[i], pains[i])})
    assert asked(FIVE, past, due, "bridge").why.startswith("one more than")


def test_what_a_light_week_took_back_for_pain_does_not_jump_up_behind_it() -> None:
    pains = [None] * 6 + [2, 3, 4] + [2] * 10
    past, due = lived(STRENGTH, 12, as_=lambda i: {"pain": (pains[i], pains[i])})
    loads = [next(s.load_kg for s in r.sets if s.exercise == ROW) for r in past[::3]]
    assert loads == [6, 7, 8, 4.5]  # 8 less two notches are 6, of which a light week takes 80 %
    assert asked(STRENGTH, past, due, ROW).load_kg == 7
    past, due = lived(STRENGTH, 12, as_=lambda i: {"sharp": ROW} if i == 6 else {})
    again = [next((s.load_kg for s in r.sets if s.exercise == ROW), None) for r in past[6:]]
    assert again == [8, None, None, 4, 3, 3]
    assert asked(STRENGTH, past, due, ROW).load_kg == 5


def test_one_rise_of_pain_goes_back_once_even_if_nothing_is_told_afterwards() -> None:
    pains = [(1, 1), (2, 2), (4, 4), *[(None, None)] * 6]
    past, _ = lived(FIVE, 9, as_=lambda i: {"pain": pains[i]})
    reps = [next(s.target_reps for s in r.sets if s.exercise == "bridge") for r in past]
    assert reps == [10, 10, 11, 9, 9, 9, 9, 10, 11]


def test_slowly_rising_pain_is_seen_as_well() -> None:
    pains = [2, 3, 3, 4, 5, 4]
    past, due = lived(FIVE, 6, as_=lambda i: {"pain": (pains[i], pains[i])})
    assert next_session(FIVE, CATALOGUE, past, due).see_professional


def test_little_pain_that_rises_is_soreness() -> None:
    past, due = lived(FIVE, 3, as_=lambda i: {"pain": (i, i)})
    assert not next_session(FIVE, CATALOGUE, past, due).see_professional


def test_what_hurt_sharply_is_swapped_then_tried_again_at_half() -> None:
    past, due = lived(STRENGTH, 4, as_=lambda i: {"sharp": ROW, "because": "sharp_pain"} if i == 3 else {})
    hurt_kg = next(s.load_kg for s in past[-1].sets if s.exercise == ROW)
    for _ in range(2):
        instead = asked(STRENGTH, past, due, ROW)
        assert (instead.exercise, instead.instead_of) == ("dumbbell-row", ROW)
        assert instead.load_kg is None
        assert instead.why.startswith("instead of One-arm dumbbell row, which hurt ")
        past.append(did(next_session(STRENGTH, CATALOGUE, past, due), due))
        due = later(due, 2)
    again = asked(STRENGTH, past, due, ROW)
    assert (again.exercise, again.load_kg) == (ROW, (hurt_kg or 0) // 1 / 2)
    assert again.why.startswith("lightly, because it hurt ")
    past.append(did(next_session(STRENGTH, CATALOGUE, past, due), due))
    assert asked(STRENGTH, past, later(due, 3), ROW).exercise == ROW


def test_what_hurts_sharply_again_stays_out_and_goes_to_a_professional() -> None:
    past, due = lived(STRENGTH, 8, as_=lambda i: {"sharp": ROW} if i in (3, 6) else {})
    session = next_session(STRENGTH, CATALOGUE, past, due)
    assert asked(STRENGTH, past, due, ROW).instead_of == ROW
    assert session.see_professional
    assert "One-arm dumbbell row has hurt sharply more than once" in session.remarks[0]


def test_a_discarded_set_that_hurt_sharply_still_hurt() -> None:
    past, due = lived(STRENGTH, 2, as_=lambda i: {"sharp": ROW} if i == 1 else {})
    sets = tuple(msgspec.structs.replace(s, discarded=s.exercise == ROW) for s in past[-1].sets)
    past[-1] = msgspec.structs.replace(past[-1], sets=sets)
    assert asked(STRENGTH, past, due, ROW).instead_of == ROW


def test_a_session_that_was_broken_off_and_gone_on_with_is_one_step() -> None:
    past, due = lived(FIVE, 3)
    half = len(past[-1].sets) // 2
    first, rest = past[-1].sets[:half], past[-1].sets[half:]
    later_on = past[-1].started_at.replace("T18", "T19")
    parts = [
        msgspec.structs.replace(past[-1], sets=first, ended_because="interrupted"),
        msgspec.structs.replace(past[-1], sets=rest, started_at=later_on),
    ]
    assert next_session(FIVE, CATALOGUE, [*past[:-1], *parts], due) == next_session(FIVE, CATALOGUE, past, due)


def test_sessions_without_a_step_are_counted() -> None:
    past, due = lived(FIVE, 3)
    for step in (None, -7):
        without = [msgspec.structs.replace(r, plan_step=step) for r in past]
        assert next_session(FIVE, CATALOGUE, without, due).step == 3


def test_the_order_is_that_of_instants_wherever_the_clock_was() -> None:
    past, due = lived(STRENGTH, 2)
    east, west = (
        msgspec.structs.replace(past[1], started_at=f"2026-11-04T{time}", sets=loaded(past[1], kg))
        for time, kg in (("20:00:00+09:00", 4.0), ("13:00:00+01:00", 5.0))
    )
    assert asked(STRENGTH, [west, past[0], east], due, ROW).load_kg == 5.0


def loaded(record: SessionRecord, kg: float) -> tuple[SetRecord, ...]:
    return tuple(msgspec.structs.replace(s, load_kg=kg if s.load_kg else None) for s in record.sets)


def test_what_began_at_the_same_instant_has_an_order_all_the_same() -> None:
    past, due = lived(STRENGTH, 2)
    twin = msgspec.structs.replace(past[1], sets=loaded(past[1], 9.0))
    assert asked(STRENGTH, [*past, twin], due, ROW) == asked(STRENGTH, [twin, *past], due, ROW)


def test_other_sessions_move_no_plan() -> None:
    past, due = lived(FIVE, 3)
    others = [msgspec.structs.replace(r, plan=None) for r in past] + [msgspec.structs.replace(past[0], kind="desk")]
    assert next_session(FIVE, CATALOGUE, others, due).step == 0
    assert next_session(FIVE, CATALOGUE, [*past, *others], due).step == 3


def test_a_session_begun_too_early_is_told_of_the_rest_not_refused() -> None:
    past, due = lived(STRENGTH, 1)
    session = next_session(STRENGTH, CATALOGUE, past, later(due, -1))
    assert session.due == due
    assert session.remarks == ("Rest is part of it: this session is meant for tomorrow.",)


def test_a_record_without_a_time_is_refused() -> None:
    with pytest.raises(DataError, match="began at 'never', which is no time"):
        next_session(FIVE, CATALOGUE, [SessionRecord(started_at="never")], MONDAY)


# --- weeks ahead ----------------------------------------------------------------------------------------------------


def test_the_weeks_ahead_are_what_comes_if_all_is_done() -> None:
    past, due = lived(STRENGTH, 3)
    ahead = weeks_ahead(STRENGTH, CATALOGUE, past, due, 4)
    assert [s.week for s in ahead] == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert [s.light for s in ahead[::3]] == [False, False, True, False]
    true, _ = lived(STRENGTH, 15)
    for session, record in zip(ahead, true[3:], strict=True):
        assert session.due.isoformat() == record.started_at[:10]
        assert {(x.exercise, x.reps, x.load_kg) for x in session.exercises} == {
            (s.exercise, s.target_reps, s.load_kg) for s in record.sets
        }


def test_loads_that_are_not_known_are_told_above_the_first() -> None:
    ahead = weeks_ahead(STRENGTH, CATALOGUE, (), MONDAY, 30)
    rows = [next(x for x in s.exercises if x.exercise == ROW) for s in ahead]
    assert [x.load for x in rows[::3]][:6] == ["you choose", "+1 kg", "+2 kg", "80 %", "+3 kg", "+4 kg"]
    assert all(x.load_kg is None for x in rows)
    assert len(ahead) == 45


# --- laws -----------------------------------------------------------------------------------------------------------

WENT = st.fixed_dictionaries(
    {},
    optional={
        "load_kg": st.sampled_from([0.5, 2.0, 6.0, 7.5, 20.0]),
        "missing": st.integers(0, 5),
        "effort": st.integers(0, 10),
        "pain": st.tuples(st.none() | st.integers(0, 10), st.none() | st.integers(0, 10)),
        "sharp": st.sampled_from([SQUEEZE, ROW, "superman", "dumbbell-row", "bridge", "neck-press"]),
        "because": st.sampled_from(["finished", "pain", "sharp_pain", "tired", "time", "other", "interrupted"]),
    },
)
PLAN = st.sampled_from(list(PLANS.values()))
DAYS = st.lists(st.tuples(st.integers(-1, 40), WENT), max_size=12)


def life(plan: Any, days: list[tuple[int, dict[str, Any]]]) -> tuple[list[SessionRecord], date]:
    """Sessions so many days apart, each as it went; the clock may have been set back."""
    past: list[SessionRecord] = []
    today = MONDAY
    for wait, went in days:
        today += timedelta(days=wait)
        past.append(did(next_session(plan, CATALOGUE, past, today), today, **went))
    return past, today


def amounts(x: PlannedExercise) -> tuple[float, float, float]:
    return (x.load_kg or 0.0, x.reps or 0, x.hold_s or 0.0)


@settings(max_examples=tries(60))
@given(PLAN, DAYS, st.integers(1, 60), st.randoms())
def test_same_past_same_session_in_any_order(plan: Any, days: Any, wait: int, random: Any) -> None:
    past, last = life(plan, days)
    shuffled = list(past)
    random.shuffle(shuffled)
    day = later(last, wait)
    assert next_session(plan, CATALOGUE, shuffled, day) == next_session(plan, CATALOGUE, past, day)


@settings(max_examples=tries(60))
@given(PLAN, DAYS, st.integers(1, 60), st.integers(0, 60))
def test_waiting_longer_never_asks_for_more(plan: Any, days: Any, wait: int, longer: int) -> None:
    past, last = life(plan, days)
    soon, late = (next_session(plan, CATALOGUE, past, later(last, w)) for w in (wait, wait + longer))
    assert soon.step == late.step
    for a, b in zip(soon.exercises, late.exercises, strict=True):
        assert a.exercise == b.exercise
        assert all(x >= y for x, y in zip(amounts(a), amounts(b), strict=True))


@settings(max_examples=tries(60))
@given(PLAN, DAYS, st.integers(0, 60))
def test_never_more_than_a_step_above_what_was_done_and_never_below_the_floor(plan: Any, days: Any, wait: int) -> None:
    past, last = life(plan, days)
    session = next_session(plan, CATALOGUE, past, later(last, wait))
    items = {item.exercise: item for item in plan.sessions[session.step % len(plan.sessions)].items}
    for x in session.exercises:
        assert x.sets >= 1
        assert x.why
        if x.exercise not in items:
            assert x.instead_of in items
            continue
        item = items[x.exercise]
        start = item.start(CATALOGUE.exercises[x.exercise].prescription)
        sets = [s for r in past for s in r.sets if s.exercise == x.exercise]
        if x.reps is not None:
            assert start.reps is not None
            most = max((s.target_reps or 0 for s in sets), default=start.reps)
            assert max(1, start.reps * plan.light_share // 2) <= x.reps <= max(most + item.reps_step, start.reps)
            assert x.reps <= (item.reps_to or start.reps)
        if x.hold_s is not None:
            assert start.hold_s is not None
            most_s = max((s.target_hold_s or 0 for s in sets), default=start.hold_s)
            assert start.hold_s * plan.light_share / 2 - 1 <= x.hold_s <= max(most_s + item.hold_step_s, start.hold_s)
        if x.load_kg is not None:
            loads = [s.load_kg for s in sets if s.load_kg is not None]
            assert 0 < x.load_kg <= max(loads) + item.load_step_kg


@settings(max_examples=tries(40))
@given(PLAN, DAYS, st.integers(1, 30))
def test_pain_or_effort_never_asks_for_more_than_a_session_without(plan: Any, days: Any, wait: int) -> None:
    past, last = life(plan, days)
    session = next_session(plan, CATALOGUE, past, last)
    well = did(session, last, pain=(0, 0))
    day = later(last, wait)
    base = next_session(plan, CATALOGUE, [*past, well], day)
    for bad in (
        msgspec.structs.replace(well, pain_after=9),
        msgspec.structs.replace(well, ended_because="pain"),
        msgspec.structs.replace(well, sets=tuple(msgspec.structs.replace(s, effort=10) for s in well.sets)),
    ):
        worse = next_session(plan, CATALOGUE, [*past, bad], day)
        for a, b in zip(base.exercises, worse.exercises, strict=True):
            assert all(x >= y for x, y in zip(amounts(a), amounts(b), strict=True))


@settings(max_examples=tries(20))
@given(PLAN, DAYS, st.integers(1, 3))
def test_the_weeks_ahead_end_and_their_days_go_on(plan: Any, days: Any, weeks: int) -> None:
    past, last = life(plan, days)
    ahead = weeks_ahead(plan, CATALOGUE, past, last, weeks)
    assert ahead
    assert [s.step for s in ahead] == list(range(ahead[0].step, ahead[0].step + len(ahead)))
    assert all(a.due <= b.due for a, b in pairwise(ahead))
