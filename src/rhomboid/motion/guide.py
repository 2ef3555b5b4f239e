"""A reference that was asked for, step by step: sit tall, and in the guided one lean forward and come back.

The tall pose fixes the vertical, the lean shows which way is forward, and coming back to where it began shows that the
pose can be trusted. Each step says what the wearer is to do now; a sequence that fails says why. Its time is counted in
ticks, so that a gap does not use it up.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from rhomboid.events import CalibrationStep, Event, ReferenceRefused, ReferenceTaken, Step
from rhomboid.imu import Array, RequestKind
from rhomboid.motion.ticks import LIFELESS_DEG, TICK_S, Ticks, angle_deg, dot, level, unit

STEPS: dict[RequestKind, tuple[Step, ...]] = {
    "reference": ("sit_tall",),
    "guided_reference": ("sit_tall", "lean_forward", "come_back"),
}
STEP_TICKS = 100
"""How long each step may take: somebody has to hear it, understand it and do it."""
TALL_TICKS, BACK_TICKS = 20, 10
RESTLESS_DEG = 4.0
PLAUSIBLE_G = (0.85, 1.15)
# A tall pose that is known to a degree and a lean of this size show forward within 5 deg.
LEAN_SEEN_DEG, LEAN_LEAST_DEG, LEAN_MOST_DEG = 4.0, 12.0, 60.0
# It has arrived when it keeps within this for so long, or has gone back again.
HELD_DEG, HELD_TICKS = 1.5, 5
# On the way every part beyond the first degrees goes this straight.
STRAIGHT_FROM_DEG, STRAIGHT_DEG = 6.0, 35.0
BACK_DEG = 5.0
SIDEWAYS_DEG = 45.0
"""A declared mounting and the lean may differ by less than this."""
STEEPEST_DEG = 30.0
"""An axis declared to point forward is at least this far from the vertical; the skin at T4 slopes by 12 to 47 deg."""

TOO_MUCH_MOVEMENT = "too much movement in it; keep still for a few seconds"


class Found(msgspec.Struct, frozen=True, eq=False):
    """Unit vectors in sensor axes; ``forward`` is None where it was not asked for. ``quality`` is 0..1."""

    up: Array
    forward: Array | None
    quality: float


class Progress(msgspec.Struct, frozen=True):
    """How far a request has come: the ``step`` in hand, the ``share`` of it that is done (0..1), and how far the trunk
    is from the tall pose now (deg; None while that is still being taken)."""

    step: Step
    share: float
    off_deg: float | None


class Guide:
    """Leads through one request. ``found`` is set once it succeeded, ``done`` once it is over either way.

    ``declared`` (3,) is the sensor's axis that points forward, if the mounting was declared.
    """

    def __init__(self, kind: RequestKind, declared: Array | None = None) -> None:
        self.found: Found | None = None
        self.done = False
        self._steps = STEPS[kind]
        self.declared = declared
        self._step = 0
        self._ticks = 0
        self._told = False
        self._path: list[Array] = []
        self._tall = np.zeros(3)
        self._up = np.zeros(3)
        self._start_s = 0.0
        self._spread_deg = 0.0
        self._forward: Array | None = None
        self._sure = 1.0

    def feed(self, ticks: Ticks) -> tuple[int, list[Event]]:
        """How many of the ticks were used up, and what is to be said."""
        found: list[Event] = []
        quiet = ticks.quiet
        for k in range(len(ticks)):
            seen_s = float(ticks.seen_s[k])
            if not self._told:
                self._told = True
                found.append(CalibrationStep(at_s=seen_s, step=self._steps[self._step]))
            self._ticks += 1
            self._up = ticks.up[k]
            refusal = self._look(ticks, k, bool(quiet[k]))
            if refusal is None and self._ticks >= STEP_TICKS:
                refusal = self._too_late()
            if refusal:
                found.append(self._refused(seen_s, refusal))
            elif self._step == len(self._steps):
                found.append(self._taken(seen_s, float(ticks.t_s[k])))
            if self.done:
                return k + 1, found
        return len(ticks), found

    @property
    def progress(self) -> Progress:
        """For display. A step that needs stillness starts anew with every movement, and so does its share."""
        step = self._steps[min(self._step, len(self._steps) - 1)]
        if step == "sit_tall":
            return Progress(step, len(self._path) / TALL_TICKS, None)
        off_deg = float(angle_deg(self._up[None], self._tall)[0])
        share = off_deg / LEAN_LEAST_DEG if step == "lean_forward" else len(self._path) / BACK_TICKS
        return Progress(step, min(share, 1.0), off_deg)

    def interrupt(self) -> None:
        """Samples are missing: the step in hand begins again."""
        self._path = []

    def finish(self, now_s: float) -> list[Event]:
        """The stream ended before it was over."""
        return [] if self.done else [self._refused(now_s, "the stream ended before it was done")]

    # --- the steps ---------------------------------------------------------------------------------------------------

    def _look(self, ticks: Ticks, k: int, quiet: bool) -> str | None:
        """One tick on; "" where the step has just been done, and why where it has failed for good."""
        up = ticks.up[k]
        match self._steps[self._step]:
            case "sit_tall":
                pose = self._pose(up, quiet, TALL_TICKS)
                if pose is None:
                    return None
                refusal = implausible(float(ticks.acc_g[k])) or sideways_up(pose, self.declared)
                if refusal:
                    return refusal
                self._tall, self._start_s = pose, float(ticks.t_s[k]) - TALL_TICKS * TICK_S
                self._spread_deg = float(angle_deg(np.array(self._path), pose).max())
            case "lean_forward":
                self._path.append(up)
                lean = self._lean()
                if lean is None:
                    return None
                refusal = self._astray(lean)
                if refusal:
                    return refusal
                self._forward = lean
            case "come_back":
                pose = self._pose(up, quiet, BACK_TICKS)
                off_deg = BACK_DEG if pose is None else float(angle_deg(pose[None], self._tall)[0])
                if pose is None or off_deg >= BACK_DEG:
                    return None
                self._sure = 1.0 - off_deg / BACK_DEG
                self._tall = unit(self._tall + pose)
        self._step, self._ticks, self._told, self._path = self._step + 1, 0, False, []
        return ""

    def _pose(self, up: Array, quiet: bool, enough: int) -> Array | None:
        """The mean of the last quiet ticks, once there are enough of them close together."""
        if not quiet:
            self._path = []
            return None
        self._path = [*self._path[-(enough - 1) :], up]
        if len(self._path) < enough:
            return None
        pose = unit(np.mean(self._path, axis=0))
        return pose if LIFELESS_DEG / 2 < angle_deg(np.array(self._path), pose).max() <= RESTLESS_DEG else None

    def _lean(self) -> Array | None:
        """Which way was leant, once it is held or over."""
        path = np.array(self._path)
        lean_deg = angle_deg(path, self._tall)
        top = int(np.argmax(lean_deg))
        if lean_deg[top] < LEAN_LEAST_DEG:
            return None
        latest = path[-HELD_TICKS:]
        held = len(path) >= HELD_TICKS and float(angle_deg(latest, unit(latest.mean(axis=0))).max()) < HELD_DEG
        if held and lean_deg[-1] >= LEAN_LEAST_DEG:
            return self._towards(unit(latest.mean(axis=0)))
        return self._towards(path[top]) if lean_deg[-1] < STRAIGHT_FROM_DEG else None

    def _towards(self, up: Array) -> Array:
        """The horizontal direction of a lean: "up" moves to the back of a sensor that bends forward."""
        return unit(dot(up[None], self._tall)[0] * self._tall - up)

    def _astray(self, lean: Array) -> str:
        """Why this lean shows nothing, if so."""
        path = np.array(self._path)
        lean_deg = angle_deg(path, self._tall)
        if lean_deg.max() > LEAN_MOST_DEG:
            return f"you bent down by {lean_deg.max():.0f}°; a lean of about 20° is enough"
        straight = all(_apart_deg(self._towards(up), lean) < STRAIGHT_DEG for up in path[lean_deg > STRAIGHT_FROM_DEG])
        if not straight:
            return "the lean was not straight; lean straight forward and back"
        if self.declared is not None and _apart_deg(level(self.declared, self._tall), lean) > SIDEWAYS_DEG:
            return "by the mounting that was declared you leant sideways or back; lean forward, or declare it anew"
        return ""

    def _too_late(self) -> str:
        """Why the step has not been done in its time."""
        match self._steps[self._step]:
            case "sit_tall":
                steady = len(self._path) == TALL_TICKS and np.ptp(self._path, axis=0).max() < math.radians(LIFELESS_DEG)
                return "the sensor does not move at all; put it on first" if steady else TOO_MUCH_MOVEMENT
            case "lean_forward":
                most_deg = float(angle_deg(np.array(self._path), self._tall).max()) if self._path else 0.0
                if most_deg < LEAN_SEEN_DEG:
                    return "no lean was seen; lean forward from the hips"
                if most_deg < LEAN_LEAST_DEG:
                    return f"the lean was too small ({most_deg:.0f}°); lean forward by some 20°"
                return "the lean never came to rest; lean forward and hold it for a moment"
            case "come_back":
                return "you did not come back to the tall pose; end as tall as you began"

    # --- how it ends -------------------------------------------------------------------------------------------------

    def _taken(self, seen_s: float, end_s: float) -> ReferenceTaken:
        self.done = True
        forward = self.declared if self._forward is None else self._forward
        quality = round((1.0 - self._spread_deg / RESTLESS_DEG) * (0.5 + 0.5 * self._sure), 3)
        self.found = Found(self._tall, forward, quality)
        return ReferenceTaken(
            at_s=seen_s,
            start_s=self._start_s,
            end_s=end_s,
            quality=quality,
            forward_known=forward is not None,
        )

    def _refused(self, seen_s: float, reason: str) -> ReferenceRefused:
        self.done = True
        return ReferenceRefused(at_s=seen_s, reason=reason)


def implausible(rest_g: float) -> str:
    """Why a sensor that reads this at rest shows no vertical, if so."""
    low, high = PLAUSIBLE_G
    return "" if low <= rest_g <= high else f"the sensor reads {rest_g:.2f} g at rest instead of 1; calibrate it"


def sideways_up(up: Array, declared: Array | None) -> str:
    """Why the axis declared to point forward cannot do so in this upright pose, if so."""
    if declared is None or abs(float(dot(declared[None], up)[0])) < math.cos(math.radians(STEEPEST_DEG)):
        return ""
    return "the axis declared to point forward points up or down; declare another"


def _apart_deg(a: Array, b: Array) -> float:
    return float(angle_deg(a[None], b)[0])
