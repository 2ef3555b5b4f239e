"""WitMotion sensors (firmware_protocol/formats/witmotion.md): frames that begin with 55 61, and commands FF AA.

The frame has neither checksum nor counter, and its length depends on the model: it is learned from how far apart the
headers are. Frames may share a notification, or be cut across several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from struct import Struct

import numpy as np

from rhomboid.imu import Gap
from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.clock import DeviceTimeline
from rhomboid.sensors.drift import leading
from rhomboid.sensors.driver import (
    NO_READINGS,
    NONE_PLACED,
    BatteryLevel,
    Clue,
    Driver,
    Placed,
    PlacedTogether,
    Reading,
    Readings,
    Refusal,
    Timeline,
)
from rhomboid.sensors.layout import Layout, table
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.steps import Step, Subscribe, Unsubscribe, Write

SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"  # ...9a34fb: not the base of the short UUIDs
DATA = "0000ffe4-0000-1000-8000-00805f9a34fb"
COMMAND = "0000ffe9-0000-1000-8000-00805f9a34fb"

MOTION, REGISTERS = b"\x55\x61", b"\x55\x71"
PLAIN, CLOCKED, VIBRATION = LENGTHS = (20, 28, 32)
"""Bytes of a motion frame: nine values; the same with date and time (WTSDCL); a vibration meter's (WTVB01)."""
_HEADER = re.compile(rb"\x55(?:[\x61\x71]|\Z)")  # or as much of one as has arrived
_REGISTERS = Struct("<2xH8h")
_STAMP = Struct("<6BH")  # year - 2000, month, day, hour, minute, second, ms
CONFIRMED = 3  # equal distances between headers in a row, after which frames are of that length

