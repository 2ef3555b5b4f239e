"""What the link asks of Bluetooth, in plain types: a radio that scans and connects, a connection that reads and writes.

``bleak_radio`` is the real one. Everything raised here is a ``LinkTrouble``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from rhomboid.sensors.recognition import Advertisement

OnData = Callable[[str, bytes], None]
"""Called with characteristic and value, in the radio's own callback: it may stamp and queue, and nothing else."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A device that was heard: ``address`` is what the system knows it by (on macOS an identifier of its own)."""

    address: str
    advertisement: Advertisement
    rssi_dbm: int
    battery_percent: int | None = None
    """Where it is advertised."""
    held: bool = False
    """This computer is connected to it already, for another program or one that died; it does not advertise then."""

    @property
    def name(self) -> str:
        """As advertised, or the address."""
        return self.advertisement.name or self.address


class Connection(Protocol):
    """A connected sensor."""

    @property
    def characteristics(self) -> frozenset[str]:
        """The UUIDs it offers."""

    async def read(self, characteristic: str, service: str | None = None) -> bytes: ...
    async def write(self, characteristic: str, data: bytes, service: str | None, *, with_response: bool) -> None: ...
    async def subscribe(self, characteristic: str, service: str | None, on_data: OnData) -> None: ...
    async def unsubscribe(self, characteristic: str, service: str | None) -> None: ...
    async def close(self) -> None:
        """Ends the link; never raises."""


class Radio(Protocol):
    """Bluetooth, or what stands for it."""

    def scan(self) -> AbstractAsyncContextManager[AsyncIterator[Seen]]:
        """Listens while the context lasts; every advertisement heard, as it comes."""

    async def connect(self, address: str, on_lost: Callable[[], None], *, pair: bool = False) -> Connection:
        """``on_lost`` is called once if the link ends for any reason; with ``pair`` it is paired first if it is not."""
