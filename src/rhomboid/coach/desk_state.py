"""What the desk's policy keeps over a restart, and what it shows of the moment. Plain data."""

from __future__ import annotations

import msgspec

from rhomboid.coach.desk_day import Day
from rhomboid.coach.desk_decisions import NotASlouch
from rhomboid.coach.record import PostureMinutes


class Kept(msgspec.Struct, kw_only=True):
    """What a restart needs; plain data."""

    version: int = 1
    day: Day | None = None
    last_alert_local_s: float | None = None
    snoozed_until_local_s: float = 0.0
    labels: list[NotASlouch] = []
    raised_deg: float = 0.0


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """The newest moment as a screen wants it. ``held_by``: why no alert can come now, empty: one can.

    ``required_s`` is how long a slouch must last now to be told; the minutes and breaks are those of today.
    """

    budget: int
    left: int
    required_s: float
    held_by: str
    paused: str
    snoozed_until_local_s: float | None
    muted: bool
    since_break_s: int
    longest_static_s: int
    breaks: int
    posture: PostureMinutes
    minutes: dict[int, list[int]]
    raised_deg: float
