"""Which of the devices in the air is the sensor: heard, judged, and one chosen, never a neighbour's by chance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import msgspec

from rhomboid.errors import DataError, UsageError
from rhomboid.link.live import Wanted
from rhomboid.link.radio import Radio, Seen
from rhomboid.link.trouble import LinkTrouble
from rhomboid.sensors import driver_for, profiles
from rhomboid.sensors.recognition import Match, Unusable, known_unusable, recognise

LOOK_S = 8.0
ENOUGH_S = 2.0
"""After the first match the others in the room get so long to show themselves."""


class Found(msgspec.Struct, frozen=True):
    """A device in the air and what it may be."""

    seen: Seen
    matches: tuple[Match, ...]
    unusable: Unusable | None

    @property
    def confidence(self) -> float:
        """Of the best match, 0..1."""
        return self.matches[0].confidence if self.matches else 0.0

    @property
    def verdict(self) -> str:
        """What it is and why, or why it is nothing, in words."""
        if self.matches:
            return f"{self.matches[0].family}, {self.matches[0].why}"
        if self.unusable is not None:
            return f"{self.unusable.what}; {self.unusable.do}"
        return "not recognised as a sensor; if it is one, name its kind with --sensor"


class Air:
    """What has been heard so far, each device once, the best match first."""

    def __init__(self) -> None:
        self._found: dict[str, Found] = {}
        self._profiles = profiles()

    def hear(self, seen: Seen) -> None:
        """An advertisement; names and services may be spread over several, so what was known is kept."""
        before = self._found.get(seen.address)
        if before is not None:
            seen = _together(before.seen, seen)
        matches = tuple(recognise(seen.advertisement, self._profiles))
        self._found[seen.address] = Found(seen, matches, known_unusable(seen.advertisement))

    @property
    def found(self) -> list[Found]:
        """The surest first, then what is known but cannot be used, then the strongest signal."""

        def order(f: Found) -> tuple[float, bool, int, str]:
            return -f.confidence, f.unusable is None, -f.seen.rssi_dbm, f.seen.address

        return sorted(self._found.values(), key=order)


async def listen(radio: Radio, for_s: float, heard: Callable[[Air], bool] = lambda _: False) -> Air:
    """What is in the air within ``for_s``, or until ``heard`` says enough. Raises DataError without Bluetooth."""
    air = Air()
    try:
        async with asyncio.timeout(for_s), radio.scan() as advertisements:
            async for seen in advertisements:
                air.hear(seen)
                if heard(air):
                    break
    except TimeoutError:
        pass
    except LinkTrouble as trouble:
        raise as_error(trouble) from trouble
    return air


async def choose(
    radio: Radio,
    *,
    device: str | None = None,
    family: str | None = None,
    ask: Callable[[Sequence[Found]], Found] | None = None,
) -> Wanted:
    """The sensor that is meant: the named one, or the only one of the wanted kind, or the one that ``ask`` gives.

    Raises UsageError where nothing tells which of several it is, DataError if there is none or no Bluetooth.
    """
    family = None if family is None else driver_for(family).family
    loop = asyncio.get_running_loop()
    first_at: list[float] = []

    def enough(air: Air) -> bool:
        candidates = _candidates(air.found, device, family)
        if candidates and device is not None:
            return True
        if (candidates or _called(air.found, device)) and not first_at:
            first_at.append(loop.time())
        return bool(first_at) and loop.time() - first_at[0] >= ENOUGH_S

    air = await listen(radio, LOOK_S, enough)
    candidates = _candidates(air.found, device, family)
    if not candidates:
        for unsuitable in _called(air.found, device):
            what, _, do = unsuitable.verdict.partition("; ")
            raise DataError(f"{device!r} is {what}", do=do)
        what = f"no sensor called {device!r}" if device else f"no {family} sensor" if family else "no sensor"
        raise DataError(
            f"{what} is in the air",
            do="switch it on and near, close other programs that hold it, and see rhomboid scan",
        )
    if len(candidates) > 1:
        if ask is None:
            names = ", ".join(f"{f.seen.name} ({f.seen.address})" for f in candidates)
            raise UsageError(f"several sensors are in the air: {names}", do="say which with --device")
        candidates = [ask(candidates)]
    chosen = candidates[0]
    return Wanted(chosen.seen.address, family or chosen.matches[0].family, chosen.seen.name)


def as_error(trouble: LinkTrouble) -> DataError:
    """For the user, where nothing will try again."""
    what, _, do = trouble.words.partition("; ")
    return DataError(what, do=do)


def _candidates(found: Iterable[Found], device: str | None, family: str | None) -> list[Found]:
    if device is not None:
        return [f for f in _called(found, device) if f.matches or family is not None]
    return [f for f in found if f.matches and (family is None or f.matches[0].family == family)]


def _called(found: Iterable[Found], device: str | None) -> list[Found]:
    """Those with this name or address."""
    wanted = (device or "").casefold()
    return [f for f in found if wanted and wanted in (f.seen.address.casefold(), f.seen.advertisement.name.casefold())]


def _together(before: Seen, now: Seen) -> Seen:
    advertisement = msgspec.structs.replace(
        now.advertisement,
        name=now.advertisement.name or before.advertisement.name,
        services=tuple(dict.fromkeys(before.advertisement.services + now.advertisement.services)),
        companies=tuple(dict.fromkeys(before.advertisement.companies + now.advertisement.companies)),
    )
    battery = before.battery_percent if now.battery_percent is None else now.battery_percent
    return msgspec.structs.replace(now, advertisement=advertisement, battery_percent=battery)
