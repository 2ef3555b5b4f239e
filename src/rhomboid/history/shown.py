"""The history in words and tables, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from textwrap import wrap

from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.tension import FORMULA, LIMITS, TensionLoad
from rhomboid.errors import harmless
from rhomboid.history.overview import Best, Overview, Week, day_of, longest_hold_s, monday_of
from rhomboid.tables import table
from rhomboid.words import clock

EXERCISE_WIDTH = 20


def report(found: Overview, sessions: Sequence[SessionRecord], today: date) -> str:
    """What ``rhomboid history`` prints."""
    if not sessions:
        return "No session yet. rhomboid train begins one; rhomboid train --demo needs no sensor."
    parts = [calendar(sessions, today, len(found.weeks)), "", weeks_table(found.weeks)]
    if found.trends:
        parts += ["", "First half against second half of these weeks, the mean of each:"]
        parts += [f"  {t.what}: {t.before:.1f} -> {t.after:.1f} ({t.sessions} sessions)" for t in found.trends]
    if found.bests:
        parts += ["", bests_table(found.bests)]
    return "\n".join(parts)


def calendar(sessions: Sequence[SessionRecord], today: date, weeks: int) -> str:
    """The last weeks, a line each: T for training, D for the desk, brackets around today."""
    marks: dict[date, set[str]] = {}
    for session in sessions:
        marks.setdefault(day_of(session), set()).add("T" if session.kind == "train" else "D")
    first = monday_of(today) - timedelta(weeks=weeks - 1)
    lines = ["week of      Mon  Tue  Wed  Thu  Fri  Sat  Sun   T training, D desk"]
    for week in range(weeks):
        days = [first + timedelta(weeks=week, days=k) for k in range(7)]
        cells = [_day_cell(day, marks.get(day, set()), today) for day in days]
        lines.append(f"{days[0].isoformat()}  {' '.join(cells)}".rstrip())
    return "\n".join(lines)


def weeks_table(weeks: Sequence[Week]) -> str:
    """A line a week."""
    head = ("week of", "train", "desk", "sets", "reps", "kg", "held", "pain", "tension", "slouched")
    rows = [
        (
            w.monday.isoformat(),
            str(w.trainings),
            str(w.desks),
            str(w.sets),
            str(w.reps),
            f"{w.volume_kg:.0f}",
            clock(w.held_s),
            "-" if w.pain_before is w.pain_after is None else f"{_score(w.pain_before)}>{_score(w.pain_after)}",
            _score(w.tension),
            "-" if w.slouch_share is None else f"{100 * w.slouch_share:.0f} %",
        )
        for w in weeks
    ]
    return table(head, rows)


def bests_table(bests: Sequence[Best]) -> str:
    """A line an exercise, each best with its day."""
    rows = [
        (
            cut(b.exercise),
            f"{b.reps}, {b.reps_day}" if b.reps else "-",
            f"{b.load_kg:g}, {b.load_day}" if b.load_kg else "-",
            f"{b.hold_s:.1f}, {b.hold_day}" if b.hold_s else "-",
        )
        for b in bests
    ]
    return table(("best in one set", "reps", "kg", "held s"), rows)


def session_text(session: SessionRecord) -> str:
    """One session, a line a set."""
    head = f"session {session.id}: {session.kind}, {session.started_at[:16].replace('T', ' ')}, {_length(session)}"
    lines = [head + (f", {session.plan} step {session.plan_step}" if session.plan else "")]
    ended = session.ended_because or "not finished, or going on in another program"
    said = {"pain before": session.pain_before, "after": session.pain_after, "tension": session.tension}
    scores = ", ".join(f"{what} {value}" for what, value in said.items() if value is not None)
    lines.append(f"  ended: {ended}" + (f"; {scores}" if scores else ""))
    if session.sets:
        lines += table(_SET_HEAD, [_set_row(done) for done in session.sets]).splitlines()
    if session.kind == "desk":
        p = session.posture
        minutes = {"upright": p.upright, "slouching": p.slouching, "leaning": p.leaning, "moving": p.moving}
        minutes["unknown"] = p.cannot_tell + p.not_worn
        lines.append("  minutes " + ", ".join(f"{what} {value:.0f}" for what, value in minutes.items()))
    if session.slouches:
        alerted = sum(s.alerted for s in session.slouches)
        lines.append(f"  slouches {len(session.slouches)}, alerts {alerted}, movement breaks {session.breaks}")
    if session.recording:
        lines.append(f"  recording {session.recording}")
    if session.note:
        lines.append(f"  {session.note}")
    return "\n".join(map(harmless, lines))


def tension_text(load: TensionLoad) -> str:
    """The figure of a day, its parts, what it is made of and what it is not."""
    unknown = f"{load.unknown_min:.0f} min unknown"
    if load.load is None:
        known = f"tension load: too little is known ({load.known_min:.0f} min at the desk, {unknown})"
        return "\n".join([known, *_ratings(load)])
    lines = [
        f"tension load {load.load:.0f} of 100, from {load.known_min:.0f} min known, {unknown}",
        f"  {load.slouch_points:4.1f}  slouched {load.slouched_min:.0f} min",
        f"  {load.static_points:4.1f}  longest time without moving {load.longest_static_min:.0f} min",
        f"  {load.break_points:4.1f}  {load.breaks} of {load.wanted_breaks:.0f} breaks,"
        f" {load.answered} of them as an answer to an alert",
        *_ratings(load),
    ]
    for entry in load.relief:
        done = f"{entry.reps} x {cut(entry.exercise)}" if entry.exercise else "nothing"
        after = "no slouch after it" if entry.until_next_min is None else f"{entry.until_next_min:.0f} min to the next"
        lines.append(f"  answered with {done}: {entry.alerts} alerts, {after}")
    lines += ["", *wrap(f"Made of: {FORMULA}.", 78), *wrap(LIMITS, 78)]
    return "\n".join(lines)


def _ratings(load: TensionLoad) -> list[str]:
    return [f"  your own rating, 0 to 10: {', '.join(map(str, load.tension))}"] if load.tension else []


def cut(name: str) -> str:
    """A name that fits its column and harms no terminal."""
    name = harmless(name)
    return name if len(name) <= EXERCISE_WIDTH else name[: EXERCISE_WIDTH - 1] + "…"


_SET_HEAD = ("exercise", "set", "side", "reps", "seen", "kg", "effort", "held", "")


def _set_row(done: SetRecord) -> tuple[str, ...]:
    target = f"/{done.target_reps}" if done.target_reps else ""
    return (
        cut(done.exercise),
        str(done.number),
        done.side or "",
        f"{done.reps}{target}",
        "-" if done.sensor_reps is None else str(done.sensor_reps),
        "-" if done.load_kg is None else f"{done.load_kg:g}",
        "-" if done.effort is None else str(done.effort),
        f"{longest_hold_s(done):.1f}" if done.holds else "-",
        "discarded" if done.discarded else "corrected" if done.corrections else "",
    )


def _day_cell(day: date, marks: set[str], today: date) -> str:
    if day > today:
        return "    "
    text = "".join(sorted(marks, reverse=True)) or "."
    return f"[{text}]".center(4) if day == today else text.center(4)


def _length(session: SessionRecord) -> str:
    """By the clock; one that was set back meanwhile tells no length."""
    if session.ended_at is None:
        return "no end"
    length = datetime.fromisoformat(session.ended_at) - datetime.fromisoformat(session.started_at)
    return f"{length / timedelta(minutes=1):.0f} min" if length >= timedelta(0) else "length unknown"


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
