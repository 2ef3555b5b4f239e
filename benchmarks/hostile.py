"""What the worst of hostile recordings costs: ``python -m benchmarks.hostile`` (Linux, some minutes).

Every file of the corpus (tests/recording/hostile.py: cut, flipped, reordered, lengths that lie, bombs, a million
channels, other people's schemas) is described as ``rhomboid info`` does and gone through as ``rhomboid analyze`` does,
each in a process of its own, whose processor time and memory are measured. The bars: 10 s and 200 MB.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.recording.hostile import corpus

from rhomboid.analysis import analyze
from rhomboid.errors import RhomboidError
from rhomboid.info import info_of

WORST_SHOWN = 6
GOOD = Path(__file__).parents[1] / "recordings" / "rows.mcap"


def memory_mb() -> float:
    """The most that this process has held so far."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def cost(run: Callable[[Path], object], path: Path) -> tuple[float, float, str]:
    """Seconds and MB of ``run`` in a child, and what came of it. What is no error for people is raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        before_mb, began = memory_mb(), time.process_time()
        try:
            run(path)
            outcome = "read"
        except RhomboidError as error:
            outcome = "refused" if str(error).isprintable() else "not printable"
        except BaseException as problem:
            outcome = repr(problem)
        os.write(writing, f"{time.process_time() - began}|{memory_mb() - before_mb}|{outcome}".encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:  # noqa: PTH123 - a file descriptor
        seconds, megabytes, outcome = told.read().decode().split("|", 2)
    os.waitpid(child, 0)
    if outcome not in ("read", "refused"):
        raise SystemExit(f"{path}: {outcome}")
    return float(seconds), float(megabytes), outcome


def main() -> None:
    costs: list[tuple[float, float, str, str]] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hostile.mcap"
        for command in (info_of, analyze):
            command(GOOD)  # what is loaded on the way is not what is measured
        for what, content in corpus(GOOD.read_bytes(), heavy=True):
            path.write_bytes(content)
            for command in (info_of, analyze):
                seconds, megabytes, outcome = cost(command, path)
                costs.append((seconds, megabytes, f"{command.__name__}: {what} ({len(content) / 1e6:.1f} MB)", outcome))
    refused = sum(outcome == "refused" for *_, outcome in costs)
    print(f"{len(costs) // 2} files, each described and analysed: {refused} refusals, {len(costs) - refused} results")
    for unit, at in (("s", 0), ("MB", 1)):
        print(f"worst in {unit}:")
        for row in sorted(costs, key=lambda row: -row[at])[:WORST_SHOWN]:
            print(f"  {row[at]:8.2f} {unit}  {row[2]}, {row[3]}")


if __name__ == "__main__":
    main()
