"""How often a screen is drawn: as often as wanted, and less on a machine or a link that cannot keep up."""

from __future__ import annotations

WANTED_HZ, LEAST_HZ = 15.0, 2.0
TOO_MUCH, LITTLE = 0.5, 0.4
"""Of the time between two frames, what drawing may take before the rate falls, and below which it rises."""
SMOOTHING = 0.2
LEAST_WAIT_S = 0.005


class FrameRate:
    """``took`` tells what each frame cost; ``wait_s`` is how long to wait for the next."""

    def __init__(self, wanted_hz: float = WANTED_HZ) -> None:
        self.wanted_hz = self.hz = wanted_hz
        self._cost_s = 0.0

    @property
    def interval_s(self) -> float:
        """From the beginning of one frame to that of the next."""
        return 1.0 / self.hz

    def wait_s(self, spent_s: float) -> float:
        """How long to wait for the next frame when drawing this one took ``spent_s``; others get a turn in any case."""
        return max(self.interval_s - spent_s, LEAST_WAIT_S)

    def took(self, cost_s: float) -> None:
        """From the beginning of a frame until it was on its way to the terminal."""
        self._cost_s += SMOOTHING * (cost_s - self._cost_s)
        if self._cost_s * self.hz > TOO_MUCH:
            self.hz = max(self.hz / 1.5, LEAST_HZ)
        elif self._cost_s * self.hz < LITTLE:
            self.hz = self.hz * 1.05
        self.hz = min(self.hz, self.wanted_hz)
