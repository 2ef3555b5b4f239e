"""``rhomboid learn`` and ``accuracy --mine``: what corrections teach about counting, shown, taken on and taken back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.errors import UsageError, harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rhomboid.coach.learning import Count, Learnt, Lesson
    from rhomboid.coach.record import SessionRecord
    from rhomboid.lessons import MineResult

WHOSE = "These are your last sets of it since you first corrected one; those you left alone are taken as right."


def learn(
    exercise: Annotated[str | None, typer.Argument(help="Only this one.", metavar="EXERCISE")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Count like that from now on.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last step back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON array.")] = False,
) -> None:
    """Learn from your corrections: how readily the repetitions of an exercise are counted, a step at a time.

    It shows how your past sets would then be counted; nothing changes without --apply, and --undo takes it back.
    It needs three corrected sets that were recorded (rhomboid train --record FILE).

    Example: rhomboid learn one-arm-row --apply
    """
    import msgspec

    from rhomboid.coach.learning import lesson
    from rhomboid.learnt_file import load, save
    from rhomboid.lessons import exercises_watched, lesson_sets
    from rhomboid.shelf import catalogue

    if apply and undo:
        raise UsageError("--apply and --undo ask for opposite things", do="use one of them")
    learnt = load()
    chosen = None if exercise is None else catalogue().named(exercise).id
    if undo:
        _undo(learnt, chosen, as_json=as_json)
        return
    sessions = _sessions()
    lessons = [
        lesson(name, learnt, lesson_sets(sessions, name, learnt, _show))
        for name in ([chosen] if chosen else exercises_watched(sessions))
    ]
    taken = [x for x in lessons if x.before != x.after]
    if apply and taken:
        for one in taken:
            learnt = _with_step(learnt, one)
        save(learnt)
    if as_json:
        typer.echo(msgspec.json.encode(lessons).decode())
        return
    told = [_lesson(one, applied=apply) for one in lessons] or ["Nothing was corrected yet, so nothing is learnt."]
    typer.echo(harmless_lines("\n\n".join([*told, WHOSE] if lessons else told)))


def show_mine(*, as_json: bool) -> None:
    """What ``rhomboid accuracy --mine`` prints."""
    import msgspec

    from rhomboid.learnt_file import load
    from rhomboid.lessons import measure_mine

    rows = measure_mine(_sessions(), load(), _show)
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    elif not rows:
        typer.echo("Nothing was corrected yet: a correction in a session is what says how many there were.")
    else:
        typer.echo(harmless_lines("\n".join([_mine(rows), "", WHOSE, "95 % confidence intervals in brackets."])))


def harmless_lines(text: str) -> str:
    """``text``, each line of it fit for a terminal."""
    return "\n".join(map(harmless, text.splitlines()))


def _sessions() -> Sequence[SessionRecord]:
    from rhomboid.history.store import History

    with History() as opened:
        return opened.sessions(kind="train")


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} of {of} recordings", nl=done == of, err=True)


def _with_step(learnt: Learnt, one: Lesson) -> Learnt:
    from datetime import datetime

    from rhomboid.coach.learning import Change

    at = datetime.now().astimezone().isoformat(timespec="seconds")
    up_to = max(s.started_at for s in one.sets if s.again)
    return learnt.with_change(Change(exercise=one.exercise, before=one.before, after=one.after, at=at, up_to=up_to))


def _undo(learnt: Learnt, chosen: str | None, *, as_json: bool) -> None:
    import msgspec

    from rhomboid.learnt_file import save

    last = next((x for x in reversed(learnt.changes) if chosen in (None, x.exercise)), None)
    if last is None:
        raise UsageError("there is no step to take back", do="see rhomboid learn")
    save(learnt.without_last(last.exercise))
    if as_json:
        typer.echo(msgspec.json.encode([last]).decode())
    else:
        typer.echo(f"{last.exercise}: {_eagerness(last.before)} again, as before {last.at[:10]}.")


def _lesson(one: Lesson, *, applied: bool) -> str:
    from rhomboid.tables import table

    head = ["session", "set", "you said", "counted then", "as now"]
    learns = one.before != one.after
    rows = []
    for s in one.sets:
        row = [s.started_at[:16].replace("T", " "), str(s.number), str(s.said) + ("*" if s.corrected else "")]
        row += [_count(s.counted), _count(s.again.get(one.before))]
        rows.append([*row, _count(s.again.get(one.after))] if learns else row)
    lines = [f"{one.exercise}: {_eagerness(one.before)}"]
    if learns:
        done = "From now on it is" if applied else "It could be"
        lines.append(f"{done} {_eagerness(one.after)}: {one.why}.")
    else:
        lines.append(f"Nothing new: {one.why}.")
    if rows:
        lines += ["", table([*head, "then" if applied else "with that"] if learns else head, rows)]
        lines.append("* corrected; counts are those at the end of a set and, in brackets, while it went on")
    if learns:
        back = f"rhomboid learn {one.exercise} --undo takes it back."
        lines.append(back if applied else f"rhomboid learn {one.exercise} --apply does that.")
    return "\n".join(lines)


def _eagerness(value: float) -> str:
    if not value:
        return "counted as usual"
    return f"counted {'more' if value > 0 else 'less'} readily ({value:+.2f})"


def _count(count: Count | None) -> str:
    return "?" if count is None else f"{count.final} ({count.live})"


def _mine(rows: Sequence[MineResult]) -> str:
    from rhomboid.tables import table

    head = ("exercise", "how", "sets", "exact %", "within 1 %", "off", "live exact %", "live within 1 %", "live off")
    cells = [
        (
            r.exercise,
            r.how,
            str(r.sets),
            str(r.exact),
            str(r.within1),
            "-" if r.mae is None else f"{r.mae:.2f}",
            str(r.live_exact),
            str(r.live_within1),
            "-" if r.live_mae is None else f"{r.live_mae:.2f}",
        )
        for r in rows
    ]
    return table(head, cells)
