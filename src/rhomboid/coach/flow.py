"""How a guided session goes from phase to phase: what is said, how long each lasts, when a set begins and ends.

Whatever is due by the clock happens on a grid of sensor time of its own, so that the same stream gives the same cues
however it was cut. What the sensor and the user say to it is ``guided``'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rhomboid import events as e
from rhomboid.coach import cues, safety
from rhomboid.coach.agenda import Agenda, Step
from rhomboid.coach.cues import Cue, CueKind, Output, SessionOver, SetExpected, SetKept
from rhomboid.coach.exercise import Exercise
from rhomboid.coach.guided_state import Phase, Question
from rhomboid.coach.plan import PlannedSession
from rhomboid.coach.record import EndedBy, EndReason, SetRecord
from rhomboid.coach.set_in_hand import SetInHand

TICK_S = 0.1
READING_S = 60.0
"""For the warning signs, before the first session of all; then it goes on by itself, as after every question."""
ANSWER_S = 20.0
EFFORT_S = 12.0
GET_READY_S = 10.0
SIDE_CHANGE_S = 10.0
LEAST_REST_S = 8.0
"""That a set is over is known some seconds late; this much rest is left in any case."""
REMINDER_S = 45.0
WORTH_A_WORD_S = 1.0
"""Of a gap."""
COUNTDOWNS: dict[Phase, tuple[int, ...]] = {
    "warm_up": (60, 10), "get_ready": (3, 2, 1), "side_change": (3, 2, 1), "rest": (10, 3, 2, 1),
}  # fmt: skip
QUESTIONS: dict[Question, str] = {
    "pain_before": "How much does your back or neck hurt now, from 0 (not at all) to 10?",
    "effort": "How hard was it, from 0 to 10?",
    "pain_after": "How much does your back or neck hurt now, from 0 (not at all) to 10?",
}
BEFORE_TRAINING = ("red_flags", "pain_before", "warm_up")
BETWEEN_SETS = ("rest", "side_change", "get_ready")


class Flow:
    """The phases of ``session``; ``GuidedSession`` says what is what."""

    def __init__(
        self,
        session: PlannedSession,
        exercises: Mapping[str, Exercise],
        *,
        done: Sequence[SetRecord] = (),
        first: bool = False,
        ask_effort: bool = True,
    ) -> None:
        self._session, self._first, self._ask_effort = session, first, ask_effort
        self._agenda = Agenda(session, exercises, done)
        self._done = tuple(done)
        self._out: list[Output] = []
        self._now_s = 0.0
        self._ticks = 0
        self._began = False
        self._phase: Phase = "pain_before"
        self._since_s, self._until_s = 0.0, math.inf
        self._countdown: int | None = None
        self._reminded = False
        self._paused: tuple[Phase, float, float] | None = None  # what, when and how much was left of it
        self._set: SetInHand | None = None
        self._expected = False
        self._sets: list[SetInHand] = []
        self._pain_before: int | None = None
        self._pain_after: int | None = None
        self._sharp = False
        self._because: EndReason | None = None
        self._notes: list[str] = []
        self._linked = True
        self._said = ""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""
        return self._phase == "done"

    # --- words --------------------------------------------------------------------------------------------------------

    @property
    def _question(self) -> Question | None:
        if self._phase == "pain_before" or self._phase == "pain_after":
            return self._phase
        asked = self._phase == "rest" and self._ask_effort and self._sets[-1].effort is None
        return "effort" if asked and self._now_s < self._since_s + EFFORT_S else None

    def _taken(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def _say(self, kind: CueKind, text: str, number: int | None = None) -> None:
        self._told(Cue(at_s=self._now_s, kind=kind, text=text[:1].upper() + text[1:], number=number))

    def _told(self, cue: Cue) -> None:
        self._said = cue.text
        self._out.append(cue)

    # --- time ---------------------------------------------------------------------------------------------------------

    def _run_to(self, t_s: float) -> None:
        """All that falls due before ``t_s``."""
        while (tick_s := self._ticks * TICK_S) < t_s and not self.over:
            self._ticks += 1
            self._now_s = max(self._now_s, tick_s)
            self._tick()

    def _leap(self, gap: e.GapMarked) -> None:
        """Nothing is known of a gap: nothing is said in it, and it is no stillness either."""
        self._ticks = max(self._ticks, math.floor(gap.end_s / TICK_S))
        if self._set is not None:
            self._set.stirred(gap.end_s)
        if gap.end_s - gap.start_s >= WORTH_A_WORD_S:
            self._now_s = max(self._now_s, gap.at_s)
            self._say("signal", f"nothing from the sensor for {cues.seconds(gap.end_s - gap.start_s)}{self._keeps}")

    @property
    def _keeps(self) -> str:
        counting = self._set is not None and self._set.start_s is not None and self._set.sensor_reps is not None
        return f": your set keeps its {self._set.reps}" if counting and self._set is not None else ""

    def _tick(self) -> None:
        if self._now_s >= self._until_s:
            self._time_is_up()
        elif (marks := COUNTDOWNS.get(self._phase)) is not None:
            left = math.ceil(self._until_s - self._now_s - 1e-6)
            soon = left in marks and left < self._until_s - self._since_s - 2.0
            if soon and left != self._countdown and self._agenda.next is not None:
                self._say("countdown", f"{cues.seconds(left)} left" if left > 3 else str(left), left)
            self._countdown = left
        if self._set is None or self._phase != "working":
            return
        for cue in self._set.tick(self._now_s):
            self._told(cue)
        ended = self._set.over(self._now_s)
        if ended is not None:
            self._end_set(*ended)
        elif self._set.start_s is None and not self._reminded and self._now_s - self._since_s >= REMINDER_S:
            self._reminded = True
            self._say("phase", "I see no repetition yet. Press Enter when the set begins, and again when it is over")

    def _enter(self, phase: Phase, length_s: float = math.inf) -> None:
        self._phase, self._since_s, self._until_s = phase, self._now_s, self._now_s + length_s
        self._countdown, self._reminded = None, False

    def _time_is_up(self) -> None:
        """What comes after the phase at hand, be it that its time is up or that the user goes on."""
        match self._phase:
            case "red_flags":
                self._ask("pain_before")
            case "pain_before":
                self._warm_up()
            case "warm_up":
                self._get_ready()
            case "get_ready" | "side_change":
                self._work()
            case "rest":
                self._next()
            case "pain_after":
                self._over(self._because or "finished")
            case _:
                pass

    # --- phases -------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._began = True
        for remark in self._session.remarks:
            self._say("safety", remark)
        if self._done:
            self._say("phase", f"going on where you left off: {cues.count(len(self._done), 'set')} done")
        if self._agenda.next is None:
            self._over("finished")
            return
        names = dict.fromkeys(step.exercise.name for step in self._agenda.steps)
        self._say("phase", f"today: {', '.join(names)}, {cues.count(len(self._agenda.steps), 'set')}")
        if self._first:
            self._say_red_flags()
            self._enter("red_flags", READING_S)
        else:
            self._ask("pain_before")

    def _say_red_flags(self) -> None:
        self._say("safety", safety.BEFORE_THE_LIST)
        for flag in safety.RED_FLAGS:
            self._say("safety", flag)
        self._say("safety", safety.AFTER_THE_LIST)

    def _ask(self, question: Question) -> None:
        if question != "effort":
            self._enter(question, ANSWER_S)
        self._say("question", QUESTIONS[question])

    def _warm_up(self) -> None:
        length_s = 60.0 * self._session.warm_up_min
        if length_s <= 0.0:
            self._get_ready()
            return
        self._enter("warm_up", length_s)
        self._say("phase", f"Warm up for {cues.seconds(length_s)}: {cues.WARM_UP}. Enter skips it")

    def _get_ready(self) -> None:
        step = self._agenda.next
        if step is None:
            self._pain_after_it()
            return
        self._enter("get_ready", GET_READY_S)
        self._say("phase", f"{step.glance}. {cues.POSITIONS[step.exercise.position].capitalize()}")
        self._say("phase", " ".join(step.exercise.how.split()))
        for caution in step.exercise.cautions:
            self._say("safety", caution)

    def _next(self) -> None:
        """After a rest: straight on with the same exercise, or a moment to get ready for another."""
        step, before = self._agenda.next, self._sets[-1].step if self._sets else None
        if step is not None and before is not None and step.exercise.id == before.exercise.id:
            self._work()
        else:
            self._get_ready()

    def _work(self, early: e.RepCompleted | None = None) -> None:
        """A set begins: as soon as something moves, or at once by the clock; or it has begun, with a repetition."""
        step = self._agenda.next
        if step is None:
            self._pain_after_it()
            return
        after_s = self._sets[-1].end_s if self._sets else 0.0
        self._set = at = SetInHand(step, len(self._done) + len(self._sets), self._now_s, after_s or 0.0)
        self._enter("working")
        if early is not None:
            self._say("phase", f"set {step.number} has begun")
            at.take_rep(early.set_index, early.movement)
        elif step.by_clock:
            at.begin(self._now_s)
        elif step.by_hand:
            at.begin(self._now_s)
            self._say("phase", f"go: {cues.target(step.reps, step.hold_s)}. Press Enter when it is done")
        else:
            self._expect(True)
            self._say("phase", f"go when you are ready: {cues.target(step.reps, step.hold_s)}")

    def _expect(self, going_on: bool) -> None:
        if going_on != self._expected:
            self._expected = going_on
            exercise = self._set.step.exercise.id if going_on and self._set is not None else ""
            self._out.append(SetExpected(at_s=self._now_s, going_on=going_on, exercise=exercise))

    def _end_set(self, end_s: float, by: EndedBy) -> None:
        """The set in hand is over, and the rest begins, or the change of sides."""
        step = self._agenda.finish()
        self._keep_set(by, end_s)
        following = self._agenda.next
        if following is None:
            self._rest_after_all()
        elif (following.exercise.id, following.number) == (step.exercise.id, step.number):
            self._enter("side_change", SIDE_CHANGE_S)
            self._say("phase", f"change sides: now the {following.side} side")
        else:
            self._rest(step, end_s, following)

    def _rest(self, step: Step, end_s: float, following: Step) -> None:
        self._enter("rest", max(end_s + step.rest_s - self._now_s, LEAST_REST_S))
        new = following.exercise.id != step.exercise.id
        what = following.glance if new else f"set {following.number} of {following.sets}"
        self._say("phase", f"rest for {cues.seconds(self._until_s - self._now_s)}, then {what}")
        if self._ask_effort:
            self._ask("effort")

    def _rest_after_all(self) -> None:
        if self._ask_effort:
            self._enter("rest", EFFORT_S)
            self._say("phase", "that was the last set")
            self._ask("effort")
        else:
            self._pain_after_it()

    def _keep_set(self, by: EndedBy, end_s: float | None = None) -> None:
        """The set in hand, if it began at all, is among those that are done; its place in the agenda is untouched."""
        at, self._set = self._set, None
        self._expect(False)
        if at is None or at.start_s is None:
            return
        at.finish(self._now_s if end_s is None else end_s, by)
        if at.index == len(self._done) + len(self._sets):
            self._sets.append(at)
        self._say("set", _came_to(at))
        self._kept(at)

    def _kept(self, at: SetInHand) -> None:
        self._out.append(SetKept(at_s=self._now_s, index=at.index, record=at.record))

    def _pain_after_it(self) -> None:
        self._because = self._because or "finished"
        if self._sets:
            self._ask("pain_after")
        else:
            self._over(self._because)

    def _over(self, because: EndReason) -> None:
        self._because = because
        self._enter("done")
        done = [s for s in self._sets if not s.discarded]
        self._say("phase", f"done: {cues.count(len(done), 'set')} in this session" if done else "done")
        self._out.append(SessionOver(at_s=self._now_s, because=because))


def _came_to(at: SetInHand) -> str:
    step = at.step
    if step.by_clock:
        held_s = (at.end_s or 0.0) - (at.start_s or 0.0)
        return f"{cues.seconds(held_s)} of {step.exercise.name}"
    asked = f" of {step.reps}" if step.reps is not None else ""
    unseen = " (the sensor saw none; type = and how many you did)" if not at.reps and at.sensor_reps == 0 else ""
    return f"set over: {at.reps}{asked}{unseen}"
