"""Fix once, learn once: what the user corrected decides how readily repetitions of that exercise are counted.

One number an exercise is learnt, its eagerness (see ``motion/settings.py``), by a rule that can be said in a
sentence: of what holds now, a step less and a step more, take what would have counted the last sets best. It needs
three corrected sets, moves one step at a time and only once something new was trained, and of equals takes what is
nearer to the usual.

Whom to believe: a correction says how many there were. Whoever has corrected an exercise once looks at its count, so
from that session on the sets of it that were left alone are taken as right; before, nobody may have looked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from rhomboid.coach.record import SessionRecord, SetRecord

USUAL = 0.0
STEP = 0.5
MOST = 1.5
"""Log odds: as far as the signal core allows."""
LEAST_CORRECTED = 3
LAST_SETS = 12

Eagerness = Annotated[float, msgspec.Meta(ge=-MOST, le=MOST)]


class Count(msgspec.Struct, frozen=True):
    """What the core makes of a set: announced while it went on, and after the look back."""

    live: int
    final: int


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A set that the user said (or by leaving it alone, let stand) how many there were in.

    ``counted`` is what the sensor counted then, ``again`` what it would count by eagerness (empty: no recording).
    """

    started_at: str
    """When its session began."""
    number: int
    said: int
    corrected: bool
    counted: Count
    again: Mapping[float, Count] = {}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One step that was taken: from ``before`` to ``after``, at this time, by sets up to the session of ``up_to``."""

    exercise: str
    before: Eagerness
    after: Eagerness
    at: str
    up_to: str


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """Every step that was taken and not undone, in the order of time."""

    version: int = 1
    changes: tuple[Change, ...] = ()

    def eagerness(self, exercise: str) -> float:
        """What holds now."""
        last = self._last(exercise)
        return USUAL if last is None else last.after

    def exercises(self) -> tuple[str, ...]:
        """Those that are not counted as usual."""
        named = dict.fromkeys(change.exercise for change in self.changes)
        return tuple(exercise for exercise in named if self.eagerness(exercise) != USUAL)

    def up_to(self, exercise: str) -> str:
        """The newest session that was learnt from; empty: none was."""
        last = self._last(exercise)
        return "" if last is None else last.up_to

    def with_change(self, change: Change) -> Learnt:
        """With one step more."""
        return msgspec.structs.replace(self, changes=(*self.changes, change))

    def without_last(self, exercise: str) -> Learnt:
        """As it was before the last step for this exercise; the same if there was none."""
        last = self._last(exercise)
        return msgspec.structs.replace(self, changes=tuple(change for change in self.changes if change is not last))

    def _last(self, exercise: str) -> Change | None:
        return next((change for change in reversed(self.changes) if change.exercise == exercise), None)


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What the corrected sets of an exercise teach: from ``before`` to ``after`` (the same: nothing), and why."""

    exercise: str
    before: float
    after: float
    why: str
    sets: tuple[Watched, ...]


def watched(sessions: Sequence[SessionRecord], exercise: str) -> list[tuple[SessionRecord, SetRecord]]:
    """The last sets of this exercise that the user is believed about, oldest first; ``sessions`` in order of time."""
    found: list[tuple[SessionRecord, SetRecord]] = []
    for session in sessions:
        counted = [s for s in session.sets if s.exercise == exercise and s.sensor_reps is not None and not s.discarded]
        if found or any(map(was_corrected, counted)):
            found += [(session, s) for s in counted]
    return found[-LAST_SETS:]


def was_corrected(done: SetRecord) -> bool:
    """Whether the user said how many there were."""
    return any(correction.kind == "count" for correction in done.corrections)


def choices(now: float) -> tuple[float, ...]:
    """What can be had in one step, within the bounds."""
    return tuple(e for e in (now - STEP, now, now + STEP) if -MOST <= e <= MOST)


def lesson(exercise: str, learnt: Learnt, sets: Sequence[Watched]) -> Lesson:
    """What ``sets``, oldest first, teach on top of what was ``learnt``. Those without a recording cannot teach."""
    now = learnt.eagerness(exercise)
    heard = [s for s in sets if s.again]
    corrected = sum(s.corrected for s in heard)
    if corrected < LEAST_CORRECTED:
        silent = sum(s.corrected for s in sets) - corrected
        why = f"{corrected} corrected {_sets(corrected)} with a recording, and it takes {LEAST_CORRECTED}"
        why += f" ({silent} more {'has' if silent == 1 else 'have'} none: train with --record)" if silent else ""
        return Lesson(exercise=exercise, before=now, after=now, why=why, sets=tuple(sets))
    if max(s.started_at for s in heard) <= learnt.up_to(exercise):  # or the newest was forgotten
        why = "a step was taken after the last session; the next one waits for another"
        return Lesson(exercise=exercise, before=now, after=now, why=why, sets=tuple(sets))
    off = {e: _off(heard, e) for e in choices(now)}
    best = min(off, key=lambda e: (*off[e], abs(e), e))
    (final, live), (final_now, live_now) = off[best], off[now]
    if best == now:
        why = f"a step either way would count these {len(heard)} sets no better"
    elif (final, live) == (final_now, live_now):
        why = f"the usual does as well for these {len(heard)} sets"
    else:
        why = (
            f"over {len(heard)} sets {_wrong(final)} instead of {_wrong(final_now)} at the end of a set,"
            f" and {_wrong(live)} instead of {_wrong(live_now)} while it goes on"
        )
    return Lesson(exercise=exercise, before=now, after=best, why=why, sets=tuple(sets))


def _off(sets: Sequence[Watched], eagerness: float) -> tuple[int, int]:
    """Repetitions too many or too few, at the end of the sets and while they went on."""
    again = [(s.said, s.again[eagerness]) for s in sets]
    return sum(abs(c.final - said) for said, c in again), sum(abs(c.live - said) for said, c in again)


def _wrong(count: int) -> str:
    return f"{count} repetition{'' if count == 1 else 's'} off"


def _sets(count: int) -> str:
    return "set" if count == 1 else "sets"
