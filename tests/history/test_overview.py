"""What a history says as a whole, in numbers and in 80 columns."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from rhomboid.coach.record import HoldRecord, PostureMinutes, SessionRecord, SetRecord
from rhomboid.history.overview import monday_of, overview, slouch_share
from rhomboid.history.shown import calendar, report, session_text

from .examples import DESK, ROWS, SQUEEZE, TRAINING, at

TODAY = date(2026, 11, 21)


def done(reps: int = 10, **more: object) -> SetRecord:
    return SetRecord(exercise="row", number=1, start_s=0.0, end_s=30.0, reps=reps, **more)  # type: ignore[arg-type]


def test_weeks_begin_on_monday_and_leave_out_what_was_discarded() -> None:
    found = overview([at("2026-11-15T18:00:00Z", sets=(done(),)), TRAINING, DESK], TODAY, 3)
    assert [w.monday.isoformat() for w in found.weeks] == ["2026-11-02", "2026-11-09", "2026-11-16"]
    empty, sunday, this = found.weeks
    assert (empty.trainings, empty.pain_before, empty.slouch_share) == (0, None, None)
    assert (sunday.trainings, sunday.reps) == (1, 10)
    assert (this.trainings, this.desks, this.sets, this.reps) == (1, 1, 1, 9)
    assert (this.volume_kg, this.held_s, this.pain_before, this.tension) == (67.5, 0.0, 4, 6.0)
    assert monday_of(TODAY) == date(2026, 11, 16)


def test_what_is_unknown_is_neither_upright_nor_slouched() -> None:
    assert slouch_share([DESK]) == pytest.approx(12.5 / 116.0)
    assert slouch_share([at("2026-11-20T18:00:00Z", posture=PostureMinutes(cannot_tell=60.0, not_worn=9.0))]) is None


def test_the_best_is_the_first_day_on_which_it_was_done() -> None:
    hold = HoldRecord(start_s=1.0, end_s=8.5)
    sessions = [
        at("2026-11-01T18:00:00Z", sets=(done(12, load_kg=5.0), done(99, discarded=True))),
        at("2026-11-03T18:00:00Z", sets=(done(12, load_kg=7.5, holds=(hold,)),)),
    ]
    (best,) = overview(sessions, TODAY, 1).bests  # of all time, whatever weeks are shown
    assert (best.reps, best.reps_day.day, best.load_kg, best.load_day.day, best.hold_s) == (12, 1, 7.5, 3, 7.5)


def test_a_trend_needs_two_of_either_side() -> None:
    pains = [at(f"2026-11-{day:02}T18:00:00Z", pain_before=pain) for day, pain in [(2, 6), (4, 5), (9, 4), (11, 1)]]
    (trend,) = overview(pains, TODAY, 4).trends
    assert (trend.what, trend.before, trend.after, trend.sessions) == ("pain before", 5.5, 2.5, 4)
    assert overview(pains[:3], TODAY, 4).trends == ()


def test_the_calendar_marks_the_days() -> None:
    lines = calendar([TRAINING, DESK, msgspec.structs.replace(DESK, started_at="2026-11-20T09:00:00Z")], TODAY, 2)
    head, before, this = lines.splitlines()
    assert before.split() == ["2026-11-09", *"......."]
    assert this.split() == ["2026-11-16", *"....", "TD", "[D]"]  # Sunday is still to come
    assert head.index("Fri") == this.index("TD") == head.index("Mon") + 20


def test_all_of_it_fits_80_columns_and_harms_no_terminal() -> None:
    long = done(100, load_kg=102.5, holds=(HoldRecord(start_s=0.0, end_s=120.0),), target_reps=100, side="right")
    long = msgspec.structs.replace(long, exercise="cross-body-shoulder-stretch\x1b[2J", discarded=False, effort=10)
    session = at(
        "2026-11-20T18:00:00Z",
        id=1234,
        sets=(long,) * 20,
        pain_before=10,
        pain_after=10,
        tension=10,
        posture=DESK.posture,
    )
    sessions = [session, msgspec.structs.replace(DESK, note="\x1b[31m")]
    text = report(overview(sessions, TODAY, 6), sessions, TODAY) + "\n" + "\n".join(map(session_text, sessions))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_a_session_is_told_set_by_set() -> None:
    text = session_text(msgspec.structs.replace(TRAINING, id=3))
    assert text.startswith("session 3: train, 2026-11-20 18:02, 29 min, gentle step 3\n  ended: tired; pain before 4")
    assert "9/10" in text and "corrected" in text and "discarded" in text
    back = msgspec.structs.replace(TRAINING, ended_at="2026-11-20T17:00:00+01:00")
    assert "length unknown" in session_text(back)
    assert "going on in another program" in session_text(SessionRecord(started_at=TRAINING.started_at))
    assert ROWS.exercise in text and SQUEEZE.exercise in text


def test_an_empty_history_says_how_to_begin() -> None:
    assert "rhomboid train" in report(overview([], TODAY, 6), [], TODAY)
