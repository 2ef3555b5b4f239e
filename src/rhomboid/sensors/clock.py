"""From a sensor's clock, or from the times of arrival where it has none, to one timeline in microseconds."""

from __future__ import annotations

from rhomboid.imu import Gap
from rhomboid.sensors.driver import Placed, Reading, Refusal


class Origin:
    """Where the timeline begins: one for all streams of a sensor, so that they share their zero."""

    def __init__(self) -> None:
        self.device_us: float | None = None
        self.host_ns: int | None = None


class DeviceTimeline:
    """For sensors that send their own clock, which wraps after ``wrap_us`` (None: never)."""

    def __init__(self, wrap_us: float | None, nominal_hz: float, origin: Origin | None = None) -> None:
        self._wrap_us, self._period_us = wrap_us, 1e6 / nominal_hz
        self._origin = origin or Origin()
        self._device_us: float | None = None
        self._t_us = 0.0

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The last sample at its device time, the others evenly before it."""
        assert reading.last_us is not None  # noqa: S101
        if self._device_us is None:
            self._device_us = reading.last_us
            if self._origin.device_us is None:
                self._origin.device_us = reading.last_us - (reading.n - 1) * self._period_us
            self._t_us = reading.last_us - self._origin.device_us
            return Placed(self._t_us, self._period_us)
        elapsed_us = reading.last_us - self._device_us
        if self._wrap_us is not None:
            elapsed_us = (elapsed_us + self._wrap_us / 2) % self._wrap_us - self._wrap_us / 2
        if elapsed_us <= 0:
            return None
        before_us, gap, step_us = self._t_us, None, elapsed_us / reading.n
        if step_us > 1.5 * self._period_us:
            step_us = self._period_us
            gap = Gap(before_us * 1e-6, (before_us + elapsed_us - (reading.n - 1) * step_us) * 1e-6)
        self._t_us, self._device_us = before_us + elapsed_us, reading.last_us
        return Placed(self._t_us, step_us, gap)

    def link_lost(self) -> None:
        """The clock runs on in the sensor."""


class ArrivalTimeline:
    """For sensors without a clock: samples are counted, and the times of arrival say how fast they come."""

    def __init__(self, nominal_hz: float, origin: Origin | None = None) -> None:
        self._period_us = 1e6 / nominal_hz
        self._origin = origin or Origin()
        self._t_us: float | None = None

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The samples one period after another."""
        before_us = -self._period_us if self._t_us is None else self._t_us
        self._t_us = before_us + reading.n * self._period_us
        return Placed(self._t_us, self._period_us)

    def link_lost(self) -> None:
        """What comes next is a new count."""
