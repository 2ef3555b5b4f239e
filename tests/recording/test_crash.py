"""A recording process that is killed at any moment loses at most the last second of what it was given."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.kills import kill_one

from rhomboid.recording.reader import Recording
from tests.conftest import CI

# Time is simulated (10 ms a packet, as fast as it goes), so that a kill hits a random place between many writes. Each
# packet is reported once the writer has taken it.
RECORDER = """
import os, sys
from pathlib import Path
from rhomboid.imu import Notification
from rhomboid.recording.layout import About
from rhomboid.recording.writer import RecordingWriter
writer = RecordingWriter(Path(sys.argv[1]), About(family="stream", started_at="2026-01-01T00:00:00Z"))
for i in range(10**9):
    writer.write_notification(Notification(i * 10_000_000, "uuid", i.to_bytes(8, "little") + os.urandom(12)))
    os.write(1, b".")
"""


@pytest.mark.parametrize("seed", range(10 if CI else 3))
def test_kill_costs_at_most_a_second(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "killed.mcap"
    command = [sys.executable, "-c", RECORDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        wanted = random.Random(seed).randrange(250, 5000)  # noqa: S311
        given = 0
        while given < wanted:
            given += len(process.stdout.read(wanted - given) or b"")
            assert process.poll() is None
        process.kill()
        given += len(process.stdout.read())
    recording = Recording.open(path)
    numbers = [int.from_bytes(packet.data[:8], "little") for packet in recording.notifications()]
    assert numbers == list(range(len(numbers)))
    assert (given - len(numbers)) * 0.01 <= 1.0
    assert recording.recovered is not None


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are not inherited there")
@pytest.mark.parametrize("seed", range(3 if CI else 1))
def test_the_real_command_loses_no_more_when_it_is_killed(tmp_path: Path, seed: int) -> None:
    """``make kills`` does it fifty times. Half a second more is for a machine that is busy with other tests."""
    assert kill_one(tmp_path / "killed.mcap", seed, within_s=2.0) <= 1.5
