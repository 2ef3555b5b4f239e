"""The settings as a list of options, each with its value, meaning and bounds, and what changing one gives."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from rhomboid.errors import UsageError
from rhomboid.settings_file import UserSettings

UNITS = {"deg": "°", "s": "s", "percent": "%"}


class Option(NamedTuple):
    """One option. ``choices`` are all values it can have, where they are few."""

    group: str
    name: str
    value: Any
    default: Any
    words: str
    bounds: str
    choices: tuple[Any, ...]

    @property
    def label(self) -> str:
        """Its name as people read it, with the unit behind."""
        words, _, unit = self.name.rpartition("_")
        return f"{words} ({UNITS[unit]})".replace("_", " ") if unit in UNITS else self.name.replace("_", " ")


def options(settings: UserSettings) -> list[Option]:
    """All of them, group by group in the order of the file."""
    found = []
    for group in groups(settings):
        values, defaults = getattr(settings, group), getattr(UserSettings(), group)
        for name, schema in _schema(type(values)).items():
            low, high = schema.get("minimum"), schema.get("maximum")
            found.append(
                Option(
                    group=group,
                    name=name,
                    value=getattr(values, name),
                    default=getattr(defaults, name),
                    words=schema.get("description", ""),
                    bounds="" if low is None or high is None else f"{low:g} to {high:g}",
                    choices=(False, True) if schema.get("type") == "boolean" else tuple(schema.get("enum", ())),
                )
            )
    return found


def groups(settings: UserSettings) -> list[str]:
    """The names of the groups of options."""
    return [name for name in settings.__struct_fields__ if isinstance(getattr(settings, name), msgspec.Struct)]


def changed(settings: UserSettings, option: Option, value: Any) -> UserSettings:
    """The settings with another value of this option. Raises UsageError that says what it may be."""
    told = msgspec.to_builtins(settings)
    told[option.group][option.name] = value
    try:
        return msgspec.convert(told, UserSettings)
    except msgspec.ValidationError:
        allowed = option.bounds or ", ".join(map(shown, option.choices)) or f"something like {shown(option.default)}"
        what = f"{option.label} cannot be {value!s:.40}"
        raise UsageError(what, do=f"give {allowed}") from None


def read(option: Option, text: str) -> Any:
    """What somebody typed, as a value; whether it is allowed shows when it is set."""
    if isinstance(option.default, str):
        return text.strip()
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return text.strip()
    return int(number) if isinstance(option.default, int) and number.is_integer() else number


def shown(value: Any) -> str:
    """A value as people read it."""
    return ("off", "on")[value] if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _schema(group: type[msgspec.Struct]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.schema(group)["$defs"][group.__name__]["properties"]
    return found
