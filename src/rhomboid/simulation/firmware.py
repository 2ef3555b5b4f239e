"""What runs on a simulated sensor: what it offers over GATT, what it answers, when it samples. Bytes only, no radio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import ClassVar, Protocol

from rhomboid.errors import UsageError
from rhomboid.sensors import witmotion
from rhomboid.sensors.rhomboid_control import (
    DONE,
    MALFORMED,
    START,
    STOP,
    STREAMING,
    SYNC,
    UNKNOWN_COMMAND,
    Info,
    Status,
)
from rhomboid.sensors.rhomboid_stream import CONTROL, INFO, SERVICE, STATUS, STREAM
from rhomboid.sensors.standard import BATTERY_LEVEL
from rhomboid.simulation.packets import rhomboid_stream as ours
from rhomboid.simulation.packets import witmotion as wits
from rhomboid.simulation.sensor import SimulatedSensor

BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_PERCENT = 83
BATTERY_10MV = 390  # 75 % by WitMotion's table
_REGISTERS = Struct("<H8h")  # the first register asked for, and the eight from there

Services = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Service -> characteristic -> what may be done with it, in the words of BlueZ: read, write, notify ..."""
Packets = list[tuple[str, bytes]]


class Firmware(Protocol):
    """A sensor that has been switched on. Whoever carries its bytes tells it what the host does."""

    name: str

    @property
    def services(self) -> Services:
        """What it offers over GATT."""

    @property
    def advertised(self) -> str:
        """The service by which it is found."""

    sampling: bool
    """Whether it samples now: the wearer moves on with every sample, and begins anew with every start."""

    def read(self, characteristic: str) -> bytes:
        """What is there to be read."""

    def write(self, characteristic: str, data: bytes) -> Packets:
        """Takes a command; what is to be notified in answer."""

    def subscribe(self, characteristic: str, on: bool) -> None:
        """The host wants notifications of it, or no more. A lost link is no such wish."""

    def fit(self, most_bytes: int) -> None:
        """The link carries so much in a notification from now on: its MTU without the 3 bytes of ATT."""

    def run(self) -> Iterator[tuple[float, Packets]]:
        """From the first sample to the end of the script: when something is ready, in s since the start, and that."""


def firmware_for(sensor: SimulatedSensor) -> Firmware:
    """What such a sensor runs. Raises UsageError for a family of which only packets can be simulated."""
    match sensor.identity.family:
        case "rhomboid":
            return Board(sensor)
        case "witmotion":
            return WitMotion(sensor)
        case family:
            raise UsageError(f"a {family} sensor cannot be put on the air", do="use --sensor rhomboid or witmotion")


