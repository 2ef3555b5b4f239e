"""The set that is being done: what the sensor and the user counted, what is said on the way, and when it is over."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median

import msgspec

from rhomboid.coach import cues
from rhomboid.coach.agenda import Step
from rhomboid.coach.cues import Cue
from rhomboid.coach.record import EndedBy, HoldRecord, SetRecord, UserCorrection
from rhomboid.events import Correction, Movement, SetClosed

USUAL_REP_S = 3.0
"""Out and back, of an exercise that no tempo is known of."""
MIDDLE_SHARE = 0.5
"""The middle 80 % of the way, which is what a movement's times are of, takes half the time of a smooth movement."""
QUICK_SHARE = 0.35
"""Of the tempo's time: what is quicker than this twice in a row is told so. One way alone is measured roughly."""
TEMPO_EVERY_S = 20.0
"""A cue about the tempo, and then none for so long: nobody wants to hear it after each repetition."""
QUIET_S, QUIET_PERIODS = 8.0, 2.5
"""A set is over after so long, and so many of its periods, without a repetition ..."""
DONE_S, DONE_PERIODS = 4.0, 1.5
"""... or these, once there are as many as were asked for."""
LAST_SECONDS = 3
HALF_WAY_FROM_S = 20.0


class SetInHand:
    """One set of ``step``, the ``index``-th of the session, from ``at_s`` on.

    ``start_s`` is None until something moves; ``end_s`` is None until it is over. Movements before ``after_s`` belong
    to an earlier set.
    """

    def __init__(self, step: Step, index: int, at_s: float, after_s: float) -> None:
        self.step, self.index = step, index
        self.start_s: float | None = None
        self.end_s: float | None = None
        self.ended_by: EndedBy = "stillness"
        self.effort: int | None = None
        self.discarded = False
        self.done_by_hand = False
        """Whether the user said that it is done as it was asked for."""
        self.corrections: list[UserCorrection] = []
        self.holding_since_s: float | None = None
        self._at_s = self._quiet_since_s = at_s
        self._after_s = after_s
        self._by_core: dict[int, list[Movement]] = {}
        self._live = 0
        self._offset = 0
        self._holds: list[HoldRecord] = []
        self._said = 0
        self._tempo = self._quick_before = ""
        self._tempo_after_s = -math.inf
        self._hold_left: int | None = None

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def sensor_reps(self) -> int | None:
        """What the sensor counted, as far as it looks; None where the clock or the user does."""
        return None if self.step.by_hand or self.step.by_clock else sum(map(len, self._by_core.values()))

    @property
    def reps(self) -> int:
        """What counts."""
        seen = self.sensor_reps
        if seen is None:
            seen = len(self._holds) if self.step.by_clock else (self.step.reps or 1) * self.done_by_hand
        return max(seen + self._offset, 0)

    @property
    def reached(self) -> bool:
        """Whether there are as many as were asked for."""
        return self.step.reps is not None and self.reps >= self.step.reps

    @property
    def record(self) -> SetRecord:
        """As it is kept; of a set that goes on: as if it were broken off now."""
        movements = sorted((m for found in self._by_core.values() for m in found), key=lambda m: m.start_s)
        start_s = self._at_s if self.start_s is None else self.start_s
        return SetRecord(
            exercise=self.step.exercise.id,
            number=self.step.number,
            start_s=start_s,
            end_s=max(start_s, self._quiet_since_s if self.end_s is None else self.end_s),
            reps=self.reps,
            side=self.step.side,
            target_reps=self.step.reps,
            target_hold_s=self.step.hold_s,
            sensor_reps=self.sensor_reps,
            live_reps=None if self.sensor_reps is None else self._live,
            movements=tuple(movements),
            holds=tuple(h for h in self._holds if h.end_s > start_s),  # what was held before was the pose
            corrections=tuple(self.corrections),
            load_kg=self.step.load_kg,
            effort=self.effort,
            discarded=self.discarded,
            ended_by=self.ended_by,
        )

    # --- what happens -------------------------------------------------------------------------------------------------

    def begin(self, at_s: float) -> None:
        """It has begun, by a movement, the clock or a key; nothing happens the second time."""
        self.start_s = at_s if self.start_s is None else self.start_s
        self.stirred(at_s)

    def stirred(self, at_s: float) -> None:
        """Something moved; or nobody can know whether something did."""
        self._quiet_since_s = max(self._quiet_since_s, at_s)

    def expect(self, core_set: int) -> None:
        """The core counts for this set under this number."""
        self._by_core.setdefault(core_set, [])

    def knows(self, core_set: int) -> bool:
        """Whether the core's set of this number is ours, or was in part."""
        return core_set in self._by_core

    def is_ours(self, movement: Movement) -> bool:
        """Whether a movement belongs to this set, which may be over."""
        return movement.start_s >= self._after_s and (self.end_s is None or movement.start_s < self.end_s)

    def take_rep(self, core_set: int, movement: Movement) -> None:
        """A repetition was counted."""
        self.begin(movement.start_s)
        self.stirred(movement.end_s)
        self._by_core.setdefault(core_set, []).append(movement)
        self._live += 1
        quick = self._quick(movement)
        self._tempo = quick if quick == self._quick_before else ""
        self._quick_before = quick

    def look_back(self, closed: SetClosed, until_s: float) -> str:
        """The look back over a set of the core: takes over what is ours of it. What changed in words; empty: nothing.

        What began after ``until_s`` is the next set's.

        A count that the user has corrected stays what the user said, and a set that somebody was asked to do is not
        taken for none at all.
        """
        if not closed.movements:
            return ""
        before = self._by_core[closed.set_index]
        after = [m for m in closed.movements if self._after_s <= m.start_s < until_s]
        change = len(after) - len(before)
        self._by_core[closed.set_index] = after
        if not change or self.corrections:
            self._offset -= change if self.corrections else 0
            return ""
        self._said = self.reps
        return f"counted again: {self.reps}, not {self.reps - change} ({_reasons(closed.corrections)})"

    def hold(self, start_s: float, now_s: float) -> None:
        """A hold has begun. The set has not, by that alone: whoever has taken up a pose keeps still in it, too."""
        self.stirred(now_s)
        self.holding_since_s = start_s

    def take_hold(self, start_s: float, end_s: float, drift_deg: float) -> None:
        """A hold is over."""
        self.holding_since_s = self._hold_left = None
        self.stirred(end_s)
        if start_s >= self._after_s:
            self._holds.append(HoldRecord(start_s=start_s, end_s=end_s, drift_deg=drift_deg))

    def correct(self, at_s: float, amount: int) -> int:
        """The user says that it were so many more (or fewer); how many are taken."""
        amount = max(amount, -self.reps)
        if amount:
            self.corrections.append(UserCorrection(at_s=at_s, kind="count", amount=amount))
            self._offset += amount
            self._said = self.reps
        return amount

    def refuse(self, at_s: float, *, again: bool) -> None:
        """The user says that it does not count."""
        self.corrections.append(UserCorrection(at_s=at_s, kind="redo" if again else "discard"))
        self.discarded = True

    def load(self, load_kg: float) -> None:
        """It is, or was, done with this load."""
        self.step = msgspec.structs.replace(self.step, load_kg=load_kg, load=f"{load_kg:g} kg")

    def finish(self, end_s: float, by: EndedBy) -> None:
        """It is over."""
        if self.step.by_clock and self.start_s is not None and end_s > self.start_s:
            self._holds = [HoldRecord(start_s=self.start_s, end_s=end_s)]
        self.holding_since_s = None
        self.end_s, self.ended_by = max(end_s, self.start_s or 0.0), by

    def reopen(self) -> None:
        """It was not over after all."""
        self.end_s = None

    def shift(self, by_s: float) -> None:
        """A pause of so long is over."""
        self._quiet_since_s += by_s
        self.holding_since_s = None
        if self.step.by_clock and self.start_s is not None:
            self.start_s += by_s

    def _quick(self, movement: Movement) -> str:
        """What to say of a movement that was much too quick; empty: nothing."""
        tempo = self.step.exercise.tempo
        if tempo is None:
            return ""
        if 0.0 < movement.back_s < QUICK_SHARE * MIDDLE_SHARE * tempo.back_s:
            return cues.TOO_QUICK_BACK
        return cues.TOO_QUICK_OUT if 0.0 < movement.out_s < QUICK_SHARE * MIDDLE_SHARE * tempo.out_s else ""

    # --- as time goes on ----------------------------------------------------------------------------------------------

    def over(self, now_s: float) -> tuple[float, EndedBy] | None:
        """When it ended and by what, if it did."""
        if self.start_s is None or self.step.by_hand:
            return None
        if self.step.by_clock:
            end_s = self.start_s + (self.step.hold_s or 0.0)
            return (end_s, "time") if now_s >= end_s else None
        return (self._quiet_since_s, "stillness") if now_s - self._quiet_since_s >= self.quiet_s else None

    @property
    def quiet_s(self) -> float:
        """After so long without a repetition it is over."""
        starts = sorted(m.start_s for found in self._by_core.values() for m in found)
        tempo = self.step.exercise.tempo
        period_s = USUAL_REP_S if tempo is None else tempo.out_s + tempo.pause_s + tempo.back_s
        period_s += self.step.hold_s or 0.0
        if len(starts) > 2:
            period_s = max(period_s, median(b - a for a, b in pairwise(starts)))
        if self.reached:
            return max(DONE_S, DONE_PERIODS * period_s)
        return max(QUIET_S, QUIET_PERIODS * period_s)

    def tick(self, now_s: float) -> list[Cue]:
        """What is to be said by now."""
        said: list[Cue] = []
        if self.start_s is not None and self.reps != self._said:
            self._said = self.reps
            said.append(Cue(at_s=now_s, kind="count", text=cues.counted(self.reps, self.step.reps), number=self.reps))
        if self._tempo:
            if now_s >= self._tempo_after_s:
                said.append(Cue(at_s=now_s, kind="tempo", text=self._tempo))
                self._tempo_after_s = now_s + TEMPO_EVERY_S
            self._tempo = ""
        since_s = self.start_s if self.step.by_clock else self.holding_since_s
        if self.start_s is not None and since_s is not None and self.step.hold_s is not None:
            said += self._hold(now_s, self.step.hold_s, self.step.hold_s - (now_s - since_s))
        return said

    def _hold(self, now_s: float, hold_s: float, left_s: float) -> list[Cue]:
        left = max(math.ceil(left_s - 1e-6), 0)
        if left == self._hold_left:
            return []
        first, self._hold_left = self._hold_left is None, left
        held = self.step.exercise.kind != "timed"
        if left == 0:
            text = "release" if held else "that is it"
        elif left <= LAST_SECONDS:
            text = f"hold, {left}" if first and held else str(left)
        elif first:
            text = "hold" if held else "begin"
        elif hold_s >= HALF_WAY_FROM_S and left == round(hold_s / 2):
            text = "half way"
        else:
            return []
        return [Cue(at_s=now_s, kind="hold", text=text, number=left)]


def _reasons(corrections: tuple[Correction, ...]) -> str:
    return ", ".join(dict.fromkeys(c.reason for c in corrections)) or "looking back over the whole set"
