"""Hours of wearing, many times as fast as they pass: ``python -m benchmarks.soak [HOURS] [PACE]`` (8 hours, pace 10).

A sensor on the stand-in for BlueZ trains, walks and reaches over and over; any packet may be lost on the air, and
the link drops every few minutes. The real ``rhomboid record`` in a process of its own receives it through bleak,
records and counts, and every finished set goes into a history; its clock runs at ``PACE`` as well. Held against it:
the samples the sensor made are those recorded and those counted as lost (to one for every drop: such a gap is known
by its length in time, which keeps to the host's clock); after ten minutes memory grows by at most 5 MB, and tasks, file
handles and threads not at all; the replay of the recording gives the same events. Needs Linux and dbus-daemon.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from tests.bluetooth.fake_bluez import FakeBluez
from tests.bluetooth.peripherals import RhomboidSensor
from tests.bluetooth.private_bus import private_bus

from rhomboid.events import SetClosed
from rhomboid.history.store import History
from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.recording.reader import Recording
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_stream import HEADER, STREAM
from rhomboid.session import Session, Update
from rhomboid.simulation.packets.rhomboid_stream import _PER_COUNT, ACC_RANGE, GYR_RANGE, pack
from rhomboid.simulation.sensor import SimulatedSensor

HOURS, PACE = 8.0, 10.0
SCRIPTS = ("rows", "walking", "squeezes", "reaching", "messy")
"""Gone through once before memory is looked at: what each of them takes at most has been taken by then."""
SAMPLES, RATE_HZ = 5, 100
"""A packet."""
LOSS, DROP_EVERY_S, AWAY_S = 0.002, 180.0, 3.0
WARM_MIN, MEMORY_BAR_MB = 10, 5.0


class Wearing:
    """All packets of a sensor that never stops, by their number."""

    def __init__(self) -> None:
        played = [SimulatedSensor(script, 3).samples() for script in SCRIPTS]
        values = np.concatenate(
            [np.hstack((block.acc_g, block.gyr_dps)) for block in played if block.gyr_dps is not None]
        )
        counts = np.clip(np.rint(values / _PER_COUNT), -32768, 32767).astype(np.int16)
        self._counts = counts[: len(counts) // SAMPLES * SAMPLES]

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, number: int) -> bytes:
        first = number * SAMPLES
        at, period_us = first % len(self._counts), 1_000_000 // RATE_HZ
        return pack(
            self._counts[at : at + SAMPLES], seq=number, index=first, device_us=(first + SAMPLES - 1) * period_us,
            boot_id=7, period_us=period_us, acc_range=ACC_RANGE, gyr_range=GYR_RANGE,
        )  # fmt: skip


class State(NamedTuple):
    """Of the recording process, once a simulated minute."""

    memory_mb: float
    tasks: int
    handles: int
    threads: int


# --- the process that records -----------------------------------------------------------------------------------------


def record(pace: float, folder: Path) -> None:
    """``rhomboid record`` with a clock that runs at ``pace``, and somebody who keeps its sets and watches over it."""
    import rhomboid.link.live
    import rhomboid.link.setup
    from rhomboid import cli
    from rhomboid.coach.record import SessionRecord, SetRecord
    from rhomboid.link.host_clock import host_ns

    began_ns = host_ns()

    def faster_ns() -> int:
        return began_ns + round((host_ns() - began_ns) * pace)

    rhomboid.link.live.host_ns = rhomboid.link.setup.host_ns = faster_ns  # type: ignore[attr-defined]
    rhomboid.link.live.SILENT_S *= pace
    history = History(folder / "history.sqlite3")
    session_id = history.start_session(SessionRecord(started_at="2026-11-21T08:00:00+01:00"))
    states = (folder / "states.jsonl").open("w")
    minute = 0

    def take(update: Update) -> None:
        nonlocal minute
        for event in update.events:
            if isinstance(event, SetClosed):
                done = SetRecord(
                    exercise="free", number=event.set_index + 1, start_s=event.start_s, end_s=event.end_s,
                    reps=event.reps, movements=event.movements,
                )  # fmt: skip
                history.add_set(session_id, done)
        if update.state.t_s >= 60 * minute:
            minute = int(update.state.t_s // 60) + 1
            status = Path("/proc/self/status").read_text()
            memory_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            handles = len(list(Path("/proc/self/fd").iterdir()))
            state = State(memory_kb / 1024, len(asyncio.all_tasks()), handles, threading.active_count())
            states.write(json.dumps([update.state.t_s / 60, *state]) + "\n")
            states.flush()

    begin = Session.__init__

    def begun(session: Session, *how: object, **more: object) -> None:
        begin(session, *how, **more)  # type: ignore[arg-type]
        session.subscribe(take)

    Session.__init__ = begun  # type: ignore[assignment, method-assign]
    sys.argv = ["rhomboid", "record", str(folder / "soak.mcap"), "--plain"]
    cli.main()


# --- the sensor -------------------------------------------------------------------------------------------------------


async def wear(hours: float, pace: float, child: subprocess.Popen[bytes]) -> tuple[int, int, int, float, bool]:
    """Packets handed to the radio, lost on the air, drops of the link; by how many of its own seconds the sensor was
    late at most, as a busy machine makes it; whether the stand-in was there to the end."""
    luck = random.Random(9)  # noqa: S311
    bluez = FakeBluez()
    await bluez.start()
    sensor = RhomboidSensor(bluez)
    sensor._packets = Wearing()  # type: ignore[assignment]
    sensor.pace = pace
    sensor.begin_anew()
    drops = on_air = 0
    late_s = 0.0

    def air(number: int, packet: bytes) -> list[bytes]:
        nonlocal on_air, late_s
        late_s = max(late_s, (time.monotonic() - sensor._began) * pace - number * SAMPLES / RATE_HZ)
        lost = luck.random() < LOSS
        on_air += lost
        return [] if lost else [packet]

    sensor.fault = air
    began_s = time.monotonic()
    while (time.monotonic() - began_s) * pace < 3600.0 * hours:
        await asyncio.sleep(luck.expovariate(pace / DROP_EVERY_S))
        if child.poll() is not None or not bluez.bus.connected:
            break
        drops += sensor.connected
        sensor.drop()
        sensor.advertising = False
        await asyncio.sleep(AWAY_S / pace)
        sensor.advertising = True
    there = bluez.bus.connected
    sensor.fault = lambda _, __: []  # what is on its way arrives
    handed = len(sensor.sent)
    await asyncio.sleep(1.0)
    child.send_signal(signal.SIGINT)
    while child.poll() is None:
        await asyncio.sleep(0.1)
    if there:
        await bluez.vanish()
    return handed, on_air, drops, late_s, there


def counted(path: Path) -> tuple[int, int, int]:
    """Samples in the recording, samples that the driver counts as lost, and samples the sensor made meanwhile."""
    driver = driver_for("rhomboid")
    items = Recording.open(path).items()
    packets: list[Notification] = []
    pieces = []
    for item in items:
        if isinstance(item, Notification):
            pieces += driver.feed(item)
            if item.characteristic == STREAM:
                packets.append(item)
        elif getattr(item, "state", "") == "lost":
            driver.link_lost()
    samples = sum(len(piece) for piece in pieces if isinstance(piece, ImuBlock))
    lost = sum(round((piece.end_s - piece.start_s) * RATE_HZ) - 1 for piece in pieces if isinstance(piece, Gap))
    first, last = (HEADER.unpack_from(packets[at].data)[3] for at in (0, -1))
    return samples, lost, last + SAMPLES - first


def main(hours: float, pace: float) -> int:
    missed = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, path = Path(name), Path(name) / "soak.mcap"
        homes = {f"XDG_{kind}_HOME": name for kind in ("CONFIG", "DATA", "STATE", "CACHE")} | {"HOME": name}
        with private_bus():
            command = [sys.executable, "-m", "benchmarks.soak", "record", str(pace), name]
            with (folder / "said").open("wb") as said:
                child = subprocess.Popen(command, env=os.environ | homes, stdout=said, stderr=subprocess.STDOUT)
            handed, on_air, drops, late_s, there = asyncio.run(wear(hours, pace, child))
        if child.returncode or "Traceback" in (folder / "said").read_text():
            print((folder / "said").read_text()[-2000:])
            missed.append(f"it ended with {child.returncode}")
        missed += [] if there else ["the stand-in itself lost the bus"]
        recorded = sum(n.characteristic == STREAM for n in Recording.open(path).notifications())
        samples, lost, made = counted(path)
        with History(folder / "history.sqlite3") as history:
            sets = len(history.sessions()[0].sets)
        closed = sum(isinstance(event, SetClosed) for _, event in Recording.open(path).events())
        states = [json.loads(line) for line in (folder / "states.jsonl").read_text().splitlines()]
        warm = [State(*values) for minute, *values in states if minute >= WARM_MIN] or [State(*states[-1][1:])]
        highest = State(*(max(values) for values in zip(*warm, strict=True)))
        grown = State(*(after - before for before, after in zip(warm[0], highest, strict=True)))
        verified = subprocess.run(
            [sys.executable, "-m", "rhomboid", "replay", str(path), "--verify"], capture_output=True, text=True
        )
    print(f"{states[-1][0] / 60:.2f} h of wearing at {pace:g} times their pace; the link dropped {drops} times")
    print(f"the sensor was late by {late_s:.0f} s of its own time at most; after 60 s a drop is taken for a restart")
    print(f"packets: {handed} handed over, {recorded} recorded; {on_air} lost on the air")
    print(f"samples: {made} made, {samples} recorded, {lost} counted as lost: {made - samples - lost} unaccounted for")
    print(f"sets: {closed} closed, {sets} in the history")
    print(f"after {WARM_MIN} min: {warm[0]}; at most: {highest}; at the end: {warm[-1]}")
    print(verified.stdout.splitlines()[0] if verified.stdout else verified.stderr)
    missed += (
        ["packets"] * (handed != recorded)
        + ["samples"] * (abs(made - samples - lost) > drops)
        + ["sets"] * (sets != closed)
    )
    missed += ["memory"] * (grown.memory_mb > MEMORY_BAR_MB) + ["growth"] * (max(grown[1:]) > 0)
    missed += ["replay"] * (verified.returncode != 0)
    print(f"missed: {', '.join(missed)}" if missed else "every bar met")
    return min(len(missed), 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(float(sys.argv[2]), Path(sys.argv[3]))
    else:
        hours, pace = [*map(float, sys.argv[1:]), *(HOURS, PACE)[len(sys.argv) - 1 :]]
        sys.exit(main(hours, pace))
