"""What a session has said so far, kept ready for drawing: every screen reads this and nothing else about the wearer.

Bounded in memory, however long the session: the newest five minutes of signal, and the newest events and marks.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from rhomboid import events as e
from rhomboid import words
from rhomboid.dashboard.calibration import Calibration
from rhomboid.imu import Array
from rhomboid.motion.pipeline import MotionState, Trace

if TYPE_CHECKING:
    from rhomboid.session import Update

KEPT_SAMPLES = 15_000
"""Five minutes of the signal core's 50 frames a second."""
KEPT_EVENTS = 200
KEPT_MARKS = 400
KEPT_MOVEMENTS = 200
AROUND_S = 1.0
"""So much of the signal before and after a movement is kept with it."""

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


class Judged(msgspec.Struct, eq=False):
    """A movement that was counted or refused, why, and its piece of signal: ``t_s`` and ``movement_deg``, (n,)."""

    movement: e.Movement
    counted: bool
    number: int
    """In its set, where it was counted as it happened."""
    reason: str = ""
    t_s: Array = msgspec.field(default_factory=lambda: np.empty(0))
    movement_deg: Array = msgspec.field(default_factory=lambda: np.empty(0))


class Observed:
    """Takes a session's updates and remembers what screens draw. ``revision`` grows with every update."""

    def __init__(self) -> None:
        self.revision = 0
        self.forget()

    def forget(self) -> None:
        """Another session, or another place in it: nothing has been said yet."""
        self.revision += 1
        self.state = MotionState()
        self.signal = SignalBuffer(KEPT_SAMPLES)
        self.told: deque[Told] = deque(maxlen=KEPT_EVENTS)
        self.set_number = 0
        self.last_hold_s: float | None = None
        self.slouch_alerted = False
        self.reference_remark = "no reference yet: sit or stand tall and keep still"
        self.judged: deque[Judged] = deque(maxlen=KEPT_MOVEMENTS)
        """The newest movements that were counted or refused, in order of announcement."""
        self.phase_since_s = 0.0
        self.calibration = Calibration()
        self.battery_percent: int | None = None
        self.link_words = ""
        self._uncut: list[Judged] = []
        self._marks: dict[float, MarkKind] = {}
        self._last_in_set_s: float | None = None

    def take(self, update: Update) -> None:
        """The next update of the session; one that moved tells all that was so far."""
        if update.moved:
            self.forget()
            self._last_in_set_s = max((x.end_s for x in update.events if isinstance(x, e.SetClosed)), default=0.0)
        for event in update.events:
            self._hear(event)
        self.signal.add(update.trace)
        self._cut_pieces(update.state.t_s)
        if update.state.phase != self.state.phase:
            self.phase_since_s = update.state.t_s
        self.state = update.state
        self.calibration.see(update.state)
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
        self.calibration.hear(event)
        match event:
            case e.SetStarted():
                self.set_number = event.set_index + 1
            case e.RepCompleted():
                self._judge(Judged(event.movement, True, event.number))
            case e.MovementRefused():
                self._judge(Judged(event.movement, False, 0, event.reason))
            case e.SetClosed():
                self.set_number = event.set_index + 1
                for correction in event.corrections:
                    self._correct(correction)
            case e.HoldEnded():
                self.last_hold_s = event.end_s - event.start_s
            case e.SlouchStarted():
                self.slouch_alerted = True
                self._mark(event.at_s, "slouch")
            case e.SlouchEnded():
                self.slouch_alerted = False
            case e.BatteryRead():
                self.battery_percent = event.percent
            case e.LinkChanged():
                self.link_words = words.describe(event)
            case e.CalibrationStep() | e.ReferenceRefused() | e.RecalibrationNeeded():
                self.reference_remark = words.describe(event)
        self._tell(event)

    def _tell(self, event: e.Event) -> None:
        if not isinstance(event, QUIET_IN_A_SET if self.state.in_set else QUIET):
            self.told.append(Told(event.at_s, words.describe(event)))

    def _judge(self, judged: Judged) -> None:
        self._mark(judged.movement.peak_s, "counted" if judged.counted else "refused")
        self.judged.append(judged)
        self._uncut.append(judged)

    def _correct(self, correction: e.Correction) -> None:
        """What the look back over a set decided otherwise: the movement that is there already, or one that is new."""
        counted = correction.change == "added"
        for judged in self.judged:
            if judged.movement.peak_s == correction.movement.peak_s:
                judged.counted, judged.reason = counted, correction.reason
                self._mark(judged.movement.peak_s, "counted" if counted else "refused")
                return
        self._judge(Judged(correction.movement, counted, 0, correction.reason))

    def _cut_pieces(self, now_s: float) -> None:
        """Gives the movements whose surroundings have been heard their pieces of signal."""
        waiting: list[Judged] = []
        for judged in self._uncut:
            if judged.movement.end_s + AROUND_S > now_s:
                waiting.append(judged)
            else:
                start_s, end_s = judged.movement.start_s - AROUND_S, judged.movement.end_s + AROUND_S
                judged.t_s, judged.movement_deg = self.signal.between(start_s, end_s)
        self._uncut = waiting[-KEPT_MOVEMENTS:]

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

    def between(self, start_s: float, end_s: float) -> tuple[Array, Array]:
        """``(t_s, movement_deg)``, copies of (n,), of what is left of this stretch."""
        start = max(self._end - self._capacity, 0)
        inside = slice(*(start + np.searchsorted(self._rows[0, start : self._end], (start_s, end_s))))
        return self._rows[0, inside].copy(), self._rows[1, inside].copy()

    def newest(self, seconds: float) -> tuple[Array, Array, Array]:
        """``(t_s, movement_deg, tilt_deg)``, copies of (n,), of the last ``seconds``."""
        start = max(self._end - self._capacity, 0)
        t_s = self._rows[0, start : self._end]
        if len(t_s):
            start += int(np.searchsorted(t_s, t_s[-1] - seconds))
        t_s, movement_deg, tilt_deg = self._rows[:, start : self._end].copy()
        return t_s, movement_deg, tilt_deg
