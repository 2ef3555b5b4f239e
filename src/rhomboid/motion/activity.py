"""What the wearer is doing as a whole: still, moving, walking, lying, or not wearing the sensor."""

from __future__ import annotations

import math

import numpy as np

from rhomboid.events import Activity, ActivityChanged, Event
from rhomboid.imu import Array
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.ticks import NOT_WORN_SINCE_S, Codes, Flags, Settled, Ticks, dot, runs

LYING_DEG = 60.0

ACTIVITIES: tuple[Activity, ...] = ("still", "moving", "walking", "lying", "not_worn")
UNKNOWN = -1
STILL, MOVING, WALKING, LYING, NOT_WORN = range(len(ACTIVITIES))
# How long each must last before it is said, in ticks.
DWELL_TICKS = (15, 5, 10, 25, 1)


class ActivityDetector:
    """Streaming activity of the whole wearer. "Lying" is judged against the first pose kept for some seconds."""

    def __init__(self) -> None:
        self._settled = Settled(DWELL_TICKS, UNKNOWN)
        self._upright: Array | None = None
        self._quiet_ticks = 0

    def feed(self, frames: Frames, ticks: Ticks | None) -> list[Event]:
        """Changes of activity, in order."""
        if ticks is None:
            return []
        codes = np.concatenate([self._codes(ticks[i:j]) for i, j in runs(ticks.fixed)])
        return [
            ActivityChanged(
                at_s=float(ticks.seen_s[k]),
                start_s=start_s - NOT_WORN_SINCE_S if code == NOT_WORN else start_s,
                activity=ACTIVITIES[code],
            )
            for k, code, start_s in self._settled.feed(codes, ticks)
        ]

    def interrupt(self, gap: Break) -> list[Event]:
        """Forgets what was going on; the first activity after the gap is said anew."""
        self._settled = Settled(DWELL_TICKS, UNKNOWN)
        self._quiet_ticks = 0
        return []

    def finish(self) -> list[Event]:
        """Nothing is left open."""
        return []

    def _codes(self, ticks: Ticks) -> Codes:
        """One a tick, (n,); the ticks are all fixed or none is."""
        if ticks.fixed[0]:  # taken off: how it will be worn next is not known
            self._upright, self._quiet_ticks = None, 0
            return np.full(len(ticks), NOT_WORN)
        walking, moving = ticks.walking, ticks.moving
        quiet = ~(walking | moving)
        if self._upright is None:
            self._upright = self._quiet_pose(quiet, ticks)
        codes = np.full(len(ticks), STILL)
        if self._upright is not None:
            codes[dot(ticks.up, self._upright) < math.cos(math.radians(LYING_DEG))] = LYING
        codes[moving] = MOVING
        codes[walking] = WALKING
        return codes

    def _quiet_pose(self, quiet: Flags, ticks: Ticks) -> Array | None:
        """ "Up" once it has been quiet for as long as being still takes."""
        for i, j in runs(quiet):
            if not quiet[i]:
                self._quiet_ticks = 0
                continue
            enough = i + DWELL_TICKS[STILL] - self._quiet_ticks - 1
            self._quiet_ticks += j - i
            if enough < j:
                pose: Array = ticks.up[enough]
                return pose
        return None
