"""Text from outside on every screen: markup, control characters and wide letters are shown and not obeyed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.house import Finding, Heard
from rhomboid.dashboard.modes import MODES
from rhomboid.dashboard.screens.movements import MovementsScreen
from rhomboid.errors import DataError
from tests.conftest import EXAMPLES

from .scenes import FakeHouse, FakeSession, look, make_update, movement, rows_in_hand, shown, until

NASTY = [
    "[red]",
    "[/]",
    "[@click=app.quit]x[/]",
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\u202e",
    "\r\n",
    "\0",
    "🏋️",
    "한",
    "{",
    "$x",
]
HOSTILE = "[@click=app.quit]evil[/] \x1b]0;owned\x07\x1b[2J \u202egnp.exe [/nothing] 한"
texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=8), max_size=6).map("".join)


class HostileHouse(FakeHouse):
    """Everything that comes from outside is called ``text``."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.files = [Path(f"{text}.mcap".replace("/", "-").replace("\0", "-"))]
        self.heard = [Heard("AA:01", text, text, text, text, usable=False)]
        done = SetRecord(exercise=text, number=1, start_s=0.0, end_s=9.0, reps=3)
        began = "2026-11-20T18:02:00+01:00"
        self.past = [
            SessionRecord(id=1, started_at=began, sets=(done,), note=text, recording=text, plan=text, plan_step=0)
        ]

    async def examine(self, address: str | None) -> list[Finding]:
        return [Finding(text, text) for text in (self.text, "verdict")]

    def catalogue(self) -> object:  # type: ignore[override]
        known = super().catalogue()
        squeeze = known.named("shoulder-blade-squeeze")
        changed = msgspec.structs.replace(squeeze, name=self.text, how=self.text, sees=self.text, cautions=(self.text,))
        return msgspec.structs.replace(known, exercises={**known.exercises, squeeze.id: changed})

    def plans(self) -> list[object]:  # type: ignore[override]
        return [msgspec.structs.replace(plan, name=self.text, about=self.text) for plan in super().plans()]

    def weeks_ahead(self, plan: object, weeks: int) -> list[object]:  # type: ignore[override]
        real = next(p for p in super().plans() if p.id == plan.id)  # type: ignore[attr-defined]
        ahead = super().weeks_ahead(real, weeks)
        asked = msgspec.structs.replace(ahead[0].exercises[0], name=self.text, why=self.text, note=self.text)
        return [msgspec.structs.replace(ahead[0], exercises=(asked,), remarks=(self.text,), due=date(2026, 11, 21))]


def hostile_session(text: str) -> FakeSession:
    refused = e.MovementRefused(at_s=41.0, movement=movement(39.0), reason=text)
    lost = e.LinkChanged(at_s=41.0, state="lost", words=text)
    gap = e.GapMarked(at_s=41.0, start_s=40.0, end_s=41.0, reason=text)
    denied = e.ReferenceRefused(at_s=41.0, reason=text)
    session = FakeSession(text, updates=[rows_in_hand(), make_update(refused, lost, gap, denied, t_s=45.0)])
    session.section = text
    return session


@settings(max_examples=EXAMPLES // 20, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[*Phase][:3])
@given(texts)
@example(HOSTILE)
async def test_hostile_text_harms_no_screen(text: str) -> None:
    session = hostile_session(text)
    app = RhomboidApp(session, house=HostileHouse(text))
    async with app.run_test(size=(120, 40)) as pilot:
        for mode in MODES:
            await pilot.press(mode.key)
            if mode.name == "sensors":
                await pilot.press("s", "c")
            await until(
                pilot, lambda: not any(w.is_running for w in app.workers if w.name not in ("session", "_listen"))
            )
            printable(await shown(pilot))
        await pilot.press("1", "v")
        assert isinstance(app.screen, MovementsScreen)
        await pilot.pause()
        printable(look(app))
        await pilot.press("escape")
        session.end(DataError(text, do=text, where=text))
        app.notify(text, markup=False)
        await until(pilot, lambda: session.finished)
        printable(await shown(pilot))
        assert app.is_running


def at_rest(app: RhomboidApp) -> bool:
    return not any(worker.is_running for worker in app.workers if worker.name not in ("session", "_listen"))


def printable(screen: str) -> None:
    assert all(c.isprintable() for c in screen.replace("\n", "")), ascii(screen)


async def test_hostile_text_is_shown_as_it_is() -> None:
    harmless = "[@click=app.quit]evil[/] \\x1b]0;owned\\x07\\x1b[2J \\u202egnp.exe [/nothing]"
    app = RhomboidApp(hostile_session(HOSTILE), house=HostileHouse(HOSTILE))
    async with app.run_test(size=(200, 60)) as pilot:
        for key in "1456":
            await pilot.press(key)
            await until(
                pilot, lambda: not any(w.is_running for w in app.workers if w.name not in ("session", "_listen"))
            )
            assert harmless[:22] in await shown(pilot), key
