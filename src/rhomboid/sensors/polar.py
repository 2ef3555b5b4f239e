"""Polar H10 and Verity Sense (firmware_protocol/formats/polar.md): Polar Measurement Data.

What can be measured is asked, and started, through a control point; its answer tells the factor of the samples. The
Verity Sense sends acceleration and angular velocity as two streams; the H10 has no gyroscope.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import hypot
from struct import Struct

import msgspec
import numpy as np

from rhomboid.imu import Array, Gap, ImuBlock
from rhomboid.sensors.clock import DeviceTimeline
from rhomboid.sensors.drift import Origin, leading
from rhomboid.sensors.driver import NO_READINGS, Answered, BatteryLevel, Clue, Driver, Reading, Refusal
from rhomboid.sensors.layout import Layout, Part, Samples
from rhomboid.sensors.pairing import Pairing
from rhomboid.sensors.polar_delta import unpack, unpack_all
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.standard import ASK, told
from rhomboid.sensors.steps import Read, Step, Subscribe, Unsubscribe, Write

SERVICE = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

ACC, GYRO, SDK_MODE = 2, 5, 9
_NAMES = {ACC: "acceleration", GYRO: "angular velocity", SDK_MODE: "SDK mode"}
HEADER = Struct("<BQB")  # what is measured, ns of the last sample, frame type
COMPRESSED = 0x80

GET_SETTINGS, START, STOP = 1, 2, 3
_VERBS = {GET_SETTINGS: "settings of", START: "start of", STOP: "stop of"}
FEATURES, ANSWER = 0x0F, 0xF0  # the first byte of what the control point says
RATE, RESOLUTION, RANGE, CHANNELS, FACTOR = 0, 1, 2, 4, 5
_SETTING_BYTES = (2, 2, 2, 4, 1, 4, 16)  # of one value, by type of setting
_FACTOR = Struct("<f")
_LARGEST_FACTOR = 1000.0
_LARGEST_VALUE = 1e5

_DONE, _ALREADY = 0, 6
_STATUS = (
    "done",
    "unknown operation",
    "unknown kind of measurement",
    "not supported",
    "wrong length",
    "wrong parameter",
    "already so",
    "wrong resolution",
    "wrong rate",
    "wrong range",
    "the MTU is too small",
    "wrong number of channels",
    "not in this state",
    "it is in its charger",
    "its memory is full",
)
_ANSWER_S = 5.0

PROFILE = Profile(
    family="polar",
    title="Polar H10, Verity Sense",
    models=("H10 (accelerometer only)", "Verity Sense"),
    signs=Signs(services=(SERVICE,), names=("polar h10", "polar sense", "polar verity"), companies=(0x006B,)),
    rates_hz=(25.0, 26.0, 50.0, 52.0, 100.0, 104.0, 200.0, 208.0),
    default_hz=52.0,
    acc_range_g=8.0,
    gyr_range_dps=2000.0,
    clock="device time",
    loss="from the clock",
    battery="standard battery service",
    needs_mtu=232,
    pairing="maybe",
    tested_with="vendor's test vectors; control point of a real H10",
    limits="the H10 has no gyroscope and wakes by skin contact; above 52 Hz a Verity Sense measures no heart rate",
)


class Format(msgspec.Struct, frozen=True):
    """Samples of a kind of frame: as unpacked, ``unit`` times the factor (g or deg/s) a count."""

    dtype: str
    reference_bits: int
    """Of a compressed frame; 0 for others."""
    unit: float
    factor: float = 1.0
    """Where the answer that tells it is missing."""


FORMATS = {
    (ACC, 0x00): Format("<i1", 0, 0.001),
    (ACC, 0x01): Format("<i2", 0, 0.001),
    (ACC, 0x02): Format("<i4", 0, 0.001),  # three bytes each on the wire
    (ACC, 0x80): Format("<i2", 16, 1.0, 2.44e-4),
    (ACC, 0x81): Format("<i2", 16, 0.001),
    (GYRO, 0x80): Format("<i2", 16, 1.0),
    (GYRO, 0x81): Format("<f4", 32, 1.0),
}
_INT24 = 0x02


class Choice(msgspec.Struct, frozen=True):
    """What a sensor can be asked for, where it has not said so itself."""

    rates_hz: tuple[int, ...]
    range: int
    others: tuple[tuple[int, int], ...]
    """Further settings that a start wants: (type, value)."""


_H10 = {ACC: Choice((25, 50, 100, 200), 8, ((RESOLUTION, 16),))}
_SENSE = {
    ACC: Choice((52,), 8, ((RESOLUTION, 16), (CHANNELS, 3))),
    GYRO: Choice((52,), 2000, ((RESOLUTION, 16), (CHANNELS, 3))),
}
_SDK_RATES_HZ = (26, 52, 104, 208, 416)


class PolarDecoder:
    """Frames and answers; what the answers told (factors, what there is to choose from) is kept."""

    profile = PROFILE

    def __init__(self) -> None:
        self.has_gyro: bool | None = None
        """None: nothing has come yet that would tell."""
        self._has_sdk_mode = self._in_sdk_mode = False
        self._settings: dict[int, dict[int, tuple[int, ...]]] = {}
        self._layouts = {key: _layout(key, form.factor) for key, form in FORMATS.items()}
        self._step_us: dict[int, float] = {}

    def decode(
        self, characteristic: str, data: bytes
    ) -> tuple[Reading | Refusal | BatteryLevel | Answered | Clue, ...]:
        """A frame, what the control point says, or a standard value that was read."""
        if characteristic == DATA:
            return self._frame(data)
        if characteristic == CONTROL:
            return self._control(data)
        return told(characteristic, data)

    def decode_together(self, characteristic: str, packets: list[bytes]) -> tuple[Sequence[Reading], int]:
        """Compressed frames with samples of 16 bits, which both streams of a Verity Sense are made of."""
        if characteristic != DATA or not self.has_gyro:
            return NO_READINGS
        frames = list(takewhile(_is_common, packets))
        samples, lengths = unpack_all((data[HEADER.size :] for data in frames), 16)
        narrow = samples.astype(np.int16)
        ends = np.cumsum(lengths, dtype=np.int64)
        fitting = np.searchsorted(ends, leading((narrow == samples).ravel()) // 3, side="right")
        payload, size = narrow.tobytes(), 3 * narrow.itemsize
        readings = []
        for data, n, end in zip(frames, lengths, ends[:fitting].tolist(), strict=False):
            kind, last_ns, frame = HEADER.unpack_from(data)
            readings.append(
                Reading(
                    layout=self._layouts[kind, frame],
                    payload=payload[(end - n) * size : end * size],
                    n=n,
                    last_us=last_ns / 1000,
                    step_us=self._step_us.get(kind),
                )
            )
        return readings, len(readings)

    def identify(self) -> tuple[Step, ...]:
        """Which streams there are, and what can be chosen. The control point says more once it may notify."""
        return (
            Subscribe(CONTROL),
            Subscribe(DATA),
            Read(CONTROL, required=True),
            _order((GET_SETTINGS, ACC), "ask for the settings of the accelerometer", required=False),
            _order((GET_SETTINGS, GYRO), "ask for the settings of the gyroscope", required=False),
            *ASK,
        )

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """At the nearest rate there is. A stream left running is stopped first: its factor was told to others."""
        choices = _SENSE if self.has_gyro else _H10
        self._in_sdk_mode = bool(self.has_gyro) and self._has_sdk_mode and rate_hz > max(_SENSE[ACC].rates_hz)
        steps = [_stop(kind) for kind in choices]
        if self._in_sdk_mode:
            steps.append(_order((START, SDK_MODE), "switch SDK mode on"))
        # The gyroscope first: where it is refused, acceleration is known to be alone before its first sample.
        return (*steps, *(self._begin(kind, choices[kind], rate_hz) for kind in sorted(choices, reverse=True)))

    def stop(self) -> tuple[Step, ...]:
        """Always to be done: a sensor that streams on is empty by tomorrow."""
        steps: list[Step] = [_stop(kind) for kind in (_SENSE if self.has_gyro else _H10)]
        if self._in_sdk_mode:
            steps.append(_order((STOP, SDK_MODE), "switch SDK mode off", required=False))
        return (*steps, Unsubscribe(DATA), Unsubscribe(CONTROL))

    def link_lost(self) -> None:
        """Nothing is half received, and factors hold until the next start tells them again."""

    def _begin(self, kind: int, choice: Choice, rate_hz: float) -> Write:
        said = self._settings.get(kind, {})
        rates_hz = _SDK_RATES_HZ if self._in_sdk_mode else said.get(RATE) or choice.rates_hz
        rate = min(rates_hz, key=lambda hz: abs(hz - rate_hz))
        ranges = said.get(RANGE) or (choice.range,)
        values = {RANGE: choice.range if choice.range in ranges else max(ranges), RATE: rate}
        values |= {setting: said.get(setting, (value,))[-1] for setting, value in choice.others}
        self._step_us[kind] = 1e6 / max(rate, 1)
        wanted = b"".join(bytes((t, 1)) + v.to_bytes(_SETTING_BYTES[t], "little") for t, v in values.items())
        return _order((START, kind), f"start {_NAMES[kind]} at {rate} Hz", wanted, required=kind == ACC)

    # --- frames -------------------------------------------------------------------------------------------------------

    def _frame(self, data: bytes) -> tuple[Reading | Refusal, ...]:
        if len(data) <= HEADER.size:
            return (Refusal(f"{len(data)} bytes cannot be a frame"),)
        kind, last_ns, frame = HEADER.unpack_from(data)
        if kind not in (ACC, GYRO):
            return ()
        layout = self._layouts.get((kind, frame))
        if layout is None:
            return (Refusal(f"unknown frame type 0x{frame:02x} of {_NAMES[kind]}"),)
        try:
            payload = _samples((kind, frame), data[HEADER.size :])
        except ValueError as wrong:
            return (Refusal(str(wrong)),)
        if self.has_gyro is None:  # a sensor with a gyroscope compresses, an H10 does not
            self.has_gyro = bool(frame & COMPRESSED)
        n = len(payload) // layout.sample_bytes
        return (Reading(layout=layout, payload=payload, n=n, last_us=last_ns / 1000, step_us=self._step_us.get(kind)),)

    # --- the control point --------------------------------------------------------------------------------------------

    def _control(self, data: bytes) -> tuple[Answered | Clue | Refusal, ...]:
        if data[:1] == bytes((FEATURES,)) and len(data) >= 3:
            if self.has_gyro is None:
                self.has_gyro = bool(data[1] & 1 << GYRO)
            self._has_sdk_mode = bool(data[2] & 0x02)
            streams = [_NAMES[kind] for kind in (ACC, GYRO) if data[1] & 1 << kind]
            return (Clue("streams", " and ".join(streams) or "none that tells motion"),)
        if data[:1] != bytes((ANSWER,)):
            return ()
        if len(data) < 4:
            return (Refusal("an answer without a status"),)
        _, operation, kind, status = data[:4]
        if status == _DONE and kind in (ACC, GYRO):
            settings = _settings(data[5:])
            if operation == GET_SETTINGS:
                self._settings[kind] = settings
            elif operation == START and FACTOR in settings:
                self._scale(kind, _FACTOR.unpack(settings[FACTOR][0].to_bytes(4, "little"))[0])
        accepted = status == _DONE or (status == _ALREADY and operation != GET_SETTINGS)
        if (operation, kind) == (START, GYRO) and not accepted:
            self.has_gyro = False
        words = _STATUS[status] if status < len(_STATUS) else f"status {status}"
        what = f"{_VERBS.get(operation, 'operation')} {_NAMES.get(kind, f'measurement {kind}')}"
        return (Answered(accepted, f"{what}: {words}"),)

    def _scale(self, kind: int, factor: float) -> None:
        if 0.0 < factor < _LARGEST_FACTOR:
            keys = [key for key in FORMATS if key[0] == kind and key[1] & COMPRESSED]
            self._layouts |= {key: _layout(key, factor) for key in keys}


class ModelPairing(Pairing):
    """Pairs the two streams of a Verity Sense; what an H10 sends goes on as it is.

    Which of them it is, is settled with the first acceleration: what is said later does not move the timeline.
    """

    def __init__(self, decoder: PolarDecoder) -> None:
        super().__init__()
        self._decoder = decoder
        self._settled: bool | None = None

    def _has_gyro(self, part: Part) -> bool:
        if self._settled is None and part == "acc":
            self._settled = bool(self._decoder.has_gyro)
        return bool(self._decoder.has_gyro) if self._settled is None else self._settled

    def feed(self, t_s: Array, acc_g: Array | None, gyr_dps: Array | None) -> list[ImuBlock | Gap]:
        """Samples of one of the two streams; what can be told now."""
        if self._has_gyro("gyr" if acc_g is None else "acc"):
            return super().feed(t_s, acc_g, gyr_dps)
        if acc_g is None:
            return []
        self._zero_s = float(t_s[0]) if self._zero_s is None else self._zero_s
        return [ImuBlock(t_s - self._zero_s, acc_g)]

    def feed_all(self, stretches: Sequence[Samples]) -> list[ImuBlock | Gap]:
        """As ``feed`` of each in turn."""
        if self._has_gyro("acc" if any(acc_g is not None for _, acc_g, _ in stretches) else "gyr"):
            return super().feed_all(stretches)
        return [piece for samples in stretches for piece in self.feed(*samples)]

    def interrupt(self, gap: Gap, part: Part) -> list[ImuBlock | Gap]:
        """Samples of this stream are missing."""
        if self._has_gyro(part):
            return super().interrupt(gap, part)
        return [self._from_zero(gap)] if part == "acc" else []


def driver() -> Driver:
    """A fresh driver of this family."""
    decoder, origin = PolarDecoder(), Origin()
    acc, gyr = (DeviceTimeline(None, PROFILE.default_hz, origin) for _ in range(2))
    return Driver(decoder, acc, gyr, ModelPairing(decoder))


def _layout(key: tuple[int, int], factor: float) -> Layout:
    form, is_acc = FORMATS[key], key[0] == ACC
    scale = form.unit * factor
    return Layout(form.dtype, 3, 0, None, acc_g=scale) if is_acc else Layout(form.dtype, 3, None, 0, gyr_dps=scale)


def _is_common(data: bytes) -> bool:
    """Whether this is a frame of the kinds that are unpacked together."""
    if len(data) <= HEADER.size:
        return False
    form = FORMATS.get((data[0], data[HEADER.size - 1]))
    return form is not None and form.reference_bits == 16


def _samples(key: tuple[int, int], content: bytes) -> bytes:
    """The samples of a frame as its format's dtype has them. Raises ValueError, saying what is wrong."""
    form = FORMATS[key]
    if form.reference_bits:
        samples = unpack(content, form.reference_bits)
        if form.dtype == "<f4":  # the differences are those of the bit patterns
            values = samples.astype(np.uint32).view(np.float32)
            if not hypot(*values.ravel().tolist()) < _LARGEST_VALUE:  # so it is if one of them is not a number
                raise ValueError("it holds numbers that cannot be")
            return values.tobytes()
        narrow = samples.astype(np.int16)
        if (narrow != samples).any():
            raise ValueError("its differences lead out of the 16 bits of a sample")
        return narrow.tobytes()
    sample_bytes = 9 if key[1] == _INT24 else 3 * np.dtype(form.dtype).itemsize
    if len(content) % sample_bytes:
        raise ValueError(f"{len(content)} bytes cannot be whole samples")
    if key[1] == _INT24:
        high = np.zeros((len(content) // 3, 4), np.uint8)
        high[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        return (high.view(np.dtype("<i4")) >> 8).tobytes()
    return content


def _settings(parameters: bytes) -> dict[int, tuple[int, ...]]:
    """Type of setting -> its values, as far as they can be read."""
    found: dict[int, tuple[int, ...]] = {}
    at = 0
    while at + 2 <= len(parameters):
        setting, count = parameters[at], parameters[at + 1]
        at += 2
        size = _SETTING_BYTES[setting] if setting < len(_SETTING_BYTES) else 0
        if not size or not count or at + count * size > len(parameters):
            break
        found[setting] = tuple(
            int.from_bytes(parameters[i : i + size], "little") for i in range(at, at + count * size, size)
        )
        at += count * size
    return found


def _order(what: tuple[int, int], meaning: str, parameters: bytes = b"", *, required: bool = True) -> Write:
    return Write(CONTROL, bytes(what) + parameters, meaning, answer_within_s=_ANSWER_S, required=required)


def _stop(kind: int) -> Write:
    return _order((STOP, kind), f"stop {_NAMES[kind]}", required=False)
