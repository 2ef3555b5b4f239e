"""The real program in a process of its own, with a fault in it, and what came of that."""

from __future__ import annotations

import json
import os
import random
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.kills import STARTED_PACKETS
from rhomboid.errors import RecordingError
from rhomboid.history.store import History
from rhomboid.recording.reader import Recording

HANG_S = 120.0
"""After so long a program is taken for hung; what it may take is measured, and held against the bar."""

PRELUDE = """
import atexit, os, resource, struct, sys, time
from rhomboid import cli
from rhomboid.recording.writer import RecordingWriter
given, take = os.open(os.environ["GIVEN"], os.O_CREAT | os.O_WRONLY, 0o666), RecordingWriter.write_notification
def told(self, notification):
    take(self, notification)
    os.write(given, struct.pack("<qq", notification.host_ns, time.monotonic_ns()))
RecordingWriter.write_notification = told
atexit.register(lambda: os.write(given, struct.pack("<qq", {end}, time.monotonic_ns())))
{fault}
sys.argv = ["rhomboid", *sys.argv[1:]]
cli.main()
"""
"""``GIVEN`` then says which packets the recorder had taken and when, and when the program had ended."""
END = -1


class Outcome(NamedTuple):
    """Of one fault: what was ``lost`` of a recording, finished sets that were lost, and what the user was told."""

    said: str
    lost_s: float | None = None
    sets_lost: int | None = None
    waited_s: float = 0.0
    """The longest time in which nothing went on."""


Fault = Callable[[Path, random.Random], Outcome]
"""Injects it in a folder of its own, somewhere or at some time that luck says. Raises AssertionError."""


class Program:
    """``rhomboid ARGUMENTS`` at home in ``home``, with the Python code ``fault`` run before it."""

    def __init__(self, home: Path, *arguments: str, fault: str = "", env: dict[str, str] | None = None) -> None:
        self._home, self._given = home, home / f"given-{time.monotonic_ns()}"
        homes = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
        known = {"HOME": str(home), "GIVEN": str(self._given), "RHOMBOID_HISTORY": str(home / "history.sqlite3")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE.format(fault=fault, end=END), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | homes | known | (env or {}),
        )
        self.out = self.err = ""

    def end(self) -> Program:
        """Waits for it. Raises AssertionError where it hung or showed a traceback."""
        out, err = self.process.communicate(timeout=HANG_S)
        self.out, self.err = out.decode(), err.decode()
        assert "Traceback" not in self.out + self.err, self.err[-2000:]  # noqa: S101
        return self

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it said with ``--json``."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def packets(self) -> list[int]:
        """The host time in ns of every packet that the recorder had taken."""
        return [host_ns for host_ns, _ in self._marks if host_ns != END]

    @property
    def waited_s(self) -> float:
        """The longest time between two packets, once all is loaded, or from the last one to the end."""
        times = [when_ns for _, when_ns in self._marks[STARTED_PACKETS:]]
        return max((b - a for a, b in pairwise(times)), default=0) / 1e9

    @property
    def _marks(self) -> list[tuple[int, int]]:
        return list(struct.iter_unpack("<qq", self._given.read_bytes())) if self._given.exists() else []

    def lost_s(self, recording: Path) -> float:
        """From the last packet in the file to the last that was given. Raises AssertionError where it has others."""
        given = self.packets
        try:
            kept = [packet.host_ns for packet in Recording.open(recording).notifications()]
        except RecordingError:
            kept = []
        assert kept == given[: len(kept)], "the file holds something else than what was given"  # noqa: S101
        return (given[-1] - (kept[-1] if kept else given[0])) / 1e9 if given else 0.0

    def said(self, pattern: str = "") -> str:
        """The line for the user (the one that ``pattern`` is in), without the folder it ran in."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        found = [line for line in lines if re.search(pattern, line)] if pattern else lines[:1]
        assert found, f"{pattern!r} was not said: {lines}"  # noqa: S101
        return found[0].replace(f"{self._home}/", "").removeprefix("rhomboid: ")


def sets_kept(path: Path) -> int:
    """How many sets the history at ``path`` holds."""
    with History(path) as history:
        return sum(len(session.sets) for session in history.sessions())


def sets_told(lines: list[dict[str, Any]]) -> int:
    """How many different sets were said to be kept."""
    return len({line["index"] for line in lines if line.get("cue") == "set_kept"})


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[str]:
    """``place`` is a disk that is soon full; or else (no root) files cannot grow, by the ``fault`` that is given."""
    size = kilobytes * 1024
    with _mounted(place, f"size={size}") as real:
        yield "" if real else f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Nothing can be written in ``place``: for root it has to be a disk of its own."""
    with _mounted(place, "size=64k") as real:
        if real:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        else:
            place.chmod(0o555)
            assert os.geteuid(), "root that may not mount may write everywhere"  # noqa: S101
        yield
        if not real:
            place.chmod(0o755)


@contextmanager
def _mounted(place: Path, options: str) -> Iterator[bool]:
    place.mkdir()
    mounting, real = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], False
    with suppress(FileNotFoundError):
        real = subprocess.run(mounting, capture_output=True).returncode == 0
    try:
        yield real
    finally:
        if real:
            subprocess.run(["umount", str(place)], check=True)
