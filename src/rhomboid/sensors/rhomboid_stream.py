"""The rhomboid stream, version 1 (firmware_protocol/rhomboid-stream-v1.md): its driver and its encoder.

Two kinds of packet, both little-endian: a batch (header and n samples) for a usual MTU, and a single sample in 20 bytes
for an MTU of 23, which leans on the batch header sent, without samples, before it.
"""

from __future__ import annotations

from struct import Struct

import numpy as np
import numpy.typing as npt

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors.driver import Decoded, MalformedPacket

SERVICE = "c50c0001-632f-4069-98a3-6d98c00e8770"
STREAM = "c50c0002-632f-4069-98a3-6d98c00e8770"
INFO = "c50c0003-632f-4069-98a3-6d98c00e8770"
CONTROL = "c50c0004-632f-4069-98a3-6d98c00e8770"
STATUS = "c50c0005-632f-4069-98a3-6d98c00e8770"

BATCH, SINGLE = 0x11, 0x12  # version 1 in the high four bits, kind of packet in the low
OVERFLOW = 0x01  # flag: the sensor had to drop samples since its last packet
# kind, flags, sequence number, index of first sample, device us of last, n, ranges, boot id, sample period in us
HEADER = Struct("<BBHIIBBHH")
# kind, sequence number (low 8 bits), index of the sample (low 16 bits), device us of the sample
SINGLE_HEADER = Struct("<BBHI")
SAMPLE_BYTES = 12  # ax ay az gx gy gz, int16
SHORTEST_PERIOD_US = 250

ACC_G_PER_COUNT: dict[int, float] = {code: full / 32768 for code, full in enumerate((2, 4, 8, 16))}
GYR_DPS_PER_COUNT: dict[int, float] = {
    **{code: full / 32768 for code, full in enumerate((125, 250, 500, 1000, 2000))},
    **{8 + code: mdps / 1000 for code, mdps in enumerate((4.375, 8.75, 17.5, 35.0, 70.0))},
}
_SCALES = {
    acc << 4 | gyr: (np.float64(acc_scale), np.float64(gyr_scale))
    for acc, acc_scale in ACC_G_PER_COUNT.items()
    for gyr, gyr_scale in GYR_DPS_PER_COUNT.items()
}

# A packet that does not continue the stream is dropped; after so many in a row, it is the stream that has changed.
MISFITS_BEFORE_RESTART = 32
# A device may be ahead of the host by what it had kept back while the link was down, and not by more.
AHEAD_OF_HOST_US = 60_000_000

_INT16 = np.dtype("<i2")
_BEFORE_LAST = [np.arange(n - 1, -1, -1, dtype=np.float64) for n in range(256)]
_WRAP = 1 << 32

Counts = npt.NDArray[np.int16]


def pack(
    counts: Counts,
    *,
    seq: int,
    index: int,
    device_us: int,
    boot_id: int,
    period_us: int,
    acc_range: int,
    gyr_range: int,
    flags: int = 0,
) -> bytes:
    """A batch packet of ``counts`` (n, 6) int16, n up to 255; n = 0 is the header that goes before single samples.

    ``index`` is that of the first sample, ``device_us`` the time of the last; both, and ``seq``, wrap by themselves.
    """
    ranges = acc_range << 4 | gyr_range
    head = HEADER.pack(
        BATCH, flags, seq & 0xFFFF, index % _WRAP, device_us % _WRAP, len(counts), ranges, boot_id, period_us
    )
    return head + counts.astype(_INT16).tobytes()


def pack_single(counts: Counts, *, seq: int, index: int, device_us: int) -> bytes:
    """A 20-byte packet of one sample, ``counts`` (6,) int16."""
    head = SINGLE_HEADER.pack(SINGLE, seq & 0xFF, index & 0xFFFF, device_us % _WRAP)
    return head + counts.astype(_INT16).tobytes()


