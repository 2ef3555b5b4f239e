"""``rhomboid scan`` and ``rhomboid doctor``, and how the live commands find their sensor."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rhomboid.errors import DataError, UsageError, harmless

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rhomboid.link.doctor import Checkup
    from rhomboid.link.finding import Air, Found
    from rhomboid.link.live import LiveSource, Wanted
    from rhomboid.link.radio import Radio

Device = Annotated[
    str | None, typer.Option("--device", metavar="NAME|ADDRESS", help="Which sensor; else the one of last time.")
]
Family = Annotated[
    str | None, typer.Option("--sensor", metavar="FAMILY", help="Its kind, where it cannot be recognised.")
]
Rate = Annotated[float | None, typer.Option("--rate", metavar="HZ", help="Samples a second.", min=1.0, max=1000.0)]
Adapter = Annotated[
    str | None, typer.Option("--adapter", metavar="NAME", help="Which Bluetooth adapter (Linux: hci1).")
]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document, for programs and bug reports.")]

SHOW_S = 0.5
NAME_WIDTH, INDENT = 30, 4
NOTHING = "nothing is in the air; switch the sensor on and bring it near"


def scan(
    for_s: Annotated[
        float, typer.Option("--for", metavar="SECONDS", help="How long to listen.", min=0.5, max=3600.0)
    ] = 10.0,
    as_json: AsJson = False,
    adapter: Adapter = None,
) -> None:
    """Show what is in the air, the best match first, and why something is not recognised.

    Example: rhomboid scan --for 5
    """
    import msgspec

    from rhomboid.link.finding import listen

    radio = _radio(adapter)
    live = sys.stdout.isatty() and not as_json
    air = asyncio.run(_listen_aloud(radio, for_s) if live else listen(radio, for_s))
    if as_json:
        typer.echo(msgspec.json.encode([_as_json(f) for f in air.found]).decode())
    elif not live:
        typer.echo(_table(air))


def doctor(
    device: Device = None,
    sensor: Family = None,
    rate: Rate = None,
    adapter: Adapter = None,
    as_json: AsJson = False,
) -> None:
    """Check Bluetooth and the sensor for ten seconds, and say what is wrong and what to do.

    Example: rhomboid doctor
    """
    import msgspec

    from rhomboid.link.doctor import Checkup, examine

    radio = _radio(adapter)
    try:
        wanted = _known(radio, device, sensor)
        if not as_json:
            typer.echo(harmless(f"listening to {wanted.name or wanted.address} for ten seconds ..."), err=True)
        checkup = asyncio.run(examine(radio, wanted, rate))
    except DataError as error:
        checkup = Checkup(bluetooth=error.what, trouble=str(error), verdict=str(error))
    typer.echo(msgspec.json.encode(checkup).decode() if as_json else _report(checkup))
    if checkup.trouble:
        raise typer.Exit(1)


def live_source(device: str | None, sensor: str | None, rate: float | None, adapter: str | None) -> LiveSource:
    """The sensor that is meant, as the source of a session. It is remembered for the next time."""
    # The signal core loads these with its first sample, which takes a second in which no packet could be stamped.
    import scipy.ndimage
    import scipy.signal  # noqa: F401

    from rhomboid.link.live import LiveSource
    from rhomboid.link.remembered import remember
    from rhomboid.sensors import driver_for

    radio = _radio(adapter)
    wanted = _known(radio, device, sensor)
    rates_hz = driver_for(wanted.family).profile.rates_hz
    if rate is not None and rate not in rates_hz:
        known = ", ".join(f"{r:g}" for r in rates_hz)
        raise UsageError(f"a {wanted.family} sensor cannot sample at {rate:g} Hz", do=f"use one of {known}")
    remember(wanted)
    return LiveSource(radio, wanted, rate)


def _known(radio: Radio, device: str | None, sensor: str | None) -> Wanted:
    """The sensor of last time unless another is named, else the one that is in the air."""
    from rhomboid.link.finding import choose
    from rhomboid.link.remembered import remembered

    last = remembered()
    if last is not None and device is None and sensor in (None, last.family):
        return last
    if last is not None and device is not None and device.casefold() in (last.address.casefold(), last.name.casefold()):
        return last
    typer.echo("looking for a sensor ...", err=True)
    ask = _ask if sys.stdin.isatty() and sys.stderr.isatty() else None
    return asyncio.run(choose(radio, device=device, family=sensor, ask=ask))


def _ask(candidates: Sequence[Found]) -> Found:
    for i, found in enumerate(candidates, 1):
        line = f"{i}  {found.seen.name}  {found.seen.address}  {found.seen.rssi_dbm} dBm  {found.verdict}"
        typer.echo(harmless(line), err=True)
    number = 0
    while not 1 <= number <= len(candidates):
        number = typer.prompt(f"which one (1 to {len(candidates)})", type=int, err=True)
    return candidates[number - 1]


def _radio(adapter: str | None) -> Radio:
    from rhomboid.link.bleak_radio import BleakRadio

    return BleakRadio(adapter)


async def _listen_aloud(radio: Radio, for_s: float) -> Air:
    """Listens, and draws the table anew as it grows."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from rhomboid.link.finding import listen

    shown_at = 0.0
    with Live(Text("listening ..."), console=Console(), auto_refresh=False) as screen:

        def heard(air: Air) -> bool:
            nonlocal shown_at
            now = asyncio.get_running_loop().time()
            if now - shown_at >= SHOW_S:
                shown_at = now
                screen.update(_drawn(air), refresh=True)
            return False

        air = await listen(radio, for_s, heard)
        screen.update(_drawn(air), refresh=True)
    return air


