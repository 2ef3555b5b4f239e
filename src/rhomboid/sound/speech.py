"""Speech: the system's own, as a program that is started for every word or two. What is still spoken is cut off."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from typing import NamedTuple

from rhomboid.errors import harmless


class Program(NamedTuple):
    """How one program speaks: ``{}`` stands for the text; without one it reads the text from its standard input.

    ``hush`` silences what was left speaking by somebody else for it (a speech server).
    """

    platform: str
    command: tuple[str, ...]
    hush: tuple[str, ...] = ()


POWERSHELL = "Add-Type -AssemblyName System.Speech; \
(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"

PROGRAMS = (
    Program("linux", ("spd-say", "--wait", "--", "{}"), ("spd-say", "--cancel")),
    Program("linux", ("espeak-ng", "--stdin")),
    Program("linux", ("espeak", "--stdin")),
    Program("darwin", ("say",)),
    Program("win32", ("powershell", "-NoProfile", "-NonInteractive", "-Command", POWERSHELL)),
)
"""Tried in this order. Those of macOS and Windows have not been tried by anyone yet."""


class Speech:
    """Speaks one thing at a time; a newer one cuts off the one before."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._speaking: subprocess.Popen[bytes] | None = None

    @classmethod
    def open(cls) -> Speech | str:
        """The first program that is installed, or that there is none, in words."""
        for program in PROGRAMS:
            if sys.platform == program.platform and shutil.which(program.command[0]):
                return cls(program)
        names = " or ".join(p.command[0] for p in PROGRAMS if p.platform == sys.platform)
        return "there is no speech on this machine" + (f" (install {names})" if names else "")

    def say(self, text: str) -> None:
        """Begins to speak, and returns. A program that fails is silent."""
        self.hush()
        text = harmless(text)
        command = [text if part == "{}" else part for part in self._program.command]
        with contextlib.suppress(OSError):
            self._speaking = subprocess.Popen(  # noqa: S603 - programs of the table above
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            assert self._speaking.stdin is not None  # noqa: S101 - it was asked for
            self._speaking.stdin.write(text.encode())
            self._speaking.stdin.close()

    @property
    def speaking(self) -> bool:
        """Whether something is being said."""
        return self._speaking is not None and self._speaking.poll() is None

    def hush(self) -> None:
        """Cuts off what is being said."""
        speaking, self._speaking = self._speaking, None
        if speaking is None or speaking.poll() is not None:
            return
        speaking.kill()
        speaking.wait()
        if self._program.hush:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(self._program.hush, check=False, capture_output=True, timeout=2.0)  # noqa: S603
