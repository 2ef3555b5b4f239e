"""Brings together acceleration and angular velocity that a sensor sends as two streams of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.sensors.layout import Part, Samples

LONGEST_WAIT_S = 1.5
"""So much acceleration waits for its angular velocity (a Polar frame holds up to a second), then it goes without."""
NEIGHBOUR_S = 0.05
"""At the edges of what there is, the nearest angular velocity will do if it is as near as this."""


class Pairing:
    """Acceleration with the angular velocity of the same moment, interpolated; in order of time, bounded.

    The timeline begins with the first acceleration. A gap in the acceleration is a gap; where only angular velocity is
    missing, samples come without it.
    """

    def __init__(self) -> None:
        self._zero_s: float | None = None
        self._waiting: deque[tuple[Array, Array] | Gap] = deque()  # acceleration, in order
        self._newest_s = -np.inf  # of the acceleration
        self._gyr_t_s = np.empty(0)
        self._gyr_dps = np.empty((0, 3))
        self._gyr_gaps: deque[Gap] = deque()

    def feed(self, t_s: Array, acc_g: Array | None, gyr_dps: Array | None) -> list[ImuBlock | Gap]:
        """Samples of one of the two streams; what can be told now."""
        return self._take([(t_s, acc_g, gyr_dps)])

    def feed_all(self, stretches: Sequence[Samples]) -> list[ImuBlock | Gap]:
        """As ``feed`` of each in turn. As long as no stream is far ahead of the other, they are taken together."""
        told: list[ImuBlock | Gap] = []
        together: list[Samples] = []
        acc_until_s, gyr_until_s = self._newest_s, self._gyr_until_s
        for samples in stretches:
            t_s, acc_g, _ = samples
            if acc_g is None:
                gyr_until_s = float(t_s[-1])
            else:
                acc_until_s = float(t_s[-1])
            if abs(acc_until_s - gyr_until_s) <= LONGEST_WAIT_S:
                together.append(samples)
                continue
            told += self._take(together)
            told += self._take([samples])
            together = []
        return told + self._take(together)

    def _take(self, stretches: list[Samples]) -> list[ImuBlock | Gap]:
        acc = [(t_s, acc_g) for t_s, acc_g, _ in stretches if acc_g is not None]
        gyr = [(t_s, gyr_dps) for t_s, acc_g, gyr_dps in stretches if acc_g is None and gyr_dps is not None]
        if acc:
            t_s, acc_g = acc[0] if len(acc) == 1 else map(np.concatenate, zip(*acc, strict=True))
            if self._zero_s is None:
                self._zero_s = float(t_s[0])
            self._waiting.append((t_s, acc_g))
            self._newest_s = float(t_s[-1])
        if gyr:
            all_t_s, all_gyr_dps = zip(*gyr, strict=True)
            self._gyr_t_s = np.concatenate((self._gyr_t_s, *all_t_s))
            self._gyr_dps = np.concatenate((self._gyr_dps, *all_gyr_dps))
        return self._told()

    def interrupt(self, gap: Gap, part: Part) -> list[ImuBlock | Gap]:
        """Samples of this stream are missing."""
        if part == "gyr":
            self._gyr_gaps.append(gap)
        else:
            self._waiting.append(gap)
        return self._told()

    @property
    def _gyr_until_s(self) -> float:
        return float(self._gyr_t_s[-1]) if len(self._gyr_t_s) else -np.inf

    def _told(self) -> list[ImuBlock | Gap]:
        """What waits no longer: angular velocity has come that far, or has kept it waiting for too long."""
        until_s = max(self._gyr_until_s, self._newest_s - LONGEST_WAIT_S)
        told: list[ImuBlock | Gap] = []
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, Gap):
                told.append(self._from_zero(first))
                self._waiting.popleft()
                continue
            t_s, acc_g = first
            ready = int(np.searchsorted(t_s, until_s, side="right"))
            if ready:
                told += self._paired(t_s[:ready], acc_g[:ready])
            if ready < len(t_s):
                self._waiting[0] = t_s[ready:], acc_g[ready:]
                break
            self._waiting.popleft()
        self._forget()
        return told

    def _paired(self, t_s: Array, acc_g: Array) -> list[ImuBlock | Gap]:
        """Samples with angular velocity, and those without, in blocks of their own."""
        missing = np.ones(len(t_s), bool)
        gyr_t_s = self._gyr_t_s
        if len(gyr_t_s):
            missing = (t_s < gyr_t_s[0] - NEIGHBOUR_S) | (t_s > gyr_t_s[-1] + NEIGHBOUR_S)
            for gap in self._gyr_gaps:
                missing |= (t_s > gap.start_s + NEIGHBOUR_S) & (t_s < gap.end_s - NEIGHBOUR_S)
        edges = [0, *(np.flatnonzero(missing[1:] != missing[:-1]) + 1).tolist(), len(t_s)]
        blocks: list[ImuBlock | Gap] = []
        for start, end in pairwise(edges):
            rows = slice(start, end)
            gyr_dps = None
            if not missing[start]:
                gyr_dps = np.stack([np.interp(t_s[rows], gyr_t_s, self._gyr_dps[:, i]) for i in range(3)], axis=1)
            blocks.append(ImuBlock(t_s[rows] - (self._zero_s or 0.0), acc_g[rows], gyr_dps))
        return blocks

    def _from_zero(self, gap: Gap) -> Gap:
        zero_s = self._zero_s or 0.0
        return Gap(gap.start_s - zero_s, gap.end_s - zero_s, gap.reason)

    def _forget(self) -> None:
        """Angular velocity that no acceleration will ask for any more."""
        if not len(self._gyr_t_s):
            return
        first = next((x for x in self._waiting if not isinstance(x, Gap)), None)
        oldest_s = self._newest_s if first is None else float(first[0][0])
        oldest_s = max(oldest_s, float(self._gyr_t_s[-1]) - 2 * LONGEST_WAIT_S)
        kept = max(int(np.searchsorted(self._gyr_t_s, oldest_s)) - 1, 0)
        self._gyr_t_s, self._gyr_dps = self._gyr_t_s[kept:], self._gyr_dps[kept:]
        while self._gyr_gaps and self._gyr_gaps[0].end_s <= self._gyr_t_s[0]:
            self._gyr_gaps.popleft()
