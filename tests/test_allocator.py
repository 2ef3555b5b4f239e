"""What large arrays leave goes back to the system, though something small that stays was made after them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from rhomboid.allocator import give_back_large_arrays, give_back_what_is_free

WORK = """
import numpy as np
from pathlib import Path
from rhomboid.allocator import give_back_large_arrays, give_back_what_is_free

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

{before}
np.ones(1 << 20)  # 8 MB, the largest that is ever freed
before = resident_mb()
large = [np.ones(1 << 17) for _ in range(20)]
small = np.ones(1 << 13)
del large
{after}
print(resident_mb() - before)
"""


def left_mb(before: str = "", after: str = "") -> float:
    work = WORK.format(before=before, after=after)
    return float(subprocess.run([sys.executable, "-c", work], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's own ways")
def test_what_large_arrays_leave_goes_back_to_the_system() -> None:
    assert left_mb() > 15.0, "glibc has other ways by now, and the mend may go"
    assert left_mb(before="give_back_large_arrays()") < 2.0
    assert left_mb(after="give_back_what_is_free()") < 2.0


def test_nothing_happens_where_the_library_has_no_such_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    give_back_large_arrays()
    give_back_what_is_free()
