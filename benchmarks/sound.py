"""From an event to its sound: how long until it is heard, and how long the session is kept waiting.

    python -m benchmarks.sound [N]

With PulseAudio's programs installed (Debian: pulseaudio, pulseaudio-utils) a server of its own is started, with a sink
that plays nowhere, and what arrives there is recorded: the figure is until the recording holds the tone. A loudspeaker
adds what its hardware takes. Without them it is until miniaudio's thread asks for the first sample of the tone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

import numpy as np

from rhomboid.events import Movement, RepCompleted
from rhomboid.motion.pipeline import MotionState, Trace
from rhomboid.session import Update
from rhomboid.sound.settings import SoundSettings
from rhomboid.sound.sounds import REST_AFTER_S, Sounds
from rhomboid.sound.speech import PROGRAMS, Speech
from rhomboid.sound.tones import PERIOD_MS, RATE_HZ, SoundCard

LOUD = 300
"""Of 32767: louder than nothing, softer than any tone."""
APART_S = 1.0
SPEECH_APART_S = 2.5


def rep(number: int) -> Update:
    movement = Movement(start_s=0.0, peak_s=1.0, end_s=2.0, range_deg=20.0, confidence=1.0)
    event = RepCompleted(at_s=2.0, set_index=0, number=number, movement=movement)
    nothing = np.empty(0)
    return Update((event,), Trace(nothing, nothing, nothing), MotionState())


@contextmanager
def sound_server() -> Iterator[None]:
    """PulseAudio with one sink that plays nowhere, as this process's sound card."""
    with tempfile.TemporaryDirectory() as home:
        socket = Path(home) / "socket"
        server = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1",
                f"--load=module-null-sink sink_name=ear rate={RATE_HZ} channels=1",
            ],
            env=os.environ | {"HOME": home, "XDG_RUNTIME_DIR": home}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.environ["PULSE_SERVER"] = f"unix:{socket}"
        try:
            until = time.monotonic() + 10.0
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            server.wait()


class Ear:
    """Records what is played, and notes when silence ended."""

    def __init__(self) -> None:
        self.heard_at: list[float] = []
        self._recorder = subprocess.Popen(
            [
                "parec",
                "--device=ear.monitor",
                f"--rate={RATE_HZ}",
                "--channels=1",
                "--format=s16le",
                "--latency-msec=5",
            ],
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        pipe = self._recorder.stdout.fileno()  # type: ignore[union-attr]
        quiet_since = 0.0
        while piece := os.read(pipe, 4096):
            now = time.perf_counter()
            loud = np.abs(np.frombuffer(piece[: len(piece) // 2 * 2], dtype=np.int16).astype(int)) > LOUD
            if loud.any():
                if now - quiet_since > 0.2:
                    self.heard_at.append(now)
                quiet_since = now

    def close(self) -> None:
        self._recorder.terminate()
        self._recorder.wait()


class Asked(SoundCard):
    """The card of miniaudio that plays nowhere; notes when it asks for the first sample."""

    def __init__(self) -> None:
        import miniaudio

        null = [miniaudio.Backend.NULL]
        device = miniaudio.PlaybackDevice(
            nchannels=1, sample_rate=RATE_HZ, buffersize_msec=PERIOD_MS, backends=null
        )  # fmt: skip
        super().__init__(device, miniaudio.MiniaudioError)
        self.heard_at: list[float] = []

    def _samples(self):  # type: ignore[no-untyped-def]
        inner = super()._samples()
        next(inner)
        wanted, before = (yield b""), False
        while True:
            now = inner.send(wanted)
            if now.any() and not before:
                self.heard_at.append(time.perf_counter())
            before = bool(now.any())
            wanted = yield now


def measured(sounds: Sounds, heard_at: list[float], times: int, apart_s: float) -> tuple[list[float], list[float]]:
    """Seconds until heard, and seconds the caller waited; a sound that was not heard is missing from the first."""
    latencies, waits = [], []
    for number in range(1, times + 1):
        before = len(heard_at)
        began = time.perf_counter()
        sounds.take(rep(number))
        waits.append(time.perf_counter() - began)
        time.sleep(apart_s)
        latencies += [at - began for at in heard_at[before : before + 1]]
    return latencies, waits


def report(what: str, latencies: list[float], waits: list[float]) -> None:
    if not latencies:
        print(f"{what:40} not heard")
        return
    ms = sorted(1e3 * x for x in latencies)
    p95 = ms[min(round(0.95 * len(ms)), len(ms) - 1)]
    print(
        f"{what:40} {len(ms)} of {len(waits)} heard; median {median(ms):.0f} ms, 95th percentile {p95:.0f} ms,"
        f" worst {ms[-1]:.0f} ms; the session waited {1e3 * median(waits):.2f} ms, {1e3 * max(waits):.1f} ms at most"
    )


def main(times: int) -> None:
    capture = shutil.which("pulseaudio") is not None and shutil.which("parec") is not None
    print("until recorded at the sound server" if capture else "until the first sample is asked for", flush=True)
    with sound_server() if capture else nullcontext():
        if capture:
            ear = Ear()
            card = SoundCard.open()
            if isinstance(card, str):
                sys.exit(card)
            heard_at = ear.heard_at
        else:
            card = Asked()
            heard_at = card.heard_at
        sounds = Sounds(SoundSettings(), card, None)
        while not heard_at:  # the recording takes its time to begin
            sounds.take(rep(0))
            time.sleep(2.0)
        time.sleep(2.0)
        report("a count, as a tone", *measured(sounds, heard_at, times, APART_S))
        report("the same, the card asleep before", *measured(sounds, heard_at, 3, REST_AFTER_S + 1.0))
        sounds.close()
        installed = [p for p in PROGRAMS if p.platform == sys.platform and shutil.which(p.command[0])]
        for program in installed if capture else ():
            sounds = Sounds(SoundSettings(), None, Speech(program))
            measured(sounds, heard_at, 1, SPEECH_APART_S)  # from the drive for the first time
            name = program.command[0]
            report(f"a count, spoken ({name})", *measured(sounds, heard_at, min(times, 10), SPEECH_APART_S))
            sounds.close()
        if capture:
            ear.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
