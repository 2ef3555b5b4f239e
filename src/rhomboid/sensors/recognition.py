"""Which family an advertisement belongs to, how sure that is, and why; and what to say of those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rhomboid.sensors.profile import Profile, Signs

SERVICE_SAYS, NAME_SAYS, SHORT_NAME_SAYS, COMPANY_ADDS = 0.95, 0.75, 0.5, 0.15
SHORT_NAME = 3
"""A beginning of so few letters is shared by too many other things."""


class Advertisement(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of itself before anyone connects. UUIDs in full and in lower case."""

    name: str = ""
    services: tuple[str, ...] = ()
    companies: tuple[int, ...] = ()


class Match(msgspec.Struct, frozen=True):
    """A family that may be meant. ``confidence`` 0..1; ``why`` in words."""

    family: str
    confidence: float
    why: str


class Unusable(msgspec.Struct, frozen=True):
    """A device that is known, or looks like a motion sensor, and cannot be used: what it is and what to do."""

    what: str
    do: str


def recognise(advertisement: Advertisement, profiles: Iterable[Profile]) -> list[Match]:
    """The families this may be, the surest first; empty if it looks like none."""
    if known_unusable(advertisement) is not None:
        return []
    found = [m for p in profiles if (m := _match(advertisement, p)) is not None]
    return sorted(found, key=lambda m: (-m.confidence, m.family))


def known_unusable(advertisement: Advertisement) -> Unusable | None:
    """What is to be said of a device that shows motion but has no driver; None if nothing is known of it."""
    for signs, verdict in _UNUSABLE:
        if _services_in_common(advertisement, signs) or _name_begins(advertisement, signs):
            return verdict
    return None


def _match(advertisement: Advertisement, profile: Profile) -> Match | None:
    signs = profile.signs
    if service := _services_in_common(advertisement, signs):
        return Match(profile.family, SERVICE_SAYS, f"it offers the service {service}")
    beginning = _name_begins(advertisement, signs)
    if not beginning:
        return None
    confidence, why = SHORT_NAME_SAYS if len(beginning) <= SHORT_NAME else NAME_SAYS, "by its name"
    if set(advertisement.companies) & set(signs.companies):
        return Match(profile.family, confidence + COMPANY_ADDS, "by its name and its maker's number")
    return Match(profile.family, confidence, why)


def _services_in_common(advertisement: Advertisement, signs: Signs) -> str:
    return next((s for s in advertisement.services if s in signs.services), "")


def _name_begins(advertisement: Advertisement, signs: Signs) -> str:
    name = advertisement.name.casefold()
    return max((n for n in signs.names if name.startswith(n)), key=len, default="")


_UPDATE = "update its firmware with the maker's app to one that offers the sensor data service"
_OPEN = "flash a program that speaks the rhomboid stream, or write a driver: firmware_protocol/add-a-sensor.md"
_UNUSABLE: tuple[tuple[Signs, Unusable], ...] = (
    (
        Signs(names=("wtvb",)),
        Unusable("a WitMotion vibration meter: it sends how strongly things shake, not how they move", "use a WT901"),
    ),
    (
        Signs(services=("0000fdf3-0000-1000-8000-00805f9a34fb", "0000fdf3-0000-1000-8000-00805f9b34fb")),
        Unusable("a Movesense without the sensor data service", _UPDATE),
    ),
    (
        Signs(services=("f000aa80-0451-4000-b000-000000000000",), names=("cc2650 sensortag", "sensortag 2.0")),
        Unusable("a TI SensorTag, whose 10 Hz are too slow for repetitions", "use another sensor"),
    ),
    (
        Signs(services=("00e00000-0001-11e1-9ab4-0002a5d5c51b",), names=("bluenrg-tile", "sensortile")),
        Unusable("an ST board with motion sensors, for which there is no driver yet", _OPEN),
    ),
    (
        Signs(names=("puck.js", "arduino", "nano 33", "xiao", "thingy:53")),
        Unusable("a board that may hold motion sensors, with a program of its own", _OPEN),
    ),
    (
        Signs(services=("00030000-78fc-48fe-8e23-433b3a1942d0",), names=("infinitime",)),
        Unusable("a watch with an open motion service, for which there is no driver yet", _OPEN),
    ),
)
