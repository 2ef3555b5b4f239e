"""What a session has said so far, kept ready for drawing: every screen reads this and nothing else about the wearer.

Bounded in memory, however long the session: the newest five minutes of signal, and the newest events and marks.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from rhomboid import events as e
from rhomboid import words
from rhomboid.imu import Array
from rhomboid.motion.pipeline import MotionState, Trace

if TYPE_CHECKING:
    from rhomboid.session import Update

KEPT_SAMPLES = 15_000
"""Five minutes of the signal core's 50 frames a second."""
KEPT_EVENTS = 200
KEPT_MARKS = 400

QUIET = (e.ActivityChanged, e.BreathingMeasured)  # posture says more; a rate every half minute is no news
QUIET_IN_A_SET = (*QUIET, e.PostureChanged, e.HoldStarted)
"""Events that are not told, as they are shown as a state; in a set they would push the repetitions out of sight."""

MarkKind = Literal["counted", "refused", "slouch"]


class Mark(NamedTuple):
    """A moment to point out on the signal."""

    t_s: float
    kind: MarkKind


class Told(NamedTuple):
    """An event in words."""

    t_s: float
    text: str


class Observed:
    """Takes a session's updates and remembers what screens draw. ``revision`` grows with every update."""

    def __init__(self) -> None:
        self.revision = 0
        self._forget()

    def _forget(self) -> None:
        self.state = MotionState()
        self.signal = SignalBuffer(KEPT_SAMPLES)
        self.told: deque[Told] = deque(maxlen=KEPT_EVENTS)
        self.set_number = 0
        self.last_hold_s: float | None = None
        self.slouch_alerted = False
        self.reference_remark = "no reference yet: sit or stand tall and keep still"
        self._marks: dict[float, MarkKind] = {}
        self._last_in_set_s: float | None = None

    def take(self, update: Update) -> None:
        """The next update of the session; one that moved tells all that was so far."""
        if update.moved:
            self._forget()
            self._last_in_set_s = max((x.end_s for x in update.events if isinstance(x, e.SetClosed)), default=0.0)
        for event in update.events:
            self._hear(event)
        self.signal.add(update.trace)
        self.state = update.state
        if update.state.in_set or self._last_in_set_s is None:
            self._last_in_set_s = update.state.t_s
        self.revision += 1

    @property
    def marks(self) -> list[Mark]:
        """What to point out on the signal, in order of announcement."""
        return [Mark(t_s, kind) for t_s, kind in self._marks.items()]

    @property
    def since_set_s(self) -> float:
        """Seconds of sensor time since the last set, or since the beginning."""
        return 0.0 if self._last_in_set_s is None else self.state.t_s - self._last_in_set_s

    def _hear(self, event: e.Event) -> None:
        match event:
            case e.SetStarted():
                self.set_number = event.set_index + 1
            case e.RepCompleted():
                self._mark(event.movement.peak_s, "counted")
            case e.MovementRefused():
                self._mark(event.movement.peak_s, "refused")
            case e.SetClosed():
                self.set_number = event.set_index + 1
                for correction in event.corrections:
                    self._mark(correction.movement.peak_s, "counted" if correction.change == "added" else "refused")
            case e.HoldEnded():
                self.last_hold_s = event.end_s - event.start_s
            case e.SlouchStarted():
                self.slouch_alerted = True
                self._mark(event.at_s, "slouch")
            case e.SlouchEnded():
                self.slouch_alerted = False
            case e.CalibrationStep() | e.ReferenceRefused() | e.RecalibrationNeeded():
                self.reference_remark = words.describe(event)
        self._tell(event)

    def _tell(self, event: e.Event) -> None:
        if not isinstance(event, QUIET_IN_A_SET if self.state.in_set else QUIET):
            self.told.append(Told(event.at_s, words.describe(event)))

    def _mark(self, t_s: float, kind: MarkKind) -> None:
        self._marks[t_s] = kind
        if len(self._marks) > KEPT_MARKS:
            del self._marks[next(iter(self._marks))]


class SignalBuffer:
    """The newest ``capacity`` samples of time, movement and tilt; adding never copies what is already there, mostly."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows = np.empty((3, 2 * capacity))
        self._end = 0
        self.has_movement = False
        self.has_tilt = False

    def add(self, trace: Trace) -> None:
        """The samples that are new, in order of time."""
        new = np.stack((trace.t_s, trace.movement_deg, trace.tilt_deg))[:, -self._capacity :]
        self.has_movement = self.has_movement or bool(np.isfinite(new[1]).any())
        self.has_tilt = self.has_tilt or bool(np.isfinite(new[2]).any())
        if self._end + new.shape[1] > self._rows.shape[1]:
            kept = self._capacity - new.shape[1]
            self._rows[:, :kept] = self._rows[:, self._end - kept : self._end].copy()
            self._end = kept
        self._rows[:, self._end : self._end + new.shape[1]] = new
        self._end += new.shape[1]

    def newest(self, seconds: float) -> tuple[Array, Array, Array]:
        """``(t_s, movement_deg, tilt_deg)``, copies of (n,), of the last ``seconds``."""
        start = max(self._end - self._capacity, 0)
        t_s = self._rows[0, start : self._end]
        if len(t_s):
            start += int(np.searchsorted(t_s, t_s[-1] - seconds))
        t_s, movement_deg, tilt_deg = self._rows[:, start : self._end].copy()
        return t_s, movement_deg, tilt_deg
