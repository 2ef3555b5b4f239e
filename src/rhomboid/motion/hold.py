"""Holds: how long the far point of a movement is kept, whatever the exercise.

The stream is cut into standstills and movements by how fast the trunk turns and how its acceleration changes. A
standstill is a rest or a hold by where it lies: the resting pose is where the set began and where movements come back
to.
"""

from __future__ import annotations

from collections import deque

import msgspec
import numpy as np

from rhomboid.events import Event, HoldEnded, HoldStarted
from rhomboid.imu import Array
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.order import median
from rhomboid.motion.settings import Settings
from rhomboid.motion.stillness import BOB, METRES_A_DEG, SEEN, SPEED, UP, YAW, Look, Offset, T, Usual, apart_deg
from rhomboid.motion.ticks import Codes, Flags, unit

HOLD_S = 1.0
STILL_FRAMES = 20
# A standstill is left at once if it is by more than a wobble, or else when that lasts longer than one, or when the
# movement does. Swaying about in a hold does not end it while it stays this far from rest.
WOBBLE_DEG, WOBBLE_FRAMES = 2.5, 30
KEPT_SHARE = 0.7
# A pose is away from rest beyond this share of the way the movement went. It was reached on entering this share of the
# movement's range around it.
AWAY_SHARE, BAND_SHARE, BAND_DEG = 0.33, 0.05, 0.3
# Two poses are one and the same within this share of the range of the movement between them.
SAME_SHARE = 0.25
# After so long a rest the next movement may be of another kind.
REST_S = 10.0
# A movement begins a little before it looks like one; of a very long one the last minute serves.
BEFORE_FRAMES, LONGEST_FRAMES = 15, 3000
VISITS = 5
# In free running people also stand and sit this way and that, some 115 times an hour; an exercise comes back to the
# same pose. Asking for two like it in the last minute leaves 3 an hour; what was held there is told with the third.
ALIKE_S, ALIKE_SHARE, ALIKE_POSE_SHARE, ALIKE_TO_KNOW = 60.0, 0.6, 0.3, 2


