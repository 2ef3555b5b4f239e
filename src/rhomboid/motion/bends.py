"""Natural bends: movements away from upright and soon back, which show over time which way the body's forward is.

A trunk bends forward more often and further than back or to the side, so the mean direction of bends is forward once
they agree, and bends that agree on another direction show that the sensor has turned.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.ticks import angle_deg, dot, runs, unit

# Away from upright and back again, and soon.
NEAR_DEG = 8.0
LONGEST_TICKS = 75
PEAK_DEG = 25.0
MEMORY = 0.9
KNOWN_COUNT, KNOWN_AGREEMENT, UNKNOWN_AGREEMENT = 2.5, 0.9, 0.7
# The sensor has turned once so many bends went another way than forward and all the same way. They lie this far
# apart, since one set of side bends to one side says nothing.
TURNED_DEG, TURNED_BENDS, TURNED_AGREEMENT = 45.0, 5, 0.9
APART_TICKS = 150


class Bends:
    """Movements away from upright and soon back, each as the direction in which it went furthest."""

    def __init__(self, peak_deg: float = PEAK_DEG) -> None:
        self._peak_deg = peak_deg
        self.total = np.zeros(3)
        self.count = 0.0
        self._occasions: deque[Array] = deque(maxlen=TURNED_BENDS)
        self._since_ticks = APART_TICKS
        self.interrupt()

    def forward(self, before: Array | None) -> Array | None:
        """Which way is forward by now, when it was ``before``; None: not known."""
        agreement = _length(self.total) / self.count if self.count else 0.0
        if self.count >= KNOWN_COUNT and agreement >= KNOWN_AGREEMENT:
            return unit(self.total)
        return None if self.count >= 1.0 and agreement < UNKNOWN_AGREEMENT else before

    def turned_deg(self, forward: Array) -> float | None:
        """By how much the way people bend has turned from ``forward`` (3,) for good; None: it has not."""
        if len(self._occasions) < TURNED_BENDS:
            return None
        went = np.array(self._occasions)
        away_deg, mean = angle_deg(went, forward), went.mean(axis=0)
        if away_deg.min() < TURNED_DEG or _length(mean) < TURNED_AGREEMENT:
            return None
        return float(angle_deg(unit(mean)[None], forward)[0])

    def interrupt(self) -> None:
        """The stream broke."""
        self._lasted = LONGEST_TICKS + 1  # what was not seen to begin is not a bend
        self._peak = 0.0
        self._towards = np.zeros(3)

    def feed(self, up: Array, upright: Array) -> None:
        """Takes in more ticks: "up" in sensor axes, (n, 3), and what it is when upright, (3,)."""
        tilt_deg = angle_deg(up, upright)
        away = tilt_deg > NEAR_DEG
        for i, j in runs(away):
            self._since_ticks += j - i
            if away[i]:
                self._lasted += j - i
                top = i + int(np.argmax(tilt_deg[i:j]))
                if tilt_deg[top] > self._peak:
                    self._peak = float(tilt_deg[top])
                    # "up" moves to the back of a sensor that bends forward
                    self._towards = unit(dot(up[top : top + 1], upright)[0] * upright - up[top])
            else:
                if self._peak >= self._peak_deg and self._lasted <= LONGEST_TICKS:
                    self.total = MEMORY * self.total + self._towards
                    self.count = MEMORY * self.count + 1.0
                    if self._since_ticks >= APART_TICKS:
                        self._since_ticks = 0
                        self._occasions.append(self._towards)
                self._lasted, self._peak = 0, 0.0


def _length(v: Array) -> float:
    return float(np.sqrt((v * v).sum()))
