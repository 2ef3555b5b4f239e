"""A private message bus that stands for the session's and the system's, and a desktop on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bluetooth.private_bus import private_bus

if sys.platform == "linux":
    from tests.desktop.fake_desktop import LOGIN, NOTIFICATIONS, SAVER, FakeDesktop

NEEDS = sys.platform == "linux" and shutil.which("dbus-daemon") is not None


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a bus with nobody on it."""
    if not NEEDS:
        pytest.skip("needs Linux and dbus-daemon (Debian package dbus)")
    with private_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
async def desktop(bus: str) -> AsyncIterator[FakeDesktop]:
    fake = FakeDesktop()
    await fake.start(bus, NOTIFICATIONS, SAVER, LOGIN)
    yield fake
    await fake.vanish()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, for programs that are started."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path
