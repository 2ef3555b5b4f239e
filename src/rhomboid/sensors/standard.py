"""What any sensor may offer beside its own services: the Bluetooth SIG's battery and device information services."""

from __future__ import annotations

BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
"""Of the battery service 180F: u8, per cent; read and mostly notify."""

DEVICE_INFORMATION: dict[str, str] = {
    "00002a29-0000-1000-8000-00805f9b34fb": "manufacturer",
    "00002a24-0000-1000-8000-00805f9b34fb": "model",
    "00002a27-0000-1000-8000-00805f9b34fb": "hardware",
    "00002a26-0000-1000-8000-00805f9b34fb": "firmware",
    "00002a28-0000-1000-8000-00805f9b34fb": "software",
}
"""Of the device information service 180A: text, read. The serial number is left out: nobody needs it."""
