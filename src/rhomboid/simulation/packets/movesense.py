"""Movesense IMU6 messages from the sensor's side: a thirteenth of a second each, in parts of at most 150 bytes."""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.sensors.layout import G_M_S2
from rhomboid.sensors.movesense import (
    ANSWER,
    DATA,
    FIRST_PART,
    HELLO_REF,
    IMU6_REF,
    LAST_PART,
    MESSAGES_A_SECOND,
    PART_BYTES,
)

ACC_RANGE_G, GYR_RANGE_DPS = 8.0, 2000.0
_SAMPLES = (1, 2, 4, 8, 16)


class Encoder:
    """A Movesense with new firmware, subscribed to IMU6. Its clock counts whole milliseconds from ``boot_seed``."""

    FAMILY = "movesense"

    def __init__(self, rate_hz: float, boot_seed: int) -> None:
        self.samples_a_packet = min(_SAMPLES, key=lambda n: abs(n * MESSAGES_A_SECOND - rate_hz))
        self._rate_hz, self._first_ms = rate_hz, boot_seed

    def opening(self) -> list[tuple[str, bytes]]:
        """Its answers to the greeting and to the subscription."""
        names = b"\0".join((b"000000000000", b"Simulated", b"000000000000", b"rhomboid", b"1.0.0"))
        greeting = bytes((ANSWER, HELLO_REF, 1)) + names
        return [(DATA, greeting), (DATA, bytes((ANSWER, IMU6_REF)) + (200).to_bytes(2, "little"))]

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """The samples, (n, 3) each, as the parts of one message; nothing if they do not fill one."""
        if len(acc_g) < self.samples_a_packet:
            return []
        first_ms = self._first_ms + int((last_s - (len(acc_g) - 1) / self._rate_hz) * 1000)
        acc_m_s2 = np.clip(acc_g, -ACC_RANGE_G, ACC_RANGE_G) * G_M_S2
        arrays = (acc_m_s2, np.clip(gyr_dps, -GYR_RANGE_DPS, GYR_RANGE_DPS))
        message = (first_ms % (1 << 32)).to_bytes(4, "little") + b"".join(a.astype("<f4").tobytes() for a in arrays)
        parts = [message[i : i + PART_BYTES] for i in range(0, len(message), PART_BYTES)]
        kinds = range(FIRST_PART, LAST_PART + 1)
        return [(DATA, bytes((kind, IMU6_REF)) + part) for kind, part in zip(kinds, parts, strict=False)]
