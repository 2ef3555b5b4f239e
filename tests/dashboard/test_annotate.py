"""The annotation screen under the keys of someone who marks a set."""

from __future__ import annotations

import numpy as np
import pytest

from rhomboid.annotation import Annotations, Editor, Seen
from rhomboid.dashboard.annotate import AnnotateApp
from rhomboid.dashboard.screens.annotate import KEYS, AnnotateScreen
from rhomboid.dashboard.screens.help import HelpScreen
from rhomboid.errors import DataError
from rhomboid.events import Event, HoldEnded, Movement, SetClosed

from .scenes import look


def bowing(title: str = "mine.mcap") -> Seen:
    """A minute with bows of 30 deg every three seconds from 10 s to 40 s, found at their far points."""
    t_s = np.arange(0.0, 60.0, 0.02)
    inside = (t_s >= 10.0) & (t_s < 40.0)
    movement_deg = np.where(inside, 15.0 * (1 - np.cos(2 * np.pi * (t_s - 10.0) / 3.0)), 0.0)
    peaks_s = [11.5 + 3 * i for i in range(10)]
    movements = tuple(
        Movement(start_s=t - 1.5, peak_s=t, end_s=t + 1.5, range_deg=30.0, confidence=0.9) for t in peaks_s
    )
    events: tuple[Event, ...] = (
        SetClosed(at_s=45.0, set_index=0, start_s=10.0, end_s=40.0, reps=10, live_reps=10, movements=movements),
        HoldEnded(at_s=52.0, start_s=50.0, end_s=52.0),
    )
    return Seen(title, t_s, movement_deg, np.full(len(t_s), np.nan), events)


def marking(saved: list[Annotations], seen: Seen | None = None) -> AnnotateApp:
    return AnnotateApp(seen or bowing(), Editor(Annotations(), "rows"), saved.append)


def screen_of(app: AnnotateApp) -> AnnotateScreen:
    return next(screen for screen in app.screen_stack if isinstance(screen, AnnotateScreen))


async def test_a_set_is_marked_by_going_from_one_repetition_to_the_next() -> None:
    saved: list[Annotations] = []
    app = marking(saved)
    async with app.run_test(size=(100, 28)) as pilot:
        await pilot.press("n", "s")  # the set begins
        for _ in range(10):
            await pilot.press("n", "r")
        await pilot.press("n", "s")
        await pilot.pause()
        shown = look(app)
    assert len(saved) == 11
    (stretch,) = saved[-1].stretches
    assert (stretch.kind, stretch.start_s, stretch.end_s, stretch.activity) == ("set", 10.0, 40.0, "rows")
    assert saved[-1].reps_s == tuple(11.5 + 3 * i for i in range(10))
    assert "set of rows: 10 reps, 30.0 s" in shown
    assert "10 reps, 1 sets, 0 holds" in shown and "saved" in shown


async def test_what_was_found_is_accepted_and_then_corrected() -> None:
    saved: list[Annotations] = []
    app = marking(saved)
    async with app.run_test(size=(100, 28)) as pilot:
        await pilot.press("a", "p", "+", "+", "-")
        await pilot.pause()
        assert "11 reps (10 marked)" in look(app)
        await pilot.press("z", "z", "z", "z")
        assert saved[-1] == Annotations()
        await pilot.press("a", "x")
    assert saved[-1].stretches == () and len(saved[-1].reps_s) == 10


async def test_holds_and_slouches_are_marked_from_edge_to_edge() -> None:
    saved: list[Annotations] = []
    app = marking(saved)
    async with app.run_test(size=(100, 28)) as pilot:
        await pilot.press("end", "p", "h", "shift+right", "shift+right")
        await pilot.pause()
        assert "hold from 0:50: the same key ends it" in look(app)
        await pilot.press("h", "l", "right", "z", "home", "l", "pagedown", "l")
    assert [(s.kind, s.start_s, round(s.end_s, 2)) for s in saved[-1].stretches] == [
        ("slouch", 0.0, 10.0),
        ("hold", 50.0, 52.0),
    ]


async def test_it_plays_in_real_time_and_stops_at_the_end() -> None:
    app = marking([])
    async with app.run_test(size=(100, 28)) as pilot:
        await pilot.press("space")
        await pilot.pause(0.5)
        assert 0.2 < screen_of(app).cursor_s < 2.0
        await pilot.press("space")
        held = screen_of(app).cursor_s
        await pilot.pause(0.2)
        assert screen_of(app).cursor_s == held
        await pilot.press("end", "right", "space")
        await pilot.pause(0.2)
        assert screen_of(app).cursor_s == pytest.approx(59.98)
        assert "at 0:59.9 of 0:59" in look(app)


async def test_what_cannot_be_saved_is_said_and_kept_on_the_screen() -> None:
    def full(_: Annotations) -> None:
        raise DataError("the disk is full", do="make room")

    app = AnnotateApp(bowing(), Editor(Annotations()), full)
    async with app.run_test(size=(140, 28)) as pilot:
        await pilot.press("r")
        await pilot.pause()
        shown = look(app)
    assert "NOT saved: the disk is full; make room" in shown and "1 reps in no set are not counted" in shown


async def test_help_lists_every_key() -> None:
    app = marking([])
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press("?")
        assert isinstance(app.screen, HelpScreen)
        shown = look(app)
        assert all(words in shown for _, _, _, words, _ in KEYS)
        await pilot.press("escape", "q")
    assert app.return_code == 0


async def test_a_click_goes_to_its_moment() -> None:
    app = marking([])
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click("Timeline", offset=(60, 5))
        first_s = screen_of(app).cursor_s
        await pilot.click("Timeline", offset=(4, 5))  # beside it
        assert screen_of(app).cursor_s == first_s > 0.0
        await pilot.click("Timeline", offset=(12, 5))
        assert screen_of(app).cursor_s < first_s


@pytest.mark.parametrize("seen", [bowing(), Seen("empty", *np.empty((3, 0)), ())])
async def test_any_size_and_any_key_at_any_time(seen: Seen) -> None:
    app = marking([], seen)
    async with app.run_test() as pilot:
        for size in [(40, 10), (200, 60), (1, 1), (20, 5), (79, 23)]:
            await pilot.resize_terminal(*size)
            for key, action, *_ in KEYS:
                if action not in ("leave", "help"):
                    await pilot.press(key.split(",")[0])
            await pilot.press("up", "up", "up", "down", "v", "pageup", "end")
            await pilot.pause()
            assert len(look(app).splitlines()) <= size[1]


async def test_hostile_names_are_shown_and_not_obeyed() -> None:
    app = AnnotateApp(bowing("[red]x[/red]\x1b]0;y\x07"), Editor(Annotations(), "\x1b[2J[b]引体向上"), lambda _: None)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("a")
        await pilot.pause()
        shown = look(app)
    assert "[red]x[/red]\\x1b]0;y\\x07" in shown
    assert all(c.isprintable() for c in shown.replace("\n", ""))
