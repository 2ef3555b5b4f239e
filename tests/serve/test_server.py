"""Who is let in and what is served, with a stand-in for the program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from rhomboid.serve import server
from rhomboid.serve.viewers import BEGINNING, MAX_VIEWERS, UNREAD_BYTES

TOKEN = "abcdefgh23456789"  # noqa: S105
SECONDS = 20.0
SENSELESS = (
    "", "[", "null", "{}", "[]", '["stdin"]', '["stdin", 5]', '["stdin", "a", 1]', '["quit"]', '["resize", {}]',
    '["resize", {"width": "1", "height": 2}]', '["resize", {"width": 1.5, "height": 2}]', '["\\ud800", 1]',
    "[" * 30_000, b"binary",
)  # fmt: skip


class Program:
    """Takes what the real one takes, and draws when the test says so."""

    began: list[Program]

    def __init__(self, arguments: object, show: Callable[[bytes], None]) -> None:
        self.show = show
        self.typed = ""
        self.sizes: list[tuple[int, int]] = []
        self.repaints = 0
        self.over = asyncio.Event()

    async def run(self, size: tuple[int, int]) -> int:
        self.began.append(self)
        self.sizes.append(size)
        await self.over.wait()
        return 3

    async def type(self, keys: str) -> None:
        self.typed += keys

    def resize(self, size: tuple[int, int]) -> None:
        self.sizes.append(size)

    def repaint(self) -> None:
        self.repaints += 1

    async def end(self) -> None:
        self.over.set()


class House:
    """A running server, and a client that looks at it."""

    def __init__(self, port: int, client: aiohttp.ClientSession, programs: list[Program]) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.port = port
        self.url = f"{self.origin}/{TOKEN}/"
        self.client = client
        self.programs = programs

    async def look(self, size: tuple[int, int] = (80, 24), **headers: str) -> aiohttp.ClientWebSocketResponse:
        url = f"{self.url}ws?width={size[0]}&height={size[1]}"
        return await self.client.ws_connect(url, headers={"Origin": self.origin} | headers)

    @property
    def program(self) -> Program:
        (program,) = self.programs
        return program


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    Program.began = []
    monkeypatch.setattr(server, "Program", Program)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.Server([], token=TOKEN, name="sensor-desk").run([listening]))
        async with aiohttp.ClientSession() as client:
            yield House(listening.getsockname()[1], client, Program.began)
        if Program.began:
            Program.began[0].over.set()
            assert await asyncio.wait_for(running, SECONDS) == 3
        else:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def drawn(tab: aiohttp.ClientWebSocketResponse, length: int) -> bytes:
    found = b""
    async with asyncio.timeout(SECONDS):
        while len(found) < length:
            found += await tab.receive_bytes()
    return found


async def closed(tab: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """The code and the words it was closed with."""
    async with asyncio.timeout(SECONDS):
        while (message := await tab.receive()).type is aiohttp.WSMsgType.BINARY:
            pass
    return message.data, message.extra or ""


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_page_fetches_nothing_from_elsewhere_and_may_not(house: House) -> None:
    async with house.client.get(house.url) as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert set(re.findall(r"\w+://[^/\"]+", page)) == {f"ws://127.0.0.1:{house.port}"}
    named = re.findall(r"(?:src|href)=\"([^\":]+)\"|url\(\"([^\"]+)\"\)", page)
    assert len(named) == 3
    for name in ("".join(both) for both in named):
        async with house.client.get(house.url + name) as answer:
            assert answer.status == 200 and answer.headers["X-Content-Type-Options"] == "nosniff"
            assert len(await answer.read()) > 1000


@pytest.mark.parametrize("path", ["", "abcdefgh23456788/", "abcdefgh2345678/", "%ff%fe/", "textual.js", f"x/{TOKEN}/"])
async def test_without_the_token_there_is_nothing_but_a_sentence(house: House, path: str) -> None:
    for name in (path, path + "ws", path + "textual.js"):
        async with house.client.get(f"{house.origin}/{name}", headers={"Origin": house.origin}) as answer:
            assert answer.status == 403 and "open the one that rhomboid serve has shown" in await answer.text()
            assert TOKEN not in str(answer.headers) + await answer.text()


@pytest.mark.parametrize("path", ["../server.py", "..%2f..%2fserver.py", "app_index.html", "textual.js/", "ws/ws"])
async def test_no_other_file_is_served(house: House, path: str) -> None:
    async with house.client.get(aiohttp.client.URL(house.url + path, encoded=True)) as answer:
        assert answer.status in (403, 404)


@pytest.mark.parametrize(
    ("host", "welcome"),
    [
        *((name, True) for name in ("127.0.0.1", "localhost", "[::1]", "sensor-desk", "192.168.1.7")),
        *((name, False) for name in ("evil.example", "127.0.0.1.evil.example", "", "[", "a@b")),
    ],
)
async def test_a_name_that_somebody_else_made_point_here_is_refused(house: House, host: str, welcome: bool) -> None:
    at = f"{host}:{house.port}"
    async with house.client.get(house.url, headers={"Host": at}) as answer:
        assert answer.status == (200 if welcome else 403)
        assert not welcome or f"ws://{at}/" in await answer.text()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", ""])
async def test_another_site_cannot_look_although_it_knows_the_token(house: House, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await house.look(Origin=origin)
    assert refused.value.status == 403
    assert house.programs == []


async def test_whoever_tells_no_origin_is_no_browser(house: House) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await house.client.ws_connect(f"{house.url}ws")


async def test_all_tabs_see_one_program_and_type_into_it(house: House) -> None:
    first = await house.look((120, 40))
    assert await drawn(first, len(BEGINNING)) == BEGINNING
    await until(lambda: house.programs)
    assert set(house.program.sizes) == {(120, 40)}
    house.program.show(b"one")
    assert await drawn(first, 3) == b"one"
    repaints = house.program.repaints
    second = await house.look((100, 50))
    assert await drawn(second, len(BEGINNING)) == BEGINNING
    assert house.program.sizes[-1] == (100, 40) and house.program.repaints > repaints
    house.program.show(b"two")
    assert await drawn(first, 3) == await drawn(second, 3) == b"two"
    await first.send_str(json.dumps(["stdin", "q"]))
    await until(lambda: house.program.typed == "q")
    await second.send_str(json.dumps(["stdin", "\x1b[<0;1;1Mé"]))
    await until(lambda: house.program.typed == "q\x1b[<0;1;1Mé")
    await second.send_str(json.dumps(["resize", {"width": 90, "height": 30}]))
    await until(lambda: house.program.sizes[-1] == (90, 30))
    await second.close()
    await until(lambda: house.program.sizes[-1] == (120, 40))


async def test_it_goes_on_without_a_tab_and_the_next_one_sees_it(house: House) -> None:
    first = await house.look()
    await until(lambda: house.programs)
    await first.close()
    house.program.show(b"unseen")
    await asyncio.sleep(0.1)
    assert not house.program.over.is_set()
    again = await house.look()
    assert await drawn(again, len(BEGINNING)) == BEGINNING
    house.program.show(b"seen")
    assert await drawn(again, 4) == b"seen"


async def test_when_the_program_ends_every_tab_is_told(house: House) -> None:
    tabs = [await house.look() for _ in range(3)]
    await until(lambda: house.programs)
    house.program.over.set()
    for tab in tabs:
        assert await closed(tab) == (aiohttp.WSCloseCode.GOING_AWAY, "the session has ended")


async def test_more_tabs_than_anybody_needs_are_refused(house: House) -> None:
    tabs = [await house.look() for _ in range(MAX_VIEWERS)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await house.look()
    assert refused.value.status == 503
    await tabs[0].close()
    await asyncio.sleep(0.1)
    await house.look()


@pytest.mark.parametrize("said", SENSELESS, ids=[repr(said)[:40] for said in SENSELESS])
async def test_a_tab_that_says_what_no_terminal_says_is_let_go(house: House, said: str | bytes) -> None:
    tab, other = await house.look(), await house.look()
    await (tab.send_str(said) if isinstance(said, str) else tab.send_bytes(said))
    assert await closed(tab) == (aiohttp.WSCloseCode.POLICY_VIOLATION, "this tab sent what no terminal sends")
    await other.send_str('["stdin", "x"]')
    await until(lambda: house.program.typed == "x")


async def test_a_tab_that_floods_is_let_go_and_the_others_stay(house: House) -> None:
    tab, other = await house.look(), await house.look()
    with contextlib.suppress(ConnectionError):
        for _ in range(20_000):
            await tab.send_str('["stdin", "x"]')
    assert await closed(tab) == (aiohttp.WSCloseCode.POLICY_VIOLATION, "this tab sent too much")
    assert len(house.program.typed) < 15_000
    await other.send_str('["stdin", "y"]')
    await until(lambda: house.program.typed.endswith("y"))


async def test_a_tab_that_does_not_read_is_let_go_and_holds_nobody(house: House) -> None:
    other = await house.look()
    deaf = socket.create_connection(("127.0.0.1", house.port))
    with deaf:
        hello = f"GET /{TOKEN}/ws HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nOrigin: {house.origin}\r\n"
        hello += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        deaf.sendall(f"{hello}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        await until(lambda: house.programs and house.program.repaints >= 2)
        await drawn(other, len(BEGINNING))
        sent = 0
        for _ in range(400):
            if house.program.sizes[-1] == (100, 30):
                break
            house.program.show(bytes(100_000))
            sent += 100_000
            assert len(await drawn(other, 100_000)) == 100_000
        assert sent > UNREAD_BYTES
        deaf.settimeout(SECONDS)
        with contextlib.suppress(ConnectionError):
            received = 0
            while part := await asyncio.to_thread(deaf.recv, 1 << 20):
                received += len(part)
            assert received < sent


async def test_what_strangers_send_frightens_nobody(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    for line in (
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\n\r\n",
        b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(line)
        with contextlib.suppress(ConnectionError):
            assert b" 400 " in await asyncio.wait_for(reader.read(100), SECONDS)
        writer.close()
    assert capfd.readouterr() == ("", "")
