"""``python -m tests.bluetooth_vm OUT``: the scene in the guest, while our program is being loaded beside it."""

import asyncio
import sys
from pathlib import Path

from tests.bluetooth_vm.programs import Programs

out = Path(sys.argv[1])
programs = Programs(out)
programs.begin_loading()

from tests.bluetooth_vm.scene import scene  # noqa: E402 - takes its time, too

asyncio.run(scene(programs, out))
