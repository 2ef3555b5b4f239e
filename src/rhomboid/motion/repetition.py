"""The live repetition counter: frames in; sets, repetitions and refused movements out.

A stretch of movement is counted by a vote (``rep_vote``) that is held every 0.2 s. In a set given by the user it is the
whole stream; running free, a stretch becomes a set once several movements of one kind have been seen in it, and
those are then announced together. What has been announced stays announced; the look back over the closed set
(``rep_recount``) may correct it.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import numpy as np

from rhomboid.events import Correction, Event, Movement, MovementRefused, RepCompleted, SetClosed, SetStarted
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break, Frames
from rhomboid.motion.rep_signals import VIEWS, MovementSignals
from rhomboid.motion.rep_vote import TICK_FRAMES, Ballot, Candidate, Rep
from rhomboid.motion.settings import Settings

SURETY = 0.5
"""A repetition is announced once the vote holds it more likely than not."""

KEPT_S = 20 * 60.0  # Of a set that lasts longer only this much is looked back on.
CONTEXT_S = 3.0  # Frames around a set that the look back may want to see.

# Running free.
LOOK_EVERY_TICKS = 5
LOOK_BACK_S = (12.0, 30.0)
ENOUGH_REPS = 3
LIVELY_DEG = 2.0
OPENING_SURETY = 0.7
MAX_IRREGULAR = 0.25
MAX_UNEVEN = 0.3
IDLE_PERIODS = 2.5  # A set is over after this many of its periods without a repetition ...
IDLE_S = 5.0  # ... and at least this long.

# Column ranges of the kept history.
_T, _SEEN, _ACC, _GYR, _UP, _QUAT, _X = 0, 1, slice(2, 5), slice(5, 8), slice(8, 11), slice(11, 15), slice(15, 28)


class _Set(NamedTuple):
    """A set in hand: where it starts in the kept history, and what has been announced of it."""

    number: int
    start_s: float
    announced: list[Movement]


class RepetitionDetector:
    """Counts repetitions as they happen; see ``Settings.mode`` for what it may assume about the stream."""

    def __init__(self, settings: Settings) -> None:
        self._whole = settings.mode == "set"
        self._mode = settings.mode
        self._signals = MovementSignals()
        self._history = np.empty((0, 28))
        self._next = 0  # row of the history at which the next tick starts
        self._first = 0  # row of the history at which the counted stretch starts
        self._ballot = Ballot()
        self._earlier = 0  # repetitions of this set counted before the last break
        self._breaks: list[Break] = []
        self._has_gyro = True
        self._set: _Set | None = None
        self._sets = 0
        self._ticks = 0
        self._last_rep_s = 0.0
        self._period_s = 0.0
        self._refused_until_s = 0.0
        self._axis = np.zeros(4)
        self._rest_deg = 0.0
        self.reps = 0
        self.in_set = False
        self.phase = "rest"
        self.movement_deg = 0.0
        self.trace_deg: Array = np.empty(0)

    # --- the three doors ---------------------------------------------------------------------------------------------

    def feed(self, frames: Frames) -> list[Event]:
        """What these frames decide, in order of ``at_s``."""
        x = self._signals.feed(frames)
        self._has_gyro = frames.has_gyro
        clocks = frames.t_s[:, None], frames.seen_s[:, None]
        new = np.concatenate((*clocks, frames.acc_g, frames.gyr_dps, frames.up, frames.quat, x), axis=1)
        self._history = np.concatenate((self._history, new))
        events: list[Event] = []
        while self._next + TICK_FRAMES <= len(self._history):
            self._next += TICK_FRAMES
            self._ticks += 1
            self._tick(events)
        self.trace_deg = (x[:, VIEWS[1]] * self._axis).sum(axis=1)
        self.movement_deg = abs(float(self.trace_deg[-1]) - self._rest_deg)
        self._trim()
        return events

    def interrupt(self, gap: Break) -> list[Event]:
        """The stream broke: the movement in progress is void. A set the user started goes on behind the gap."""
        events: list[Event] = []
        if self._whole:
            self._breaks.append(gap)
            self._earlier = self.reps
            self._next = self._first = len(self._history)
            self._ballot = Ballot()
        else:
            if self._set is not None:
                self._close(gap.start_s, events)
            self._history = np.empty((0, 28))
            self._next = self._first = 0
        self._signals = MovementSignals()
        return events

    def finish(self) -> list[Event]:
        """The stream ended: the set in hand is closed."""
        events: list[Event] = []
        if self._set is not None:
            self._close(float(self._history[-1, _SEEN]), events)
        return events

    # --- every 0.2 s -------------------------------------------------------------------------------------------------

    def _tick(self, events: list[Event]) -> None:
        now = self._history[self._next - 1]
        if self._whole and self._set is None:
            self._open(float(self._history[0, _T]), float(now[_SEEN]), events)
        if self._set is None:
            if self._ticks % LOOK_EVERY_TICKS == 0:
                self._look_for_set(events)
            return
        self._ballot.add(self._history[self._next - TICK_FRAMES : self._next, _X])
        self._count(float(now[_SEEN]), events)
        if not self._whole and now[_T] - self._last_rep_s > max(IDLE_PERIODS * self._period_s, IDLE_S):
            self._close(float(now[_SEEN]), events)

    def _count(self, at_s: float, events: list[Event]) -> None:
        assert self._set is not None  # noqa: S101
        vote = self._ballot.vote(SURETY)
        if vote.leader is None:
            return
        self._follow(vote.leader)
        for rep in vote.leader.reps[self.reps - self._earlier : vote.held]:
            self.reps += 1
            movement = self._movement(vote.leader, rep, vote.probability)
            self._set.announced.append(movement)
            self._last_rep_s = max(self._last_rep_s, movement.end_s)
            events.append(RepCompleted(at_s=at_s, set_index=self._set.number, number=self.reps, movement=movement))
        far = [r.far for r in vote.leader.reps]
        if len(far) > 1:
            self._period_s = float(np.median(np.diff(far))) / FRAME_RATE_HZ
        for rep in vote.leader.refused:
            movement = self._movement(vote.leader, rep, 1.0 - vote.probability)
            if movement.start_s >= max(self._refused_until_s, self._last_rep_s):
                self._refused_until_s = movement.end_s
                events.append(MovementRefused(at_s=at_s, movement=movement, reason="too small against this set"))

    def _look_for_set(self, events: list[Event]) -> None:
        """Has a set begun within the last half minute?"""
        for look_back_s in LOOK_BACK_S:
            first = max(0, self._next - int(look_back_s * FRAME_RATE_HZ))
            first = max(first, self._first)
            x = self._history[first : self._next, _X]
            if len(x) < 2 * FRAME_RATE_HZ or max(np.ptp(x[:, c]) for c in range(4)) < LIVELY_DEG:
                continue
            ballot = Ballot()
            ballot.add(x)
            vote = ballot.vote(OPENING_SURETY)
            if vote.leader is None or vote.held < ENOUGH_REPS:
                continue
            f = vote.leader.features
            if f["irregular"] > MAX_IRREGULAR or f["uneven"] > MAX_UNEVEN or f["since"] > 1.0 or f["range"] < 0.7:
                continue
            self._first = max(first, first + vote.leader.reps[0].before - int(FRAME_RATE_HZ / 2))
            at_s = float(self._history[self._next - 1, _SEEN])
            self._open(float(self._history[self._first, _T]), at_s, events)
            self._ballot = Ballot()
            self._ballot.add(self._history[self._first : self._next, _X])
            self._last_rep_s = at_s
            self._count(at_s, events)
            return

    # --- opening and closing -----------------------------------------------------------------------------------------

    def _open(self, start_s: float, at_s: float, events: list[Event]) -> None:
        self._set = _Set(self._sets, start_s, [])
        self._sets += 1
        self._earlier = self.reps = 0
        self._refused_until_s = start_s
        self.in_set = True
        events.append(SetStarted(at_s=at_s, set_index=self._set.number, start_s=start_s))

    def _close(self, at_s: float, events: list[Event]) -> None:
        assert self._set is not None  # noqa: S101
        live = self._set.announced
        t_s = self._history[:, _T]
        end_s = float(t_s[-1]) if self._whole else (live[-1].end_s if live else at_s)
        movements, corrections = self._look_back(live, end_s)
        events.append(
            SetClosed(
                at_s=at_s,
                set_index=self._set.number,
                start_s=self._set.start_s,
                end_s=end_s,
                reps=len(movements),
                live_reps=len(live),
                movements=movements,
                corrections=corrections,
            )
        )
        self._set, self.in_set, self.phase = None, False, "rest"
        self._first = self._next
        self._breaks = []

    def _look_back(self, live: list[Movement], end_s: float) -> tuple[tuple[Movement, ...], tuple[Correction, ...]]:
        assert self._set is not None  # noqa: S101
        try:
            recount = import_module("rhomboid.motion.rep_recount").recount
        except ModuleNotFoundError:
            return tuple(live), ()
        t_s = self._history[:, _T]
        inside = (t_s >= self._set.start_s - CONTEXT_S) & (t_s <= end_s + CONTEXT_S)
        h = self._history[inside]
        got: tuple[tuple[Movement, ...], tuple[Correction, ...]] = recount(
            *(np.ascontiguousarray(h[:, c]) for c in (_T, _ACC, _GYR, _UP, _QUAT)),
            self._has_gyro, self._breaks, live, self._mode, self._set.start_s, end_s,
        )  # fmt: skip
        return got

    # --- describing what was seen ------------------------------------------------------------------------------------

    def _movement(self, leader: Candidate, rep: Rep, confidence: float) -> Movement:
        """Times of one repetition as far as they are known by now; 10 % of the way counts as still resting."""
        p = np.asarray(self._ballot.values(leader)[rep.before : rep.after + 1])
        far = rep.far - rep.before
        away = np.abs(p - p[far])
        before, after = np.flatnonzero(away[: far + 1] >= 0.9 * rep.out), np.flatnonzero(away[far:] >= 0.9 * rep.back)
        left = int(before[-1]) if len(before) else 0
        returned = far + (int(after[0]) if len(after) else len(p) - 1 - far)
        near = np.flatnonzero(away[left : returned + 1] <= 0.1 * min(rep.out, rep.back)) + left
        row = self._first + rep.before
        h = self._history
        t_s = h[row : row + len(p), _T]
        q = h[row + left : row + returned + 1, _QUAT]
        cosine = np.abs((q * h[row + left, _QUAT]).sum(axis=1))
        return Movement(
            start_s=float(t_s[left]),
            peak_s=float(t_s[far]),
            end_s=float(t_s[returned]),
            range_deg=round(float(2.0 * np.degrees(np.arccos(np.minimum(cosine, 1.0))).max()), 2),
            confidence=round(confidence, 3),
            out_s=round(float(t_s[near[0]] - t_s[left]), 3),
            pause_s=round(float(t_s[near[-1]] - t_s[near[0]]), 3),
            back_s=round(float(t_s[returned] - t_s[near[-1]]), 3),
        )

    def _follow(self, leader: Candidate) -> None:
        """Phase and trace as the leading candidate sees them."""
        p = self._ballot.values(leader)
        rest = np.median([p[r.after] for r in leader.reps])
        far = np.median([p[r.far] for r in leader.reps])
        place, before = ((p[i] - rest) / (far - rest) for i in (-1, -TICK_FRAMES))
        moving = abs(place - before) > 0.1
        if moving:
            self.phase = "out" if place > before else "back"
        else:
            self.phase = "pause" if place > 0.5 else "rest"

    def _trim(self) -> None:
        """Forget what no look back will ask for."""
        keep = int((KEPT_S if self._set is not None else max(LOOK_BACK_S) + CONTEXT_S) * FRAME_RATE_HZ)
        surplus = min(len(self._history) - keep, self._next)
        if surplus > keep or (self._set is None and surplus > 0):
            self._history = self._history[surplus:]
            self._next -= surplus
            self._first = max(0, self._first - surplus)
