"""Nordic Thingy:52: raw acceleration, angular velocity and compass in 18 bytes, without a clock."""

from __future__ import annotations

from struct import Struct

from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.driver import BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import Layout
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, told
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

CONFIGURATION_SERVICE, CONFIG, RAW = (
    f"ef68{number}-9b35-4933-9b10-52ffa9740042" for number in ("0100", "0401", "0406")
)

_LAYOUT = Layout("<i2", 9, 0, 3, acc_g=1 / 1024, gyr_dps=1 / 32)
SAMPLE_BYTES = 18
CONFIG_BYTES, FREQUENCY_AT = 9, 6
FREQUENCY = Struct("<H")
SLOWEST_HZ, FASTEST_HZ = 5, 200

PROFILE = Profile(
    family="thingy",
    title="Nordic Thingy:52",
    models=("Thingy:52",),
    signs=Signs(services=(CONFIGURATION_SERVICE,), names=("thingy",), companies=(0x0059,)),
    rates_hz=(25.0, 50.0, 100.0, 200.0),
    default_hz=100.0,
    acc_range_g=32.0,
    gyr_range_dps=1024.0,
    clock="arrival time",
    loss="suspected",
    battery="standard battery service",
    tested_with="the firmware's source",
    limits="losses are suspected, not known",
)


class ThingyDecoder:
    """Values of the raw motion and configuration characteristics; remembers the configuration."""

    profile = PROFILE

    def __init__(self) -> None:
        self._config: bytes | None = None
        self._found_hz: int | None = None  # before anything was changed
        self._step_us: float | None = None

    def decode(self, characteristic: str, data: bytes) -> tuple[Reading | Refusal | BatteryLevel | Clue, ...]:
        """A sample, or the configuration."""
        if characteristic == RAW:
            if len(data) != SAMPLE_BYTES:
                return (Refusal(f"{len(data)} bytes cannot be a sample"),)
            return (Reading(layout=_LAYOUT, payload=data, n=1, step_us=self._step_us),)
        if characteristic == CONFIG:
            return (self._configured(data),)
        return told(characteristic, data)

    def identify(self) -> tuple[Step, ...]:
        """The configuration, and what the standard services say."""
        return (Read(CONFIG), *ASK)

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """The rate, in its flash memory, is written only if it is another; then it is enough to listen."""
        setting: tuple[Step, ...] = ()
        if self._config is not None and _frequency(self._config) != round(rate_hz):
            setting = (_write_frequency(self._config, round(rate_hz)), Read(CONFIG))
        return (*setting, Subscribe(RAW))

    def stop(self) -> tuple[Step, ...]:
        """The rate that was found is set again: a Thingy left at 200 Hz would be empty the next morning."""
        config, found_hz = self._config, self._found_hz
        restored: tuple[Step, ...] = ()
        if config is not None and found_hz is not None and _frequency(config) != found_hz:
            restored = (_write_frequency(config, found_hz),)
        return (Unsubscribe(RAW), *restored)

    def link_lost(self) -> None:
        """Nothing is half received: a sample is whole or refused."""

    def _configured(self, data: bytes) -> Clue | Refusal:
        rate_hz = _frequency(data) if len(data) == CONFIG_BYTES else 0
        if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
            return Refusal(f"a configuration of {len(data)} bytes with a motion frequency of {rate_hz} Hz")
        self._config, self._step_us = data, 1e6 / rate_hz
        if self._found_hz is None:
            self._found_hz = rate_hz
        return Clue("motion frequency", f"{rate_hz} Hz")


def _frequency(config: bytes) -> int:
    rate_hz: int = FREQUENCY.unpack_from(config, FREQUENCY_AT)[0]
    return rate_hz


def _write_frequency(config: bytes, rate_hz: int) -> Write:
    changed = bytearray(config)
    FREQUENCY.pack_into(changed, FREQUENCY_AT, rate_hz)
    return Write(CONFIG, bytes(changed), f"set the motion frequency to {rate_hz} Hz", pause_s=0.1)


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(ThingyDecoder(), ArrivalTimeline(PROFILE.default_hz))
