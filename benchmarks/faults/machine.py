"""Faults of the machine: kills, full, slow and closed disks, no handles, stepped clocks, two at once, terminals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.dashboard.terminal import OWN_TERMINAL, Terminal

from benchmarks.faults.program import Fault, Outcome, Program, read_only, sets_kept, sets_told, small_disk
from benchmarks.kills import kill_one
from rhomboid.errors import RhomboidError
from rhomboid.history.store import History
from rhomboid.info import info_of
from rhomboid.recording.reader import Recording

TRAIN = ("train", "--demo", "--exercise", "one-arm-row:4", "--json", "--speed", "max")
RECORD = ("--demo", "--plain", "--speed", "max")


def killed_recording(folder: Path, luck: random.Random) -> Outcome:
    path = folder / "killed.mcap"
    lost_s = kill_one(path, luck.randrange(1000), within_s=3.0)
    return Outcome(said_of(path), lost_s=lost_s)


def said_of(path: Path) -> str:
    """What ``rhomboid info`` says of a recording that is not whole, or why it cannot be read."""
    try:
        return info_of(path).integrity
    except RhomboidError as error:
        return error.what


def killed_training(folder: Path, luck: random.Random) -> Outcome:
    program = Program(folder, *TRAIN)
    assert program.process.stdout is not None  # noqa: S101
    wanted, told = luck.randint(1, 5), []
    for line in program.process.stdout:
        told.append(json.loads(line))
        if sets_told(told) >= wanted:
            time.sleep(luck.uniform(0.0, 0.1))
            break
    program.process.send_signal(signal.SIGKILL)
    rest, _ = program.process.communicate()
    told += [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    again = Program(folder, *TRAIN, "--for", "1").end()
    return Outcome(again.said("broken off"), sets_lost=sets_told(told) - sets_kept(folder / "history.sqlite3"))


def full_disk_recording(folder: Path, luck: random.Random) -> Outcome:
    disk = folder / "disk"
    with small_disk(disk, luck.randrange(16, 80, 4)) as fault:
        program = Program(folder, "record", str(disk / "set.mcap"), *RECORD, fault=fault).end()
        return Outcome(program.said(), lost_s=program.lost_s(disk / "set.mcap"))


def full_disk_history(folder: Path, luck: random.Random) -> Outcome:
    disk = folder / "disk"
    with small_disk(disk, 4 * luck.randrange(50, 70)) as fault:
        path = disk / "history.sqlite3"
        program = Program(folder, *TRAIN, fault=fault, env={"RHOMBOID_HISTORY": str(path)}).end()
        lines = program.lines
        at = next((i for i, line in enumerate(lines) if "no longer kept" in line.get("text", "")), None)
        assert at is not None, "the disk was not full: " + program.err  # noqa: S101
        said = lines[at]["text"].replace(f"{folder}/", "")
        return Outcome(said, sets_lost=max(sets_told(lines[:at]) - sets_kept(path), 0))


def folder_closed(folder: Path, _: random.Random) -> Outcome:
    closed = folder / "closed"
    with read_only(closed):
        where = {"RHOMBOID_HISTORY": str(closed / "history.sqlite3")}
        recording = Program(folder, "record", str(closed / "set.mcap"), *RECORD, env=where).end()
        training = Program(folder, *TRAIN, "--for", "2", env=where).end()
    assert (recording.process.returncode, training.process.returncode) == (2, 0)  # noqa: S101
    return Outcome(f"{recording.said()} / {training.said()}")


def slow_disk(folder: Path, _: random.Random) -> Outcome:
    fault = "sync = os.fsync\nos.fsync = lambda file: (time.sleep(2.0), sync(file))[1]"
    path = folder / "set.mcap"
    program = Program(folder, "record", str(path), "--demo", "--plain", "--for", "8", fault=fault).end()
    assert Recording.open(path).recovered is None and program.process.returncode == 0  # noqa: S101
    return Outcome("nothing", lost_s=program.lost_s(path), waited_s=program.waited_s)


def slow_history(folder: Path, _: random.Random) -> Outcome:
    fault = """
from rhomboid.history.store import History
add = History.add_set
History.add_set = lambda *told: (time.sleep(2.0), add(*told))[1]
"""
    path = folder / "set.mcap"
    program = Program(folder, *TRAIN, "--record", str(path), fault=fault).end()
    sets_lost = sets_told(program.lines) - sets_kept(folder / "history.sqlite3")
    return Outcome("nothing", program.lost_s(path), sets_lost, program.waited_s)


CLOCK = """
import datetime as real
import rhomboid.training, rhomboid.commands.training
class Stepped:
    calls = 0
    fromisoformat = real.datetime.fromisoformat
    @classmethod
    def now(cls):
        cls.calls += 1
        stepped_s = {step_s} if cls.calls > 1 else 0
        began_s = real.datetime.fromisoformat("{began}").timestamp()
        return real.datetime.fromtimestamp(began_s + stepped_s + 2.0 * cls.calls)
