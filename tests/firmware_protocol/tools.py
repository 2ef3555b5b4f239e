"""Golden packets and outside tools (a C compiler, the Kaitai Struct compiler) for the tests of the protocol."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "firmware_protocol"
GOLDEN: dict[str, Any] = json.loads((FOLDER / "golden" / "rhomboid-stream-v1.json").read_text(encoding="utf-8"))
PACKETS: dict[str, dict[str, Any]] = {packet["name"]: packet for packet in GOLDEN["packets"]}
REFUSED: dict[str, dict[str, Any]] = {packet["name"]: packet for packet in GOLDEN["refused"]}


def do_without(tool: str) -> NoReturn:
    """Skips the test; fails it under `make protocol`, which promises that the tools are there."""
    if os.environ.get("PROTOCOL_TOOLS") == "required":
        pytest.fail(f"{tool} is missing")
    pytest.skip(f"{tool} is missing")
