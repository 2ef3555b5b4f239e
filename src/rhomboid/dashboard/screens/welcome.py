"""The first start: three questions at most, and then something moves."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from rhomboid.dashboard.screens.over import OverScreen

ABOUT = (
    "rhomboid counts your repetitions, times your holds and notices when you slouch, with one motion sensor between"
    " the shoulder blades. It measures and coaches; it is no medical device. Nothing leaves this machine."
)


class Question(NamedTuple):
    """A question with its answers: what each gives, and its words."""

    name: str
    words: str
    answers: tuple[tuple[Any, str], ...]


QUESTIONS = (
    Question(
        "demo",
        "Is there a sensor?",
        ((True, "no, show me a simulated wearer"), (False, "yes, it is switched on and near")),
    ),
    Question(
        "purpose",
        "What for?",
        (("train", "to train: count repetitions and time holds"), ("desk", "to sit better at the desk")),
    ),
    Question(
        "sound",
        "What may be heard? (1 to 9 on the keyboard open other screens later, ? explains each)",
        (("tones", "short tones"), ("speech", "short tones and spoken counts"), ("off", "nothing")),
    ),
)

Answers = dict[str, Any]


class WelcomeScreen(OverScreen[Answers | None]):
    """Gives the answers by name, or None where somebody would rather look around alone."""

    CSS = """
    WelcomeScreen { align: center middle; background: $background; }
    WelcomeScreen #welcome { width: 72; max-width: 100%; height: auto; border: round $accent; padding: 1 2; }
    WelcomeScreen #question { text-style: bold; margin: 1 0 0 0; }
    WelcomeScreen OptionList { height: 5; border: none; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "skip"),
        Binding("q,ctrl+c", "app.quit", "quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._answers: Answers = {}

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome") as box:
            box.border_title, box.border_subtitle = "welcome", "↑ ↓ and enter, or a click; escape skips"
            yield Static(Content(ABOUT))
            yield Static(id="question")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self._ask()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        question = QUESTIONS[len(self._answers)]
        self._answers[question.name] = question.answers[event.option_index][0]
        if len(self._answers) == len(QUESTIONS):
            self.dismiss(self._answers)
        else:
            self._ask()

    def _ask(self) -> None:
        number = len(self._answers)
        question = QUESTIONS[number]
        self.query_one("#question", Static).update(Content(f"{number + 1} of {len(QUESTIONS)}: {question.words}"))
        chooser = self.query_one(OptionList)
        chooser.clear_options()
        chooser.add_options([Content(words) for _, words in question.answers])
        chooser.highlighted = 0
        chooser.focus()
