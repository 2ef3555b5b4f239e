"""BBC micro:bit, and Bangle.js with its btadv app: acceleration alone, in thousandths of g, without a clock.

The signs stay as they are sent. A micro:bit that lies with its display up reads z = -1, with its logo up y = +1 and
with its left edge down x = -1: that is specific force along x to the left, y to the logo and z out of the back, which
is right-handed. To turn z round alone, because it is "wrong", would make a mirror image of every movement. A Bangle.js
also reads z = -1 with its face up.
"""

from __future__ import annotations

from struct import Struct

from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.driver import BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import Layout
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, told
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

SERVICE, ACC, PERIOD = (f"e95d{number}-251d-470a-a062-fa1922dfa9a8" for number in ("0753", "ca4b", "fb24"))

_LAYOUT = Layout("<i2", 3, 0, None, acc_g=0.001)
SAMPLE_BYTES = 6
PERIOD_MS = Struct("<H")

PROFILE = Profile(
    family="microbit",
    title="BBC micro:bit, Bangle.js",
    models=("BBC micro:bit V1", "BBC micro:bit V2", "Bangle.js with the app btadv"),
    signs=Signs(services=(SERVICE,), names=("bbc micro:bit", "bangle.js")),
    rates_hz=(50.0,),
    default_hz=50.0,
    acc_range_g=2.0,
    gyr_range_dps=None,
    clock="arrival time",
    loss="suspected",
    battery="no (Bangle.js: standard battery service)",
    pairing="maybe",
    tested_with="packets of a real micro:bit",
    limits="no gyroscope; losses are suspected, not known; a Bangle.js sends too slowly to count",
)


class MicrobitDecoder:
    """Values of the accelerometer and period characteristics; remembers the period."""

    profile = PROFILE

    def __init__(self) -> None:
        self._period_ms: int | None = None
        self._found_ms: int | None = None  # before anything was changed

    def decode(self, characteristic: str, data: bytes) -> tuple[Reading | Refusal | BatteryLevel | Clue, ...]:
        """A sample, or the period."""
        if characteristic == ACC:
            if len(data) != SAMPLE_BYTES:
                return (Refusal(f"{len(data)} bytes cannot be a sample"),)
            step_us = None if self._period_ms is None else self._period_ms * 1000.0
            return (Reading(layout=_LAYOUT, payload=data, n=1, step_us=step_us),)
        if characteristic == PERIOD:
            period_ms = PERIOD_MS.unpack(data)[0] if len(data) == PERIOD_MS.size else 0
            if period_ms == 0:
                return (Refusal("that is no period"),)
            self._period_ms = period_ms
            if self._found_ms is None:
                self._found_ms = period_ms
            return (Clue("period", f"{period_ms} ms"),)
        return told(characteristic, data)

    def identify(self) -> tuple[Step, ...]:
        """The period, which a Bangle.js does not have, and what the standard services say."""
        return (Read(PERIOD), *ASK)

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """The micro:bit takes the nearest period it has, so what it took is read back."""
        setting: tuple[Step, ...] = ()
        period_ms = round(1000 / rate_hz)
        if self._period_ms not in (None, period_ms):
            setting = (_write_period(period_ms), Read(PERIOD))
        return (*setting, Subscribe(ACC))

    def stop(self) -> tuple[Step, ...]:
        """The program on the micro:bit may want the period it had."""
        found_ms = self._found_ms
        restored = () if found_ms in (None, self._period_ms) else (_write_period(found_ms),)
        return (Unsubscribe(ACC), *restored)

    def link_lost(self) -> None:
        """Nothing is half received: a sample is whole or refused."""


def _write_period(period_ms: int) -> Write:
    return Write(PERIOD, PERIOD_MS.pack(period_ms), f"set the period to {period_ms} ms", required=False, pause_s=0.1)


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(MicrobitDecoder(), ArrivalTimeline(PROFILE.default_hz))
