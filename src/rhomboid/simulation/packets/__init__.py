"""Encoders: what the simulated sensor sends, one file a family, in the bytes a real one would use.

A file holds ``Encoder``, whose ``FAMILY`` is the family of the driver that reads it; nothing else is to be registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Protocol

from rhomboid.errors import UsageError
from rhomboid.imu import Array

BOOT_SEEDS = 1 << 48


class Encoder(Protocol):
    """A sensor of one family that has just been switched on and streams at ``rate_hz``.

    It is made with ``Encoder(rate_hz, boot_seed)``; ``boot_seed``, 0 to ``BOOT_SEEDS`` - 1, stands for what is left to
    chance then: where its clock begins, its boot id.
    """

    samples_a_packet: int
    """How many samples it is given at a time."""

    def opening(self) -> list[tuple[str, bytes]]:
        """(characteristic, data) of what it says before the stream: its answers to settings and the like."""

    def packets(self, first_index: int, acc_g: Array, gyr_dps: Array, last_s: float) -> list[tuple[str, bytes]]:
        """(characteristic, data) of the packets for these samples, (n, 3) each, in sensor axes.

        The last ones of a session may be fewer than ``samples_a_packet``; a sensor that never sends so few sends none.
        ``first_index`` is that of the first of them, ``last_s`` the sensor's own clock at the last, from 0.
        """


def encoder_for(family: str, rate_hz: float, boot_seed: int) -> Encoder:
    """A fresh encoder. Raises UsageError for a family that cannot be simulated."""
    makers = _makers()
    if family not in makers:
        raise UsageError(f"no simulated sensor of the family {family!r}", do=f"there are: {', '.join(makers)}")
    return makers[family](rate_hz, boot_seed)


def families() -> list[str]:
    """What can be simulated."""
    return list(_makers())


@cache
def _makers() -> dict[str, Callable[[float, int], Encoder]]:
    """Family -> class, from every file here."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.Encoder.FAMILY: module.Encoder for module in modules}
