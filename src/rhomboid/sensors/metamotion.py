"""MbientLab MetaMotion R, RL, C (BMI160) and S (BMI270): acceleration and angular velocity as two streams, no clock.

Everything goes through one pair of characteristics in messages of module, register and data
(firmware_protocol/formats/metamotion.md). The chip is asked for, the ranges and rates are read back after they are
written: packets of samples carry neither, and a recording then holds all that is needed to decode it.
"""

from __future__ import annotations

import msgspec

from rhomboid.sensors.arrival import ArrivalTimeline
from rhomboid.sensors.drift import Origin
from rhomboid.sensors.driver import Answered, BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import Layout
from rhomboid.sensors.pairing import Pairing
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, told
from rhomboid.sensors.steps import Step, Subscribe, Unsubscribe, Write

SERVICE, COMMAND, NOTIFY = (f"326a{number}-85cb-9195-d9dd-464cfbbae75a" for number in ("9000", "9001", "9006"))

ACC, GYR, LOGGING = 0x03, 0x13, 0x0B  # modules
INFO, POWER, INTERRUPT, CONFIG = 0x00, 0x01, 0x02, 0x03  # registers of the first two; POWER of the third as well
READ = 0x80  # added to a register: to ask for it, and in the answer
ASK_BATTERY = bytes.fromhex("11cc")
ANSWER_WITHIN_S = 2.0


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """What the two generations of boards do differently."""

    name: str
    acc_ranges_g: dict[int, int]
    """Range code in the configuration -> full scale."""
    acc_config: int
    """The configuration's first byte, but for the output rate in its low four bits."""
    acc_packed: int
    gyr_single: int
    gyr_packed: int


BMI160 = Chip(
    name="BMI160",
    acc_ranges_g={0x03: 2, 0x05: 4, 0x08: 8, 0x0C: 16},
    acc_config=0x20,
    acc_packed=0x1C,
    gyr_single=0x05,
    gyr_packed=0x07,
)
BMI270 = Chip(
    name="BMI270",
    acc_ranges_g={0x00: 2, 0x01: 4, 0x02: 8, 0x03: 16},
    acc_config=0xA0,
    acc_packed=0x05,
    gyr_single=0x04,
    gyr_packed=0x05,
)
ACC_SINGLE = 0x04
GYR_CONFIG = 0x20
_ACC_CHIPS, _GYR_CHIPS = {1: BMI160, 4: BMI270}, {0: BMI160, 1: BMI270}
_PACKED_SINCE_REVISION = {BMI160.name: 1, BMI270.name: 0}

