"""The Textual application for annotating one recording by itself; what its keys do is in the screen."""

from __future__ import annotations

from textual.app import App

from rhomboid.annotation import Editor, Seen
from rhomboid.dashboard.house import Save
from rhomboid.dashboard.screens.annotate import AnnotateScreen


class AnnotateApp(App[None]):
    """``save`` is called with the annotations after every change."""

    TITLE = "rhomboid"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "rhomboid.tcss"

    def __init__(self, seen: Seen, editor: Editor, save: Save) -> None:
        super().__init__()
        self._marking = AnnotateScreen(seen, editor, save)

    def on_mount(self) -> None:
        self.push_screen(self._marking)
