"""Adafruit CLUE, Feather Sense, Circuit Playground Bluefruit: acceleration and, from some programs, angular velocity.

What a board sends depends on the program on it: Adafruit's own for Arduino has no gyroscope service, a program in
CircuitPython may have one. Each service has its own characteristic for the period, all with the same UUID.
"""

from __future__ import annotations

import math
from struct import Struct

from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.drift import Origin
from rhomboid.sensors.driver import BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import G_M_S2, Layout
from rhomboid.sensors.pairing import Pairing
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, BATTERY_LEVEL, told
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

PERIOD, ACC_SERVICE, ACC, GYR_SERVICE, GYR = (
    f"adaf{number}-c332-42a8-93bd-25e905756cb8" for number in ("0001", "0200", "0201", "0400", "0401")
)

_LAYOUTS = {
    ACC: Layout("<f4", 3, 0, None, acc_g=1 / G_M_S2),
    GYR: Layout("<f4", 3, None, 0, gyr_dps=math.degrees(1.0)),
}
SAMPLE = Struct("<3f")
PERIOD_MS = Struct("<i")

# The sum of the sizes of three numbers in m/s2 or rad/s; these IMUs' widest ranges do not reach half of it.
IMPOSSIBLE = 2_000.0

PROFILE = Profile(
    family="adafruit",
    title="Adafruit CLUE, Sense, Circuit Playground",
    models=("CLUE", "Feather Bluefruit Sense", "Circuit Playground Bluefruit"),
    signs=Signs(services=(ACC_SERVICE,), names=("clue", "sense", "cplay"), companies=(0x0822,)),
    rates_hz=(25.0, 50.0),
    default_hz=50.0,
    acc_range_g=2.0,
    gyr_range_dps=250.0,
    clock="arrival time",
    loss="suspected",
    battery="no (the boards' programs always say 100 %)",
    tested_with="specification",
    limits="losses are suspected, not known; with Adafruit's own Arduino program there is no angular velocity",
)


class AdafruitDecoder:
    """Values of the acceleration, angular velocity and period characteristics; remembers the period."""

    profile = PROFILE

    def __init__(self) -> None:
        self._period_ms: int | None = None
        self._found_ms: int | None = None  # before anything was changed

    def decode(self, characteristic: str, data: bytes) -> tuple[Reading | Refusal | BatteryLevel | Clue, ...]:
        """A sample of one of the two streams, or the period."""
        layout = _LAYOUTS.get(characteristic)
        if layout is not None:
            if len(data) != SAMPLE.size:
                return (Refusal(f"{len(data)} bytes cannot be a sample"),)
            if not sum(map(abs, SAMPLE.unpack(data))) < IMPOSSIBLE:  # also where one is not a number
                return (Refusal("its values cannot be"),)
            step_us = None if self._period_ms is None else self._period_ms * 1000.0
            return (Reading(layout=layout, payload=data, n=1, step_us=step_us),)
        if characteristic == PERIOD:
            return (self._period(data),)
        return () if characteristic == BATTERY_LEVEL else told(characteristic, data)

    def identify(self) -> tuple[Step, ...]:
        """The period of the acceleration; that of the gyroscope is set to the same."""
        return (Read(PERIOD, ACC_SERVICE), *(step for step in ASK if step != Read(BATTERY_LEVEL)))

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Both streams at one period, then listen; there may be no gyroscope service."""
        period_ms = round(1000 / rate_hz)
        return (
            *_write_periods(period_ms),
            Read(PERIOD, ACC_SERVICE),
            Subscribe(ACC, ACC_SERVICE),
            Subscribe(GYR, GYR_SERVICE, required=False),
        )

    def stop(self) -> tuple[Step, ...]:
        """The period found is set again."""
        restored = () if self._found_ms is None else _write_periods(self._found_ms)
        return (Unsubscribe(ACC, ACC_SERVICE), Unsubscribe(GYR, GYR_SERVICE), *restored)

    def link_lost(self) -> None:
        """Nothing is half received: a sample is whole or refused."""

    def _period(self, data: bytes) -> Clue | Refusal:
        """-1 stands for stopped and 0 for "when it changes"."""
        period_ms = PERIOD_MS.unpack(data)[0] if len(data) == PERIOD_MS.size else -2
        if not -1 <= period_ms <= 60_000:
            return Refusal("that is no period")
        if self._found_ms is None:
            self._found_ms = period_ms
        self._period_ms = period_ms if period_ms > 0 else None
        return Clue("period", f"{period_ms} ms")


def _write_periods(period_ms: int) -> tuple[Write, ...]:
    data, says = PERIOD_MS.pack(period_ms), f"set the period to {period_ms} ms"
    return tuple(
        Write(PERIOD, data, says, service=service, pause_s=0.1, required=False)
        for service in (ACC_SERVICE, GYR_SERVICE)
    )


def driver() -> Driver:
    """A fresh driver of this family."""
    origin, hz = Origin(), PROFILE.default_hz
    return Driver(AdafruitDecoder(), ArrivalTimeline(hz, origin), ArrivalTimeline(hz, origin), Pairing())
