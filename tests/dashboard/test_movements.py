"""Stepping back: what is kept of each movement, and what is said of it."""

from __future__ import annotations

import numpy as np

from rhomboid import events as e
from rhomboid.dashboard.app import RhomboidApp
from rhomboid.dashboard.observed import Observed
from rhomboid.dashboard.screens.movements import MovementsScreen, figures, why
from rhomboid.motion.pipeline import Trace

from .scenes import FakeSession, make_update, movement, rows_in_hand, shown


def test_every_movement_keeps_its_piece_of_signal_and_a_second_on_either_side() -> None:
    observed = Observed()
    observed.take(rows_in_hand())
    assert [judged.counted for judged in observed.judged] == [True, True, False, *[True] * 5]
    refused = observed.judged[2]
    assert refused.movement.start_s - 1.0 <= refused.t_s[0] < refused.movement.start_s
    assert refused.movement.end_s < refused.t_s[-1] <= refused.movement.end_s + 1.0
    assert refused.movement_deg.max() < 31.0 and len(refused.t_s) == len(refused.movement_deg)


def test_a_piece_is_cut_when_its_end_has_been_heard_whatever_the_chunks() -> None:
    whole, chunks = Observed(), Observed()
    update = rows_in_hand()
    whole.take(update)
    for event in update.events:
        chunks.take(make_update(event, t_s=event.at_s))
    for k in range(0, 1000, 7):
        part = Trace(*(getattr(update.trace, name)[k : k + 7] for name in ("t_s", "movement_deg", "tilt_deg")))
        chunks.take(make_update(trace=part, t_s=float(part.t_s[-1])))
    chunks.take(make_update(t_s=60.0))
    assert len(chunks.judged) == len(whole.judged)
    # What was announced before its signal came is cut when it has come.
    assert all(len(judged.t_s) or judged.movement.end_s > 41.0 for judged in whole.judged)


def test_the_look_back_changes_the_verdict_and_the_reason() -> None:
    observed = Observed()
    observed.take(rows_in_hand())
    struck, added = observed.judged[0].movement, movement(60.0)
    corrections = (
        e.Correction(change="struck_out", movement=struck, reason="only settling"),
        e.Correction(change="added", movement=added, reason="like the others"),
    )
    closed = e.SetClosed(
        at_s=70.0, set_index=1, start_s=17.0, end_s=62.0, reps=7, live_reps=7, movements=(), corrections=corrections
    )
    observed.take(make_update(closed, t_s=70.0))
    assert not observed.judged[0].counted and why(observed.judged[0]) == "Not counted: only settling."
    assert observed.judged[-1].counted and "looking back over the whole set: like the others" in why(
        observed.judged[-1]
    )


def test_figures_stand_beside_those_of_the_counted_ones() -> None:
    observed = Observed()
    observed.take(rows_in_hand())
    table = figures(observed.judged[2], [j for j in observed.judged if j.counted]).splitlines()
    assert table[1].split() == ["range", "8", "°", "30", "°"]


async def test_the_screen_shows_the_chosen_movement_and_why() -> None:
    async with RhomboidApp(FakeSession(updates=[rows_in_hand()])).run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(pilot.app.screen, MovementsScreen)
        assert "Counted as repetition 7 (90 % sure)." in await shown(pilot)
        await pilot.press(*["down"] * 5)
        text = await shown(pilot)
        assert "Not counted: 8° where the others are 30°." in text
        assert "start" in text and "far" in text and "end" in text
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, MovementsScreen)


async def test_nothing_to_look_at_is_said() -> None:
    async with RhomboidApp(FakeSession()).run_test() as pilot:
        await pilot.press("v")
        assert "nothing has been counted or refused yet" in await shown(pilot)


def test_memory_stays_bounded() -> None:
    observed = Observed()
    for k in range(1000):
        peak_s = 2.0 * k
        event = e.MovementRefused(at_s=peak_s, movement=movement(peak_s), reason="small")
        trace = Trace(np.arange(peak_s, peak_s + 2.0, 0.02), np.zeros(100), np.zeros(100))
        observed.take(make_update(event, trace=trace, t_s=peak_s + 2.0))
    assert len(observed.judged) == 200
    assert sum(judged.t_s.nbytes for judged in observed.judged) < 1_000_000
