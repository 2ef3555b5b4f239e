"""What a packet log costs: ``python -m benchmarks.recording [HOURS...]`` (1 and 8 where nothing is said).

A simulated sensor at 100 Hz with one sample a packet, at the desk and training (sets and rests), as a session writes
it: the size of an hour; the processor's time to read it, to decode it and to take it through the core; how that
compares with the mcap library's plain stream reader over the same file; and, in processes of their own, the time and
the memory to open it and read on from any point, and to go to any point of a replay once it has been looked through.
Times are of the processor.

The bars: an hour in at most 10 MB, and in at most 2.5 s through the core; eight hours opened and entered in at most
1 s and 300 MB; a jump in an hour within 0.2 s.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from mcap.records import Message
from mcap.stream_reader import StreamReader

from benchmarks.speed import RATE_HZ, an_hour
from rhomboid.imu import Notification
from rhomboid.interpreter import ITEMS_AT_ONCE, Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Mode, Settings
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_control import ACC_G_PER_COUNT, GYR_DPS_PER_COUNT
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.packets.rhomboid_stream import ACC_RANGE, GYR_RANGE, pack, pack_single

AT_ONCE = 1000

ENTERING = """
import sys, time
from pathlib import Path
from rhomboid.recording.reader import Recording
began_s = time.process_time()
recording = Recording.open(Path(sys.argv[1]))
opened_s = time.process_time() - began_s
worst_s = 0.0
for share in (0.99, 0.01, 0.5, 0.9, 0.1):
    began_s = time.process_time()
    next(iter(recording.parts[int(share * len(recording.parts))]))
    worst_s = max(worst_s, time.process_time() - began_s)
peak_kb = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(opened_s, worst_s, int(peak_kb) / 1024)
"""

JUMPING = """
import asyncio, random, sys, time
from pathlib import Path
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings
from rhomboid.recording.reader import Recording
from rhomboid.replay import Outline, Place
from rhomboid.sensors import driver_for
recording = Recording.open(Path(sys.argv[1]))
core = Interpreter(Pipeline(Settings(mode=sys.argv[2])), driver_for("rhomboid"))
outline = Outline(recording.parts, core, recording.duration_s)
began_s = time.process_time()
asyncio.run(outline.look_ahead())
looked_s = time.process_time() - began_s
times_s = []
for to_s in random.Random(1).choices(range(int(recording.duration_s)), k=25):
    began_s = time.process_time()
    outline.moment(Place(to_s))
    times_s.append(time.process_time() - began_s)
peak_kb = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(looked_s, sorted(times_s)[12], max(times_s), int(peak_kb) / 1024)
"""


def write(path: Path, hours: float, of: str, mode: Mode = "free") -> None:
    """A recording of so many hours with its events, as a session would have written it."""
    hour = an_hour(of)
    assert hour.gyr_dps is not None  # noqa: S101
    in_counts = (hour.acc_g / ACC_G_PER_COUNT[ACC_RANGE], hour.gyr_dps / GYR_DPS_PER_COUNT[GYR_RANGE])
    counts = np.rint(np.concatenate(in_counts, axis=1)).astype(np.int16)
    settings = Settings(mode=mode)
    interpreter = Interpreter(Pipeline(settings), driver_for("rhomboid"))
    about = About(family="rhomboid", started_at="2026-01-05T09:00:00+00:00")
    rng = np.random.default_rng(1)
    with RecordingWriter(path, about) as writer:
        seq = arrived_us = 0
        for first in range(0, int(hours * 3600 * RATE_HZ), AT_ONCE):
            batch = []
            late_us = np.sort(rng.uniform(0, 20_000, AT_ONCE)).astype(int)
            for i in range(first, first + AT_ONCE):
                us = (i + 1) * 10_000
                arrived_us = max(arrived_us, us + int(late_us[i - first]))  # a radio keeps the order
                if i % int(RATE_HZ) == 0:
                    head = {"boot_id": 1, "period_us": 10_000, "acc_range": ACC_RANGE, "gyr_range": GYR_RANGE}
                    data = pack(counts[:0], seq=seq, index=i, device_us=us, **head)
                    batch.append(Notification(arrived_us * 1000, STREAM, data))
                    seq += 1
                data = pack_single(counts[i % len(counts)], seq=seq, index=i, device_us=us)
                batch.append(Notification(arrived_us * 1000, STREAM, data))
                seq += 1
            for notification in batch:
                writer.write_notification(notification)
            for event in interpreter.feed(batch):
                writer.write_event(event, batch[-1].host_ns)
            interpreter.pipeline.take_trace()


def seconds(run: Callable[[], object], runs: int = 3) -> float:
    """The least processor time of some runs."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def plain_reader(path: Path) -> int:
    """The messages of the file through the mcap library's own stream reader."""
    with path.open("rb") as file:
        return sum(isinstance(record, Message) for record in StreamReader(file).records)


