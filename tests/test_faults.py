"""The quick part of ``make faults``: each must keep the promise that is checked there, whatever luck says."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the faults are injected as Linux has them", allow_module_level=True)

from benchmarks.faults import browser, files, links, machine
from benchmarks.faults.__main__ import row
from benchmarks.faults.program import Fault

QUICK = [
    links.suspended,
    files.truncated,
    files.foreign,
    files.future_database,
    files.past_database,
    files.future_settings,
    files.past_settings,
    files.kept_of_another_version,
    files.future_recording,
    machine.no_handles,
    browser.floods,
]


@pytest.mark.parametrize("fault", QUICK, ids=lambda fault: fault.__name__)
def test_a_fault_costs_no_more_than_it_may(fault: Fault, tmp_path: Path) -> None:
    line, met = row("", 1, [fault(tmp_path, random.Random(0))], [])  # noqa: S311
    assert met, line
