"""Every speed in one table, against the limit and against others: ``make bench`` writes it into docs/speed.md.

Simulated hours at 100 Hz with one sample a packet (``benchmarks.speed``, ``benchmarks.recording``). Times are of the
processor, the least of some runs. ``ratio`` is ours over the other; the bars are those of the plan. The exit status is
0 whether they are met or not: the table says so.
"""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import offline_counter
from benchmarks.decoding import PACKETS, SCRIPT, cost_us, ours
from benchmarks.page import rewrite
from benchmarks.recording import plain_reader, whole, write
from benchmarks.speed import RATE_HZ, RUNS, SETS, alone, an_hour, core, each, least_s, session
from rhomboid.imu import Notification
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.reader import Recording
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

HOUR_S = 3600.0
AHRS_S = 60.0
"""So much of the hour is enough to time what works sample by sample in Python."""

LENGTH = """
import resource, sys, time
from benchmarks.speed import an_hour
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
hours, mode, of = int(sys.argv[1]), sys.argv[2], sys.argv[3]
hour = an_hour(of)
before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pipeline = Pipeline(Settings(mode=mode))
began_s = time.process_time()
for number in range(hours):
    for i in range(0, len(hour), 2048):
        block = hour[i : i + 2048]
        pipeline.feed(type(block)(block.t_s + 3600.0 * number, block.acc_g, block.gyr_dps))
        pipeline.take_trace()
pipeline.finish()
print(time.process_time() - began_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024)
"""

PAGE = "speed.md"

Row = tuple[str, str, str, str, str]


def row(what: str, mine: float, theirs: float, bar: float | None, unit: str = "s") -> Row:
    """A time of ours against another, and whether their ratio is as it should be."""
    ratio = mine / theirs
    verdict = "-" if bar is None else f"{bar:g}: " + ("met" if ratio <= bar else "**missed**")
    return what, f"{mine:.2f} {unit}", f"{theirs:.2f} {unit}", f"{ratio:.2f}", verdict


def the_core() -> list[Row]:
    """The whole core against the attitude filter that it cannot do without."""
    rows = []
    core(session(SETS[0], 1), "free", 10_000)()
    for name, mode in (("desk", "desk"), ("desk", "free"), ("training", "free"), ("walking", "free")):
        hour = an_hour(name)
        whole_s, alone_s = least_s(core(hour, mode, len(hour)), 1), least_s(alone(hour))
        rows.append(row(f"core, an hour of {name}, mode {mode}; VQF alone", whole_s, alone_s, 3.0))
    sets = [session(script, seed) for seed, script in enumerate(SETS, 1)]
    share = sum(map(len, sets)) / RATE_HZ / HOUR_S
    set_s, alone_s = least_s(each(sets, "set"), 1) / share, sum(least_s(alone(s)) for s in sets) / share
    rows.append(row("core, an hour of nothing but sets, mode set; VQF alone", set_s, alone_s, 3.0))
    return rows


def the_counter() -> list[Row]:
    """The streaming counter against an offline one."""
    hour = an_hour("training")
    assert hour.gyr_dps is not None  # noqa: S101
    ours_s = least_s(core(hour, "free", len(hour)), 1)
    theirs_s = least_s(lambda: offline_counter.count(hour.acc_g, hour.gyr_dps, RATE_HZ), 1)
    return [row("core, an hour of training; an offline counter with scipy", ours_s, theirs_s, 1.0)]


def the_attitude() -> list[Row]:
    """The attitude filter against those that most projects use."""
    from ahrs.filters import Madgwick, Mahony

    some = an_hour("training")[: int(AHRS_S * RATE_HZ)]
    assert some.gyr_dps is not None  # noqa: S101
    gyr, acc = np.radians(some.gyr_dps), some.acc_g * 9.81
    vqf_s = least_s(alone(some)) * HOUR_S / AHRS_S
    rows = []
    for theirs in (Madgwick, Mahony):
        theirs_s = least_s(lambda f=theirs: f(gyr=gyr, acc=acc, frequency=RATE_HZ), 1) * HOUR_S / AHRS_S
        rows.append(row(f"VQF, an hour; {theirs.__name__} of the ahrs package", vqf_s, theirs_s, None))
    return rows