rhomboid.training.datetime = rhomboid.commands.training.datetime = Stepped
"""


def clock(began: str, step_s: float = 0.0) -> Fault:
    """A training in which the wall clock begins there and is stepped by so much."""

    def stepped(folder: Path, _: random.Random) -> Outcome:
        where = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
        program = Program(folder, *TRAIN, fault=CLOCK.format(began=began, step_s=step_s), env=where).end()
        path = folder / "history.sqlite3"
        shown = Program(folder, "history", "--day", began[:10], env=where).end()
        assert (program.process.returncode, shown.process.returncode) == (0, 0), program.err  # noqa: S101
        with History(path) as history:
            (session,) = history.sessions()
        assert session.ended_because == "finished"  # noqa: S101
        said = f"nothing; the history has it from {session.started_at[11:]} to {str(session.ended_at)[11:]}"
        return Outcome(said, sets_lost=sets_told(program.lines) - len(session.sets))

    return stepped


def two_recorders(folder: Path, _: random.Random) -> Outcome:
    path = folder / "set.mcap"
    first = Program(folder, "record", str(path), "--demo", "--plain", "--for", "6")
    while not path.exists():
        time.sleep(0.05)
    second = Program(folder, "record", str(path), *RECORD, "--force").end()
    first.end()
    assert (first.process.returncode, second.process.returncode) == (0, 2)  # noqa: S101
    return Outcome(second.said(), lost_s=first.lost_s(path))


def two_desks(folder: Path, _: random.Random) -> Outcome:
    desk = ("desk", "--background", "--demo", "--sound", "off")
    first = Program(folder, *desk)
    assert first.process.stdout is not None  # noqa: S101
    first.process.stdout.readline()
    second = Program(folder, *desk).end()
    asked_s = time.monotonic()
    first.process.terminate()
    first.end()
    assert (first.process.returncode, second.process.returncode) == (0, 2)  # noqa: S101
    return Outcome(
        second.said().replace(f"process {first.process.pid}", "process N"), waited_s=time.monotonic() - asked_s
    )


def two_trainings(folder: Path, _: random.Random) -> Outcome:
    both = [Program(folder, *TRAIN) for _ in range(2)]
    told = sum(sets_told(program.end().lines) for program in both)
    return Outcome("nothing", sets_lost=told - sets_kept(folder / "history.sqlite3"))


def no_handles(folder: Path, luck: random.Random) -> Outcome:
    """From the start on, or (what is more likely) all of a sudden."""
    path = folder / "set.mcap"
    few = luck.choice((3, 4, 7, 8))
    limit = f"resource.setrlimit(resource.RLIMIT_NOFILE, ({few} + 1, {few} + 1))"
    program = Program(folder, "record", str(path), *RECORD, "--for", "30", fault=limit).end()
    said = program.said() if program.process.returncode else "nothing; it needs no more"
    return Outcome(said, lost_s=program.lost_s(path))


HOG = """
from rhomboid.history.store import History
add = History.add_set
def hog(*told):
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        while True:
            os.open("/dev/null", 0)
    except OSError:
        return add(*told)
History.add_set = hog
"""


def handles_taken(folder: Path, _: random.Random) -> Outcome:
    path = folder / "set.mcap"
    program = Program(folder, *TRAIN, "--record", str(path), fault=HOG).end()
    sets_lost = sets_told(program.lines) - sets_kept(folder / "history.sqlite3")
    said = program.said() if program.err else "nothing; all it needs is open"
    return Outcome(said, program.lost_s(path), sets_lost)


HUNG_UP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"
"""Even where this here was begun with nohup, with which the program goes on."""


def terminal_vanishes(folder: Path, luck: random.Random) -> Outcome:
    path = folder / "set.mcap"
    terminal, inside = pty.openpty()
    termios.tcsetwinsize(inside, (40, 120))
    fcntl.fcntl(terminal, fcntl.F_SETFL, os.O_NONBLOCK)
    process = subprocess.Popen(
        [sys.executable, "-c", f"{HUNG_UP}; {OWN_TERMINAL}", "record", str(path), "--demo"],
        stdin=inside, stdout=inside, stderr=inside, start_new_session=True,
        env=os.environ | {"HOME": str(folder), "TERM": "xterm-256color", "XDG_STATE_HOME": str(folder)},
    )  # fmt: skip
    os.close(inside)
    until_s = None
    while until_s is None or time.monotonic() < until_s:
        try:
            os.read(terminal, 1 << 16)
        except BlockingIOError:
            time.sleep(0.02)
        if until_s is None and path.exists() and path.stat().st_size > 2000:
            until_s = time.monotonic() + luck.uniform(0.0, 2.0)
    os.close(terminal)
    began_s = time.monotonic()
    process.wait(20.0)
    recording = Recording.open(path)
    assert recording.recovered is None and not list(folder.rglob("fault.txt"))  # noqa: S101
    return Outcome("nobody is there; the recording is closed", lost_s=0.0, waited_s=time.monotonic() - began_s)


def terminal_shrinks(folder: Path, _: random.Random) -> Outcome:
    """And grows again, while every screen is looked at."""
    with Terminal(folder, "demo") as terminal:
        terminal.until("quit")
        for columns, rows in ((1, 1), (2, 1), (1, 40), (1, 1), (120, 40), (1, 1)):
            terminal.resize(columns, rows)
            for key in "123456?\x1b":
                terminal.press(key)
                terminal.watch(0.3)
        terminal.resize(120, 40)
        terminal.press("1")
        terminal.until("quit")
        asked_s = time.monotonic()
        terminal.press("q")
        assert terminal.ended() == 0  # noqa: S101
        assert not list(folder.rglob("fault.txt"))  # noqa: S101
    return Outcome("what fits; all of it again when there is room", waited_s=time.monotonic() - asked_s)
