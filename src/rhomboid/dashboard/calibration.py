"""A guided reference as a screen tells it: the steps, a check that sitting tall again fits, and a verdict.

The signal core takes the reference (``motion/guide.py``); what is added here is the look afterwards whether it holds.
"""

from __future__ import annotations

from typing import Literal

from rhomboid import events as e
from rhomboid.motion.pipeline import MotionState

Stage = Literal["none", "sit_tall", "lean_forward", "come_back", "check", "done", "refused"]
STAGES: tuple[tuple[Stage, str], ...] = (
    ("sit_tall", "Sit or stand tall and keep still for a few seconds."),
    ("lean_forward", "Lean straight forward from the hips, by some 20°, and hold it for a moment."),
    ("come_back", "Come back up tall and keep still."),
    ("check", "Stay tall: this checks that the reference fits."),
)
CHECK_S = 4.0
CHECK_GIVES_UP_S = 12.0
"""Where nothing can be told of the posture for so long, the check says so."""
GOOD_DEG, FAIR_DEG = 3.0, 6.0
"""Sitting tall again may be so far off: beyond the second the reference is not worth keeping."""


class Calibration:
    """``hear`` gets the session's events, ``see`` its newest moment; ``stage`` and ``verdict`` are for the screen."""

    def __init__(self) -> None:
        self.stage: Stage = "none"
        self.share = 0.0
        """Of the stage in hand that is done, 0..1."""
        self.off_deg: float | None = None
        """How far the trunk is from the tall pose, where that is known."""
        self.verdict = ""
        self.good = False
        self.taken_s: float | None = None
        """When the reference that holds was taken."""
        self.quality = 0.0
        self._checked: list[float] = []
        self._check_from_s = 0.0

    def hear(self, event: e.Event) -> None:
        """Another event of the session."""
        match event:
            case e.CalibrationStep():
                self.stage, self.verdict = event.step, ""
            case e.ReferenceTaken():
                self.taken_s, self.quality = event.at_s, event.quality
                if self.stage in ("sit_tall", "lean_forward", "come_back"):
                    self.stage, self.share = "check", 0.0
                    self._checked, self._check_from_s = [], event.at_s
            case e.ReferenceRefused():
                self.stage, self.good = "refused", False
                self.verdict = f"No new reference: {event.reason}. Begin again when you are ready."

    def see(self, state: MotionState) -> None:
        """How things stand now."""
        progress = state.calibrating
        self.off_deg = state.tilt_deg if progress is None else progress.off_deg
        if progress is not None:
            self.share = progress.share
        if self.stage == "check":
            self._check(state)

    def _check(self, state: MotionState) -> None:
        passed_s = state.t_s - self._check_from_s
        if state.tilt_deg is not None and state.posture != "moving":
            self._checked.append(state.tilt_deg)
        self.share = min(max(passed_s / CHECK_S, 0.0), 1.0)
        if passed_s >= CHECK_S and self._checked:
            self._judge(sorted(self._checked)[len(self._checked) // 2])
        elif passed_s >= CHECK_GIVES_UP_S:
            self.stage, self.good = "done", False
            self.verdict = "Taken, but not checked: you kept moving. Begin again for a surer one."

    def _judge(self, off_deg: float) -> None:
        self.stage, self.good = "done", off_deg <= FAIR_DEG
        sure = f"quality {100 * self.quality:.0f} %, {off_deg:.0f}° off when you sat tall again"
        if off_deg <= GOOD_DEG:
            self.verdict = f"Good: {sure}."
        elif off_deg <= FAIR_DEG:
            self.verdict = f"Fair: {sure}. It will do; another one may be better."
        else:
            self.verdict = f"Not good: {sure}. Begin again, and end as tall as you began."