class RhomboidStream:
    """Driver of sensors that speak the rhomboid stream. ``t_s`` is device time since the first sample."""

    family = "rhomboid"

    def __init__(self) -> None:
        self._refused = 0
        self._misfits = 0
        self._boot_id = -1
        self._scale = _SCALES[0]
        self._period_us = 0
        self._near_index = 0  # where single samples, which carry the low half of their index only, are looked for
        # The newest sample: its place on the timeline (None: there has been none), and what was known at its arrival.
        self._t_us: float | None = None
        self._begun = False  # whether it is of the present boot
        self._index = 0
        self._device_us = 0
        self._step_us = 0.0
        self._seq = 0
        self._host_ns = 0

    def feed(self, notification: Notification) -> list[Decoded]:
        """The samples of this packet, after a Gap if some are missing before it."""
        if notification.characteristic != STREAM:
            return []
        data = notification.data
        kind = data[0] if data else None
        if kind == BATCH:
            return self._feed_batch(data, notification.host_ns)
        if kind == SINGLE:
            return self._feed_single(data, notification.host_ns)
        return self._refuse("it is empty" if kind is None else f"unknown version or kind 0x{kind:02x}")

    def _feed_batch(self, data: bytes, host_ns: int) -> list[Decoded]:
        if len(data) < HEADER.size:
            return self._refuse(f"its header is cut short at {len(data)} bytes")
        _, flags, seq, index, device_us, n, ranges, boot_id, period_us = HEADER.unpack_from(data)
        if len(data) != HEADER.size + n * SAMPLE_BYTES:
            return self._refuse(f"{len(data)} bytes cannot be {n} samples")
        if ranges not in _SCALES:
            return self._refuse(f"unknown range code 0x{ranges:02x}")
        if period_us < SHORTEST_PERIOD_US:
            return self._refuse(f"a sample period of {period_us} us cannot be")
        self._scale, self._period_us = _SCALES[ranges], period_us
        if boot_id != self._boot_id:
            self._boot_id, self._begun = boot_id, False
        if n == 0:
            self._near_index, self._seq = index, seq
            return []
        skipped = (seq - self._seq - 1) & 0xFFFF
        return self._place(data, HEADER.size, n, index, device_us, host_ns, skipped, flags)

    def _feed_single(self, data: bytes, host_ns: int) -> list[Decoded]:
        if len(data) != SINGLE_HEADER.size + SAMPLE_BYTES:
            return self._refuse(f"{len(data)} bytes cannot be a single sample")
        if self._boot_id < 0:
            return self._refuse("a single sample came before any header")
        _, seq, low_index, device_us = SINGLE_HEADER.unpack_from(data)
        ahead = ((low_index - self._near_index + 0x8000) & 0xFFFF) - 0x8000
        index = (self._near_index + ahead) % _WRAP
        skipped = (seq - self._seq - 1) & 0xFF
        return self._place(data, SINGLE_HEADER.size, 1, index, device_us, host_ns, skipped, 0)

    def _place(
        self, data: bytes, offset: int, n: int, index: int, device_us: int, host_ns: int, skipped: int, flags: int
    ) -> list[Decoded]:
        """Puts the samples on the timeline: the last at its device time, the others evenly before it."""
        found: list[Decoded] = []
        newest_us = self._t_us
        lost, step_us = self._advance(n, index, device_us, host_ns) if self._begun else (0, 0.0)
        if self._begun and step_us == 0.0:
            self._misfits += 1
            if self._misfits <= MISFITS_BEFORE_RESTART:
                return [] if lost < 0 else self._refuse("its clock and its sample count do not continue the stream")
            self._begun = False
        if self._begun and newest_us is not None:
            first_us = newest_us + (lost + 1) * step_us
            last_us = newest_us + (lost + n) * step_us
            if lost:
                reason = "the sensor dropped samples" if flags & OVERFLOW or not skipped else _packets_lost(skipped)
                found.append(Gap(newest_us * 1e-6, first_us * 1e-6, reason))
        else:
            first_us, step_us = 0.0, float(self._period_us)
            if newest_us is not None:
                passed_us = (host_ns - self._host_ns) / 1000
                first_us = newest_us + max(passed_us - (n - 1) * step_us, step_us)
                found.append(Gap(newest_us * 1e-6, first_us * 1e-6, "sensor restarted"))
            last_us = first_us + (n - 1) * step_us
        self._begun, self._misfits, self._t_us, self._step_us = True, 0, last_us, step_us
        self._index, self._device_us, self._host_ns = (index + n - 1) % _WRAP, device_us, host_ns
        self._near_index, self._seq = self._index, (self._seq + 1 + skipped) & 0xFFFF

        counts = np.frombuffer(data, _INT16, 6 * n, offset).reshape(n, 6)
        acc_scale, gyr_scale = self._scale
        t_s = (last_us - step_us * _BEFORE_LAST[n]) * 1e-6
        found.append(ImuBlock(t_s, counts[:, :3] * acc_scale, counts[:, 3:] * gyr_scale))
        return found

    def _advance(self, n: int, index: int, device_us: int, host_ns: int) -> tuple[int, float]:
        """Samples lost before this packet (negative: it is old) and us per sample since the newest (0: no sense)."""
        lost = (index - self._index - 1) % _WRAP
        if lost >= _WRAP // 2:
            return -1, 0.0
        samples = lost + n
        elapsed_us = (device_us - self._device_us) % _WRAP
        # The clock wraps every 71.6 minutes; how often it did in a long gap follows from the samples counted meanwhile.
        elapsed_us += max(0, round((samples * self._step_us - elapsed_us) / _WRAP)) * _WRAP
        step_us = elapsed_us / samples
        too_far = elapsed_us > (host_ns - self._host_ns) // 1000 + AHEAD_OF_HOST_US
        if too_far or not 0.5 <= step_us / self._period_us <= 2.0:
            return lost, 0.0
        return lost, step_us

    def _refuse(self, reason: str) -> list[Decoded]:
        self._refused += 1
        return [MalformedPacket(reason, self._refused)]


def _packets_lost(count: int) -> str:
    return "1 packet lost" if count == 1 else f"{count} packets lost"
