"""How two clocks stand to each other, when all that is known is when packets arrived.

A radio delays: by up to a connection interval always, by more after a loss. It never delivers early. So the least late
packet of the last ten seconds tells how the sensor's clock (or the count of its samples) stands against the host's, far
better than any mean does: ``Drift`` follows that minimum, so that the timeline does not wander off over a day.
"""

from __future__ import annotations

import math
from collections import deque


class Minimum:
    """The least of what was added within the last ``window_us``."""

    def __init__(self, window_us: float) -> None:
        self._window_us = window_us
        # Only what no later value undercuts, hence rising; the bound is for clocks that lie.
        self._rising: deque[tuple[float, float]] = deque(maxlen=4096)
        self.least = 0.0

    def add(self, at_us: float, value: float) -> float:
        """``value`` at ``at_us``; returns the least."""
        rising = self._rising
        while rising and rising[-1][1] >= value:
            rising.pop()
        rising.append((at_us, value))
        horizon_us = at_us - self._window_us
        while rising[0][0] < horizon_us:
            rising.popleft()
        self.least = rising[0][1]
        return self.least

    @property
    def since_us(self) -> float:
        """When the least was added."""
        return self._rising[0][0] if self._rising else 0.0


class Drift:
    """How far the host's clock has moved against a sensor's since the first ten seconds, in microseconds.

    It moves slowly, as clocks do, so that the spacing of samples is not disturbed: with a time constant of
    ``FOLLOWING_US``, and at most ``FASTEST`` of the time that passes.
    """

    WINDOW_US = 10e6
    FOLLOWING_US = 5e6
    FASTEST = 0.02
    LONGEST_STEP_US = 1e6

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._minimum = Minimum(self.WINDOW_US)
        self._began_us: float | None = None
        self._device_us = -math.inf
        self._host_us = 0.0
        self.us = 0.0
        self.least_us = 0.0
        """By how much the least late packet of the window arrived after its time on the sensor's clock."""
        self.usual_us = 0.0
        """The same, as far as the timeline has followed it."""

    @property
    def behind_us(self) -> float:
        """What the timeline has not followed yet, once all packets of some seconds agree about it; else 0."""
        agreed = self._host_us - self._minimum.since_us >= self.WINDOW_US / 2
        return self.least_us - self.usual_us if agreed else 0.0

    def forget(self) -> None:
        """What was so far cannot be compared with what comes."""
        self._minimum = Minimum(self.WINDOW_US)
        self.least_us = 0.0
        if self._origin.lateness_us is None:
            self.usual_us = 0.0

    def follow(self, device_us: float, host_us: float) -> float:
        """A packet of ``device_us`` on the sensor's clock arrived at ``host_us``; returns ``us``."""
        self.least_us = least_us = self._minimum.add(host_us, host_us - device_us)
        self._host_us = host_us
        passed_us = device_us - self._device_us
        if passed_us <= 0.0:
            return self.us
        self._device_us = device_us
        base_us = self._origin.lateness_us
        if base_us is None:
            self.usual_us = least_us
            if self._began_us is None:
                self._began_us = host_us
            elif host_us - self._began_us >= self.WINDOW_US:
                self._origin.lateness_us = least_us - self.us
            return self.us
        if passed_us > self.LONGEST_STEP_US:
            passed_us = self.LONGEST_STEP_US
        share = (least_us - base_us - self.us) / self.FOLLOWING_US
        if share > self.FASTEST:
            share = self.FASTEST
        elif share < -self.FASTEST:
            share = -self.FASTEST
        self.us += share * passed_us
        self.usual_us = base_us + self.us
        return self.us


class Origin:
    """What all streams of one sensor share: where the timeline begins, and how late the promptest packets come."""

    def __init__(self) -> None:
        self.host_ns: int | None = None
        """The host's clock when the first packet came: all host times here count from then."""
        self.device_us: float | None = None
        """The sensor's clock at the beginning of the timeline."""
        self.lateness_us: float | None = None
        """Of the least late packet, once it is known."""
        self.drift = Drift(self)
        """Of the sensor's clock, where it has one."""
        self.restarts = 0
        self.restarted = ""
        """Why the last restart was."""

    def host_us(self, host_ns: int) -> float:
        """On the host's clock, since the first packet."""
        if self.host_ns is None:
            self.host_ns = host_ns
        return (host_ns - self.host_ns) / 1000

    def restart(self, device_us: float, at_us: float, why: str) -> None:
        """The sensor's clock is taken up anew: ``device_us`` there is ``at_us`` here."""
        self.device_us = device_us - at_us
        self.restarts += 1
        self.restarted = why


class Line:
    """The line of arrival against count, by least squares in which older packets weigh less."""

    def __init__(self) -> None:
        self._weight = self._mean = self._mean_us = self._spread = self._joint = 0.0
        self.newest = 0.0
        self.points = 0

    @property
    def slope(self) -> float:
        """Microseconds a sample; two points are needed."""
        return self._joint / self._spread

    def add(self, count: float, arrived_us: float, keep: float) -> None:
        """The sample ``count``, later than the last, arrived; what was before weighs ``keep`` times what it did."""
        self.newest = count
        self.points += 1
        self._weight = self._weight * keep + 1.0
        off, off_us = count - self._mean, arrived_us - self._mean_us
        self._mean += off / self._weight
        self._mean_us += off_us / self._weight
        self._spread = self._spread * keep + off * (count - self._mean)
        self._joint = self._joint * keep + off_us * (count - self._mean)
