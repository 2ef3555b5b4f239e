"""``python -m tests.bluetooth_vm OUT``: the scene in the guest, as a module that its forks do not load again."""

import asyncio
import sys
from pathlib import Path

from tests.bluetooth_vm.scene import scene

asyncio.run(scene(Path(sys.argv[1])))
