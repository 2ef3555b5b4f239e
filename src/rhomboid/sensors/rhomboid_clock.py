"""Where the packets of our own stream lie in time: sample index and device clock say it together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from rhomboid.imu import Gap
from rhomboid.sensors.clock import LINK_DROPPED, RESTARTED
from rhomboid.sensors.drift import Origin, leading
from rhomboid.sensors.driver import NONE_PLACED, Placed, PlacedTogether, Reading, Readings, Refusal
from rhomboid.sensors.layout import Whole

# A packet that does not continue the stream is dropped; after so many in a row, it is the stream that has changed.
MISFITS_BEFORE_RESTART = 32
# A device may be ahead of the host by what it had kept back while the link was down, and not by more.
AHEAD_OF_HOST_US = 60_000_000

WRAP = 1 << 32
"""Of index and device clock alike."""


class Packet(Reading, frozen=True, eq=False, kw_only=True, gc=False):
    """A stream packet: a Reading with what the protocol says beside the samples."""

    index: int
    """Of the first sample."""
    boot_id: int
    period_us: int
    seq: int
    headers: int
    """How many packets without samples have come so far: they count in the sequence."""
    dropped: bool
    """The sensor says that it had to drop samples."""


class Packets(Readings, frozen=True, eq=False, kw_only=True):
    """Packets that follow each other: Readings with the same beside them."""

    index: Whole
    seq: Whole
    headers: Whole
    boot_id: int
    period_us: int

    def one(self, row: int) -> Packet:
        """By itself."""
        reading = super().one(row)
        return Packet(
            **msgspec.structs.asdict(reading),
            index=int(self.index[row]),
            boot_id=self.boot_id,
            period_us=self.period_us,
            seq=int(self.seq[row]),
            headers=int(self.headers[row]),
            dropped=False,
        )


class IndexedTimeline:
    """Sample index and device time together: the length of every gap is known to the sample."""

    def __init__(self) -> None:
        self._misfits = 0
        self._boot_id = -1
        self._drift = Origin().drift
        # The newest sample: its place on the timeline (None: there has been none), and what was known at its arrival.
        self._t_us: float | None = None
        self._begun = False  # whether it is of the present boot
        self._index = 0
        self._device_us = 0.0
        self._passed_us = 0.0  # on the device's clock since the first sample, without wraps
        self._step_us = 0.0
        self._seq = 0
        self._headers = 0
        self._host_ns = 0
        self._link_lost = False

    @property
    def drift_us(self) -> float:
        """How far the host's clock has moved ahead of the sensor's."""
        return self._drift.us

    def link_lost(self) -> None:
        """Index and clock run on in the sensor: the gap will be known when it is back."""
        self._link_lost = True

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The last sample at its device time, the others evenly between the last one known and it."""
        assert isinstance(reading, Packet)  # noqa: S101
        n, device_us, newest_us = reading.n, reading.last_us or 0.0, self._t_us
        if reading.boot_id != self._boot_id:
            self._boot_id, self._begun = reading.boot_id, False
        lost: float = 0
        step_us = 0.0
        if self._begun:
            lost, step_us = self._advance(reading, reading.index, device_us, host_ns)
            if step_us == 0.0:
                self._misfits += 1
                if self._misfits <= MISFITS_BEFORE_RESTART:
                    return None if lost < 0 else Refusal("its clock and its sample count do not continue the stream")
                self._begun = False
        reason = ""
        if self._begun:
            self._step_us = step_us
            if lost:
                skipped = (reading.seq - self._seq - 1 - (reading.headers - self._headers)) & 0xFFFF
                in_sensor = reading.dropped or not skipped
                reason = "the sensor dropped samples" if in_sensor else _packets_lost(skipped)
                reason = LINK_DROPPED if self._link_lost else reason
        else:
            step_us = self._step_us = float(reading.period_us)
            if newest_us is not None:
                lost = max((host_ns - self._host_ns) / 1000 / step_us - n, 0.0)
                reason = RESTARTED
        self._passed_us += (n - (newest_us is None) + lost) * step_us
        self._t_us = t_us = self._passed_us + self._drift.follow(self._passed_us, host_ns / 1000)
        self._begun, self._misfits, self._link_lost, self._host_ns = True, 0, False, host_ns
        self._index, self._device_us = (reading.index + n - 1) % WRAP, device_us
        self._seq, self._headers = reading.seq, reading.headers
        if newest_us is None:
            return Placed(t_us, step_us)
        step_us = (t_us - newest_us) / (n + lost)
        if not reason:
            return Placed(t_us, step_us)
        return Placed(t_us, step_us, Gap(newest_us * 1e-6, (t_us - (n - 1) * step_us) * 1e-6, reason))

    def place_together(self, readings: Readings, hosts_ns: Sequence[int]) -> PlacedTogether:
        """As ``place``, up to the first packet that does not continue the stream."""
        newest_us = self._t_us
        assert isinstance(readings, Packets) and readings.last_us is not None  # noqa: S101
        if newest_us is None or not self._begun or self._link_lost or readings.boot_id != self._boot_id:
            return NONE_PLACED
        n, index, device_us = readings.n, readings.index, readings.last_us
        host_us = np.array([host_ns / 1000 for host_ns in hosts_ns])
        elapsed_us = np.diff(device_us, prepend=self._device_us) % WRAP
        step_us = elapsed_us / n
        passed_us = np.cumsum(np.concatenate(((self._passed_us,), n * step_us)))[1:]
        share = step_us / readings.period_us
        as_usual = index == np.concatenate(((self._index + 1,), index[:-1] + n[:-1])) % WRAP
        as_usual &= elapsed_us < np.diff(host_us, prepend=self._host_ns / 1000) + AHEAD_OF_HOST_US / 2
        as_usual &= (share >= 0.5) & (share <= 2.0)
        m = leading(as_usual)
        course = self._drift.ahead(passed_us[:m], host_us[:m])
        m = len(course)
        if m == 0:
            return NONE_PLACED
        self._drift.take(course)
        t_us = passed_us[:m] + course.us
        step_us = step_us[:m]
        self._passed_us, self._t_us, self._step_us = float(passed_us[m - 1]), float(t_us[-1]), float(step_us[-1])
        self._misfits, self._host_ns = 0, hosts_ns[m - 1]
        self._index, self._device_us = int(index[m - 1] + n[m - 1] - 1) % WRAP, float(device_us[m - 1])
        self._seq, self._headers = int(readings.seq[m - 1]), int(readings.headers[m - 1])
        return t_us, np.diff(t_us, prepend=newest_us) / n[:m]

    def _advance(self, packet: Packet, index: int, device_us: float, host_ns: int) -> tuple[int, float]:
        """Samples lost before this packet (negative: it is old) and us per sample since the newest (0: no sense)."""
        lost = (index - self._index - 1) % WRAP
        if lost >= WRAP // 2:
            return -1, 0.0
        samples = lost + packet.n
        elapsed_us = (device_us - self._device_us) % WRAP
        # The clock wraps every 71.6 minutes; how often it did in a long gap follows from the samples counted meanwhile.
        if lost:
            elapsed_us += max(0, round((samples * self._step_us - elapsed_us) / WRAP)) * WRAP
        step_us = elapsed_us / samples
        too_far = elapsed_us > (host_ns - self._host_ns) // 1000 + AHEAD_OF_HOST_US
        if too_far or not 0.5 <= step_us / packet.period_us <= 2.0:
            return lost, 0.0
        return lost, step_us


def _packets_lost(count: int) -> str:
    return "1 packet lost" if count == 1 else f"{count} packets lost"
