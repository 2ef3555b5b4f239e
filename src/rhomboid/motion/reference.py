"""The upright reference: which way "up" and "forward" are for this sensor on this body, and whether that still fits.

A quiet pose fixes only the vertical. Which way is forward shows in movement: a trunk bends forward more often and
further than back or to the side, so the mean direction of bends that come back is forward once they agree. Body frame:
x forward, y left, z up along the spine.
"""

from __future__ import annotations

import numpy as np

from rhomboid.events import Event, RecalibrationNeeded, ReferenceRefused, ReferenceTaken
from rhomboid.imu import Array
from rhomboid.motion.bends import NEAR_DEG, Bends
from rhomboid.motion.guide import RESTLESS_DEG, TOO_MUCH_MOVEMENT, Found, implausible, sideways_up
from rhomboid.motion.settings import Direction, KnownReference
from rhomboid.motion.ticks import TICK_S, Flags, Ticks, angle_deg, dot, level, unit

# Taking it.
AUTOMATIC_TICKS = 15
LEAST_TICKS = 5
LEAST_QUIET = 0.3
# Following it: one look a stride, which keeps the reference the same for every tick within one.
STRIDE_TICKS = 150
RECENTRE_WITHIN_DEG = 6.0
RECENTRE_BOUND_DEG = 3.0
RECENTRE_SHARE = 0.05
RECENTRE_LEAST_TICKS = 100
GUIDED_PEAK_DEG = 10.0
# The sensor sits as it did for a known reference: what is left, following the reference can make up for.
SAME_DEG = RECENTRE_WITHIN_DEG
# Nobody walks bent like this or stays upside down like that: the strap has moved.
WALKING_DEG, WALKING_TICKS = 30.0, 25
UPSIDE_DOWN_DEG, UPSIDE_DOWN_TICKS = 135.0, 50
# Somebody walks within some 10 deg of how they walked before (seven people over half an hour each; single strides of
# 30 s up to 18 deg): so far off for so many in a row, the strap has moved.
GAIT_TICKS, GAIT_DEG, GAIT_STRIDES = 50, 15.0, 2


