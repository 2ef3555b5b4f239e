"""``rhomboid train`` guided: typed lines are keys, and what was done is kept, whatever happens to the program."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from rhomboid import events as e
from rhomboid.coach.cues import Cue, Output
from rhomboid.coach.guided import GuidedSession
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.commands.training import Guide
from rhomboid.errors import DataError
from rhomboid.free_training import FreeTraining
from rhomboid.history.store import History
from rhomboid.imu import ImuBlock
from rhomboid.motion.pipeline import MotionState, Pipeline, Trace
from rhomboid.plain_training import HELP, KEYS, obey
from rhomboid.playback import Playback
from rhomboid.session import Session, Update
from rhomboid.training import Training
from tests import command_line
from tests.coach.acted import CATALOGUE, asked, planned
from tests.command_line import Done

TRAIN = ("train", "--demo", "--plain", "--exercise", "one-arm-row:4")


def rhomboid(home: Path, *args: str | Path, text: str = "") -> Done:
    """``rhomboid ARGS...`` at home, where this has been typed."""
    typed = home / "typed.txt"
    typed.write_text(text, encoding="utf-8")
    with patch.dict(os.environ, at(home)), typed.open(encoding="utf-8") as stdin, patch.object(sys, "stdin", stdin):
        return command_line.rhomboid(*args)


def at(home: Path) -> dict[str, str]:
    """An environment of its own."""
    folders = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}
    return os.environ | folders | {"RHOMBOID_HISTORY": str(home / "history.sqlite3")}


def sessions(home: Path) -> tuple[SessionRecord, ...]:
    with History(home / "history.sqlite3") as history:
        return history.sessions()


def still(seconds: float) -> Session:
    t_s = np.arange(int(seconds * 50)) / 50
    acc_g = np.tile([0.0, 0.0, 1.0], (len(t_s), 1)) + 0.002 * np.sin(t_s)[:, None]
    return Session(Playback("still", [ImuBlock(t_s, acc_g, np.zeros_like(acc_g))], speed=math.inf), Pipeline())


# --- lines as keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", ("go", None, "")),
        ("+", ("count", 1, "")),
        ("-", ("count", -1, "")),
        ("-3", ("count", -3, "")),
        ("=12", ("set_count", 12, "")),
        ("7", ("number", 7, "")),
        ("10\r", ("number", 10, "")),
        ("!", ("sharp_pain", None, "")),
        ("x cat-camel", ("swap", None, "cat-camel")),
        ("e tired", ("end", None, "tired")),
        ("k 6.5", ("load", None, "6.5")),
        ("n left \x1b[2J side", ("note", None, "left \\x1b[2J side")),
    ],
)
def test_a_typed_line_is_a_key(line: str, told: tuple[str, int | None, str], monkeypatch: pytest.MonkeyPatch) -> None:
    session, heard = still(1.0), list[tuple[str, int | None, str]]()
    monkeypatch.setattr(session, "tell", lambda kind, value=None, text="": heard.append((kind, value, text)))
    obey(line, session)
    assert heard == [told]


@pytest.mark.parametrize("line", ["what", "12345", "+x", "=", "dd", "é", "-1.5"])
def test_what_is_no_key_is_answered(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    obey(line, still(1.0))
    assert capsys.readouterr().out == "I do not know that; ? lists the keys\n"


def test_every_key_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    obey("?", still(1.0))
    explained = capsys.readouterr().out
    assert all(key in explained for key in KEYS) and len(explained.splitlines()) == len(HELP)


# --- nobody guides ----------------------------------------------------------------------------------------------------


def said(session: Session, *events: e.Event) -> None:
    for subscriber in session._subscribers:
        subscriber(Update(events, Trace(*np.empty((3, 0))), MotionState()))


def closed(start_s: float, end_s: float, reps: int) -> e.SetClosed:
    movement = e.Movement(start_s=start_s, peak_s=start_s + 1.0, end_s=start_s + 2.0, range_deg=30.0, confidence=0.9)
    return e.SetClosed(
        at_s=end_s + 4.0, set_index=0, start_s=start_s, end_s=end_s, reps=reps, live_reps=reps + 1,
        movements=(movement,) * reps,
    )  # fmt: skip


def test_free_sets_are_kept_as_they_close_with_their_own_holds_alone(tmp_path: Path) -> None:
    session, trouble = still(1.0), list[str]()
    with History(tmp_path / "history.sqlite3") as history:
        free = FreeTraining(session, history, trouble.append)
        said(session, e.HoldEnded(at_s=5.0, start_s=1.0, end_s=5.0))
        said(session, closed(6.0, 9.0, 0))
        assert not history.sessions()
        said(session, e.HoldEnded(at_s=14.0, start_s=11.0, end_s=14.0), closed(10.0, 20.0, 3))
        (unfinished,) = history.unfinished()
        said(session, closed(40.0, 60.0, 4))
        free.finish()
        (kept,) = history.sessions()
    assert [(s.number, s.reps, s.live_reps, len(s.holds)) for s in unfinished.sets] == [(1, 3, 4, 1)]
    assert [(s.number, s.reps) for s in kept.sets] == [(1, 3), (2, 4)]
    assert (kept.kind, kept.ended_because, trouble) == ("train", "finished", [])


def test_a_free_session_that_cannot_be_kept_says_so_once_and_goes_on() -> None:
    session, trouble = still(1.0), list[str]()
    free = FreeTraining(session, Full(), trouble.append)
    said(session, closed(10.0, 20.0, 3))
    said(session, closed(40.0, 60.0, 3))
    free.finish()
    assert trouble == ["this session is no longer kept: the disk is full; make room"]


# --- what is kept -----------------------------------------------------------------------------------------------------


class Full:
    """A diary on a drive that is full from the first set on."""

    def start_session(self, record: SessionRecord) -> int:
        return 1

    def add_set(self, session_id: int, record: SetRecord) -> int:
        raise DataError("the disk is full", do="make room")

    def update_set(self, set_id: int, record: SetRecord) -> None:
        raise AssertionError("it is not asked again")

    def update_session(self, session_id: int, record: SessionRecord) -> None:
        raise AssertionError("it is not asked again")


async def test_a_diary_that_fails_does_not_end_the_training() -> None:
    plan = planned(asked("doorway-stretch", 2, hold_s=10.0, rest_s=5.0))
    session, out = still(150.0), list[Output]()
    training = Training(session, GuidedSession(plan, CATALOGUE.exercises), Full())
    training.subscribe(out.append)
    await session.run()
    training.finish()
    words = [o.text for o in out if isinstance(o, Cue)]
    assert words.count("this session is no longer kept: the disk is full; make room") == 1
    assert words[-1] == "Done: 2 sets in this session"
    assert training.guided.state.because == "finished"


async def test_pain_before_the_first_set_is_remembered_too(tmp_path: Path) -> None:
    session = still(60.0)
    with History(tmp_path / "history.sqlite3") as history:
        plan = planned(asked("doorway-stretch", 2, hold_s=10.0))
        training = Training(session, GuidedSession(plan, CATALOGUE.exercises), history)
        session.tell("number", 8)
        session.tell("sharp_pain")
        session.tell("end", text="pain")
        await session.run()
        training.finish()
        (kept,) = history.sessions()
    assert (kept.pain_before, kept.ended_because, kept.sets) == (8, "sharp_pain", ())


def test_a_session_of_the_simulated_wearer_is_guided_kept_and_can_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "mine.mcap"
    asked = ("--exercise", "upper-back-extension:4", "--exercise", "cat-camel:5")
    done = rhomboid(
        tmp_path, "train", "--demo", "--plain", *asked, "--speed", "max", "--record", path, text="2\nn stiff today\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Noted" in done.stdout and done.stdout.splitlines()[-1].endswith("Done: 2 sets in this session")
    (kept,) = sessions(tmp_path)
    assert (kept.ended_because, kept.note, kept.plan) == ("finished", "stiff today", None)
    assert [s.exercise for s in kept.sets] == ["upper-back-extension", "cat-camel"]
    assert all(abs(s.reps - (s.target_reps or 0)) <= 1 for s in kept.sets)
    assert kept.recording == str(path) and kept.recording_sha256
    assert rhomboid(tmp_path, "replay", "--verify", path).stdout.startswith("identical, byte for byte")


def test_json_has_the_cues_among_the_events(tmp_path: Path) -> None:
    done = rhomboid(tmp_path, *TRAIN, "--speed", "max", "--json", "--for", "140")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"said", "set_expected"} <= {line["cue"] for line in lines if "cue" in line}
    assert any(line.get("event") == "rep" for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_program_that_is_killed_loses_no_finished_set_and_the_next_one_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rhomboid", *TRAIN, "--speed", "30"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=at(tmp_path)
    ) as process:
        assert process.stdout is not None
        over = 0
        for line in process.stdout:
            over += "Set over" in line
            if over and "ready" in line:
                process.send_signal(signal.SIGKILL)
                break
    (broken,) = sessions(tmp_path)
    assert broken.ended_because is None
    assert [(s.number, s.side) for s in broken.sets] == [(1, "left")]

    done = rhomboid(tmp_path, *TRAIN, "--speed", "max", "--for", "1")
    assert "was broken off after 1 set: --go-on goes on with it" in done.stderr
    done = rhomboid(tmp_path, *TRAIN, "--speed", "max", "--go-on", "--for", "100")
    assert "Going on where you left off: 1 set done" in done.stdout
    whole = sessions(tmp_path)[0]
    assert whole.ended_because == "interrupted" and whole.id == broken.id and whole.started_at == broken.started_at
    assert [(s.number, s.side) for s in whole.sets][:2] == [(1, "left"), (1, "right")]


def begun(path: Path, started: datetime) -> None:
    """A history with a session of a plan in it that nobody ended."""
    with History(path) as history:
        number = history.start_session(
            SessionRecord(started_at=started.isoformat(timespec="seconds"), plan="gentle-in-bed", plan_step=0)
        )
        squeezes = SetRecord(exercise="shoulder-blade-squeeze", number=1, start_s=80.0, end_s=110.0, reps=2)
        history.add_set(number, squeezes)


@pytest.mark.parametrize(("hours", "goes_on"), [(1, True), (30, False)])
def test_a_session_of_a_plan_goes_on_within_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, goes_on: bool
) -> None:
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "history.sqlite3"))
    begun(tmp_path / "history.sqlite3", datetime.now().astimezone() - timedelta(hours=hours))
    with closing(Guide("gentle-in-bed", [], demo=True, go_on=True)) as guide:
        state = guide.training(still(1.0), None).guided.state
    assert state.sets_done == (1 if goes_on else 0)
    assert [kept.ended_because for kept in sessions(tmp_path)] == [None if goes_on else "interrupted"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--exercise", "one-arm-roe"], "did you mean one-arm-row"),
        (["--exercise", "one-arm-row:0"], "0 is no number of repetitions"),
        (["--exercise", "doorway-stretch:5"], "is not counted, it is held"),
        (["--plan", "nothing-like-it"], "there is no plan"),
        (["--plan", "x", "--free"], "ask for different things"),
    ],
)
def test_what_cannot_be_trained_is_one_clear_line(tmp_path: Path, arguments: list[str], what: str) -> None:
    done = rhomboid(tmp_path, "train", "--demo", "--plain", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr and len(done.stderr.splitlines()) == 1


def test_without_a_plan_training_is_free_and_kept_all_the_same(tmp_path: Path) -> None:
    done = rhomboid(tmp_path, "train", "--demo", "--plain", "--speed", "max")
    assert done.returncode == 0 and "set 1 done" in done.stdout
    (kept,) = sessions(tmp_path)
    assert (kept.plan, kept.ended_because, kept.recording) == (None, "finished", None)
    assert [(s.exercise, s.number, len(s.movements)) for s in kept.sets] == [("free training", 1, kept.sets[0].reps)]
    assert f"set 1 done: {kept.sets[0].reps} reps" in done.stdout


def test_the_plan_in_use_is_trained(tmp_path: Path) -> None:
    assert rhomboid(tmp_path, "plan", "use", "gentle-in-bed").returncode == 0
    done = rhomboid(tmp_path, "train", "--demo", "--plain", "--speed", "max", "--for", "400")
    assert done.returncode == 0 and "Lying on your back" in done.stdout
    (kept,) = sessions(tmp_path)
    assert (kept.plan, kept.plan_step) == ("gentle-in-bed", 0)
