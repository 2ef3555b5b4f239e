"""What can be set about the screen. Data only; every field carries its bounds and its meaning for the user."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

ThemeName = Literal["dark", "light", "terminal", "terminal-light", "contrast"]


class ScreenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the dashboard looks."""

    theme: Annotated[ThemeName, Meta(description="the colours; terminal: those of the terminal itself")] = "dark"
    frames_a_second: Annotated[int, Meta(ge=2, le=30, description="how often a moving picture is drawn, at most")] = 15
    welcomed: Annotated[bool, Meta(description="the welcome of the first start is over")] = False
