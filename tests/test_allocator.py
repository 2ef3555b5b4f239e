"""What large arrays leave goes back to the system, though something small that stays was made after them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from rhomboid.allocator import give_back_large_arrays

WORK = """
import numpy as np
from pathlib import Path
from rhomboid.allocator import give_back_large_arrays

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if {mended}:
    give_back_large_arrays()
np.ones(1 << 20)  # 8 MB, the largest that is ever freed
before = resident_mb()
large = [np.ones(1 << 17) for _ in range(20)]
small = np.ones(1 << 13)
del large
print(resident_mb() - before)
"""


def left_mb(mended: bool) -> float:
    work = WORK.format(mended=mended)
    return float(subprocess.run([sys.executable, "-c", work], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's own ways")
def test_what_large_arrays_leave_goes_back_to_the_system() -> None:
    assert left_mb(mended=False) > 15.0, "glibc has other ways by now, and the mend may go"
    assert left_mb(mended=True) < 2.0


def test_nothing_happens_where_the_library_has_no_such_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    give_back_large_arrays()
