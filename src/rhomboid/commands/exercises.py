"""``rhomboid exercises``: what the catalogue holds, and how one exercise is done."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.errors import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rhomboid.coach.catalogue import Catalogue
    from rhomboid.coach.exercise import Exercise, Prescription, Tempo

WIDTH = 80
LEGEND = (
    "On the right: how well one sensor between the shoulder blades sees it. What it sees weakly wants correcting now "
    "and then; by hand means that you count, or the clock does. rhomboid exercises NAME tells more."
)


def exercises(
    name: Annotated[str | None, typer.Argument(help="Show this one.", metavar="NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON array.")] = False,
) -> None:
    """List the exercises, or show how one is done and what the sensor sees of it.

    Your own are read from exercises/*.toml in the config folder; docs/exercises-and-plans.md says how.

    Example: rhomboid exercises one-arm-row
    """
    import msgspec

    from rhomboid.shelf import catalogue

    known = catalogue()
    chosen = list(known.exercises.values()) if name is None else [known.named(name)]
    if as_json:
        typer.echo(msgspec.json.encode(chosen).decode())
    elif name is None:
        typer.echo(_list(chosen, known.remarks))
    else:
        typer.echo(_one(chosen[0], known))


def _list(chosen: Sequence[Exercise], remarks: Sequence[str]) -> str:
    from rhomboid.coach.words import POSITIONS, SEEN

    rows = [(x.id, x.name, SEEN[x.seen]) for x in chosen]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = []
    for position, words in POSITIONS.items():
        here = [row for x, row in zip(chosen, rows, strict=True) if x.position == position]
        if here:
            lines += ["", words, *("  " + "  ".join([*map(str.ljust, row, widths), row[2]]) for row in here)]
    lines += ["", *textwrap.wrap(LEGEND, WIDTH), *map(harmless, remarks)]
    return "\n".join(lines[1:])


def _one(exercise: Exercise, known: Catalogue) -> str:
    from rhomboid.coach.words import KINDS, POSITIONS

    prescription = exercise.prescription
    told = [
        ("position", ", or ".join(POSITIONS[p] for p in (exercise.position, *exercise.also_in))),
        ("counted", KINDS[exercise.kind] + (", on each side" if exercise.per_side else "")),
        ("how", exercise.how),
        ("how much", f"{_amount(exercise)}, rest {prescription.rest_s:g} s" + _load(exercise)),
        ("from", _origin(prescription, known)),
        ("tempo", _tempo(exercise.tempo)),
        ("take care", " ".join(exercise.cautions)),
        ("seen", f"{exercise.seen.replace('_', ' ')}. {exercise.sees}"),
        ("instead", ", ".join(exercise.alternatives)),
        ("articles", "; ".join(known.articles[slug] for slug in exercise.articles)),
    ]
    return "\n".join([f"{exercise.name} ({exercise.id})", "", *_fields(told)])


def _fields(told: Iterable[tuple[str, str]]) -> Iterable[str]:
    for word, text in told:
        if text:
            yield textwrap.fill(text, WIDTH, initial_indent=f"{word:<11}", subsequent_indent=" " * 11)


def _amount(exercise: Exercise) -> str:
    from rhomboid.coach.words import amount

    p = exercise.prescription
    return amount(p.sets, p.reps, p.hold_s, per_side=exercise.per_side)


def _load(exercise: Exercise) -> str:
    from rhomboid.coach.words import kilograms

    if not exercise.load:
        return ""
    kg = exercise.prescription.load_kg
    return ", with a weight or band of your choice" if kg is None else f", with {kilograms(kg)}"


def _origin(prescription: Prescription, known: Catalogue) -> str:
    if prescription.article is None:
        return "this project's own gentle default"
    own = {"sets": "sets", "reps": "repetitions", "hold_s": "length of the hold", "rest_s": "rest", "load_kg": "load"}
    ours = " and ".join(own[name] for name in prescription.own)
    return known.articles[prescription.article] + (f" (not the {ours}: this project's own default)" if ours else "")


def _tempo(tempo: Tempo | None) -> str:
    if tempo is None:
        return ""
    pause = f", pause {tempo.pause_s:g} s" if tempo.pause_s else ""
    return f"{tempo.out_s:g} s out{pause}, {tempo.back_s:g} s back"
