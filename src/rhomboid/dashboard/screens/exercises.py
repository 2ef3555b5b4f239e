"""The catalogue: each exercise with how it is done, how much, at which tempo, and what the sensor sees of it."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from rhomboid.coach.exercise import Exercise
from rhomboid.coach.words import KINDS, POSITIONS, amount, kilograms, seconds
from rhomboid.dashboard.house import Wish
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.figures import FIGURES
from rhomboid.dashboard.widgets.pacer import Pacer
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.errors import RhomboidError, harmless

SEEN_MARKS = {"strong": "●", "weak": "◐", "by_hand": "○"}
SEEN_WORDS = {"strong": "well", "weak": "weakly", "by_hand": "not: you count"}


class ExercisesScreen(ModeScreen):
    """The list is the catalogue's own order, which goes from gentle to heavy."""

    MODE = "exercises"
    AUTO_FOCUS: ClassVar[str | None] = "#list"
    CSS = """
    ExercisesScreen #list { width: 32; height: 1fr; border: round $primary; }
    ExercisesScreen #top { height: 7; }
    ExercisesScreen #figure { width: 14; color: $accent; }
    ExercisesScreen #much { width: 1fr; }
    ExercisesScreen Pacer { height: 1; }
    ExercisesScreen #how { height: auto; }
    ExercisesScreen.-narrow #figure, ExercisesScreen.-tiny #top { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "train(False)", "train it", tooltip="a guided session of this exercise alone", key_display="g"),
        Binding("d", "train(True)", "demo", tooltip="the same with a simulated wearer", key_display="d"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._exercises: list[Exercise] = []

    def body(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(id="list", markup=False)
            with Vertical(id="one", classes="card"):
                with Horizontal(id="top"):
                    yield Static(id="figure")
                    yield Static(id="much")
                yield Pacer()
                with VerticalScroll():
                    yield Static(id="how")
                    yield PlainText(id="complaint")

    def on_mount(self) -> None:
        chooser = self.query_one("#list")
        chooser.border_title = "exercises"
        chooser.border_subtitle = "  ".join(f"{mark} {seen.replace('_', ' ')}" for seen, mark in SEEN_MARKS.items())
        self._read()

    @work(thread=True)
    def _read(self) -> None:
        house = self.house_app.house
        if house is None:
            return
        try:
            found = list(house.catalogue().exercises.values())
        except RhomboidError as error:
            self.app.call_from_thread(self.set_text, "#complaint", str(error))
            return
        self.app.call_from_thread(self._list, found)

    def _list(self, exercises: list[Exercise]) -> None:
        self._exercises = exercises
        chooser = self.query_one("#list", OptionList)
        chooser.add_options([Content(harmless(f"{SEEN_MARKS[x.seen]} {x.name}")) for x in exercises])
        chooser.highlighted = 0 if exercises else None

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        exercise = self._exercises[event.option_index]
        self.query_one("#one").border_title = Content(harmless(exercise.name))
        self.query_one("#figure", Static).update(Content(FIGURES[exercise.position].strip("\n")))
        self.query_one("#much", Static).update(rows(much(exercise)))
        self.query_one("#how", Static).update(rows(how(exercise)))
        self.query_one(Pacer).exercise = exercise

    def action_train(self, demo: bool) -> None:
        at = self.query_one("#list", OptionList).highlighted
        if at is not None and self._exercises:
            self.house_app.begin(Wish(demo=demo, exercise=self._exercises[at].id))
            self.app.switch_mode("train")

    def draw_body(self) -> None:
        self.query_one(Pacer).t_s = round(monotonic(), 1)


def much(exercise: Exercise) -> list[tuple[str, str]]:
    """How much, in which position and with what."""
    p, tempo = exercise.prescription, exercise.tempo
    positions = ", or ".join(POSITIONS[position] for position in (exercise.position, *exercise.also_in))
    found = [
        ("how much", f"{amount(p.sets, p.reps, p.hold_s, per_side=exercise.per_side)}, rest {seconds(p.rest_s)}"),
        ("position", positions),
        ("counted", KINDS[exercise.kind]),
        ("seen", SEEN_WORDS[exercise.seen]),
    ]
    if exercise.load:
        found.append(("load", "your choice" if p.load_kg is None else kilograms(p.load_kg)))
    if tempo is not None:
        found.append(("tempo", f"{tempo.out_s:g} s out, {tempo.back_s:g} s back"))
    return found


def how(exercise: Exercise) -> list[tuple[str, str]]:
    """What to do, what to beware of, what the sensor sees, and what could be done instead."""
    told = [("", exercise.how), ("take care", " ".join(exercise.cautions)), ("the sensor", exercise.sees)]
    told.append(("instead", ", ".join(exercise.alternatives)))
    return [(word, " ".join(text.split())) for word, text in told if text]


def rows(told: list[tuple[str, str]]) -> Content:
    """Words and what they stand for, one below the other."""
    lines = [Content.assemble((f"{word}: " if word else "", "bold"), harmless(text)) for word, text in told]
    return Content("\n").join(lines)
