"""From a sensor's clock to a timeline in microseconds (``arrival`` is for sensors that have none).

``python -m benchmarks.clock`` measures how far the timeline is from the truth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rhomboid.imu import Array, Gap
from rhomboid.sensors.drift import Origin, leading
from rhomboid.sensors.driver import NONE_PLACED, Placed, PlacedTogether, Reading, Readings, Refusal
from rhomboid.sensors.layout import Whole

LINK_DROPPED = "the link dropped"
RESTARTED = "sensor restarted"
STOOD_STILL = "the sensor's clock stood still"

SHORTEST_PERIOD_US = 50.0
# A whole packet is lost, or nothing: a little more time than the samples fill is the clock's coarseness.
MISSING_SAMPLES, MISSING_SHARE = 0.6, 0.1
# So many packets in a row that do not fit what was learned about the sampling rate say that it is another one.
MISFITS_BEFORE_RELEARNING = 4
ENOUGH_LEARNED = 64  # packets: the period is their mean, later ones count for as much as if there were so many
# A clock that does not continue is believed after a while: at once would let a stretch that is sent twice in.
AHEAD_OF_HOST_US, LONG_AGO_US, STOOD_STILL_US = 5e6, 60e6, 2e6
RESTART_PACKETS, RESTART_US, RESTART_PACKETS_AT_MOST, RESTART_PACKETS_AFTER_DROP = 8, 3e6, 512, 3


class DeviceTimeline:
    """For sensors that send their own clock, which wraps after ``wrap_us`` (None: never).

    The clock says how long every gap is. How often it went round in a long one follows from the host's clock.
    """

    def __init__(self, wrap_us: float | None, nominal_hz: float, origin: Origin | None = None) -> None:
        self._wrap_us = wrap_us
        self._origin = origin or Origin()
        self._period_us = 1e6 / nominal_hz
        self._learned = 0  # packets from which the period is known
        self._device_us: float | None = None  # of the newest sample: without wraps, and from the origin on
        self._t_us = 0.0  # the same on the timeline
        self._restarts = 0
        self._link_lost = False
        self._misfits = 0
        self._misfits_since_us = 0.0
        self._odd: list[float] = []

    @property
    def drift_us(self) -> float:
        """How far the host's clock has moved ahead of this one."""
        return self._origin.drift.us

    def link_lost(self) -> None:
        """The clock runs on in the sensor, or begins anew: the next packets tell."""
        self._link_lost = True

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The last sample at its device time, the others evenly between the one before and it."""
        assert reading.last_us is not None  # noqa: S101
        origin, n, last_us, newest_us = self._origin, reading.n, reading.last_us, self._device_us
        drift = origin.drift
        host_us = origin.host_us(host_ns)
        if newest_us is None and reading.step_us:
            self._period_us = reading.step_us
        if origin.device_us is None:
            device_us = (n - 1) * self._period_us
            origin.device_us = last_us - device_us
        else:
            device_us = last_us - origin.device_us
        due_us = host_us - drift.least_us
        if self._wrap_us is not None:
            device_us += round((due_us - device_us) / self._wrap_us) * self._wrap_us
        elapsed_us = n * self._period_us if newest_us is None else device_us - newest_us
        ahead = device_us > due_us + AHEAD_OF_HOST_US
        if ahead or elapsed_us < n * SHORTEST_PERIOD_US:
            if not self._given_up(host_us, abs(due_us - device_us) > LONG_AGO_US):
                if elapsed_us <= 0:
                    return None
                return Refusal(
                    "its clock " + ("is far ahead of the host's" if ahead else "leaves no time for its samples")
                )
            device_us = max(due_us, (newest_us or 0.0) + n * self._period_us)
            origin.restart(last_us, device_us, RESTARTED)
        elif drift.least_us - drift.usual_us > STOOD_STILL_US and drift.behind_us:
            device_us += drift.behind_us
            origin.restart(last_us, device_us, STOOD_STILL)
        if newest_us is not None:
            elapsed_us = device_us - newest_us
        self._misfits = 0
        before_us, self._device_us = self._t_us, device_us
        t_us = device_us + drift.follow(device_us, host_us)
        if newest_us is None:
            self._t_us, self._restarts, self._link_lost = t_us, origin.restarts, False
            return Placed(t_us, self._period_us)
        # Where two streams share a drift, one of them may find that it has moved more than its own time has.
        t_us = max(t_us, before_us + elapsed_us / 2)
        self._t_us = t_us
        missing = self._missing(elapsed_us, n)
        step_us = (t_us - before_us) / n
        if self._link_lost:
            reason = LINK_DROPPED
        elif self._restarts != origin.restarts:
            reason = origin.restarted
        elif missing:
            reason = "1 sample lost" if missing == 1 else f"{missing} samples lost"
        else:
            return Placed(t_us, step_us)
        self._link_lost, self._restarts = False, origin.restarts
        step_us = min(step_us, self._period_us)
        return Placed(t_us, step_us, Gap(before_us * 1e-6, (t_us - (n - 1) * step_us) * 1e-6, reason))

    def place_together(self, readings: Readings, hosts_ns: Sequence[int]) -> PlacedTogether:
        """As ``place``, up to the first packet that is lost, late, or lies."""
        origin, newest_us = self._origin, self._device_us
        if newest_us is None or origin.device_us is None or self._link_lost or self._restarts != origin.restarts:
            return NONE_PLACED
        drift = origin.drift
        n = readings.n
        host_us = origin.hosts_us(hosts_ns)
        assert readings.last_us is not None  # noqa: S101
        sent_us = readings.last_us - origin.device_us
        laps_us, wrap_us = 0.0, self._wrap_us
        if wrap_us is not None:
            laps_us = round((host_us[0] - drift.least_us - sent_us[0]) / wrap_us) * wrap_us
        device_us = sent_us + laps_us
        course = drift.ahead(device_us, host_us)
        rows = slice(len(course))
        n, host_us, sent_us, device_us = n[rows], host_us[rows], sent_us[rows], device_us[rows]
        least_us, usual_us = course.before(drift)
        due_us = host_us - least_us
        elapsed_us = np.diff(device_us, prepend=newest_us)
        t_us = device_us + course.us
        before_us = np.concatenate(((self._t_us,), t_us[:-1]))
        as_usual = (device_us <= due_us + AHEAD_OF_HOST_US) & (elapsed_us >= n * SHORTEST_PERIOD_US)
        as_usual &= least_us - usual_us <= STOOD_STILL_US
        as_usual &= t_us >= before_us + elapsed_us / 2
        if wrap_us is not None:
            as_usual &= np.rint((due_us - sent_us) / wrap_us) * wrap_us == laps_us
        m = self._learn(elapsed_us[: leading(as_usual)], n)
        if m:
            drift.take(course[:m])
            self._misfits = 0
            self._device_us, self._t_us = float(device_us[m - 1]), float(t_us[m - 1])
        return t_us[:m], (t_us[:m] - before_us[:m]) / n[:m]

    def _learn(self, elapsed_us: Array, n: Whole) -> int:
        """As ``_missing`` for each packet in turn, up to the first that something is missing before; how many."""
        period_us, learned, count = self._period_us, self._learned, 0
        slack = MISSING_SAMPLES + MISSING_SHARE * n
        for elapsed, samples, most in zip(elapsed_us.tolist(), n.tolist(), slack.tolist(), strict=False):
            if not -most < elapsed / period_us - samples < most:
                break
            learned = min(learned + 1, ENOUGH_LEARNED)
            period_us += (elapsed / samples - period_us) / learned
            count += 1
        if count:
            self._period_us, self._learned = period_us, learned
            self._odd.clear()
        return count

    def _missing(self, elapsed_us: float, n: int) -> int:
        """How many samples are missing if ``n`` came in ``elapsed_us``. Learns the true period on the way.

        Most packets come without loss, and a loss makes the advance longer, never shorter.
        """
        period_us, odd = self._period_us, self._odd
        missing = elapsed_us / period_us - n
        slack = MISSING_SAMPLES + MISSING_SHARE * n
        if -slack < missing < slack:
            self._learned = min(self._learned + 1, ENOUGH_LEARNED)
            self._period_us += (elapsed_us / n - period_us) / self._learned
            odd.clear()
            return 0
        odd.append(elapsed_us / n)
        # Until one packet has confirmed the nominal rate, the sensor may as well have been set to another.
        if not self._link_lost and (not self._learned or len(odd) >= MISFITS_BEFORE_RELEARNING):
            self._period_us, self._learned = min(odd), 1
            odd.clear()
            return 0
        return max(round(missing), 1) if missing > 0 else 0

    def _given_up(self, host_us: float, far: bool) -> bool:
        """Whether so much has not fitted by now that it is the sensor's clock that has changed."""
        if self._misfits == 0:
            self._misfits_since_us = host_us
        self._misfits += 1
        return (
            (self._misfits > RESTART_PACKETS and host_us - self._misfits_since_us > RESTART_US)
            or self._misfits > RESTART_PACKETS_AT_MOST
            or (self._link_lost and far and self._misfits >= RESTART_PACKETS_AFTER_DROP)
        )
