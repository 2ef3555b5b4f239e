"""A whole recording with a cursor, to be played, looked through and marked."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer

from rhomboid.annotation import Annotations, Editor, Kind, Seen
from rhomboid.dashboard.house import Save
from rhomboid.dashboard.screens.help import HelpScreen
from rhomboid.dashboard.screens.over import OverScreen
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.timeline import Timeline
from rhomboid.errors import DataError, harmless
from rhomboid.events import HoldEnded, SlouchStarted
from rhomboid.words import clock

FRAME_RATE_HZ = 15
WINDOWS_S = (10.0, 30.0, 60.0, 180.0, 600.0, 3600.0)
SAVED = "saved"

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
    ("escape,q", "leave", "leave", "leave; everything is saved", "esc"),
)
MARKS = {"○": "a repetition the program counted", "●": "a true one", "─ ━": "a set it found; what is marked"}
NOTES = (
    "Mark the far point of each repetition. A set counts the repetitions marked in it, unless corrected with + and -.",
)
MOVES = {
    "left": "move(-0.1)", "right": "move(0.1)", "shift+left": "move(-1.0)", "shift+right": "move(1.0)",
    "pageup": "move(-10.0)", "pagedown": "move(10.0)", "home": "end(-1)", "end": "end(1)", "down": "zoom(1)",
}  # fmt: skip


class AnnotateScreen(OverScreen[None]):
    """Every change is saved at once through ``save``, which may raise DataError.

    It is modal, so that no key of the program is taken for one of its own, or the other way round.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, action, label, show=bool(label)) for key, action, label, _, _ in KEYS if action),
        *(Binding(key, action, show=False) for key, action in MOVES.items()),
    ]

    def __init__(self, seen: Seen, editor: Editor, save: Save) -> None:
        super().__init__()
        self._seen, self._editor, self._save = seen, editor, save
        self.cursor_s = seen.start_s
        self._zoom, self._tilt = 1, not bool((abs(seen.movement_deg) > 0).any())
        self._playing_since: float | None = None
        self._stops_s = sorted(
            {*seen.reps_s, *(s.start_s for s in seen.sets), *(s.end_s for s in seen.sets)}
            | {e.start_s for e in seen.events if isinstance(e, HoldEnded | SlouchStarted)}
        )
        self._said = "nothing changed yet"

    def compose(self) -> ComposeResult:
        yield PlainText(self._seen.title, id="title")
        with Vertical(id="timeline", classes="card") as card:
            card.border_subtitle = "○ found by the program  ● true"
            yield Timeline(self._seen)
        yield PlainText(id="here")
        yield PlainText(id="status")
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(1 / FRAME_RATE_HZ, self._tick)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Bring everything up to date."""
        editor = self._editor
        card = self.query_one("#timeline", Vertical)
        card.border_title = "tilt against the reference" if self._tilt else "movement away from the resting pose"
        window_s = WINDOWS_S[self._zoom]
        timeline = self.query_one(Timeline)
        timeline.show(editor.annotations, editor.opened, self.cursor_s, window_s, tilt=self._tilt)
        self.query_one("#here", PlainText).text = here_words(editor, self.cursor_s)
        playing = "playing" if self._playing_since is not None else "at"
        at = f"{playing} {clock(self.cursor_s)}.{int(self.cursor_s * 10) % 10} of {clock(self._seen.end_s)}"
        self.query_one("#status", PlainText).text = f"{at}  ·  {summary(editor.annotations)}  ·  {self._said}"

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen({called: words for _, _, _, words, called in KEYS}, MARKS, NOTES))

    def action_leave(self) -> None:
        """Back to where one came from; where one came from nowhere, out of the program."""
        if len(self.app.screen_stack) > 2 or self.app.current_mode != "_default":
            self.dismiss()
        else:
            self.app.exit()

    # --- moving -------------------------------------------------------------------------------------------------------

    def action_move(self, seconds: float) -> None:
        self._go(self.cursor_s + seconds)

    def action_end(self, which: int) -> None:
        self._go(self._seen.end_s if which > 0 else self._seen.start_s)

    def action_event(self, step: int) -> None:
        """To the next thing the program found, or the one before."""
        ahead = [t for t in self._stops_s if (t - self.cursor_s) * step > 0.01]
        if ahead:
            self._go(min(ahead) if step > 0 else max(ahead))

    def on_timeline_sought(self, message: Timeline.Sought) -> None:
        self._go(message.to_s)

    def action_play(self) -> None:
        self._playing_since = None if self._playing_since is not None else monotonic()
        self.draw()

    def action_zoom(self, step: int) -> None:
        self._zoom = min(max(self._zoom + step, 0), len(WINDOWS_S) - 1)
        self.draw()

    def action_signal(self) -> None:
        self._tilt = not self._tilt
        self.draw()

    def _tick(self) -> None:
        if self._playing_since is not None:
            now = monotonic()
            passed, self._playing_since = now - self._playing_since, now
            self._go(self.cursor_s + passed)

    def _go(self, t_s: float) -> None:
        self.cursor_s = min(max(t_s, self._seen.start_s), self._seen.end_s)
        if self.cursor_s == self._seen.end_s:
            self._playing_since = None
        self.draw()

    # --- marking ------------------------------------------------------------------------------------------------------

    def action_rep(self) -> None:
        self._changed(self._editor.rep(self.cursor_s))

    def action_stretch(self, kind: Kind) -> None:
        self._changed(self._editor.stretch(kind, self.cursor_s))

    def action_accept(self) -> None:
        """The set the program found here, or the next one after it."""
        sets = [s for s in self._seen.sets if s.end_s >= self.cursor_s] or self._seen.sets[-1:]
        if not sets:
            self._said = "the program found no set"
            self.draw()
            return
        self._changed(self._editor.accept(sets[0]))
        self._go(sets[0].end_s)

    def action_correct(self, by: int) -> None:
        self._changed(self._editor.correct(self.cursor_s, by))

    def action_remove(self) -> None:
        self._changed(self._editor.remove(self.cursor_s))

    def action_undo(self) -> None:
        self._changed(self._editor.undo())

    def _changed(self, changed: bool) -> None:
        if changed:
            try:
                self._save(self._editor.annotations)
                self._said = SAVED
            except DataError as error:
                self._said = f"NOT saved: {error}"
        self.draw()


def here_words(editor: Editor, t_s: float) -> str:
    """What is marked at the cursor, and what is still open."""
    if editor.opened is not None:
        return f"{editor.opened.kind} from {clock(editor.opened.start_s)}: the same key ends it, z gives it up"
    stretch = editor.at(t_s)
    if stretch is None:
        return "nothing is marked here"
    length = f"{stretch.end_s - stretch.start_s:.1f} s"
    if stretch.kind != "set":
        return f"{stretch.kind}, {length}"
    marked = sum(map(stretch.holds, editor.annotations.reps_s))
    count = editor.annotations.reps_in(stretch)
    corrected = "" if count == marked else f" ({marked} marked)"
    return harmless(f"set of {stretch.activity}: {count} reps{corrected}, {length}")


def summary(annotations: Annotations) -> str:
    """How much is marked."""
    kinds = [s.kind for s in annotations.stretches]
    parts = [f"{len(annotations.reps_s)} reps", f"{kinds.count('set')} sets", f"{kinds.count('hold')} holds"]
    if kinds.count("slouch"):
        parts.append(f"{kinds.count('slouch')} slouches")
    if annotations.astray:
        parts.append(f"{annotations.astray} reps in no set are not counted")
    return ", ".join(parts)
