"""What the commands can be told: options that several share, and what they say as settings of the signal core."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rhomboid.errors import UsageError

if TYPE_CHECKING:
    from rhomboid.motion.settings import Mode, Settings, SlouchSettings
    from rhomboid.settings_file import UserSettings


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
KeepIn = Annotated[
    Path | None,
    typer.Option("--keep-last", help="At the end, write the last 60 s here, for a bug report.", metavar="FILE"),
]
WithIdentity = Annotated[
    bool, typer.Option("--with-identity", help="Leave the sensor's name and address in what is kept.")
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


def second_of(text: str) -> float:
    """Seconds that ``12:30``, ``1:02:03`` or ``90.5`` stand for. Raises UsageError."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or not all(0.0 <= part < math.inf for part in parts):
        raise UsageError(f"{text} is no moment of a recording", do="give m:ss, h:mm:ss or seconds, as in 12:30")
    return sum(part * 60.0**i for i, part in enumerate(reversed(parts)))


def changed(settings: Settings, changes: list[str]) -> Settings:
    """``settings`` with what ``--set`` asks for, such as ``slouch.threshold_deg=15``. Raises UsageError."""
    import msgspec

    from rhomboid.motion.settings import Settings

    fields = msgspec.to_builtins(settings)
    for change in changes:
        path, _, value = change.partition("=")
        *groups, name = path.split(".")
        place = fields
        for group in groups:
            place = place.get(group) if isinstance(place, dict) else None
        if not isinstance(place, dict) or name not in place or isinstance(place[name], dict):
            raise UsageError(f"--set {change} names no setting", do=f"there are: {', '.join(_paths(fields))}")
        try:
            place[name] = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            place[name] = value  # a word
    try:
        settings = msgspec.convert(fields, Settings)
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at ")
        raise UsageError(
            f"--set: {what[:1].lower()}{what[1:]} ({where.strip('`$.')})", do="give another value"
        ) from None
    _endable(settings.slouch)
    return settings


def _paths(fields: dict[str, object], before: str = "") -> list[str]:
    found: list[str] = []
    for name, value in fields.items():
        found += _paths(value, f"{before}{name}.") if isinstance(value, dict) else [before + name]
    return found


def slouch_settings(
    preset: Literal["work", "training"] | SlouchSettings,
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
    base = {"work": WORK, "training": TRAINING}[preset] if isinstance(preset, str) else preset
    slouch = msgspec.structs.replace(base, **{k: v for k, v in changes.items() if v is not None})
    _endable(slouch)
    return slouch


def user_settings(threshold_deg: float | None, delay_s: float | None) -> UserSettings:
    """What the user has set for good, with what the options say for this time. Raises DataError."""
    import msgspec

    from rhomboid.settings_file import load

    chosen = load()
    told = {"threshold_deg": threshold_deg, "delay_s": delay_s}
    desk = msgspec.structs.replace(chosen.desk, **{k: v for k, v in told.items() if v is not None})
    return msgspec.structs.replace(chosen, desk=desk)


def _endable(slouch: SlouchSettings) -> None:
    if slouch.hysteresis_deg >= slouch.threshold_deg:
        what = f"with {slouch.hysteresis_deg:g}° of hysteresis below {slouch.threshold_deg:g}° no slouch would ever end"
        raise UsageError(what, do="give a --slouch-hysteresis smaller than the --slouch-threshold")


def core_settings(
    mode: Mode | None = None,
    slouch: SlouchSettings | None = None,
    *,
    reference: str | None = None,
    forward: AxisName | None = None,
    exercise: str | None = None,
    base: Settings | None = None,
) -> Settings:
    """What the options say, as the signal core wants it; what they leave open is as in ``base``. Raises UsageError."""
    import msgspec

    from rhomboid.motion.settings import Settings

    told = {
        "mode": mode,
        "slouch": slouch,
        "reference_s": None if reference is None else _stretch(reference),
        "forward_axis": None if forward is None else forward.value,
        "exercise": exercise,
    }
    return msgspec.structs.replace(base or Settings(), **{k: v for k, v in told.items() if v is not None})


def _stretch(text: str) -> tuple[float, float]:
    start, _, end = text.partition(":")
    try:
        stretch = float(start), float(end)
    except ValueError:
        stretch = math.nan, math.nan
    if not stretch[0] < stretch[1] < math.inf:
        raise UsageError(f"--reference {text} is not a stretch of time", do="give START:END in seconds, as in 0:30")
    return stretch
