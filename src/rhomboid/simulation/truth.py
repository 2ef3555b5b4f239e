"""What the simulated wearer really did, in seconds of the sensor's timeline, and the parts a script consists of."""

from __future__ import annotations

import msgspec


class TrueRep(msgspec.Struct, frozen=True):
    """One repetition: leaving the resting pose, arriving at the far point, leaving it, back again."""

    start_s: float
    peak_s: float
    leaving_s: float
    end_s: float
    exercise: str


class TrueSpan(msgspec.Struct, frozen=True):
    """A hold or a slouch."""

    start_s: float
    end_s: float


class TrueSet(msgspec.Struct, frozen=True):
    """A set: from the start of its first repetition to the end of its last."""

    start_s: float
    end_s: float
    exercise: str
    reps: int


class Truth(msgspec.Struct, frozen=True):
    """Everything a perfect observer would report; ``msgspec.json`` writes and reads it.

    A hold is a standstill of a second or more at the far point, with the time on either side of it within a tenth of
    the range; a slouch is the time with the upper trunk flexed more than 12 deg beyond the tall pose.
    """

    reps: tuple[TrueRep, ...] = ()
    holds: tuple[TrueSpan, ...] = ()
    slouches: tuple[TrueSpan, ...] = ()
    sets: tuple[TrueSet, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """A named part of a script; ``pace`` is the playback speed that suits it (20.0: ten minutes in thirty seconds)."""

    name: str
    start_s: float
    end_s: float
    pace: float = 1.0
