"""What ``rhomboid info`` says of a file is so."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from rhomboid.imu import LinkChange, Notification, Request
from rhomboid.info import info_of, report
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.simulation.sensor import SimulatedSensor

from .bowing import HEAD, bows

ROWS = Path(__file__).parents[1] / "recordings" / "rows.mcap"
ABOUT = About(family="rhomboid", started_at="2026-02-03T04:05:06+01:00", sensor_name="mine", sensor_address="AA:BB")


def test_a_whole_recording() -> None:
    info, recording = info_of(ROWS), Recording.open(ROWS)
    assert info.integrity == "whole"
    assert info.duration_s == pytest.approx(recording.duration_s, abs=0.001)
    assert info.sampling_rate_hz == pytest.approx(100.0, abs=0.5)
    assert info.samples == pytest.approx(100.0 * info.duration_s, rel=0.01)
    assert (info.gaps, info.missing_s, info.malformed_packets, info.links_lost, info.requests) == (0, 0.0, 0, 0, 0)
    assert sum(info.packets.values()) == len(list(recording.notifications()))
    assert info.events == Counter(msgspec.json.decode(line)["event"] for line in recording.event_lines())
    assert info.about == recording.about
    assert msgspec.json.decode(msgspec.json.encode(info))["duration_s"] == info.duration_s
    text = report(info)
    assert all(word in text for word in ("rows.mcap", "1:13", "script rows, seed 1", "integrity", "whole"))


def test_losses_requests_notes_and_what_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    packets = list(SimulatedSensor("rows", 1, loss=0.02).notifications())[:600]
    with RecordingWriter(path, ABOUT) as writer:
        for packet in packets[:300]:
            writer.write_notification(packet)
        writer.write_link(LinkChange(packets[299].host_ns, "lost", "dropped", "out of reach"))
        writer.write_request(Request(packets[300].host_ns, "reference"))
        writer.write_notification(Notification(packets[350].host_ns, packets[0].characteristic, b"\xff" * 7))
        for packet in packets[400:]:
            writer.write_notification(packet)
        writer.write_note("felt \x1b[2J good", packets[-1].host_ns)
    path.write_bytes(path.read_bytes()[:-50])
    info = info_of(path)
    assert (info.links_lost, info.requests, info.malformed_packets) == (1, 1, 1)
    assert info.gaps >= 3 and info.missing_s > 5.0
    assert info.samples == 5 * 500
    assert info.notes == ["felt \x1b[2J good"]
    assert "index at the end is missing" in info.integrity
    text = report(info)
    assert "mine (rhomboid) AA:BB" in text and "+01:00" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_the_skew_of_the_clocks_is_found(tmp_path: Path) -> None:
    """The sensor's crystal is off by a known part in a million."""
    sensor = SimulatedSensor("upright", 1, rate_hz=25.0)
    path = tmp_path / "a.mcap"
    with RecordingWriter(path, ABOUT) as writer:
        for packet in sensor.notifications():
            writer.write_notification(packet)
    assert info_of(path).clock_skew_ppm == pytest.approx(-(sensor._clock - 1.0) * 1e6, abs=4.0)


def test_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "bowing.csv"
    path.write_text("\n".join([HEAD, *bows()]))
    info = info_of(path)
    assert info.duration_s == pytest.approx(19.98)
    assert info.sampling_rate_hz == pytest.approx(50.0)
    assert info.about is None and info.events == {} and math.isfinite(info.missing_s)
    assert "sensor" not in report(info)
