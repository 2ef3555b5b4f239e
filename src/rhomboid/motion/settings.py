"""What can be set about the signal core. Data only; every number carries its unit and its reason."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Mode = Literal["set", "free", "desk"]
Axis = Literal["x", "-x", "y", "-y", "z", "-z"]
Direction = tuple[float, float, float]


class SlouchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When leaning forward of the reference becomes a slouch, and when it ends."""

    threshold_deg: Annotated[float, Meta(ge=1.0, le=89.0)] = 12.0
    """Sitting as people do at a computer flexes the upper trunk by some 12 deg (Claus et al., Appl. Ergon. 2016)."""
    delay_s: Annotated[float, Meta(ge=0.0, le=3600.0)] = 45.0
    """How long it must last before it is said: 45 s at work, 5 s when training."""
    hysteresis_deg: Annotated[float, Meta(ge=0.0, le=89.0)] = 4.0
    """It is over once the tilt is this much below the threshold ..."""
    recovery_s: Annotated[float, Meta(ge=0.0, le=600.0)] = 2.0
    """... for this long."""


WORK = SlouchSettings()
TRAINING = SlouchSettings(delay_s=5.0)


class KnownReference(msgspec.Struct, frozen=True, kw_only=True):
    """A reference of an earlier session, as unit vectors in the sensor's own axes. Raises ValueError for others."""

    up: Direction
    forward: Direction | None = None
    shown: bool = False
    """Which way is forward was shown or declared, not learnt from how the wearer moved."""
    quality: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    taken: str = ""
    """When, in words: "12 Nov 2026, 18:02"."""

    def __post_init__(self) -> None:
        for vector in (self.up, self.forward or self.up):
            if not abs(math.hypot(*vector) - 1.0) <= 1e-3:
                raise ValueError("a direction is no unit vector")
        if self.forward is not None and abs(sum(u * f for u, f in zip(self.up, self.forward, strict=True))) > 0.1:
            raise ValueError("forward is not level")


MOST_EAGER = 1.5
COURSE_POINTS = 16

Degrees = Annotated[float, Meta(ge=-720.0, le=720.0)]
Centimetres = Annotated[float, Meta(ge=-300.0, le=300.0)]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A repetition as it was shown (see ``template``), the mean of a few: tilt (deg), turn (deg) and rise (cm).

    ``duration_s`` is from leaving the rest to being back; the spreads are standard deviations of the logarithms of
    duration and size, and ``likeness`` is how like one another the shown ones were (1: the same).
    """

    course: Annotated[
        tuple[tuple[Degrees, Degrees, Centimetres], ...], Meta(min_length=COURSE_POINTS, max_length=COURSE_POINTS)
    ]
    duration_s: Annotated[float, Meta(ge=0.1, le=120.0)]
    duration_spread: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.0
    size_spread: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.0
    likeness: Annotated[float, Meta(ge=-1.0, le=1.0)] = 1.0


class OwnExercise(msgspec.Struct, frozen=True, kw_only=True):
    """How the repetitions of one exercise are counted in this person, where that was learnt."""

    exercise: str
    eagerness: Annotated[float, Meta(ge=-MOST_EAGER, le=MOST_EAGER)] = 0.0
    """How readily the larger of several counts is taken, in log odds; 0 as usual, below 0 less.

    Live, a repetition is announced at odds of exp(-eagerness) in place of even ones; above 0 not yet the first of a
    set, which might be noise. The look back takes the largest count (below 0: the smallest) that is at least
    exp(-abs(eagerness)) times as probable as the most probable one. So what is sure stays as it is."""
    template: Template | None = None
    """What was shown of it; the look back then asks whether repetitions are as large as that."""


AS_USUAL = OwnExercise(exercise="")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``set``: everything is one set of one exercise; ``free``: nothing is known; ``desk``: posture only."""

    mode: Mode = "free"
    slouch: SlouchSettings = WORK
    reference_s: tuple[float, float] | None = None
    """The stretch (start, end) of sensor time in which the wearer sat or stood tall; None: the first quiet seconds."""
    known_reference: KnownReference | None = None
    """Where no stretch is given, this one holds if the sensor sits as it did then."""
    forward_axis: Axis | None = None
    """The sensor's axis that points forward on the body, where the mounting is known (declared); None: to be found."""
    exercise: str | None = None
    """The name of the exercise, if it is known and the same all the time."""
    own: tuple[OwnExercise, ...] = ()
    """What was learnt of exercises; it holds for sets that are said to be of one of them."""

    def learnt_of(self, exercise: str | None) -> OwnExercise:
        """How sets of this exercise are counted."""
        return next((known for known in self.own if known.exercise == exercise), AS_USUAL)
