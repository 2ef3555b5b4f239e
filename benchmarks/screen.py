"""What the dashboard costs, in a real pseudo-terminal of 120x40: ``python -m benchmarks.screen [SECONDS]``.

The processor's share with the strip moving at 15 and 30 frames a second, how long the event loop is ever held, how long
a notification takes to the screen, the program's first frame, and memory over eight hours at the desk gone through at
speed. A child process shows the screen; this one is the terminal and reads everything at once.

The notifications are those of the simulated wearer, one sample a packet at 100 Hz, stamped when they are handed over as
the radio's callback does; a notification is on the screen when the frame that shows it is handed to the terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import msgspec
import numpy as np

COLUMNS, ROWS = 120, 40
WARM_UP_S = 5.0
DESK_HOURS = 8
SEEN = b"reps"
"""What the first frame of the training screen shows."""


# --- the terminal -----------------------------------------------------------------------------------------------------


def in_terminal(command: list[str], until: bytes | None = None, timeout_s: float = 900.0) -> tuple[float, float]:
    """Runs a command in a pseudo-terminal of its own and reads all it writes.

    Returns the seconds until it ended, or until it had written ``until``, when it is told to end; and how many of them
    it was at work, which is what they would be on an idle machine.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True
    )
    os.close(slave)
    written = b""
    try:
        while time.perf_counter() - began < timeout_s:
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready:
                try:
                    written = written[-64:] + os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
                if until is not None and until in written:
                    return time.perf_counter() - began, worked_s(child.pid)
            elif child.poll() is not None:
                break
        return time.perf_counter() - began, float("nan")
    finally:
        if child.poll() is None and until is not None:
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10.0)
        os.close(master)


def worked_s(process: int) -> float:
    """The processor's time of a process so far; nan where that cannot be asked."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(what: str, *options: str) -> dict[str, float]:
    """What a child of this kind found out."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        in_terminal([sys.executable, "-m", "benchmarks.screen", "--child", what, str(result), *options])
        found: dict[str, float] = json.loads(result.read_text())
        return found


# --- the child: a live screen -----------------------------------------------------------------------------------------


class Worn:
    """A source like a live sensor: packets are stamped when they come, and handed on 30 times a second."""

    title, section, pace, duration_s = "benchmark", "streaming", 1.0, None

    def __init__(self) -> None:
        from rhomboid.sensors import driver_for

        self.driver = driver_for("rhomboid")
        self.speed, self.paused, self.position_s = 1.0, False, 0.0
        self.waiting: list[int] = []
        """When the packets came that are not on the screen yet (ns)."""

    async def batches(self) -> AsyncGenerator[list[object], None]:
        from rhomboid.imu import Notification
        from rhomboid.playback import TICK_S
        from rhomboid.simulation.sensor import SimulatedSensor

        packets = itertools.chain.from_iterable(SimulatedSensor("rows", seed).notifications() for seed in range(1, 9))
        came: list[Notification] = []

        async def come() -> None:
            loop = asyncio.get_running_loop()
            began, first_ns = loop.time(), None
            for packet in packets:
                first_ns = first_ns or packet.host_ns
                wait_s = (packet.host_ns - first_ns) * 1e-9 - (loop.time() - began)
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                now_ns = time.monotonic_ns()
                came.append(msgspec.structs.replace(packet, host_ns=now_ns))
                self.waiting.append(now_ns)

        coming = asyncio.create_task(come())
        try:
            while not coming.done():
                await asyncio.sleep(TICK_S)
                batch, came[:] = list(came), []
                self.position_s += TICK_S
                yield batch
        finally:
            coming.cancel()


async def live(frames_a_second: float, seconds: float) -> dict[str, float]:
    """A set of rows on the training screen, for so long."""
    import scipy.ndimage
    import scipy.signal  # noqa: F401
    from textual.drivers._writer_thread import WriterThread

    from rhomboid.dashboard.app import RhomboidApp
    from rhomboid.dashboard.settings import ScreenSettings
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    source = Worn()
    session = Session(source, Pipeline())  # type: ignore[arg-type]
    app = RhomboidApp(session)
    screen = ScreenSettings(frames_a_second=round(frames_a_second))
    app.settings = msgspec.structs.replace(app.settings, screen=screen)
    held_s: list[float] = []
    worked_s: list[float] = []
    late_s: list[float] = []
    heard: list[int] = []
    drawn: list[int] = []
    frames = 0
    run, write = asyncio.Handle._run, WriterThread.write

    def timed_run(handle: asyncio.Handle) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        run(handle)
        held_s.append(time.perf_counter() - began)
        worked_s.append(time.thread_time() - worked)

    def noted_write(thread: WriterThread, text: str) -> None:
        write(thread, text)
        if drawn and len(text) > 200:  # a frame, not a cursor that blinks
            now_ns = time.monotonic_ns()
            late_s.extend((now_ns - at_ns) * 1e-9 for at_ns in drawn)
            drawn.clear()

    def take(_: object) -> None:
        heard.extend(source.waiting)
        source.waiting.clear()

    async def watch() -> dict[str, float]:
        nonlocal frames
        await asyncio.sleep(WARM_UP_S)
        draw = app.screen.draw  # type: ignore[attr-defined]

        def noted_draw() -> None:
            nonlocal frames
            frames += 1
            draw()
            drawn.extend(heard)
            heard.clear()

        app.screen.draw = noted_draw  # type: ignore[attr-defined]
        asyncio.Handle._run, WriterThread.write = timed_run, noted_write  # type: ignore[method-assign]
        heard.clear()
        processor_s, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        passed_s = time.perf_counter() - began
        share = (time.process_time() - processor_s) / passed_s
        asyncio.Handle._run, WriterThread.write = run, write  # type: ignore[method-assign]
        await app.action_quit()
        return {
            "share": share,
            "frames": frames / passed_s,
            "held_p99_ms": 1e3 * float(np.percentile(held_s, 99)),
            "worked_p99_ms": 1e3 * float(np.percentile(worked_s, 99)),
            "held_most_ms": 1e3 * max(held_s),
            "late_p95_ms": 1e3 * float(np.percentile(late_s, 95)),
            "late_most_ms": 1e3 * max(late_s),
        }

    session.subscribe(take)
    watching = asyncio.create_task(watch())
    await app.run_async()
    return await watching


