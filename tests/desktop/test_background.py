"""The desk without a terminal, as the program that runs at login: log, notifications, one at a time, SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from rhomboid.desktop.asked import Asked
from rhomboid.desktop.background import LOG_BYTES, Log, is_held, only_one
from rhomboid.errors import DataError, UsageError
from tests.command_line import rhomboid
from tests.desktop.fake_desktop import FakeDesktop

pytestmark = pytest.mark.xdist_group("background")  # they wait more than they compute
QUICK = ("--demo", "--speed", "25", "--slouch-delay", "10", "--sound", "off")


async def start(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rhomboid", "desk", "--background", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_it_alerts_logs_refuses_a_second_one_and_ends_on_sigterm(desktop: FakeDesktop, home: Path) -> None:
    pytest.importorskip("desktop_notifier")
    settings = home / "rhomboid" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('[desk]\nquiet_from = "00:00"\nquiet_to = "00:00"\n')
    first = await start(*QUICK)
    async with asyncio.timeout(60.0):
        while not desktop.shown:
            assert first.returncode is None
            await asyncio.sleep(0.05)
    desktop.press("Snooze 30 min")
    second = await start(*QUICK)
    _, complaint = await asyncio.wait_for(second.communicate(), 60.0)
    assert second.returncode == 2
    assert f"already (process {first.pid}); end that first" in complaint.decode()
    log = home / "rhomboid" / "desk.log"
    async with asyncio.timeout(60.0):
        while "snoozed until" not in log.read_text():
            await asyncio.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    said, complaint = await asyncio.wait_for(first.communicate(), 60.0)
    assert (first.returncode, complaint) == (0, b"")
    assert said.decode().strip() == f"the desk is watched; the log is {log}"
    lines = log.read_text().splitlines()
    assert lines[-1].endswith("  ended")
    words = [line[21:] for line in lines]
    assert words[0].startswith("begun: simulated wearer")
    assert sum(x.startswith("alert: slouching") for x in words) == 1
    with only_one(home / "rhomboid" / "desk.lock"):
        pass


async def test_without_buttons_commands_snooze_mute_and_label(home: Path) -> None:
    settings = home / "rhomboid" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('[desk]\nquiet_from = "00:00"\nquiet_to = "00:00"\npause_when_locked = false\ntell = "tone"\n')
    nobody = await asyncio.to_thread(rhomboid, "desk", "snooze")
    assert nobody.returncode == 2 and "not watched in the background" in nobody.stderr
    watching = await start(*QUICK)
    log = home / "rhomboid" / "desk.log"
    async with asyncio.timeout(60.0):
        while not log.exists() or "alert: slouching" not in log.read_text():
            assert watching.returncode is None
            await asyncio.sleep(0.05)
    told = {}
    for words in ("wrong", "snooze 60", "mute", "listen", "listen", "break"):
        done = await asyncio.to_thread(rhomboid, "desk", *words.split())
        assert done.returncode == 0, done.stderr
        told[words] = told.get(words, "") + done.stdout
    watching.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(watching.wait(), 60.0) == 0
    assert told["wrong"].startswith("that was not a slouch: the tolerance is now 1° wider")
    assert told["snooze 60"].startswith("snoozed until ")
    assert told["mute"] == "muted until tomorrow\n"
    assert told["listen"] == "no longer muted; no longer snoozed\nthere was nothing to change\n"
    assert told["break"].startswith("a break of 2 min")
    assert "muted until tomorrow" in log.read_text()
    assert not list(log.parent.glob("desk.a*"))


def test_what_is_asked_of_a_desk_that_hangs_is_taken_back_and_said(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    with pytest.raises(DataError, match="does not answer; end it"):
        asked.ask("mute", patience_s=0.1)
    assert not list(tmp_path.iterdir())


def test_only_a_known_word_is_obeyed(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    for hostile in (b"", b"mute me", b"\xff\x00", b"mute" * 100_000):
        (tmp_path / "desk.ask").write_bytes(hostile)
        assert asked.take() is None
    (tmp_path / "desk.ask").write_text("mute\n")
    assert asked.take() == "mute"
    asked.forget()
    assert asked.take() is None


def test_only_one_holds_the_lock_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "desk.lock"
    with only_one(path), pytest.raises(UsageError, match=f"process {os.getpid()}"), only_one(path):
        pass
    assert not is_held(path)
    with only_one(path):
        assert is_held(path)


def test_the_log_is_one_harmless_line_each_and_bounded(tmp_path: Path) -> None:
    log = Log(tmp_path / "desk.log")
    log.write(0.0, "up\x1b[2Jright\nagain")
    assert log.path.read_text() == "1970-01-01 00:00:00  up\\x1b[2Jright\\nagain\n"
    for _ in range(3000):
        log.write(0.0, "x" * 1000)
    log.close()
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 2 * LOG_BYTES


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the log cannot be written"):
        Log(tmp_path / "no" / "desk.log")
