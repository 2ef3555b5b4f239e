"""The Movella DOT from the sensor's side: mode 21, one sample a packet (firmware_protocol/formats/dot.md)."""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.sensors.dot import BATTERY, MEDIUM, OUTPUT_RATE, OUTPUT_RATE_AT, SETTINGS, SETTINGS_BYTES
from rhomboid.sensors.layout import G_M_S2

PADDING = bytes(12)
_WRAP_US = 1 << 32


class Encoder:
    """A DOT that measures at ``rate_hz``; ``boot_seed`` says where its clock stands when the simulation begins."""

    FAMILY = "dot"
    ACC_RANGE_G, GYR_RANGE_DPS = 16.0, 2000.0
    samples_a_packet = 1

    def __init__(self, rate_hz: float, boot_seed: int) -> None:
        self._rate_hz = rate_hz
        self._boot_us = boot_seed * 2_654_435_761 % _WRAP_US  # spreads neighbouring seeds over the clock's whole round

    def opening(self) -> list[tuple[str, bytes]]:
        """What it says when asked, before it measures: its settings and its battery, 87 % and not charging."""
        settings = bytearray(SETTINGS_BYTES)
        OUTPUT_RATE.pack_into(settings, OUTPUT_RATE_AT, round(self._rate_hz))
        return [(SETTINGS, bytes(settings)), (BATTERY, bytes((87, 0)))]

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """A packet each for acceleration and angular velocity (n, 3), the last taken at ``last_s``."""
        acc_m_s2 = np.clip(acc_g, -self.ACC_RANGE_G, self.ACC_RANGE_G) * G_M_S2
        gyr = np.clip(gyr_dps, -self.GYR_RANGE_DPS, self.GYR_RANGE_DPS)
        samples = np.hstack((acc_m_s2, gyr)).astype("<f4")
        before_s = np.arange(len(samples) - 1, -1, -1) / self._rate_hz
        device_us = (np.rint((last_s - before_s) * 1e6).astype(np.int64) + self._boot_us) % _WRAP_US
        stamps = device_us.astype("<u4")
        return [
            (MEDIUM, stamp.tobytes() + sample.tobytes() + PADDING)
            for stamp, sample in zip(stamps, samples, strict=True)
        ]
