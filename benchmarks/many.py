"""A thousand recordings through one process, two, and a cluster: ``python -m benchmarks.many [FILES]``.

The files are copies of the simulated sessions in ``recordings/`` under names of their own. The cluster is a dask
scheduler with two workers on loopback, one of which is killed when half of the results are there. All three must find
the same, to the byte. Hours are those recorded; ``s an hour`` is the time of all processors involved, starting and
scheduling included, which another load on the machine hardly touches, as it does the elapsed time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from rhomboid.batch import Outcome, Workers, cluster, outcomes, processes, recordings_in
from rhomboid.motion.settings import Settings

RECORDINGS = Path(__file__).parents[1] / "recordings"
FILES = 1000


def dask(what: str, *args: str) -> subprocess.Popen[str]:
    """A scheduler or a worker as a process of its own."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *args, "--no-dashboard"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def said(process: subprocess.Popen[str], words: str) -> str:
    """The rest of the line in which it said this."""
    assert process.stderr is not None  # noqa: S101
    return next(line.partition(words)[2].strip() for line in process.stderr if words in line)


@contextmanager
def two_workers() -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The address of a scheduler on loopback, and its two workers."""
    started = [dask("scheduler", "--host", "127.0.0.1", "--port", "0")]
    try:
        address = said(started[0], "Scheduler at:")
        started += [dask("worker", address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1") for _ in range(2)]
        for worker in started[1:]:
            said(worker, "Registered to:")
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.communicate()


def copies(folder: Path, number: int) -> list[Path]:
    """So many recordings, of the sessions in ``recordings/`` in turn."""
    for n, original in enumerate(islice(cycle(sorted(RECORDINGS.glob("*.mcap"))), number)):
        shutil.copyfile(original, folder / f"{n:06}-{original.name}")
    return recordings_in([folder])


def run(files: list[Path], executor: Workers | None, doomed: subprocess.Popen[str] | None = None) -> list[Outcome]:
    """What became of each file; in the middle of it ``doomed`` is killed."""
    found = []
    for outcome in outcomes(files, Settings(), executor=executor):
        found.append(outcome)
        if doomed is not None and len(found) == len(files) // 2:
            doomed.kill()
    return found


def processor_s() -> float:
    """Of this process and of those that it has seen end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Meter:
    """Prints a row for each way of doing the work, and compares what was found with the first."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._first: bytes | None = None

    @contextmanager
    def row(self, how: str) -> Iterator[list[Outcome]]:
        """Measures the block, which puts what it found into the list."""
        found: list[Outcome] = []
        began_s, used_s = time.perf_counter(), processor_s()
        yield found
        took_s, used_s = time.perf_counter() - began_s, processor_s() - used_s
        hours = sum(o.analysis.duration_s for o in found if o.analysis is not None) / 3600.0
        written = msgspec.json.encode(found)
        self._first = self._first or written
        lost = sum(o.analysis is None for o in found)
        same = "the same" if written == self._first else "DIFFERENT"
        cells = (how, str(len(found)), str(lost), f"{hours:.1f}", f"{took_s:.0f}", f"{hours / took_s:.2f}")
        print("| " + " | ".join((*cells, f"{used_s / hours:.1f}", same)) + " |", flush=True)


def main() -> None:
    with TemporaryDirectory() as folder:
        files = copies(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
        print("| how | files | failed | hours | took s | hours a second | s an hour | result |")
        print("|---|---|---|---|---|---|---|---|")
        meter = Meter(files)
        with meter.row("one process") as found:
            found += run(files, None)
        with meter.row("`--jobs 2`") as found:
            found += run(files, processes(2))
        with meter.row("`--cluster`, two workers, one killed half way") as found, two_workers() as (address, workers):
            found += run(files, cluster(address), workers[0])


if __name__ == "__main__":
    main()
