"""``rhomboid serve`` as a process, for tests that want all of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

PATIENCE_S = 60.0
"""A machine that is busy may take its time; a program that hangs is found out all the same."""


class Serving:
    """``rhomboid serve`` with these arguments, on a free port, with its home in ``folder``. A context manager."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rhomboid", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=os.environ | homes | {"HOME": str(folder)},
            start_new_session=True,
        )
        self.url = ""

    def __enter__(self) -> Serving:
        assert self.process.stdout is not None
        last_resort = threading.Timer(PATIENCE_S, self.process.kill)
        last_resort.start()
        said = self.process.stdout.readline()
        last_resort.cancel()
        found = re.match(r"open (http://127\.0\.0\.1:\d+/[a-z0-9]{16}/) ", said)
        assert found is not None, said
        self.url = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def origin(self) -> str:
        return "/".join(self.url.split("/")[:3])

    def ended(self, within_s: float = PATIENCE_S) -> tuple[int, str]:
        """Waits for the end; gives the exit status and what was said on standard error."""
        _, complaints = self.process.communicate(timeout=within_s)
        return self.process.returncode, complaints
