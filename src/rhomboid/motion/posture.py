"""Trunk posture against the upright reference, and the slouch alert.

A single sensor measures how the upper trunk leans; whether the hips or the back bend it cannot tell.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rhomboid.events import Event, Posture, PostureChanged, SlouchEnded, SlouchStarted
from rhomboid.imu import Array, RequestKind
from rhomboid.motion.activity import LYING_DEG
from rhomboid.motion.frontend import Break, Frames
from rhomboid.motion.guide import Guide, Progress
from rhomboid.motion.reference import Reference
from rhomboid.motion.settings import Axis, Settings
from rhomboid.motion.ticks import NOT_WORN_SINCE_S, TICK_S, Codes, Settled, Ticks, runs

POSTURES: tuple[Posture, ...] = (
    "cannot_tell", "upright", "leaning_forward", "leaning_back", "leaning_left", "leaning_right", "leaning",
    "moving", "lying", "not_worn",
)  # fmt: skip
CANNOT_TELL, UPRIGHT, FORWARD, BACK, LEFT, RIGHT, LEANING, MOVING, LYING, NOT_WORN = range(len(POSTURES))
# How long each must last before it is said, in ticks.
DWELL_TICKS = (1, 5, 5, 5, 5, 5, 5, 5, 25, 1)
# Further over than this nobody slouches: hinged or bent for something, or lying down.
BENT_DEG = 50.0
# Forward within this angle of straight ahead; beyond it the lean is a sideways one.
FORWARD_SECTOR_DEG = 45.0
# Where a slouch stands: off, between threshold and hysteresis, beyond the threshold.
OFF, BETWEEN, BEYOND = range(3)


class PostureDetector:
    """Streaming posture and slouch detector; angles are those of the newest tick (0.2 s), None without a reference."""

    def __init__(self, settings: Settings) -> None:
        self.flexion_deg: float | None = None
        self.lateral_deg: float | None = None
        self.tilt_deg: float | None = None
        self.trace_deg: Array = np.empty(0)
        self.reference = Reference(settings.reference_s, _axis(settings.forward_axis), settings.known_reference)
        self._guide: Guide | None = None
        self._settled = Settled(DWELL_TICKS, CANNOT_TELL)
        self._slouch = _Slouch(settings)
        self._threshold_deg = settings.slouch.threshold_deg
        self._hysteresis_deg = settings.slouch.hysteresis_deg
        self._t_s = self._seen_s = 0.0

    def mounted(self, axes: Array) -> None:
        """The frames' axes, (3, 3) as rows in the sensor's, known from the first sample on."""
        self.reference.mounted(axes)
        if self._guide is not None:
            self._guide.declared = self.reference.declared

    @property
    def posture(self) -> Posture:
        return POSTURES[self._settled.code]

    @property
    def calibrating(self) -> Progress | None:
        """How far the reference that was asked for has come; None: none is being taken."""
        return None if self._guide is None else self._guide.progress

    @property
    def slouching_s(self) -> float | None:
        """How long the trunk has been beyond the threshold, before and after the alert."""
        since_s = self._slouch.since_s
        return None if since_s is None else max(self._t_s - since_s, 0.0)

    def feed(self, frames: Frames, ticks: Ticks | None) -> list[Event]:
        """What these frames and the ticks they complete decide, in order of ``at_s``."""
        found: list[Event] = []
        while ticks is not None and len(ticks):
            if self._guide is not None:
                k, events = self._calibrate(ticks, self._guide)
            else:
                k, events = self._judge(ticks) if self.reference.usable else self._seek(ticks)
            found += events
            ticks = ticks[k:]
        self._t_s, self._seen_s = float(frames.t_s[-1]), float(frames.seen_s[-1])
        usable = self.reference.usable
        self.trace_deg = self.reference.tilt_deg(frames.up) if usable else np.full(len(frames), np.nan)
        return found

    def request(self, kind: RequestKind) -> None:
        """The user asks for a new reference; asking again begins again."""
        self._guide = Guide(kind, self.reference.declared)

    def interrupt(self, gap: Break) -> list[Event]:
        """Posture during a gap is unknown: a slouch ends where it begins. The reference still holds."""
        found = self.reference.interrupt(gap.end_s)
        if self._guide is not None:
            self._guide.interrupt()
        found += self._slouch.stop(gap.start_s, gap.end_s)
        if self._settled.code != CANNOT_TELL:
            found.append(_changed(gap.end_s, gap.start_s, CANNOT_TELL, "samples missing"))
        self._settled = Settled(DWELL_TICKS, CANNOT_TELL)
        self.flexion_deg = self.lateral_deg = self.tilt_deg = None
        return found

    def finish(self) -> list[Event]:
        """Closes what is open."""
        found = [] if self._guide is None else self._guide.finish(self._seen_s)
        return found + self.reference.finish(self._seen_s) + self._slouch.stop(self._t_s, self._seen_s)

    def _calibrate(self, ticks: Ticks, guide: Guide) -> tuple[int, list[Event]]:
        """While a reference is being taken nothing is said about posture."""
        found = self._slouch.stop(float(ticks.start_s[0]), float(ticks.seen_s[0]))
        self.flexion_deg = self.lateral_deg = self.tilt_deg = None
        k, events = guide.feed(ticks)
        codes = np.where(ticks.fixed[:k], NOT_WORN, CANNOT_TELL)
        found += self._settle(codes, ticks[:k]) + events
        if guide.done:
            self._guide = None
        if guide.found is not None:
            self.reference.take(guide.found)
        return k, sorted(found, key=_at_s)

    def _seek(self, ticks: Ticks) -> tuple[int, list[Event]]:
        """Without a reference only what needs none can be said."""
        k, events = len(ticks), list[Event]()
        if not self.reference.stale:
            k, events = self.reference.seek(ticks)
        elif self.reference.automatic and ticks.fixed.any():
            k = int(np.argmax(ticks.fixed)) + 1
            events = self.reference.taken_off(float(ticks.seen_s[k - 1]))
        self.flexion_deg = self.lateral_deg = self.tilt_deg = None
        codes = np.where(ticks.fixed[:k], NOT_WORN, CANNOT_TELL)
        return k, self._settle(codes, ticks[:k]) + events

    def _judge(self, ticks: Ticks) -> tuple[int, list[Event]]:
        """As many ticks as can be judged by one and the same reference."""
        reference = self.reference
        ticks = ticks[: reference.stride_left]
        taken_off = bool(ticks.fixed.any())
        if taken_off:
            ticks = ticks[: int(np.argmax(ticks.fixed)) + 1]
        tilt_deg = reference.tilt_deg(ticks.up)
        if reference.forward is None:
            flexion_deg = lateral_deg = None
            lean_deg = tilt_deg
            direction = np.full(len(ticks), LEANING)
        else:
            flexion_deg, lateral_deg = reference.flexion_deg(ticks.up), reference.lateral_deg(ticks.up)
            direction = _direction(flexion_deg, lateral_deg)
            lean_deg = np.where(direction == FORWARD, flexion_deg, 0.0)

        codes = np.where(tilt_deg > self._threshold_deg, direction, UPRIGHT)
        codes[tilt_deg > LYING_DEG] = LYING
        codes[ticks.moving | ticks.walking] = MOVING
        codes[ticks.fixed] = NOT_WORN
        found = self._settle(codes, ticks)

        stands = np.where(lean_deg > self._threshold_deg, BEYOND, BETWEEN)
        void = (tilt_deg > BENT_DEG) | ticks.restless | ticks.walking | ticks.fixed
        stands[(lean_deg < self._threshold_deg - self._hysteresis_deg) | void] = OFF
        found += self._slouch.feed(stands, lean_deg, ticks, "unknown" if reference.forward is None else "forward")

        self.tilt_deg = float(tilt_deg[-1])
        self.flexion_deg = None if flexion_deg is None else float(flexion_deg[-1])
        self.lateral_deg = None if lateral_deg is None else float(lateral_deg[-1])
        found += reference.follow(ticks, tilt_deg)
        if taken_off:
            found += self._slouch.stop(float(ticks.start_s[-1]) - NOT_WORN_SINCE_S, float(ticks.seen_s[-1]))
            found += reference.taken_off(float(ticks.seen_s[-1]))
        elif reference.stale:
            found += self._settle(np.full(1, CANNOT_TELL), ticks[-1:])
        if not reference.usable:
            found += self._slouch.stop(float(ticks.t_s[-1]), float(ticks.seen_s[-1]))
        found.sort(key=_at_s)
        return len(ticks), found

    def _settle(self, codes: Codes, ticks: Ticks) -> list[Event]:
        reason = "the reference no longer fits" if self.reference.stale else ""
        if self._guide is not None:
            reason = "taking the reference"
        return [
            _changed(float(ticks.seen_s[k]), start_s - NOT_WORN_SINCE_S * (code == NOT_WORN), code, reason)
            for k, code, start_s in self._settled.feed(codes, ticks)
        ]


class _Slouch:
    """Times one lean at a time: beyond the threshold, for the delay, until it has been left for the recovery."""

    def __init__(self, settings: Settings) -> None:
        self._delay_s = settings.slouch.delay_s
        self._recovery_ticks = max(round(settings.slouch.recovery_s / TICK_S), 1)
        self.since_s: float | None = None
        self._alert_s: float | None = None
        self._peak_deg = 0.0
        self._left_s = 0.0
        self._left_ticks = 0

    def feed(
        self, stands: Codes, lean_deg: Array, ticks: Ticks, direction: Literal["forward", "unknown"]
    ) -> list[Event]:
        found: list[Event] = []
        for i, j in runs(stands):
            beyond = stands[i] == BEYOND
            # A lean that was only beginning is given up sooner than one that was announced.
            left = stands[i] == OFF if self._alert_s is not None else not beyond
            if beyond and self.since_s is None:
                self.since_s = float(ticks.start_s[i])
            if self.since_s is None:
                continue
            if left:
                if not self._left_ticks:
                    self._left_s = float(ticks.start_s[i])
                decided = i + self._recovery_ticks - self._left_ticks - 1
                self._left_ticks += j - i
                if decided < j:
                    found += self.stop(self._left_s, float(ticks.seen_s[decided]))
                continue
            self._left_ticks = 0
            if self._alert_s is None:
                due = i + int(np.searchsorted(ticks.t_s[i:j], self.since_s + self._delay_s - 1e-9))
                if due < j:
                    self._alert_s = float(ticks.seen_s[due])
                    tilt_deg = round(float(lean_deg[due]), 3)
                    found.append(
                        SlouchStarted(at_s=self._alert_s, start_s=self.since_s, tilt_deg=tilt_deg, direction=direction)
                    )
            self._peak_deg = max(self._peak_deg, float(lean_deg[i:j].max()))
        return found

    def stop(self, end_s: float, now_s: float) -> list[Event]:
        """Over, or given up before it was announced."""
        since_s, alert_s, peak_deg = self.since_s, self._alert_s, self._peak_deg
        self.since_s = self._alert_s = None
        self._peak_deg, self._left_ticks = 0.0, 0
        if since_s is None or alert_s is None:
            return []
        end_s = max(end_s, alert_s)
        return [SlouchEnded(at_s=now_s, start_s=since_s, alert_s=alert_s, end_s=end_s, peak_deg=round(peak_deg, 3))]


def _direction(flexion_deg: Array, lateral_deg: Array) -> Codes:
    bearing_deg = np.degrees(np.arctan2(lateral_deg, flexion_deg))
    off_deg = np.abs(bearing_deg)
    sideways = np.where(bearing_deg > 0.0, LEFT, RIGHT)
    behind = np.where(off_deg >= 180.0 - FORWARD_SECTOR_DEG, BACK, sideways)
    return np.where(off_deg <= FORWARD_SECTOR_DEG, FORWARD, behind)


def _axis(name: Axis | None) -> Array | None:
    """The unit vector, (3,), of a sensor axis such as "-z"."""
    return None if name is None else np.eye(3)["xyz".index(name[-1])] * (-1.0 if name[0] == "-" else 1.0)


def _changed(at_s: float, start_s: float, code: int, reason: str = "") -> PostureChanged:
    return PostureChanged(at_s=at_s, start_s=start_s, posture=POSTURES[code], reason=reason)


def _at_s(event: Event) -> float:
    return event.at_s