class Reference:
    """The reference of one wearer, taken from the stream. ``up`` and ``forward`` are unit vectors in the frames' axes.

    With ``window_s`` it is taken from that stretch, in which the wearer sits or stands tall; a single lean forward and
    back within it (a guided reference) also shows which way is forward. Without, the first three quiet seconds serve,
    or show that the one ``known`` from an earlier session still fits.
    """

    def __init__(
        self,
        window_s: tuple[float, float] | None = None,
        declared: Array | None = None,
        known: KnownReference | None = None,
    ) -> None:
        self.declared = declared
        """(3,) the sensor's axis that points forward, where the mounting was declared."""
        self._known = known
        self._frame_axes = np.eye(3)
        self.up: Array | None = None
        self.forward: Array | None = None
        self.stale = False
        """The strap has moved: angles against this reference mean nothing any more."""
        self._window_s = window_s
        self.automatic = window_s is None
        """Found by itself, not asked for."""
        self._shown: Array | None = None
        self._refused = False
        self._seen: list[Ticks] = []
        self._quiet: list[Array] = []
        self._taken_up: Array | None = None
        self._quality, self._taken = 0.0, ""
        self._outdated = False
        self._bends = Bends()
        self._stride: list[tuple[Ticks, Array]] = []
        self._stride_left = STRIDE_TICKS
        self._gait: Array | None = None
        self._strides_off = 0

    @property
    def usable(self) -> bool:
        return self.up is not None and not self.stale

    def mounted(self, axes: Array) -> None:
        """The frames' axes, (3, 3) as rows in the sensor's: what is said in the sensor's axes is turned into them."""
        self._frame_axes = axes
        if self.declared is not None:
            self.declared = axes @ self.declared

    @property
    def lasting(self) -> KnownReference | None:
        """The newest one, for the next session: also after the sensor was taken off, but not once the strap slipped."""
        if self._taken_up is None or self._outdated:
            return None
        return KnownReference(
            up=self._in_sensor_axes(self._taken_up),
            forward=None if self.forward is None else self._in_sensor_axes(level(self.forward, self._taken_up)),
            shown=self._shown is not None,
            quality=self._quality,
            taken=self._taken,
        )

    def _in_sensor_axes(self, v: Array) -> Direction:
        x, y, z = (float(c) for c in self._frame_axes.T @ v)
        return x, y, z

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
        quiet = ticks.quiet
        for k in range(len(ticks)):
            if not quiet[k]:
                self._quiet = []
                continue
            self._quiet = [*self._quiet[-(AUTOMATIC_TICKS - 1) :], np.append(ticks.up[k], ticks.acc_g[k])]
            if len(self._quiet) < AUTOMATIC_TICKS:
                continue
            values = np.array(self._quiet)
            up = unit(values[:, :3].mean(axis=0))
            spread_deg = float(angle_deg(values[:, :3], up).max())
            if spread_deg > RESTLESS_DEG:
                continue
            refusal = implausible(float(values[:, 3].mean())) or sideways_up(up, self.declared)
            if refusal:
                self._refused = True
                return k + 1, [ReferenceRefused(at_s=float(ticks.seen_s[k]), reason=refusal)]
            quality = round(0.7 * (1.0 - spread_deg / RESTLESS_DEG), 3)
            remark, earlier = self._take_quiet(up, quality)
            end_s = float(ticks.t_s[k])
            taken = ReferenceTaken(
                at_s=float(ticks.seen_s[k]),
                start_s=end_s - AUTOMATIC_TICKS * TICK_S,
                end_s=end_s,
                quality=self._quality,
                forward_known=self.forward is not None,
                remark=remark,
                earlier=earlier,
            )
            return k + 1, [taken]
        return len(ticks), []

    def _take_quiet(self, up: Array, quality: float) -> tuple[str, str]:
        """Takes the known reference if the sensor sits as it did, else this quiet pose; a remark, and since when."""
        known, remark = self._known, "the first quiet seconds; take it again sitting tall to be sure"
        if known is not None:
            known_up = unit(self._frame_axes @ np.array(known.up))
            off_deg = float(angle_deg(up[None], known_up)[0])
            if off_deg <= SAME_DEG:
                forward = None if known.forward is None else self._frame_axes @ np.array(known.forward)
                self._set(known_up, forward if self.declared is None else self.declared, known.quality)
                if self.declared is None and not known.shown:
                    self._shown = None
                self._taken = known.taken
                return "the sensor sits as it did then; take it again sitting tall to be sure", known.taken
            remark = (
                f"the first quiet seconds; the sensor sits {off_deg:.0f}° off that of {known.taken}, so it is not used"
            )
        self._set(up, self.declared, quality)
        return remark, ""

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
        quiet = np.concatenate([t.quiet for t in seen]) if seen else np.empty(0, bool)
        refusal = ""
        if len(up) < LEAST_TICKS:
            refusal = f"only {len(up) * TICK_S:.1f} s of it were recorded"
        elif quiet.sum() < max(LEAST_QUIET * len(up), LEAST_TICKS):
            refusal = TOO_MUCH_MOVEMENT
        else:
            refusal = implausible(float(np.median(np.concatenate([t.acc_g for t in seen])[quiet])))
        if refusal:
            self._refused = True
            return [ReferenceRefused(at_s=now_s, reason=refusal)]
        pose = unit(np.median(up[quiet], axis=0))
        away_deg = angle_deg(up, pose)
        spread_deg = float(np.percentile(away_deg[quiet], 75))
        refusal = sideways_up(pose, self.declared)
        if spread_deg > RESTLESS_DEG:
            refusal = "the pose changed during it; sit tall and keep still"
        if refusal:
            self._refused = True
            return [ReferenceRefused(at_s=now_s, reason=refusal)]
        steady = quiet & (away_deg <= RESTLESS_DEG)
        upright = unit(up[steady].mean(axis=0))
        guided = Bends(GUIDED_PEAK_DEG)
        guided.feed(up, upright)
        forward = unit(guided.total) if guided.count == 1.0 else self.declared
        # a lean that was asked for is no unrest
        expected = away_deg <= NEAR_DEG if forward is not None else np.ones(len(up), bool)
        share = float(steady[expected].mean())
        self._set(upright, forward, round(share * (1.0 - spread_deg / RESTLESS_DEG), 3))
        return [
            ReferenceTaken(
                at_s=now_s,
                start_s=float(seen[0].start_s[0]),
                end_s=float(seen[-1].t_s[-1]),
                quality=self._quality,
                forward_known=self.forward is not None,
                remark="" if share > 0.8 else f"still for {100 * share:.0f} % of the time",
            )
        ]

    def take(self, found: Found) -> None:
        """One that was asked for has been found, whatever was there before."""
        self.stale = self.automatic = False
        self._set(found.up, found.forward, found.quality)

    def _set(self, up: Array, forward: Array | None, quality: float) -> None:
        self.up = self._taken_up = up
        self._quality, self._taken, self._outdated = quality, "", False
        # A declared axis slopes as the back does; bends are compared with where it points on the level.
        self.forward = self._shown = None if forward is None else level(forward, up)
        self._gait, self._strides_off = None, 0
        self._bends = Bends()
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
        quiet = np.concatenate([t.quiet for t, _ in stride])
        up = np.concatenate([t.up for t, _ in stride])
        if self._shown is None:
            self.forward = self._bends.forward(self.forward)
        self._recentre(up[quiet & (tilt_deg < RECENTRE_WITHIN_DEG)])
        slipped = self._turned() or _slipped(tilt_deg, walking) or self._gait_changed(up[walking])
        if not slipped or self.stale:
            return []
        self.stale = self._outdated = True
        return [RecalibrationNeeded(at_s=float(ticks.seen_s[-1]), reason=slipped)]

    def taken_off(self, now_s: float) -> list[Event]:
        """The sensor is off the body: a reference that came by itself will come again, another has to be asked for."""
        if self.automatic:
            self.up = None
            self.stale = False
            return []
        self.stale = True
        return [RecalibrationNeeded(at_s=now_s, reason="the sensor was taken off")]

    def _turned(self) -> str:
        """Why the direction that was shown is forward no more, if so."""
        turned_deg = None if self._shown is None else self._bends.turned_deg(self._shown)
        if turned_deg is None:
            return ""
        return f"bends no longer go forward but {turned_deg:.0f}° beside it, so the sensor must have turned"

    def _gait_changed(self, walking: Array) -> str:
        """Why the strap must have slipped since the first walk, if so; (n, 3) is "up" in a stride's walking ticks."""
        if len(walking) < GAIT_TICKS:
            return ""
        gait = unit(walking.mean(axis=0))
        if self._gait is None:
            self._gait = gait
        off_deg = float(angle_deg(gait[None], self._gait)[0])
        self._strides_off = self._strides_off + 1 if off_deg > GAIT_DEG else 0
        if self._strides_off < GAIT_STRIDES:
            return ""
        return f"walking looks tilted by {off_deg:.0f}° against before, so the strap must have slipped"

    def _recentre(self, upright: Array) -> None:
        assert self.up is not None and self._taken_up is not None  # noqa: S101
        if len(upright) < RECENTRE_LEAST_TICKS:
            return
        moved = unit(self.up + RECENTRE_SHARE * (upright.mean(axis=0) - self.up))
        if angle_deg(moved[None], self._taken_up)[0] <= RECENTRE_BOUND_DEG:
            self.up = moved

    # --- measuring against it ----------------------------------------------------------------------------------------

    def tilt_deg(self, up: Array) -> Array:
        """Angle between the trunk and the reference, (n,) deg for (n, 3)."""
        assert self.up is not None  # noqa: S101
        return angle_deg(up, self.up)

    def flexion_deg(self, up: Array) -> Array:
        """Forward inclination, (n,) deg; negative is backward. Needs ``forward``."""
        return self._towards_deg(up, self._axes()[0])

    def lateral_deg(self, up: Array) -> Array:
        """Inclination to the left, (n,) deg; negative is to the right. Needs ``forward``."""
        return self._towards_deg(up, self._axes()[1])

    def _axes(self) -> tuple[Array, Array]:
        assert self.up is not None and self.forward is not None  # noqa: S101
        forward = level(self.forward, self.up)
        return forward, np.cross(self.up, forward)

    def _towards_deg(self, up: Array, axis: Array) -> Array:
        assert self.up is not None  # noqa: S101
        towards_deg: Array = np.degrees(np.arctan2(-dot(up, axis), dot(up, self.up)))
        return towards_deg


def _slipped(tilt_deg: Array, walking: Flags) -> str:
    if (tilt_deg > UPSIDE_DOWN_DEG).sum() >= UPSIDE_DOWN_TICKS:
        return "the sensor is upside down against the reference"
    if walking.sum() >= WALKING_TICKS and np.median(tilt_deg[walking]) > WALKING_DEG:
        return "walking looks bent over, so the strap must have slipped"
    return ""
