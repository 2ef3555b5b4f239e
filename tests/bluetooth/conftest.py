"""A private message bus for each worker, and the stand-in for BlueZ on it. bleak itself is unmodified."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bluetooth.private_bus import private_bus

if sys.platform == "linux":
    from tests.bluetooth.fake_bluez import FakeBluez

NEEDS = sys.platform == "linux" and shutil.which("dbus-daemon") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        # They wait more than they compute: one file after the other, while other workers do the rest.
        item.add_marker(pytest.mark.xdist_group(f"bluetooth {item.path.stem}"))
        if not NEEDS:
            item.add_marker(pytest.mark.skip(reason="needs Linux and dbus-daemon (Debian package dbus)"))


@pytest.fixture(scope="session")
def bus() -> Iterator[str]:
    """The address of a private bus that lives as long as the tests."""
    with private_bus() as address:
        yield address


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries of the link; that they grow and stay bounded is tried in virtual time (tests/link)."""
    monkeypatch.setattr("rhomboid.link.live.FIRST_WAIT_S", 0.04)


@pytest.fixture
async def bluez(bus: str) -> AsyncIterator[FakeBluez]:
    fake = FakeBluez()
    await fake.start()
    yield fake
    await fake.vanish()
