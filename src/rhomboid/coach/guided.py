"""The guided session: a plan, events of the signal core and what the user tells go in; cues and kept sets come out.

A set ends when movement stops and the next one begins when movement starts; every key has its way, and none is needed.
"""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec

from rhomboid import events as e
from rhomboid.coach import safety
from rhomboid.coach.cues import Output
from rhomboid.coach.flow import BEFORE_TRAINING, BETWEEN_SETS, WORTH_A_WORD_S, Flow
from rhomboid.coach.guided_state import GuidedState
from rhomboid.coach.record import EndReason, SessionRecord
from rhomboid.coach.set_in_hand import SetInHand

GOES_ON_S = 5.0
"""A set that fell short and is taken up again so soon after it was called over goes on."""
HEAVIEST_KG = 300.0
END_REASONS: dict[str, EndReason] = {"pain": "pain", "tired": "tired", "time": "time", "other": "other"}


class Tick(msgspec.Struct, frozen=True):
    """The sensor's time has come this far."""

    t_s: float


class GuidedSession(Flow):
    """One session of a plan, from the warning signs (the ``first`` time) to the pain afterwards.

    ``done`` are the sets of a session that was broken off and now goes on. Raises KeyError for an exercise of the plan
    that is not among ``exercises``. ``feed`` it with events in their order and with ``Tick``, the newest second of
    sensor time; ``finish`` it where the stream ends.
    """

    # --- in and out ---------------------------------------------------------------------------------------------------

    def feed(self, item: e.Event | Tick) -> list[Output]:
        """What this decides, in its order."""
        if not self._began:
            self._begin()
        if isinstance(item, e.GapMarked):
            self._run_to(item.start_s)
            self._leap(item)
        self._run_to(item.t_s if isinstance(item, Tick) else item.at_s)
        if isinstance(item, e.Event):
            self._now_s = max(self._now_s, item.at_s)
            self._hear(item)
        return self._taken()

    def finish(self) -> list[Output]:
        """The stream is over: a set in hand is kept with what it has, and the session is over if it was not."""
        if self._phase != "done":
            self._keep_set("interrupted")
            self._over(self._because or "interrupted")
        return self._taken()

    def record(self, started_at: str, ended_at: str | None = None) -> SessionRecord:
        """The session as it is kept, as far as it has come."""
        return SessionRecord(
            started_at=started_at,
            ended_at=ended_at,
            plan=self._session.plan or None,
            plan_step=self._session.step if self._session.plan else None,
            sets=(*self._done, *(s.record for s in self._sets)),
            pain_before=self._pain_before,
            pain_after=self._pain_after,
            ended_because=self._because if self.over else None,
            note="; ".join(self._notes),
        )

    @property
    def state(self) -> GuidedState:
        """The moment, for any screen."""
        at, step = self._set, self._agenda.next if self._set is None else self._set.step
        timed = not math.isinf(self._until_s)
        since_s = None if at is None else at.start_s if at.step.by_clock else at.holding_since_s
        return GuidedState(
            t_s=self._now_s,
            phase=self._phase,
            left_s=max(self._until_s - self._now_s, 0.0) if timed else None,
            length_s=self._until_s - self._since_s if timed else None,
            question=self._question,
            exercise=None if step is None else step.exercise,
            glance="" if step is None else step.glance,
            note="" if step is None else step.note,
            set_number=0 if step is None else step.number,
            sets=0 if step is None else step.sets,
            side=None if step is None else step.side,
            load="" if step is None else step.load,
            load_kg=None if step is None else step.load_kg,
            started=at is not None and at.start_s is not None,
            reps=0 if at is None else at.reps,
            target_reps=None if step is None else step.reps,
            holding_s=None if since_s is None else max(self._now_s - since_s, 0.0),
            target_hold_s=None if step is None else step.hold_s,
            tempo=None if step is None else step.exercise.tempo,
            alternatives=() if step is None else tuple(self._agenda.alternatives(step.exercise)),
            said=self._said,
            last=self._sets[-1].record if self._sets else None,
            sets_done=len(self._done) + len(self._sets),
            sets_left=len(self._agenda.steps),
            hurt=self._phase == "paused" and self._paused is None,
            because=self._because if self.over else None,
        )

    # --- what the sensor says -----------------------------------------------------------------------------------------

    def _hear(self, event: e.Event) -> None:
        if isinstance(event, e.CommandGiven):
            self._obey(event)
        if self.over:
            return
        at = self._set if self._phase == "working" else None
        held = at if at is not None and at.step.hold_s is not None and at.sensor_reps is not None else None
        match event:
            case e.SetStarted() if at is not None and event.start_s >= self._since_s - WORTH_A_WORD_S:
                at.expect(event.set_index)
            case e.RepCompleted():
                self._take_rep(event)
            case e.SetClosed():
                self._look_back(event)
            case e.HoldStarted() if held:
                held.hold(event.start_s, event.at_s)
            case e.HoldEnded() if held:
                held.take_hold(event.start_s, event.end_s, event.drift_deg)
            case e.LinkChanged(state="lost"):
                self._linked = False
                self._say("signal", f"no link to the sensor{self._keeps}" + (f". {event.words}" if event.words else ""))
            case e.LinkChanged(state="streaming") if not self._linked:
                self._linked = True
                self._say("signal", "the sensor is back")
            case e.SensorProblem() if event.kind != "malformed_packet":
                self._say("signal", f"the sensor has a problem: {event.reason}")
            case e.PostureChanged(posture="not_worn"):
                self._say("signal", "the sensor does not seem to be worn")
            case _:
                pass

    def _take_rep(self, event: e.RepCompleted) -> None:
        """A repetition belongs to the set in which it began, be that the one in hand, the last or the next."""
        last = self._sets[-1] if self._sets else None
        if last is not None and last is not self._set and last.is_ours(event.movement):
            last.take_rep(event.set_index, event.movement)
            self._kept(last)
        elif self._set is not None and self._phase == "working":
            if self._set.is_ours(event.movement):
                self._set.take_rep(event.set_index, event.movement)
        elif self._phase in BETWEEN_SETS:
            late_s = math.inf if last is None or last.end_s is None else event.movement.start_s - last.end_s
            short = last is not None and not (last.reached or last.discarded or last.ended_by != "stillness")
            step = self._agenda.next
            if last is not None and short and self._phase == "rest" and late_s <= last.quiet_s + GOES_ON_S:
                self._go_on_with(last, event)
            elif last is not None and last.knows(event.set_index):
                pass  # whoever gets up after a set moves as well; its look back says what that was
            elif step is not None and not step.by_clock and not step.by_hand:
                self._work(event)

    def _go_on_with(self, last: SetInHand, event: e.RepCompleted) -> None:
        """The set was not over: it is in hand again."""
        self._agenda.again(last.step)
        last.reopen()
        last.take_rep(event.set_index, event.movement)
        self._set = last
        self._enter("working")
        self._say("phase", "the set goes on")

    def _look_back(self, event: e.SetClosed) -> None:
        sets = dict.fromkeys(s for s in (*self._sets, self._set) if s is not None and s.knows(event.set_index))
        for at, following in pairwise((*sets, None)):
            assert at is not None  # noqa: S101
            before = at.record
            changed = at.look_back(event, math.inf if following is None else following.start_s or math.inf)
            if changed:
                self._say("set", changed)
            if at is not self._set and at.record != before:
                self._kept(at)

    # --- what the user says -------------------------------------------------------------------------------------------

    def _obey(self, command: e.CommandGiven) -> None:
        if command.kind == "note":
            self._notes.append(command.text)
            self._say("reply", "noted")
        elif command.kind == "red_flags":
            self._say_red_flags()
        elif command.kind == "load":
            self._load(command.text)
        elif command.kind in ("count", "set_count", "discard", "redo"):
            self._correct(command)
        elif not self.over:
            match command.kind:
                case "go":
                    self._go_on()
                case "number":
                    self._answer(command.value)
                case "skip" | "swap":
                    self._skip_or_swap(command)
                case "pause":
                    self._go_on() if self._phase == "paused" else self._pause()
                case "sharp_pain":
                    self._sharp_pain()
                case "end":
                    self._end(END_REASONS.get(command.text, "other"))

    def _go_on(self) -> None:
        at = self._set
        if self._phase == "paused":
            self._resume()
        elif self._phase != "working" or at is None:
            self._time_is_up()
        elif at.start_s is None:
            at.begin(self._now_s)
            self._say("reply", "the set has begun, press Enter when it is over")
        else:
            at.done_by_hand = True
            self._end_set(self._now_s, "key")

    def _pause(self) -> None:
        self._expect(False)
        self._paused = self._phase, self._now_s, self._until_s - self._now_s
        self._enter("paused")
        self._say("phase", "paused, Enter goes on")

    def _resume(self) -> None:
        if self._paused is None:  # after a sharp pain
            self._get_ready()
            return
        (phase, paused_s, left_s), self._paused = self._paused, None
        self._enter(phase, left_s)
        if self._set is not None and phase == "working":
            self._set.shift(self._now_s - paused_s)
            if self._set.sensor_reps is not None:
                self._expect(True)
        self._say("phase", "going on")

    def _answer(self, number: int | None) -> None:
        question = self._question if self._phase != "rest" or not self._ask_effort else "effort"
        if question is None or number is None or not 0 <= number <= 10:
            self._say("reply", "there is no question open" if question is None else "a number from 0 to 10, please")
        elif question == "effort":
            last = self._sets[-1]
            last.effort = number
            self._say("reply", f"effort {number}")
            self._kept(last)
            if self._agenda.next is None:
                self._time_is_up()
        else:
            self._say("reply", f"pain {number}")
            if question == "pain_before":
                self._pain_before = number
                advice = safety.about_pain_before(number)
            else:
                self._pain_after = number
                advice = safety.about_pain_after(self._pain_before, number)
            if advice:
                self._say("safety", advice)
            self._time_is_up()

    def _correct(self, command: e.CommandGiven) -> None:
        """Of the set in hand, or of the last one while that has not begun; one more begins it."""
        at, begins = self._set, command.kind == "count" and (command.value or 0) > 0
        if at is None or (at.start_s is None and not begins):
            at = self._sets[-1] if self._sets else None
        if at is None:
            self._say("reply", "there is no set yet")
        elif command.kind in ("count", "set_count"):
            told = command.value or 0
            changed = at.correct(self._now_s, told if command.kind == "count" else max(told, 0) - at.reps)
            if at is self._set and changed:
                at.begin(self._now_s)
            self._say("count", f"{at.reps}" if changed else f"it stays at {at.reps}", at.reps)
            if at is not self._set and changed:
                self._kept(at)
        elif at.discarded:
            self._say("reply", "that set is out already")
        else:
            self._refuse(at, again=command.kind == "redo" and not self.over)

    def _refuse(self, at: SetInHand, *, again: bool) -> None:
        in_hand = at is self._set
        at.refuse(self._now_s, again=again)
        self._say("reply", "that set does not count" + (", once more" if again else ""))
        if in_hand and not again:
            self._end_set(self._now_s, "key")
            return
        if not in_hand:
            self._kept(at)
        if again:
            self._keep_set("key")
            if not in_hand:
                self._agenda.again(at.step)
            self._because = self._paused = None
            if self._phase != "rest":
                self._get_ready()

    def _load(self, text: str) -> None:
        """With what the exercise at hand is done, or the one before it, if that is not known yet."""
        try:
            load_kg = float(text.replace(",", "."))
        except ValueError:
            load_kg = math.nan
        last = self._sets[-1] if self._sets else None
        at = self._set.step if self._set is not None else self._agenda.next
        if last is not None and self._set is None and last.step.exercise.load and last.step.load_kg is None:
            at = last.step
        if at is None or not 0.0 <= load_kg <= HEAVIEST_KG:
            self._say("reply", f"a load in kg, from 0 to {HEAVIEST_KG:g}, please")
            return
        self._agenda.load(at.exercise, load_kg)
        if self._set is not None and self._set.step.exercise.id == at.exercise.id:
            self._set.load(load_kg)
        if last is not None and last is not self._set and last.step.exercise.id == at.exercise.id:
            last.load(load_kg)
            self._kept(last)
        self._say("reply", f"{at.exercise.name} with {load_kg:g} kg")

    def _skip_or_swap(self, command: e.CommandGiven) -> None:
        if self._phase in BEFORE_TRAINING and command.kind == "skip":
            self._time_is_up()
            return
        if self._phase not in (*BETWEEN_SETS, "working") or self._agenda.next is None:
            self._say("reply", "nothing to skip now" if command.kind == "skip" else "nothing to exchange now")
            return
        old = self._agenda.next.exercise
        if command.kind == "swap":
            new = self._agenda.swap(command.text)
            if new is None:
                others = ", ".join(other.id for other in self._agenda.alternatives(old))
                self._say("reply", f"there are: {others}" if others else f"I know nothing in place of {old.name}")
                return
            words = f"{new.name} in place of {old.name}"
        else:
            self._agenda.skip()
            words = f"no more {old.name} today"
        self._keep_set("key")
        self._say("reply", words)
        if self._phase == "rest" and (step := self._agenda.next) is not None:
            self._say("phase", f"next: {step.glance}")
        else:
            self._get_ready()

    def _sharp_pain(self) -> None:
        """One key: the set ends at once, the exercise is off for today, and nothing goes on by itself."""
        self._sharp = True
        self._say("safety", safety.SHARP_PAIN)
        last = self._sets[-1].step if self._sets else None
        phase = self._paused[0] if self._phase == "paused" and self._paused is not None else self._phase
        if phase in ("working", "get_ready"):
            step = self._set.step if self._set is not None else self._agenda.next
        else:
            step = last if phase in ("rest", "side_change") else None
        self._keep_set("sharp_pain")
        if step is not None:
            self._agenda.hurts(step.exercise)
            self._say("safety", f"{step.exercise.name} is off for today. {safety.AFTER_SHARP_PAIN}")
        if phase == "pain_after":
            return
        self._paused = None
        if phase in BEFORE_TRAINING:
            self._paused = phase, self._now_s, max(self._until_s - self._now_s, 0.0)
        self._enter("paused")
        following = self._agenda.next
        what = "go on" if following is None or phase in BEFORE_TRAINING else f"go on with {following.exercise.name}"
        self._say("phase", f"Enter: {what}, once it is gone. Or end the session here")

    def _end(self, reason: EndReason) -> None:
        if self._phase == "pain_after":
            self._over(self._because or reason)
            return
        self._because = "sharp_pain" if self._sharp and reason == "pain" else reason
        self._keep_set("key")
        self._pain_after_it()