# --- the child: a long day at the desk --------------------------------------------------------------------------------


def day() -> Iterator[object]:
    """Eight hours of the simulated desk as sample blocks: the same minutes over and over, in a time that goes on."""
    from rhomboid.imu import ImuBlock
    from rhomboid.interpreter import Interpreter  # noqa: F401 - loads what the core needs before memory is measured
    from rhomboid.sensors import driver_for
    from rhomboid.simulation.sensor import SimulatedSensor

    sensor, driver = SimulatedSensor("desk", 1), driver_for("rhomboid")
    once = [p for n in sensor.notifications() for p in driver.feed(n) if isinstance(p, ImuBlock)]
    length_s = float(once[-1].t_s[-1]) + 0.01
    for turn in range(int(DESK_HOURS * 3600 / length_s) + 1):
        for block in once:
            yield ImuBlock(block.t_s + turn * length_s, block.acc_g, block.gyr_dps)


async def desk() -> dict[str, float]:
    """Memory while eight hours at the desk are shown as fast as the machine can."""
    from rhomboid.dashboard.app import RhomboidApp
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.motion.settings import Settings
    from rhomboid.playback import Playback
    from rhomboid.session import Session

    playback = Playback("benchmark", day(), duration_s=DESK_HOURS * 3600.0, speed=float("inf"))  # type: ignore[arg-type]
    session = Session(playback, Pipeline(Settings(mode="desk")), until_s=DESK_HOURS * 3600.0)
    app = RhomboidApp(session, mode="desk", close_at_end=True)
    resident: dict[float, float] = {}

    def take(_: object) -> None:
        minute = session.position_s // 600 * 10
        if minute not in resident:
            resident[minute] = resident_mb()

    session.subscribe(take)
    began = time.perf_counter()
    await app.run_async()
    after = {minute: mb for minute, mb in resident.items() if minute >= 30.0}
    first = after[min(after)]
    return {"first_mb": first, "grown_mb": max(after.values()) - first, "took_s": time.perf_counter() - began}


def resident_mb() -> float:
    """Resident memory now; where that cannot be asked, the most so far."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- the table --------------------------------------------------------------------------------------------------------


def main(seconds: float) -> None:
    """Prints what was measured, each figure with its bar."""
    rows: list[tuple[str, str, str]] = []
    for frames_a_second, bar in ((15, 15), (30, 25)):
        found = measured("live", str(frames_a_second), str(seconds))
        at = f"strip at {frames_a_second} a second"
        rows += [
            (f"{at}: of a core", f"{100 * found['share']:.1f} % ({found['frames']:.1f} drawn a second)", f"{bar} %"),
            (f"{at}: event loop held, p99", f"{found['held_p99_ms']:.1f} ms", "20 ms"),
            (f"{at}: of that at work, p99", f"{found['worked_p99_ms']:.1f} ms", ""),
            (f"{at}: event loop held, longest", f"{found['held_most_ms']:.1f} ms", ""),
            (f"{at}: notification to screen, p95", f"{found['late_p95_ms']:.0f} ms", "100 ms"),
            (f"{at}: notification to screen, longest", f"{found['late_most_ms']:.0f} ms", ""),
        ]
    starts = sorted(in_terminal([sys.executable, "-m", "rhomboid", "demo"], SEEN, 30.0) for _ in range(5))
    first_s, first_worked_s = starts[2]
    rows.append(("first frame of rhomboid demo, median of 5", f"{first_s:.2f} s", "1.5 s"))
    rows.append(("first frame of rhomboid demo, of that at work", f"{first_worked_s:.2f} s", ""))
    found = measured("desk")
    rows.append((f"{DESK_HOURS} h at the desk in {found['took_s']:.0f} s: memory", f"{found['first_mb']:.0f} MB", ""))
    rows.append((f"{DESK_HOURS} h at the desk: grown after half an hour", f"{found['grown_mb']:.1f} MB", "5 MB"))
    width = max(len(name) for name, _, _ in rows)
    print(f"{'':{width}}  {'measured':<28}bar")
    for name, value, bar in rows:
        print(f"{name:{width}}  {value:<28}{bar}")


def child(what: str, result: str, *options: str) -> None:
    """Shows a screen, and writes what it cost."""
    found = asyncio.run(desk() if what == "desk" else live(*map(float, options)))
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
