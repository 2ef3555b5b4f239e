"""WitMotion frames from the sensor's side: 20 bytes each, several in a notification, no clock and no counter."""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.sensors.witmotion import DATA, MOTION, PLAIN

ACC_RANGE_G, GYR_RANGE_DPS = 16.0, 2000.0


class Encoder:
    """A WT901BLE: as many frames a notification as one sends about 25 times a second. Its angles are left at zero."""

    FAMILY = "witmotion"

    def __init__(self, rate_hz: float, boot_seed: int) -> None:
        self.samples_a_packet = max(1, round(rate_hz / 25))
        self.most_bytes = 244
        """That the link carries in one notification: the MTU without the 3 bytes of ATT."""

    def opening(self) -> list[tuple[str, bytes]]:
        """Nothing: it streams as soon as somebody listens."""
        return []

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """The samples, (n, 3) each, as frames of one notification, or of as many as it takes."""
        frames = np.zeros((len(acc_g), PLAIN // 2), "<i2")
        frames[:, 0] = int.from_bytes(MOTION, "little")
        frames[:, 1:4] = np.clip(np.rint(acc_g * (32768 / ACC_RANGE_G)), -32768, 32767)
        frames[:, 4:7] = np.clip(np.rint(gyr_dps * (32768 / GYR_RANGE_DPS)), -32768, 32767)
        step = max(1, self.most_bytes // PLAIN)
        return [(DATA, frames[at : at + step].tobytes()) for at in range(0, len(frames), step)]
