"""Four weeks of one person, from the plan to the report: trained by the simulated wearer, kept, planned on, told.

A week is missed, pain rises at the end, and what is counted wrongly is corrected. Coach, core, plan, history and report
are the real ones; only the calendar is made up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from benchmarks.guided import lived

from rhomboid.coach.agenda import Agenda
from rhomboid.coach.cues import Cue, Output, SetKept
from rhomboid.coach.guided import GuidedSession
from rhomboid.coach.plan import PlannedSession
from rhomboid.coach.plan_file import read_plan
from rhomboid.coach.progression import next_session
from rhomboid.coach.record import SessionRecord
from rhomboid.history.overview import overview
from rhomboid.history.store import History
from rhomboid.imu import Command
from rhomboid.report.page import page
from rhomboid.report.period import Period
from rhomboid.simulation.guided import Act, act
from rhomboid.simulation.sensor import SimulatedSensor
from tests.coach.acted import CATALOGUE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("programme")]  # lived through once, not by every worker
PLACE = timezone(timedelta(hours=1))
PLAN = read_plan(
    "four-weeks.toml",
    """
id = "four-weeks"
name = "Four weeks"
about = "Rows and squeezes, three days a week."
days_a_week = 3
warm_up_min = 0
[[session]]
[[session.exercise]]
exercise = "dumbbell-row"
sets = 2
reps = 6
reps_to = 12
load_step_kg = 1
rest_s = 30
[[session.exercise]]
exercise = "shoulder-blade-squeeze"
sets = 1
reps = 4
reps_to = 8
hold_s = 4
rest_s = 30
""",
    CATALOGUE,
)
FIRST = date(2026, 10, 19)
MISSED_WEEK = 2
DAYS = [FIRST + timedelta(weeks=w, days=d) for w in range(4) for d in (0, 2, 4) if w != MISSED_WEEK]
PAIN = [4, 3, 3, 3, 2, 2, 3, 5, 7]
"""After each session; one less before it."""


class Programme(NamedTuple):
    """What was asked for each time, what came of it, and what comes next."""

    planned: list[PlannedSession]
    sessions: tuple[SessionRecord, ...]
    following: PlannedSession


def acts(planned: PlannedSession) -> list[Act]:
    """What someone does who follows it."""
    steps = Agenda(planned, CATALOGUE.exercises).steps
    found = []
    for before, step in zip([None, *steps], steps, strict=False):
        same = before is not None and before.exercise.id == step.exercise.id
        after_s = 11.0 if before is None else before.rest_s + (2.0 if same else 12.0)
        found.append(Act(exercise=step.exercise.id, reps=step.reps or 0, hold_s=step.hold_s, after_s=after_s))
    return found


def trained(planned: PlannedSession, day: date, pain: int, seed: int) -> SessionRecord:
    """One session, followed by the simulated wearer, who answers what is asked."""
    guided = GuidedSession(planned, CATALOGUE.exercises)
    answers = iter([pain - 1, *[5] * 3, pain])

    def says(output: Output) -> list[Command]:
        told = []
        if isinstance(output, SetKept):
            done = output.record
            if done.reps != done.target_reps and not done.corrections:  # the wearer did what was asked
                told.append(Command(0, "set_count", done.target_reps))
            if done.load_kg is None and CATALOGUE.exercises[done.exercise].load:
                told.append(Command(0, "load", text="5"))
        if isinstance(output, Cue) and output.kind == "question":
            told.append(Command(0, "number", next(answers)))
        return told

    block = SimulatedSensor("acted", seed, performance=act(acts(planned), seed)).samples()
    lived(block, guided, says)
    began = datetime(day.year, day.month, day.day, 18, 0, tzinfo=PLACE)
    return guided.record(began.isoformat(), (began + timedelta(minutes=6)).isoformat())


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    path = tmp_path_factory.mktemp("programme") / "history.sqlite3"
    planned = []
    for number, (day, pain) in enumerate(zip(DAYS, PAIN, strict=True)):
        with History(path) as history:  # every time as if the program had just been started
            planned.append(next_session(PLAN, CATALOGUE, history.sessions(kind="train", movements=False), day))
            record = trained(planned[-1], day, pain, number + 1)
            kept = history.start_session(msgspec.structs.replace(record, sets=(), ended_at=None, ended_because=None))
            for done in record.sets:
                history.add_set(kept, done)
            history.update_session(kept, record)
    with History(path) as history:
        sessions = history.sessions()
    return Programme(planned, sessions, next_session(PLAN, CATALOGUE, sessions, DAYS[-1] + timedelta(days=3)))


def test_the_history_holds_all_of_it(programme: Programme) -> None:
    assert [s.started_at[:10] for s in programme.sessions] == [day.isoformat() for day in DAYS]
    assert {s.ended_because for s in programme.sessions} == {"finished"}
    assert [s.pain_after for s in programme.sessions] == PAIN
    assert [s.pain_before for s in programme.sessions] == [pain - 1 for pain in PAIN]
    assert [len(s.sets) for s in programme.sessions] == [3] * 9
    weeks = overview(programme.sessions, DAYS[-1], 4).weeks
    assert [w.trainings for w in weeks] == [3, 3, 0, 3] and weeks[MISSED_WEEK].reps == 0


def test_what_the_sensor_counted_wrongly_was_corrected_and_that_is_kept_as_a_label(programme: Programme) -> None:
    off = []
    for planned, session in zip(programme.planned, programme.sessions, strict=True):
        for asked, done in zip(Agenda(planned, CATALOGUE.exercises).steps, session.sets, strict=True):
            assert (done.exercise, done.target_reps, done.reps) == (asked.exercise.id, asked.reps, asked.reps)
            assert bool(done.corrections) or done.sensor_reps == done.reps
            off.append(abs((done.sensor_reps or 0) - done.reps))
    assert any(off)
    # Once the way into the pose was taken for a set of its own, and the set itself for the next exercise.
    assert sum(x <= 1 for x in off) >= 25 and len(off) == 27


def test_the_plan_grows_and_owes_nothing_for_the_missed_week(programme: Programme) -> None:
    assert [p.step for p in programme.planned] == list(range(9))
    before, first, away = programme.planned[5], programme.planned[0], programme.planned[6]
    assert amount(first) < amount(programme.planned[1]) < amount(before)
    assert away.due == DAYS[6] and away.exercises[0].load_kg == before.exercises[0].load_kg


def test_rising_pain_lowers_the_plan_and_says_to_see_a_professional(programme: Programme) -> None:
    assert not any(p.see_professional for p in programme.planned[:8])
    for after in (programme.planned[8], programme.following):
        assert after.see_professional and any("doctor" in remark for remark in after.remarks)
    assert amount(programme.following) <= amount(programme.planned[8]) < amount(programme.planned[7])


def amount(planned: PlannedSession) -> int:
    """All repetitions that are asked for."""
    return sum(x.sets * (x.reps or 0) for x in planned.exercises)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1].append(data)


def test_the_report_says_the_same(programme: Programme, tmp_path: Path) -> None:
    period = Period(FIRST, DAYS[-1])
    names = {slug: exercise.name for slug, exercise in CATALOGUE.exercises.items()}
    made = page(programme.sessions, period, datetime(2026, 11, 14, tzinfo=PLACE), plans={PLAN.id: PLAN}, names=names)
    read = _Text()
    read.feed(made)
    by_name = {row[0]: row[1:] for row in reversed(read.rows) if row}
    plan, rows = by_name["four-weeks"], by_name[names["dumbbell-row"]]
    assert plan[:3] == ["9 in 4 weeks", "3 a week", "1"]
    counted = [done for s in programme.sessions for done in s.sets if done.exercise == "dumbbell-row"]
    assert rows[:2] == [str(len(counted)), str(sum(done.reps for done in counted))]
    assert by_name["pain after"][:2] == ["3.2", "4.2"] and "corrected" in made
