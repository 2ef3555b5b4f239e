"""What was done: the days, the weeks in bars, the bests, and each session in words."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from rhomboid.coach.record import SessionRecord
from rhomboid.dashboard.screens.mode import ModeScreen
from rhomboid.dashboard.widgets.calendar import bars, calendar
from rhomboid.errors import RhomboidError, harmless
from rhomboid.history.overview import Overview, Week, overview
from rhomboid.history.shown import session_text

WEEKS = (6, 12, 26)


class HistoryScreen(ModeScreen):
    """Read anew whenever it is opened."""

    MODE = "history"
    AUTO_FOCUS: ClassVar[str | None] = "#sessions"
    CSS = """
    HistoryScreen #above { height: 11fr; }
    HistoryScreen #days { width: 40; overflow: hidden; }
    HistoryScreen #weeks { width: 1fr; overflow: hidden; }
    HistoryScreen #below { height: 10fr; }
    HistoryScreen #sessions { width: 43; height: 1fr; border: round $primary; }
    HistoryScreen #session { width: 1fr; }
    HistoryScreen #text { height: auto; }
    HistoryScreen.-tiny #above { display: none; }
    HistoryScreen.-narrow #days, HistoryScreen.-narrow #sessions { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "weeks", "weeks", tooltip="more weeks, or fewer", key_display="w"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[SessionRecord] = []
        self._today = date.min
        self._span = 0

    def body(self) -> ComposeResult:
        with Horizontal(id="above"):
            with Vertical(id="days", classes="card") as card:
                card.border_title, card.border_subtitle = "days", "T trained  D at the desk"
                yield Static(id="calendar")
            with Vertical(id="weeks", classes="card") as card:
                card.border_title = "weeks"
                yield Static(id="trends")
        with Horizontal(id="below"):
            yield OptionList(id="sessions", markup=False)
            with VerticalScroll(id="session", classes="card") as card:
                card.border_title = "session"
                yield Static(id="text")

    def on_mount(self) -> None:
        self.query_one("#sessions").border_title = "sessions, newest first"

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        house = self.house_app.house
        if house is None:
            return
        try:
            sessions = sorted(house.sessions(), key=lambda s: s.started_at, reverse=True)
        except RhomboidError as error:
            self.app.call_from_thread(self._tell, str(error))
            return
        self.app.call_from_thread(self._show, sessions, house.today())

    def _show(self, sessions: list[SessionRecord], today: date) -> None:
        self._sessions, self._today = sessions, today
        chooser = self.query_one("#sessions", OptionList)
        chooser.clear_options()
        chooser.add_options([Content(line(session)) for session in sessions])
        chooser.highlighted = 0 if sessions else None
        if not sessions:
            self._tell("No session yet. 1 opens training, d there shows a simulated wearer.")
        self._draw_weeks()

    def _draw_weeks(self) -> None:
        weeks = WEEKS[self._span]
        found = overview(self._sessions, self._today, weeks)
        self.query_one("#calendar", Static).update(calendar(self._sessions, self._today, weeks))
        self.query_one("#trends", Static).update(trends(found))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._tell(session_text(self._sessions[event.option_index]))

    def _tell(self, text: str) -> None:
        self.query_one("#text", Static).update(Content("\n".join(map(harmless, text.splitlines()))))

    def action_weeks(self) -> None:
        self._span = (self._span + 1) % len(WEEKS)
        self._draw_weeks()


def line(session: SessionRecord) -> str:
    """One session in the list."""
    when = session.started_at[2:16].replace("T", " ")
    sets = [done for done in session.sets if not done.discarded]
    if session.kind == "desk":
        return harmless(f"{when}  desk, upright {session.posture.upright:.0f} min")
    return harmless(f"{when}  {len(sets)} sets, {sum(done.reps for done in sets)} reps")


def trends(found: Overview) -> Content:
    """Every measure as bars, a block a week, with its newest value; below them the bests."""
    rows: list[tuple[str, list[float | None], str]] = [
        ("trainings", [float(w.trainings) for w in found.weeks], "{:.0f}"),
        ("repetitions", [float(w.reps) for w in found.weeks], "{:.0f}"),
        ("load × reps", [w.volume_kg for w in found.weeks], "{:.0f} kg"),
        ("pain before", [w.pain_before for w in found.weeks], "{:.1f}"),
        ("pain after", [w.pain_after for w in found.weeks], "{:.1f}"),
        ("tension", [w.tension for w in found.weeks], "{:.1f}"),
        ("slouched", [_percent(w) for w in found.weeks], "{:.0f} %"),
    ]
    lines = [Content.styled(f"{'':<12} {'this week':>9}", "dim")]
    for name, values, form in rows:
        newest = "-" if values[-1] is None else form.format(values[-1])
        lines.append(Content.assemble(f"{name:<12} {newest:>9}  ", (" ".join(bars(values)), "bold")))
    for best in found.bests:
        parts = [
            f"{best.reps} reps" if best.reps else "",
            f"{best.load_kg:g} kg" if best.load_kg else "",
            f"held {best.hold_s:.0f} s" if best.hold_s else "",
        ]
        lines.append(Content(harmless(f"best {best.exercise}: {', '.join(part for part in parts if part)}")))
    return Content("\n").join(lines)


def _percent(week: Week) -> float | None:
    return None if week.slouch_share is None else 100.0 * week.slouch_share
