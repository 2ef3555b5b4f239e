"""How two clocks stand to each other, when all that is known is when packets arrived.

A radio delays: by up to a connection interval always, by more after a loss. It never delivers early. So the least late
packet of the last ten seconds tells how the sensor's clock (or the count of its samples) stands against the host's, far
better than any mean does: ``Drift`` follows that minimum, so that the timeline does not wander off over a day.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array

MOST_KEPT = 4096
"""Of the values of a window: a bound for clocks that lie."""
_LN_2 = math.log(2)


class Minimum:
    """The least of what was added within the last ``window_us``."""

    def __init__(self, window_us: float) -> None:
        self._window_us = window_us
        # Only what no later value undercuts, hence rising.
        self._rising: deque[tuple[float, float]] = deque(maxlen=MOST_KEPT)
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

    def ahead(self, at_us: Array, values: Array) -> Array:
        """What ``add`` would return for each of the first of these in turn, as many as come in order of time.

        Nothing is added.
        """
        at_us, values, known = self._with_known(at_us, values)
        in_order = 1 + leading(at_us[1:MOST_KEPT] >= at_us[: min(len(at_us), MOST_KEPT) - 1])
        if in_order <= known:
            return np.empty(0)
        at_us, values = at_us[:in_order], values[:in_order]
        last = np.arange(known, in_order)
        first = np.searchsorted(at_us, at_us[known:] - self._window_us)
        # The least of any stretch is that of two, of a power of two each, which together cover it.
        power = np.frexp(last - first + 1)[1] - 1
        least = np.empty(len(last))
        for p in range(int(power.max()) + 1):
            width = 1 << p
            rows = np.flatnonzero(power == p)
            least[rows] = np.minimum(values[first[rows]], values[last[rows] + 1 - width])
            values = np.minimum(values[:-width], values[width:])
        return least

    def add_all(self, at_us: Array, values: Array) -> None:
        """As ``add`` of each in turn, for those of which ``ahead`` told."""
        at_us, values, _ = self._with_known(at_us, values)
        rising = np.append(values[:-1] < np.minimum.accumulate(values[:0:-1])[::-1], True)
        rising &= at_us >= at_us[-1] - self._window_us
        self._rising = deque(zip(at_us[rising].tolist(), values[rising].tolist(), strict=True), MOST_KEPT)
        self.least = self._rising[0][1]

    def _with_known(self, at_us: Array, values: Array) -> tuple[Array, Array, int]:
        known = np.array(self._rising, np.float64).reshape(-1, 2)
        return np.concatenate((known[:, 0], at_us)), np.concatenate((known[:, 1], values)), len(known)

    @property
    def since_us(self) -> float:
        """When the least was added."""
        return self._rising[0][0] if self._rising else 0.0


class Course(msgspec.Struct, frozen=True, eq=False):
    """What a drift will have said of packets to come, one row each, if nothing is amiss with any of them."""

    device_us: Array
    host_us: Array
    us: Array
    least_us: Array
    usual_us: Array

    def __len__(self) -> int:
        return len(self.us)

    def __getitem__(self, rows: slice) -> Course:
        """Only these."""
        return Course(*(getattr(self, name)[rows] for name in self.__struct_fields__))

    def before(self, drift: Drift) -> tuple[Array, Array]:
        """``least_us`` and ``usual_us`` as they are when a packet comes."""
        return _shifted(drift.least_us, self.least_us), _shifted(drift.usual_us, self.usual_us)


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

    def ahead(self, device_us: Array, host_us: Array) -> Course:
        """What ``follow`` would make of these packets, or of the first of them, in turn."""
        least_us = self._minimum.ahead(host_us, host_us - device_us)
        n, base_us = len(least_us), self._origin.lateness_us
        passed_us = np.diff(device_us[:n], prepend=self._device_us)
        as_usual = passed_us > 0.0
        if base_us is None:
            began_us = math.inf if self._began_us is None else self._began_us
            as_usual &= abs(host_us[:n] - began_us) < self.WINDOW_US
        n = leading(as_usual)
        device_us, host_us, least_us = device_us[:n], host_us[:n], least_us[:n]
        if base_us is None:
            return Course(device_us, host_us, np.full(n, self.us), least_us, least_us)
        us, followed = self.us, []
        fastest, following_us = self.FASTEST, self.FOLLOWING_US
        steps_us = np.minimum(passed_us[:n], self.LONGEST_STEP_US)
        for moved_us, step_us in zip((least_us - base_us).tolist(), steps_us.tolist(), strict=True):
            share = (moved_us - us) / following_us
            if share > fastest:
                share = fastest
            elif share < -fastest:
                share = -fastest
            us += share * step_us
            followed.append(us)
        drift_us = np.array(followed)
        return Course(device_us, host_us, drift_us, least_us, base_us + drift_us)

    def take(self, course: Course) -> None:
        """As ``follow`` of each of its packets in turn."""
        if not len(course):
            return
        self._minimum.add_all(course.host_us, course.host_us - course.device_us)
        self._device_us, self._host_us = float(course.device_us[-1]), float(course.host_us[-1])
        self.us, self.least_us = float(course.us[-1]), float(course.least_us[-1])
        self.usual_us = float(course.usual_us[-1])


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

    def hosts_us(self, hosts_ns: Sequence[int]) -> Array:
        """The same for many, once the first packet has come."""
        zero_ns = self.host_ns or 0
        return np.array([(host_ns - zero_ns) / 1000 for host_ns in hosts_ns])

    def restart(self, device_us: float, at_us: float, why: str) -> None:
        """The sensor's clock is taken up anew: ``device_us`` there is ``at_us`` here."""
        self.device_us = device_us - at_us
        self.restarts += 1
        self.restarted = why


