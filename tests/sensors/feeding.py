"""What the tests of the drivers share: feeding them, and what must hold whatever is fed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors.driver import Decoded, Driver, MalformedPacket

Packet = tuple[str, bytes]


def notifications(packets: list[Packet], every_s: float = 0.01) -> list[Notification]:
    """The packets, one after another at this distance."""
    return [Notification(int(i * every_s * 1e9), at, data) for i, (at, data) in enumerate(packets)]


def blocks(pieces: list[Decoded]) -> list[ImuBlock]:
    return [p for p in pieces if isinstance(p, ImuBlock)]


def times(pieces: list[Decoded]) -> Array:
    return np.concatenate([np.empty(0), *(block.t_s for block in blocks(pieces))])


def acc(pieces: list[Decoded]) -> Array:
    return np.concatenate([np.empty((0, 3)), *(block.acc_g for block in blocks(pieces))])


def kinds(pieces: list[Decoded]) -> list[type]:
    return [type(p) for p in pieces]


def no_harm(driver: Callable[[], Driver], packets: list[Packet], good: Packet) -> None:
    """Any packets: no exception, one refusal a packet at most, time that rises; then good ones are taken again."""
    sensor = driver()
    seen: list[Decoded] = []
    for notification in notifications(packets):
        pieces = sensor.feed(notification)
        assert sum(isinstance(p, MalformedPacket) for p in pieces) <= 1
        seen += pieces
    t_s = times(seen)
    assert np.isfinite(t_s).all()
    assert (np.diff(t_s) > 0).all()
    for block in blocks(seen):
        assert np.isfinite(block.acc_g).all()
        assert block.gyr_dps is None or np.isfinite(block.gyr_dps).all()
    for gap in seen:
        assert not isinstance(gap, Gap) or gap.end_s > gap.start_s
    decoder = sensor.decoder
    for _ in range(2):  # the first may still complete what hostile bytes began
        pieces_of_good = decoder.decode(*good)
    assert any(hasattr(piece, "payload") for piece in pieces_of_good), "it does not recover"
    assert sum(len(v) for v in vars(decoder).values() if isinstance(v, bytes | bytearray | list | dict)) < 2000


def raises_nothing_on_other_characteristics(driver: Callable[[], Driver], good: Packet) -> None:
    assert driver().feed(Notification(0, "0000180d-0000-1000-8000-00805f9b34fb", good[1])) == []


def same_samples(
    pieces: list[Decoded], acc_g: Array, gyr_dps: Array | None, *, acc_atol: float, gyr_atol: float
) -> None:
    """The samples are these, to the resolution of the format."""
    assert acc(pieces) == pytest.approx(acc_g, abs=acc_atol)
    if gyr_dps is not None:
        parts = [block.gyr_dps for block in blocks(pieces)]
        assert all(part is not None for part in parts)
        assert np.concatenate(parts) == pytest.approx(gyr_dps, abs=gyr_atol)
