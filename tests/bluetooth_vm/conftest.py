"""Boots the guest once; every test here looks at what it brought back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rhomboid.recording.reader import Recording
from tests.bluetooth_vm.machine import run_in_guest

WITHIN_S = 290.0
"""With what is installed before and judged after, the whole takes five minutes at most."""


class Evidence:
    """What the guest wrote into ``out``."""

    def __init__(self, out: Path) -> None:
        found = json.loads((out / "evidence.json").read_text(encoding="utf-8"))
        self.out = out
        self.runs: dict[str, dict[str, Any]] = found["runs"]
        self.sensors: dict[str, dict[str, Any]] = found["sensors"]

    def said(self, program: str) -> str:
        """On standard output; it must have ended well."""
        assert self.runs[program]["status"] == 0, (self.out / f"{program}.err").read_text(encoding="utf-8")
        return (self.out / f"{program}.out").read_text(encoding="utf-8")

    def recording(self, program: str) -> Recording:
        """That it wrote."""
        return Recording.open(self.out / f"{program}.mcap")


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    out = tmp_path_factory.mktemp("guest")
    run_in_guest(["-m", "tests.bluetooth_vm", "/mnt"], out, WITHIN_S)
    return Evidence(out)