class Line:
    """The line of arrival against count, by least squares in which older packets weigh less."""

    HALF_LIFE_US = 90e6

    def __init__(self) -> None:
        self._weight = self._mean = self._mean_us = self._spread = self._joint = 0.0
        self.newest = 0.0
        self.points = 0

    @property
    def slope(self) -> float:
        """Microseconds a sample; two points are needed."""
        return self._joint / self._spread

    def add(self, count: float, arrived_us: float, period_us: float) -> None:
        """The sample ``count``, later than the last, arrived; the samples until then were ``period_us`` apart."""
        keep = 1.0 - (count - self.newest) * period_us / self.HALF_LIFE_US * _LN_2
        if keep < 0.5:
            keep = 0.5
        self.newest = count
        self.points += 1
        self._weight = self._weight * keep + 1.0
        off, off_us = count - self._mean, arrived_us - self._mean_us
        self._mean += off / self._weight
        self._mean_us += off_us / self._weight
        self._spread = self._spread * keep + off * (count - self._mean)
        self._joint = self._joint * keep + off_us * (count - self._mean)

    def add_all(self, points: Iterable[tuple[float, float]], period_us: float, least_us: float) -> list[float]:
        """As ``add`` of each (count, arrived_us), the period being the slope so far and at least ``least_us``.

        The slope is asked for after each of them, which is what takes time: so all that is needed for it is local.
        """
        weight, mean, mean_us, spread, joint = self._weight, self._mean, self._mean_us, self._spread, self._joint
        newest, half_life_us = self.newest, self.HALF_LIFE_US
        slopes = []
        for count, arrived_us in points:
            keep = 1.0 - (count - newest) * period_us / half_life_us * _LN_2
            if keep < 0.5:
                keep = 0.5
            newest = count
            weight = weight * keep + 1.0
            off, off_us = count - mean, arrived_us - mean_us
            mean += off / weight
            mean_us += off_us / weight
            off_mean = count - mean
            spread = spread * keep + off * off_mean
            joint = joint * keep + off_us * off_mean
            period_us = joint / spread
            if period_us < least_us:
                period_us = least_us
            slopes.append(period_us)
        self._weight, self._mean, self._mean_us, self._spread, self._joint = weight, mean, mean_us, spread, joint
        self.newest = newest
        self.points += len(slopes)
        return slopes


def leading(these: npt.NDArray[np.bool_]) -> int:
    """How many there are before the first that is not."""
    return len(these) if these.all() else int(these.argmin())


def _shifted(first: float, then: Array) -> Array:
    """``then`` as it was one row earlier, beginning with ``first``."""
    return np.concatenate(((first,), then[:-1]))
