"""The command line in this very process, for tests of what it says: to start another takes longer than most of them."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from rhomboid.cli import main


class Done(NamedTuple):
    """What a process would have left behind."""

    returncode: int
    stdout: str
    stderr: str


def rhomboid(*args: str | Path) -> Done:
    """``rhomboid ARGS...``, its output being no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["rhomboid", *map(str, args)]):
        try:
            main()
        except SystemExit as end:
            status = end.code
    said, complained = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Done(int(status or 0), said, complained)
