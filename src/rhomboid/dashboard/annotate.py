"""The Textual application for annotating one recording: its keys; what they do is in the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from rhomboid.annotation import Editor, Seen
from rhomboid.dashboard.screens.annotate import AnnotateScreen, Save
from rhomboid.dashboard.screens.help import HelpScreen

# key, action, in the footer (empty: not there), for the help page, how the key is called
KEYS = (
    ("space", "play", "play", "play, and stop", "space"),
    ("left,right", "", "", "a tenth of a second back or on; with shift a second", "← →"),
    ("pageup,pagedown", "", "", "ten seconds back or on; home and end: to the ends", "pgup"),
    ("n", "event(1)", "next", "to the next thing the program found", "n"),
    ("p", "event(-1)", "", "to the one before", "p"),
    ("r", "rep", "rep", "a true repetition, at its far point", "r"),
    ("s", "stretch('set')", "set", "a set begins, or ends, here", "s"),
    ("h", "stretch('hold')", "hold", "a hold begins, or ends", "h"),
    ("l", "stretch('slouch')", "slouch", "a slouch begins, or ends", "l"),
    ("u", "stretch('upright')", "", "sitting upright begins, or ends", "u"),
    ("e", "stretch('reference')", "", "the upright reference begins, or ends", "e"),
    ("o", "stretch('nothing')", "", "a stretch without any repetition begins, or ends", "o"),
    ("a", "accept", "accept", "the set the program found here is true", "a"),
    ("plus,equals_sign", "correct(1)", "", "the set here has one repetition more", "+"),
    ("minus,underscore", "correct(-1)", "", "the set here has one repetition fewer", "-"),
    ("x,delete,backspace", "remove", "remove", "take away the repetition or stretch that is here", "x"),
    ("z,ctrl+z", "undo", "undo", "take back the last change", "z"),
    ("up", "zoom(-1)", "", "nearer; down: farther", "↑ ↓"),
    ("v", "signal", "", "movement or tilt", "v"),
    ("question_mark", "help", "help", "this page", "?"),
    ("q", "quit", "quit", "leave; everything is saved", "q"),
)
MARKS = {"○": "a repetition the program counted", "●": "a true one", "─ ━": "a set it found; what is marked"}
NOTES = (
    "Mark the far point of each repetition. A set counts the repetitions marked in it, unless corrected with + and -.",
)
MOVES = {
    "left": "move(-0.1)", "right": "move(0.1)", "shift+left": "move(-1.0)", "shift+right": "move(1.0)",
    "pageup": "move(-10.0)", "pagedown": "move(10.0)", "home": "end(-1)", "end": "end(1)", "down": "zoom(1)",
}  # fmt: skip


class AnnotateApp(App[None]):
    """``save`` is called with the annotations after every change."""

    TITLE = "rhomboid"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "rhomboid.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, action if action in ("help", "quit") else f"screen.{action}", label, show=bool(label))
            for key, action, label, _, _ in KEYS
            if action
        ),
        *(Binding(key, f"screen.{action}", show=False) for key, action in MOVES.items()),
    ]

    def __init__(self, seen: Seen, editor: Editor, save: Save) -> None:
        super().__init__()
        self._marking = AnnotateScreen(seen, editor, save)

    def on_mount(self) -> None:
        self.push_screen(self._marking)

    def action_help(self) -> None:
        self.push_screen(HelpScreen({called: words for _, _, _, words, called in KEYS}, MARKS, NOTES))
