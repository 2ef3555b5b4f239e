"""The rhomboid stream, version 1 (firmware_protocol/rhomboid-stream-v1.md), from the host's side.

Two kinds of packet, both little-endian: a batch (header and n samples) for a usual MTU, and a single sample in 20 bytes
for an MTU of 23, which leans on the batch header sent, without samples, before it. A sensor may have nothing but this
stream; what it says of itself and obeys beside it is in ``rhomboid_control``.
"""

from __future__ import annotations

from struct import Struct

from rhomboid.imu import Gap
from rhomboid.sensors.clock import LINK_DROPPED, RESTARTED
from rhomboid.sensors.drift import Origin
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Driver, Placed, Reading, Refusal
from rhomboid.sensors.layout import Layout
from rhomboid.sensors.profile import Profile, Signs
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
SAMPLE_BYTES = 12  # ax ay az gx gy gz, int16

_LAYOUTS = {
    ranges: Layout("<i2", 6, 0, 3, ACC_G_PER_COUNT[acc], GYR_DPS_PER_COUNT[gyr])
    for ranges, (acc, gyr) in RANGES.items()
}

# The ranges asked for, unless those that are set hold as much.
WIDE_ENOUGH_G, WIDE_ENOUGH_DPS = 8.0, 1000.0
ANSWER_WITHIN_S = 2.0

# A packet that does not continue the stream is dropped; after so many in a row, it is the stream that has changed.
MISFITS_BEFORE_RESTART = 32
# A device may be ahead of the host by what it had kept back while the link was down, and not by more.
AHEAD_OF_HOST_US = 60_000_000

_WRAP = 1 << 32

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


class StreamDecoder:
    """What the sensor sends; ranges, period and boot id of single samples are those of the last header."""

    profile = PROFILE

    def __init__(self) -> None:
        self._info: Info | None = None
        self._layout = _LAYOUTS[0]
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
        layout = _LAYOUTS.get(ranges)
        if layout is None:
            return (Refusal(f"unknown range code 0x{ranges:02x}"),)
        if period_us < SHORTEST_PERIOD_US:
            return (Refusal(f"a sample period of {period_us} us cannot be"),)
        self._layout, self._period_us, self._boot_id = layout, period_us, boot_id
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
        index = (self._near_index + ahead) % _WRAP
        seq = self._near_seq + ((seq - self._near_seq) & 0xFF)
        return (self._packet(data[_SINGLE_BYTES:], 1, index, device_us, seq & 0xFFFF),)

    def _packet(self, payload: bytes, n: int, index: int, device_us: int, seq: int) -> Packet:
        self._near_index, self._near_seq = (index + n - 1) % _WRAP, seq
        dropped, self._dropped = self._dropped, False
        return Packet(
            layout=self._layout,
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
        self._index, self._device_us = (reading.index + n - 1) % _WRAP, device_us
        self._seq, self._headers = reading.seq, reading.headers
        if newest_us is None:
            return Placed(t_us, step_us)
        step_us = (t_us - newest_us) / (n + lost)
        if not reason:
            return Placed(t_us, step_us)
        return Placed(t_us, step_us, Gap(newest_us * 1e-6, (t_us - (n - 1) * step_us) * 1e-6, reason))

    def _advance(self, packet: Packet, index: int, device_us: float, host_ns: int) -> tuple[int, float]:
        """Samples lost before this packet (negative: it is old) and us per sample since the newest (0: no sense)."""
        lost = (index - self._index - 1) % _WRAP
        if lost >= _WRAP // 2:
            return -1, 0.0
        samples = lost + packet.n
        elapsed_us = (device_us - self._device_us) % _WRAP
        # The clock wraps every 71.6 minutes; how often it did in a long gap follows from the samples counted meanwhile.
        if lost:
            elapsed_us += max(0, round((samples * self._step_us - elapsed_us) / _WRAP)) * _WRAP
        step_us = elapsed_us / samples
        too_far = elapsed_us > (host_ns - self._host_ns) // 1000 + AHEAD_OF_HOST_US
        if too_far or not 0.5 <= step_us / packet.period_us <= 2.0:
            return lost, 0.0
        return lost, step_us


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


def _packets_lost(count: int) -> str:
    return "1 packet lost" if count == 1 else f"{count} packets lost"
