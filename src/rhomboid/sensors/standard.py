"""What sensors of many families say through the standard Bluetooth services: battery level and device information."""

from __future__ import annotations

from rhomboid.sensors.driver import BatteryLevel, Clue
from rhomboid.sensors.steps import Read, Step

BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
_NAMES = {
    "00002a24-0000-1000-8000-00805f9b34fb": "model",
    "00002a26-0000-1000-8000-00805f9b34fb": "firmware",
}
LONGEST_TEXT = 60

ASK: tuple[Step, ...] = tuple(Read(characteristic) for characteristic in (*_NAMES, BATTERY_LEVEL))
"""Steps that read all of them; a sensor without one is as good."""


def told(characteristic: str, data: bytes) -> tuple[BatteryLevel | Clue, ...]:
    """What a value of a standard characteristic says; nothing if it is none of them, or says nothing that can be."""
    if characteristic == BATTERY_LEVEL and data and data[0] <= 100:
        return (BatteryLevel(data[0]),)
    text = readable(data)
    return (Clue(_NAMES[characteristic], text),) if characteristic in _NAMES and text else ()


def readable(data: bytes) -> str:
    """The text a sensor tells, up to its NUL, without anything that a terminal would take for a command."""
    text = data.split(b"\0", 1)[0][:LONGEST_TEXT].decode("ascii", "ignore")
    return "".join(letter for letter in text if letter.isprintable()).strip()
