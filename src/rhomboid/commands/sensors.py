"""``rhomboid sensors`` and ``rhomboid decode``: what is supported, and what captured packets hold."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rhomboid.errors import UsageError, harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rhomboid.sensors.driver import Reading

SHORT_FORM = "0000{}-0000-1000-8000-00805f9b34fb"
"""What a 16-bit short form of a UUID stands for."""


def sensors(
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON array.")] = False,
) -> None:
    """List the sensors that can be used, and what each can and cannot do.

    Example: rhomboid sensors
    """
    import msgspec

    from rhomboid.sensors import profiles
    from rhomboid.tables import table

    known = profiles()
    if as_json:
        typer.echo(msgspec.json.encode(known).decode())
        return
    head = ("sensor", "rates Hz", "gyro", "clock", "loss")
    rows = [
        (
            p.family,
            " ".join(f"{r:g}" for r in p.rates_hz),
            "no" if p.gyr_range_dps is None else "yes",
            p.clock,
            p.loss,
        )
        for p in known
    ]
    typer.echo(table(head, rows))
    for p in known:
        typer.echo(f"\n{p.family}: {', '.join(p.models)}")
        typer.echo(f"  tested with: {p.tested_with}\n  battery: {p.battery}")
        if p.limits:
            typer.echo(f"  limits: {p.limits}")


def decode(
    sensor: Annotated[str, typer.Argument(help="Family or model, as rhomboid sensors lists it.", metavar="SENSOR")],
    characteristic: Annotated[str, typer.Argument(help="The characteristic's UUID.", metavar="CHARACTERISTIC")],
    packets: Annotated[list[str], typer.Argument(help="Captured packets, in hexadecimal.", metavar="HEX...")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a packet, one a line.")] = False,
) -> None:
    """Decode captured packets with the driver of a sensor. A packet that is refused is a line of its own, not an error.

    Example: rhomboid decode witmotion 0000ffe4-0000-1000-8000-00805f9a34fb 5561fcffefff110800000000000098ff0d00f831
    """
    import msgspec

    from rhomboid.sensors import driver_for

    decoder = driver_for(sensor).decoder
    uuid = _uuid(characteristic)
    for data in [_bytes(text) for text in packets]:
        told = _told(decoder.decode(uuid, data))
        sys.stdout.write((msgspec.json.encode(told).decode() if as_json else _in_words(told)) + "\n")


def _told(pieces: Sequence[object]) -> dict[str, Any]:
    """What one packet holds, as the JSON object that is printed."""
    from rhomboid.sensors.driver import Reading, Refusal

    refusals = [p for p in pieces if isinstance(p, Refusal)]
    samples = [s for p in pieces if isinstance(p, Reading) for s in _samples(p)]
    also = [_also(p) for p in pieces if not isinstance(p, Reading | Refusal)]
    if refusals and not samples:
        return {"error": refusals[0].reason}
    return {"samples": samples} | ({"also": also} if also else {})


def _samples(reading: Reading) -> list[dict[str, Any]]:
    acc_g, gyr_dps = reading.layout.arrays(reading.payload)
    step_us = reading.step_us or math.nan
    samples = []
    for i in range(reading.n):
        before_last = reading.n - 1 - i
        t_us = (
            reading.last_us - before_last * step_us if before_last and reading.last_us is not None else reading.last_us
        )
        samples.append(
            {
                "t_sensor_us": t_us if t_us is not None and math.isfinite(t_us) else None,
                "acc_g": None if acc_g is None else acc_g[i].tolist(),
                "gyro_dps": None if gyr_dps is None else gyr_dps[i].tolist(),
            }
        )
    return samples


def _also(piece: object) -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(piece)
    return {"what": type(piece).__name__} | fields


def _in_words(told: dict[str, Any]) -> str:
    if "error" in told:
        return harmless(f"refused: {told['error']}")
    lines = [_sample_in_words(s) for s in told["samples"]]
    lines += [harmless(", ".join(f"{k} {v}" for k, v in a.items())) for a in told.get("also", [])]
    return "\n".join(lines) or "no samples"


def _sample_in_words(sample: dict[str, Any]) -> str:
    def three(values: list[float] | None, unit: str) -> str:
        return "" if values is None else " ".join(f"{v:9.4f}" for v in values) + f" {unit}"

    t_us = sample["t_sensor_us"]
    parts = ("" if t_us is None else f"{t_us:.0f} us", three(sample["acc_g"], "g"), three(sample["gyro_dps"], "deg/s"))
    return "   ".join(p for p in parts if p)


def _uuid(text: str) -> str:
    """The UUID in full; a short form of four digits is one of the Bluetooth SIG's."""
    uuid = text.strip().lower()
    digits = uuid.replace("-", "")
    if not digits or any(c not in "0123456789abcdef" for c in digits) or len(digits) not in (4, 32):
        raise UsageError(f"{text!r} is not a characteristic", do="give its UUID, in full or its four digits")
    if len(digits) == 4:
        return SHORT_FORM.format(digits)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x").replace(":", " "))
    except ValueError:
        raise UsageError(
            f"{text[:40]!r} is not hexadecimal", do="give the packet as pairs of digits, as in 5561fc"
        ) from None
