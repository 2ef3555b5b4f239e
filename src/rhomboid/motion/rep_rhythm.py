"""Is anything going on that repeats itself? A cheap look at the whole stream, so that only promising moments cost more.

For a handful of periods the movement is compared with itself one period earlier (the average magnitude difference
function of Ross et al. 1974, here of the squared difference over all columns), over two periods, and measured against
how much it moves at all: 0 repeats exactly, 1 is as unlike as any two moments.
"""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.rep_signals import VIEWS

EVERY_FRAMES = 5  # The signals are low-passed at 4 Hz; ten a second are enough.
LOOK_FRAMES = 50
PERIODS_S = 0.7 * 1.16 ** np.arange(20)  # up to 11.7 s
NO_WORSE = 0.1
LIVELY_DEG = 0.5  # Standard deviation of pose and height together; people at rest sway less.

_LAGS = np.rint(PERIODS_S * FRAME_RATE_HZ / EVERY_FRAMES).astype(int)
_KEPT = 3 * int(_LAGS[-1])


class Rhythm:
    """Streaming self-comparison of the movement signals."""

    def __init__(self) -> None:
        columns = VIEWS[0].stop - VIEWS[0].start + VIEWS[2].stop - VIEWS[2].start
        self._waiting = np.empty((0, columns))
        self._seen = 0  # samples taken so far
        self._y = np.zeros((_KEPT, columns))
        self._sums = np.zeros((_KEPT + 1, columns))
        self._squares = np.zeros(_KEPT + 1)
        self._differences = np.zeros((_KEPT + 1, len(_LAGS)))

    def feed(self, x: Array) -> Array:
        """From (n, 13) frames: for every full second of them, (k, 2), the best period (s) and how unlike it is.

        Where the wearer does not move, or three periods have not passed yet, it is as unlike as can be.
        """
        frames = np.concatenate((self._waiting, np.concatenate((x[:, VIEWS[0]], x[:, VIEWS[2]]), axis=1)))
        n = len(frames) // LOOK_FRAMES * LOOK_FRAMES
        self._waiting = frames[n:]
        if not n:
            return np.empty((0, 2))
        new = frames[EVERY_FRAMES - 1 : n : EVERY_FRAMES]
        y = np.concatenate((self._y, new))
        sums = _continue(self._sums, new)
        squares = _continue(self._squares, _squared(new))
        steps = np.stack([_squared(new - y[_KEPT - lag : len(y) - lag]) for lag in _LAGS], axis=1)
        differences = _continue(self._differences, steps)
        step = LOOK_FRAMES // EVERY_FRAMES
        now = np.arange(_KEPT + step, len(y) + 1, step)
        unlike = np.ones((len(now), len(_LAGS)))
        for k, lag in enumerate(_LAGS):
            mean = (sums[now] - sums[now - 3 * lag]) / (3 * lag)
            spread = (squares[now] - squares[now - 3 * lag]) / (3 * lag) - _squared(mean)
            change = (differences[now, k] - differences[now - 2 * lag, k]) / (2 * lag)
            known = now - _KEPT + self._seen >= 3 * lag
            lively = known & (spread > LIVELY_DEG**2)
            unlike[lively, k] = change[lively] / (2.0 * spread[lively])
        self._seen += len(new)
        self._y, self._sums, self._squares = y[-_KEPT:], sums[-_KEPT - 1 :], squares[-_KEPT - 1 :]
        self._differences = differences[-_KEPT - 1 :]
        least = unlike.min(axis=1)
        # What repeats every second also repeats every two: of equally good periods the shortest.
        shortest = (unlike <= least[:, None] + NO_WORSE).argmax(axis=1)
        near = 1.4 * PERIODS_S[shortest][:, None] >= PERIODS_S
        best = np.where(near, unlike, np.inf).argmin(axis=1)
        return np.stack((PERIODS_S[best], least), axis=1)


def _continue(running: Array, new: Array) -> Array:
    """The running sum carried on over ``new``, in the order of the samples."""
    return np.concatenate((running, np.cumsum(np.concatenate((running[-1:], new)), axis=0)[1:]))


def _squared(v: Array) -> Array:
    squared: Array = (v * v).sum(axis=1)
    return squared
