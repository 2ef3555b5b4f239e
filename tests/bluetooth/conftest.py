"""A private message bus for each worker, and the stand-in for BlueZ on it. bleak itself is unmodified."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

if sys.platform == "linux":
    from tests.bluetooth.fake_bluez import FakeBluez

NEEDS = sys.platform == "linux" and shutil.which("dbus-daemon") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not NEEDS:
            item.add_marker(pytest.mark.skip(reason="needs Linux and dbus-daemon (Debian package dbus)"))


@pytest.fixture(scope="session")
def bus() -> Iterator[str]:
    """The address of a private bus that lives as long as the tests."""
    conf = Path(__file__).with_name("bus.conf")
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={conf}", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = daemon.stdout.readline().strip()
    yield os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
    if before is None:
        del os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
    else:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


@pytest.fixture
async def bluez(bus: str) -> AsyncIterator[FakeBluez]:
    fake = FakeBluez()
    await fake.start()
    yield fake
    await fake.vanish()