# The nearest ranges that neither a throw nor a stumble leaves; they also stand in where no configuration was heard.
ACC_RANGE_G, GYR_RANGE_DPS = 8, 2000
_ACC_LAYOUTS = {g: Layout("<i2", 3, 0, None, acc_g=g / 32768) for g in (2, 4, 8, 16)}
_GYR_LAYOUTS = {2000 // 2**code: Layout("<i2", 3, None, 0, gyr_dps=1 / (16.4 * 2**code)) for code in range(5)}
_RATES_HZ = {code: 25.0 * 2.0 ** (code - 6) for code in range(5, 13)}  # 12.5 to 1600 Hz

_SAMPLE_BYTES = 6
# Module and register -> lengths of the messages of samples there: one sample, or three. Register 5 of the gyroscope
# is single samples from a BMI160 and packed ones from a BMI270.
_SAMPLE_MESSAGES = {
    bytes((ACC, ACC_SINGLE)): (8,),
    bytes((ACC, BMI160.acc_packed)): (20,),
    bytes((ACC, BMI270.acc_packed)): (20,),
    bytes((GYR, BMI270.gyr_single)): (8,),
    bytes((GYR, BMI160.gyr_single)): (8, 20),
    bytes((GYR, BMI160.gyr_packed)): (20,),
}

PROFILE = Profile(
    family="metamotion",
    title="MbientLab MetaMotion",
    models=("MetaMotion R", "MetaMotion RL", "MetaMotion C", "MetaMotion S"),
    signs=Signs(services=(SERVICE,), names=("metawear", "metamotion"), companies=(0x067E,)),
    rates_hz=(25.0, 50.0, 100.0),
    default_hz=100.0,
    acc_range_g=ACC_RANGE_G,
    gyr_range_dps=GYR_RANGE_DPS,
    clock="arrival time",
    loss="suspected",
    battery="asked for when connecting",
    tested_with="vendor's test vectors",
    limits="losses are suspected, not known",
)


class _Stream:
    """What was learnt about one of the two streams."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.step_us: float | None = None
        self.packed = False


class MetaWearDecoder:
    """Messages of the notify characteristic; remembers chips, ranges and rates as the board told them."""

    profile = PROFILE

    def __init__(self) -> None:
        self._acc = _Stream(_ACC_LAYOUTS[ACC_RANGE_G])
        self._gyr = _Stream(_GYR_LAYOUTS[GYR_RANGE_DPS])
        self._acc_chip = BMI160
        self._gyr_chip: Chip | None = None

    def decode(
        self, characteristic: str, data: bytes
    ) -> tuple[Reading | Refusal | BatteryLevel | Answered | Clue, ...]:
        """Samples, or the answer to a question; messages of other modules (button, light) say nothing here."""
        if characteristic != NOTIFY:
            return told(characteristic, data)
        lengths = _SAMPLE_MESSAGES.get(data[:2])
        if lengths is not None:
            if len(data) not in lengths:
                return (Refusal(f"{len(data)} bytes cannot be samples"),)
            stream = self._acc if data[0] == ACC else self._gyr
            n = len(data) // _SAMPLE_BYTES
            return (Reading(layout=stream.layout, payload=data[2:], n=n, step_us=stream.step_us),)
        if len(data) < 2:
            return (Refusal(f"its header is cut short at {len(data)} bytes"),)
        match data[0], data[1]:
            case ((0x03 | 0x13), 0x80):
                return self._module(data)
            case 0x03, 0x83:
                return (self._acc_configuration(data),)
            case 0x13, 0x83:
                return (self._gyr_configuration(data),)
            case 0x11, 0x8C:
                known = len(data) == 5 and data[2] <= 100  # percent, then millivolts
                return (BatteryLevel(data[2]) if known else Refusal("that is no battery level"),)
        return ()

    def identify(self) -> tuple[Step, ...]:
        """Which chips there are, and the battery."""
        return (
            *ASK,
            Subscribe(NOTIFY),
            _ask(ACC, INFO, "ask for the accelerometer"),
            _ask(GYR, INFO, "ask for the gyroscope", required=False),
            Write(COMMAND, ASK_BATTERY, "ask for the battery", pause_s=0.1, required=False),
        )

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Everything off first: what another program configured goes on when it disconnects."""
        rate_code = next(code for code, hz in _RATES_HZ.items() if hz == rate_hz)
        acc_chip = self._acc_chip
        range_code = next(code for code, g in acc_chip.acc_ranges_g.items() if g == ACC_RANGE_G)
        steps: list[Step] = [
            *self._all_off(),
            _command(ACC, CONFIG, acc_chip.acc_config | rate_code, range_code, says=f"{rate_hz:g} Hz, {ACC_RANGE_G} g"),
            _ask(ACC, CONFIG, "read that back", required=False),
        ]
        if self._gyr_chip is not None:
            steps += [
                _command(GYR, CONFIG, GYR_CONFIG | rate_code, 0, says=f"{rate_hz:g} Hz, {GYR_RANGE_DPS} deg/s"),
                _ask(GYR, CONFIG, "read that back", required=False),
            ]
        for module, register in self._sample_registers():
            steps += [
                _command(module, register, 1, says="send its samples"),
                _command(module, INTERRUPT, 1, 0, says="sample"),
            ]
        return (*steps, *(_command(module, POWER, 1, says="power on") for module, _ in self._sample_registers()))

    def stop(self) -> tuple[Step, ...]:
        """Everything off."""
        return (*self._all_off(), Unsubscribe(NOTIFY))

    def link_lost(self) -> None:
        """Nothing is half received: a message is whole or refused."""

    def _module(self, data: bytes) -> tuple[Answered | Clue | Refusal, ...]:
        """The accelerometer must be one of the two; without a gyroscope it goes as well."""
        is_acc = data[0] == ACC
        stream, what = (self._acc, "accelerometer") if is_acc else (self._gyr, "gyroscope")
        if len(data) == 3:
            return (Refusal("a module described in 3 bytes"),)
        chip = (_ACC_CHIPS if is_acc else _GYR_CHIPS).get(data[2]) if len(data) > 3 else None
        if not is_acc:
            self._gyr_chip = chip
        elif chip is not None:
            self._acc_chip = chip
        if chip is None:
            return (Answered(False, f"it has no {what}, or one that is not known"),)
        stream.packed = data[3] >= _PACKED_SINCE_REVISION[chip.name]
        return (Answered(True, f"its {what} is a {chip.name}"), Clue(what, chip.name))

    def _acc_configuration(self, data: bytes) -> Answered | Refusal:
        if len(data) < 4:
            return Refusal(f"a configuration of {len(data)} bytes")
        return _configured(self._acc, data[2], _ACC_LAYOUTS, self._acc_chip.acc_ranges_g.get(data[3] & 0x0F), "g")

    def _gyr_configuration(self, data: bytes) -> Answered | Refusal:
        if len(data) < 4:
            return Refusal(f"a configuration of {len(data)} bytes")
        return _configured(self._gyr, data[2], _GYR_LAYOUTS, GYR_RANGE_DPS >> (data[3] & 0x07), "deg/s")

    def _sample_registers(self) -> list[tuple[int, int]]:
        """Module and register of each stream that is to be had, packed if the board can."""
        registers = [(ACC, self._acc_chip.acc_packed if self._acc.packed else ACC_SINGLE)]
        if self._gyr_chip is not None:
            registers.append((GYR, self._gyr_chip.gyr_packed if self._gyr.packed else self._gyr_chip.gyr_single))
        return registers

    def _all_off(self) -> list[Step]:
        registers = self._sample_registers()
        return [
            *(_command(module, POWER, 0, says="power off") for module, _ in registers),
            *(_command(module, INTERRUPT, 0, 1, says="stop sampling") for module, _ in registers),
            *(_command(module, register, 0, says="stop sending samples") for module, register in registers),
            _command(LOGGING, POWER, 0, says="stop logging"),
        ]


def _configured(
    stream: _Stream, first: int, layouts: dict[int, Layout], full_scale: int | None, unit: str
) -> Answered | Refusal:
    rate_hz = _RATES_HZ.get(first & 0x0F)
    if rate_hz is None or full_scale not in layouts:
        return Refusal("a configuration with an unknown rate or range")
    stream.layout, stream.step_us = layouts[full_scale], 1e6 / rate_hz
    return Answered(True, f"{rate_hz:g} Hz, +-{full_scale} {unit}")


def _command(module: int, register: int, *values: int, says: str) -> Write:
    return Write(COMMAND, bytes((module, register, *values)), says)


def _ask(module: int, register: int, says: str, required: bool = True) -> Write:
    question = bytes((module, register | READ))
    return Write(COMMAND, question, says, answer_within_s=ANSWER_WITHIN_S, required=required)


def driver() -> Driver:
    """A fresh driver of this family."""
    origin, hz = Origin(), PROFILE.default_hz
    return Driver(MetaWearDecoder(), ArrivalTimeline(hz, origin), ArrivalTimeline(hz, origin), Pairing())
