"""``rhomboid simulate`` as a user runs it, on a virtual controller in place of an adapter; and what goes wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("bumble")

from bumble.controller import Controller
from bumble.transport import open_transport

from .command_line import rhomboid

RUN = [sys.executable, "-m", "rhomboid", "simulate"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
async def test_it_advertises_until_ctrl_c() -> None:
    port = free_port()
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as server:
        controller = Controller("adapter", host_source=server.source, host_sink=server.sink)
        program = await asyncio.create_subprocess_exec(
            *RUN, "--transport", f"tcp-client:127.0.0.1:{port}", "--sensor", "witmotion", "--seed", "7",
            stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore Ctrl-C
        )  # fmt: skip
        assert program.stdout is not None
        async with asyncio.timeout(20):
            assert await program.stdout.readline() == b"advertising\n"
            assert b"WT901BLE 7 at F0:F1:F2:00:00:07: rows at 100 Hz" in await program.stdout.readline()
            assert controller.is_advertising
            program.send_signal(signal.SIGINT)
            assert await program.wait() == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--transport", "carrier-pigeon"], "carrier-pigeon cannot be used"),
        (["--transport", "tcp-client:127.0.0.1:1"], "; name another with --transport"),
        (["--sensor", "polar", "--transport", "tcp-client:127.0.0.1:1"], "use --sensor rhomboid or witmotion"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], said: str) -> None:
    done = rhomboid("simulate", *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_bumble_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['bumble'] = None; sys.argv = ['', 'simulate']; from rhomboid import cli; cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'rhomboid[simulate]'" in done.stderr
