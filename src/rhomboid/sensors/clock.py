"""From a sensor's clock, or from the times of arrival where it has none, to one timeline in microseconds.

``python -m benchmarks.clock`` measures how far the timeline is from the truth.
"""

from __future__ import annotations

import math

from rhomboid.imu import Gap
from rhomboid.sensors.drift import Drift, Line, Minimum, Origin
from rhomboid.sensors.driver import Placed, Reading, Refusal

__all__ = ["ArrivalTimeline", "DeviceTimeline", "Origin"]

LINK_DROPPED = "the link dropped"
RESTARTED = "sensor restarted"
STOOD_STILL = "the sensor's clock stood still"
SUSPECTED = "samples may be missing: the sensor has no clock"

SHORTEST_PERIOD_US = 50.0
# A whole packet is lost, or nothing: a little more time than the samples fill is the clock's coarseness.
MISSING_SAMPLES, MISSING_SHARE = 0.6, 0.1
# So many packets in a row that do not fit what was learned about the sampling rate say that it is another one.
MISFITS_BEFORE_RELEARNING = 4
# A clock that does not continue is believed after a while: at once would let a stretch that is sent twice in.
AHEAD_OF_HOST_US, LONG_AGO_US, STOOD_STILL_US = 5e6, 60e6, 2e6
RESTART_PACKETS, RESTART_US, RESTART_PACKETS_AT_MOST, RESTART_PACKETS_AFTER_DROP = 8, 3e6, 512, 3

# Without a clock. A silence is a gap at once; lateness once it has lasted, and is more than a part of a packet.
SILENCE_US = 1e6
SUSPICION_US, SUSPICIOUS_US, SUSPICIOUS_SHARE = 1e6, 15e3, 0.7
TOO_EARLY_US = 50e3
# The rate is sought by the mean first (and believed to be another only if it is far off), then by the line.
FIRST_LOOK_US, SETTLING_US, SETTLING_POINTS, OTHER_RATE = 0.25e6, 5e6, 10, 1.3
BURST_US = 3e3
LINE_HALF_LIFE_US = 90e6


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

    def _missing(self, elapsed_us: float, n: int) -> int:
        """How many samples are missing if ``n`` came in ``elapsed_us``. Learns the true period on the way.

        Most packets come without loss, and a loss makes the advance longer, never shorter.
        """
        period_us, odd = self._period_us, self._odd
        missing = elapsed_us / period_us - n
        slack = MISSING_SAMPLES + MISSING_SHARE * n
        if -slack < missing < slack:
            self._learned = min(self._learned + 1, 64)
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
        keep = 1.0 - (before - self._line.newest) * self._period_us / LINE_HALF_LIFE_US * math.log(2)
        self._line.add(before, before_us, max(keep, 0.5))
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
