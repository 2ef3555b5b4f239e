"""What ``rhomboid train`` trains: today's session of a plan, single exercises, or a session that was broken off."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from rhomboid import shelf
from rhomboid.coach.agenda import Agenda, Step
from rhomboid.coach.catalogue import Catalogue
from rhomboid.coach.flow import ANSWER_S, GET_READY_S, READING_S, SIDE_CHANGE_S
from rhomboid.coach.guided import GuidedSession
from rhomboid.coach.plan import PlannedExercise, PlannedSession
from rhomboid.coach.progression import next_session
from rhomboid.coach.record import SessionRecord
from rhomboid.commands.shown import complain
from rhomboid.errors import DataError, HistoryError, UsageError
from rhomboid.free_training import FreeTraining
from rhomboid.history.database import HISTORY_VARIABLE
from rhomboid.history.store import History
from rhomboid.recording.own import OwnRecording
from rhomboid.settings_file import load
from rhomboid.training import Training

if TYPE_CHECKING:
    from rhomboid.motion.settings import Settings
    from rhomboid.recording.layout import About
    from rhomboid.session import Session
    from rhomboid.simulation.guided import Act

BROKEN_OFF = timedelta(hours=12)
"""A session that was broken off longer ago is over."""


class Guide:
    """One session to be: what is to be done, if anything was asked for, and the history that it is kept in.

    ``free``: nothing is asked for, whatever plan is in use. ``demo``: the simulated wearer's sessions are no training,
    and kept only in a history that was named for it. What cannot be had is told to ``say``. Raises RhomboidError.
    """

    def __init__(
        self,
        plan: str | None,
        exercises: Sequence[str],
        *,
        demo: bool,
        go_on: bool,
        free: bool = False,
        say: Callable[[str], None] = complain,
    ) -> None:
        self._say = say
        self._catalogue = shelf.catalogue()
        known = shelf.plans(self._catalogue)
        chosen = shelf.current_plan(known) if plan is None else shelf.plan_named(known, plan)
        self.planned: PlannedSession | None = None
        """None: nothing was asked for, and no plan is in use."""
        self._history: History | None = None
        if not demo or HISTORY_VARIABLE in os.environ:
            self._history = self._opened()
        if free or (chosen is None and not exercises):
            return
        past = () if self._history is None else self._history.sessions(kind="train", movements=False)
        past = tuple(session for session in past if session.ended_because is not None or not _recent(session))
        if exercises or chosen is None:
            self.planned = _of_exercises([_exercise(text, self._catalogue) for text in exercises])
        else:
            self.planned = next_session(chosen, self._catalogue, past, date.today())
        self._first = self._history is not None and not past
        self._going_on = None if self._history is None else self._broken_off(go_on)

    def training(self, session: Session, recording: Path | None) -> Training:
        """The session guided, from here on."""
        assert self.planned is not None  # noqa: S101
        done = () if self._going_on is None else self._going_on.sets
        guided = GuidedSession(self.planned, self._catalogue.exercises, done=done, first=self._first)
        return Training(session, guided, self._history, going_on=self._going_on, recording=recording)

    def free(self, session: Session, recording: Path | None) -> FreeTraining | None:
        """The session kept without a guide; None: it is kept nowhere."""
        return None if self._history is None else FreeTraining(session, self._history, self._say, recording)

    def recording(self, about: About) -> OwnRecording | None:
        """Beside the history, where the settings say so and there is one."""
        if self._history is None or not load().recording.training:
            return None
        try:
            own = OwnRecording(self._history.path, about, self._say)
        except DataError as problem:
            self._say(f"this session will not be recorded: {problem}")
            return None
        self._say(f"this session is recorded in {own.path}")
        return own

    def as_learnt(self, settings: Settings) -> Settings:
        """With what was learnt of the user's exercises. A wearer whose sessions are not kept is another one."""
        if self._history is None:
            return settings
        from rhomboid.learnt_file import own_exercises

        try:
            return msgspec.structs.replace(settings, own=own_exercises())
        except DataError as problem:
            self._say(f"all is counted as usual: {problem}")
            return settings

    def acts(self) -> list[Act]:
        """What someone does who follows it, for the simulated wearer."""
        from rhomboid.simulation.guided import Act

        assert self.planned is not None  # noqa: S101
        done = () if self._going_on is None else self._going_on.sets
        steps = Agenda(self.planned, self._catalogue.exercises, done).steps
        after_s = ANSWER_S + 60.0 * self.planned.warm_up_min + GET_READY_S + (READING_S if self._first else 0.0)
        acts: list[Act] = []
        for step, following in zip_longest(steps, steps[1:]):
            acts.append(Act(exercise=step.exercise.id, reps=step.reps or 0, hold_s=step.hold_s, after_s=after_s))
            after_s = 0.0 if following is None else _pause_s(step, following)
        return acts

    def close(self) -> None:
        """Closes the history. Raises HistoryError."""
        if self._history is not None:
            self._history.close()

    def _opened(self) -> History | None:
        """A history that cannot be opened stops nobody from training."""
        try:
            return History()
        except HistoryError as problem:
            self._say(f"this session will not be kept: {problem}")
            return None

    def _broken_off(self, go_on: bool) -> SessionRecord | None:
        """The session that goes on, if there is one and the user wants it; the others that nobody ended are ended."""
        assert self._history is not None and self.planned is not None  # noqa: S101
        found: SessionRecord | None = None
        for session in self._history.unfinished():
            if session.kind != "train" or session.id is None:
                continue
            recent = _recent(session)
            if recent and not (session.sets and self._is_of(session)):
                continue  # perhaps another program is at it just now
            if recent and (go_on or _wanted(session)):
                found = session
                continue
            if recent and not sys.stdin.isatty():
                typer.echo(f"{_described(session)}: --go-on goes on with it", err=True)
                continue
            ended_s = max((done.end_s for done in session.sets), default=0.0)
            began = datetime.fromisoformat(session.started_at)
            ended_at = (began + timedelta(seconds=ended_s)).isoformat(timespec="seconds")
            over = msgspec.structs.replace(session, ended_because="interrupted", ended_at=ended_at)
            self._history.update_session(session.id, over)
        return found

    def _is_of(self, session: SessionRecord) -> bool:
        """Whether it is the session that is planned now, begun."""
        assert self.planned is not None  # noqa: S101
        of = self.planned
        same = (session.plan, session.plan_step) == ((of.plan, of.step) if of.plan else (None, None))
        return same and {done.exercise for done in session.sets} <= {x.exercise for x in of.exercises}


