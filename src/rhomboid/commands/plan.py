"""``rhomboid plan``: the plans there are, the one in use, its next session and the weeks ahead."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.coach.plan import Plan, PlannedExercise, PlannedSession
    from rhomboid.coach.record import SessionRecord

WIDTH = 80
WEEKS_ABREAST = 4
LEGEND = "3×5 is three sets of five, on each side where there are sides; 5 s is how long it is held."
LEGEND_OF_LOADS = (
    " first is the load of your first session, +1 kg so much above it, and a share such as 80 % is a light week's."
)


def plan(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="A plan to show; without one that in use.", metavar="NAME | use NAME | list"),
    ] = None,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=26, help="How many weeks ahead.")] = 4,
    as_json: Annotated[
        bool, typer.Option("--json", help="The sessions ahead, or the list, as one JSON array.")
    ] = False,
) -> None:
    """Show the next session of a plan and the weeks ahead, list the plans, or put one into use.

    The weeks are those of the plan: a missed day moves them, and nothing has to be caught up. Your own plans are read
    from plans/*.toml in the config folder; docs/exercises-and-plans.md says how.

    Example: rhomboid plan use gentle-in-bed
    """
    import msgspec

    from rhomboid import shelf
    from rhomboid.coach.progression import weeks_ahead

    exercises = shelf.catalogue()
    known = shelf.plans(exercises)
    match words or []:
        case ["list"]:
            every = list(known.values())
            typer.echo(msgspec.json.encode(every).decode() if as_json else _list(known, shelf.current_plan(known)))
            return
        case ["use", name]:
            chosen = shelf.plan_named(known, name)
            shelf.use_plan(chosen)
            typer.echo(f"{chosen.name} ({chosen.id}) is the plan now; rhomboid plan shows the weeks ahead")
            return
        case []:
            in_use = shelf.current_plan(known)
            if in_use is None and as_json:
                raise UsageError("no plan is in use", do="name one that rhomboid plan list shows")
            if in_use is None:
                typer.echo(_list(known, None))
                return
            chosen = in_use
        case [name] if name != "use":
            chosen = shelf.plan_named(known, name)
        case _:
            raise UsageError("what to do with the plan is not clear", do="see rhomboid plan --help")
    today = date.today()
    ahead = weeks_ahead(chosen, exercises, _past(), today, weeks)
    typer.echo(msgspec.json.encode(ahead).decode() if as_json else _shown(chosen, ahead, today))


def _past() -> Sequence[SessionRecord]:
    """Every training session that is remembered."""
    from rhomboid.history.store import History

    with History() as history:
        return history.sessions(kind="train", movements=False)


def _list(known: dict[str, Plan], in_use: Plan | None) -> str:
    lines = []
    for p in known.values():
        lines += [f"{p.id}{' (in use)' if p is in_use else ''}: {p.name}, {_rhythm(p)}"]
        lines += [textwrap.fill(p.about, WIDTH, initial_indent="  ", subsequent_indent="  "), ""]
    if in_use is None:
        lines.append("None is in use. To begin with one: rhomboid plan use NAME")
    else:
        lines.append("To change it: rhomboid plan use NAME")
    return "\n".join(lines)


def _rhythm(p: Plan) -> str:
    days = "every day" if p.days_a_week == 7 else f"{p.days_a_week} days a week"
    times = f", {p.sessions_a_day} times a day" if p.sessions_a_day > 1 else ""
    return days + times + (f", {p.weeks} weeks" if p.weeks else "")


def _shown(p: Plan, ahead: Sequence[PlannedSession], today: date) -> str:
    coming = ahead[0]
    of = f" of {p.weeks}" if p.weeks else ""
    when = "today" if coming.due == today else f"on {_long_date(coming.due)}"
    lines = [f"{p.name} ({p.id}), {_rhythm(p)}", textwrap.fill(p.about, WIDTH), ""]
    name = "" if coming.name == p.name else f": {coming.name}"
    lines += [f"Next session: {when}, week {coming.week + 1}{of}, session {coming.step + 1}{name}"]
    if coming.warm_up_min:
        lines += [f"  Warm up for {coming.warm_up_min:g} minutes first."]
    for x in coming.exercises:
        lines += [f"  {x.name}: {_asked(x)}", *_indented(f"{x.why}. {x.note}".rstrip(" ."))]
    lines += [textwrap.fill(remark, WIDTH) for remark in ("", *coming.remarks)] if coming.remarks else []
    legend = LEGEND + (LEGEND_OF_LOADS if any(x.load for session in ahead for x in session.exercises) else "")
    lines += [
        "",
        "The weeks ahead, if all of it comes and nothing hurts:",
        _table(ahead),
        "",
        textwrap.fill(legend, WIDTH),
    ]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="      ", subsequent_indent="      ")


def _asked(x: PlannedExercise) -> str:
    from rhomboid.coach.words import amount, seconds

    order = "" if x.sides == (None,) else f", {' then '.join(str(s) for s in x.sides)}"
    load = f", {x.load}" if x.load_kg is not None else ""
    return f"{amount(x.sets, x.reps, x.hold_s)}{order}{load}, rest {seconds(x.rest_s)}"


def _long_date(when: date) -> str:
    from rhomboid.coach.words import MONTHS, WEEKDAYS

    return f"{WEEKDAYS[when.weekday()]} {when.day} {MONTHS[when.month - 1]}"


def _table(ahead: Sequence[PlannedSession]) -> str:
    """A row an exercise, a column a week: what its first and its last session ask for."""
    from rhomboid.coach.words import MONTHS
    from rhomboid.tables import table

    by_week: dict[int, list[PlannedSession]] = {}
    for session in ahead:
        by_week.setdefault(session.week, []).append(session)
    numbers = sorted(by_week)
    parts = []
    for first in range(0, len(numbers), WEEKS_ABREAST):
        some = [by_week[n] for n in numbers[first : first + WEEKS_ABREAST]]
        slugs = dict.fromkeys(x.exercise for week in some for session in week for x in session.exercises)
        head = ["", *(f"week {w[0].week + 1}{' light' if w[0].light else ''}" for w in some)]
        days = ["from", *(f"{w[0].due.day} {MONTHS[w[0].due.month - 1][:3]}" for w in some)]
        rows = [
            [slug, *(_cell([x for s in w for x in s.exercises if x.exercise == slug]) for w in some)] for slug in slugs
        ]
        parts.append(table(head, [days, *rows]))
    return "\n\n".join(parts)


def _cell(asked: Sequence[PlannedExercise]) -> str:
    if not asked:
        return "-"
    first, last = asked[0], asked[-1]
    held = "" if last.hold_s is None else f"{last.hold_s:g} s"
    if last.reps is None:
        return f"{last.sets}×{held}"
    reps = f"{last.reps}" if first.reps == last.reps else f"{first.reps}–{last.reps}"
    return f"{last.sets}×{reps}" + (f", {held}" if held else "") + (f" {last.load}" if last.load else "")
