"""Sessions go in as they happen and come out whole, in the order of time, and are gone when they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.record import HoldRecord, SessionRecord, SetRecord, UserCorrection
from rhomboid.errors import HistoryError
from rhomboid.history.rows import TABLES, columns
from rhomboid.history.store import History

from .examples import DESK, MARK, ROWS, SQUEEZE, TRAINING, at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History(path) as opened:
        yield opened


def bare(session: SessionRecord) -> SessionRecord:
    sets = tuple(msgspec.structs.replace(done, id=None) for done in session.sets)
    return msgspec.structs.replace(session, id=None, sets=sets)


def test_what_went_in_comes_out_whole(path: Path) -> None:
    with History(path) as history:
        for session in (TRAINING, DESK):
            history.start_session(session)
    with History(path) as history:
        assert tuple(map(bare, history.sessions())) == (TRAINING, DESK)


def test_a_session_is_written_as_it_happens(path: Path) -> None:
    with History(path) as history, History(path) as other:
        number = history.start_session(SessionRecord(started_at=TRAINING.started_at, pain_before=4))
        assert [s.id for s in other.unfinished()] == [number]
        first = history.add_set(number, ROWS)
        assert other.session(number).sets == (msgspec.structs.replace(ROWS, id=first),)
        history.add_slouch(number, DESK.slouches[0])
        history.add_set(number, SQUEEZE)
        ended = msgspec.structs.replace(TRAINING, sets=(), posture=DESK.posture)
        history.update_session(number, ended)
        assert other.unfinished() == ()
        expected = msgspec.structs.replace(ended, sets=(ROWS, SQUEEZE), slouches=DESK.slouches[:1])
        assert bare(other.session(number)) == expected


def test_corrections_are_kept_as_labels_and_change_the_count(history: History) -> None:
    number = history.start_session(at("2026-11-20T18:00:00+01:00"))
    set_id = history.add_set(number, ROWS)
    more = UserCorrection(at_s=60.0, kind="count", amount=-1)
    now = history.correct_set(set_id, more)
    assert (now.reps, now.sensor_reps, now.corrections) == (8, 8, (*ROWS.corrections, more))
    for _ in range(10):
        now = history.correct_set(set_id, more)
    assert now.reps == 0
    assert history.correct_set(set_id, UserCorrection(at_s=61.0, kind="discard")).discarded
    with pytest.raises(HistoryError, match="no longer in it"):
        history.correct_set(999, more)


def test_a_set_can_be_written_anew(history: History) -> None:
    number = history.start_session(at("2026-11-20T18:00:00+01:00"))
    set_id, other = history.add_set(number, ROWS), history.add_set(number, ROWS)
    history.update_set(set_id, SQUEEZE)
    found = tuple(msgspec.structs.replace(record, id=key) for record, key in ((SQUEEZE, set_id), (ROWS, other)))
    assert history.session(number).sets == found
    with pytest.raises(HistoryError, match="no longer in it"):
        history.update_set(999, ROWS)


def test_a_set_of_a_session_that_another_program_forgot_is_told(path: Path) -> None:
    with History(path) as history, History(path) as other:
        number = history.start_session(at("2026-11-20T18:00:00+01:00"))
        other.forget_all()
        with pytest.raises(HistoryError, match="no longer in it"):
            history.add_set(number, ROWS)
        with pytest.raises(HistoryError, match="no longer in it"):
            history.update_session(number, TRAINING)
        assert history.sessions() == ()


def test_days_and_kinds(history: History) -> None:
    for day in (19, 20, 21):
        history.start_session(at(f"2026-11-{day}T18:00:00+01:00"))
    history.start_session(DESK)

    def days(*asked: date | None) -> list[str]:
        return [s.started_at[8:10] for s in history.sessions(*asked)]

    assert days() == ["19", "20", "21", "21"]
    assert days(date(2026, 11, 20)) == ["20", "21", "21"]
    assert days(None, date(2026, 11, 20)) == ["19", "20"]
    assert days(date(2026, 11, 20), date(2026, 11, 20)) == ["20"]
    assert [s.kind for s in history.sessions(kind="desk")] == ["desk"]
    assert history.sessions(kind="train", movements=False)[0].sets == ()


def test_without_movements_all_else_is_there(history: History) -> None:
    history.start_session(TRAINING)
    (light,) = history.sessions(movements=False)
    without = tuple(msgspec.structs.replace(done, movements=()) for done in TRAINING.sets)
    assert bare(light) == msgspec.structs.replace(TRAINING, sets=without)


def test_order_is_by_the_instant_and_days_are_those_of_the_place(history: History) -> None:
    told = [
        "2026-10-25T02:40:00+02:00",  # summer time, and then the same hour again
        "2026-10-25T02:10:00+01:00",
        "2026-10-25T23:50:00-05:00",  # in New York still the 25th, in Europe the 26th
        "2026-10-26T05:00:00+01:00",
    ]
    for started_at in reversed(told):
        history.start_session(at(started_at))
    assert [s.started_at for s in history.sessions()] == [told[0], told[1], told[3], told[2]]
    assert len(history.sessions(date(2026, 10, 25), date(2026, 10, 25))) == 3


def test_a_clock_that_was_set_back_loses_nothing(history: History) -> None:
    first = history.start_session(SessionRecord(started_at="2026-11-20T18:00:00+01:00"))
    back = msgspec.structs.replace(TRAINING, started_at="2026-11-20T18:00:00+01:00", sets=())
    back = msgspec.structs.replace(back, ended_at="2026-11-20T17:30:00+01:00")
    history.update_session(first, back)
    second = history.start_session(at("2026-11-20T17:31:00+01:00"))
    assert [s.id for s in history.sessions()] == [second, first]
    assert history.session(first).ended_at == "2026-11-20T17:30:00+01:00"


@pytest.mark.parametrize("started_at", ["2026-11-20T18:00:00", "yesterday", "", "2026-13-01T00:00:00Z"])
def test_a_time_without_its_offset_is_refused(history: History, started_at: str) -> None:
    with pytest.raises(HistoryError, match="offset"):
        history.start_session(at(started_at))
    assert history.sessions() == ()


def test_what_cannot_be_is_refused_and_nothing_of_it_kept(history: History) -> None:
    for wrong in (
        at("2026-11-20T18:00:00Z", pain_before=11),
        at("2026-11-20T18:00:00Z", kind="party"),
        at("2026-11-20T18:00:00Z", sets=(ROWS, msgspec.structs.replace(ROWS, effort=-1))),
    ):
        with pytest.raises(HistoryError, match="cannot be kept"):
            history.start_session(wrong)
    assert history.sessions() == ()


def test_what_is_no_number_is_refused_in_words_and_the_session_goes_on(history: History) -> None:
    number = history.start_session(at("2026-11-20T18:00:00Z"))
    with pytest.raises(HistoryError, match="a value cannot be kept"):
        history.add_set(number, msgspec.structs.replace(ROWS, end_s=float("nan")))
    history.add_set(number, ROWS)
    assert len(history.session(number).sets) == 1


any_history = lru_cache(History)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
NUMBER = st.floats(0.0, 1e6)


@given(
    st.lists(
        st.builds(
            SetRecord, exercise=TEXT, number=st.integers(1, 99), start_s=NUMBER, end_s=NUMBER, reps=st.integers(0, 999),
            load_kg=st.none() | NUMBER, effort=st.none() | st.integers(0, 10), discarded=st.booleans(),
        ),
        max_size=4,
    ),
    TEXT,
)  # fmt: skip
def test_any_words_and_numbers_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, sets: list[SetRecord], note: str
) -> None:
    history = any_history(tmp_path_factory.getbasetemp() / "any.sqlite3")
    record = at("2026-11-20T18:00:00+01:00", sets=tuple(sets), note=note)
    assert bare(history.session(history.start_session(record))) == record


# --- forgetting ---


def traces(folder: Path) -> list[str]:
    """The files that still hold the word or the name of the exercise."""
    return [f.name for f in folder.iterdir() if any(w in f.read_bytes() for w in (MARK.encode(), b"one-arm-row"))]


def test_forgetting_leaves_no_trace(path: Path) -> None:
    with History(path) as history:
        number = history.start_session(TRAINING)
        history.start_session(DESK)
    assert len(traces(path.parent)) == 2  # the history and its backup
    with History(path) as history:
        gone = history.forget_session(number)
        assert gone.sessions == 1 and [b.name for b in gone.backups] == ["history.sqlite3.backup"]
        assert traces(path.parent) == []
        assert [bare(s) for s in history.sessions()] == [DESK]
    assert traces(path.parent) == []
    assert path.with_name("history.sqlite3.backup").exists()  # of what is left


def test_a_day_or_all_can_be_forgotten(path: Path) -> None:
    with History(path) as history:
        history.start_session(TRAINING)
        history.start_session(at("2026-11-20T23:59:00-08:00"))
        history.start_session(DESK)
        assert history.forget_day(date(2026, 11, 20)).sessions == 2
        assert history.forget_day(date(2026, 11, 20)).sessions == 0
        assert history.forget_all().sessions == 1
        assert history.sessions() == ()
    assert traces(path.parent) == []
    assert not path.with_name("history.sqlite3.backup").exists()


def test_what_forgetting_cannot_reach_is_named(path: Path, tmp_path: Path) -> None:
    recording = tmp_path / "mine.mcap"
    recording.write_bytes(b"")
    aside = tmp_path / "history.sqlite3.aside-1"
    aside.write_bytes(b"")
    with History(path) as history:
        history.start_session(msgspec.structs.replace(TRAINING, recording=str(recording)))
        assert history.forget_all().left == (aside, recording)
    assert aside.exists() and recording.exists()


def test_a_number_is_never_given_twice(history: History) -> None:
    first = history.start_session(TRAINING)
    history.forget_all()
    assert history.start_session(TRAINING) > first


def test_columns_are_the_fields_of_the_records(path: Path, history: History) -> None:
    own = {"id", "session_id", "set_id", "started_utc_s", "day"}
    for cls, table in TABLES.items():
        there = {row[1] for row in history._db.execute(f"PRAGMA table_info({table})")}
        assert there - own == set(columns(cls))


def test_a_set_is_written_anew_when_more_is_known_of_it(tmp_path: Path) -> None:
    before = SetRecord(
        exercise="row", number=1, start_s=1.0, end_s=9.0, reps=5, holds=(HoldRecord(start_s=2.0, end_s=3.0),)
    )
    after = msgspec.structs.replace(before, reps=4, holds=(), effort=7)
    with History(tmp_path / "h.sqlite3") as history:
        session = history.start_session(SessionRecord(started_at="2026-01-05T09:00:00+01:00"))
        other, changed = history.add_set(session, before), history.add_set(session, before)
        history.update_set(changed, after)
        kept = history.session(session).sets
        assert kept == (msgspec.structs.replace(before, id=other), msgspec.structs.replace(after, id=changed))
        with pytest.raises(HistoryError, match="no longer in it"):
            history.update_set(changed + 1, after)
