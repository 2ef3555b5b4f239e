"""What the past says to the next session: what was done of an exercise and when, how hard it was, and what hurt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple

from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.errors import DataError

RISE_WINDOW = 3
"""Pain rises where each of so many sessions hurt more than the one before it ..."""
SLOW_RISE = 1.5
"""... or the last so many on average by this much more than those before them, on the scale of 0 to 10 ..."""
WORTH_TELLING = 3
"""... and the last of them hurt at least this much."""


class Trained(NamedTuple):
    """One training session of the past: the day at the place where it was, and the record."""

    on: date
    record: SessionRecord

    def sets_of(self, exercise: str) -> tuple[SetRecord, ...]:
        """The sets of the exercise that count."""
        return tuple(s for s in self.record.sets if s.exercise == exercise and not s.discarded)

    def hurt(self, exercise: str) -> bool:
        """Whether sharp pain ended a set of the exercise, whatever was said of that set afterwards."""
        return any(s.exercise == exercise and s.ended_by == "sharp_pain" for s in self.record.sets)

    @property
    def pain(self) -> int | None:
        """Pain after the session, or before it where nothing was said afterwards."""
        after = self.record.pain_after
        return self.record.pain_before if after is None else after


class Done(NamedTuple):
    """What was done of one exercise in one session of a plan: the plan's ``step``, ``place`` among all sessions."""

    on: date
    step: int
    place: int
    sets: tuple[SetRecord, ...]

    @property
    def load_kg(self) -> float | None:
        """The load of the last set that tells one."""
        return next((s.load_kg for s in reversed(self.sets) if s.load_kg is not None), None)

    @property
    def effort(self) -> int | None:
        """The hardest set's, 0 to 10."""
        return max((s.effort for s in self.sets if s.effort is not None), default=None)


def in_order(past: Sequence[SessionRecord]) -> list[Trained]:
    """The training sessions by when they began. Raises DataError for one that does not say when."""
    trained = []
    for record in past:
        if record.kind == "train":
            try:
                began = datetime.fromisoformat(record.started_at)
            except ValueError:
                raise DataError(
                    f"a session began at {record.started_at[:40]!r}, which is no time",
                    do="restore the history from a backup, or forget that session",
                ) from None
            instant = began if began.tzinfo else began.replace(tzinfo=UTC)
            trained.append((instant, Trained(began.date(), record)))
    at_once = Counter(instant for instant, _ in trained)
    # What began at the same instant is ordered by what it holds, so that the order it is given in decides nothing.
    trained.sort(key=lambda t: (t[0], repr(t[1].record) if at_once[t[0]] > 1 else ""))
    return [t for _, t in trained]


def of_plan(plan: str, sessions: Sequence[Trained]) -> list[tuple[int, int]]:
    """The sessions of the plan in which something was done: the step and the place among ``sessions`` of each."""
    own = [
        (t.record.plan_step, place)
        for place, t in enumerate(sessions)
        if t.record.plan == plan and any(not s.discarded for s in t.record.sets)
    ]
    return [(i if step is None or step < 0 else step, place) for i, (step, place) in enumerate(own)]


def done(exercise: str, own: Sequence[tuple[int, int]], sessions: Sequence[Trained]) -> list[Done]:
    """What was done of the exercise in the sessions of a plan, as ``of_plan`` gives them."""
    return [
        Done(sessions[place].on, step, place, sets)
        for step, place in own
        if (sets := sessions[place].sets_of(exercise))
    ]


def pains(sessions: Sequence[Trained]) -> list[int]:
    """Pain as it was told, session by session."""
    return [t.pain for t in sessions if t.pain is not None]


def rising(told: Sequence[int]) -> tuple[int, ...]:
    """The last pains where they rise, else nothing."""
    last, before = told[-RISE_WINDOW:], told[-2 * RISE_WINDOW : -RISE_WINDOW]
    if len(last) < RISE_WINDOW or last[-1] < WORTH_TELLING or len(set(last)) == 1:
        return ()  # too few, too little, or steady by now
    steep = all(a < b for a, b in pairwise(last))
    slow = len(before) == RISE_WINDOW and sum(last) - sum(before) >= SLOW_RISE * RISE_WINDOW
    return tuple(last) if steep else (*before, *last) if slow else ()


def since_pain(exercise: str, plan: str, sessions: Sequence[Trained]) -> int:
    """In how many sessions of the plan the exercise was done since pain was last told."""
    last = max((i for i, t in enumerate(sessions) if t.pain is not None), default=-1)
    return sum(t.record.plan == plan and bool(t.sets_of(exercise)) for t in sessions[last + 1 :])


def unhealed(exercise: str, sessions: Sequence[Trained]) -> Trained | None:
    """The last session in which the exercise hurt sharply, unless it has been done since then without."""
    for trained in reversed(sessions):
        if trained.hurt(exercise):
            return trained
        if trained.sets_of(exercise):
            return None
    return None
