"""What another program asks of the desk that is watched in the background, and the answer: two small files.

Where notifications have no buttons this is how one snoozes (``rhomboid desk snooze``). Files serve every system alike,
need no port, and only who can write in the user's own state folder can ask.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import get_args

from rhomboid.coach.alerts import Action
from rhomboid.errors import DataError

ACTIONS: tuple[str, ...] = get_args(Action)
LONGEST_WORD = 40
PATIENCE_S = 6.0
"""The desk looks every second; one that takes longer than this does not run, or hangs."""
LOOK_S = 0.05


class Asked:
    """The files ``desk.ask`` and ``desk.answer`` in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._ask, self._answer = folder / "desk.ask", folder / "desk.answer"

    # --- the desk's side ----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """What was asked of a desk that is no more."""
        for file in (self._ask, self._answer):
            with contextlib.suppress(OSError):
                file.unlink()

    def take(self) -> Action | None:
        """What is asked; the same until it is answered. Anything else than a known word is nothing."""
        try:
            with self._ask.open(encoding="ascii") as file:
                word = file.read(LONGEST_WORD).strip()
        except (OSError, ValueError):
            return None
        return word if word in ACTIONS else None  # type: ignore[return-value]

    def answer(self, words: str) -> None:
        """Done, and this is what came of it."""
        with contextlib.suppress(OSError):  # nobody can be told, and the log has it
            _write(self._answer, words)
            self._ask.unlink()

    # --- the other side -----------------------------------------------------------------------------------------------

    def ask(self, action: Action, patience_s: float = PATIENCE_S) -> str:
        """What the desk answers. Raises DataError where nobody does."""
        with contextlib.suppress(FileNotFoundError):
            self._answer.unlink()
        try:
            _write(self._ask, action)
        except OSError as error:
            raise DataError(
                f"the desk cannot be asked: {error.strerror}", do="mend the permissions", where=str(self._ask)
            ) from None
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                said = self._answer.read_text(encoding="utf-8")
                self._answer.unlink()
                return said
            time.sleep(LOOK_S)
        self.forget()
        raise DataError("the desk in the background does not answer", do="end it, and start it again")


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
