"""rhomboid: repetitions, holds and slouching from one inertial sensor between the shoulder blades.

Importing this package is cheap: it loads no Bluetooth, screen or signal library. Import the room you need, e.g.
``rhomboid.motion.pipeline`` or ``rhomboid.recording``.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rhomboid")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
