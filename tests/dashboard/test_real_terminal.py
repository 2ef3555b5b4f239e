"""The real program in a real terminal, used as a person would: first start, a set, the desk, a replay, and out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals of this kind on Windows", allow_module_level=True)

from .terminal import PATIENCE_S, Terminal

RECORDINGS = Path(__file__).parents[2] / "recordings"
DOWN = "\x1b[B"


@pytest.mark.slow
def test_a_first_evening_with_the_program(tmp_path: Path) -> None:
    shutil.copy(RECORDINGS / "rows.mcap", tmp_path)
    with Terminal(tmp_path) as terminal:
        terminal.until("1 of 3: Is there a sensor?")
        terminal.press("\r")
        terminal.until("2 of 3: What for?")
        terminal.press("\r")
        terminal.until("3 of 3")
        terminal.press(DOWN + DOWN + "\r")
        terminal.until("running  ·")
        terminal.press(">>")  # no faster: on a busy machine words would come and go between two pictures
        terminal.until("set 1 done: ")
        terminal.press("v")
        terminal.until("ounted")
        terminal.press("v")
        terminal.press("2")
        terminal.until("at the desk")
        terminal.until(": sit tall")
        terminal.resize(80, 24)
        terminal.press("4")
        terminal.until("rows.mcap")
        terminal.press("\r")
        terminal.until("reference taken")
        terminal.press("nnnnnn>>")
        terminal.until("set 1 started")
        terminal.press("1")
        terminal.until("moving out")
        terminal.press("q")
        assert terminal.ended() == 0
    settings = (tmp_path / "config" / "rhomboid" / "settings.toml").read_text(encoding="utf-8")
    assert "welcomed = true" in settings and "tones = false" in settings


def test_a_terminal_that_takes_nothing_holds_up_no_recording(tmp_path: Path) -> None:
    file = tmp_path / "set.mcap"
    with Terminal(tmp_path, "record", str(file), "--demo", "--script", "rows") as terminal:
        terminal.until("running  ·")
        time.sleep(4.0)  # two seconds of pictures fit between us and the program, and no more
        before, deadline = file.stat().st_size, time.monotonic() + PATIENCE_S
        while file.stat().st_size == before:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        terminal.press("q")
        assert terminal.ended() == 0


def test_no_arguments_and_no_terminal_give_the_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rhomboid"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True
    )
    assert done.stdout.startswith("Usage: ") and "COMMAND" in done.stdout