class HoldDetector:
    """Streaming hold timer; ``holding_s`` is how long the hold in hand has lasted since reaching the far point."""

    def __init__(self, settings: Settings) -> None:
        self.holding_s: float | None = None
        self._knows = self._exercising = settings.mode == "set" or settings.exercise is not None
        self._usual = Usual()
        self._visits: deque[_Visit] = deque(maxlen=VISITS)
        self._untold: deque[tuple[_Visit, HoldEnded]] = deque(maxlen=VISITS)
        self._rest_up: Array | None = None
        self._former_rest_up: Array | None = None
        self._start()

    def feed(self, frames: Frames) -> list[Event]:
        """What these frames decide, in order of ``at_s``."""
        rows = self._look.rows(frames)
        found: list[Event] = []
        while len(rows):
            moving = self._still is None or self._leaving
            rows = rows[self._move(rows, found) if moving else self._keep_still(rows, found) :]
        return found

    def interrupt(self, gap: Break) -> list[Event]:
        """A hold in hand ends with the last sample before the gap; the resting pose is remembered."""
        found = self._end(gap.start_s, gap.end_s)
        self._start()
        return found

    def finish(self) -> list[Event]:
        """Closes what is open."""
        return self._end(self._last_s, self._seen_s)

    def _start(self) -> None:
        self._look = Look()
        self._last_s = self._seen_s = 0.0
        self._still: _Standstill | None = None
        self._announced = False
        # The movement in hand, or the leaving of a standstill that may yet turn out to be a wobble.
        self._leaving = False
        self._from = np.empty(0)
        self._left_s = 0.0
        self._path: list[Array] = []
        self._length = 0
        self._calm = self._fast = self._astray = 0
        # Where it began, as seen from rest, and how far to trust that.
        self._offset = Offset()
        self._since_rest = 0

    def tell(self, *, going_on: bool) -> None:
        """From here on it is known that a set is going on (any pose away from rest is held for it), or not any more."""
        self._exercising = self._knows or going_on

    # --- standstill and movement -------------------------------------------------------------------------------------

    def _keep_still(self, rows: Array, found: list[Event]) -> int:
        """Goes through rows until something stirs; how many were used up."""
        assert self._still is not None  # noqa: S101
        if self._usual.rows_to_look:
            rows = rows[: self._usual.rows_to_look]
        rested_s = self._still.start_s + REST_S
        rests_long = not self._still.away and self._last_s < rested_s
        if rests_long:
            rows = rows[: int(np.searchsorted(rows[:, T], rested_s)) + 1]
        stirs = np.flatnonzero(rows[:, SPEED] >= self._usual.still_dps)
        k = int(stirs[0]) if len(stirs) else len(rows)
        self._usual.look(rows[:k, SPEED])
        if k:
            before = np.concatenate((*self._path, rows[max(k - BEFORE_FRAMES, 0) : k]))
            self._path = [before[-BEFORE_FRAMES:]]
            self._pass(rows[:k], found)
        if rests_long and self._last_s >= rested_s:
            self._usual.forget()
        if k < len(rows):
            self._leaving, self._from = True, self._path[0][-1]
            self._left_s = float(self._from[T])
            self._length = len(self._path[0])
            self._calm = self._fast = self._astray = 0
        return k

    def _move(self, rows: Array, found: list[Event]) -> int:
        """Goes through rows until a standstill is left or reached; how many were used up."""
        calm = rows[:, SPEED] < self._usual.still_dps
        calm_for = _lasting(calm, self._calm)
        settled = calm_for >= STILL_FRAMES
        left = self._leaves(rows, calm, settled) if self._still is not None else np.zeros(len(rows), bool)
        turns = np.flatnonzero(settled | left)
        k = int(turns[0]) + 1 if len(turns) else len(rows)
        self._calm = int(calm_for[k - 1])
        self._path.append(rows[:k])
        self._length += k
        while self._length - len(self._path[0]) >= LONGEST_FRAMES:
            self._length -= len(self._path.pop(0))
        self._pass(rows[:k], found)
        if left[k - 1]:
            found += self._end(self._left_s, self._seen_s)
            self._still, self._leaving = None, False
        elif settled[k - 1] and self._still is not None:
            self._leaving, self._path = False, [rows[k - 1 : k]]
        elif settled[k - 1]:
            self._settle()
        return k

    def _leaves(self, rows: Array, calm: Flags, settled: Flags) -> Flags:
        """Rows at which it is clear that the standstill is being left for good."""
        assert self._still is not None and self._rest_up is not None  # noqa: S101
        still, start, left_deg = self._still, self._from, self._usual.left_deg
        turned_deg = rows[:, YAW] - start[YAW]
        away_deg = apart_deg(rows[:, UP], start[UP], turned_deg, rows[:, BOB])
        fast_for = _lasting(~calm, self._fast)
        left = (away_deg > left_deg) & (fast_for > WOBBLE_FRAMES)
        if still.away:
            from_rest_deg = apart_deg(rows[:, UP], self._rest_up, still.yaw_deg + turned_deg, 0.0)
            kept = from_rest_deg > KEPT_SHARE * still.from_rest_deg
            away_deg = np.where(kept, np.abs(rows[:, BOB]) / METRES_A_DEG, away_deg)
        astray_for = _lasting(away_deg > left_deg, self._astray)
        self._fast, self._astray = int(fast_for[-1]), int(astray_for[-1])
        gone: Flags = left | (away_deg > max(left_deg, WOBBLE_DEG)) | (astray_for > WOBBLE_FRAMES)
        gone |= settled & (away_deg > left_deg)
        first = int(np.argmax(gone | settled)) + 1 if (gone | settled).any() else len(rows)
        quiet = np.flatnonzero((calm & (away_deg <= left_deg))[:first])
        if len(quiet):
            self._left_s = float(rows[quiet[-1], T])
        return gone

    def _settle(self) -> None:
        """A movement has come to a standstill: where?"""
        path = np.concatenate(self._path)[-LONGEST_FRAMES:]
        up = unit(path[-STILL_FRAMES:, UP].mean(axis=0))
        path = path[: len(path) - STILL_FRAMES + 1]
        if self._rest_up is None:
            self._rest_up = path[0, UP]
        begin, offset = Offset().after(path), self._offset.after(path)
        range_deg = float(apart_deg(path[:, UP], path[0, UP], *begin.sure).max())
        from_rest_deg = apart_deg(path[:, UP], self._rest_up, *offset.sure)
        now_deg = float(apart_deg(up[None], self._rest_up, *offset.last.sure)[0])
        away = now_deg > max(AWAY_SHARE * float(from_rest_deg.max()), self._usual.least_deg(range_deg))
        self._since_rest = 0 if float(from_rest_deg.min()) < AWAY_SHARE * now_deg else self._since_rest
        reached = self._reached(path, up, begin, range_deg)
        visit = _Visit(float(path[reached, T]), range_deg, up, offset.last)
        if away and self._is_base(visit):
            away = False
            self._former_rest_up = self._rest_up
            self._usual.forget()
        elif away and self._is_former_rest(visit):
            away = False
            self._former_rest_up = None
            self._usual.forget()
        self._usual.learn(range_deg, float(median(path[:, SPEED])))

        # the reaching has to be seen: after a gap the trunk may have been there for long
        held = visit if away and reached > 0 else None
        alike = self._alike(visit)
        self._still = _Standstill(
            start_s=visit.reached_s,
            up=up,
            away=away,
            held=held,
            timed=held is not None and (self._exercising or len(alike) >= ALIKE_TO_KNOW),
            alike=alike,
            from_rest_deg=float(apart_deg(up[None], self._rest_up, offset.last.sure[0], 0.0)[0]),
            yaw_deg=float(offset.last.sure[0][0]),
        )
        self._path = [self._path[-1][-1:]]
        if away:
            self._offset = offset.last
            self._visits.append(visit)
            self._since_rest = min(self._since_rest + 1, len(self._visits))
        else:
            self._offset, self._rest_up, self._since_rest = Offset(), up, 0

    def _reached(self, path: Array, up: Array, begin: Offset, range_deg: float) -> int:
        """The row from which on a movement kept close to where it ended."""
        yaw_deg, height_m = path[:, YAW] - path[-1, YAW], begin.height_m - begin.height_m[-1]
        band_deg = max(BAND_SHARE * range_deg, BAND_DEG)
        outside = np.flatnonzero(apart_deg(path[:, UP], up, yaw_deg, height_m) > band_deg)
        return min(int(outside[-1]) + 1, len(path) - 1) if len(outside) else 0

    def _is_base(self, visit: _Visit) -> bool:
        """Whether the trunk is back at the pose it first took up on leaving rest, and was never near rest since."""
        if not self._since_rest:
            return False
        return visit.from_deg(self._visits[-self._since_rest]) < SAME_SHARE * visit.range_deg

    def _is_former_rest(self, visit: _Visit) -> bool:
        """Whether the trunk is back at the resting pose it had before the set took up its own."""
        if self._former_rest_up is None:
            return False
        return bool(apart_deg(visit.up[None], self._former_rest_up, 0.0, 0.0)[0] < SAME_SHARE * visit.range_deg)

    def _alike(self, visit: _Visit) -> list[_Visit]:
        """Earlier poses away from rest like this one: only after some of them it is known to belong to an exercise."""
        like = [
            v
            for v in self._visits
            if visit.reached_s - v.reached_s < ALIKE_S
            and ALIKE_SHARE * v.range_deg < visit.range_deg < v.range_deg / ALIKE_SHARE
        ]
        if not like:
            return []
        away_deg = apart_deg(np.array([v.up for v in like]), visit.up, 0.0, 0.0)
        return [v for v, deg in zip(like, away_deg.tolist(), strict=True) if deg < ALIKE_POSE_SHARE * visit.range_deg]

    # --- holds -------------------------------------------------------------------------------------------------------

    def _pass(self, rows: Array, found: list[Event]) -> None:
        """Time goes on."""
        self._last_s, self._seen_s = float(rows[-1, T]), float(rows[-1, SEEN])
        if self._still is None or not self._still.timed:
            return
        self.holding_s = self._last_s - self._still.start_s
        due = int(np.searchsorted(rows[:, T], self._still.start_s + HOLD_S - 1e-9))
        if due < len(rows) and not self._announced:
            self._announced = True
            now_s = float(rows[due, SEEN])
            for visit, hold in self._untold:
                if any(visit is v for v in self._still.alike):
                    found.append(HoldStarted(at_s=now_s, start_s=hold.start_s))
                    found.append(msgspec.structs.replace(hold, at_s=now_s))
            self._untold.clear()
            found.append(HoldStarted(at_s=now_s, start_s=self._still.start_s))

    def _end(self, end_s: float, now_s: float) -> list[Event]:
        announced, self._announced, self.holding_s = self._announced, False, None
        if self._still is None or self._still.held is None:
            return []
        last = self._from if self._leaving else self._path[-1][-1]
        drift_deg = float(apart_deg(last[None, UP], self._still.up, 0.0, 0.0)[0])
        hold = HoldEnded(at_s=now_s, start_s=self._still.start_s, end_s=end_s, drift_deg=round(drift_deg, 3))
        if announced:
            return [hold]
        if end_s - self._still.start_s >= HOLD_S:
            self._untold.append((self._still.held, hold))
        return []


class _Standstill(msgspec.Struct, frozen=True, eq=False):
    """A pose that is kept: since when, which way is up, whether it is ``away`` from rest, the visit that is ``held``
    (None: nothing to time), whether that is ``timed`` as a hold by now, and earlier visits ``alike``."""

    start_s: float
    up: Array
    away: bool
    held: _Visit | None
    timed: bool
    alike: list[_Visit]
    from_rest_deg: float
    yaw_deg: float


class _Visit(msgspec.Struct, frozen=True, eq=False):
    """A standstill away from rest that was reached by a movement of this range."""

    reached_s: float
    range_deg: float
    up: Array
    offset: Offset

    def from_deg(self, before: _Visit) -> float:
        """How far this pose is from an earlier one."""
        return float(apart_deg(self.up[None], before.up, *self.offset.since(before.offset).sure)[0])


def _lasting(flags: Flags, before: int) -> Codes:
    """For each row, how many in a row up to it are set, (n,); ``before`` were so before the first."""
    at = np.arange(1, len(flags) + 1)
    return at - np.maximum.accumulate(np.where(flags, -before, at))
