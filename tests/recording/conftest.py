"""Packets as a sensor would send them, and a small recording of them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from rhomboid.imu import Notification
from rhomboid.recording.layout import About
from rhomboid.recording.writer import RecordingWriter

SAMPLES_UUID = "5f1c0001-7a3e-4b52-9c61-0e6a7d1f2b30"
BATTERY_UUID = "00002a19-0000-1000-8000-00805f9a34fb"


@pytest.fixture
def about() -> About:
    return About(family="stream", started_at="2026-02-03T04:05:06+01:00", sensor_name="a sensor", seed=7)


@pytest.fixture
def packets() -> list[Notification]:
    """Four seconds at 12.5 Hz, and the battery every two seconds, at slightly uneven times."""
    made = []
    for i in range(50):
        host_ns = 5_000_000_000 + i * 80_000_000 + (i * 7919 % 13) * 1_000_000
        made.append(
            Notification(host_ns, SAMPLES_UUID, struct.pack("<I6h", i, *((i * k * 37) % 251 for k in range(6))))
        )
        if i % 25 == 0:
            made.append(Notification(host_ns + 1, BATTERY_UUID, bytes([100 - i // 25])))
    return made


@pytest.fixture
def recording_path(tmp_path: Path, about: About, packets: list[Notification]) -> Path:
    path = tmp_path / "small.mcap"
    with RecordingWriter(path, about) as writer:
        for packet in packets:
            writer.write_notification(packet)
    return path
