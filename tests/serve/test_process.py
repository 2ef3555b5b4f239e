"""The whole of ``rhomboid serve`` as processes: what it complains of, and that it ends as a session ends."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from rhomboid.serve.program import Program
from tests.command_line import rhomboid

from .serving import PATIENCE_S, Serving

pytestmark = pytest.mark.xdist_group("serving")  # they wait more than they compute
ENDED_S = 5.0
ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07]*\x07)")


async def until_shown(tab: aiohttp.ClientWebSocketResponse, words: str) -> None:
    shown = b""
    async with asyncio.timeout(PATIENCE_S):
        while words not in ESCAPES.sub(b"", shown).decode(errors="replace"):
            shown += await tab.receive_bytes()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["scan"], "scan has no dashboard; serve one of demo, train"),
        (["desk", "install"], "desk install has no dashboard"),
        (["train", "--plain"], "with --plain there is no dashboard; leave --plain out"),
        (["train", "--rate", "fast"], "--rate"),
        (["train", "--nonsense"], "No such option: --nonsense"),
        (["--host", "0.0.0.0"], "0.0.0.0 would open every network this computer is in; give its address"),  # noqa: S104
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1, port 8000"),
        (["--port", "70000"], "--port"),
    ],
)
def test_what_cannot_be_is_said_before_anything_begins(words: list[str], complaint: str) -> None:
    done = rhomboid("serve", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = rhomboid("serve", "--port", port)
    assert done.returncode == 2
    assert done.stderr == f"rhomboid: port {port} is in use already; give another one with --port, or 0\n"


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.commands.serve.find_spec", lambda name: None)
    done = rhomboid("serve")
    assert done.returncode == 2 and done.stdout == ""
    assert "pip install 'rhomboid[browser]'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_when_the_server_ends_the_session_ends_and_its_recording_is_finished(
    how: signal.Signals, tmp_path: Path
) -> None:
    """After SIGKILL nobody asks the program to: it finds that its server is gone."""
    file = tmp_path / "rows.mcap"
    with Serving(tmp_path, "record", str(file), "--demo", "--script", "rows", "--sound", "off") as serving:
        async with aiohttp.ClientSession() as client:
            tab = await client.ws_connect(serving.url + "ws?width=80&height=24", origin=serving.origin)
            await until_shown(tab, "0:02 of")  # something is recorded by then
            asked_s = time.monotonic()
            serving.process.send_signal(how)
            status, complaints = await asyncio.to_thread(serving.ended)
    if how is signal.SIGINT:
        assert (status, complaints) == (0, "")
        assert time.monotonic() - asked_s < ENDED_S
    deadline = time.monotonic() + PATIENCE_S
    while not re.search(r"integrity +whole", (found := rhomboid("info", file)).stdout):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.2)


async def test_a_program_that_cannot_begin_says_why_and_ends_the_server(tmp_path: Path) -> None:
    with Serving(tmp_path, "replay", str(tmp_path / "none.mcap")) as serving:
        async with aiohttp.ClientSession() as client:
            tab = await client.ws_connect(serving.url + "ws", origin=serving.origin)
            async with asyncio.timeout(PATIENCE_S):
                while (said := await tab.receive()).type is aiohttp.WSMsgType.BINARY:
                    pass
        assert said.extra == "the session has ended"
        status, complaints = serving.ended()
    assert status in (1, 2) and "none.mcap" in complaints and len(complaints.splitlines()) == 1


async def test_a_program_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.serve.program.ENDING_S", 0.3)
    deaf = "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    deaf += "sys.stdout.buffer.write(b'hello\\n__GANGLION__\\nD\\0\\0\\0\\2ok'); sys.stdout.flush()\n"
    deaf += "time.sleep(1000)\n"
    start = asyncio.create_subprocess_exec

    async def instead(*_: object, **options: object) -> asyncio.subprocess.Process:
        return await start(sys.executable, "-c", deaf, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", instead)
    shown: list[bytes] = []
    program = Program([], shown.append)
    running = asyncio.create_task(program.run((80, 24)))
    async with asyncio.timeout(PATIENCE_S):
        while not shown:
            await asyncio.sleep(0.02)
        assert shown == [b"ok"]
        await program.end()
        assert await running == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")
async def test_a_program_that_does_not_come_to_the_word_is_asked_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session ends as it should then as well."""
    monkeypatch.setattr("rhomboid.serve.program.HEARD_S", 0.1)
    monkeypatch.setattr(Program, "_tell", lambda *_, **__: None)
    for folder in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(folder, str(tmp_path))
    file, shown = tmp_path / "rows.mcap", bytearray()
    program = Program(["record", str(file), "--demo", "--script", "rows", "--sound", "off"], shown.extend)
    running = asyncio.create_task(program.run((80, 24)))
    async with asyncio.timeout(PATIENCE_S):
        while "0:02 of" not in ESCAPES.sub(b"", bytes(shown)).decode(errors="replace"):
            await asyncio.sleep(0.05)
        await program.end()
        assert await running == 0
    assert re.search(r"integrity +whole", rhomboid("info", file).stdout)
