"""The upright reference: which way "up" and "forward" are for this sensor on this body, and whether that still fits.

A quiet pose fixes only the vertical. Which way is forward shows in movement: a trunk bends forward more often and
further than back or to the side, so the mean direction of bends that come back is forward once they agree. Body frame:
x forward, y left, z up along the spine.
"""

from __future__ import annotations

import numpy as np

from rhomboid.events import Event, RecalibrationNeeded, ReferenceRefused, ReferenceTaken
from rhomboid.imu import Array
from rhomboid.motion.ticks import TICK_S, Flags, Ticks, dot, runs, unit

# Taking it.
QUIET_DPS = 6.0
AUTOMATIC_TICKS = 15
LEAST_TICKS = 5
LEAST_QUIET = 0.3
RESTLESS_DEG = 4.0
PLAUSIBLE_G = (0.85, 1.15)
# Following it: one look a stride, which keeps the reference the same for every tick within one.
STRIDE_TICKS = 150
RECENTRE_WITHIN_DEG = 6.0
RECENTRE_BOUND_DEG = 3.0
RECENTRE_SHARE = 0.05
RECENTRE_LEAST_TICKS = 100
# A bend that tells something about "forward": away from upright and back again, and soon.
BEND_NEAR_DEG = 8.0
BEND_PEAK_DEG = 25.0
GUIDED_PEAK_DEG = 10.0
BEND_LONGEST_TICKS = 75
BENDS_TO_KNOW = 2.5
BENDS_AGREE, BENDS_DISAGREE = 0.9, 0.7
BENDS_MEMORY = 0.9
# Nobody walks bent like this or stays upside down like that: the strap has moved.
WALKING_DEG, WALKING_TICKS = 30.0, 25
UPSIDE_DOWN_DEG, UPSIDE_DOWN_TICKS = 135.0, 50


