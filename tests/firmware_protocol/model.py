"""A model of the packetiser in C, made with lists and the Python encoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single


class Model:
    """What rhomboid_stream.h says, with lists."""

    def __init__(self, ring_length: int) -> None:
        self.ring_length = ring_length
        self.seq = 0

    def begin(self, boot_id: int, period_us: int, ranges: int) -> None:
        self.boot_id, self.period_us, self.range = boot_id, period_us, ranges
        self.queue: list[dict[str, Any]] = []
        self.index, self.hole, self.header_due = 0, False, True
        self.header_range, self.header_us = -1, 0

    def ranges(self, ranges: int) -> None:
        self.range = ranges

    def push(self, device_us: int, *counts: int) -> None:
        self.queue.append(
            {"index": self.index, "us": device_us, "counts": counts, "ranges": self.range, "hole": self.hole}
        )
        self.index, self.hole = (self.index + 1) % 2**32, False
        if len(self.queue) > self.ring_length:
            del self.queue[0]
            self.queue[0]["hole"] = True

    def missed(self, samples: int) -> None:
        self.index = (self.index + samples) % 2**32
        self.hole = self.hole or samples > 0

    def announce(self) -> None:
        self.header_due = True

    def packet(self, room: int, at_least: int) -> bytes:
        if not self.queue or room < 20 or (room >= 30 and len(self.queue) < at_least):
            return b""
        first = self.queue[0]
        if room < 30 and not (
            self.header_due
            or first["hole"]
            or first["ranges"] != self.header_range
            or (first["us"] - self.header_us) % 2**32 >= 1_000_000
        ):
            del self.queue[0]
            self.seq += 1
            return pack_single(
                np.array(first["counts"], np.int16), seq=self.seq - 1, index=first["index"], device_us=first["us"]
            )
        n = 0
        while n < min(len(self.queue), (room - 18) // 12, 255):
            if n and (self.queue[n]["hole"] or self.queue[n]["ranges"] != first["ranges"]):
                break
            n += 1
        data = pack(
            np.array([sample["counts"] for sample in self.queue[:n]], np.int16).reshape(n, 6),
            seq=self.seq,
            index=first["index"],
            device_us=self.queue[max(n - 1, 0)]["us"],
            boot_id=self.boot_id,
            period_us=self.period_us,
            acc_range=first["ranges"] >> 4,
            gyr_range=first["ranges"] & 15,
            flags=int(first["hole"]),
        )
        self.seq += 1
        if room < 30:
            self.header_due, first["hole"] = False, False
            self.header_range, self.header_us = first["ranges"], first["us"]
        del self.queue[:n]
        return data
