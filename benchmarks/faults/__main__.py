"""Injects every fault and writes docs/reliability.md: ``make faults``, ``python -m benchmarks.faults [TIMES [FAULT]]``.

``TIMES`` is how often each happens (5 where nothing is said), with other luck every time; those that need no process
of their own ten times as often. With ``FAULT``: only those that have these letters in their name. Linux; with root the
full disk is a real one. The bar: nothing recorded is lost beyond the last second, no finished set, nothing hangs for
5 s, no traceback, every failure in words. The exit status is 1 where it was missed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import traceback
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.faults import browser, files, links, machine
from benchmarks.faults.program import Fault, Outcome
from benchmarks.page import kept, rewrite

PAGE = "reliability.md"
HEAD = ("| fault | times | lost at most | longest wait | what the user sees | bar |", "|---|---|---|---|---|---|")
TIMES = 5
LOST_BAR_S, HANG_BAR_S = 1.0, 5.0

FAULTS: dict[str, Fault] = {
    **{f"link: {name}": fault for name, fault in links.LINK_FAULTS.items()},
    "sensor restarted, its counters at zero": links.restart,
    "computer suspended for an hour (virtual time)": links.suspended,
    "kill -9 while recording": machine.killed_recording,
    "kill -9 while training": machine.killed_training,
    "recording cut at a random byte": files.truncated,
    "disk full while recording": machine.full_disk_recording,
    "disk full while training": machine.full_disk_history,
    "folder that may only be read": machine.folder_closed,
    "slow disk: every fsync of the recording takes 2 s": machine.slow_disk,
    "slow disk: every set takes 2 s to be kept": machine.slow_history,
    "clock put forward by an hour": machine.clock("2026-11-20T18:00:00+01:00", 3600.0),
    "clock put back by an hour": machine.clock("2026-11-20T18:00:00+01:00", -3600.0),
    "summer time begins": machine.clock("2026-03-29T01:59:57+01:00"),
    "summer time ends": machine.clock("2026-10-25T02:59:57+02:00"),
    "a driver fed with another sensor's bytes": files.foreign,
    "history of the future": files.future_database,
    "history of the past": files.past_database,
    "settings of the future": files.future_settings,
    "settings of the past": files.past_settings,
    "the desk's day of another version": files.kept_of_another_version,
    "recording of the future": files.future_recording,
    "two programs record into one file": machine.two_recorders,
    "the desk watched twice": machine.two_desks,
    "two trainings at once": machine.two_trainings,
    "few file handles from the start": machine.no_handles,
    "no file handle left in mid-session": machine.handles_taken,
    "the terminal vanishes": machine.terminal_vanishes,
    "the terminal shrinks to 1x1": machine.terminal_shrinks,
    "a browser that floods": browser.floods,
}


def inject(fault: Fault, times: int) -> tuple[list[Outcome], list[str]]:
    """What became of it each time, and what broke where it broke a promise."""
    outcomes, broken = [], []
    for number in range(times):
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                outcomes.append(fault(Path(folder), random.Random(number)))  # noqa: S311
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                broken.append(f"{type(problem).__name__}: {problem}".replace("\n", " ")[-300:])
            except Exception as problem:
                traceback.print_exc()
                broken.append(f"{type(problem).__name__}: {problem}".replace("\n", " ")[-300:])
    return outcomes, broken


def row(name: str, times: int, outcomes: list[Outcome], broken: list[str]) -> tuple[str, bool]:
    """Its line in the table, and whether the bar was met."""
    lost_s = [o.lost_s for o in outcomes if o.lost_s is not None]
    sets = [o.sets_lost for o in outcomes if o.sets_lost is not None]
    waited_s = max((o.waited_s for o in outcomes), default=0.0)
    lost = [f"{max(lost_s):.2f} s"] if lost_s else []
    lost += [f"{sum(sets)} sets"] if sets else []
    met = not broken and max(lost_s, default=0.0) <= LOST_BAR_S and not any(sets) and waited_s <= HANG_BAR_S
    said = " / ".join(text for text, _ in Counter(o.said for o in outcomes).most_common(2))
    verdict = "met" if met else f"**missed** {'; '.join(dict.fromkeys(broken))}".strip()
    cells = (
        name,
        str(times),
        ", ".join(lost) or "-",
        f"{waited_s:.1f} s" if waited_s else "-",
        said.replace("|", "\\|"),
        verdict,
    )
    return f"| {' | '.join(cells)} |", met


def main(times: int, only: str) -> int:
    lines = {line[2:].partition(" | ")[0]: line for line in kept(PAGE, "faults").splitlines()}
    all_met = True
    for name, fault in FAULTS.items():
        if only in name:
            often = 10 * times if fault.__module__ == files.__name__ else times
            lines[name], met = row(name, often, *inject(fault, often))
            print(lines[name], flush=True)
            all_met &= met
    rewrite(PAGE, "faults", "\n".join([*HEAD, *(lines[name] for name in FAULTS if name in lines)]))
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES, sys.argv[2] if len(sys.argv) > 2 else ""))
