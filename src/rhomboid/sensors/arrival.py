"""From the times of arrival to a timeline in microseconds, for sensors that send no clock.

``python -m benchmarks.clock`` measures how far the timeline is from the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from rhomboid.imu import Array, Gap
from rhomboid.sensors.clock import LINK_DROPPED, SHORTEST_PERIOD_US
from rhomboid.sensors.drift import Drift, Line, Minimum, Origin, leading
from rhomboid.sensors.driver import NONE_PLACED, Placed, PlacedTogether, Reading, Readings, Refusal
from rhomboid.sensors.layout import Whole

SUSPECTED = "samples may be missing: the sensor has no clock"

# A silence is a gap at once; lateness once it has lasted, and is more than a part of a packet.
SILENCE_US = 1e6
SUSPICION_US, SUSPICIOUS_US, SUSPICIOUS_SHARE = 1e6, 15e3, 0.7
TOO_EARLY_US = 50e3
# The rate is sought by the mean first (and believed to be another only if it is far off), then by the line.
FIRST_LOOK_US, SETTLING_US, SETTLING_POINTS, OTHER_RATE = 0.25e6, 5e6, 10, 1.3
BURST_US = 3e3


class ArrivalTimeline:
    """For sensors without a clock: samples are counted, and the times of arrival say how fast they come.

    The line of arrival against count tells the true period, ``Drift`` where the line lies. A late packet with a burst
    behind it is the radio's doing; when even the promptest packets of a second are late, samples are missing, and a gap
    says that this is suspected.
    """

    def __init__(self, nominal_hz: float, origin: Origin | None = None) -> None:
        self._period_us = 1e6 / nominal_hz
        self._origin = origin or Origin()
        self._drift = Drift(self._origin)
        self._device_us: float | None = None  # what a clock in the sensor would say at the newest sample
        self._t_us = 0.0  # the same on the timeline
        self._host_us = 0.0
        self._link_lost = False
        self._early, self._early_since_us, self._early_last_us = 0, 0.0, 0.0
        self._other_rate = False
        self._seek_rate(0.0)
        self._watch(0.0)

    @property
    def drift_us(self) -> None:
        """There is no clock that could drift."""

    def link_lost(self) -> None:
        """What comes next does not continue the count."""
        self._link_lost = True

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The last sample by the count; a silence, and lateness that stays, are gaps."""
        n, newest_us = reading.n, self._device_us
        host_us = self._origin.host_us(host_ns)
        if newest_us is None:
            self._seek_rate(host_us)
            self._watch(host_us)
            self._host_us, self._link_lost = host_us, False
            self._device_us = self._t_us = host_us + (n - 1) * self._period_us
            self._drift.follow(self._device_us, host_us)
            return Placed(self._t_us, self._period_us)
        reason = ""
        missing_us = 0.0
        late_us = self._late_us(n, newest_us, host_us)
        if self._link_lost or host_us - self._host_us - n * self._period_us > SILENCE_US:
            reason = LINK_DROPPED if self._link_lost else SUSPECTED
            missing_us = max(late_us, 0.0)
            self._link_lost = False
            self._count_anew(host_us)
            self._watch(host_us)
        elif self._settled and late_us < -TOO_EARLY_US and self._origin.lateness_us is not None:
            if not self._early_for_good(n, host_us):
                return None  # sampled in the gap that has been told already, and held back by the radio until now
            reason = SUSPECTED
            missing_us = max(self._late_us(n, newest_us, host_us), 0.0)
        elif self._settled:
            if self._early:
                self._early = 0 if host_us - self._early_last_us > SUSPICION_US else self._early + n
            missing_us = self._missing_us(n, late_us, host_us)
            reason = SUSPECTED if missing_us else ""
        self._learn(n + missing_us / self._period_us, host_us, newest_us)
        elapsed_us = n * self._period_us + missing_us
        before_us, self._device_us, self._host_us = self._t_us, newest_us + elapsed_us, host_us
        drift_us = self._drift.follow(self._device_us, host_us)
        self._t_us = t_us = max(self._device_us + drift_us, before_us + elapsed_us / 2)
        step_us = (t_us - before_us) / n
        if not reason:
            return Placed(t_us, step_us)
        step_us = min(step_us, self._period_us)
        return Placed(t_us, step_us, Gap(before_us * 1e-6, (t_us - (n - 1) * step_us) * 1e-6, reason))

    def place_together(self, readings: Readings, hosts_ns: Sequence[int]) -> PlacedTogether:
        """As ``place``, up to the first packet that may not be the next one; nothing while the rate is unknown."""
        newest_us, drift = self._device_us, self._drift
        if newest_us is None or not self._line_tells or self._link_lost or self._early or not len(readings):
            return NONE_PLACED
        n = readings.n
        host_us = self._origin.hosts_us(hosts_ns[: len(readings)])
        line, samples, learned_us = self._learned_from(n, host_us)
        period_us = np.concatenate(((self._period_us,), learned_us[:-1]))  # as it was when the packet came
        elapsed_us = n * learned_us
        device_us = np.cumsum(np.concatenate(((newest_us,), elapsed_us)))
        course = drift.ahead(device_us[1:], host_us)
        m = len(course)
        n, host_us, period_us, elapsed_us, device_us = (
            n[:m],
            host_us[:m],
            period_us[:m],
            elapsed_us[:m],
            device_us[: m + 1],
        )
        least_us, usual_us = course.before(drift)
        late_us = host_us - device_us[:-1] - n * period_us - usual_us
        lateness_us = late_us + usual_us
        recent_us = self._recent.ahead(host_us, lateness_us)
        if len(recent_us) < m:
            return self.place_together(readings[: len(recent_us)], hosts_ns)
        t_us = device_us[1:] + course.us
        before_us = np.concatenate(((self._t_us,), t_us[:-1]))
        suspicious_us = np.maximum(SUSPICIOUS_US, SUSPICIOUS_SHARE * n * period_us)
        as_usual = np.diff(host_us, prepend=self._host_us) - n * period_us <= SILENCE_US
        if self._origin.lateness_us is not None:
            as_usual &= late_us >= -TOO_EARLY_US
        as_usual &= (host_us - self._watched_since_us < SUSPICION_US) | (recent_us - least_us < suspicious_us)
        as_usual &= t_us >= before_us + elapsed_us / 2
        fit = leading(as_usual)
        if fit < len(readings):
            return self.place_together(readings[:fit], hosts_ns)
        drift.take(course)
        self._recent.add_all(host_us, lateness_us)
        self._watched += int(n.sum())
        self._line, self._samples, self._period_us = line, samples, float(learned_us[-1])
        self._device_us, self._t_us, self._host_us = float(device_us[-1]), float(t_us[-1]), float(host_us[-1])
        return t_us, (t_us - before_us) / n

    def _learned_from(self, n: Whole, host_us: Array) -> tuple[Line, float, Array]:
        """As ``_learn`` for each of these packets in turn: line and samples after them, and the period after each."""
        samples = np.cumsum(np.concatenate(((self._samples,), n)))
        before_us = np.concatenate(((self._host_us,), host_us[:-1]))
        is_point = host_us - before_us >= BURST_US
        line = copy(self._line)
        points = zip(samples[:-1][is_point].tolist(), before_us[is_point].tolist(), strict=True)
        slopes_us = line.add_all(points, self._period_us, SHORTEST_PERIOD_US)
        learned_us = np.array([self._period_us, *slopes_us])[np.cumsum(is_point)]
        return line, float(samples[-1]), learned_us

    @property
    def _line_tells(self) -> bool:
        """Whether the period has become what the line says, and will be from now on."""
        told_long = self._host_us - self._began_us >= SETTLING_US and self._line.points >= SETTLING_POINTS
        return self._settled and told_long

    def _late_us(self, n: int, newest_us: float, host_us: float) -> float:
        """By how much ``n`` samples come later than the promptest do."""
        return host_us - newest_us - n * self._period_us - self._drift.usual_us

    def _seek_rate(self, host_us: float) -> None:
        """The rate is unknown, or another than it was."""
        self._settled = False
        self._drift.forget()
        self._count_anew(host_us)

    def _count_anew(self, host_us: float) -> None:
        """How many samples there were until now is unknown."""
        self._line = Line()
        self._samples = 0.0
        self._began_us = host_us

    def _learn(self, samples: float, host_us: float, newest_us: float) -> None:
        """``samples`` more had been taken by ``host_us``: what that says about the period.

        Only the last packet of a burst tells when it was sampled, and the next packet tells which was the last.
        """
        if host_us == self._began_us:
            return
        before_us, before = self._host_us, self._samples
        self._samples = before + samples
        if host_us - before_us < BURST_US:
            return
        self._line.add(before, before_us, self._period_us)
        passed_us = before_us - self._began_us
        if passed_us >= SETTLING_US and self._line.points >= SETTLING_POINTS:
            self._period_us = max(self._line.slope, SHORTEST_PERIOD_US)
            if not self._settled:
                self._settled = True
                self._drift.forget()
                self._watch(host_us)
        elif not self._settled and before > 0:
            mean_us = max(passed_us / before, SHORTEST_PERIOD_US)
            looked = passed_us >= FIRST_LOOK_US or newest_us - before_us > FIRST_LOOK_US
            if self._other_rate or (looked and not 1 / OTHER_RATE < mean_us / self._period_us < OTHER_RATE):
                self._other_rate = True
                self._period_us = mean_us
                self._drift.forget()

    def _watch(self, host_us: float) -> None:
        """From now on, are all packets late?"""
        self._recent = Minimum(SUSPICION_US)
        self._watched_since_us = host_us
        self._watched = 0

    def _missing_us(self, n: int, late_us: float, host_us: float) -> float:
        """How much time is missing, by packets that have all been late for a while."""
        excess_us = self._recent.add(host_us, late_us + self._drift.usual_us) - self._drift.least_us
        self._watched += n
        watched_us = host_us - self._watched_since_us
        if watched_us < SUSPICION_US or excess_us < max(SUSPICIOUS_US, SUSPICIOUS_SHARE * n * self._period_us):
            return 0.0
        if watched_us > OTHER_RATE * self._watched * self._period_us:
            self._period_us = watched_us / self._watched
            self._other_rate = True
            self._seek_rate(host_us)
            excess_us = late_us
        self._watch(host_us)
        return excess_us

    def _early_for_good(self, n: int, host_us: float) -> bool:
        """Whether packets have come too early for so long that the rate must be a higher one."""
        if self._early == 0:
            self._early_since_us = host_us
        self._early += n
        self._early_last_us = host_us
        passed_us = host_us - self._early_since_us
        if passed_us < SUSPICION_US:
            return False
        self._period_us = max(passed_us / self._early, SHORTEST_PERIOD_US)
        self._early, self._other_rate = 0, True
        self._seek_rate(host_us)
        return True
