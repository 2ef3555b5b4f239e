"""What the commands can be told: options that several share, and what they say as settings of the signal core."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.motion.settings import Mode, Settings, SlouchSettings


class ModeName(StrEnum):
    """How much is known about a recording."""

    set = "set"
    free = "free"
    desk = "desk"


class AxisName(StrEnum):
    """An axis of the sensor, as printed on its case or told by its maker."""

    x, minus_x = "x", "-x"
    y, minus_y = "y", "-y"
    z, minus_z = "z", "-z"


Plain = Annotated[bool, typer.Option("--plain", help="One line an event, no screen: for pipes, logs, screen readers.")]
Demo = Annotated[bool, typer.Option("--demo", help="Use the simulated wearer in place of a sensor.")]
Script = Annotated[str | None, typer.Option("--script", help="What the simulated wearer does.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed is another simulated wearer.", min=0)]
For = Annotated[float | None, typer.Option("--for", metavar="SECONDS", help="Stop by itself after so long.", min=0.1)]
SpeedText = Annotated[str | None, typer.Option("--speed", help="Times real time, or max.", metavar="N|max")]
Reference = Annotated[
    str | None, typer.Option("--reference", metavar="START:END", help="Seconds in which the wearer sat or stood tall.")
]
Forward = Annotated[
    AxisName | None, typer.Option("--forward", help="The sensor's axis that points forward on the body, if known.")
]
Guided = Annotated[bool, typer.Option("--guided", help="Begin with a guided reference: tall, lean forward, return.")]
Threshold = Annotated[
    float | None,
    typer.Option("--slouch-threshold", help="How far is too far.", metavar="DEG", min=1.0, max=89.0),
]
Delay = Annotated[
    float | None, typer.Option("--slouch-delay", help="How long before it is said.", metavar="S", min=0.0, max=3600.0)
]
Hysteresis = Annotated[
    float | None,
    typer.Option("--slouch-hysteresis", help="It ends this far below the threshold.", metavar="DEG", min=0.0, max=89.0),
]
Recovery = Annotated[
    float | None,
    typer.Option("--slouch-recovery", help="For how long, to end it.", metavar="S", min=0.0, max=600.0),
]


def speed_factor(text: str | None, *, default: float = 1.0) -> float:
    """Times real time that ``--speed`` asks for. Raises UsageError."""
    if text is None:
        return default
    if text == "max":
        return math.inf
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0.0 < factor <= 1000.0:
        raise UsageError(f"--speed {text} is not a speed", do="give a number from 0 to 1000, or max")
    return factor


def slouch_settings(
    preset: Literal["work", "training"],
    threshold_deg: float | None,
    delay_s: float | None,
    hysteresis_deg: float | None,
    recovery_s: float | None,
) -> SlouchSettings:
    """The preset with what was set otherwise. Raises UsageError where no slouch could end."""
    import msgspec

    from rhomboid.motion.settings import TRAINING, WORK

    changes = {
        "threshold_deg": threshold_deg, "delay_s": delay_s, "hysteresis_deg": hysteresis_deg, "recovery_s": recovery_s,
    }  # fmt: skip
    base = WORK if preset == "work" else TRAINING
    slouch = msgspec.structs.replace(base, **{k: v for k, v in changes.items() if v is not None})
    if slouch.hysteresis_deg >= slouch.threshold_deg:
        what = f"with {slouch.hysteresis_deg:g}° of hysteresis below {slouch.threshold_deg:g}° no slouch would ever end"
        raise UsageError(what, do="give a --slouch-hysteresis smaller than the --slouch-threshold")
    return slouch


def core_settings(
    mode: Mode = "free",
    slouch: SlouchSettings | None = None,
    *,
    reference: str | None = None,
    forward: AxisName | None = None,
    exercise: str | None = None,
) -> Settings:
    """What the options say, as the signal core wants it. Raises UsageError."""
    from rhomboid.motion.settings import WORK, Settings

    return Settings(
        mode=mode,
        slouch=slouch or WORK,
        reference_s=None if reference is None else _stretch(reference),
        forward_axis=None if forward is None else forward.value,
        exercise=exercise,
    )


def _stretch(text: str) -> tuple[float, float]:
    start, _, end = text.partition(":")
    try:
        stretch = float(start), float(end)
    except ValueError:
        stretch = math.nan, math.nan
    if not stretch[0] < stretch[1] < math.inf:
        raise UsageError(f"--reference {text} is not a stretch of time", do="give START:END in seconds, as in 0:30")
    return stretch
