"""A tab that floods the dashboard it looks at, while another one only looks and a session is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from pathlib import Path

import aiohttp
from tests.serve.serving import Serving

from benchmarks.faults.program import Outcome
from rhomboid.recording.reader import Recording

FLOOD, PATIENCE_S = 30_000, 20.0
RECORDING_BYTES = 2000
MESSAGES = ("[" * 60_000, '["resize", {"width": 120, "height": 40}]', '["ping", "1"]', '["stdin", "x"]')


def floods(folder: Path, luck: random.Random) -> Outcome:
    """Keys, sizes, words or nonsense, as fast as they go; the other tab is still drawn for, and heard."""
    path = folder / "set.mcap"
    with Serving(folder, "record", str(path), "--demo", "--sound", "off") as serving:
        waited_s, said = asyncio.run(_flood(serving, luck.choice(MESSAGES), path))
        asked_s = time.monotonic()
        serving.process.send_signal(signal.SIGINT)
        status, complaints = serving.ended(PATIENCE_S)
        ended_s = time.monotonic() - asked_s
    assert status == 0 and "Traceback" not in complaints, f"{status} after {ended_s:.1f} s: {complaints[-2000:]}"  # noqa: S101
    assert Recording.open(path).recovered is None  # noqa: S101
    return Outcome(said, lost_s=0.0, waited_s=max(waited_s, ended_s))


async def _flood(serving: Serving, message: str, path: Path) -> tuple[float, str]:
    """For how long the other tab was shown nothing, and what the one that flooded was told."""
    address = f"{serving.url}ws?width=120&height=40".replace("http", "ws", 1)
    async with (
        aiohttp.ClientSession(headers={"Origin": serving.origin}) as session,
        session.ws_connect(address) as other,
    ):
        await asyncio.wait_for(_drawn(other), PATIENCE_S)
        while not path.exists() or path.stat().st_size < RECORDING_BYTES:
            await asyncio.sleep(0.05)
        async with session.ws_connect(address) as loud:
            with contextlib.suppress(ConnectionError):
                for _ in range(FLOOD):
                    await loud.send_str(message)
            async with asyncio.timeout(PATIENCE_S):
                while (last := await loud.receive()).type is aiohttp.WSMsgType.BINARY:
                    pass
        flooded_s = time.monotonic()
        await other.send_str('["stdin", "?"]')
        await asyncio.wait_for(_drawn(other), PATIENCE_S)
        return time.monotonic() - flooded_s, f"in its place: {last.extra or 'closed'}; the other tab goes on"


async def _drawn(tab: aiohttp.ClientWebSocketResponse) -> None:
    """Until something is drawn. Raises TypeError when the tab is closed instead."""
    await tab.receive_bytes()
