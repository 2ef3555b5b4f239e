"""The catalogue holds what it should, and a file of exercises that is wrong is answered with file, line and key."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.catalogue import AMOUNTS, Catalogue, merge, read_sheet
from rhomboid.errors import DataError, UsageError
from rhomboid.shelf import OURS

PULL_APART = '''\
[articles]
bands = "What a band is good for"

[exercise.pull-apart]
name = "Band pull-apart"
position = "standing"
kind = "reps"
seen = "weak"
load = true
how = """Hold a band in front of the chest.
Pull its ends apart."""
sees = "A little."
tempo = { out_s = 1, back_s = 2.5 }
alternatives = ["t-squeeze"]
articles = ["bands"]
[exercise.pull-apart.prescription]
sets = 2
reps = 12
'''

OUR_SHEET = read_sheet("catalogue.toml", OURS.joinpath("catalogue.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours() -> Catalogue:
    return merge(OUR_SHEET)


def changed(old: str, new: str) -> str:
    assert old in PULL_APART
    return PULL_APART.replace(old, new)


def refusal(text: str) -> str:
    with pytest.raises(DataError) as caught:
        merge(OUR_SHEET, read_sheet("own.toml", text))
    assert str(caught.value).isprintable()
    return str(caught.value)


# --- ours -----------------------------------------------------------------------------------------------------------


def test_every_exercise_of_ours_says_what_a_person_needs(ours: Catalogue) -> None:
    assert len(ours.exercises) == 41
    for x in ours.exercises.values():
        assert x.how.endswith("."), x.id
        assert x.sees.endswith("."), x.id
        assert x.cautions, x.id
        assert x.tempo is not None or x.kind in ("hold", "timed"), x.id
        assert x.prescription.article is None or x.prescription.article in x.articles, x.id


def test_a_number_is_not_both_an_articles_and_our_own(ours: Catalogue) -> None:
    for x in ours.exercises.values():
        p = x.prescription
        assert all(getattr(p, name) is not None for name in p.own), x.id
        assert not p.own or p.article, x.id


def test_the_articles_numbers_are_theirs(ours: Catalogue) -> None:
    row, kneel = ours.exercises["one-arm-row"], ours.exercises["half-kneeling-stretch"]
    assert (row.prescription.sets, row.prescription.reps, row.per_side) == (3, 5, True)
    assert 30 <= row.prescription.rest_s <= 60
    assert (kneel.prescription.sets, kneel.prescription.hold_s, kneel.per_side) == (3, 30, True)


def test_what_the_sensor_does_not_see_is_counted_by_hand(ours: Catalogue) -> None:
    assert {x.id for x in ours.exercises.values() if x.seen == "by_hand"} == {
        "neck-circles", "weight-massage", "bench-press", "incline-press", "biceps-curl", "triceps-push-down",
        "leg-press", "leg-curl", "leg-extension",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["one-arm-row", "One-arm dumbbell row", "  ONE arm ROW "])
def test_an_exercise_is_found_by_id_or_name(ours: Catalogue, name: str) -> None:
    assert ours.named(name).id == "one-arm-row"


def test_an_unknown_name_suggests_near_ones(ours: Catalogue) -> None:
    with pytest.raises(UsageError, match=r"no exercise 'face pul'; did you mean face-pull"):
        ours.named("face pul")
    with pytest.raises(UsageError, match="see rhomboid exercises"):
        ours.named("x" * 100_000)


# --- the user's own -------------------------------------------------------------------------------------------------


def test_a_file_of_the_users_adds_exercises() -> None:
    both = merge(OUR_SHEET, read_sheet("own.toml", PULL_APART))
    assert len(both.exercises) == 42
    assert both.exercises["pull-apart"].how == "Hold a band in front of the chest. Pull its ends apart."
    assert both.articles["bands"] == "What a band is good for"
    assert both.remarks == ()


def test_a_file_of_the_users_replaces_by_id_and_it_is_told() -> None:
    both = merge(OUR_SHEET, read_sheet("own.toml", PULL_APART.replace("pull-apart", "face-pull")))
    assert len(both.exercises) == 41
    assert both.exercises["face-pull"].prescription.reps == 12
    assert both.remarks == ("own.toml replaces face-pull",)


def test_markup_in_a_name_is_only_text() -> None:
    own = changed("Band pull-apart", "[red]Band[/red] {x} \\\\033[1m")
    assert "[red]Band[/red]" in merge(OUR_SHEET, read_sheet("own.toml", own)).exercises["pull-apart"].name


WRONG = {
    "no sets": ("sets = 2", "sets = 0", "line 17: sets is 0; it must be from 1 to 20"),
    "no repetitions": ("reps = 12", "reps = 0", "line 18: reps is 0; "),
    "negative repetitions": ("reps = 12", "reps = -12", "line 18: reps is -12; "),
    "half a repetition": ("reps = 12", "reps = 1.5", "line 18: exercise.pull-apart.prescription.reps is a number; "),
    "a hold of ten hours": ("reps = 12", "hold_s = 36000", "line 18: hold_s is 36000 s; "),
    "a hold where there is none": (
        "reps = 12",
        "reps = 12\nhold_s = 3",
        "line 19: pull-apart is of the kind reps, which",
    ),
    "a negative load": ("reps = 12", "reps = 12\nload_kg = -4", "line 19: load_kg is -4 kg; "),
    "a load that is no number": ("reps = 12", "reps = 12\nload_kg = nan", "line 19: load_kg is nan kg; "),
    "a load where there is none": ("load = true", "load = false", "line 19: pull-apart is done without a load; "),
    "no amount": ("reps = 12", "", "line 16: pull-apart is of the kind reps; give reps"),
    "repetitions of a hold": (
        '"reps"',
        '"hold"',
        "line 18: pull-apart is of the kind hold, which has no reps; give hold_s",
    ),
    "an endless repetition": ("back_s = 2.5", "back_s = 99", "line 13: back_s is 99 s; "),
    "a misspelt key": ("sets = 2", "stes = 2", "line 17: there is no key 'stes' here; did you mean sets?"),
    "a missing key": ('sees = "A little."\n', "", "line 4: exercise.pull-apart.sees is missing; add it"),
    "a foreign word": ('"weak"', '"hardly"', "line 8: exercise.pull-apart.seen cannot be 'hardly'; use one of: "),
    "text for a number": (
        "sets = 2",
        'sets = "2"',
        "line 17: exercise.pull-apart.prescription.sets is text in quotes; ",
    ),
    "an alternative that is not": (
        '["t-squeeze"]',
        '["t-sqeeze"]',
        "line 14: pull-apart has the alternative 't-sqeeze'",
    ),
    "itself as alternative": ('["t-squeeze"]', '["pull-apart"]', "line 14: pull-apart has the alternative"),
    "an unknown article": ('["bands"]', '["band"]', "line 15: pull-apart names the article 'band', which"),
    "by hand, yet counted": ('"weak"', '"by_hand"', "line 7: pull-apart is not seen by the sensor but"),
    "an id of its own": ('name = "', 'id = "x"\nname = "', "line 5: there is no key 'id' here"),
    "an id that is none": ("exercise.pull-apart]", "exercise.Pull_Apart]", "'Pull_Apart' cannot be an id"),
    "an empty name": ("Band pull-apart", " ", "line 5: exercise.pull-apart.name is empty; "),
    "an escape sequence": (
        "Band pull-apart",
        "\\u001b[2J",
        "line 5: exercise.pull-apart.name holds control characters; ",
    ),
    "text turned around": (
        "Band pull-apart",
        "\\u202egnab",
        "line 5: exercise.pull-apart.name holds control characters; ",
    ),
    "an escape in a key": ("[exercise.pull-apart]", '[exercise."\\u001b"]', "line 4: the key "),
    "no TOML": ("sets = 2", "sets 2", "line 17: is no TOML: "),
    "a table that is a list": ("[exercise.pull-apart]", "[[exercise.pull-apart]]", "line 4: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_answered_with_file_line_and_key(name: str) -> None:
    old, new, said = WRONG[name]
    text = changed(old, new)
    if name == "a load where there is none":
        text += "load_kg = 4\n"
    assert said in (told := refusal(text))
    assert told.startswith("own.toml")


HOSTILE = {
    "a megabyte": "a" * 1_000_000,
    "an endless line": "a = " + "1" * 50_000,
    "lists in lists": "x = " + "[\n" * 90_000,
    "tables in tables": "x = " + "{a=" * 300,
    "keys in keys": "[" + "a." * 490 + "a]\n" + "\n".join(f"b{i}=1" for i in range(20_000)),
    "keys in keys, often": "\n".join("a." * 490 + f"b{i}=1" for i in range(200)),
    "an open quote": "x = '''" + "y\n" * 50_000,
    "a nul": "\x00",
    "a long word": PULL_APART.replace('"weak"', "'''" + "[red]\n" * 20_000 + "'''"),
    "a list for everything": "[[exercise]]\nid = 'a'",
    "a place in a value": PULL_APART.replace('"weak"', '"x - at `$.foo`"'),
    "a date": "exercise = 2026-11-21",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_in_one_short_line_and_in_time(name: str) -> None:
    started = time.process_time()
    assert len(refusal(HOSTILE[name])) < 500
    assert time.process_time() - started < 5.0


@given(st.text(max_size=300) | st.text(alphabet="[]{}=.,\"'\n #ab1exrcis", max_size=300))
def test_any_text_is_a_catalogue_or_refused(text: str) -> None:
    try:
        merge(read_sheet("own.toml", text))
    except DataError as error:
        assert str(error).startswith("own.toml")
        assert str(error).isprintable()


@given(
    st.sampled_from(sorted(AMOUNTS)),
    st.fixed_dictionaries({}, optional={"reps": st.integers(-5, 300), "hold_s": st.floats(-5, 1000)}),
    st.integers(-2, 30),
)
def test_what_is_accepted_can_be_done(kind: str, amounts: dict[str, float], sets: int) -> None:
    own = changed('"reps"', f'"{kind}"').replace("tempo", "# tempo").replace("sets = 2", f"sets = {sets}")
    own = own.replace("reps = 12", "\n".join(f"{k} = {v}" for k, v in amounts.items()))
    try:
        merge(OUR_SHEET, read_sheet("own.toml", own))
    except DataError:
        return
    assert 1 <= sets <= 20
    assert tuple(sorted(amounts)) in AMOUNTS[kind]
    assert all(0 < value <= 600 for value in amounts.values())
