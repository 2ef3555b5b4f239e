"""A picture of a screen, as SVG: for the pages, and for looking at a change."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from rhomboid.dashboard.app import RhomboidApp

if TYPE_CHECKING:
    from rhomboid.dashboard.house import House
    from rhomboid.dashboard.sitting import Sitting
    from rhomboid.session import Session


async def picture(
    shown: Sitting | Session | None,
    path: Path,
    size: tuple[int, int] = (120, 40),
    until_s: float = inf,
    *,
    mode: str = "train",
    house: House | None = None,
) -> None:
    """Writes an SVG of a screen about ``until_s`` into the session, or at its end. Needs no terminal."""
    app = RhomboidApp(shown, mode=mode, house=house)
    async with app.run_test(size=size) as pilot:
        session = app.session
        while session is not None and not session.finished and session.position_s < until_s:
            await pilot.pause(0.02)
        if session is not None:
            session.set_speed(1.0)
        await pilot.pause(0.5)
        path.write_text(app.export_screenshot(), encoding="utf-8")
        await app.action_quit()
