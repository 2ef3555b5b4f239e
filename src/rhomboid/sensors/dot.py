"""Movella DOT, once Xsens DOT (firmware_protocol/formats/dot.md): one sample a packet, with a clock in microseconds.

The stream asked for is mode 21, "rate quantities": calibrated acceleration and angular velocity. Modes 20 (the same
with the magnetometer) and 26 (with the sensor's own quaternion) are read too, should a recording hold them; so is mode
6, whose acceleration has had gravity taken out, which is good for looking at and useless for posture.
"""

from __future__ import annotations

from struct import Struct

import msgspec

from rhomboid.sensors.clock import DeviceTimeline
from rhomboid.sensors.driver import BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import G_M_S2, Layout
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import readable
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

INFO, SETTINGS, CONTROL, LONG, MEDIUM, SHORT, BATTERY = (
    f"1517{number}-4947-11e9-8646-d663bd873d93" for number in ("1001", "1002", "2001", "2002", "2003", "2004", "3001")
)

STOP = bytes.fromhex("010000")
START_RATE_QUANTITIES = bytes.fromhex("010115")

SETTINGS_BYTES, OUTPUT_RATE_AT = 32, 24
APPLY_OUTPUT_RATE = 0x10  # in the first byte of the settings, which says what of the rest to take over
OUTPUT_RATE = Struct("<H")
FIRMWARE_AT, PRODUCT_AT = 6, 28  # in the device info

# The sum of the sizes of six numbers in m/s2 and deg/s; +-16 g and +-2000 deg/s cannot reach a third of it.
IMPOSSIBLE = 20_000.0


class Payload(msgspec.Struct, frozen=True, eq=False):
    """Where in the value of one of the three characteristics the clock and the sample are."""

    fields: Struct
    starts_at: int
    longest: int
    layout: Layout


_RAW = Layout("<f4", 6, 0, 3, 1 / G_M_S2, 1.0)
_FREE = Layout("<f4", 3, 0, None, 1 / G_M_S2)
_PAYLOADS = {
    MEDIUM: Payload(Struct("<I6f"), 4, 40, _RAW),  # modes 20 and 21
    LONG: Payload(Struct("<I16x6f"), 20, 63, _RAW),  # mode 26: the quaternion comes first
    SHORT: Payload(Struct("<I3f"), 4, 20, _FREE),  # mode 6
}

PROFILE = Profile(
    family="dot",
    title="Movella DOT, Xsens DOT",
    models=("Movella DOT", "Xsens DOT"),
    signs=Signs(names=("movella dot", "xsens dot"), companies=(0x0886,)),
    rates_hz=(30.0, 60.0),
    default_hz=60.0,
    acc_range_g=16.0,
    gyr_range_dps=2000.0,
    clock="device time",
    loss="from the clock",
    battery="its own characteristic, also when it changes",
    needs_mtu=43,
    tested_with="specification; a packet of a real device for mode 6; simulation",
    limits="it streams at 60 Hz at most",
)


class DotDecoder:
    """Bytes of the measurement, settings and battery characteristics; remembers the settings it was told."""

    profile = PROFILE

    def __init__(self) -> None:
        self._settings: bytes | None = None
        self._found_hz: int | None = None  # before anything was changed
        self._step_us: float | None = None
        self._free_told = False

    def decode(self, characteristic: str, data: bytes) -> tuple[Reading | Refusal | BatteryLevel | Clue, ...]:
        """A sample from one of the three payload characteristics, or what the sensor says about itself."""
        payload = _PAYLOADS.get(characteristic)
        if payload is not None:
            return self._sample(payload, data)
        if characteristic == SETTINGS:
            return (self._set(data),)
        if characteristic == BATTERY:
            known = len(data) == 2 and data[0] <= 100 and data[1] <= 1
            return (BatteryLevel(data[0], data[1] == 1) if known else Refusal("that is no battery level"),)
        if characteristic == INFO and len(data) > PRODUCT_AT:
            version = ".".join(str(number) for number in data[FIRMWARE_AT : FIRMWARE_AT + 3])
            return (Clue("firmware", version), Clue("model", readable(data[PRODUCT_AT:])))
        return ()

    def identify(self) -> tuple[Step, ...]:
        """Firmware, settings and battery."""
        return (Read(INFO), Read(SETTINGS), Subscribe(BATTERY), Read(BATTERY))

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Settings can only be changed at rest, and notifications must be on before the measurement begins."""
        rate = round(rate_hz)
        setting: tuple[Step, ...] = ()
        if self._settings is not None and _output_rate(self._settings) != rate:
            setting = (_write_rate(self._settings, rate), Read(SETTINGS))
        return (
            Write(CONTROL, STOP, "stop what another program left running", required=False, pause_s=0.1),
            *setting,
            Subscribe(MEDIUM),
            Write(CONTROL, START_RATE_QUANTITIES, "start measuring in mode 21"),
        )

    def stop(self) -> tuple[Step, ...]:
        """The rate outlives switching off, so that which was found is set again."""
        settings, found_hz = self._settings, self._found_hz
        restored: tuple[Step, ...] = ()
        if settings is not None and found_hz is not None and _output_rate(settings) != found_hz:
            restored = (_write_rate(settings, found_hz),)
        return (Write(CONTROL, STOP, "stop measuring", pause_s=0.1), Unsubscribe(MEDIUM), *restored)

    def link_lost(self) -> None:
        """Nothing is half received: a packet is whole or refused."""

    def _sample(self, payload: Payload, data: bytes) -> tuple[Reading | Refusal | Clue, ...]:
        fields = payload.fields
        if not fields.size <= len(data) <= payload.longest:
            return (Refusal(f"{len(data)} bytes cannot be a sample"),)
        device_us, *values = fields.unpack_from(data)
        if not sum(map(abs, values)) < IMPOSSIBLE:  # also where one is not a number
            return (Refusal("its values cannot be"),)
        reading = Reading(
            layout=payload.layout,
            payload=data[payload.starts_at : fields.size],
            n=1,
            last_us=device_us,
            step_us=self._step_us,
        )
        if payload.layout is _FREE and not self._free_told:
            self._free_told = True
            return (Clue("acceleration", "free: gravity is taken out, posture cannot be told"), reading)
        return (reading,)

    def _set(self, data: bytes) -> Clue | Refusal:
        rate_hz = _output_rate(data) if len(data) == SETTINGS_BYTES else 0
        if not 1 <= rate_hz <= 120:
            return Refusal(f"settings of {len(data)} bytes with an output rate of {rate_hz} Hz")
        self._settings, self._step_us = data, 1e6 / rate_hz
        if self._found_hz is None:
            self._found_hz = rate_hz
        return Clue("output rate", f"{rate_hz} Hz")


def _write_rate(settings: bytes, rate_hz: int) -> Write:
    changed = bytearray(settings)
    changed[0] = APPLY_OUTPUT_RATE
    OUTPUT_RATE.pack_into(changed, OUTPUT_RATE_AT, rate_hz)
    return Write(SETTINGS, bytes(changed), f"set the output rate to {rate_hz} Hz", pause_s=0.1)


def _output_rate(settings: bytes) -> int:
    rate_hz: int = OUTPUT_RATE.unpack_from(settings, OUTPUT_RATE_AT)[0]
    return rate_hz


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(DotDecoder(), DeviceTimeline(2.0**32, PROFILE.default_hz))
