"""Plans: which is in use, its next session with the reasons for its numbers, and the weeks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from rhomboid.coach.plan import Plan, PlannedExercise, PlannedSession
from rhomboid.coach.words import MONTHS, WEEKDAYS, amount, seconds
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.errors import RhomboidError, harmless

WEEKS_AHEAD = 4


class PlanScreen(ModeScreen):
    """Computed from the history whenever it is opened; a missed day moves the weeks, nothing is owed."""

    MODE = "plan"
    AUTO_FOCUS: ClassVar[str | None] = "#plans"
    CSS = """
    PlanScreen #plans { width: 29; height: 1fr; border: round $primary; }
    PlanScreen #next { height: 3fr; }
    PlanScreen #weeks { height: 2fr; }
    PlanScreen #next-text, PlanScreen #weeks-text { height: auto; }
    PlanScreen.-narrow #plans, PlanScreen.-tiny #weeks { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "use", "use it", tooltip="make the plan under the cursor the one in use", key_display="i"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._plans: list[Plan] = []
        self._in_use = ""

    def body(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(id="plans", markup=False)
            with Vertical():
                with VerticalScroll(id="next", classes="card") as card:
                    card.border_title = "next session"
                    yield Static(id="next-text")
                with VerticalScroll(id="weeks", classes="card") as card:
                    card.border_title = "the weeks ahead"
                    yield Static(id="weeks-text")

    def on_mount(self) -> None:
        self.query_one("#plans").border_title = "plans"
        self.query_one("#plans").border_subtitle = "● in use"

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._read()

    @work(thread=True, exclusive=True, group="plans")
    def _read(self) -> None:
        house = self.house_app.house
        if house is None:
            return
        try:
            plans, in_use = house.plans(), house.plan_in_use()
        except RhomboidError as error:
            self.app.call_from_thread(self._tell, Content(str(error)), Content(""))
            return
        self.app.call_from_thread(self._list, plans, in_use)

    def _list(self, plans: list[Plan], in_use: str) -> None:
        self._plans, self._in_use = plans, in_use
        chooser = self.query_one("#plans", OptionList)
        at = chooser.highlighted
        chooser.clear_options()
        chooser.add_options([Content(harmless(f"{'●' if p.id == in_use else '○'} {p.name}")) for p in plans])
        chosen = next((k for k, p in enumerate(plans) if p.id == in_use), 0)
        chooser.highlighted = chosen if at is None else min(at, len(plans) - 1)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._compute(self._plans[event.option_index])

    @work(thread=True, exclusive=True, group="weeks")
    def _compute(self, plan: Plan) -> None:
        house = self.house_app.house
        if house is None:
            return
        try:
            ahead, today = house.weeks_ahead(plan, WEEKS_AHEAD), house.today()
        except RhomboidError as error:
            self.app.call_from_thread(self._tell, Content(str(error)), Content(""))
            return
        self.app.call_from_thread(self._tell, next_session(plan, ahead, today), weeks(ahead))

    def _tell(self, coming: Content, ahead: Content) -> None:
        self.query_one("#next-text", Static).update(coming)
        self.query_one("#weeks-text", Static).update(ahead)

    def action_use(self) -> None:
        house, at = self.house_app.house, self.query_one("#plans", OptionList).highlighted
        if house is None or at is None or not self._plans:
            return
        try:
            house.use_plan(self._plans[at])
        except RhomboidError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(harmless(f"{self._plans[at].name} is the plan now"), markup=False)
        self._read()


def next_session(plan: Plan, ahead: Sequence[PlannedSession], today: date) -> Content:
    """What the plan is, and what its next session asks for and why."""
    lines = [Content(harmless(plan.about)), Content("")]
    if not ahead:
        return Content("\n").join([*lines, Content("The plan is through.")])
    coming = ahead[0]
    when = "today" if coming.due <= today else f"{WEEKDAYS[coming.due.weekday()]} {_day(coming.due)}"
    of = f" of {plan.weeks}" if plan.weeks else ""
    light = ", a light one" if coming.light else ""
    lines.append(Content.styled(f"{when}: week {coming.week + 1}{of}{light}, session {coming.step + 1}", "bold"))
    if coming.warm_up_min:
        lines.append(Content(f"warm up for {coming.warm_up_min:g} min first"))
    for asked in coming.exercises:
        head = (harmless(asked.name), "bold"), f": {harmless(much(asked))}, rest {seconds(asked.rest_s)}"
        lines += [
            Content.assemble(*head),
            Content.styled(harmless(f"   {asked.why}. {asked.note}".rstrip(" .")), "dim"),
        ]
    lines += [Content.styled(harmless(remark), "bold") for remark in coming.remarks]
    return Content("\n").join(lines)


def weeks(ahead: Sequence[PlannedSession]) -> Content:
    """A line for each week of the plan, with what its last session asks for."""
    lines = []
    for number, group in groupby(ahead, key=lambda session: session.week):
        sessions = list(group)
        head = f"week {number + 1}{' light' if sessions[0].light else ''}, from {_day(sessions[0].due)}"
        asked = "  ".join(f"{x.name} {much(x)}" for x in sessions[-1].exercises)
        lines.append(Content.assemble((f"{head}: ", "bold"), harmless(asked)))
    return Content("\n").join(lines)


def much(asked: PlannedExercise) -> str:
    """Sets, repetitions, sides and load in one glance."""
    sides = "" if asked.sides == (None,) else f", {' then '.join(str(side) for side in asked.sides)}"
    return amount(asked.sets, asked.reps, asked.hold_s) + sides + (f", {asked.load}" if asked.load else "")


def _day(when: date) -> str:
    return f"{when.day} {MONTHS[when.month - 1][:3]}"
