"""A plan in TOML is read, or answered with file, line and key; the one in the documentation is such a plan."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.catalogue import merge, read_sheet
from rhomboid.coach.plan_file import read_plan
from rhomboid.errors import DataError
from rhomboid.shelf import OURS

from .lives import CATALOGUE, PLANS

PAGE = Path(__file__).parents[2] / "docs" / "exercises-and-plans.md"
MINE = '''\
id = "mine"
name = "Rows and a stretch"
about = "Twice a week."
days_a_week = 2

[[session]]
name = "Rows"
[[session.exercise]]
exercise = "one-arm-row"
reps = 6
reps_to = 8
load_step_kg = 1
sides = ["right", "left"]
[[session.exercise]]
exercise = "doorway-stretch"
hold_s = 10

[[session]]
name = "Neck"
[[session.exercise]]
exercise = "neck-circles"
hold_s = 30
[[session.exercise]]
exercise = "squat"
note = """Slowly,
please."""
'''


def changed(old: str, new: str) -> str:
    assert old in MINE
    return MINE.replace(old, new)


def refusal(text: str) -> str:
    with pytest.raises(DataError) as caught:
        read_plan("mine.toml", text, CATALOGUE)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_what_is_left_out_comes_from_the_catalogue() -> None:
    plan = read_plan("mine.toml", MINE, CATALOGUE)
    (row, stretch), (circles, squat) = (s.items for s in plan.sessions)
    started = [x.start(CATALOGUE.exercises[x.exercise].prescription) for x in (row, stretch, circles, squat)]
    assert [(p.sets, p.reps, p.hold_s) for p in started] == [(3, 6, None), (2, None, 10), (1, None, 30), (3, 5, None)]
    assert squat.note == "Slowly, please."
    assert plan.sessions_a_week == 2


def test_our_plans_are_those_of_the_articles() -> None:
    assert set(PLANS) == {"gentle-in-bed", "five-exercises", "desk-breaks", "strength-15-weeks"}
    assert all(p.article in CATALOGUE.articles for p in PLANS.values())
    assert (PLANS["strength-15-weeks"].weeks, PLANS["strength-15-weeks"].light_each) == (15, 4)


WRONG = {
    "an unknown exercise": ('"squat"', '"squatt"', "line 24: there is no exercise 'squatt'; did you mean squat?"),
    "one that is nowhere near": ('"squat"', '"zzz"', "line 24: there is no exercise 'zzz'; see rhomboid exercises"),
    "no repetitions": ("reps = 6", "reps = 0", "line 10: reps is 0; it must be from 1 to 200"),
    "repetitions of a hold": (
        "hold_s = 10",
        "reps = 10",
        "line 16: doorway-stretch is of the kind hold, which has no reps",
    ),
    "a hold of repetitions": (
        "reps = 6",
        "hold_s = 6",
        "line 10: one-arm-row is of the kind reps, which has no hold_s",
    ),
    "a hold of ten hours": ("hold_s = 10", "hold_s = 36000", "line 16: hold_s is 36000 s; "),
    "a goal below the start": (
        "reps_to = 8",
        "reps_to = 5",
        "line 11: one-arm-row is to go to 5, but it begins with 6",
    ),
    "a goal of nothing": ("reps_to = 8", "hold_to_s = 5", "line 11: one-arm-row is to go to 5, but it has none"),
    "a load that falls": ("load_step_kg = 1", "load_step_kg = -1", "line 12: load_step_kg is -1 kg; "),
    "a load without one": ("hold_s = 10", "load_step_kg = 1", "line 16: doorway-stretch is done without a load"),
    "sides of what has none": ("hold_s = 10", 'sides = ["left"]', "line 16: doorway-stretch is not done side by side"),
    "a side twice": ('["right", "left"]', '["left", "left"]', "line 13: one-arm-row names a side twice"),
    "a side that is none": ('["right", "left"]', '["up"]', "line 13: session 1.exercise 1.sides 1 cannot be 'up'"),
    "an exercise twice": ('"doorway-stretch"', '"one-arm-row"', "line 15: one-arm-row is in session 1 twice"),
    "no days": ("days_a_week = 2", "days_a_week = 0", "line 4: days_a_week is 0; it must be from 1 to 7"),
    "days left out": ("days_a_week = 2\n", "", "days_a_week is missing; add it"),
    "endless weeks": ("days_a_week = 2", "days_a_week = 2\nweeks = 1000", "line 5: weeks is 1000; "),
    "a share that is none": ("days_a_week = 2", "days_a_week = 2\nlight_share = nan", "line 5: light_share is nan; "),
    "a misspelt key": (
        "load_step_kg",
        "load_step",
        "line 12: there is no key 'load_step' here; did you mean load_step_kg",
    ),
    "a word for a rhythm": (
        "days_a_week = 2",
        'days_a_week = 2\nraised_each = "hour"',
        "line 5: raised_each cannot be 'hour'",
    ),
    "an id of the program's": ('id = "mine"', 'id = "use"', "line 1: 'use' cannot be the id of a plan"),
    "an id with spaces": ('id = "mine"', 'id = "my plan"', "line 1: 'my plan' cannot be an id"),
    "an article that is not": (
        "days_a_week = 2",
        'days_a_week = 2\narticle = "in-bd"',
        "line 5: 'in-bd' is no article",
    ),
    "an escape sequence": ('"Rows"', '"\\u001b[2J"', "line 7: session 1.name holds control characters"),
    "an empty session": (
        '[[session]]\nname = "Rows"',
        "[[session]]\nexercise = []\n[[session]]",
        "line 7: session 1 has 0",
    ),
    "no TOML": ("hold_s = 10", "hold_s 10", "line 16: is no TOML: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_answered_with_file_line_and_key(name: str) -> None:
    old, new, said = WRONG[name]
    told = refusal(changed(old, new))
    assert said in told
    assert told.startswith("mine.toml")


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "x = " + "[\n" * 90_000,
        MINE + '[[session]]\n[[session.exercise]]\nexercise = "squat"\n' * 3_000,
        MINE + '[[session.exercise]]\nexercise = "squat"\n' * 4_000,
        "session = 3",
    ],
)
def test_hostile_text_is_refused_in_one_short_line_and_in_time(text: str) -> None:
    started = time.process_time()
    assert len(refusal(text)) < 500
    assert time.process_time() - started < 5.0


@given(st.text(alphabet="[]{}=.\"'\n ab1ex", max_size=200).map(lambda t: MINE[: len(t) * 2] + t))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    try:
        read_plan("mine.toml", text, CATALOGUE)
    except DataError as error:
        assert str(error).startswith("mine.toml")
        assert str(error).isprintable()


def test_the_examples_of_the_documentation_can_be_used() -> None:
    exercise, plan = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ours = read_sheet("catalogue.toml", OURS.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    both = merge(ours, read_sheet("docs", exercise))
    assert len(both.exercises) == len(CATALOGUE.exercises) + 1
    assert read_plan("docs", plan, both).id == "evening"


def test_every_key_is_in_the_documentation() -> None:
    page = PAGE.read_text(encoding="utf-8")
    from rhomboid.coach.exercise import Exercise, Prescription, Tempo
    from rhomboid.coach.plan import Plan, PlanItem, PlanSession

    for struct in (Exercise, Prescription, Tempo, Plan, PlanSession, PlanItem):
        for name in struct.__struct_encode_fields__:
            assert f"`{name}`" in page, (struct.__name__, name)
