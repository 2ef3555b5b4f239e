"""What can be set about alerts at the desk. Data only; every field carries its bounds and its meaning for the user."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]


class DeskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the person at the desk is told."""

    alerts_a_day: Annotated[int, Meta(ge=0, le=50, description="at most so many alerts a day; 0: none")] = 8
    threshold_deg: Annotated[float, Meta(ge=5.0, le=60.0, description="how far forward is too far (degrees)")] = 12.0
    delay_s: Annotated[float, Meta(ge=5.0, le=3600.0, description="how long before it is told at the soonest")] = 45.0
    quiet_from: Annotated[TimeOfDay, Meta(description="no alerts from this time of day (HH:MM) ...")] = "21:00"
    quiet_to: Annotated[TimeOfDay, Meta(description="... to this one; the same as quiet_from: never quiet")] = "08:00"
    thank_you: Annotated[bool, Meta(description="a quiet sound when a slouch that was told is corrected")] = True
    pause_when_locked: Annotated[bool, Meta(description="no alerts while the screen is locked or idle")] = True
    tell: Annotated[
        Literal["notification", "tone", "bell"],
        Meta(description="how an alert is told; without a notification service it is a tone, without sound the bell"),
    ] = "notification"
