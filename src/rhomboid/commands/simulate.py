"""``rhomboid simulate``: a second Bluetooth adapter as the sensor, for developers and for trying things."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.options import Seed
from rhomboid.errors import DataError, UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.simulation.sensor import SimulatedSensor


def simulate(
    transport: Annotated[
        str, typer.Option("--transport", help="The adapter, as bumble names it: usb:0, hci-socket:1 ...")
    ] = "usb:0",
    sensor: Annotated[str, typer.Option("--sensor", metavar="FAMILY", help="rhomboid or witmotion.")] = "rhomboid",
    script: Annotated[str, typer.Option("--script", help="What the simulated wearer does.")] = "rows",
    seed: Seed = 1,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="HZ", help="Samples a second.", min=20.0, max=200.0)
    ] = None,
    mtu: Annotated[int, typer.Option("--mtu", help="The largest that it agrees to.", min=23, max=517)] = 247,
) -> None:
    """Be the sensor: advertise, take a connection and stream the simulated wearer. Ctrl-C ends it.

    It takes the adapter for itself; scan and connect from another machine, or with another adapter. The wearer begins
    when somebody starts the stream, and begins anew after a stop.

    Example: rhomboid simulate --transport usb:0 --script squeezes
    """
    from rhomboid.simulation.sensor import SimulatedSensor

    simulated = SimulatedSensor(script, seed, family=sensor, rate_hz=rate)
    try:
        import rhomboid.simulation.peripheral  # noqa: F401 - tells whether bumble is there
    except ImportError as error:
        raise UsageError(
            f"being the sensor needs {error.name}, which is not installed", do="run: pip install 'rhomboid[simulate]'"
        ) from error
    asyncio.run(_serve(simulated, transport, mtu))


async def _serve(sensor: SimulatedSensor, transport: str, mtu: int) -> None:
    from bumble.transport import open_transport

    from rhomboid.simulation.firmware import firmware_for
    from rhomboid.simulation.peripheral import Peripheral, static_address

    firmware, address = firmware_for(sensor), static_address(sensor.seed)
    try:
        link = await open_transport(transport)
    except Exception as error:  # whatever the library below it raises: libusb, sockets, a name it does not know
        raise DataError(
            f"the adapter {transport} cannot be used ({type(error).__name__}: {error})",
            do="name another with --transport, and stop what holds it (on Linux: btmgmt --index 1 power off)",
        ) from error
    async with link:
        peripheral = Peripheral(firmware, link.source, link.sink, address, largest_mtu=mtu, tell=_tell)
        await peripheral.start()
        _tell(f"{firmware.name} at {address}: {sensor.script} at {sensor.rate_hz:g} Hz; Ctrl-C ends it")
        await link.source.terminated


def _tell(text: str) -> None:
    typer.echo(harmless(text))
