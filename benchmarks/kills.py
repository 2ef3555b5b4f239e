"""What a recording loses when the program is killed: ``python -m benchmarks.kills [KILLS]`` (50 where nothing is said).

Each time the real ``rhomboid record`` runs in real time on the simulated wearer and is killed (SIGKILL) at a random
moment; a pipe tells which packets the recorder had been given by then. What is in the file must be the first of those
packets, byte for byte; what is lost is the time from the last one in the file to the last one that was given.
"""

from __future__ import annotations

import os
import random
import statistics
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from rhomboid.errors import RecordingError
from rhomboid.imu import Notification
from rhomboid.recording.reader import Recording
from rhomboid.simulation.sensor import SimulatedSensor

AT_ONCE = 6
LONGEST_S = 6.0
STARTED_PACKETS = 10  # half a second of the simulated sensor: by then all that a session needs is loaded

RECORD = """
import os, struct, sys
from rhomboid import cli
from rhomboid.recording.writer import RecordingWriter
pipe, take = int(sys.argv[1]), RecordingWriter.write_notification
def told(self, notification):
    take(self, notification)
    os.write(pipe, struct.pack("<q", notification.host_ns))
RecordingWriter.write_notification = told
sys.argv = ["rhomboid", *sys.argv[2:]]
cli.main()
"""


def kill_one(path: Path, seed: int, within_s: float = LONGEST_S) -> float:
    """Records, kills, reads; the seconds that were lost. Raises AssertionError where the file is not what it should."""
    luck = random.Random(seed)  # noqa: S311
    reading, writing = os.pipe()
    arguments = [str(writing), "record", str(path), "--demo", "--plain", "--seed", str(seed)]
    process = subprocess.Popen(
        [sys.executable, "-c", RECORD, *arguments], pass_fds=[writing], stdout=subprocess.DEVNULL
    )
    os.close(writing)
    with open(reading, "rb", buffering=0) as told:  # noqa: PTH123 - a file descriptor
        times = b""
        while len(times) < 8 * STARTED_PACKETS:
            times += told.read(8)
        time.sleep(luck.uniform(0.0, within_s))
        process.kill()
        times += told.readall()
    process.wait()
    given = [host_ns for (host_ns,) in struct.iter_unpack("<q", times[: len(times) // 8 * 8])]
    kept = _packets(path)
    sensor = SimulatedSensor("demo", seed).notifications()
    assert all(packet == next(sensor) for packet in kept), "the file holds something else than what was given"  # noqa: S101
    return (given[-1] - (kept[-1].host_ns if kept else given[0])) / 1e9


def _packets(path: Path) -> list[Notification]:
    try:
        recording = Recording.open(path)
    except RecordingError:  # killed before the first chunk was written
        return []
    assert recording.recovered is not None, "a file that was cut is called whole"  # noqa: S101
    list(recording.events())
    return list(recording.notifications())


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        lost_s = list(pool.map(lambda seed: kill_one(Path(folder) / f"{seed}.mcap", seed), range(kills)))
    print(f"{kills} kills; lost: median {statistics.median(lost_s):.2f} s, worst {max(lost_s):.2f} s")


if __name__ == "__main__":
    main()
