"""The live repetition counter: frames in; sets, repetitions and refused movements out.

A stretch of movement is counted by a vote (``rep_vote``) that is held every 0.2 s. In a set given by the user it is the
whole stream; running free, a stretch becomes a set once several movements of one kind have been seen in it
(``rep_set``), and those are then announced together. What has been announced stays announced; when the set is closed
it is looked back on as a whole (``rep_recount``), and every difference is kept with its reason.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

import numpy as np

from rhomboid.events import Correction, Event, Movement, MovementRefused, RepCompleted, SetClosed, SetStarted
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break, Frames
from rhomboid.motion.order import median
from rhomboid.motion.quality import quality
from rhomboid.motion.rep_candidates import Rep
from rhomboid.motion.rep_looks import LEAD_IN_S, Looks
from rhomboid.motion.rep_recount import around, recount
from rhomboid.motion.rep_rests import set_between_rests
from rhomboid.motion.rep_rhythm import LOOK_FRAMES
from rhomboid.motion.rep_rows import ACC, GYR, QUAT, SEEN, UP, Rows, T, X
from rhomboid.motion.rep_set import ENOUGH_REPS, first_of_its_kind, in_step, unlike_the_others, was_set
from rhomboid.motion.rep_signals import VIEWS, MovementSignals
from rhomboid.motion.rep_vote import NEAR, SURETY, TICK_FRAMES, Ballot, Candidate, Vote, vote_each
from rhomboid.motion.settings import Settings

Phase = Literal["rest", "out", "pause", "back"]

# So many votes are held together, where so much is at hand: more where no end of the set can make them void. Any number
# gives the same.
AHEAD_TICKS, AHEAD_TICKS_WHOLE = 50, 200
BALLOT_S = 4 * 60.0  # A set that lasts longer is counted on afresh from its newest repetition, to bound the work ...
KEPT_S = 20 * 60.0  # ... and one that lasts longer than this is not looked back on.
MEMORY_S = 155.0  # Running free, as far back as a set can begin unnoticed.
CONTEXT_S = 3.0  # Frames around a set that the look back may want to see.

# Running free.
ENDED_S = 0.5  # So soon after its last repetition a set is as it was when it ended.
TICKS_A_LOOK = LOOK_FRAMES // TICK_FRAMES
OVERDUE_PERIODS = 1.2  # Once a repetition is this late, another exercise may have begun.
IDLE_PERIODS = 1.8  # A set is over after this many of its periods without a repetition ...
IDLE_S = 4.0  # ... and at least this long.
GOES_ON_S = 30.0  # What the wearer did in a longer gap nobody knows; behind a shorter one the same set goes on.
REACH_PERIODS = (1.5, 3.0, 5.0, 8.0)  # Once it is over, its beginning is looked for so far back.


class RepetitionDetector:
    """Counts repetitions as they happen; ``Settings.mode`` says what it may assume about the stream.

    ``reps`` is the count of the set in hand or of the last one. ``trace_deg`` is the movement for drawing, a value for
    each frame last fed, and ``movement_deg`` how far from rest it is now.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_given = self._whole = settings.mode == "set"
        self._signals = MovementSignals()
        self._rows = Rows()
        self._ticked = 0  # rows that have been through a tick
        self._ticks = 0
        self._has_gyro = True
        self._looks = Looks()
        self._own = settings.learnt_of(settings.exercise)
        self._ballot = Ballot()
        self._votes: deque[Vote] = deque()  # held already, of ticks that have not come yet
        self._first = 0  # the row at which the counted stretch starts, negative once it has been forgotten
        self._earlier = 0  # repetitions of this set that an earlier ballot counted
        self._sets = 0
        self._start_s = 0.0
        self._announced: list[Movement] = []
        self._breaks: list[Break] = []
        self._leader: Candidate | None = None
        self._period_before_s = 0.0  # the period of this set before the stream broke
        self._believed = False  # what came before has shown that this is a set
        self._last_rep_s = 0.0
        self._unlike = 1.0  # the best of it during the set
        self._refused_until_s = 0.0
        self._free_since_s = -math.inf  # the end of the set before
        self.reps = 0
        self.in_set = False
        self.phase: Phase = "rest"
        self.movement_deg = 0.0
        self.trace_deg: Array = np.empty(0)

    # --- the three doors ---------------------------------------------------------------------------------------------

    def feed(self, frames: Frames) -> list[Event]:
        """What these frames decide, in order of ``at_s``."""
        x = self._signals.feed(frames)
        if not self._whole:
            self._looks.feed(x)
        self._has_gyro = frames.has_gyro
        self._rows.append(frames, x)
        events: list[Event] = []
        while (frames_left := len(self._rows) - self._ticked) >= TICK_FRAMES:
            # Where no set is in hand nothing is decided before the next look.
            ticks = 1 if self.in_set or self._whole else TICKS_A_LOOK - self._ticks % TICKS_A_LOOK
            self._tick(TICK_FRAMES * min(ticks, frames_left // TICK_FRAMES), events)
            if self.in_set or self._whole or self._ticks % TICKS_A_LOOK == 0:  # not where a block happens to end
                self._forget()
        self._draw(x)
        return events

    @property
    def frames_to_tick(self) -> int:
        """So many frames more, and something may be decided."""
        return self._ticked + TICK_FRAMES - len(self._rows)

    def interrupt(self, gap: Break) -> list[Event]:
        """The stream broke: the movement in progress is void, a set goes on behind the gap with what it had."""
        events: list[Event] = []
        if self._whole or (self.in_set and self.reps > 0 and gap.end_s - gap.start_s <= GOES_ON_S):
            self._breaks.append(gap)
            self._believed = self._was_set()
            self._period_before_s = self._period_s
            self._ticked = len(self._rows)
            self._count_afresh(self._ticked)
            self._last_rep_s = gap.end_s
        else:
            if self.in_set:
                self._close(gap.start_s, events)
            self._rows.drop(len(self._rows))
            self._ticked = self._first = 0
        self._looks.interrupt()
        self._signals, self._ticks = MovementSignals(), 0
        return events

    def tell(self, *, going_on: bool, exercise: str = "") -> list[Event]:
        """From here on everything is one set until the opposite is told: what is in hand by then is closed.

        ``exercise`` is what the set is of, where that is known.
        """
        events: list[Event] = []
        if self._is_given:
            return events
        if self._ticked < len(self._rows):
            self._tick(len(self._rows) - self._ticked, events)
        if self.in_set:
            self._close(float(self._rows.all[-1, SEEN]), events)
        if len(self._rows):
            self._free_since_s = float(self._rows.all[-1, T])
        self._whole, self._first = going_on, self._ticked
        self._own = self._settings.learnt_of(exercise or self._settings.exercise)
        self._looks.interrupt()
        self._looks.forget()
        self._ticks = 0
        return events

    def finish(self) -> list[Event]:
        """The stream ended: the set in hand is closed."""
        events: list[Event] = []
        if self._ticked < len(self._rows):
            self._tick(len(self._rows) - self._ticked, events)
        if not self._whole and len(self._rows):
            self._look_for_set(float(self._rows.all[-1, SEEN]), events)
        if self.in_set:
            self._close(float(self._rows.all[-1, SEEN]), events)
        return events

    # --- every 0.2 s -------------------------------------------------------------------------------------------------

    def _tick(self, frames: int, events: list[Event]) -> None:
        self._ticked += frames
        self._ticks += frames // TICK_FRAMES
        now = self._rows.all[self._ticked - 1]
        at_s = float(now[SEEN])
        if self.in_set:
            self._count(self._next_vote(frames), at_s, events)
            if self._ticked - self._first > BALLOT_S * FRAME_RATE_HZ:
                self._believed = True  # It went on for minutes.
                self._count_afresh(self._rows.at(self._last_rep_s))
                self._ballot.vote(self._rows.all[self._first : self._ticked, X], SURETY)
        if self._whole:
            if not self.in_set:
                self._open(self._first, at_s, events)
            return
        if self.in_set and now[T] - self._last_rep_s > max(IDLE_PERIODS * self._period_s, IDLE_S):
            self._close(at_s, events)
        if frames % TICK_FRAMES == 0 and self._ticks % TICKS_A_LOOK == 0:
            self._looks.next()
            self._look_for_set(at_s, events)

    @property
    def _period_s(self) -> float:
        """How long a repetition takes. Behind a gap a few new ones alone would not tell."""
        return max(self._period_before_s, 0.0 if self._leader is None else self._leader.period_s)

    @property
    def _surety(self) -> float:
        """``SURETY``, with the bar as much lower as was learnt; not for the first repetition, which might be noise."""
        eagerness = self._own.eagerness if self.reps else min(self._own.eagerness, 0.0)
        return 1.0 / (1.0 + (1.0 / SURETY - 1.0) * math.exp(eagerness))

    def _next_vote(self, frames: int) -> Vote:
        """The vote of this tick, which has so many frames."""
        if not self._votes:
            first = self._ticked - frames
            ahead = AHEAD_TICKS_WHOLE if self._whole else AHEAD_TICKS
            if self._own.eagerness > 0.0:
                ahead = 1  # the bar may be another one at the next
            ticks = min((len(self._rows) - first) // frames, ahead)
            x = self._rows.all[first : first + ticks * frames, X]
            self._votes += self._ballot.votes(x, frames, self._surety)
        return self._votes.popleft()

    def _count(self, vote: Vote, at_s: float, events: list[Event]) -> None:
        self._leader = leader = vote.leader
        if leader is None:
            return
        known = self.reps - self._earlier
        for k, rep in enumerate(leader.reps[known : vote.held] if known < vote.held else (), known):
            if not self._whole and k >= ENOUGH_REPS and self._is_another_kind(leader, k):
                refused = self._movement(leader, rep, 1.0 - vote.probability)
                events.append(MovementRefused(at_s=at_s, movement=refused, reason="not like the others"))
                self._close(at_s, events, refused.start_s)
                return
            self._announce(self._movement(leader, rep, vote.probability), at_s, events)
        more = vote.nearly
        if (
            more
            and more.leader
            and self.reps - self._earlier == vote.held >= ENOUGH_REPS
            and self._in_step(more.leader)
        ):
            self._announce(self._movement(more.leader, more.leader.reps[vote.held], more.probability), at_s, events)
        for rep in leader.refused:
            start_s = float(self._rows.all[self._first + rep.before, T]) if self._first + rep.before >= 0 else -math.inf
            if start_s >= max(self._refused_until_s, self._last_rep_s):
                movement = self._movement(leader, rep, 1.0 - vote.probability)
                self._refused_until_s = movement.end_s
                events.append(MovementRefused(at_s=at_s, movement=movement, reason="too small against this set"))

    def _announce(self, movement: Movement, at_s: float, events: list[Event]) -> None:
        self.reps += 1
        self._announced.append(movement)
        self._last_rep_s = max(self._last_rep_s, movement.end_s)
        events.append(RepCompleted(at_s=at_s, set_index=self._sets - 1, number=self.reps, movement=movement))

    def _in_step(self, leader: Candidate) -> bool:
        """Does the newest movement come just as those before it did? Then it is believed a little sooner."""
        here = slice(self._first, self._ticked)
        return self._first >= 0 and in_step(self._rows.all[here, X], leader, self.reps - self._earlier)

    def _is_another_kind(self, leader: Candidate, k: int) -> bool:
        """Does the movement end the set, because it is unlike those before it?"""
        here = slice(self._first, self._ticked)
        return self._first >= 0 and unlike_the_others(self._rows.all[here, X], leader.reps, k)

    def _look_for_set(self, at_s: float, events: list[Event]) -> None:
        """Has a set begun, perhaps after one whose repetitions have stopped coming?"""
        self._unlike = min(self._unlike, self._looks.unlike)
        rested = set_between_rests(self._rows, self._ticked, self._rows.at(self._free_since_s))
        self._believed = self._believed or (self.in_set and rested is not None)
        first = self._first
        if self.in_set:
            if self._rows.all[self._ticked - 1, T] - self._last_rep_s < OVERDUE_PERIODS * self._period_s:
                return
            first = self._rows.at(self._last_rep_s)
        start = self._looks.start_of_set(self._rows, self._ticked, first, ahead=not self.in_set)
        if start is not None:
            if self.in_set:
                self._close(at_s, events, float(self._rows.all[start, T]))
            self._unlike = self._looks.unlike
            self._open(start, at_s, events)
        elif rested is not None and not self.in_set:
            self._open(rested, at_s, events)
            self._believed = True

    # --- opening and closing -----------------------------------------------------------------------------------------

    def _open(self, first: int, at_s: float, events: list[Event]) -> None:
        """A set is in hand, and has been since row ``first``."""
        self._sets += 1
        self.in_set = True
        self.reps = 0
        self._count_afresh(first)
        self._announced, self._breaks, self._period_before_s, self._believed = [], [], 0.0, False
        self._start_s = self._last_rep_s = self._refused_until_s = float(self._rows.all[first, T])
        events.append(SetStarted(at_s=at_s, set_index=self._sets - 1, start_s=self._start_s))
        self._count(self._ballot.vote(self._rows.all[first : self._ticked, X], self._surety), at_s, events)
        self._last_rep_s = float(self._rows.all[self._ticked - 1, T])

    def _count_afresh(self, first: int) -> None:
        self._ballot, self._first, self._earlier, self._leader = Ballot(), first, self.reps, None
        self._votes.clear()
        self._looks.forget()

    def _close(self, at_s: float, events: list[Event], next_s: float = math.inf) -> None:
        """The set in hand is over; something else has begun at ``next_s``, if that is why."""
        live = tuple(self._announced)
        end_s = float(self._rows.all[-1, T]) if self._is_given or not live else max(m.end_s for m in live)
        movements, corrections = self._look_back(live, end_s, next_s)
        end_s = max([end_s, *(m.end_s for m in movements)])
        events.append(
            SetClosed(
                at_s=at_s,
                set_index=self._sets - 1,
                start_s=min([self._start_s, *(m.start_s for m in movements)]),
                end_s=end_s,
                reps=len(movements),
                live_reps=len(live),
                movements=movements,
                corrections=corrections,
            )
        )
        self.in_set, self.phase, self._leader, self._free_since_s = False, "rest", None, end_s
        self._votes.clear()
        self._looks.forget()
        self._first = self._rows.at(end_s)
        self._unlike = 1.0

    def _look_back(
        self, live: tuple[Movement, ...], end_s: float, next_s: float
    ) -> tuple[tuple[Movement, ...], tuple[Correction, ...]]:
        """The set as a whole: was it one, and how many repetitions does it hold?"""
        if not self._whole and not self._was_set():
            reason = "together these movements were not alike enough for a set"
            return (), tuple(Correction(change="struck_out", movement=m, reason=reason) for m in live)
        start_s = self._start_s if self._whole or self._earlier else self._reach_back(end_s)
        if self._whole and not self._is_given and live:  # told of: it had begun by then, or begins later
            start_s = max(start_s, live[0].start_s)
        t_s = self._rows.all[: self._ticked, T]
        if t_s[0] > start_s:
            return live, ()
        of_no_other = (t_s >= self._free_since_s) & (t_s <= next_s)
        rows = self._rows.all[: self._ticked][around(t_s, start_s, end_s, CONTEXT_S) & of_no_other]
        t_s, acc_g, gyr_dps, up, quat = (np.ascontiguousarray(rows[:, c]) for c in (T, ACC, GYR, UP, QUAT))
        known = self._has_gyro, self._breaks, list(live), self._settings.mode, start_s, end_s, self._own
        return recount(t_s, acc_g, gyr_dps, up, quat, *known)

    def _reach_back(self, end_s: float) -> float:
        """When the set began: one that was found late, with the first repetition before it that is like its own."""
        t_s = self._rows.all[: self._ticked, T]
        earliest, end = self._rows.at(self._free_since_s), self._rows.at(end_s)
        held, start_s = self.reps, self._start_s
        firsts = [max(earliest, self._first - int(n * self._period_s * FRAME_RATE_HZ)) for n in REACH_PERIODS]
        xs = [self._rows.all[first:end, X] for first in firsts]
        for first, x, (_, _, leader, _) in zip(firsts, xs, vote_each(xs, SURETY), strict=True):
            reps = [] if leader is None else leader.reps
            k = 0 if leader is None else first_of_its_kind(x, reps, max(IDLE_PERIODS * leader.period_s, IDLE_S))
            if leader is not None and len(reps) - k > held:
                held = len(reps) - k
                leaves, _ = leader.edges(reps[k])
                start = max(earliest, first + leaves - int(LEAD_IN_S * FRAME_RATE_HZ))
                start_s = min(start_s, float(t_s[start]))
        return start_s

    def _was_set(self) -> bool:
        if self._believed:
            return True
        ended = self._rows.at(max((m.end_s for m in self._announced), default=0.0) + ENDED_S)
        return was_set(self._rows, self._first, self._ticked, ended, self._leader, self._unlike)

    # --- describing what was seen ------------------------------------------------------------------------------------

    def _movement(self, leader: Candidate, rep: Rep, confidence: float) -> Movement:
        """One repetition with its times as far as they are known by now."""
        first = max(0, self._first + rep.before)
        rows = self._rows.all[first : self._first + rep.after + 1]
        left, returned = leader.edges(rep)
        left, returned, far = (max(0, i + self._first - first) for i in (left, returned, rep.far))
        t_s = rows[:, T]
        same = np.abs((rows[left : returned + 1, QUAT] * rows[left, QUAT]).sum(axis=1))
        seen = self._rows.all[max(0, self._first) : self._ticked]
        turns = (max(0, i + min(self._first, 0)) for i in (rep.before, rep.far, rep.far, rep.after))
        return Movement(
            start_s=float(t_s[left]),
            peak_s=float(t_s[far]),
            end_s=float(t_s[returned]),
            range_deg=round(math.degrees(2.0 * math.acos(min(float(same.min()), 1.0))), 2),
            confidence=round(confidence, 3),
            **quality(seen[:, GYR], seen[:, UP], *turns),
        )

    def _draw(self, x: Array) -> None:
        """Trace and phase: away from rest is up, as the leading candidate sees it."""
        if self._leader is None:
            self.trace_deg = np.sqrt((x[:, VIEWS[1]] ** 2).sum(axis=1))
            self.movement_deg = float(self.trace_deg[-1])
            return
        p = self._leader.values
        rest = float(median([p[r.after] for r in self._leader.reps]))
        far = float(median([p[r.far] for r in self._leader.reps]))
        self.trace_deg = (self._leader.project(x) - rest) * math.copysign(1.0, far - rest)
        self.movement_deg = abs(float(self.trace_deg[-1]))
        earlier = p[max(0, len(p) - TICK_FRAMES)]
        place, before = (p[-1] - rest) / (far - rest), (earlier - rest) / (far - rest)
        if abs(place - before) > NEAR:
            self.phase = "out" if place > before else "back"
        else:
            self.phase = "pause" if place > 0.5 else "rest"

    def _forget(self) -> None:
        """Drop rows that no look back will ask for."""
        kept_s = KEPT_S if self.in_set else MEMORY_S
        surplus = self._ticked - int(kept_s * FRAME_RATE_HZ)
        if surplus > 0:
            self._rows.drop(surplus)
            self._ticked -= surplus
            self._first -= surplus
            if not self.in_set:
                self._first = max(0, self._first)