def _drawn(air: Air) -> RenderableType:
    """For a terminal, which may be narrow: what it is stands below each device."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    if not air.found:
        return Text(NOTHING)
    names, rule, devices = _columns(air.found)
    verdicts = [Padding(Text(harmless(f.verdict)), (0, 0, 0, INDENT), expand=False) for f in air.found]
    below = [part for device, verdict in zip(devices, verdicts, strict=True) for part in (Text(device), verdict)]
    return Group(Text(names), Text(rule), *below)


def _table(air: Air) -> str:
    """For a pipe: a line for each device."""
    if not air.found:
        return NOTHING
    names, rule, devices = _columns(air.found)
    lines = [f"{device}  {harmless(f.verdict)}" for device, f in zip(devices, air.found, strict=True)]
    return "\n".join([f"{names}  what it is", f"{rule}  ----------", *lines])


def _columns(found: Sequence[Found]) -> tuple[str, str, list[str]]:
    """What was heard: the names of the columns, a rule, and a line for each device. All of it is safe to print."""
    from rhomboid.tables import table

    rows = [
        (
            harmless(f.seen.advertisement.name)[:NAME_WIDTH] or "-",
            "connected" if f.seen.held else f"{f.seen.rssi_dbm} dBm",
            "-" if f.seen.battery_percent is None else f"{f.seen.battery_percent} %",
            "-" if not f.matches else f"{100 * f.confidence:.0f} %",
            f.seen.address,
        )
        for f in found
    ]
    names, rule, *devices = table(("name", "signal", "battery", "sure", "address"), rows).splitlines()
    return names, rule, devices


def _as_json(found: Found) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {"verdict": found.verdict}


def _report(checkup: Checkup) -> str:
    lines = findings(checkup)
    width = max(len(name) for name, _ in lines)
    return "\n".join(harmless(f"{name.ljust(width)}  {value}") for name, value in lines)


def findings(checkup: Checkup) -> list[tuple[str, str]]:
    """What was found, line by line: its name and its value in words."""

    def shown(value: float | None, unit: str, digits: int = 1) -> str:
        return "not measured" if value is None else f"{value:.{digits}f} {unit}"

    lost = None if checkup.lost_share is None else 100 * checkup.lost_share
    return [
        ("Bluetooth", checkup.bluetooth),
        ("sensor", f"{checkup.sensor} ({checkup.family})" if checkup.sensor else "none found"),
        *checkup.told.items(),
        ("battery", "not told" if checkup.battery_percent is None else f"{checkup.battery_percent} %"),
        ("rate", f"{shown(checkup.achieved_hz, 'Hz')} of {shown(checkup.asked_hz, 'Hz', 0)}"),
        ("lost", shown(lost, "%", 2)),
        ("refused packets", str(checkup.refused_packets)),
        ("jitter", shown(checkup.jitter_ms, "ms")),
        ("latest packet", shown(checkup.latest_ms, "ms")),
        ("clock", shown(checkup.skew_ppm, "ppm", 0)),
        ("permission", checkup.permission),
        ("verdict", checkup.verdict),
    ]
