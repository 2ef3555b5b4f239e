"""The rhomboid stream, version 1, from the sensor's side: packets made of counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array
from rhomboid.sensors.driver import Refusal
from rhomboid.sensors.rhomboid_control import (
    ACC_G_PER_COUNT,
    CONTROL_KIND,
    CONTROL_PACKET,
    GYR_DPS_PER_COUNT,
    INFO_HEAD,
    INFO_KIND,
    STATUS_KIND,
    STATUS_PACKET,
    Info,
    Status,
)
from rhomboid.sensors.rhomboid_stream import BATCH, HEADER, SAMPLE_BYTES, SINGLE, SINGLE_HEADER, STREAM

Counts = npt.NDArray[np.int16]

_INT16 = np.dtype("<i2")
_WRAP = 1 << 32
ACC_RANGE, GYR_RANGE = 2, 4  # +-8 g and +-2000 dps
SMALLEST_BATCH = HEADER.size + SAMPLE_BYTES
HEADER_EVERY_US = 1_000_000
_PER_COUNT = np.repeat([ACC_G_PER_COUNT[ACC_RANGE], GYR_DPS_PER_COUNT[GYR_RANGE]], 3)


class Encoder:
    """A board that speaks the stream in batches, or in single samples over a link that carries no batch.

    ``boot_seed``: its boot id, and where its clock begins above that.
    """

    FAMILY = "rhomboid"
    samples_a_packet = 5

    def __init__(self, rate_hz: float, boot_seed: int) -> None:
        self.boot_id, self.period_us = boot_seed & 0xFFFF, round(1e6 / rate_hz)
        self.most_bytes = 244
        """That the link carries in one notification: the MTU without the 3 bytes of ATT."""
        self._first_us = boot_seed >> 16
        self._seq = -1
        self._header_us: int | None = None

    def opening(self) -> list[tuple[str, bytes]]:
        """Nothing: every packet says all that is needed."""
        return []

    def listened_to(self) -> None:
        """Somebody has just begun to listen, who has heard no header yet."""
        self._header_us = None

    def device_us(self, since_start_s: float) -> int:
        """The board's clock, before it wraps."""
        return self._first_us + round(since_start_s * 1e6)

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """The samples, (n, 3) each, as one packet, or each as its own where one does not fit."""
        scaled = np.rint(np.concatenate((acc_g, gyr_dps), axis=1) / _PER_COUNT)
        counts = np.clip(scaled, -32768, 32767).astype(np.int16)
        last_us = self.device_us(last_s)
        if self.most_bytes >= SMALLEST_BATCH:
            return [(STREAM, self._batch(counts, first_index, last_us))]
        return [(STREAM, data) for data in self._singles(counts, first_index, last_us)]

    def _batch(self, counts: Counts, index: int, device_us: int) -> bytes:
        return pack(
            counts,
            seq=self._next(),
            index=index,
            device_us=device_us,
            boot_id=self.boot_id,
            period_us=self.period_us,
            acc_range=ACC_RANGE,
            gyr_range=GYR_RANGE,
        )

    def _singles(self, counts: Counts, index: int, last_us: int) -> Iterator[bytes]:
        for i, sample in enumerate(counts):
            at_us = last_us - (len(counts) - 1 - i) * self.period_us
            if self._header_us is None or at_us - self._header_us >= HEADER_EVERY_US:
                self._header_us = at_us
                yield self._batch(counts[:0], index + i, at_us)
            yield pack_single(sample, seq=self._next(), index=index + i, device_us=at_us)

    def _next(self) -> int:
        self._seq += 1
        return self._seq


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


def pack_info(info: Info) -> bytes:
    """The value of the info characteristic."""
    head = INFO_HEAD.pack(
        INFO_KIND,
        info.most_samples,
        info.boot_id,
        info.period_us,
        info.acc_range << 4 | info.gyr_range,
        len(info.periods_us),
        bytes.fromhex(info.device_id),
        *(sum(1 << number for number in numbers) for numbers in (info.commands, info.acc_ranges, info.gyr_ranges)),
    )
    firmware = info.firmware.encode("ascii")
    return head + np.array(info.periods_us, "<u2").tobytes() + bytes([len(firmware)]) + firmware


def pack_status(status: Status) -> bytes:
    """A notification of the status characteristic."""
    return STATUS_PACKET.pack(
        STATUS_KIND,
        status.command,
        status.code,
        status.state,
        status.token,
        status.device_us,
        status.boot_id,
        status.period_us,
        status.acc_range << 4 | status.gyr_range,
    )


def read_command(data: bytes) -> tuple[int, int, int] | Refusal:
    """Command, argument and token of what was written to control."""
    if len(data) != CONTROL_PACKET.size or data[0] != CONTROL_KIND:
        return Refusal("it is no command of version 1")
    _, number, argument, token = CONTROL_PACKET.unpack(data)
    return number, argument, token
