"""What a family of sensors is, can and cannot: how it shows itself in advertising, its rates, its clock. Data only."""

from __future__ import annotations

from typing import Literal

import msgspec


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """How a sensor shows itself in advertising. All in lower case; a name counts where it begins so."""

    services: tuple[str, ...] = ()
    """128-bit UUIDs that say it for certain."""
    names: tuple[str, ...] = ()
    """Beginnings of the advertised name."""
    companies: tuple[int, ...] = ()
    """Company identifiers in the manufacturer data; they only strengthen a name, for a company sells other things."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``rhomboid sensors``."""

    family: str
    """The word that forces this driver: lower case, letters, digits and hyphens."""
    title: str
    models: tuple[str, ...]
    signs: Signs
    rates_hz: tuple[float, ...]
    """Sampling rates that can be asked for, rising."""
    default_hz: float
    """What is asked for unless the user says otherwise: the nearest to 100 Hz that the radio carries well."""
    acc_range_g: float
    gyr_range_dps: float | None
    """None: it has no gyroscope."""
    clock: Literal["sample index and device time", "device time", "arrival time"]
    loss: Literal["counted", "from the clock", "suspected"]
    """How lost samples are known: from a counter, from the device's clock, or not for sure."""
    battery: str
    """How its level is learned, in words; "no" if it is not."""
    needs_mtu: int = 23
    pairing: Literal["no", "maybe", "yes"] = "no"
    tested_with: str
    """Honestly: "packets of real devices", "vendor's test vectors", "specification only", "simulation" and the like."""
    limits: str = ""
    """What it cannot do, or does not tell, in words; empty if nothing is missing."""
