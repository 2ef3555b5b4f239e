"""Which slouch becomes an alert: a budget for the day, spent on the longest ones, and everything that holds one back.

The rule. A slouch is told once it has lasted ``delay_s``; every alert spent ahead of an even pace through the day
doubles that, to half an hour at most. So the first slouch of the morning is told soon, the third in an hour must be a
long one, and by the evening short ones are told again if the budget has lasted. No slouch is told twice.

Time comes in as values: ``t_s`` is the sensor's, ``local_s`` the wall clock's (``desk_day``). Everything is decided on
whole seconds of the sensor's time, so it does not matter in which pieces events and time arrive.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Literal

from rhomboid import events as e
from rhomboid.coach import desk_decisions as d
from rhomboid.coach.desk_day import DAY_S, Day, Ledger, State, posture_minutes
from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.desk_state import DeskState, Kept
from rhomboid.coach.record import EndReason, SessionRecord, SlouchRecord

SPACING_S = 600.0
LONGEST_REQUIRED_S = 1800.0
RAISE_DEG, RAISE_MAX_DEG = 1.0, 6.0
"""What one "that was not a slouch" adds to the threshold, and all of them together at most."""
LABELS_KEPT = 20
CREDIT_S = 600.0
"""Repetitions begun this long after an alert answer it."""
BREAK_S = 120
SNOOZE_MAX_S = 3600.0
SLOUCHES_KEPT = 1000

Action = Literal["snooze_30", "snooze_60", "mute", "listen", "not_a_slouch", "undo_not_a_slouch", "break"]
"""``listen`` ends a snooze and a mute."""

TIMELINE: dict[e.Posture, State] = {
    "upright": "upright", "leaning_forward": "leaning", "leaning_back": "leaning", "leaning_left": "leaning",
    "leaning_right": "leaning", "leaning": "leaning", "moving": "moving", "lying": "lying",
    "cannot_tell": "cannot_tell", "not_worn": "not_worn",
}  # fmt: skip


class _Open:
    """A slouch that goes on, or the last one."""

    def __init__(self, event: e.SlouchStarted) -> None:
        self.start_s, self.tilt_deg = event.start_s, event.tilt_deg
        self.end_s, self.peak_deg = event.at_s, event.tilt_deg
        self.alert_s: float | None = None
        self.refuted, self.answered_by = False, 0

    @property
    def record(self) -> SlouchRecord:
        return SlouchRecord(
            start_s=self.start_s,
            end_s=self.end_s,
            peak_deg=self.peak_deg,
            alerted=self.alert_s is not None,
            refuted=self.refuted,
            answered_by=self.answered_by,
        )


class DeskCoach:
    """Feed it a session's events and time; it says what to tell. ``kept`` is what an earlier session left."""

    def __init__(self, settings: DeskSettings, kept: Kept | None = None) -> None:
        self.settings = settings
        self._kept = kept or Kept()
        self._ledger: Ledger | None = None
        self._quiet_from_s, quiet_to_s = _seconds(settings.quiet_from), _seconds(settings.quiet_to)
        self._quiet_s = (quiet_to_s - self._quiet_from_s) % DAY_S
        self._posture: e.Posture = "cannot_tell"
        self._raised_before_deg = self._kept.raised_deg  # the detector knows of these already
        self._k = 0  # the newest whole second of the sensor's timeline, which begins at 0
        self._ahead_s = 0.0  # of the sensor's time, the wall clock
        self._gaps: list[e.GapMarked] = []
        self._slouches: deque[_Open] = deque(maxlen=SLOUCHES_KEPT)
        self._slouching: _Open | None = None
        self._alerted: _Open | None = None
        self._patient_until_s = -math.inf
        self._reasons: dict[str, None] = {}
        self._told_reason = ""
        self._break_until_s: float | None = None
        self._break_reps = 0

    # --- what comes in ------------------------------------------------------------------------------------------------

    def feed(self, events: Sequence[e.Event], t_s: float | None, local_s: float) -> list[d.Decision]:
        """What follows from these events, and from its being ``t_s`` now (None: no samples yet), ``local_s`` here."""
        if t_s is None:
            return self._turn(local_s) + [decision for event in events for decision in self._hear(event, local_s)]
        found: list[d.Decision] = []
        self._ahead_s = local_s - t_s
        self._gaps += [event for event in events if isinstance(event, e.GapMarked)]
        for event in events:
            found += self._advance(event.at_s)
            found += self._hear(event, self._k + self._ahead_s)
        return found + self._advance(t_s)

    def act(self, action: Action, local_s: float) -> list[d.Decision]:
        """The person chose this."""
        found, day = self._turn(local_s), self._day(local_s)
        match action:
            case "snooze_30" | "snooze_60":
                self._kept.snoozed_until_local_s = local_s + 60.0 * int(action[-2:])
                found.append(d.Snoozed(local_s=local_s, until_local_s=self._kept.snoozed_until_local_s))
            case "mute":
                day.muted = True
                found.append(d.Muted(local_s=local_s, on=True))
            case "listen":
                if day.muted:
                    found.append(d.Muted(local_s=local_s, on=False))
                if self._snoozed(local_s):
                    found.append(d.Snoozed(local_s=local_s, until_local_s=local_s))
                day.muted, self._kept.snoozed_until_local_s = False, 0.0
            case "not_a_slouch":
                found += self._label(local_s)
            case "undo_not_a_slouch":
                found += self._unlabel(local_s)
            case "break":
                if self._break_until_s is None:
                    self._break_until_s, self._break_reps = self._k + BREAK_S, 0
                    found.append(d.BreakStarted(local_s=local_s, seconds=BREAK_S))
        return found

    def pause(self, reason: str, local_s: float) -> list[d.Decision]:
        """No alerts while this holds ("the screen is locked"), whatever else does."""
        self._reasons[reason] = None
        return self._tell_pause(local_s)

    def resume(self, reason: str, local_s: float) -> list[d.Decision]:
        """This no longer holds. A slouch that went on meanwhile must last for ``delay_s`` anew."""
        self._reasons.pop(reason, None)
        return self._tell_pause(local_s)

    # --- what can be asked --------------------------------------------------------------------------------------------

    @property
    def kept(self) -> Kept:
        """To be stored, and given to the next one."""
        return self._kept

    @property
    def slouches(self) -> tuple[SlouchRecord, ...]:
        """Those of this session that are over, the newest thousand."""
        return tuple(slouch.record for slouch in self._slouches if slouch is not self._slouching)

    def session(self, started_at: str, ended_at: str | None = None, because: EndReason | None = None) -> SessionRecord:
        """This session as the history keeps it, with all its slouches; the times as in ``record``."""
        ledger = self._ledger or Ledger(Day(number=0))
        return SessionRecord(
            started_at=started_at,
            ended_at=ended_at,
            kind="desk",
            slouches=self.slouches,
            posture=posture_minutes(ledger.session_s),
            breaks=ledger.breaks,
            longest_static_min=ledger.longest_static_s / 60.0,
            ended_because=because,
        )

    @property
    def threshold_deg(self) -> float:
        """The threshold with what labels have raised it by: what the detector should be started with."""
        return self.settings.threshold_deg + self._kept.raised_deg

    def state(self, local_s: float) -> DeskState:
        """How things stand at this moment."""
        day = self._day(local_s)
        ledger = self._ledger or Ledger(day)
        return DeskState(
            budget=self.settings.alerts_a_day,
            left=max(self.settings.alerts_a_day - len(day.alerts_local_s), 0),
            required_s=self.required_s(local_s),
            held_by=self._held_by(local_s, self._k),
            paused=self._told_reason,
            snoozed_until_local_s=self._kept.snoozed_until_local_s if self._snoozed(local_s) else None,
            muted=day.muted,
            since_break_s=ledger.since_break_s,
            longest_static_s=day.longest_static_s,
            breaks=day.breaks,
            posture=day.posture,
            minutes=day.minutes,
            raised_deg=self._kept.raised_deg,
        )

    def required_s(self, local_s: float) -> float:
        """How long a slouch must last to be told now: doubled by every alert spent ahead of an even pace."""
        waking_s = DAY_S - self._quiet_s
        since_quiet_s = (local_s - self._quiet_from_s - self._quiet_s) % DAY_S
        gone = min(since_quiet_s / waking_s, 1.0)
        ahead = len(self._day(local_s).alerts_local_s) - self.settings.alerts_a_day * gone
        doubled_s = self.settings.delay_s * math.pow(2.0, max(ahead, 0.0))
        return max(self.settings.delay_s, min(doubled_s, LONGEST_REQUIRED_S))

    # --- seconds ------------------------------------------------------------------------------------------------------

    def _advance(self, to_s: float) -> list[d.Decision]:
        found: list[d.Decision] = []
        if abs(to_s - self._k) > DAY_S:  # no session is that long at one go: another timeline
            self._k = math.floor(to_s)
        while self._k + 1 <= to_s:
            self._k += 1
            local_s = self._k + self._ahead_s
            found += self._turn(local_s)
            unknown = any(gap.start_s < self._k <= gap.end_s for gap in self._gaps)
            self._booking(local_s).second("cannot_tell" if unknown else self._shown, local_s)
            if not unknown:
                found += self._judge(self._k, local_s)
        self._gaps = [gap for gap in self._gaps if gap.end_s > self._k]
        return found

    def _judge(self, k: int, local_s: float) -> list[d.Decision]:
        if self._break_until_s is not None and k >= self._break_until_s:
            self._break_until_s = None
            return [d.BreakEnded(local_s=local_s, reps=self._break_reps)]
        slouch = self._slouching
        if slouch is None or slouch.alert_s is not None or self._held_by(local_s, k):
            return []
        if k - slouch.start_s < self.required_s(local_s) or k < self._patient_until_s:
            return []
        slouch.alert_s, self._alerted = float(k), slouch
        day = self._day(local_s)
        day.alerts_local_s.append(local_s)
        self._kept.last_alert_local_s = local_s
        return [
            d.Alert(
                local_s=local_s,
                start_s=slouch.start_s,
                lasted_s=k - slouch.start_s,
                tilt_deg=slouch.tilt_deg,
                left=self.settings.alerts_a_day - len(day.alerts_local_s),
            )
        ]

    def _held_by(self, local_s: float, t_s: float) -> str:
        """Why no alert may come now, or an empty string."""
        day = self._day(local_s)
        if self._told_reason:
            return f"paused: {self._told_reason}"
        if day.muted:
            return "muted until tomorrow"
        if self._snoozed(local_s):
            return f"snoozed until {d.time_of_day(self._kept.snoozed_until_local_s)}"
        if (local_s - self._quiet_from_s) % DAY_S < self._quiet_s:
            return f"quiet until {self.settings.quiet_to}"
        if len(day.alerts_local_s) >= self.settings.alerts_a_day:
            return "the alerts of today are spent"
        if self._break_until_s is not None:
            return "a break"
        # Both clocks must agree that it is long ago, as either may jump; a wall clock that was set back knows nothing.
        last_s = None if self._alerted is None else self._alerted.alert_s
        last_local_s = self._kept.last_alert_local_s
        if (last_s is not None and t_s - last_s < SPACING_S) or (
            last_local_s is not None and 0.0 <= local_s - last_local_s < SPACING_S
        ):
            return "an alert was only minutes ago"
        return ""

    def _snoozed(self, local_s: float) -> bool:
        # More than can be asked for would be a clock that was set back.
        return 0.0 < self._kept.snoozed_until_local_s - local_s <= SNOOZE_MAX_S

    @property
    def _shown(self) -> State:
        slouch = self._slouching
        if slouch is not None and not slouch.refuted and self._posture not in ("not_worn", "cannot_tell"):
            return "slouching"
        return TIMELINE[self._posture]

    # --- events -------------------------------------------------------------------------------------------------------

    def _hear(self, event: e.Event, local_s: float) -> list[d.Decision]:
        match event:
            case e.SlouchStarted():
                # What a label has raised since the detector was started, this has to hold back.
                if self._kept.raised_deg <= self._raised_before_deg or event.tilt_deg >= self.threshold_deg:
                    self._slouching = _Open(event)
                    self._slouches.append(self._slouching)
                    self._put_right(event.start_s, "slouching")
            case e.SlouchEnded():
                return self._over(event, local_s)
            case e.PostureChanged():
                self._posture = event.posture
                if event.posture == "not_worn":
                    self._put_right(event.start_s, "not_worn")
                    return self.pause("not worn", local_s)
                return self.resume("not worn", local_s)
            case e.LinkChanged(state="lost"):
                return self.pause("no link to the sensor", local_s)
            case e.LinkChanged(state="streaming"):
                return self.resume("no link to the sensor", local_s)
            case e.SetClosed():
                return self._credit(event, local_s)
        return []

    def _over(self, event: e.SlouchEnded, local_s: float) -> list[d.Decision]:
        slouch, self._slouching = self._slouching, None
        if slouch is None:
            return []
        slouch.end_s, slouch.peak_deg = event.end_s, event.peak_deg
        corrected = self._posture in ("upright", "moving") and not self._told_reason
        if slouch.alert_s is None or slouch.refuted or not corrected:
            return []
        after_s = max(event.end_s - slouch.alert_s, 0.0)
        return [d.ThankYou(local_s=local_s, after_s=after_s, aloud=self.settings.thank_you)]

    def _credit(self, event: e.SetClosed, local_s: float) -> list[d.Decision]:
        if not event.reps:
            return []
        if self._break_until_s is not None:
            self._break_reps += event.reps
        if self._ledger is not None:
            self._ledger.take_break()
        slouch = self._alerted
        if slouch is None or slouch.alert_s is None or not 0.0 <= event.start_s - slouch.alert_s <= CREDIT_S:
            return []
        slouch.answered_by += event.reps
        return [d.Answered(local_s=local_s, reps=event.reps, in_all=slouch.answered_by)]

    def _put_right(self, since_s: float, state: State) -> None:
        if self._ledger is not None:
            self._ledger.put_right(self._k - math.floor(since_s), state)

    # --- labels, pauses, days -----------------------------------------------------------------------------------------

    def _label(self, local_s: float) -> list[d.Decision]:
        slouch = self._alerted
        if slouch is None or slouch.refuted:
            return []
        slouch.refuted = True
        if slouch is self._slouching:
            self._put_right(slouch.start_s, "leaning")
        step_deg = min(RAISE_DEG, RAISE_MAX_DEG - self._kept.raised_deg)
        self._kept.raised_deg += step_deg
        label = d.NotASlouch(
            local_s=local_s,
            start_s=slouch.start_s,
            tilt_deg=slouch.tilt_deg,
            step_deg=step_deg,
            raised_deg=self._kept.raised_deg,
        )
        self._kept.labels = [*self._kept.labels, label][-LABELS_KEPT:]
        return [label]

    def _unlabel(self, local_s: float) -> list[d.Decision]:
        if not self._kept.labels:
            return []
        *self._kept.labels, label = self._kept.labels
        self._kept.raised_deg = max(self._kept.raised_deg - label.step_deg, 0.0)
        for slouch in self._slouches:
            if slouch.start_s == label.start_s:
                slouch.refuted = False
        return [d.LabelUndone(local_s=local_s, label=label, raised_deg=self._kept.raised_deg)]

    def _tell_pause(self, local_s: float) -> list[d.Decision]:
        reason = next(iter(self._reasons), "")
        if reason == self._told_reason:
            return []
        self._told_reason = reason
        if reason:
            return [d.Paused(local_s=local_s, reason=reason)]
        self._patient_until_s = self._k + self.settings.delay_s
        return [d.Resumed(local_s=local_s)]

    def _turn(self, local_s: float) -> list[d.Decision]:
        """The day turns in the middle of the quiet hours, where nobody is at the desk; never back by a little."""
        number = math.floor((local_s - self._quiet_from_s - self._quiet_s / 2.0) / DAY_S)
        before = self._kept.day
        if before is not None and number in (before.number, before.number - 1):
            return []
        self._kept.day = Day(number=number)
        if self._ledger is not None:
            self._ledger.begin(self._kept.day)
        return [] if before is None else [d.DayEnded(local_s=local_s, day=before)]

    def _day(self, local_s: float) -> Day:
        if self._kept.day is None:
            self._turn(local_s)
        assert self._kept.day is not None  # noqa: S101 - there is one from the first turn on
        return self._kept.day

    def _booking(self, local_s: float) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(self._day(local_s))
        return self._ledger


def _seconds(time_of_day: str) -> float:
    hours, minutes = time_of_day.split(":")
    return 3600.0 * int(hours) + 60.0 * int(minutes)
