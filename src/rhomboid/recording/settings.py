"""What can be set about recordings. Data only; every field carries its meaning for the user."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class RecordingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is recorded without being asked for by name."""

    training: Annotated[bool, Meta(description="training with the sensor is recorded, beside the history")] = True
