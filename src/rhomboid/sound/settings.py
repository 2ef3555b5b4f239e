"""What can be set about sound. Data only; every field carries its bounds and its meaning for the user."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Group = Literal["counts", "holds", "tempo", "rest", "link", "slouch", "thank_you", "guide"]
"""What can be switched on and off by itself; each is a field of the settings."""


class SoundSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is heard, and how loud."""

    tones: Annotated[bool, Meta(description="short tones (needs the extra audio)")] = True
    speech: Annotated[bool, Meta(description="spoken counts, by the system's own speech")] = False
    volume_percent: Annotated[int, Meta(ge=0, le=100, description="how loud the tones are")] = 50
    counts: Annotated[bool, Meta(description="repetitions and sets")] = True
    holds: Annotated[bool, Meta(description="the seconds of a hold")] = True
    tempo: Annotated[bool, Meta(description="a tick every second on the way out and back")] = False
    rest: Annotated[bool, Meta(description="the rest after a set is over")] = True
    rest_s: Annotated[float, Meta(ge=10.0, le=600.0, description="how long a rest is, where no plan says so")] = 45.0
    link: Annotated[bool, Meta(description="the sensor is lost, and back")] = True
    slouch: Annotated[bool, Meta(description="a slouch while training; at the desk: an alert told by a tone")] = True
    thank_you: Annotated[bool, Meta(description="a slouch was corrected")] = True
    guide: Annotated[bool, Meta(description="what a guided session or reference asks for")] = True
