"""The signal core as one object: ``feed`` samples and gaps, get events. Live, replay and batch all run through here.

Detectors see frames (``frontend``), not samples. Each is a room of its own with the same three doors: ``feed(frames)``
for what is new, ``interrupt(gap)`` where the stream broke, ``finish()`` at its end; each returns events.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np

from rhomboid.events import Event, Posture
from rhomboid.imu import Array, Request, RequestKind, StreamItem
from rhomboid.motion.activity import ActivityDetector
from rhomboid.motion.breathing import BreathingDetector
from rhomboid.motion.frontend import Break, Frames, FrontEnd
from rhomboid.motion.guide import Progress
from rhomboid.motion.hold import HoldDetector
from rhomboid.motion.posture import PostureDetector
from rhomboid.motion.repetition import RepetitionDetector
from rhomboid.motion.settings import KnownReference, Settings
from rhomboid.motion.ticks import TickMaker, Ticks, joined

FRAMES_TOGETHER = 4
"""The counter decides every 0.2 s: until then so many frames go to it together, often enough to be drawn (80 ms)."""


class Detector(Protocol):
    """What the pipeline asks of every detector. An event's ``at_s`` is the ``seen_s`` of the frame that decided it."""

    def feed(self, frames: Frames) -> list[Event]:
        """What these frames decide, in order of ``at_s``."""

    def interrupt(self, gap: Break) -> list[Event]:
        """The stream broke: close or void what was open; nothing is claimed across the gap."""

    def finish(self) -> list[Event]:
        """The stream ended: close what is open."""


class Watcher(Protocol):
    """A detector that looks at ticks, the mean of ten frames each: those that the new frames complete, if any."""

    def feed(self, frames: Frames, ticks: Ticks | None) -> list[Event]: ...
    def interrupt(self, gap: Break) -> list[Event]: ...
    def finish(self) -> list[Event]: ...


class MotionState(msgspec.Struct, frozen=True, kw_only=True):
    """The newest moment as a screen wants it. Angles are None until there is a reference."""

    t_s: float = 0.0
    reps: int = 0
    """Repetitions counted in the set in hand, or in the last one."""
    in_set: bool = False
    phase: str = "rest"
    """rest, out, pause or back."""
    holding_s: float | None = None
    """How long the hold in hand has lasted."""
    movement_deg: float = 0.0
    flexion_deg: float | None = None
    lateral_deg: float | None = None
    tilt_deg: float | None = None
    """Angle between the trunk now and the reference, whatever its direction."""
    posture: Posture = "cannot_tell"
    breaths_per_min: float | None = None
    """While still, experimental; None: it cannot be told."""
    slouching_s: float | None = None
    """How long the trunk has been beyond the threshold, before and after the alert."""
    calibrating: Progress | None = None
    """How far a reference that was asked for has come."""


class Trace(msgspec.Struct, frozen=True, eq=False):
    """The signal since the last look, for drawing: all (n,). ``tilt_deg`` is NaN where there is no reference."""

    t_s: Array
    movement_deg: Array
    tilt_deg: Array


def _at_s(event: Event) -> float:
    return event.at_s


