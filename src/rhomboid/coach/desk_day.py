"""One day at the desk, second by second: how it was sat, and how long without a break. It is what a restart keeps.

``local_s`` here and in ``alerts`` is the local wall clock as a number: seconds since 1970-01-01 00:00 of the place.
"""

from __future__ import annotations

from collections import deque
from typing import Literal, get_args

import msgspec

from rhomboid.coach.record import PostureMinutes

State = Literal["upright", "slouching", "leaning", "moving", "lying", "cannot_tell", "not_worn"]
STATES: tuple[State, ...] = get_args(State)
AWAY: frozenset[State] = frozenset({"lying", "cannot_tell", "not_worn"})

DAY_S = 86_400.0
BREAK_WINDOW_S, BREAK_MOVING_S = 60, 30
"""A movement break: half a minute of movement within a minute. To reach for a cup is none."""
AWAY_S = 120
"""After so long lying, not worn or unknown, nothing is claimed about sitting still: the stretch is over."""
LOOK_BACK_S = 3700
"""A slouch is announced late by its delay, at most an hour, and what it was is then put right."""


class Day(msgspec.Struct, kw_only=True):
    """What one day has seen and spent. ``number`` counts days since 1970-01-01, as ``day_of`` divides them."""

    number: int
    alerts_local_s: list[float] = []
    muted: bool = False
    minutes: dict[int, list[int]] = {}
    """Seconds of each of ``STATES`` in every minute seen; the key is ``local_s // 60``."""
    breaks: int = 0
    longest_static_s: int = 0

    @property
    def posture(self) -> PostureMinutes:
        """How long each posture was, all in all."""
        return posture_minutes([sum(column) for column in zip(*self.minutes.values(), strict=True)])


def posture_minutes(seconds: list[int]) -> PostureMinutes:
    """From seconds in the order of ``STATES``; an empty list is nothing seen."""
    return PostureMinutes(**{state: s / 60.0 for state, s in zip(STATES, seconds, strict=False)})


class Ledger:
    """Books every second into the day and into the session. ``day`` may be exchanged when another one begins."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.session_s = [0] * len(STATES)
        self.breaks = 0
        self.since_break_s = 0
        """How long nobody has moved for long enough to call it a break; 0 while away."""
        self.longest_static_s = 0
        self._booked: deque[tuple[int, int]] = deque(maxlen=LOOK_BACK_S)
        self._moved: deque[bool] = deque(maxlen=BREAK_WINDOW_S)
        self._away_s = 0
        self._in_break = False

    def second(self, state: State, local_s: float) -> None:
        """One more second, ended at ``local_s``, was spent like this."""
        minute, column = int(local_s // 60), STATES.index(state)
        self._book(minute, column, 1)
        self._booked.append((minute, column))
        self._moved.append(state == "moving")
        self._away_s = self._away_s + 1 if state in AWAY else 0
        if sum(self._moved) >= BREAK_MOVING_S:
            self.take_break()
        elif self._away_s >= AWAY_S:
            self.since_break_s, self._in_break = 0, False
        else:
            self._in_break = False
            self.since_break_s += 1
            self.longest_static_s = max(self.longest_static_s, self.since_break_s)
            self.day.longest_static_s = max(self.day.longest_static_s, self.since_break_s)

    def take_break(self) -> None:
        """Now is a movement break, the same one as a moment ago or another."""
        if not self._in_break:
            self.breaks += 1
            self.day.breaks += 1
        self.since_break_s, self._in_break = 0, True

    def put_right(self, seconds: int, state: State) -> None:
        """The last ``seconds`` were in truth spent like this, as far back as is remembered."""
        column = STATES.index(state)
        for i in range(max(len(self._booked) - max(seconds, 0), 0), len(self._booked)):
            minute, booked = self._booked[i]
            self._book(minute, booked, -1)
            self._book(minute, column, 1)
            self._booked[i] = (minute, column)

    def begin(self, day: Day) -> None:
        """Another day: what is put right later was yesterday's, and stays there."""
        self.day = day
        self._booked.clear()

    def _book(self, minute: int, column: int, seconds: int) -> None:
        self.day.minutes.setdefault(minute, [0] * len(STATES))[column] += seconds
        self.session_s[column] += seconds
