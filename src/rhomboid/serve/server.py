"""The web server around the one dashboard: who may look, what a browser is told, and when it all ends.

Every address begins with the token. Nothing that is served fetches anything from elsewhere: textual-serve's terminal
and its font come from its installed files, and the page forbids the rest. The program begins with the first tab and
goes on when the last one closes; it ends with ``q``, or when the server is asked to end.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from rhomboid.endings import when_asked_to_end
from rhomboid.serve.program import Program
from rhomboid.serve.viewers import MAX_VIEWERS, LetGo, Size, Viewer, common_size, strokes

CLOSING_S = 1.0
MAX_MESSAGE = 65_536
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "rhomboid",
    "X-Content-Type-Options": "nosniff",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; "
    "connect-src 'self' {socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""xterm.js writes its colours into the page as style sheets; scripts come from files alone."""
INCOMPLETE = "This address is not complete, or an old one: open the one that rhomboid serve has shown.\n"
FOREIGN = "Another site asked for this: open the address that rhomboid serve has shown.\n"
FULL = f"{MAX_VIEWERS} tabs are looking already: close one of them.\n"
TERMINAL = {
    Path(name).name: Path(str(files("textual_serve"))) / "static" / name
    for name in ("css/xterm.css", "js/textual.js", "fonts/RobotoMono-VariableFont_wght.ttf")
}
PAGE = Template(files("rhomboid.serve").joinpath("page.html").read_text(encoding="utf-8"))
LOG = logging.getLogger("rhomboid.serve")
LOG.addHandler(logging.NullHandler())  # what strangers send is no concern of the terminal's


