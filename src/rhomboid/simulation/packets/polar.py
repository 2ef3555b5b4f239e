"""Compressed Polar frames from the sensor's side: a Verity Sense that sends acceleration and angular velocity."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from rhomboid.imu import Array
from rhomboid.sensors.polar import (
    ACC,
    ANSWER,
    CHANNELS,
    CONTROL,
    DATA,
    FACTOR,
    FEATURES,
    GET_SETTINGS,
    GYRO,
    HEADER,
    RANGE,
    RATE,
    RESOLUTION,
    START,
)

ACC_RANGE_G, GYR_RANGE_DPS = 8, 2000
ACC_FRAME, GYR_FRAME = 0x81, 0x80
# What a count is: mg and deg/s.
FACTORS = {ACC: ACC_RANGE_G * 1000 / 32768, GYRO: GYR_RANGE_DPS / 32768}
PACKETS_A_SECOND = 2
FROM_2000_TO_2019_NS = (19 * 365 + 5) * 86400 * 10**9
LATEST_BOOT_NS = 1 << 58  # nine years
SAMPLES_A_BLOCK = 8
_STREAMS, _SDK_MODE = 0x6E, 0x02  # pulse, acceleration, intervals, angular velocity, field


class Encoder:
    """A Verity Sense: half a second in a frame, of either stream. ``boot_seed``: where its clock begins after 2019."""

    FAMILY = "polar"

    def __init__(self, rate_hz: float, boot_seed: int) -> None:
        self.samples_a_packet = max(1, round(rate_hz / PACKETS_A_SECOND))
        self._rate_hz = round(rate_hz)
        self._first_ns = FROM_2000_TO_2019_NS + boot_seed % LATEST_BOOT_NS

    def opening(self) -> list[tuple[str, bytes]]:
        """What it has, what can be chosen, and that both streams have started, with their factors."""
        said = [bytes((FEATURES, _STREAMS, _SDK_MODE)) + bytes(14)]
        for kind, full_scale in ((ACC, ACC_RANGE_G), (GYRO, GYR_RANGE_DPS)):
            chosen = struct.pack("<BBHBBHBBH", RATE, 1, self._rate_hz, RESOLUTION, 1, 16, RANGE, 1, full_scale)
            said.append(bytes((ANSWER, GET_SETTINGS, kind, 0, 0)) + chosen + bytes((CHANNELS, 1, 3)))
        for kind, factor in FACTORS.items():
            said.append(bytes((ANSWER, START, kind, 0, 0)) + struct.pack("<BBf", FACTOR, 1, factor))
        return [(CONTROL, data) for data in said]

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """The samples, (n, 3) each, as a frame of acceleration and one of angular velocity."""
        last_ns = self._first_ns + round(last_s * 1e9)
        frames = ((ACC, ACC_FRAME, acc_g * 1000), (GYRO, GYR_FRAME, gyr_dps))
        return [
            (DATA, HEADER.pack(kind, last_ns, frame) + compressed(_counts(values / FACTORS[kind])))
            for kind, frame, values in frames
        ]


def compressed(counts: npt.NDArray[np.int16]) -> bytes:
    """The first of the samples (n, 3), then the differences in blocks, each of as many bits as it needs."""
    content: bytes = counts[0].astype("<i2").tobytes()
    deltas = np.diff(counts.astype(np.int64), axis=0)
    for at in range(0, len(deltas), SAMPLES_A_BLOCK):
        block = deltas[at : at + SAMPLES_A_BLOCK]
        values = [int(v) for v in block.ravel()]
        width = max((v if v >= 0 else ~v).bit_length() for v in values) + 1
        bits = sum((v & (1 << width) - 1) << i * width for i, v in enumerate(values))
        content += bytes((width, len(block))) + bits.to_bytes((width * len(values) + 7) // 8, "little")
    return content


def _counts(values: Array) -> npt.NDArray[np.int16]:
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)
