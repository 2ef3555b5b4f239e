"""What a person says is true of a recording: where the repetitions, sets, holds and slouches are. Pure: no I/O.

Times are seconds of the recording's own timeline. ``Editor`` is what keys act upon; every change can be undone.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from rhomboid.events import Event, RepCompleted, SetClosed
from rhomboid.imu import Array

Kind = Literal["set", "hold", "slouch", "upright", "reference", "nothing"]


class Meaning(NamedTuple):
    """What a kind of stretch is called in ``labels.csv``; ``activity`` of a set is the exercise."""

    task: str
    activity: str


MEANINGS: dict[Kind, Meaning] = {
    "set": Meaning("reps", ""),
    "hold": Meaning("hold", "hold"),
    "slouch": Meaning("posture", "slouching"),
    "upright": Meaning("posture", "upright"),
    "reference": Meaning("posture", "reference"),
    "nothing": Meaning("daily", "no repetitions"),
}
SHORTEST_S = 0.2
"""Nothing that anybody marks is shorter."""
EDGE_S = 0.05
"""A cursor stands on the edge of a stretch within half a step."""
NEAR_S = 0.5
"""A repetition this near to the cursor is the one that is meant."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From ``start_s`` to ``end_s``. ``count`` is set where it is not the number of marked repetitions."""

    kind: Kind
    start_s: float
    end_s: float
    activity: str = ""
    count: int | None = None
    note: str = ""

    def holds(self, t_s: float) -> bool:
        """Whether a moment lies in it."""
        return self.start_s <= t_s <= self.end_s


class Annotations(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything marked in one recording. ``reps_s`` are the far points of true repetitions, in order."""

    subject: str = ""
    placement: str = ""
    reps_s: tuple[float, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    def reps_in(self, stretch: Stretch) -> int:
        """How many repetitions a set has: as corrected, else as marked."""
        return sum(map(stretch.holds, self.reps_s)) if stretch.count is None else stretch.count

    @property
    def astray(self) -> int:
        """Marked repetitions outside of every set, which no label counts."""
        sets = [s for s in self.stretches if s.kind == "set"]
        return sum(not any(s.holds(t_s) for s in sets) for t_s in self.reps_s)


class Seen(msgspec.Struct, frozen=True, eq=False):
    """A recording as it is shown: the whole signal, (n,) each as in ``Trace``, and what the program found in it."""

    title: str
    t_s: Array
    movement_deg: Array
    tilt_deg: Array
    events: tuple[Event, ...]

    @property
    def start_s(self) -> float:
        """The first moment there is."""
        return float(self.t_s[0]) if len(self.t_s) else 0.0

    @property
    def end_s(self) -> float:
        """The last one."""
        return float(self.t_s[-1]) if len(self.t_s) else 0.0

    @property
    def reps_s(self) -> list[float]:
        """The far points of what was counted, as reconsidered at the end of each set."""
        closed = {e.set_index: e for e in self.events if isinstance(e, SetClosed)}
        live = [e for e in self.events if isinstance(e, RepCompleted) and e.set_index not in closed]
        return sorted([m.peak_s for e in closed.values() for m in e.movements] + [e.movement.peak_s for e in live])

    @property
    def sets(self) -> list[SetClosed]:
        """The sets that hold at least one repetition."""
        return [e for e in self.events if isinstance(e, SetClosed) and e.reps]


class Opened(NamedTuple):
    """A stretch whose end is still to be marked."""

    kind: Kind
    start_s: float


class Editor:
    """Changes ``annotations`` step by step. Each method returns whether anything changed."""

    def __init__(self, annotations: Annotations, exercise: str = "exercise") -> None:
        self.annotations, self.exercise = annotations, exercise
        self.opened: Opened | None = None
        self._before: list[Annotations] = []

    def rep(self, t_s: float) -> bool:
        """A repetition has its far point here."""
        if any(abs(t_s - other) < SHORTEST_S for other in self.annotations.reps_s):
            return False
        return self._change(reps_s=tuple(sorted((*self.annotations.reps_s, round(t_s, 3)))))

    def stretch(self, kind: Kind, t_s: float) -> bool:
        """Begins one of this kind, or ends it; what was begun and is of another kind is given up."""
        if self.opened is None or self.opened.kind != kind:
            self.opened = Opened(kind, t_s)
            return False
        start_s, end_s = sorted((self.opened.start_s, t_s))
        self.opened = None
        if end_s - start_s < SHORTEST_S:
            return False
        activity = self.exercise if kind == "set" else MEANINGS[kind].activity
        return self._add(Stretch(kind=kind, start_s=round(start_s, 3), end_s=round(end_s, 3), activity=activity))

    def accept(self, found: SetClosed) -> bool:
        """What the program found is true: its set and its repetitions, in place of what was marked there."""
        start_s, end_s = found.start_s, found.end_s
        elsewhere = [t_s for t_s in self.annotations.reps_s if not start_s <= t_s <= end_s]
        reps_s = sorted({*elsewhere, *(round(m.peak_s, 3) for m in found.movements)})
        edges = sorted((round(start_s, 3), round(end_s, 3), *(round(m.peak_s, 3) for m in found.movements)))
        stretch = Stretch(kind="set", start_s=edges[0], end_s=edges[-1], activity=self.exercise)
        return self._add(stretch, reps_s=tuple(reps_s))

    def correct(self, t_s: float, by: int) -> bool:
        """The set here has so many repetitions more (or fewer) than it is said to have."""
        stretch = self.at(t_s, "set")
        if stretch is None:
            return False
        count = max(self.annotations.reps_in(stretch) + by, 0)
        marked = sum(map(stretch.holds, self.annotations.reps_s))
        corrected = msgspec.structs.replace(stretch, count=None if count == marked else count)
        return self._change(stretches=tuple(corrected if s is stretch else s for s in self.annotations.stretches))

    def remove(self, t_s: float) -> bool:
        """Takes away the repetition nearest to here, else the shortest stretch that is here."""
        nearest = min(self.annotations.reps_s, key=lambda other: abs(other - t_s), default=None)
        if nearest is not None and abs(nearest - t_s) <= NEAR_S:
            return self._change(reps_s=tuple(other for other in self.annotations.reps_s if other != nearest))
        stretch = self.at(t_s)
        if stretch is None:
            return False
        return self._change(stretches=tuple(s for s in self.annotations.stretches if s is not stretch))

    def undo(self) -> bool:
        """Gives up what was begun, else takes back the last change."""
        if self.opened is not None:
            self.opened = None
            return False
        if not self._before:
            return False
        self.annotations = self._before.pop()
        return True

    def at(self, t_s: float, kind: Kind | None = None) -> Stretch | None:
        """The shortest stretch (of this kind) that a cursor at this moment points to."""
        here = [
            s
            for s in self.annotations.stretches
            if s.start_s - EDGE_S <= t_s <= s.end_s + EDGE_S and kind in (None, s.kind)
        ]
        return min(here, key=lambda s: s.end_s - s.start_s, default=None)

    def _add(self, new: Stretch, **changes: object) -> bool:
        """A stretch replaces those of its task that it overlaps: nothing is two things of a kind at once."""
        task = MEANINGS[new.kind].task
        kept = [
            s
            for s in self.annotations.stretches
            if MEANINGS[s.kind].task != task or s.end_s <= new.start_s or s.start_s >= new.end_s
        ]
        return self._change(stretches=tuple(sorted((*kept, new), key=lambda s: (s.start_s, s.end_s))), **changes)

    def _change(self, **changes: object) -> bool:
        self._before.append(self.annotations)
        self.annotations = msgspec.structs.replace(self.annotations, **changes)
        return True