def _recent(session: SessionRecord) -> bool:
    return datetime.now().astimezone() - datetime.fromisoformat(session.started_at) < BROKEN_OFF


def _wanted(session: SessionRecord) -> bool:
    return sys.stdin.isatty() and typer.confirm(f"{_described(session)}. Go on with it?", default=True)


def _described(session: SessionRecord) -> str:
    sets = "1 set" if len(session.sets) == 1 else f"{len(session.sets)} sets"
    return f"the session of {session.started_at[11:16]} was broken off after {sets}"


def _pause_s(step: Step, following: Step) -> float:
    """From the last repetition of one set to the first of the next."""
    if following.exercise.id != step.exercise.id:
        return step.rest_s + GET_READY_S + 2.0
    return SIDE_CHANGE_S + 12.0 if following.number == step.number else step.rest_s + 2.0


def _exercise(text: str, catalogue: Catalogue) -> PlannedExercise:
    """``NAME`` or ``NAME:REPS``, prescribed as in the catalogue. Raises UsageError."""
    name, _, reps = text.partition(":")
    exercise = catalogue.named(name)
    asked = exercise.prescription
    if reps:
        if not reps.isdecimal() or not 1 <= int(reps) <= 200:
            raise UsageError(f"--exercise {text[:60]}: {reps[:20]} is no number of repetitions", do="give 1 to 200")
        if asked.reps is None:
            raise UsageError(f"{exercise.name} is not counted, it is held", do=f"use --exercise {exercise.id}")
        asked = msgspec.structs.replace(asked, reps=int(reps))
    return PlannedExercise(
        exercise=exercise.id,
        name=exercise.name,
        sets=asked.sets,
        sides=("left", "right") if exercise.per_side else (None,),
        reps=asked.reps,
        hold_s=asked.hold_s,
        rest_s=asked.rest_s,
        load_kg=asked.load_kg,
        load="with a weight you could lift two times more" if exercise.load else "",
        why="you asked for it",
    )


def _of_exercises(exercises: Sequence[PlannedExercise]) -> PlannedSession:
    return PlannedSession(
        plan="",
        step=0,
        week=0,
        light=False,
        due=date.today(),
        name=", ".join(x.name for x in exercises),
        warm_up_min=0.0,
        exercises=tuple(exercises),
    )
