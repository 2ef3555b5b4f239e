"""From what a session says to what is to be heard: names of sounds with their number or words. No I/O, no clock."""

from __future__ import annotations

from typing import NamedTuple

from rhomboid import events as e
from rhomboid.motion.pipeline import MotionState
from rhomboid.words import STEPS

TICKED = ("out", "back")


class Heard(NamedTuple):
    """A sound of the table, and what goes with it."""

    name: str
    detail: str = ""


class Listening:
    """Follows one session. ``posture`` False: slouches are somebody else's business (the desk's alerts)."""

    def __init__(self, rest_s: float, *, posture: bool = True) -> None:
        self._rest_s, self._posture = rest_s, posture
        self._lost = False
        self._alerted = False
        self._rest_until_s: float | None = None
        self._hold_s = 0
        self._phase, self._phase_s, self._ticks = "rest", 0.0, 0

    def feed(self, events: tuple[e.Event, ...], state: MotionState) -> list[Heard]:
        """What these events, and the moment they led to, sound like; in order."""
        heard = [sound for event in events for sound in self._hear(event)]
        return heard + self._pass(state)

    def _hear(self, event: e.Event) -> list[Heard]:
        match event:
            case e.RepCompleted():
                return [Heard("rep", str(event.number))]
            case e.SetStarted():
                self._rest_until_s = None
            case e.SetClosed():
                self._rest_until_s = event.end_s + self._rest_s
                return [Heard("set_closed", str(event.reps))]
            case e.HoldEnded():
                return [Heard("hold_ended")]
            case e.SlouchStarted() if self._posture:
                self._alerted = True
                return [Heard("slouch")]
            case e.SlouchEnded() if self._alerted:
                self._alerted = False
                return [Heard("thank_you")]
            case e.CalibrationStep():
                return [Heard("guide", STEPS[event.step])]
            case e.LinkChanged(state="lost") if not self._lost:  # every try that fails says it again
                self._lost = True
                return [Heard("link_lost")]
            case e.LinkChanged(state="streaming") if self._lost:
                self._lost = False
                return [Heard("link_back")]
        return []

    def _pass(self, state: MotionState) -> list[Heard]:
        """What time itself makes heard."""
        heard: list[Heard] = []
        if self._rest_until_s is not None and state.t_s >= self._rest_until_s:
            self._rest_until_s = None
            heard.append(Heard("rest_over"))
        held_s = int(state.holding_s or 0.0)
        if held_s > self._hold_s:
            heard.append(Heard("hold_second", str(held_s)))
        self._hold_s = held_s
        if state.phase != self._phase:
            self._phase, self._phase_s, self._ticks = state.phase, state.t_s, 0
        passed = int(state.t_s - self._phase_s)
        if state.in_set and state.phase in TICKED and passed > self._ticks:
            heard.append(Heard("tempo"))
        self._ticks = passed
        return heard
