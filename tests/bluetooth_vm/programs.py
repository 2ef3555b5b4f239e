"""Our program in the guest, started as often as one likes although this processor takes half a minute to load it."""

from __future__ import annotations

import asyncio
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from rhomboid.cli import main

PRELOADED = [
    "scipy.ndimage", "scipy.signal", "vqf", "bleak.backends.bluezdbus.client", "bleak.backends.bluezdbus.scanner",
    "rhomboid.bug_report", "rhomboid.link.bleak_radio", "rhomboid.link.doctor", "rhomboid.link.finding",
    "rhomboid.link.remembered", "rhomboid.plain", "rhomboid.recording.writer", "rhomboid.reference_memory",
    "tests.bluetooth_vm.programs",
]  # fmt: skip
"""Imported once, in the process that all programs are forked from: one start takes half a minute on this processor."""


class Programs:
    """Runs ours, each in a process and with a home of its own, so that none remembers another's sensor."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(PRELOADED)
        self.runs: dict[str, dict[str, Any]] = {}

    def begin_loading(self) -> None:
        """Starts the process that the others are forked from, and does not wait for it."""
        forkserver.ensure_running()

    async def loaded(self) -> None:
        """Until it is ready."""
        await asyncio.to_thread(self._processes.Process(target=int).start)

    async def start(self, name: str, *arguments: str) -> BaseProcess:
        self.runs[name] = {"arguments": arguments, "began_s": time.monotonic()}
        program = self._processes.Process(target=as_a_user, args=(self._out / name, arguments))
        await asyncio.to_thread(program.start)  # the kernel waits for the virtual adapter's answers meanwhile
        return program

    async def finish(self, name: str, program: BaseProcess, *, interrupt: bool = False) -> None:
        """Waits for its end, which Ctrl-C may bring about."""
        asked_s = time.monotonic()
        if interrupt and program.pid is not None:
            os.kill(program.pid, signal.SIGINT)
        await asyncio.to_thread(program.join)
        ended_s = time.monotonic()
        self.runs[name] |= {"status": program.exitcode, "ended_s": ended_s, "stopping_s": ended_s - asked_s}
        report(f"{name}: {program.exitcode}")

    async def run(self, name: str, *arguments: str) -> None:
        await self.finish(name, await self.start(name, *arguments))


def as_a_user(out: Path, arguments: tuple[str, ...]) -> None:
    """``rhomboid ARGUMENTS`` in this process; what it says goes into files beside ``out``."""
    for suffix, descriptor in ((".out", 1), (".err", 2)):
        os.dup2(os.open(out.with_suffix(suffix), os.O_WRONLY | os.O_CREAT), descriptor)
    faulthandler.enable()
    os.environ["HOME"] = f"/tmp/home/{out.name}"  # noqa: S108 - the guest's own
    sys.argv = ["rhomboid", *arguments]
    main()


def report(what: str) -> None:
    print(f"{time.monotonic():6.1f} {what}", flush=True)
