"""The catalogue: every exercise that is known, read from TOML (catalogue.toml and files of the user) and checked.

A sheet is one such text; several merge into a catalogue, in which a later sheet adds to an earlier one or replaces
exercises of it by their id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rhomboid.coach.exercise import Exercise, Prescription
from rhomboid.coach.written import LONGEST_NAME, Document, Path, near
from rhomboid.errors import UsageError

AMOUNTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "reps": (("reps",),),
    "reps_with_hold": (("hold_s", "reps"),),
    "hold": (("hold_s",),),
    "timed": (("reps",), ("hold_s",)),
}
"""What a prescription says for each kind of exercise: one of these and nothing else."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Exercises by id, article titles by slug, and in ``remarks`` what a later sheet replaced."""

    articles: Mapping[str, str]
    exercises: Mapping[str, Exercise]
    remarks: tuple[str, ...] = ()

    def named(self, name: str) -> Exercise:
        """The exercise with this id or name, whatever the case. Raises UsageError that names near ones."""
        wanted = _slug(name)
        for exercise in self.exercises.values():
            if wanted in (exercise.id, _slug(exercise.name)):
                return exercise
        raise UsageError(
            f"there is no exercise {name[:LONGEST_NAME]!r}", do=near(wanted, self.exercises, "see rhomboid exercises")
        )


class Sheet(msgspec.Struct, frozen=True):
    """One text of exercises, each sound in itself; whether what it refers to exists shows when sheets are merged."""

    document: Document
    articles: dict[str, str]
    exercises: dict[str, Exercise]


class _Form(msgspec.Struct, forbid_unknown_fields=True):
    """The top of such a text."""

    articles: dict[str, str] = {}
    exercise: dict[str, dict[str, Any]] = {}


def read_sheet(file: str, text: str) -> Sheet:
    """The exercises of ``text``; ``file`` is what complaints call it. Raises DataError with file, line and key."""
    document = Document(file, text)
    form = document.convert(document.data, _Form)
    articles = {}
    for slug, title in form.articles.items():
        document.check_slug(("articles", slug), slug)
        articles[slug] = document.text(("articles", slug), title)
    return Sheet(document, articles, {slug: _exercise(document, slug, given) for slug, given in form.exercise.items()})


def merge(*sheets: Sheet) -> Catalogue:
    """All sheets as one catalogue. Raises DataError where an exercise refers to what is in none of them."""
    articles: dict[str, str] = {}
    exercises: dict[str, Exercise] = {}
    remarks: list[str] = []
    for sheet in sheets:
        remarks += [f"{sheet.document.file} replaces {slug}" for slug in sheet.exercises if slug in exercises]
        articles |= sheet.articles
        exercises |= sheet.exercises
    for sheet in sheets:
        for exercise in sheet.exercises.values():
            _check_references(sheet.document, exercise, articles, exercises)
    return Catalogue(articles=articles, exercises=exercises, remarks=tuple(remarks))


def check_prescription(document: Document, path: Path, prescription: Prescription, exercise: Exercise) -> None:
    """Raises DataError if nobody could do that. ``path`` is where its keys are."""
    for name in ("sets", "reps", "hold_s", "rest_s", "load_kg"):
        document.check_bounds((*path, name), getattr(prescription, name))
    given = tuple(name for name in ("hold_s", "reps") if getattr(prescription, name) is not None)
    ways = AMOUNTS[exercise.kind]
    if given not in ways:
        needed = " or ".join(" and ".join(way) for way in ways)
        odd = next((name for name in given if not any(name in way for way in ways)), None)
        what = f"{exercise.id} is of the kind {exercise.kind}"
        raise document.complaint(
            (*path, odd) if odd else path,
            f"{what}, which has no {odd}" if odd else what,
            f"give {needed}" + ("" if len(ways) == 1 else ", not both"),
        )
    if prescription.load_kg is not None and not exercise.load:
        raise document.complaint(
            (*path, "load_kg"), f"{exercise.id} is done without a load", "leave load_kg out, or say load = true"
        )


def _exercise(document: Document, slug: str, given: dict[str, Any]) -> Exercise:
    path: Path = ("exercise", slug)
    document.check_slug(path, slug)
    if "id" in given:
        raise document.complaint((*path, "id"), "there is no key 'id' here", "the id is what the heading says")
    exercise = document.convert({**given, "id": slug}, Exercise, path)
    exercise = msgspec.structs.replace(
        exercise,
        name=document.text((*path, "name"), exercise.name, LONGEST_NAME),
        how=document.text((*path, "how"), exercise.how),
        sees=document.text((*path, "sees"), exercise.sees),
        cautions=tuple(document.text((*path, "cautions", i), x) for i, x in enumerate(exercise.cautions)),
    )
    check_prescription(document, (*path, "prescription"), exercise.prescription, exercise)
    if (tempo := exercise.tempo) is not None:
        if exercise.kind == "hold":
            raise document.complaint((*path, "tempo"), f"{slug} is a hold, which has no tempo", "leave tempo out")
        for name in ("out_s", "pause_s", "back_s"):
            document.check_bounds((*path, "tempo", name), getattr(tempo, name))
    if exercise.seen == "by_hand" and exercise.kind != "timed":
        raise document.complaint(
            (*path, "kind"),
            f"{slug} is not seen by the sensor but is of the kind {exercise.kind}",
            'say kind = "timed"',
        )
    return exercise


def _check_references(
    document: Document, exercise: Exercise, articles: Mapping[str, str], exercises: Mapping[str, Exercise]
) -> None:
    path: Path = ("exercise", exercise.id)
    for i, other in enumerate(exercise.alternatives):
        if other == exercise.id or other not in exercises:
            what = "is itself" if other == exercise.id else "is no exercise"
            others = [slug for slug in exercises if slug != exercise.id]
            raise document.complaint(
                (*path, "alternatives", i),
                f"{exercise.id} has the alternative {other[:LONGEST_NAME]!r}, which {what}",
                near(other, others, "see rhomboid exercises"),
            )
    named: Sequence[tuple[Path, str | None]] = [
        *(((*path, "articles", i), slug) for i, slug in enumerate(exercise.articles)),
        ((*path, "prescription", "article"), exercise.prescription.article),
    ]
    for at, slug in named:
        if slug is not None and slug not in articles:
            raise document.complaint(
                at,
                f"{exercise.id} names the article {slug[:LONGEST_NAME]!r}, which is in no [articles]",
                near(slug, articles, "give its title under [articles]"),
            )


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[^\W_]+", name.casefold()))