class Server:
    """``rhomboid`` with ``arguments``, for whoever knows ``token``; ``name`` is what this computer was called by."""

    def __init__(self, arguments: Sequence[str], *, token: str, name: str) -> None:
        self._token = token.encode()
        self._names = {name.lower(), "localhost"}
        self._viewers: set[Viewer] = set()
        self._size: Size | None = None
        self._program = Program(arguments, self._show)
        self._running: asyncio.Task[int] | None = None
        self._ending = asyncio.Event()

    async def run(self, listening: Sequence[socket.socket]) -> int:
        """Serves until the program has ended, or Ctrl-C; gives the program's exit status."""
        runner = await self.answering()
        when_asked_to_end(self._ending.set, ctrl_c=True)
        try:
            for heard in listening:
                await web.SockSite(runner, heard).start()
            await self._ending.wait()
        finally:
            await self._program.end()
            status = 0 if self._running is None else await self._running
            self._ending.set()
            await runner.cleanup()
        return status

    async def answering(self) -> web.AppRunner:
        """What answers requests, wherever they come from."""
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_MESSAGE)
        app.router.add_get("/{token}/", self._page)
        app.router.add_get("/{token}/ws", self._look)
        app.router.add_get("/{token}/{file}", self._file)
        app.on_response_prepare.append(_dress)
        runner = web.AppRunner(app, access_log=None, logger=LOG, shutdown_timeout=CLOSING_S)
        await runner.setup()
        return runner

    # --- who may --------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """A name that is not ours was made to point here by somebody else's page (DNS rebinding)."""
        token = request.match_info.get("token", "").encode(errors="replace")
        origin = request.headers.get("Origin")
        if not self._is_ours(request.host) or origin not in (None, f"http://{request.host}"):
            raise web.HTTPForbidden(text=FOREIGN)
        if not hmac.compare_digest(token, self._token):
            raise web.HTTPForbidden(text=INCOMPLETE)
        return await handler(request)

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    # --- what they get ----------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        at = f"ws://{request.host}"
        text = PAGE.substitute(socket=html.escape(f"{at}/{self._token.decode()}/ws"))
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": POLICY.format(socket=at)}
        )

    async def _file(self, request: web.Request) -> web.FileResponse:
        name = request.match_info["file"]
        if name not in TERMINAL:
            raise web.HTTPNotFound
        return web.FileResponse(TERMINAL[name])

    async def _look(self, request: web.Request) -> web.WebSocketResponse:
        if "Origin" not in request.headers:
            raise web.HTTPForbidden(text=FOREIGN)
        if len(self._viewers) >= MAX_VIEWERS:
            raise web.HTTPServiceUnavailable(text=FULL)
        tab = web.WebSocketResponse(heartbeat=15.0, max_msg_size=MAX_MESSAGE, timeout=CLOSING_S, compress=False)
        await tab.prepare(request)
        size = _size(request.query.get("width"), request.query.get("height"))
        viewer = Viewer(size, asyncio.get_running_loop().time())
        self._viewers.add(viewer)
        self._fit()
        self._begin()
        doings: list[asyncio.Task[object]] = [
            asyncio.create_task(self._hear(viewer, tab)),
            asyncio.create_task(_pass_on(viewer, tab)),
            asyncio.create_task(viewer.behind.wait()),
            asyncio.create_task(self._ending.wait()),
        ]
        code, why = WSCloseCode.GOING_AWAY, "the session has ended"
        try:
            done, _ = await asyncio.wait(doings, return_when=asyncio.FIRST_COMPLETED)
            if viewer.behind.is_set():
                code, why = WSCloseCode.POLICY_VIOLATION, "this tab did not keep up"
            for problem in (doing.exception() for doing in done):
                if isinstance(problem, LetGo):
                    code, why = WSCloseCode.POLICY_VIOLATION, str(problem)
                elif problem is not None and not isinstance(problem, ConnectionError):
                    raise problem
        finally:
            for doing in doings:
                doing.cancel()
            await asyncio.gather(*doings, return_exceptions=True)
            self._viewers.discard(viewer)
            self._fit()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CLOSING_S):
                await tab.close(code=code, message=why.encode())
        if request.transport is not None:
            request.transport.abort()  # one that reads nothing would keep the rest of it
        return tab

    async def _hear(self, viewer: Viewer, tab: web.WebSocketResponse) -> None:
        """What the tab's terminal says: keys, the mouse, its size. Raises LetGo for what none would say."""
        clock = asyncio.get_running_loop().time
        async for message in tab:
            if message.type is not WSMsgType.TEXT:
                raise LetGo("this tab sent what no terminal sends")
            try:
                said = msgspec.json.decode(message.data)
            except (msgspec.DecodeError, RecursionError):
                said = None
            match said:
                case ["stdin", str(keys)]:
                    viewer.hear(strokes(keys), clock())
                    await self._program.type(keys)
                case ["resize", {"width": int(columns), "height": int(rows)}]:
                    viewer.hear(1, clock())
                    viewer.size = columns, rows
                    self._fit()
                case ["ping", str(when)]:
                    viewer.hear(1, clock())
                    await tab.send_json(["pong", when])
                case ["focus" | "blur"]:
                    viewer.hear(1, clock())  # of one tab among several it changes nothing
                case _:
                    raise LetGo("this tab sent what no terminal sends")

    # --- the program ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._running is None and self._size is not None:
            self._running = asyncio.create_task(self._program.run(self._size))
            self._running.add_done_callback(lambda _: self._ending.set())

    def _show(self, drawn: bytes) -> None:
        for viewer in self._viewers:
            viewer.show(drawn)

    def _fit(self) -> None:
        """The size that suits all who look now, drawn whole: somebody came, went, or has another size."""
        if not self._viewers:
            return
        size = common_size(viewer.size for viewer in self._viewers)
        if size != self._size:
            self._size = size
            self._program.resize(size)
        self._program.repaint()


async def _pass_on(viewer: Viewer, tab: web.WebSocketResponse) -> None:
    while True:
        await tab.send_bytes(await viewer.next())


async def _dress(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


def _size(columns: str | None, rows: str | None) -> Size:
    try:
        return int(columns or ""), int(rows or "")
    except ValueError:
        return 80, 24