# As on the wire: header, acceleration, angular velocity, angles (and date and time).
_LAYOUTS = {length: Layout("<i2", length // 2, 1, 4, 16 / 32768, 2000 / 32768) for length in (PLAIN, CLOCKED)}

RATE_CODES = {10.0: 6, 20.0: 7, 50.0: 8, 100.0: 9, 200.0: 11}
_HZ = {code: hz for hz, code in RATE_CODES.items()} | {1: 0.2, 2: 0.5, 3: 1.0, 4: 2.0, 5: 5.0, 10: 125.0}
DEFAULT_HZ = 100.0
RATE, READ, UNLOCK = 0x03, 0x27, 0x69  # registers that are written
FIRMWARE, TEMPERATURE, QUATERNION, BATTERY = 0x2E, 0x40, 0x51, 0x64  # registers that are read
_UNLOCK_KEY = 0xB588
_PAUSE_S = 0.1  # between commands, which the sensor does not answer
_PERCENT = {396: 100, 393: 90, 387: 75, 382: 60, 379: 50, 377: 40, 373: 30, 370: 20, 368: 15, 350: 10, 340: 5}
_LOWEST_BATTERY, _HIGHEST_BATTERY = 200, 500  # in 10 mV: other values are no single lithium cell

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)

Told = Reading | Refusal | BatteryLevel | Clue

IS_A_VIBRATION_METER = "this is a vibration meter (WTVB01), which sends vibration and no motion: use a motion sensor"

PROFILE = Profile(
    family="witmotion",
    title="WitMotion",
    models=("WT901BLE", "BWT901BLECL5.0", "WT9011DCL", "WTSDCL"),
    signs=Signs(services=(SERVICE,), names=("wt9", "bwt9", "wtsd", "wtvb")),
    rates_hz=tuple(RATE_CODES),
    default_hz=DEFAULT_HZ,
    acc_range_g=16.0,
    gyr_range_dps=2000.0,
    clock="arrival time",
    loss="suspected",
    battery="voltage register, asked once after connecting",
    tested_with="packets of a real WT901BLE5.0; WTSDCL from its description",
    limits="no counter and no clock, so loss cannot be proved (the WTSDCL has a clock); the WTVB01 is refused",
)


class WitMotionDecoder:
    """Frames of any of the three lengths, whole, several at once or in pieces; at most one unfinished frame is kept."""

    profile = PROFILE

    def __init__(self) -> None:
        self._rest = b""  # the beginning of a frame
        self._length = 0  # of motion frames, as confirmed; 0: each notification speaks for itself
        self._voted, self._votes = 0, 0
        self._received, self._header_at = 0, -2 * VIBRATION  # bytes since the link is up, and where the last header was
        self._step_us: float | None = None
        self._rate_found: int | None = None
        self._rate_set: int | None = None

    def decode(self, characteristic: str, data: bytes) -> tuple[Told, ...]:
        """The frames that are whole by now. Some firmwares have the two characteristics the other way round."""
        if characteristic not in (DATA, COMMAND):
            return ()
        n = len(data) // PLAIN
        if (
            self._length == PLAIN
            and not self._rest
            and n * PLAIN == len(data)
            and data[::PLAIN] == MOTION[:1] * n
            and data[1::PLAIN] == MOTION[1:] * n
        ):  # what the general way would find, at a fraction of the time
            self._received += len(data)
            self._header_at, self._voted = self._received - PLAIN, PLAIN
            return (Reading(layout=_LAYOUTS[PLAIN], payload=data, n=n, step_us=self._step_us),) if n else ()
        return tuple(self._frames(data))

    def decode_together(self, characteristic: str, packets: list[bytes]) -> tuple[Readings | Sequence[Reading], int]:
        """Packets of whole plain motion frames, once it is known that frames are."""
        rows = table(packets)
        n, rest = divmod(rows.shape[1], PLAIN)
        if characteristic not in (DATA, COMMAND) or self._length != PLAIN or self._rest or rest or not n:
            return NO_READINGS
        headers = rows.reshape(len(rows), n, PLAIN)[:, :, : len(MOTION)]
        m = leading((headers == np.frombuffer(MOTION, np.uint8)).all(axis=(1, 2)))
        if m:
            self._received += m * n * PLAIN
            self._header_at, self._voted = self._received - PLAIN, PLAIN
        return Readings(
            layout=_LAYOUTS[PLAIN],
            payload=rows[:m].tobytes(),
            n=np.full(m, n),
            step_us=self._step_us,
            senders=np.arange(m),
        ), m

    def identify(self) -> tuple[Step, ...]:
        """Frames come as soon as somebody listens; the rate is asked so that it can be put back."""
        return (
            Subscribe(DATA),
            _ask(FIRMWARE, "ask for the firmware version"),
            _ask(BATTERY, "ask for the battery voltage"),
            _ask(RATE, "ask for the rate"),
        )

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Sets the rate, and does not save it: switched off and on, the sensor is as it was."""
        self._rate_set = RATE_CODES[rate_hz]
        self._step_us = 1e6 / rate_hz
        return _set_rate(self._rate_set)

    def stop(self) -> tuple[Step, ...]:
        """Puts the rate back and stops listening; the sensor itself streams on."""
        found, now = self._rate_found, self._rate_set
        return (*(() if found is None or now in (None, found) else _set_rate(found)), Unsubscribe(DATA))

    def link_lost(self) -> None:
        """The rest of a frame will not come; how long frames are stays known."""
        self._rest = b""
        self._received, self._header_at = 0, -2 * VIBRATION

    # --- frames -------------------------------------------------------------------------------------------------------

    def _frames(self, data: bytes) -> list[Told]:
        begin = self._received - len(self._rest)
        stream = self._rest + data
        if data.startswith(MOTION):
            self._saw_header(self._received)
        self._received += len(data)
        found: list[Told] = []
        at = plain = 0  # the frames from ``plain`` to ``at`` are plain motion and not yet told
        while at < len(stream):
            length = self._frame_at(stream, at)
            if length == 0:
                break
            if length == PLAIN and stream.startswith(MOTION, at):
                self._saw_header(begin + at)
                at += PLAIN
                continue
            found += self._plain(stream[plain:at])
            if length < 0:
                after = _HEADER.search(stream, at + 1)
                plain = after.start() if after else len(stream)
                if stream.startswith(MOTION, plain):
                    self._saw_header(begin + plain)
                found.append(Refusal(f"{plain - at} bytes belong to no frame"))
            else:
                plain = at + length
                if stream.startswith(MOTION, at):
                    self._saw_header(begin + at)
                    is_motion = length == CLOCKED
                    found.append(self._clocked(stream[at:plain]) if is_motion else Refusal(IS_A_VIBRATION_METER))
                else:
                    found += self._told(_REGISTERS.unpack_from(stream, at))
            at = plain
        found += self._plain(stream[plain:at])
        self._rest = stream[at:]
        return found

    def _frame_at(self, stream: bytes, at: int) -> int:
        """How long the frame is that begins here; 0: not whole yet; -1: none can begin here."""
        left = len(stream) - at
        if not _HEADER.match(stream, at):
            return -1
        lengths = (self._length,) if self._length and not stream.startswith(REGISTERS, at) else LENGTHS
        for length in lengths:
            if left == length or (left > length and _HEADER.match(stream, at + length)):
                return length
        return 0 if left < lengths[-1] else -1

    def _saw_header(self, position: int) -> None:
        """A motion frame begins here, by all signs: the distance from the one before speaks for a length."""
        distance, self._header_at = position - self._header_at, position
        if distance in LENGTHS:
            self._votes = self._votes + 1 if distance == self._voted else 1
            self._voted = distance
            if self._votes >= CONFIRMED:
                self._length = distance

    def _plain(self, frames: bytes) -> list[Reading]:
        if not frames:
            return []
        return [Reading(layout=_LAYOUTS[PLAIN], payload=frames, n=len(frames) // PLAIN, step_us=self._step_us)]

    def _clocked(self, frame: bytes) -> Reading | Refusal:
        year, month, day, hour, minute, second, ms = _STAMP.unpack_from(frame, PLAIN)
        if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60 and ms < 1000):
            said = f"{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}"
            return Refusal(f"its clock cannot say {said}")
        leap_days = (year + 3) // 4 + (year % 4 == 0 and month > 2)
        days = year * 365 + leap_days + _DAYS_BEFORE_MONTH[month - 1] + day - 1
        clock_us = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1e6 + ms * 1e3
        return Reading(layout=_LAYOUTS[CLOCKED], payload=frame, n=1, last_us=clock_us, step_us=self._step_us)

    # --- registers ----------------------------------------------------------------------------------------------------

    def _told(self, frame: tuple[int, ...]) -> list[BatteryLevel | Clue]:
        """Eight registers, from the one named: those that mean something to us."""
        first, *values = frame
        registers = dict(enumerate(values, first))
        told: list[BatteryLevel | Clue] = []
        if (code := registers.get(RATE)) in _HZ:
            self._step_us = 1e6 / _HZ[code]
            self._rate_found = code if self._rate_found is None else self._rate_found
            told.append(Clue("rate", f"{_HZ[code]:g} Hz"))
        if FIRMWARE in registers and FIRMWARE + 1 in registers:
            told.append(Clue("firmware", _version(registers[FIRMWARE], registers[FIRMWARE + 1])))
        if TEMPERATURE in registers:
            told.append(Clue("temperature", f"{registers[TEMPERATURE] / 100:.2f} °C"))
        if first == QUATERNION:
            told.append(Clue("quaternion", " ".join(f"{q / 32768:.4f}" for q in values[:4])))
        if _LOWEST_BATTERY <= registers.get(BATTERY, 0) <= _HIGHEST_BATTERY:
            volts = registers[BATTERY]
            told.append(BatteryLevel(next((percent for least, percent in _PERCENT.items() if volts >= least), 0)))
        return told


class FrameTimeline:
    """By the clock in the frames where they have one, by their arrival where they have not; one time for both."""

    def __init__(self) -> None:
        self._by_clock: Timeline = DeviceTimeline(None, DEFAULT_HZ)
        self._by_arrival: Timeline = ArrivalTimeline(DEFAULT_HZ)
        self._now: Timeline | None = None
        self._newest_us = 0.0
        self._shift_us = 0.0

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """As the timeline for such frames has it, from where the other one was left."""
        timeline = self._by_arrival if reading.last_us is None else self._by_clock
        placed = timeline.place(reading, host_ns)
        if not isinstance(placed, Placed):
            return placed
        if timeline is not self._now:
            if self._now is not None:  # the first frames were misread: what follows begins right after them
                self._shift_us = self._newest_us + reading.n * placed.step_us - placed.last_us
                placed = Placed(placed.last_us, placed.step_us)
            self._now = timeline
        if self._shift_us:
            shift_s = self._shift_us * 1e-6
            gap = placed.gap and Gap(placed.gap.start_s + shift_s, placed.gap.end_s + shift_s, placed.gap.reason)
            placed = Placed(placed.last_us + self._shift_us, placed.step_us, gap)
        self._newest_us = placed.last_us
        return placed

    def place_together(self, readings: Readings, hosts_ns: Sequence[int]) -> PlacedTogether:
        """As ``place``; readings of one layout have a clock all of them, or none."""
        timeline = self._now
        if timeline is None or (timeline is self._by_arrival) != (readings.last_us is None):
            return NONE_PLACED
        last_us, step_us = timeline.place_together(readings, hosts_ns)
        if len(last_us):
            if self._shift_us:
                last_us = last_us + self._shift_us
            self._newest_us = float(last_us[-1])
        return last_us, step_us

    @property
    def drift_us(self) -> float | None:
        """That of the clock, once frames with one have come."""
        return self._by_clock.drift_us if self._now is self._by_clock else None

    def link_lost(self) -> None:
        """Both are told."""
        self._by_clock.link_lost()
        self._by_arrival.link_lost()


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(WitMotionDecoder(), FrameTimeline())


def command(register: int, value: int) -> bytes:
    """The five bytes that write ``value`` into a register."""
    return bytes((0xFF, 0xAA, register, value & 0xFF, value >> 8))


def _ask(register: int, meaning: str) -> Write:
    return Write(COMMAND, command(READ, register), meaning, with_response=False, pause_s=_PAUSE_S, required=False)


def _set_rate(code: int) -> tuple[Step, ...]:
    """An unlock holds for 10 s."""
    return (
        Write(COMMAND, command(UNLOCK, _UNLOCK_KEY), "unlock the settings", with_response=False, pause_s=_PAUSE_S),
        Write(COMMAND, command(RATE, code), f"set the rate to {_HZ[code]:g} Hz", with_response=False, pause_s=_PAUSE_S),
    )


def _version(low: int, high: int) -> str:
    """New firmware packs three numbers into both words, old firmware has one number in the low word."""
    word = (high & 0xFFFF) << 16 | low & 0xFFFF
    return f"{word >> 14 & 0x1FFFF}.{word >> 8 & 0x3F}.{word & 0xFF}" if word >> 31 else str(low)
