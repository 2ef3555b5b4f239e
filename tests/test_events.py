"""Events: the same bytes for the same event, back again unchanged, and a sentence for every kind."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.errors import DataError, RhomboidError, harmless
from rhomboid.words import clock, describe

KINDS: tuple[type[e.Event], ...] = get_args(e.AnyEvent)
seconds = st.floats(0, 1e6)
movements = st.builds(
    e.Movement,
    start_s=seconds,
    peak_s=seconds,
    end_s=seconds,
    range_deg=st.floats(0, 180),
    confidence=st.floats(0, 1),
    side=st.sampled_from(["left", "right", None]),
)
st.register_type_strategy(e.Movement, movements)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


def any_event(kind: type[e.Event]) -> st.SearchStrategy[e.Event]:
    fields = {f.name: st.from_type(f.type) for f in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


@given(event=st.one_of([any_event(kind) for kind in KINDS]))
def test_an_event_survives_being_written_down(event: e.Event) -> None:
    line = e.encode(event)
    assert b"\n" not in line
    assert e.decode(line) == event
    assert e.encode(e.decode(line)) == line


@given(event=st.one_of([any_event(kind) for kind in KINDS]))
def test_every_event_has_one_line_of_words(event: e.Event) -> None:
    assert describe(event)
    assert "\n" not in harmless(describe(event))


def test_events_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        e.HoldStarted(at_s=1.0, start_s=0.0).at_s = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(("t_s", "text"), [(0.0, "0:00"), (59.9, "0:59"), (61.0, "1:01"), (3725.0, "1:02:05")])
def test_times_read_as_on_a_clock(t_s: float, text: str) -> None:
    assert clock(t_s) == text


@given(what=st.text(), where=st.text())
def test_an_error_is_one_harmless_line_whatever_is_in_it(what: str, where: str) -> None:
    text = str(DataError(what, do="do something", where=where))
    assert text.isprintable()
    assert text.endswith("; do something")
    assert isinstance(DataError(what, do="x"), RhomboidError)
