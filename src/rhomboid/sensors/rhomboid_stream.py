"""The rhomboid stream, version 1 (firmware_protocol/rhomboid-stream-v1.md), from the host's side.

Two kinds of packet, both little-endian: a batch (header and n samples) for a usual MTU, and a single sample in 20 bytes
for an MTU of 23, which leans on the batch header sent, without samples, before it. A sensor may have nothing but this
stream; what it says of itself and obeys beside it is in ``rhomboid_control``.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

import msgspec
import numpy as np

from rhomboid.sensors.drift import leading
from rhomboid.sensors.driver import (
    NO_READINGS,
    Answered,
    BatteryLevel,
    Clue,
    Driver,
    Reading,
    Readings,
    Refusal,
)
from rhomboid.sensors.layout import Bytes, Layout, Whole, column, table
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.rhomboid_clock import WRAP, IndexedTimeline, Packet, Packets
from rhomboid.sensors.rhomboid_control import (
    ACC_G_PER_COUNT,
    DONE,
    GYR_DPS_PER_COUNT,
    MALFORMED,
    RANGES,
    SET_PERIOD,
    SET_RANGES,
    SHORTEST_PERIOD_US,
    START,
    STOP,
    Info,
    command,
    nearest_period_us,
    read_info,
    read_status,
    wide_enough_ranges,
)
from rhomboid.sensors.standard import ASK, BATTERY_LEVEL, readable, told
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

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
_HEADER_BYTES, _SINGLE_BYTES = HEADER.size, SINGLE_HEADER.size
# The same for many packets at once: columns of bytes that stay as they are while no settings change, and numbers.
_SETTINGS = [0, 1, 12, 13, 14, 15, 16, 17]
_SEQ, _INDEX, _DEVICE_US = (2, "<u2"), (4, "<u4"), (8, "<u4")
_SINGLE_INDEX, _SINGLE_DEVICE_US = (2, "<u2"), (4, "<u4")
SAMPLE_BYTES = 12  # ax ay az gx gy gz, int16

_LAYOUTS = {
    ranges: Layout("<i2", 6, 0, 3, ACC_G_PER_COUNT[acc], GYR_DPS_PER_COUNT[gyr])
    for ranges, (acc, gyr) in RANGES.items()
}

# The ranges asked for, unless those that are set hold as much.
WIDE_ENOUGH_G, WIDE_ENOUGH_DPS = 8.0, 1000.0
ANSWER_WITHIN_S = 2.0

PROFILE = Profile(
    family="rhomboid",
    title="rhomboid stream",
    models=("any board that speaks the open stream protocol, version 1",),
    signs=Signs(services=(SERVICE,)),
    rates_hz=(25.0, 50.0, 100.0, 200.0),
    default_hz=100.0,
    acc_range_g=16.0,
    gyr_range_dps=2000.0,
    clock="sample index and device time",
    loss="counted",
    battery="standard battery service",
    tested_with="simulation and golden packets of the specification",
)


class StreamDecoder:
    """What the sensor sends; ranges, period and boot id of single samples are those of the last header."""

    profile = PROFILE

    def __init__(self) -> None:
        self._info: Info | None = None
        self._ranges = 0
        self._period_us = 0
        self._boot_id = -1
        # Where single samples are looked for, which carry the low half of index and sequence number only.
        self._near_index = 0
        self._near_seq = 0
        self._headers = 0
        self._dropped = False  # the last header said so

    def decode(self, characteristic: str, data: bytes) -> tuple[Packet | Refusal | BatteryLevel | Answered | Clue, ...]:
        """The samples of a stream packet, or what the sensor says of itself."""
        if characteristic == STREAM:
            kind = data[0] if data else None
            if kind == BATCH:
                return self._batch(data)
            if kind == SINGLE:
                return self._single(data)
            return (Refusal("it is empty" if kind is None else f"unknown version or kind 0x{kind:02x}"),)
        if characteristic == INFO:
            return self._about(data)
        if characteristic == STATUS:
            return (_said(data),)
        return told(characteristic, data)

    def decode_together(self, characteristic: str, packets: list[bytes]) -> tuple[Readings | Sequence[Reading], int]:
        """Batches of one size, or single samples with the headers between them, whose settings stay as they are."""
        first = packets[0]
        if characteristic != STREAM or len(first) < _HEADER_BYTES or self._dropped:
            return NO_READINGS
        if len(first) > _HEADER_BYTES and first[0] == BATCH:
            return self._batches(table(packets))
        return self._singles(packets)

    def _batches(self, rows: Bytes) -> tuple[Readings | Sequence[Reading], int]:
        _, flags, _, _, _, n, ranges, boot_id, period_us = HEADER.unpack_from(rows[0])
        if (
            flags & OVERFLOW
            or ranges not in _LAYOUTS
            or period_us < SHORTEST_PERIOD_US
            or rows.shape[1] != _HEADER_BYTES + n * SAMPLE_BYTES
        ):
            return NO_READINGS
        m = leading((rows[:, _SETTINGS] == rows[0, _SETTINGS]).all(axis=1))
        rows = rows[:m]
        index, seq = column(rows, *_INDEX), column(rows, *_SEQ)
        self._ranges, self._period_us, self._boot_id = ranges, period_us, boot_id
        self._near_index, self._near_seq = (int(index[-1]) + n - 1) % WRAP, int(seq[-1])
        return self._packets(rows[:, _HEADER_BYTES:], n, column(rows, *_DEVICE_US), index, seq, np.arange(m)), m

    def _singles(self, packets: list[bytes]) -> tuple[Readings | Sequence[Reading], int]:
        """A header holds all of index and sequence number: here it has to say what follows from the samples before."""
        width = _SINGLE_BYTES + SAMPLE_BYTES
        rows = table([data.ljust(width, b"\0") for data in packets])
        if self._boot_id < 0 or rows.shape[1] != width:
            return NO_READINGS
        lengths = np.fromiter(map(len, packets[: len(rows)]), np.int64)
        single = (rows[:, 0] == SINGLE) & (lengths == width)
        now = np.frombuffer(HEADER.pack(BATCH, 0, 0, 0, 0, 0, self._ranges, self._boot_id, self._period_us), np.uint8)
        header = (rows[:, _SETTINGS] == now[_SETTINGS]).all(axis=1) & (lengths == _HEADER_BYTES)
        whole_index, whole_seq = column(rows, *_INDEX), column(rows, *_SEQ)
        low_index = np.where(single, column(rows, *_SINGLE_INDEX), whole_index & 0xFFFF)
        low_seq = np.where(single, rows[:, 1], whole_seq & 0xFF)
        ahead = ((np.diff(low_index, prepend=self._near_index) + 0x8000) & 0xFFFF) - 0x8000
        index = (self._near_index + np.cumsum(ahead)) % WRAP
        seq = (self._near_seq + np.cumsum(np.diff(low_seq, prepend=self._near_seq) & 0xFF)) & 0xFFFF
        m = leading(single | (header & (index == whole_index) & (seq == whole_seq)))
        if m == 0:
            return NO_READINGS
        senders = np.flatnonzero(single[:m])
        headers = self._headers + np.cumsum(header[:m])
        self._near_index, self._near_seq, self._headers = int(index[m - 1]), int(seq[m - 1]), int(headers[-1])
        rows = rows[senders]
        at_us = column(rows, *_SINGLE_DEVICE_US)
        found = self._packets(rows[:, _SINGLE_BYTES:], 1, at_us, index[senders], seq[senders], senders)
        return msgspec.structs.replace(found, headers=headers[senders]), m

    def _packets(self, samples: Bytes, n: int, device_us: Whole, index: Whole, seq: Whole, senders: Whole) -> Packets:
        return Packets(
            layout=_LAYOUTS[self._ranges],
            payload=samples.tobytes(),
            n=np.full(len(samples), n),
            last_us=device_us.astype(np.float64),
            step_us=self._period_us,
            senders=senders,
            index=index,
            seq=seq,
            headers=np.full(len(samples), self._headers),
            boot_id=self._boot_id,
            period_us=self._period_us,
        )

    def identify(self) -> tuple[Step, ...]:
        """What it is and can do, if it says; every stream packet holds all that is needed to read it."""
        return (Read(INFO), *ASK, Subscribe(BATTERY_LEVEL, required=False))

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """What its info says it obeys; if that is nothing, samples come as soon as somebody listens."""
        info = self._info
        if info is None or not info.commands:
            return (Subscribe(STREAM),)
        steps: list[Step] = [Subscribe(STATUS)]
        period_us = nearest_period_us(info, rate_hz)
        if period_us != info.period_us:
            steps.append(_order(SET_PERIOD, period_us, f"set the rate to {1e6 / period_us:.4g} Hz", required=False))
        ranges = wide_enough_ranges(info, WIDE_ENOUGH_G, WIDE_ENOUGH_DPS)
        if RANGES[ranges] != (info.acc_range, info.gyr_range):
            steps.append(_order(SET_RANGES, ranges, "set the ranges", required=False))
        steps.append(Subscribe(STREAM))
        if START in info.commands:
            steps.append(_order(START, 0, "start the stream", required=True))
        return tuple(steps)

    def stop(self) -> tuple[Step, ...]:
        """Stops the stream, and listening."""
        if self._info is None or STOP not in self._info.commands:
            return (Unsubscribe(STREAM),)
        return (_order(STOP, 0, "stop the stream", required=False), Unsubscribe(STREAM), Unsubscribe(STATUS))

    def link_lost(self) -> None:
        """Nothing is half received: a packet is whole or refused."""

    def _about(self, data: bytes) -> tuple[Refusal | Clue, ...]:
        info = read_info(data)
        if isinstance(info, Refusal):
            return (info,)
        self._info = info
        return (Clue("device", info.device_id), Clue("firmware", readable(info.firmware.encode())))

    def _batch(self, data: bytes) -> tuple[Packet | Refusal, ...]:
        if len(data) < _HEADER_BYTES:
            return (Refusal(f"its header is cut short at {len(data)} bytes"),)
        _, flags, seq, index, device_us, n, ranges, boot_id, period_us = HEADER.unpack_from(data)
        if len(data) != _HEADER_BYTES + n * SAMPLE_BYTES:
            return (Refusal(f"{len(data)} bytes cannot be {n} samples"),)
        if ranges not in _LAYOUTS:
            return (Refusal(f"unknown range code 0x{ranges:02x}"),)
        if period_us < SHORTEST_PERIOD_US:
            return (Refusal(f"a sample period of {period_us} us cannot be"),)
        self._ranges, self._period_us, self._boot_id = ranges, period_us, boot_id
        self._dropped |= bool(flags & OVERFLOW)
        if n == 0:
            self._near_index, self._near_seq = index, seq
            self._headers += 1
            return ()
        return (self._packet(data[_HEADER_BYTES:], n, index, device_us, seq),)

    def _single(self, data: bytes) -> tuple[Packet | Refusal, ...]:
        if len(data) != _SINGLE_BYTES + SAMPLE_BYTES:
            return (Refusal(f"{len(data)} bytes cannot be a single sample"),)
        if self._boot_id < 0:
            return (Refusal("a single sample came before any header"),)
        _, seq, low_index, device_us = SINGLE_HEADER.unpack_from(data)
        ahead = ((low_index - self._near_index + 0x8000) & 0xFFFF) - 0x8000
        index = (self._near_index + ahead) % WRAP
        seq = self._near_seq + ((seq - self._near_seq) & 0xFF)
        return (self._packet(data[_SINGLE_BYTES:], 1, index, device_us, seq & 0xFFFF),)

    def _packet(self, payload: bytes, n: int, index: int, device_us: int, seq: int) -> Packet:
        self._near_index, self._near_seq = (index + n - 1) % WRAP, seq
        dropped, self._dropped = self._dropped, False
        return Packet(
            layout=_LAYOUTS[self._ranges],
            payload=payload,
            n=n,
            last_us=device_us,
            step_us=self._period_us,
            index=index,
            boot_id=self._boot_id,
            period_us=self._period_us,
            seq=seq,
            headers=self._headers,
            dropped=dropped,
        )


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(StreamDecoder(), IndexedTimeline())


def _said(data: bytes) -> Refusal | Answered | Clue:
    status = read_status(data)
    if isinstance(status, Refusal):
        return status
    if status.command == 0 and status.code != MALFORMED:
        return Clue("sensor", status.words)
    return Answered(status.code == DONE, status.words)


def _order(number: int, argument: int, meaning: str, *, required: bool) -> Write:
    data = command(number, argument, token=number)
    return Write(CONTROL, data, meaning, answer_within_s=ANSWER_WITHIN_S, required=required)
