"""``rhomboid doctor``: what ten seconds of the real link show, measured, and a verdict in words."""

from __future__ import annotations

import asyncio
import math
import platform
import statistics

import msgspec

from rhomboid import __version__
from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.link.host_clock import host_ns
from rhomboid.link.live import Wanted
from rhomboid.link.radio import Radio
from rhomboid.link.setup import Setup
from rhomboid.link.trouble import LinkTrouble
from rhomboid.sensors import driver_for

MEASURE_S = 10.0
RATE_OFF, LOSS_SEEN, LATE_S = 0.05, 0.005, 0.15
"""A rate off by more, more lost samples, and packets later than that are worth a word."""

PERMISSIONS = {
    "Linux": "your user must be allowed to use BlueZ over D-Bus (on most systems: be logged in at the machine)",
    "Darwin": "System Settings, Privacy & Security, Bluetooth: allow the terminal program",
    "Windows": "Settings, Privacy & security, and Bluetooth & devices: let desktop programs use Bluetooth",
}


class Checkup(msgspec.Struct, kw_only=True):
    """What was found; None where it could not be measured."""

    version: str = __version__
    system: str = msgspec.field(default_factory=platform.platform)
    bluetooth: str = "not tried"
    """"works", or what is wrong with it."""
    permission: str = msgspec.field(default_factory=lambda: PERMISSIONS.get(platform.system(), ""))
    sensor: str = ""
    family: str = ""
    told: dict[str, str] = msgspec.field(default_factory=dict)
    """What the sensor says of itself: firmware, model."""
    battery_percent: int | None = None
    asked_hz: float | None = None
    achieved_hz: float | None = None
    packets: int = 0
    lost_share: float | None = None
    """Of the samples, 0..1, as far as the sensor lets losses be seen."""
    refused_packets: int = 0
    jitter_ms: float | None = None
    """Standard deviation of arrival against the sensor's time."""
    latest_ms: float | None = None
    """The packet that came latest, against the earliest."""
    skew_ppm: float | None = None
    """The sensor's clock against this computer's; ten seconds tell it to some hundred ppm."""
    trouble: str = ""
    verdict: str = ""


async def examine(radio: Radio, wanted: Wanted, rate_hz: float | None = None, for_s: float = MEASURE_S) -> Checkup:
    """Connects, streams for ``for_s``, releases the sensor and says what was found; trouble is told, not raised."""
    driver, probe = driver_for(wanted.family), driver_for(wanted.family)
    found = Checkup(
        bluetooth="works", sensor=wanted.name or wanted.address, family=driver.family,
        asked_hz=rate_hz or driver.profile.default_hz,
    )  # fmt: skip
    heard: list[Notification] = []
    lost = asyncio.Event()

    def on_data(characteristic: str, data: bytes) -> None:
        heard.append(Notification(host_ns(), characteristic, data))

    try:
        connection = await radio.connect(wanted.address, lost.set)
        setup = Setup(connection, probe, on_data)
        try:
            await setup.start(found.asked_hz or 0.0)
            await asyncio.wait({asyncio.ensure_future(lost.wait())}, timeout=for_s)
            found.battery_percent = setup.battery.percent if setup.battery else None
            found.told = setup.clues
            if not lost.is_set():
                await setup.stop()
        finally:
            await connection.close()
    except LinkTrouble as trouble:
        found.trouble = trouble.words + (f" ({trouble.detail})" if trouble.detail else "")
    _measure(found, heard)
    found.verdict = verdict(found)
    return found


def _measure(found: Checkup, heard: list[Notification]) -> None:
    driver = driver_for(found.family)
    samples, missing_s, first_s, last_s = 0, 0.0, math.nan, math.nan
    late_s: list[float] = []
    for notification in heard:
        for piece in driver.feed(notification):
            if isinstance(piece, ImuBlock):
                first_s = float(piece.t_s[0]) if math.isnan(first_s) else first_s
                last_s = float(piece.t_s[-1])
                samples += len(piece)
                late_s.append(notification.host_ns * 1e-9 - last_s)
            elif isinstance(piece, Gap):
                missing_s += piece.end_s - piece.start_s
    found.packets = len(late_s)
    found.refused_packets = driver.refused
    if samples < 2 or not last_s > first_s:
        return
    found.achieved_hz = (samples - 1) / (last_s - first_s - missing_s) if last_s - first_s > missing_s else None
    found.lost_share = missing_s / (last_s - first_s)
    found.jitter_ms = 1e3 * statistics.pstdev(late_s)
    found.latest_ms = 1e3 * (max(late_s) - min(late_s))
    half = len(late_s) // 2
    if half >= 20:
        found.skew_ppm = 1e6 * (min(late_s[half:]) - min(late_s[:half])) / ((last_s - first_s) / 2)


def verdict(found: Checkup) -> str:
    """The one sentence that matters most."""
    if found.trouble:
        return found.trouble
    if not found.packets:
        return "connected, but no samples came; switch the sensor off and on, and check its kind with --sensor"
    if found.battery_percent is not None and found.battery_percent <= 10:
        return f"the battery is at {found.battery_percent} %; charge it"
    if found.lost_share is not None and found.lost_share > LOSS_SEEN:
        return f"{100 * found.lost_share:.1f} % of the samples were lost; bring the sensor nearer, away from the body"
    asked, achieved = found.asked_hz, found.achieved_hz
    if asked and achieved and abs(achieved / asked - 1) > RATE_OFF:
        return f"it streams at {achieved:.1f} Hz although {asked:g} Hz were asked for; it works, but check --rate"
    if found.latest_ms is not None and found.latest_ms > 1e3 * LATE_S:
        return f"some packets came {found.latest_ms:.0f} ms late; it works, and counts may lag a little"
    return "all is well"