def whole(path: Path, interpreter: Interpreter) -> None:
    """As ``rhomboid analyze`` goes through a file."""
    items = iter(Recording.open(path).items())
    while piece := list(islice(items, ITEMS_AT_ONCE)):
        interpreter.feed(piece)
    interpreter.finish()


def decode(path: Path) -> None:
    driver = driver_for("rhomboid")
    items: Iterator[Notification] = Recording.open(path).notifications()
    while piece := list(islice(items, ITEMS_AT_ONCE)):
        driver.feed(*piece)


def told_by(script: str, *arguments: str) -> list[float]:
    """The numbers that a process of its own prints."""
    run = [sys.executable, "-c", script, *arguments]
    return [float(word) for word in subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()]


def main() -> None:
    lengths = [float(text) for text in sys.argv[1:]] or [1.0, 8.0]
    with TemporaryDirectory() as folder:
        for hours in lengths:
            for of, modes in {"desk": ("desk", "free"), "training": ("free",)}.items():
                path = Path(folder) / f"{of}.mcap"
                path.unlink(missing_ok=True)
                write(path, hours, of, modes[0])
                name = f"{hours:g} h, {of}"
                print(f"{name + ': size':52}{path.stat().st_size / hours / 1e6:8.2f} MB an hour")
                theirs_s = seconds(lambda p=path: plain_reader(p)) / hours
                ours_s = seconds(lambda p=path: sum(1 for _ in Recording.open(p).items())) / hours
                print(f"{name + ': mcap stream reader alone':52}{theirs_s:8.2f} s an hour")
                print(f"{name + ': our reader alone':52}{ours_s:8.2f} s an hour{ours_s / theirs_s:8.2f} x theirs")
                decode_s = seconds(lambda p=path: decode(p)) / hours
                print(f"{name + ': read and decoded':52}{decode_s:8.2f} s an hour{decode_s / theirs_s:8.2f} x theirs")
                for mode in modes:
                    fresh = [Interpreter(Pipeline(Settings(mode=mode)), driver_for("rhomboid")) for _ in range(2)]
                    total_s = seconds(lambda p=path, f=fresh: whole(p, f.pop()), len(fresh)) / hours
                    what = f"{name}: read, decoded, core in mode {mode}"
                    print(f"{what:52}{total_s:8.2f} s an hour{total_s / theirs_s:8.2f} x theirs", flush=True)
                opened_s, worst_s, memory_mb = told_by(ENTERING, str(path))
                print(f"{name + ': opened':52}{opened_s:8.2f} s")
                print(f"{name + ': read on from another point, at worst':52}{worst_s:8.3f} s")
                print(f"{name + ': memory of that process':52}{memory_mb:8.0f} MB", flush=True)
                looked_s, median_s, worst_s, memory_mb = told_by(JUMPING, str(path), modes[0])
                print(f"{name + ': looked through for jumps':52}{looked_s:8.2f} s")
                print(f"{name + ': a jump, median and worst':52}{median_s:8.3f} s{worst_s:8.3f} s")
                print(f"{name + ': memory of that process':52}{memory_mb:8.0f} MB", flush=True)


if __name__ == "__main__":
    main()
