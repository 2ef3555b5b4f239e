"""The user's own sets: counted again from their recordings with other settings, and how often the count was right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from rhomboid import events as e
from rhomboid.accuracy import Share
from rhomboid.coach.learning import USUAL, Count, Learnt, Watched, choices, was_corrected, watched
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.errors import DataError
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import OwnExercise, Settings

MARGIN_S = 1.0
"""A repetition whose far point is so little outside a set may be another one of it."""
SAME_S = 0.3
"""Far points nearer together than this are the same movement, whatever the version that found it."""

Progress = Callable[[int, int], None]


class MineResult(msgspec.Struct, frozen=True):
    """The user's own sets, ``how`` they were counted. ``mae``: repetitions off in a set, on average (None: no sets)."""

    exercise: str
    how: str
    sets: int
    exact: Share
    within1: Share
    mae: float | None
    live_exact: Share
    live_within1: Share
    live_mae: float | None


def exercises_watched(sessions: Sequence[SessionRecord]) -> list[str]:
    """Every exercise of which a set was corrected, by name."""
    counted = {x.exercise for session in sessions for x in session.sets}
    return sorted(exercise for exercise in counted if watched(sessions, exercise))


def measure_mine(
    sessions: Sequence[SessionRecord], learnt: Learnt, progress: Progress = lambda done, of: None
) -> list[MineResult]:
    """How well the watched sets were counted then, and how they would be as usual and with what was ``learnt``."""
    rows: list[MineResult] = []
    every: dict[str, list[tuple[int, Count]]] = {}
    exercises = exercises_watched(sessions)
    for number, exercise in enumerate(exercises, 1):
        own = learnt.eagerness(exercise)
        sets = told_sets(sessions, exercise, sorted({USUAL, own}))
        ways = {
            "as counted then": [(s.said, s.counted) for s in sets],
            "again, as usual": [(s.said, s.again[USUAL]) for s in sets if s.again],
            "again, as learnt": [(s.said, s.again[own]) for s in sets if s.again],
        }
        for how, counts in ways.items():
            rows.append(_mine(exercise, how, counts))
            every.setdefault(how, []).extend(counts)
        progress(number, len(exercises))
    return rows + [_mine("all", how, counts) for how, counts in every.items()] if len(exercises) > 1 else rows


def lesson_sets(
    sessions: Sequence[SessionRecord], exercise: str, learnt: Learnt, progress: Progress = lambda done, of: None
) -> list[Watched]:
    """The watched sets of ``exercise``, counted again as now and a step to either side."""
    return told_sets(sessions, exercise, choices(learnt.eagerness(exercise)), progress)


def _mine(exercise: str, how: str, counts: Sequence[tuple[int, Count]]) -> MineResult:
    final, live = [abs(c.final - said) for said, c in counts], [abs(c.live - said) for said, c in counts]
    return MineResult(exercise, how, len(counts), *_shares(final), *_shares(live))


def _shares(off: Sequence[int]) -> tuple[Share, Share, float | None]:
    exact, within1 = (Share(sum(n <= allowed for n in off), len(off)) for allowed in (0, 1))
    return exact, within1, sum(off) / len(off) if off else None


def told_sets(
    sessions: Sequence[SessionRecord],
    exercise: str,
    eagernesses: Sequence[float],
    progress: Progress = lambda done, of: None,
) -> list[Watched]:
    """The watched sets of ``exercise``, each counted again with every eagerness where its recording is there."""
    of_session: dict[int | None, tuple[SessionRecord, list[SetRecord]]] = {}
    for session, done in watched(sessions, exercise):
        of_session.setdefault(session.id, (session, []))[1].append(done)
    found: list[Watched] = []
    for number, (session, sets) in enumerate(of_session.values(), 1):
        played = {x: events for x in eagernesses if (events := _played(session, exercise, x)) is not None}
        found += [_told(session, done, played) for done in sets]
        progress(number, len(of_session))
    return found


def _told(session: SessionRecord, done: SetRecord, played: dict[float, list[e.Event]]) -> Watched:
    there = any(_is_there(done, events) for events in played.values())
    return Watched(
        started_at=session.started_at,
        number=done.number,
        said=done.reps,
        corrected=was_corrected(done),
        counted=Count(done.live_reps or 0, done.sensor_reps or 0),
        again={x: _count(done, events) for x, events in played.items()} if there else {},
    )


def _played(session: SessionRecord, exercise: str, eagerness: float) -> list[e.Event] | None:
    """What the core says of the session, with this eagerness; None if its recording is gone or is another one."""
    if session.recording is None:
        return None
    path = Path(session.recording)
    try:
        if session.recording_sha256 not in (None, hashlib.sha256(path.read_bytes()).hexdigest()):
            return None
        opened = open_file(path)
        if opened.recording is None:
            return None
        settings = msgspec.json.decode(opened.recording.about.settings, type=Settings)
        others = tuple(x for x in settings.own if x.exercise != exercise)
        own = (*others, OwnExercise(exercise=exercise, eagerness=eagerness))
        interpreter = Interpreter(Pipeline(msgspec.structs.replace(settings, own=own)), opened.driver)
        found, items = list[e.Event](), iter(opened.items)
        while some := list(islice(items, ITEMS_AT_ONCE)):
            found += interpreter.feed(some)
        return found + interpreter.finish()
    except (OSError, DataError, msgspec.MsgspecError):
        return None


def _is_there(done: SetRecord, events: Iterable[e.Event]) -> bool:
    """Whether the set is in this recording: a session that was broken off and went on has another one for its end."""
    peaks_s = [m.peak_s for x in events if isinstance(x, e.SetClosed) for m in x.movements]
    met = sum(any(abs(m.peak_s - peak_s) <= SAME_S for peak_s in peaks_s) for m in done.movements)
    return 2 * met >= len(done.movements)


def _count(done: SetRecord, events: Sequence[e.Event]) -> Count:
    def inside(movement: e.Movement) -> bool:
        return done.start_s - MARGIN_S <= movement.peak_s <= done.end_s + MARGIN_S

    return Count(
        live=sum(inside(x.movement) for x in events if isinstance(x, e.RepCompleted)),
        final=sum(inside(m) for x in events if isinstance(x, e.SetClosed) for m in x.movements),
    )