class Pipeline:
    """Streaming signal core. Feeding the same samples in other pieces gives the same events."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._front_end = FrontEnd()
        counts, watches = self.settings.mode != "desk", self.settings.mode != "set"
        self._repetition = RepetitionDetector(self.settings) if counts else None
        self._hold = HoldDetector(self.settings) if counts else None
        self._posture = PostureDetector(self.settings) if watches else None
        self._breathing = BreathingDetector() if watches else None
        self._ticks = TickMaker()
        self._mounted = False
        self._watchers: list[Watcher] = [] if self._posture is None else [ActivityDetector(), self._posture]
        self._detectors: list[Detector] = [d for d in (self._breathing, self._hold) if d is not None]
        self._rooms: list[Watcher | Detector] = [*self._watchers, *self._detectors]
        if self._repetition is not None:
            self._rooms.append(self._repetition)
        self._waiting: list[Frames] = []  # for the counter
        self._tilt_deg: list[Array] = []  # then
        self._t_s = 0.0
        self._trace: list[Trace] = []

    def feed(self, item: StreamItem) -> list[Event]:
        """The events decided by these samples, in order of ``at_s``."""
        if isinstance(item, Request):
            return self._ask(item.kind, item.exercise)
        found: list[Event] = []
        about_stream: list[Event] = []
        for piece in self._front_end.feed(item):
            if isinstance(piece, Frames):
                if self._posture is not None and not self._mounted and self._front_end.axes is not None:
                    self._posture.mounted(self._front_end.axes)
                    self._mounted = True
                if self._watchers:
                    ticks = self._ticks.feed(piece)
                    for watcher in self._watchers:
                        found += watcher.feed(piece, ticks)
                for detector in self._detectors:
                    found += detector.feed(piece)
                self._t_s = float(piece.t_s[-1])
                found += self._count(piece)
            elif isinstance(piece, Break):
                found += self._count()
                self._ticks = TickMaker()
                for room in self._rooms:
                    found += room.interrupt(piece)
            else:
                about_stream.append(piece)
        # A stable sort, and what the detectors say first: the order then is the same however the samples were cut.
        return sorted(found + about_stream, key=_at_s)

    def _ask(self, kind: RequestKind, exercise: str) -> list[Event]:
        if kind == "reference" or kind == "guided_reference":
            if self._posture is not None:
                self._posture.request(kind)
            return []
        found = self._count()
        if self._hold is not None:
            self._hold.tell(going_on=kind == "set_begins")
        if self._repetition is None:
            return found
        return found + self._repetition.tell(going_on=kind == "set_begins", exercise=exercise)

    def finish(self) -> list[Event]:
        """The stream is over: the events that close what was open."""
        found = self._count()
        return sorted(found + [e for room in self._rooms for e in room.finish()], key=_at_s)

    @property
    def state(self) -> MotionState:
        """The newest moment, for display."""
        state = MotionState(t_s=self._t_s)
        if self._repetition is not None and self._hold is not None:
            state = msgspec.structs.replace(
                state,
                reps=self._repetition.reps,
                in_set=self._repetition.in_set,
                phase=self._repetition.phase,
                movement_deg=self._repetition.movement_deg,
                holding_s=self._hold.holding_s,
            )
        if self._breathing is not None:
            state = msgspec.structs.replace(state, breaths_per_min=self._breathing.per_min)
        if self._posture is not None:
            state = msgspec.structs.replace(
                state,
                flexion_deg=self._posture.flexion_deg,
                lateral_deg=self._posture.lateral_deg,
                tilt_deg=self._posture.tilt_deg,
                posture=self._posture.posture,
                slouching_s=self._posture.slouching_s,
                calibrating=self._posture.calibrating,
            )
        return state

    @property
    def reference(self) -> KnownReference | None:
        """The reference that a later session may begin with, if there is one."""
        return None if self._posture is None else self._posture.reference.lasting

    def take_trace(self) -> Trace:
        """The signal since the last call; keeps at most the newest ten minutes between calls."""
        taken, self._trace = self._trace, []
        if not taken:
            return Trace(np.empty(0), np.empty(0), np.empty(0))
        return Trace(*(np.concatenate([getattr(t, name) for t in taken]) for name in Trace.__struct_fields__))

    def _count(self, frames: Frames | None = None) -> list[Event]:
        """What the counter decides with these frames; without any, with all that wait for it."""
        counter = self._repetition
        if frames is not None:
            self._waiting.append(frames)
            self._tilt_deg.append(np.full(len(frames), np.nan) if self._posture is None else self._posture.trace_deg)
            if counter and sum(map(len, self._waiting)) < min(FRAMES_TOGETHER, counter.frames_to_tick):
                return []
        if not self._waiting:
            return []
        frames, tilt_deg = joined(self._waiting), np.concatenate(self._tilt_deg)
        self._waiting, self._tilt_deg = [], []
        found = counter.feed(frames) if counter else []
        self._trace.append(Trace(frames.t_s, counter.trace_deg if counter else np.full(len(frames), np.nan), tilt_deg))
        while self._trace[-1].t_s[-1] - self._trace[0].t_s[0] > 600.0:
            self._trace.pop(0)
        return found
