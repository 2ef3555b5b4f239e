"""Movesense sensors (firmware_protocol/formats/movesense.md): the GATT SensorData Protocol, of old and new firmware.

Measurements are subscribed to by path; every message names the subscription it belongs to by a reference, which is
ours to choose. A message longer than 150 bytes comes in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import hypot
from struct import Struct

import msgspec
import numpy as np

from rhomboid.imu import Array
from rhomboid.sensors.clock import DeviceTimeline
from rhomboid.sensors.drift import leading
from rhomboid.sensors.driver import NO_READINGS, Answered, BatteryLevel, Clue, Driver, Reading, Readings, Refusal
from rhomboid.sensors.layout import G_M_S2, Layout, column, table
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, readable, told
from rhomboid.sensors.steps import Step, Subscribe, Unsubscribe, Write

SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND = "34800001-7185-4d5d-b431-630e7050e8f0"
DATA = "34800002-7185-4d5d-b431-630e7050e8f0"

HELLO, SUBSCRIBE, UNSUBSCRIBE, GET = 0, 1, 2, 4  # what is written
ANSWER, FIRST_PART, LAST_PART = 1, 2, 4  # what comes; 3 and 4 are the second and the third part of a message
PART_BYTES = 150  # of every part but the last
_VECTORS_AT = 6  # in a message that is not in parts: kind, reference, stamp
_VECTOR_BYTES = 12  # x, y, z as float32
_FLOAT = np.dtype("<f4")
_STAMP = Struct("<I")  # ms, of the first sample
WRAP_US = 2.0**32 * 1000
# A message holds a thirteenth of a second: 4 samples at 52 Hz, 8 at 104 Hz.
MESSAGES_A_SECOND = 13
_SAMPLES = frozenset((1, 2, 4, 8, 16, 32, 64))
_LONGEST = 1e5  # of all numbers of a message taken as one vector: more is not motion


class Stream(msgspec.Struct, frozen=True, eq=False):
    """A resource: how many arrays its messages hold, and which of them is acceleration, which angular velocity."""

    arrays: int
    acc: int | None
    gyr: int | None


ACC, GYRO, IMU6, IMU9 = Stream(1, 0, None), Stream(1, None, 0), Stream(2, 0, 1), Stream(3, 0, 1)

# Our references, readable in a dump. Other programs choose theirs, so those are taken for what they look like.
HELLO_REF, ENERGY_REF, IMU6_REF = ord("H"), ord("E"), ord("6")
STREAMS = {IMU6_REF: IMU6, ord("9"): IMU9, ord("A"): ACC, ord("G"): GYRO}
# Vectors in a message -> what it is, as such messages are at 52 Hz and at 104 Hz.
_LOOKS_LIKE = {4: ACC, 8: IMU6, 12: IMU9, 16: IMU6, 24: IMU9}
_GRAVITY_M_S2 = (0.5 * G_M_S2, 2.0 * G_M_S2)

_OK = 200
_STATUS = {
    _OK: "done",
    400: "bad request",
    404: "no such resource",
    501: "not implemented",
    503: "busy",
    507: "no subscription slot is free",
}

PROFILE = Profile(
    family="movesense",
    title="Movesense",
    models=("Movesense sensors with firmware from 2.3.0", "any Movesense with the gatt_sensordata_app"),
    signs=Signs(services=(SERVICE,), names=("movesense",), companies=(0x009F, 0x0C93)),
    rates_hz=(13.0, 26.0, 52.0, 104.0, 208.0),
    default_hz=52.0,
    acc_range_g=8.0,
    gyr_range_dps=2000.0,
    clock="device time",
    loss="from the clock",
    battery="standard battery service",
    needs_mtu=161,
    tested_with="packets of real devices (IMU9, accelerometer); parts and answers from the vendor's source",
    limits="firmware before 2.3.0 without the sample app speaks another, closed protocol; full scales are not told",
)


class MovesenseDecoder:
    """Messages of the data characteristic; the parts of one unfinished message are kept."""

    profile = PROFILE

    def __init__(self) -> None:
        self._unfinished = b""
        self._unfinished_of = (0, 0)  # kind of its last part, reference
        self._awaited: int | None = None  # the subscription that has not shown any life yet

    def decode(
        self, characteristic: str, data: bytes
    ) -> tuple[Reading | Refusal | BatteryLevel | Answered | Clue, ...]:
        """A message, the answer to a command, or a standard value that was read."""
        if characteristic != DATA:
            return told(characteristic, data)
        if len(data) < 2:
            return (Refusal(f"{len(data)} bytes cannot be a message"),)
        kind, reference = data[0], data[1]
        if kind == ANSWER:
            return self._answer(reference, data[2:])
        if not FIRST_PART <= kind <= LAST_PART:
            return (Refusal(f"unknown kind of message 0x{kind:02x}"),)
        said = self._message(kind, reference, data[2:])
        if reference == self._awaited and any(isinstance(piece, Reading) for piece in said):
            self._awaited = None  # old firmware answers a subscription by its data alone
            return (Answered(True, "data arrives"), *said)
        return said

    def decode_together(self, characteristic: str, packets: list[bytes]) -> tuple[Readings | Sequence[Reading], int]:
        """Messages that are not in parts, of one subscription of ours."""
        rows = table(packets)
        length = rows.shape[1]
        if characteristic != DATA or length < _VECTORS_AT or length == 2 + PART_BYTES or self._unfinished:
            return NO_READINGS
        kind, reference = packets[0][:2]
        count, rest = divmod(length - _VECTORS_AT, _VECTOR_BYTES)
        stream = STREAMS.get(reference)
        layout = _layout(stream, count) if stream and not rest else None
        if kind != FIRST_PART or reference == self._awaited or layout is None:
            return NO_READINGS
        numbers = np.ascontiguousarray(rows[:, _VECTORS_AT:]).view(_FLOAT)
        alike = (rows[:, :2] == rows[0, :2]).all(axis=1)
        alike &= np.abs(numbers).max(axis=1) < _LONGEST / (3 * count)  # hence shorter all together
        m, n = leading(alike), layout.n
        step_us = 1e6 / (MESSAGES_A_SECOND * n)
        return Readings(
            layout=layout,
            payload=numbers[:m].tobytes(),
            n=np.full(m, n),
            last_us=np.mod(column(rows[:m], 2, "<u4") * 1000 + (n - 1) * step_us, WRAP_US, dtype=np.float64),
            step_us=step_us,
            senders=np.arange(m),
        ), m

    def identify(self) -> tuple[Step, ...]:
        """Who it is, and its battery."""
        return (
            Subscribe(DATA),
            Write(COMMAND, bytes((HELLO, HELLO_REF)), "say hello", answer_within_s=2.0, required=False),
            Write(
                COMMAND,
                bytes((GET, ENERGY_REF)) + b"/System/Energy/Level\0",
                "ask for the battery level",
                answer_within_s=1.0,
                required=False,
            ),
            *ASK,
        )

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """Acceleration and angular velocity together. The NUL that new firmware wants does not disturb the old."""
        self._awaited = IMU6_REF
        path = f"/Meas/IMU6/{rate_hz:g}\0".encode()
        meaning = f"subscribe to {rate_hz:g} Hz"
        return (Write(COMMAND, bytes((SUBSCRIBE, IMU6_REF)) + path, meaning, answer_within_s=3.0),)

    def stop(self) -> tuple[Step, ...]:
        """Ends the subscription, which ends by itself when the link does."""
        return (
            Write(COMMAND, bytes((UNSUBSCRIBE, IMU6_REF)), "end the subscription", required=False),
            Unsubscribe(DATA),
        )

    def link_lost(self) -> None:
        """The other parts will not come, and the sensor has forgotten the subscription."""
        self._unfinished = b""

    # --- messages -----------------------------------------------------------------------------------------------------

    def _message(self, kind: int, reference: int, content: bytes) -> tuple[Reading | Refusal, ...]:
        lost: tuple[Refusal, ...] = ()
        if kind == FIRST_PART:
            if self._unfinished:
                lost = (Refusal("the second part of a message never came"),)
        elif not self._unfinished or self._unfinished_of != (kind - 1, reference):
            self._unfinished = b""
            return (Refusal("the first part of this message never came"),)
        message = content if kind == FIRST_PART else self._unfinished + content
        if len(content) == PART_BYTES and kind < LAST_PART:
            self._unfinished, self._unfinished_of = message, (kind, reference)
            return lost
        self._unfinished = b""
        return (*lost, self._samples(reference, message))

    def _samples(self, reference: int, message: bytes) -> Reading | Refusal:
        count, rest = divmod(len(message) - _STAMP.size, _VECTOR_BYTES)
        if count < 1 or rest:
            return Refusal(f"{len(message)} bytes cannot be whole vectors")
        numbers = _numbers(count).unpack_from(message, _STAMP.size)
        if not hypot(*numbers) < _LONGEST:  # so it is if one of them is not a number
            return Refusal("it holds numbers that cannot be")
        stream = STREAMS.get(reference) or _guessed(count, numbers)
        layout = _layout(stream, count) if stream else None
        if layout is None:
            return Refusal(f"{len(message)} bytes cannot be a message of reference {reference}")
        n = layout.n
        step_us = 1e6 / (MESSAGES_A_SECOND * n)
        last_us = (_STAMP.unpack_from(message)[0] * 1000 + (n - 1) * step_us) % WRAP_US
        return Reading(layout=layout, payload=message[_STAMP.size :], n=n, last_us=last_us, step_us=step_us)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answer(self, reference: int, body: bytes) -> tuple[Answered | BatteryLevel | Clue | Refusal, ...]:
        if body == b"Hello":
            return (Answered(True, "hello"),)
        if reference == HELLO_REF and body:  # protocol version, then serial, product, DFU address, app, its version
            texts = [readable(text) for text in body[1:].split(b"\0")[:5]] + [""] * 5
            named = {"serial": texts[0], "model": texts[1], "firmware": f"{texts[3]} {texts[4]}".strip()}
            return (Answered(True, "hello"), *(Clue(name, text) for name, text in named.items() if text))
        if len(body) < 2:
            return (Refusal("an answer without a status"),)
        status = int.from_bytes(body[:2], "little")
        if status > 999:  # the only answer that old firmware gives to a subscription, 507, is the other way round
            status = int.from_bytes(body[:2], "big")
        if reference == self._awaited:
            self._awaited = None
        words = _STATUS.get(status, "refused")
        answered = Answered(status == _OK, words if status == _OK else f"{words} ({status})")
        if reference == ENERGY_REF and status == _OK and len(body) > 2 and body[2] <= 100:
            return (answered, BatteryLevel(body[2]))
        return (answered,)


def driver() -> Driver:
    """A fresh driver of this family."""
    return Driver(MovesenseDecoder(), DeviceTimeline(WRAP_US, PROFILE.default_hz))


class ArraysLayout(Layout, frozen=True, eq=False, kw_only=True):
    """Whole arrays follow each other: all accelerations of a message, then all angular velocities. ``n`` of each."""

    n: int

    def arrays(self, payload: bytes) -> tuple[Array | None, Array | None]:
        """As of any layout."""
        by_message = np.frombuffer(payload, _FLOAT).reshape(-1, self.width // 3, self.n, 3)
        samples = by_message.transpose(0, 2, 1, 3).reshape(-1, self.width)
        return super().arrays(np.ascontiguousarray(samples).tobytes())


@cache
def _layout(stream: Stream, count: int) -> ArraysLayout | None:
    """Of a message of so many vectors; None if there can be no such message."""
    n, rest = divmod(count, stream.arrays)
    if n not in _SAMPLES or rest:
        return None
    acc_at, gyr_at = (None if place is None else 3 * place for place in (stream.acc, stream.gyr))
    return ArraysLayout(_FLOAT.str, 3 * stream.arrays, acc_at, gyr_at, acc_g=1 / G_M_S2, n=n)


@cache
def _numbers(count: int) -> Struct:
    return Struct(f"<{3 * count}f")


def _guessed(count: int, numbers: tuple[float, ...]) -> Stream | None:
    """What a message is whose reference is not ours. A lone array is acceleration if it feels gravity."""
    stream = _LOOKS_LIKE.get(count)
    if stream is ACC:
        low, high = _GRAVITY_M_S2
        mean = sum(hypot(*numbers[i : i + 3]) for i in range(0, len(numbers), 3)) / count
        return ACC if low <= mean <= high else GYRO
    return stream
