"""The rhomboid stream, version 1 (firmware_protocol/rhomboid-stream-v1.md), from the host's side.

Two kinds of packet, both little-endian: a batch (header and n samples) for a usual MTU, and a single sample in 20 bytes
for an MTU of 23, which leans on the batch header sent, without samples, before it.
"""

from __future__ import annotations

from struct import Struct

from rhomboid.imu import Gap
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Driver, Placed, Reading, Refusal
from rhomboid.sensors.layout import Layout
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.steps import Step, Subscribe, Unsubscribe

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
_LAYOUTS = {
    acc << 4 | gyr: Layout("<i2", 6, 0, 3, acc_scale, gyr_scale)
    for acc, acc_scale in ACC_G_PER_COUNT.items()
    for gyr, gyr_scale in GYR_DPS_PER_COUNT.items()
}

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


class Packet(Reading, frozen=True, eq=False, kw_only=True):
    """A stream packet: a Reading with what the protocol says beside the samples."""

    index: int
    """Of the first sample."""
    boot_id: int
    period_us: int
    skipped: int
    """Packets between this one and the one before, by the sequence number."""
    dropped: bool
    """The sensor says that it had to drop samples."""


class StreamDecoder:
    """Bytes of the stream characteristic; ranges, period and boot id of single samples are those of the last header."""

    profile = PROFILE

    def __init__(self) -> None:
        self._layout = _LAYOUTS[0]
        self._period_us = 0
        self._boot_id = -1
        self._near_index = 0  # where single samples, which carry the low half of their index only, are looked for
        self._seq = 0

    def decode(self, characteristic: str, data: bytes) -> tuple[Packet | Refusal | BatteryLevel | Answered | Clue, ...]:
        """The samples of a stream packet."""
        if characteristic != STREAM:
            return ()
        kind = data[0] if data else None
        if kind == BATCH:
            return self._batch(data)
        if kind == SINGLE:
            return self._single(data)
        return (Refusal("it is empty" if kind is None else f"unknown version or kind 0x{kind:02x}"),)

    def identify(self) -> tuple[Step, ...]:
        """Nothing: every packet says all that is needed."""
        return ()

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Samples come as soon as somebody listens."""
        return (Subscribe(STREAM),)

    def stop(self) -> tuple[Step, ...]:
        """Stops listening."""
        return (Unsubscribe(STREAM),)

    def link_lost(self) -> None:
        """Nothing is half received: a packet is whole or refused."""

    def _batch(self, data: bytes) -> tuple[Packet | Refusal, ...]:
        if len(data) < HEADER.size:
            return (Refusal(f"its header is cut short at {len(data)} bytes"),)
        _, flags, seq, index, device_us, n, ranges, boot_id, period_us = HEADER.unpack_from(data)
        if len(data) != HEADER.size + n * SAMPLE_BYTES:
            return (Refusal(f"{len(data)} bytes cannot be {n} samples"),)
        layout = _LAYOUTS.get(ranges)
        if layout is None:
            return (Refusal(f"unknown range code 0x{ranges:02x}"),)
        if period_us < SHORTEST_PERIOD_US:
            return (Refusal(f"a sample period of {period_us} us cannot be"),)
        self._layout, self._period_us, self._boot_id = layout, period_us, boot_id
        if n == 0:
            self._near_index, self._seq = index, seq
            return ()
        skipped = (seq - self._seq - 1) & 0xFFFF
        packet = Packet(
            layout=layout,
            payload=data[HEADER.size :],
            n=n,
            last_us=device_us,
            step_us=self._period_us,
            index=index,
            boot_id=boot_id,
            period_us=period_us,
            skipped=skipped,
            dropped=bool(flags & OVERFLOW),
        )
        self._went_on(packet, seq)
        return (packet,)

    def _single(self, data: bytes) -> tuple[Packet | Refusal, ...]:
        if len(data) != SINGLE_HEADER.size + SAMPLE_BYTES:
            return (Refusal(f"{len(data)} bytes cannot be a single sample"),)
        if self._boot_id < 0:
            return (Refusal("a single sample came before any header"),)
        _, seq, low_index, device_us = SINGLE_HEADER.unpack_from(data)
        ahead = ((low_index - self._near_index + 0x8000) & 0xFFFF) - 0x8000
        skipped = (seq - self._seq - 1) & 0xFF
        packet = Packet(
            layout=self._layout,
            payload=data[SINGLE_HEADER.size :],
            n=1,
            last_us=device_us,
            step_us=self._period_us,
            index=(self._near_index + ahead) % _WRAP,
            boot_id=self._boot_id,
            period_us=self._period_us,
            skipped=skipped,
            dropped=False,
        )
        self._went_on(packet, self._seq + 1 + skipped)
        return (packet,)

    def _went_on(self, packet: Packet, seq: int) -> None:
        """A packet that came twice or late (its number is behind) does not take the count back with it."""
        if packet.skipped < (0x8000 if packet.n > 1 else 0x80):
            self._near_index, self._seq = (packet.index + packet.n - 1) % _WRAP, seq & 0xFFFF


class IndexedTimeline:
    """Sample index and device time together: the length of every gap is known to the sample."""

    def __init__(self) -> None:
        self._misfits = 0
        self._boot_id = -1
        # The newest sample: its place on the timeline (None: there has been none), and what was known at its arrival.
        self._t_us: float | None = None
        self._begun = False  # whether it is of the present boot
        self._index = 0
        self._device_us = 0.0
        self._step_us = 0.0
        self._host_ns = 0

    def link_lost(self) -> None:
        """Index and clock run on in the sensor: the gap will be known when it is back."""

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """The last sample at its device time, the others evenly between the last one known and it."""
        assert isinstance(reading, Packet)  # noqa: S101
        n, index, device_us = reading.n, reading.index, reading.last_us or 0.0
        if reading.boot_id != self._boot_id:
            self._boot_id, self._begun = reading.boot_id, False
        newest_us, gap = self._t_us, None
        lost, step_us = self._advance(reading, index, device_us, host_ns) if self._begun else (0, 0.0)
        if self._begun and step_us == 0.0:
            self._misfits += 1
            if self._misfits <= MISFITS_BEFORE_RESTART:
                return None if lost < 0 else Refusal("its clock and its sample count do not continue the stream")
            self._begun = False
        if self._begun and newest_us is not None:
            first_us = newest_us + (lost + 1) * step_us
            last_us = newest_us + (lost + n) * step_us
            if lost:
                in_sensor = reading.dropped or not reading.skipped
                reason = "the sensor dropped samples" if in_sensor else _packets_lost(reading.skipped)
                gap = Gap(newest_us * 1e-6, first_us * 1e-6, reason)
        else:
            first_us, step_us = 0.0, float(reading.period_us)
            if newest_us is not None:
                passed_us = (host_ns - self._host_ns) / 1000
                first_us = newest_us + max(passed_us - (n - 1) * step_us, step_us)
                gap = Gap(newest_us * 1e-6, first_us * 1e-6, "sensor restarted")
            last_us = first_us + (n - 1) * step_us
        self._begun, self._misfits, self._t_us, self._step_us = True, 0, last_us, step_us
        self._index, self._device_us, self._host_ns = (index + n - 1) % _WRAP, device_us, host_ns
        return Placed(last_us, step_us, gap)

    def _advance(self, packet: Packet, index: int, device_us: float, host_ns: int) -> tuple[int, float]:
        """Samples lost before this packet (negative: it is old) and us per sample since the newest (0: no sense)."""
        lost = (index - self._index - 1) % _WRAP
        if lost >= _WRAP // 2:
            return -1, 0.0
        samples = lost + packet.n
        elapsed_us = (device_us - self._device_us) % _WRAP
        # The clock wraps every 71.6 minutes; how often it did in a long gap follows from the samples counted meanwhile.
        elapsed_us += max(0, round((samples * self._step_us - elapsed_us) / _WRAP)) * _WRAP
        step_us = elapsed_us / samples
        too_far = elapsed_us > (host_ns - self._host_ns) // 1000 + AHEAD_OF_HOST_US
        if too_far or not 0.5 <= step_us / packet.period_us <= 2.0:
            return lost, 0.0
        return lost, step_us


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(StreamDecoder(), IndexedTimeline())


def _packets_lost(count: int) -> str:
    return "1 packet lost" if count == 1 else f"{count} packets lost"
