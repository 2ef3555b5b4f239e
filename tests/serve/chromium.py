"""Chromium without a window, driven through its DevTools protocol: tabs that are looked at and typed in."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from rhomboid.report.browser import find_browser

from .serving import PATIENCE_S

WATCH = """Object.defineProperty(Object.prototype, "fitAddon", {configurable: true, set(value) {
    Object.defineProperty(this, "fitAddon", {value, writable: true});
    window.watched = this.terminal;
}});"""
"""Keeps hold of the page's terminal, which the page itself gives to nobody."""
READ = """(() => { const t = window.watched, shown = [];
    for (let row = 0; t && row < t.rows; row++)
        shown.push(t.buffer.active.getLine(t.buffer.active.viewportY + row)?.translateToString() ?? "");
    return shown.join("\\n"); })()"""


class Chromium:
    """A browser of its own in ``folder``. An asynchronous context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sent = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.tabs: dict[str, Tab] = {}

    async def __aenter__(self) -> Chromium:
        browser = find_browser()
        assert browser is not None
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [browser, "--headless", "--disable-gpu", "--disable-extensions", "--no-first-run", *alone]
        command += ["--remote-debugging-port=0", f"--user-data-dir={self._folder}", "--proxy-server=127.0.0.1:9"]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._client = aiohttp.ClientSession()
        where = self._folder / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE_S):
            while not (where.is_file() and where.read_text().count("\n")):
                await asyncio.sleep(0.05)
        port, path = where.read_text().split("\n")
        self._socket = await self._client.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await self._client.close()
        self._process.kill()
        self._process.wait()

    async def open(self, url: str, size: tuple[int, int] = (1200, 800)) -> Tab:
        """A new tab with this page in it; ``size`` in pixels."""
        target = (await self.send("Target.createTarget", url="about:blank", newWindow=True))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self.tabs[session] = Tab(self, session, target)
        for domain in ("Page", "Network", "Log", "Runtime"):
            await tab.send(f"{domain}.enable")
        await tab.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        await tab.send(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )
        await tab.send("Page.navigate", url=url)
        return tab

    async def send(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        self._sent += 1
        answer = self._answers[self._sent] = asyncio.get_running_loop().create_future()
        message = {"id": self._sent, "method": method, "params": parameters}
        await self._socket.send_json(message | ({} if session is None else {"sessionId": session}))
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def _listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if "error" in said:
                    answer.set_exception(AssertionError(said["error"]))
                else:
                    answer.set_result(said["result"])
            elif said.get("sessionId") in self.tabs:
                self.tabs[said["sessionId"]].take(said["method"], said["params"])


class Tab:
    """One page, and what it asked the network for and complained about."""

    def __init__(self, browser: Chromium, session: str, target: str) -> None:
        self._browser, self._session, self._target = browser, session, target
        self.asked_for: list[str] = []
        self.complaints: list[str] = []

    def take(self, method: str, about: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.asked_for.append(about["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked_for.append(about["url"])
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.complaints.append(about["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(about["exceptionDetails"]))

    async def send(self, method: str, **parameters: object) -> dict[str, Any]:
        return await self._browser.send(method, self._session, **parameters)

    async def evaluate(self, script: str) -> Any:
        return (await self.send("Runtime.evaluate", expression=script, returnByValue=True))["result"].get("value")

    async def text(self) -> str:
        """What the terminal in the page shows."""
        return str(await self.evaluate(READ))

    async def until(self, true_of: Callable[[str], object], what: str) -> str:
        """Waits until it shows something of which that is true; gives what it shows."""
        deadline = time.monotonic() + PATIENCE_S
        while not true_of(shown := await self.text()):
            assert time.monotonic() < deadline, f"{what} was not shown; {self.complaints}\n{shown}"
            await asyncio.sleep(0.1)
        return shown

    async def press(self, key: str) -> None:
        """One key that writes a character."""
        await self.send("Page.bringToFront")
        await self.evaluate("window.watched.focus()")
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=key, key=key)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """As PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])

    async def close(self) -> None:
        await self._browser.send("Target.closeTarget", targetId=self._target)
