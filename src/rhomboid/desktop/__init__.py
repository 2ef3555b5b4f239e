"""The desk as one lives with it: notifications, pauses while nobody looks, running without a terminal."""