class Board:
    """A board with all of the rhomboid stream: info, start, stop and sync."""

    services: ClassVar[Services] = {
        SERVICE: {STREAM: ("notify",), INFO: ("read",), CONTROL: ("write",), STATUS: ("notify",)},
        BATTERY_SERVICE: {BATTERY_LEVEL: ("read", "notify")},
    }
    advertised = SERVICE

    def __init__(self, sensor: SimulatedSensor) -> None:
        self.name = f"rhomboid {sensor.seed}"
        self.sampling = False
        self._sensor, self._runs = sensor, 0
        self._encoder = ours.Encoder(sensor.rate_hz, sensor.boot_seed())
        self._now_s = 0.0

    def read(self, characteristic: str) -> bytes:
        """Info or the battery level."""
        if characteristic == BATTERY_LEVEL:
            return bytes([BATTERY_PERCENT])
        info = Info(
            most_samples=self._encoder.samples_a_packet,
            boot_id=self._encoder.boot_id,
            period_us=self._encoder.period_us,
            acc_range=ours.ACC_RANGE,
            gyr_range=ours.GYR_RANGE,
            device_id=f"{self._sensor.seed:016x}"[-16:],
            commands=(START, STOP, SYNC),
            acc_ranges=(ours.ACC_RANGE,),
            gyr_ranges=(ours.GYR_RANGE,),
            periods_us=(self._encoder.period_us,),
            firmware="simulated 1.0",
        )
        return ours.pack_info(info)

    def write(self, characteristic: str, data: bytes) -> Packets:
        """A command, answered by a status."""
        command = ours.read_command(data)
        if not isinstance(command, tuple):
            return [self._status(0, MALFORMED, 0)]
        number, _, token = command
        if number not in (START, STOP, SYNC):
            return [self._status(number, UNKNOWN_COMMAND, token)]
        if number == START and not self.sampling:
            self._begin()
        if number != SYNC:
            self.sampling = number == START
        return [self._status(number, DONE, token)]

    def subscribe(self, characteristic: str, on: bool) -> None:
        """A header goes before the first single sample that somebody hears."""
        if characteristic == STREAM and on:
            self._encoder.listened_to()

    def fit(self, most_bytes: int) -> None:
        """Batches where they fit, else single samples."""
        self._encoder.most_bytes = most_bytes

    def run(self) -> Iterator[tuple[float, Packets]]:
        """With the boot id that the answer to start has told."""
        for ready_s, packets in self._sensor.packets(self._encoder):
            self._now_s = ready_s
            yield ready_s, packets

    def _begin(self) -> None:
        """Another boot id, index and clock; the link is the same."""
        self._runs += 1
        before = self._encoder
        self._encoder = ours.Encoder(self._sensor.rate_hz, self._sensor.boot_seed(self._runs))
        self._encoder.most_bytes = before.most_bytes

    def _status(self, command: int, code: int, token: int) -> tuple[str, bytes]:
        status = Status(
            command=command,
            code=code,
            state=STREAMING if self.sampling else 0,
            token=token,
            device_us=self._encoder.device_us(self._now_s) % (1 << 32),
            boot_id=self._encoder.boot_id,
            period_us=self._encoder.period_us,
            acc_range=ours.ACC_RANGE,
            gyr_range=ours.GYR_RANGE,
        )
        return STATUS, ours.pack_status(status)


class WitMotion:
    """A WT901BLE: streams while somebody listens, answers when registers are asked, keeps to its rate."""

    services: ClassVar[Services] = {
        witmotion.SERVICE: {witmotion.DATA: ("notify",), witmotion.COMMAND: ("write", "write-without-response")}
    }
    advertised = witmotion.SERVICE

    def __init__(self, sensor: SimulatedSensor) -> None:
        self.name = f"WT901BLE {sensor.seed}"
        self.sampling = False
        self._sensor = sensor
        self._encoder = wits.Encoder(sensor.rate_hz, sensor.boot_seed())
        self._registers = {
            witmotion.RATE: witmotion.RATE_CODES.get(sensor.rate_hz, 0),
            witmotion.FIRMWARE: 11,
            witmotion.BATTERY: BATTERY_10MV,
        }

    def read(self, characteristic: str) -> bytes:
        """Nothing can be read."""
        return b""

    def write(self, characteristic: str, data: bytes) -> Packets:
        """Asked for a register, it sends that and the seven after it; what is written into one changes nothing."""
        if data[:3] != bytes((0xFF, 0xAA, witmotion.READ)) or len(data) != 5:
            return []
        first = int.from_bytes(data[3:], "little")
        values = (self._registers.get(first + i, 0) for i in range(8))
        return [(witmotion.DATA, witmotion.REGISTERS + _REGISTERS.pack(first, *values))]

    def subscribe(self, characteristic: str, on: bool) -> None:
        """That alone starts and stops it."""
        if characteristic == witmotion.DATA:
            self.sampling = on

    def fit(self, most_bytes: int) -> None:
        """As many frames in a notification as fit."""
        self._encoder.most_bytes = most_bytes

    def run(self) -> Iterator[tuple[float, Packets]]:
        """Frames without a clock: one run is like another."""
        yield from self._sensor.packets(self._encoder)