class Reference:
    """The reference of one wearer, taken from the stream. ``up`` and ``forward`` are unit vectors in the frames' axes.

    With ``window_s`` it is taken from that stretch, in which the wearer sits or stands tall; a single lean forward and
    back within it (a guided reference) also shows which way is forward. Without, the first three quiet seconds serve.
    """

    def __init__(self, window_s: tuple[float, float] | None = None) -> None:
        self.up: Array | None = None
        self.forward: Array | None = None
        self.stale = False
        """The strap has moved: angles against this reference mean nothing any more."""
        self._window_s = window_s
        self._refused = False
        self._seen: list[Ticks] = []
        self._quiet: list[Array] = []
        self._taken_up: Array | None = None
        self._bends = _Bends(BEND_PEAK_DEG)
        self._stride: list[tuple[Ticks, Array]] = []
        self._stride_left = STRIDE_TICKS

    @property
    def automatic(self) -> bool:
        """Found by itself, not asked for."""
        return self._window_s is None

    @property
    def usable(self) -> bool:
        return self.up is not None and not self.stale

    # --- taking it ---------------------------------------------------------------------------------------------------

    def seek(self, ticks: Ticks) -> tuple[int, list[Event]]:
        """Looks for the reference: how many of the ticks were used up, and what became of it."""
        if self._refused:
            return len(ticks), []
        return self._seek_quiet(ticks) if self._window_s is None else self._seek_window(ticks, self._window_s)

    def interrupt(self, resumed_s: float) -> list[Event]:
        """The stream broke. What was being collected counts only if its time had passed before it resumed."""
        self._quiet = []
        self._bends.interrupt()
        if self.up is None and not self._refused and self._window_s is not None and resumed_s >= self._window_s[1]:
            return self._take_window(resumed_s)
        return []

    def finish(self, now_s: float) -> list[Event]:
        """The stream ended: a window that has not passed by then is judged by what there is of it."""
        if self.up is None and not self._refused and self._window_s is not None:
            return self._take_window(now_s)
        return []

    def _seek_quiet(self, ticks: Ticks) -> tuple[int, list[Event]]:
        quiet = _quiet(ticks)
        for k in range(len(ticks)):
            if not quiet[k]:
                self._quiet = []
                continue
            self._quiet = [*self._quiet[-(AUTOMATIC_TICKS - 1) :], np.append(ticks.up[k], ticks.acc_g[k])]
            if len(self._quiet) < AUTOMATIC_TICKS:
                continue
            values = np.array(self._quiet)
            up = unit(values[:, :3].mean(axis=0))
            spread_deg = float(_tilt_deg(values[:, :3], up).max())
            if spread_deg > RESTLESS_DEG:
                continue
            refusal = _implausible(float(values[:, 3].mean()))
            if refusal:
                self._refused = True
                return k + 1, [ReferenceRefused(at_s=float(ticks.seen_s[k]), reason=refusal)]
            self._set(up)
            end_s = float(ticks.t_s[k])
            taken = ReferenceTaken(
                at_s=float(ticks.seen_s[k]),
                start_s=end_s - AUTOMATIC_TICKS * TICK_S,
                end_s=end_s,
                quality=round(0.7 * (1.0 - spread_deg / RESTLESS_DEG), 3),
                remark="the first quiet seconds; take it again sitting tall to be sure",
            )
            return k + 1, [taken]
        return len(ticks), []

    def _seek_window(self, ticks: Ticks, window_s: tuple[float, float]) -> tuple[int, list[Event]]:
        first = int(np.searchsorted(ticks.start_s, window_s[0] - 1e-9))
        past = int(np.searchsorted(ticks.t_s, window_s[1] + 1e-9, side="right"))
        if past > first:
            self._seen.append(ticks[first:past])
        if past == len(ticks):
            return past, []
        return past + 1, self._take_window(float(ticks.seen_s[past]))

    def _take_window(self, now_s: float) -> list[Event]:
        seen, self._seen = self._seen, []
        up = np.concatenate([t.up for t in seen]) if seen else np.empty((0, 3))
        quiet = np.concatenate([_quiet(t) for t in seen]) if seen else np.empty(0, bool)
        refusal = ""
        if len(up) < LEAST_TICKS:
            refusal = f"only {len(up) * TICK_S:.1f} s of it were recorded"
        elif quiet.sum() < max(LEAST_QUIET * len(up), LEAST_TICKS):
            refusal = "too much movement in it; keep still for a few seconds"
        else:
            refusal = _implausible(float(np.median(np.concatenate([t.acc_g for t in seen])[quiet])))
        if refusal:
            self._refused = True
            return [ReferenceRefused(at_s=now_s, reason=refusal)]
        pose = unit(np.median(up[quiet], axis=0))
        away_deg = _tilt_deg(up, pose)
        spread_deg = float(np.percentile(away_deg[quiet], 75))
        if spread_deg > RESTLESS_DEG:
            self._refused = True
            return [ReferenceRefused(at_s=now_s, reason="the pose changed during it; sit tall and keep still")]
        steady = quiet & (away_deg <= RESTLESS_DEG)
        self._set(unit(up[steady].mean(axis=0)))
        self._learn_guided(up)
        # a lean that was asked for is no unrest
        expected = away_deg <= BEND_NEAR_DEG if self.forward is not None else np.ones(len(up), bool)
        share = float(steady[expected].mean())
        return [
            ReferenceTaken(
                at_s=now_s,
                start_s=float(seen[0].start_s[0]),
                end_s=float(seen[-1].t_s[-1]),
                quality=round(share * (1.0 - spread_deg / RESTLESS_DEG), 3),
                forward_known=self.forward is not None,
                remark="" if share > 0.8 else f"still for {100 * share:.0f} % of the time",
            )
        ]

    def _learn_guided(self, up: Array) -> None:
        assert self.up is not None  # noqa: S101
        guided = _Bends(GUIDED_PEAK_DEG)
        guided.feed(up, self.up)
        if guided.count == 1.0:
            self.forward = unit(guided.total)

    def _set(self, up: Array) -> None:
        self.up = self._taken_up = up
        self.forward = None
        self._bends = _Bends(BEND_PEAK_DEG)
        self._stride, self._stride_left = [], STRIDE_TICKS

    # --- following it ------------------------------------------------------------------------------------------------

    @property
    def stride_left(self) -> int:
        """How many ticks may be judged before the reference has to be looked at again."""
        return self._stride_left

    def follow(self, ticks: Ticks, tilt_deg: Array) -> list[Event]:
        """Learns from at most ``stride_left`` judged ticks; their tilt is (n,) in degrees."""
        assert self.up is not None  # noqa: S101
        self._bends.feed(ticks.up, self.up)
        self._stride.append((ticks, tilt_deg))
        self._stride_left -= len(ticks)
        if self._stride_left:
            return []
        stride, self._stride, self._stride_left = self._stride, [], STRIDE_TICKS
        tilt_deg = np.concatenate([t for _, t in stride])
        walking = np.concatenate([t.walking for t, _ in stride])
        quiet = np.concatenate([_quiet(t) for t, _ in stride])
        up = np.concatenate([t.up for t, _ in stride])
        self._know_forward()
        self._recentre(up[quiet & (tilt_deg < RECENTRE_WITHIN_DEG)])
        slipped = _slipped(tilt_deg, walking)
        if not slipped or self.stale:
            return []
        self.stale = True
        return [RecalibrationNeeded(at_s=float(ticks.seen_s[-1]), reason=slipped)]

    def drop(self) -> None:
        """The sensor is off the body: an automatic reference is looked for again, even a stale one."""
        self.up = self.forward = None
        self.stale = False

    def _recentre(self, upright: Array) -> None:
        assert self.up is not None and self._taken_up is not None  # noqa: S101
        if len(upright) < RECENTRE_LEAST_TICKS:
            return
        moved = unit(self.up + RECENTRE_SHARE * (upright.mean(axis=0) - self.up))
        if _tilt_deg(moved[None], self._taken_up)[0] <= RECENTRE_BOUND_DEG:
            self.up = moved

    def _know_forward(self) -> None:
        bends = self._bends
        if bends.count >= BENDS_TO_KNOW and bends.agreement >= BENDS_AGREE:
            self.forward = unit(bends.total)
        elif self.forward is not None and bends.count >= 1.0 and bends.agreement < BENDS_DISAGREE:
            self.forward = None

    # --- measuring against it ----------------------------------------------------------------------------------------

    def tilt_deg(self, up: Array) -> Array:
        """Angle between the trunk and the reference, (n,) deg for (n, 3)."""
        assert self.up is not None  # noqa: S101
        return _tilt_deg(up, self.up)

    def flexion_deg(self, up: Array) -> Array:
        """Forward inclination, (n,) deg; negative is backward. Needs ``forward``."""
        return self._towards_deg(up, self._axes()[0])

    def lateral_deg(self, up: Array) -> Array:
        """Inclination to the left, (n,) deg; negative is to the right. Needs ``forward``."""
        return self._towards_deg(up, self._axes()[1])

    def _axes(self) -> tuple[Array, Array]:
        assert self.up is not None and self.forward is not None  # noqa: S101
        forward = unit(self.forward - float(self.forward @ self.up) * self.up)
        return forward, np.cross(self.up, forward)

    def _towards_deg(self, up: Array, axis: Array) -> Array:
        assert self.up is not None  # noqa: S101
        towards_deg: Array = np.degrees(np.arctan2(-dot(up, axis), dot(up, self.up)))
        return towards_deg


