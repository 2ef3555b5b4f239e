"""Tones: notes as samples, and the sound card they go to (miniaudio, the extra ``audio``)."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from rhomboid.sound.table import Note

RATE_HZ = 44_100
PERIOD_MS = 10
"""The sound card asks for so much at a time; three of these lie between a tone and the ear."""
EDGE_S = 0.008
"""Faded in and out for so long: no clicks."""

Samples = npt.NDArray[np.int16]


def rendered(notes: Iterable[Note], volume: float) -> Samples:
    """(n,) mono samples at 44.1 kHz of ``notes``, one after the other; ``volume`` 0..1."""
    pieces = []
    for note in notes:
        t_s = np.arange(round(note.length_s * RATE_HZ)) / RATE_HZ
        edge = np.clip(np.minimum(t_s, note.length_s - t_s) / EDGE_S, 0.0, 1.0)
        phase = 2.0 * np.pi * note.frequency_hz * t_s
        # A little of the octave is easier to hear on small loudspeakers than a bare sine.
        pieces.append(edge * (0.8 * np.sin(phase) + 0.2 * np.sin(2.0 * phase)))
    wave = np.concatenate(pieces) if pieces else np.zeros(0)
    return np.asarray(np.round(wave * volume * 32767.0), dtype=np.int16)


class SoundCard:
    """Plays what it is given at once, cutting off what is still sounding. Opened with ``open``; None: there is none."""

    def __init__(self, device: Any, failure: type[Exception]) -> None:
        """``device`` of miniaudio, which raises ``failure`` when it can no longer be used."""
        self._device, self._failure = device, failure
        self._lock = threading.Lock()
        self._playing: Samples = np.zeros(0, dtype=np.int16)
        self._running = False

    @classmethod
    def open(cls) -> SoundCard | str:
        """The default sound card, or why there is none, in words."""
        try:
            miniaudio = importlib.import_module("miniaudio")
        except ImportError:
            return "tones need the extra audio (pip install 'rhomboid[audio]')"
        try:
            with _libraries_hushed():
                device = miniaudio.PlaybackDevice(
                    nchannels=1, sample_rate=RATE_HZ, buffersize_msec=PERIOD_MS, app_name="rhomboid"
                )
        except miniaudio.MiniaudioError:
            return "there is no sound card that can be used"
        if device.backend.lower() == "null":
            device.close()
            return "there is no sound card"
        return cls(device, miniaudio.MiniaudioError)

    def play(self, samples: Samples) -> None:
        """From now on this is heard. Waits for nothing but the card's start after a pause."""
        with self._lock:
            self._playing = samples
        if not self._running:
            source = self._samples()
            next(source)
            try:
                self._device.start(source)
            except self._failure:  # the sound server went away; the next tone tries again
                return
            self._running = True

    @property
    def sounding_s(self) -> float:
        """How much is still to be handed to the card."""
        return len(self._playing) / RATE_HZ

    def rest(self) -> None:
        """Lets the card sleep until the next tone."""
        if self._running:
            self._device.stop()
            self._running = False

    def close(self) -> None:
        """Gives the card back."""
        self._device.close()

    def _samples(self) -> Generator[Samples, int, None]:
        """What miniaudio asks for, on a thread of its own."""
        wanted = yield np.zeros(0, dtype=np.int16)
        while True:
            with self._lock:
                now, self._playing = self._playing[:wanted], self._playing[wanted:]
            if len(now) < wanted:
                now = np.concatenate([now, np.zeros(wanted - len(now), dtype=np.int16)])
            wanted = yield now


@contextmanager
def _libraries_hushed() -> Iterator[None]:
    """What the system's sound libraries write past Python to standard error when there is no card is for nobody."""
    if sys.platform != "linux":
        yield
        return
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
