"""How fast somebody breathes who keeps still, experimental: the strongest line in the spectrum of a minute of tilt.

With every breath the upper back tilts by some tenths of a degree. A rate is given only where that line holds most of
the movement there is, which it does not in work or much sway; otherwise nothing is said. Measured on the simulated
wearer alone (``benchmarks.breathing``).
"""

from __future__ import annotations

import numpy as np

from rhomboid.events import BreathingMeasured, Event
from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, Break, Frames

FRAMES_A_TICK = 10
TICK_HZ = FRAME_RATE_HZ / FRAMES_A_TICK
WINDOW_TICKS = 300
EVERY_TICKS = 150
BAND_HZ, NEIGHBOURHOOD_HZ, WHOLE_HZ = (0.1, 0.5), 0.03, (0.05, 1.0)
LEAST_QUALITY = 0.6
MOST_DEG = 0.6
"""Still: the tilt of a minute is within this (rms). The smallest repetitions, squeezes, are larger and as regular."""
BINS = 4096


class BreathingDetector:
    """Looks at the last minute every half minute. ``per_min`` is what it saw last, None where it could not tell."""

    def __init__(self) -> None:
        self._start()
        self.per_min: float | None = None

    def _start(self) -> None:
        self._frames = np.empty((0, 3))
        self._ticks = np.empty((0, 3))
        self._due = WINDOW_TICKS

    def feed(self, frames: Frames) -> list[Event]:
        """The rates seen, in order of ``at_s``."""
        kept = len(self._frames)
        up = np.concatenate((self._frames, frames.up))
        whole = len(up) // FRAMES_A_TICK * FRAMES_A_TICK
        self._frames = up[whole:]
        total = up[0:whole:FRAMES_A_TICK].copy()
        for k in range(1, FRAMES_A_TICK):
            total += up[k:whole:FRAMES_A_TICK]
        before = len(self._ticks)
        ticks = np.concatenate((self._ticks, total))
        found: list[Event] = []
        while self._due <= len(ticks):
            row = (self._due - before) * FRAMES_A_TICK - kept - 1
            found += self._look(ticks[self._due - WINDOW_TICKS : self._due], frames, row)
            self._due += EVERY_TICKS
        surplus = max(len(ticks) - WINDOW_TICKS, 0)
        self._ticks, self._due = ticks[surplus:], self._due - surplus
        return found

    def interrupt(self, gap: Break) -> list[Event]:
        """A new minute has to be seen."""
        self._start()
        self.per_min = None
        return []

    def finish(self) -> list[Event]:
        """Nothing is open."""
        return []

    def _look(self, tilt: Array, frames: Frames, row: int) -> list[Event]:
        t = np.linspace(-1.0, 1.0, len(tilt))[:, None]
        tilt_deg = np.degrees(tilt / FRAMES_A_TICK)
        tilt_deg = tilt_deg - tilt_deg.mean(axis=0) - t * (t * tilt_deg).sum(axis=0) / (t * t).sum()
        per_min, quality = rate_per_min(tilt_deg)
        if quality < LEAST_QUALITY or (tilt_deg * tilt_deg).sum() > MOST_DEG * MOST_DEG * len(tilt):
            self.per_min = None
            return []
        self.per_min = round(per_min, 1)
        start_s = float(frames.t_s[row]) - WINDOW_TICKS / TICK_HZ
        at_s = float(frames.seen_s[row])
        return [BreathingMeasured(at_s=at_s, start_s=start_s, per_min=self.per_min, quality=round(quality, 3))]


def rate_per_min(tilt_deg: Array) -> tuple[float, float]:
    """Breaths a minute, and the share of all movement that speaks for it, of five values of tilt a second, (n, 3)."""
    power = (np.abs(np.fft.rfft(tilt_deg * np.hanning(len(tilt_deg))[:, None], BINS, axis=0)) ** 2).sum(axis=1)
    hz = np.fft.rfftfreq(BINS, 1.0 / TICK_HZ)
    band = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    peak_hz = float(hz[band][power[band].argmax()])
    near = power[np.abs(hz - peak_hz) <= NEIGHBOURHOOD_HZ].sum()
    whole = power[(hz >= WHOLE_HZ[0]) & (hz <= WHOLE_HZ[1])].sum()
    return 60.0 * peak_hz, float(near / whole) if whole > 0.0 else 0.0
