"""Bluetooth: find the sensor, connect, configure, stream, lose, heal. ``bleak_radio`` alone knows bleak."""
