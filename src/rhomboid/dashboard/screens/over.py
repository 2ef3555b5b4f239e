"""A screen over another one that is left once, however often and by whomever it is told to go."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class OverScreen(ModalScreen[ScreenResultType]):
    """Two keys in quick succession, or a key and the coach at once, would else take the screen below away as well."""

    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leaves, the first time."""
        if self._left:
            return AwaitComplete()
        self._left = True
        return super().dismiss(result)
