"""Plans as people write them in TOML: read and checked against the catalogue."""

from __future__ import annotations

import msgspec

from rhomboid.coach.catalogue import Catalogue, check_prescription
from rhomboid.coach.plan import Plan, PlanItem, PlanSession
from rhomboid.coach.written import LONGEST_NAME, Document, Path, near

RESERVED = ("list", "use")
"""Words that ``rhomboid plan`` itself understands."""
MOST_SESSIONS, MOST_EXERCISES = 20, 30


def read_plan(file: str, text: str, catalogue: Catalogue) -> Plan:
    """The plan in ``text``; ``file`` is what complaints call it. Raises DataError with file, line and key."""
    document = Document(file, text)
    plan = document.convert(document.data, Plan)
    document.check_slug(("id",), plan.id)
    if plan.id in RESERVED:
        raise document.complaint(("id",), f"{plan.id!r} cannot be the id of a plan", "choose another word")
    for name in (
        "days_a_week",
        "sessions_a_day",
        "weeks",
        "steady_sessions",
        "light_each",
        "light_share",
        "warm_up_min",
    ):
        document.check_bounds((name,), getattr(plan, name))
    if plan.article is not None and plan.article not in catalogue.articles:
        raise document.complaint(
            ("article",),
            f"{plan.article[:LONGEST_NAME]!r} is no article of the catalogue",
            near(plan.article, catalogue.articles, "leave article out"),
        )
    if not 1 <= len(plan.sessions) <= MOST_SESSIONS:
        raise document.complaint(
            ("session",), f"there are {len(plan.sessions)} sessions", f"give 1 to {MOST_SESSIONS} [[session]]"
        )
    return msgspec.structs.replace(
        plan,
        name=document.text(("name",), plan.name, LONGEST_NAME),
        about=document.text(("about",), plan.about),
        sessions=tuple(_session(document, i, session, catalogue) for i, session in enumerate(plan.sessions)),
    )


def _session(document: Document, index: int, session: PlanSession, catalogue: Catalogue) -> PlanSession:
    path: Path = ("session", index)
    if not 1 <= len(session.items) <= MOST_EXERCISES:
        raise document.complaint(
            (*path, "exercise"),
            f"session {index + 1} has {len(session.items)} exercises",
            f"give 1 to {MOST_EXERCISES} [[session.exercise]]",
        )
    items: dict[str, PlanItem] = {}
    for i, item in enumerate(session.items):
        at = (*path, "exercise", i)
        if item.exercise in items:
            raise document.complaint(
                (*at, "exercise"),
                f"{item.exercise} is in session {index + 1} twice",
                "keep one of them, with more sets",
            )
        items[item.exercise] = _item(document, at, item, catalogue)
    name = document.text((*path, "name"), session.name, LONGEST_NAME) if session.name else ""
    return PlanSession(items=tuple(items.values()), name=name)


def _item(document: Document, path: Path, item: PlanItem, catalogue: Catalogue) -> PlanItem:
    exercise = catalogue.exercises.get(item.exercise)
    if exercise is None:
        raise document.complaint(
            (*path, "exercise"),
            f"there is no exercise {item.exercise[:LONGEST_NAME]!r}",
            near(item.exercise, catalogue.exercises, "see rhomboid exercises"),
        )
    start = item.start(exercise.prescription)
    check_prescription(document, path, start, exercise)
    for name in ("reps_step", "hold_step_s", "load_step_kg"):
        document.check_bounds((*path, name), getattr(item, name))
    for goal, begin in (("reps_to", start.reps), ("hold_to_s", start.hold_s)):
        value = getattr(item, goal)
        document.check_bounds((*path, goal), value)
        if value is not None and (begin is None or value < begin):
            what = "but it has none" if begin is None else f"but it begins with {begin:g}"
            raise document.complaint(
                (*path, goal), f"{item.exercise} is to go to {value:g}, {what}", "raise it or leave it out"
            )
    if item.load_step_kg and not exercise.load:
        raise document.complaint(
            (*path, "load_step_kg"), f"{item.exercise} is done without a load", "leave load_step_kg out"
        )
    if item.sides and not exercise.per_side:
        raise document.complaint((*path, "sides"), f"{item.exercise} is not done side by side", "leave sides out")
    if len(set(item.sides)) < len(item.sides):
        raise document.complaint((*path, "sides"), f"{item.exercise} names a side twice", 'as in ["right", "left"]')
    return msgspec.structs.replace(item, note=document.text((*path, "note"), item.note) if item.note else "")