def the_decoding() -> list[Row]:
    """Bytes to samples, in runs as a replay does."""
    rows = []
    for name, packets, family, bar in (
        ("rhomboid, single samples", ours(1), "rhomboid", 4.0),
        ("rhomboid, 18 a packet", ours(18), "rhomboid", 0.5),
        ("WitMotion, 4 frames a packet", simulated("witmotion"), "witmotion", 0.5),
        ("Movesense, 4 a packet", simulated("movesense"), "movesense", 0.5),
        ("Polar, two streams", simulated("polar"), "polar", 0.5),
    ):
        rows.append(row(f"decoding {name}; the bar", cost_us(family, packets, ITEMS_AT_ONCE), bar, 1.0, "us a sample"))
    return rows


def simulated(family: str) -> list[Notification]:
    """Packets of the simulated wearer through another sensor."""
    return list(islice(SimulatedSensor(SCRIPT, 1, family=family).notifications(), PACKETS))


def the_file() -> list[Row]:
    """An hour from a packet log, against the mcap library's plain reader."""
    rows = []
    with TemporaryDirectory() as folder:
        for of, mode in (("desk", "desk"), ("training", "free")):
            path = Path(folder) / f"{of}.mcap"
            write(path, 1.0, of, mode)
            theirs_s = least_s(lambda p=path: plain_reader(p))
            read_s = least_s(lambda p=path: sum(1 for _ in Recording.open(p).items()))
            rows.append(row(f"reading an hour ({of}); mcap's stream reader", read_s, theirs_s, None))
            fresh = [Interpreter(Pipeline(Settings(mode=mode)), driver_for("rhomboid")) for _ in range(RUNS)]
            whole_s = least_s(lambda p=path, f=fresh: whole(p, f.pop()))
            rows.append(row(f"reading, decoding, core ({of}); mcap's stream reader", whole_s, theirs_s, 2.0))
            rows.append(row(f"reading, decoding, core ({of}); the bar", whole_s, 2.5, 1.0))
    return rows


def the_start() -> list[Row]:
    """What a user waits for."""
    rows = []
    for what, arguments, bar_s in (
        ("import rhomboid", ["-c", "import rhomboid"], 0.1),
        ("rhomboid --help", ["-m", "rhomboid", "--help"], 0.3),
    ):
        took_s = min(_elapsed_s([sys.executable, *arguments]) for _ in range(5))
        rows.append(row(f"{what}; the bar (bare Python {_bare_s():.2f} s)", took_s, bar_s, 1.0))
    return rows


def _elapsed_s(command: list[str]) -> float:
    began_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began_s


def _bare_s() -> float:
    return min(_elapsed_s([sys.executable, "-c", ""]) for _ in range(3))


def lengths() -> str:
    """How time and memory grow with the length of a recording."""
    lines = ["| stream | hours | s an hour | memory grown by MB |", "|---|---|---|---|"]
    for of, mode, hours in (("desk", "desk", (1, 10, 100)), ("training", "free", (1, 10, 100))):
        for n in hours:
            run = [sys.executable, "-c", LENGTH, str(n), mode, of]
            took_s, grown_mb = map(
                float, subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
            )
            lines.append(f"| {of}, mode {mode} | {n} | {took_s / n:.2f} | {grown_mb:.0f} |")
    return "\n".join(lines)


def main() -> None:
    parts: tuple[Callable[[], list[Row]], ...] = (
        the_core, the_counter, the_attitude, the_decoding, the_file, the_start,
    )  # fmt: skip
    lines = ["| what; against what | ours | other | ratio | at most |", "|---|---|---|---|---|"]
    for part in parts:
        for cells in part():
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    numpy_version = importlib.metadata.version("numpy")
    made_by = f"{platform.python_implementation()} {platform.python_version()}, numpy {numpy_version}"
    grown = lengths()
    print(grown)
    rewrite(PAGE, "speeds", "\n".join([*lines, "", f"With {made_by}."]))
    rewrite(PAGE, "lengths", grown)


if __name__ == "__main__":
    main()
