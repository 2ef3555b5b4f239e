"""Any bytes at the door of ``rhomboid serve``: a request, or what a tab says once it is let in.

The first byte says which: a connection that sends the rest as it is, or a proper tab that sends what lies between zero
bytes as messages, each beginning with the kind of its frame. The program behind it is a stand-in; the connections are
in memory.
"""

from __future__ import annotations

import asyncio
import struct
import time
from functools import cache
from unittest.mock import patch

from aiohttp import web

from rhomboid.serve import server
from rhomboid.serve.server import Server

TOKEN = "abcdefgh23456789"  # noqa: S105
HELLO = (
    f"GET /{TOKEN}/ws?width=80&height=24 HTTP/1.1\r\nHost: localhost:8000\r\nOrigin: http://localhost:8000\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
).encode()
RAW, TAB = range(2)
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
MOST_ANSWERED = 1_000_000
STEPS = 12
"""So often everything that waits goes on: a request is answered in a few."""
GONE_S = 5.0
"""Nothing of a connection that is closed may be left after so long."""


class Program:
    """Takes what the real one takes, and draws nothing."""

    def __init__(self, *_: object) -> None:
        self._over = asyncio.Event()

    async def run(self, size: tuple[int, int]) -> int:
        assert all(isinstance(n, int) and 0 < n < 1000 for n in size)
        await self._over.wait()
        return 0

    async def type(self, keys: str) -> None:
        keys.encode(errors="replace")

    def resize(self, size: tuple[int, int]) -> None:
        assert all(isinstance(n, int) and 0 < n < 1000 for n in size)

    def repaint(self) -> None:
        """Nothing to draw."""


class Connection(asyncio.Transport):
    """In memory, from a stranger in the same network."""

    def __init__(self, protocol: asyncio.BaseProtocol) -> None:
        super().__init__({"peername": ("192.0.2.7", 50000), "sockname": ("127.0.0.1", 8000)})
        self._protocol = protocol
        self._closing = False
        self.answered = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.answered += data
        assert len(self.answered) < MOST_ANSWERED

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        """It has been read already."""

    resume_reading = pause_reading

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""


@cache
def house() -> tuple[asyncio.AbstractEventLoop, web.AppRunner, list[object]]:
    """A server that runs as long as this process, and what went wrong in it."""
    loop = asyncio.new_event_loop()
    wrong: list[object] = []
    loop.set_exception_handler(lambda _, about: wrong.append(about))
    with patch.object(server, "Program", Program):
        runner = loop.run_until_complete(Server([], token=TOKEN, name="sensor-desk").answering())
    return loop, runner, wrong


def run(data: bytes) -> None:
    """One connection, from its first byte to its end."""
    if not data:
        return
    loop, runner, wrong = house()
    sent = data[1:] if data[0] % 2 == RAW else HELLO + b"".join(map(frame, data[1:].split(b"\0")))
    answered = loop.run_until_complete(connected(runner, sent))
    assert not wrong, wrong
    # A bad request is answered with what was bad in it, where a byte may be written as "\\xca".
    assert TOKEN[1:].encode() in sent or TOKEN.encode() not in answered


async def connected(runner: web.AppRunner, sent: bytes) -> bytes:
    """What is answered to ``sent``."""
    assert runner.server is not None
    protocol = runner.server()
    connection = Connection(protocol)
    protocol.connection_made(connection)
    protocol.data_received(sent)
    for _ in range(STEPS):
        await asyncio.sleep(0)
    connection.close()
    deadline_s = time.monotonic() + GONE_S
    while runner.server.connections:
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0)
    return bytes(connection.answered)


def frame(message: bytes) -> bytes:
    """A whole frame of a web socket, as a browser masks it (with nothing)."""
    kind, text = (message[0] & 0x0F, message[1:]) if message else (TEXT, b"")
    length = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text) & 0xFFFF)
    return bytes((0x80 | kind,)) + length + bytes(4) + text


def seeds() -> list[bytes]:
    """What browsers send."""
    ask = f"GET /{TOKEN}/{{}} HTTP/1.1\r\nHost: localhost:8000\r\n\r\n"
    pages = [ask.format(name).encode() for name in ("", "xterm.css", "textual.js", "../secret")]
    said = (b'["stdin", "1\\u001b[A"]', b'["resize", {"width": 80, "height": 24}]', b'["ping", "1"]', b'["focus"]')
    tab = b"\0".join([*(bytes((TEXT,)) + text for text in said), bytes((PING,)) + b"x", bytes((CLOSE,)) + b"\x03\xe8"])
    return [*(bytes((RAW,)) + page for page in pages), bytes((RAW,)) + HELLO + frame(b"\1[]"), bytes((TAB,)) + tab]
