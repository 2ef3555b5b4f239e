"""The wearer in a guided session: does what a plan asks, set after set; an exercise it does not know, somehow.

It hears no cue. It knows how long the questions, the warm-up and the rests last, and begins when a person would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from rhomboid.simulation.scripts import Range, cat_camel_set, extension_set, repeat, row_set, squeeze_set
from rhomboid.simulation.stage import Performance, Stage


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One set: so many repetitions of the catalogue's ``exercise``, each held for ``hold_s`` (None: as it is usual).

    It begins ``after_s`` after the end of the set before it (the first: after the beginning). At a ``pace`` of 2 the
    ways out and back take half the usual time. Without repetitions the wearer stands still for ``hold_s``.
    """

    exercise: str
    reps: int
    after_s: float
    hold_s: float | None = None
    pace: float = 1.0


class _SetOf(Protocol):
    def __call__(self, stage: Stage, count: int, *, pause_s: Range = ..., pace: float = ...) -> None: ...


class _Known(msgspec.Struct, frozen=True):
    """How a set is acted, and how long it takes to be in the pose for it."""

    act: _SetOf
    pose_s: float


KNOWN: dict[str, _Known] = {
    "one-arm-row": _Known(row_set, 7.0),
    "dumbbell-row": _Known(row_set, 7.0),
    "shoulder-blade-squeeze": _Known(squeeze_set, 1.5),
    "upper-back-extension": _Known(extension_set, 10.5),
    "superman": _Known(extension_set, 10.5),
    "cat-camel": _Known(cat_camel_set, 11.0),
}
"""By the id in the catalogue."""
OTHER = "another exercise"
HELD_LONGER_S = (0.2, 0.7)
"""Nobody lets go before the release is said."""
STAYS_S = 60.0
"""After the last set, for the questions at the end."""


def act(acts: Sequence[Act], seed: int) -> Performance:
    """These sets, one after the other. Another seed is another person."""
    stage = Stage(seed)
    over_s = 0.0
    for one in acts:
        known = KNOWN.get(one.exercise, _Known(_other_set, 1.5))
        stage.wait(max(over_s + one.after_s - known.pose_s - stage.t_s, 0.0))
        with stage.section(f"{one.reps} x {one.exercise}"):
            if not one.reps:
                stage.wait(one.hold_s or 0.0)
            elif one.hold_s is None:
                known.act(stage, one.reps, pace=one.pace)
            else:
                least_s, most_s = HELD_LONGER_S
                known.act(stage, one.reps, pause_s=(one.hold_s + least_s, one.hold_s + most_s), pace=one.pace)
        over_s = stage.last_rep_s if one.reps else stage.t_s
    stage.wait(STAYS_S)
    return stage.performance()


def _other_set(stage: Stage, count: int, *, pause_s: Range = (0.3, 0.8), pace: float = 1.0) -> None:
    """A small extension, such as most exercises standing bring with them."""
    stage.wait(stage.between(1.0, 2.0))
    lean, out_s, back_s = {"flexion": -7.0, "z": 0.006}, 1.0 / pace, 1.3 / pace
    repeat(stage, OTHER, count, lean, out_s=out_s, back_s=back_s, pause_s=pause_s, between_s=(0.4, 0.9))
    stage.wait(stage.between(2.0, 3.0))
