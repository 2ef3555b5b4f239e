"""rhomboid: repetitions, holds and slouching from one inertial sensor between the shoulder blades.

Importing this package is cheap: it loads no Bluetooth, screen or signal library. The names below are loaded when they
are first asked for; everything else is in its room, e.g. ``rhomboid.events`` or ``rhomboid.sensors``.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rhomboid.analysis import Analysis, analyze
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.motion.settings import Settings
    from rhomboid.recording.reader import Recording

try:
    __version__ = version("rhomboid")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["Analysis", "Pipeline", "Recording", "Settings", "__version__", "analyze"]

_ROOM_OF = {
    "Analysis": "rhomboid.analysis",
    "analyze": "rhomboid.analysis",
    "Pipeline": "rhomboid.motion.pipeline",
    "Settings": "rhomboid.motion.settings",
    "Recording": "rhomboid.recording.reader",
}


def __getattr__(name: str) -> object:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)