class _Bends:
    """Movements away from upright and soon back, each as the direction in which it went furthest."""

    def __init__(self, peak_deg: float) -> None:
        self._peak_deg = peak_deg
        self.total = np.zeros(3)
        self.count = 0.0
        self.interrupt()

    @property
    def agreement(self) -> float:
        """1 where all went one way, 0 where they cancel."""
        return float(np.sqrt((self.total * self.total).sum())) / self.count if self.count else 0.0

    def interrupt(self) -> None:
        self._lasted = BEND_LONGEST_TICKS + 1  # what was not seen to begin is not a bend
        self._peak = 0.0
        self._towards = np.zeros(3)

    def feed(self, up: Array, upright: Array) -> None:
        tilt_deg = _tilt_deg(up, upright)
        away = tilt_deg > BEND_NEAR_DEG
        for i, j in runs(away.astype(np.intp)):
            if away[i]:
                self._lasted += j - i
                top = i + int(np.argmax(tilt_deg[i:j]))
                if tilt_deg[top] > self._peak:
                    self._peak = float(tilt_deg[top])
                    # "up" moves to the back of a sensor that bends forward
                    self._towards = unit(dot(up[top : top + 1], upright)[0] * upright - up[top])
            else:
                if self._peak >= self._peak_deg and self._lasted <= BEND_LONGEST_TICKS:
                    self.total = BENDS_MEMORY * self.total + self._towards
                    self.count = BENDS_MEMORY * self.count + 1.0
                self._lasted, self._peak = 0, 0.0


def _quiet(ticks: Ticks) -> Flags:
    return ~ticks.walking & ~ticks.fixed & (ticks.rate_dps < QUIET_DPS)


def _implausible(rest_g: float) -> str:
    low, high = PLAUSIBLE_G
    return "" if low <= rest_g <= high else f"the sensor reads {rest_g:.2f} g at rest instead of 1; calibrate it"


def _slipped(tilt_deg: Array, walking: Flags) -> str:
    if (tilt_deg > UPSIDE_DOWN_DEG).sum() >= UPSIDE_DOWN_TICKS:
        return "the sensor is upside down against the reference"
    if walking.sum() >= WALKING_TICKS and np.median(tilt_deg[walking]) > WALKING_DEG:
        return "walking looks bent over, so the strap must have slipped"
    return ""


def _tilt_deg(up: Array, upright: Array) -> Array:
    x, y, z = (up[:, i] - upright[i] for i in range(3))
    angle_deg: Array = np.degrees(2.0 * np.arcsin(np.minimum(np.sqrt(x * x + y * y + z * z) / 2.0, 1.0)))
    return angle_deg
