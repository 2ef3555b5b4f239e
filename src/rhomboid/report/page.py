"""The page itself: one HTML file that loads nothing, runs nothing, and can be printed on A4.

Everything that a user may have written is escaped; the policy in its head lets nothing in but its own style and the
pictures that it holds.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from pathlib import Path

import msgspec

from rhomboid import __version__
from rhomboid.coach.plan import Plan
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.tension import FORMULA, LIMITS, TensionLoad, relief
from rhomboid.errors import harmless
from rhomboid.history.overview import counted, day_of, longest_hold_s, mean_of, overview, volume_kg
from rhomboid.report import figures
from rhomboid.report.period import Adherence, Period, adherence, by_exercise, holds_of, loads, quality_of, weeks_of
from rhomboid.report.traces import Signal, signal_of
from rhomboid.words import clock

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
MOST_EXERCISES = 12
"""More than so many in one picture cannot be read; the table has them all."""
NO_DEVICE = (
    "rhomboid is no medical device, makes no diagnosis and promises no cure. One motion sensor between the shoulder"
    " blades measures how that part of the trunk moves and leans: not the arms, not the muscles, and it cannot tell"
    " leaning from slouching. Counts are the sensor's, corrected by the user where the table says so; loads, effort,"
    " pain and tension are what the user said."
)
SEEN_BY_SENSOR = (
    "Medians of the repetitions that the sensor saw. Range: how far the upper back turned away from its resting pose."
    " Tempo: out (concentric) and back (eccentric), the first and last tenth of the way left out. Smoothness: spectral"
    " arc length, -1.4 at best and lower for movement with ups and downs."
)
SAID = ("pain before", "pain after", "tension")

Progress = Callable[[int, int], None]


def page(
    sessions: Sequence[SessionRecord],
    period: Period,
    made_at: datetime,
    *,
    who: str = "",
    plans: Mapping[str, Plan] | None = None,
    names: Mapping[str, str] | None = None,
    progress: Progress = lambda done, of: None,
) -> str:
    """The report of the sessions of a period as HTML.

    ``plans`` and the ``names`` of exercises are by id; what is not among them keeps its id. ``progress`` hears how
    many sessions have been gone through.
    """
    sessions = [_named(session, names or {}) for session in sessions]
    exercises = by_exercise(sessions)
    day_loads = loads(sessions)
    parts = [
        _head(sessions, period, made_at, who),
        _tiles(sessions, day_loads),
        _followed(adherence(sessions, period, plans or {})),
        _volume(exercises, period),
        _quality(exercises, period),
        _holds(exercises, period),
        _pain(sessions, period),
        _desk(sessions, day_loads, period),
        *_sessions(sessions, progress),
        f'<p class="small">Made by rhomboid {escape(__version__)}; nothing left the machine of its user.</p>',
    ]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(digest)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Training report, {period.since} to {period.until}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _named(session: SessionRecord, names: Mapping[str, str]) -> SessionRecord:
    """With the exercises called as the catalogue calls them."""
    replace = msgspec.structs.replace
    sets = [replace(done, exercise=names.get(done.exercise, done.exercise)) for done in session.sets]
    slouches = [replace(s, answered_with=names.get(s.answered_with or "", s.answered_with)) for s in session.slouches]
    return replace(session, sets=tuple(sets), slouches=tuple(slouches))


def _head(sessions: Sequence[SessionRecord], period: Period, made_at: datetime, who: str) -> str:
    sensors = list(dict.fromkeys(s.sensor for s in sessions if s.sensor)) or ["not noted"]
    about = {
        "Who": who or "not named",
        "When": f"{period.since} to {period.until}, made {made_at:%Y-%m-%d %H:%M}",
        "Sensor": f"{', '.join(sensors)}, worn between the shoulder blades",
    }
    lines = "<br>".join(f"<b>{name}:</b> {_text(value)}" for name, value in about.items())
    return f'<h1>Training report</h1>\n<p class="about">{lines}</p>\n<div class="limits">{escape(NO_DEVICE)}</div>'


def _tiles(sessions: Sequence[SessionRecord], day_loads: Mapping[date, TensionLoad]) -> str:
    trainings = [s for s in sessions if s.kind == "train"]
    sets = [done for session in sessions for done in counted(session)]
    held_s = sum(hold.end_s - hold.start_s for done in sets for hold in done.holds)
    tiles = {
        "training sessions": str(len(trainings)),
        "sets": str(len(sets)),
        "repetitions": str(sum(done.reps for done in sets)),
    }
    if any(done.load_kg for done in sets):
        tiles["kg moved (repetitions × load)"] = f"{sum(map(volume_kg, sets)):.0f}"
    if held_s:
        tiles["held"] = f"{held_s / 60:.1f} min"
    before, after = mean_of(s.pain_before for s in trainings), mean_of(s.pain_after for s in trainings)
    if before is not None and after is not None:
        tiles["pain before → after training, mean"] = f"{before:.1f} → {after:.1f}"
    if (load := mean_of(day.load for day in day_loads.values())) is not None:
        tiles["tension load of a day at the desk, mean"] = f"{load:.0f} of 100"
    if day_loads:
        known_h = sum(day.known_min for day in day_loads.values()) / 60
        tiles["hours at the desk that are known"] = f"{known_h:.1f}"
    cells = "".join(f"<div><strong>{escape(value)}</strong>{escape(name)}</div>" for name, value in tiles.items())
    return f'<div class="tiles">{cells}</div>'


def _followed(plans: Sequence[Adherence]) -> str:
    if not plans:
        return ""
    rows = []
    for plan in plans:
        done, weeks = sum(w.done for w in plan.weeks), len(plan.weeks)
        meant = "–" if plan.weeks[0].meant is None else f"{plan.weeks[0].meant} a week"
        missed = sum(w.done == 0 for w in plan.weeks)
        reached = f"{plan.reached} of {plan.sets} ({100 * plan.reached / plan.sets:.0f} %)" if plan.sets else "–"
        rows.append((plan.plan, f"{done} in {weeks} weeks", meant, str(missed), reached))
    head = ("plan", "sessions", "meant", "weeks without", "sets that reached what was asked for")
    return _section(
        "How the plan was followed",
        _table(head, rows),
        _picture(
            figures.followed(plans[:MOST_EXERCISES]),
            "Sessions of each plan by week (bars), and as many as it means (dashed).",
        ),
    )


def _volume(exercises: Mapping[str, Sequence[tuple[date, SetRecord]]], period: Period) -> str:
    if not exercises:
        return ""
    weeks = {name: weeks_of(sets, period) for name, sets in exercises.items()}
    rows = []
    for name, of_weeks in weeks.items():
        loaded = [w.load_kg for w in of_weeks if w.load_kg]
        rows.append(
            (
                name,
                str(sum(w.sets for w in of_weeks)),
                str(sum(w.reps for w in of_weeks)),
                f"{sum(w.volume_kg for w in of_weeks):.0f}" if loaded else "–",
                f"{loaded[0]:g} → {loaded[-1]:g}" if loaded else "–",
                clock(held_s) if (held_s := sum(w.held_s for w in of_weeks)) else "–",
            )
        )
    head = ("exercise", "sets", "repetitions", "kg moved", "heaviest kg, first → last week", "held")
    shown = dict(list(weeks.items())[:MOST_EXERCISES])
    caption = "Repetitions of each week (bars) and the heaviest load (squares); seconds where an exercise is only held."
    return _section("Volume and load", _table(head, rows), _picture(figures.volume(shown), caption))


def _quality(exercises: Mapping[str, Sequence[tuple[date, SetRecord]]], period: Period) -> str:
    days = {name: found for name, sets in exercises.items() if (found := quality_of(sets))}
    if not days:
        return ""
    shown = list(days.items())[:MOST_EXERCISES]
    pictures = [
        _picture(figures.quality(dict(shown[k : k + 4]), period), "Range, tempo and smoothness, day by day.")
        for k in range(0, len(shown), 4)
    ]
    return _section("How the repetitions were", f'<p class="small lead">{escape(SEEN_BY_SENSOR)}</p>', *pictures)


def _holds(exercises: Mapping[str, Sequence[tuple[date, SetRecord]]], period: Period) -> str:
    days = {name: found for name, sets in exercises.items() if (found := holds_of(sets))}
    if not days:
        return ""
    shown = dict(list(days.items())[:MOST_EXERCISES])
    return _section(
        "Holds", _picture(figures.holds(shown, period), "The longest hold of each day, and the one asked for.")
    )


def _pain(sessions: Sequence[SessionRecord], period: Period) -> str:
    if not any(score is not None for s in sessions for score in (s.pain_before, s.pain_after, s.tension)):
        return ""
    trends = overview(sessions, period.until, len(period.mondays)).trends
    rows = [(t.what, f"{t.before:.1f}", f"{t.after:.1f}", str(t.sessions)) for t in trends if t.what in SAID]
    stops = [s for s in sessions if any(done.ended_by == "sharp_pain" for done in s.sets)]
    sharp = f"<p><b>Sharp pain ended a set</b> on {', '.join(str(day_of(s)) for s in stops)}.</p>" if stops else ""
    return _section(
        "Pain and tension, as the user said",
        sharp,
        _table(("mean of", "first half", "second half", "sessions"), rows) if rows else "",
        _picture(figures.pain(sessions, period), "Scores from 0 to 10, each said at the time."),
    )


def _desk(sessions: Sequence[SessionRecord], day_loads: Mapping[date, TensionLoad], period: Period) -> str:
    if not day_loads:
        return ""
    rows = []
    for found in relief([s.slouches for s in sessions if s.kind == "desk"]):
        answer = found.exercise or "nothing"
        until = "–" if found.until_next_min is None else f"{found.until_next_min:.0f}"
        rows.append((answer, str(found.alerts), str(found.reps), until))
    unknown = sum(load.unknown_min for load in day_loads.values()) / 60
    return _section(
        "At the desk",
        _picture(figures.desk(sessions, day_loads, period), "The tension load of each day, and the time slouched."),
        f'<p class="small">Tension load: {escape(FORMULA)}. {escape(LIMITS)} Unknown: {unknown:.1f} h.</p>',
        _table(("alert answered with", "alerts", "repetitions", "median min to the next slouch"), rows) if rows else "",
    )


def _sessions(sessions: Sequence[SessionRecord], progress: Progress) -> Iterable[str]:
    trainings = [s for s in sessions if s.kind == "train" and s.sets]
    if trainings:
        yield (
            "<h2>Session by session</h2>"
            '<p class="small lead">Grey: a counted repetition, with its number; orange: its far point; blue: the'
            " movement in the recording; red bar below: a hold.</p>"
        )
    for number, session in enumerate(trainings, 1):
        yield _session(session, signal_of(session))
        progress(number, len(trainings))


def _session(session: SessionRecord, signal: Signal) -> str:
    step = "" if session.plan_step is None else f", session {session.plan_step + 1}"
    told = [
        f"plan {session.plan}{step}" if session.plan else "",
        f"ended: {(session.ended_because or 'open').replace('_', ' ')}",
    ]
    scores = {"pain before": session.pain_before, "after": session.pain_after, "tension": session.tension}
    told += [f"{what} {score}" for what, score in scores.items() if score is not None]
    seen = [done for done in session.sets if (done.movements or done.holds) and not done.discarded]
    rows = [_set_row(done) for done in session.sets]
    remark = f'<p class="small">Repetitions as they were stored, without the movement: {escape(signal.missing)}.</p>'
    return "\n".join(
        [
            f'<section class="session"><h3>{escape(session.started_at[:16].replace("T", " "))}</h3>',
            f'<p class="small">{_text("; ".join(t for t in told if t))}</p>',
            f'<p class="note">{_text(session.note)}</p>' if session.note else "",
            _table(("exercise", "set", "side", "counted", "asked", "sensor", "kg", "effort", "held s", ""), rows),
            *(_picture(figures.sets(seen[k : k + 8], signal), "") for k in range(0, len(seen), 8)),
            remark if seen and signal.missing else "",
            "</section>",
        ]
    )


def _set_row(done: SetRecord) -> tuple[str, ...]:
    target = [str(done.target_reps)] if done.target_reps else []
    target += [f"{done.target_hold_s:g} s"] if done.target_hold_s else []
    marks = ["discarded"] if done.discarded else ["corrected"] if done.corrections else []
    return (
        done.exercise,
        str(done.number),
        done.side or "",
        str(done.reps),
        " × ".join(target) or "–",
        "–" if done.sensor_reps is None else str(done.sensor_reps),
        "–" if done.load_kg is None else f"{done.load_kg:g}",
        "–" if done.effort is None else str(done.effort),
        f"{longest_hold_s(done):.1f}" if done.holds else "–",
        ", ".join(marks + (["sharp pain"] if done.ended_by == "sharp_pain" else [])),
    )


def _section(title: str, *parts: str) -> str:
    return "\n".join([f"<section><h2>{escape(title)}</h2>", *(part for part in parts if part), "</section>"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _picture(svg: bytes, caption: str) -> str:
    source = base64.b64encode(svg).decode()
    told = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    image = f'<img alt="{escape(caption or "the sets of this session")}" src="data:image/svg+xml;base64,{source}">'
    return f"<figure>{image}{told}</figure>"


def _text(text: str) -> str:
    """What somebody wrote, as text and nothing else."""
    return escape(harmless(text))
