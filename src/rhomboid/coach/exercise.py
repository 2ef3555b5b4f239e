"""What an exercise is: the words of the catalogue. The data are in catalogue.toml; users add files of the same form."""

from __future__ import annotations

from typing import Literal

import msgspec

Position = Literal[
    "standing", "sitting", "hinged", "bench", "lying_on_back", "lying_face_down", "all_fours", "half_kneeling",
]  # fmt: skip
Kind = Literal["reps", "reps_with_hold", "hold", "timed"]
"""``timed`` is done by the clock or counted by hand: a sensor on the upper back does not see it."""
Seen = Literal["strong", "weak", "by_hand"]
"""How well a sensor on the upper back sees the movement."""


class Tempo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast one repetition is meant to be: the way out (concentric), the far point, the way back (eccentric)."""

    out_s: float
    pause_s: float = 0.0
    back_s: float


class Prescription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to do: sets of ``reps`` (a side where the exercise is per side), of holds of ``hold_s``, or of both.

    ``article`` is the slug of the article the numbers come from, but for those named in ``own``, which it does not give
    and which are this project's own gentle defaults. None: all of them are.
    """

    sets: int
    reps: int | None = None
    hold_s: float | None = None
    rest_s: float = 45.0
    load_kg: float | None = None
    article: str | None = None
    own: tuple[Literal["sets", "reps", "hold_s", "rest_s", "load_kg"], ...] = ()


class Exercise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exercise of the catalogue. ``id`` is a slug such as ``one-arm-row``; ``alternatives`` are such ids."""

    id: str
    name: str
    position: Position
    kind: Kind
    seen: Seen
    how: str
    """What to do, in a few sentences."""
    sees: str
    """What the sensor sees of it, and how well."""
    prescription: Prescription
    also_in: tuple[Position, ...] = ()
    """Other positions it can be done in; ``seen`` is said of ``position``."""
    tempo: Tempo | None = None
    per_side: bool = False
    load: bool = False
    """Whether it is done with a weight or a band, so that a load can be raised."""
    cautions: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
