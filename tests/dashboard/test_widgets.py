"""Digits, gauge, texts and words: what each shows for what it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.dashboard.observed import Told
from rhomboid.dashboard.screens.desk import posture_words, trunk_words
from rhomboid.dashboard.screens.mode import status_words
from rhomboid.dashboard.screens.train import phase_words
from rhomboid.dashboard.widgets.big_number import big_lines, rows_that_fit
from rhomboid.dashboard.widgets.event_list import EventList
from rhomboid.dashboard.widgets.plain_text import PlainText
from rhomboid.dashboard.widgets.trunk_gauge import gauge
from rhomboid.motion.pipeline import MotionState

from .scenes import FakeSession

SEVEN = """\
██████████
▀▀▀▀▀▀▀▀██
        ██
        ██
        ██
        ██
        ██
        ██
        ██"""


@pytest.mark.parametrize("rows", range(3, 40))
def test_digits_fill_their_rows_and_differ(rows: int) -> None:
    drawn = ["\n".join(big_lines(str(digit), rows)) for digit in range(10)]
    assert len(set(drawn)) == 10
    for text in drawn:
        lines = text.splitlines()
        assert len(lines) == rows
        assert lines[0].strip() and lines[-1].strip()
        assert len({len(line) for line in lines}) == 1


def test_the_largest_size_that_fits() -> None:
    for width in range(1, 120):
        rows = rows_that_fit("00", width, 30)
        if rows:
            assert len(big_lines("00", rows)[0]) <= width
        if 0 < rows < 30:
            assert len(big_lines("00", rows + 1)[0]) > width
    assert rows_that_fit("0", 100, 2) == 0


@pytest.mark.parametrize(
    ("angle_deg", "directed", "scale", "labels"),
    [
        (10, True, "├──────────┼────●───────────────┤", "20° back   0°         40° forward"),
        (None, True, "├──────────┼────────────────────┤", "20° back   0°         40° forward"),
        (99, True, "├──────────┼────────────────────▶", "20° back   0°         40° forward"),
        (-99, True, "◀──────────┼────────────────────┤", "20° back   0°         40° forward"),
        (20, False, "├───────────────●───────────────┤", "0°                    40° any way"),
    ],
)
def test_the_gauge(angle_deg: float | None, directed: bool, scale: str, labels: str) -> None:
    assert gauge(angle_deg, len(scale), directed=directed) == (scale, labels)


@given(st.none() | st.floats(-1000, 1000), st.integers(0, 200), st.booleans())
def test_the_gauge_keeps_its_width(angle_deg: float | None, width: int, directed: bool) -> None:
    assert {len(line) for line in gauge(angle_deg, width, directed=directed)} in ({width}, {0})


@given(st.text())
def test_no_text_reaches_the_terminal_as_a_command(text: str) -> None:
    shown = PlainText(text).render().plain
    assert all(c.isprintable() for c in shown)
    events = EventList()
    events.show([Told(1.0, text), Told(0.0, "before")])
    lines = events.render().plain.split("\n")
    assert len(lines) <= 2 and all(c.isprintable() for line in lines for c in line)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (MotionState(), ""),
        (MotionState(tilt_deg=14.2), "14° off the reference"),
        (MotionState(flexion_deg=12.4, tilt_deg=12.4), "12° forward"),
        (MotionState(flexion_deg=-3.3, lateral_deg=2.4), "3° back"),
        (MotionState(flexion_deg=0.3, lateral_deg=4.0), "0° off the reference, 4° to the left"),
        (MotionState(flexion_deg=20.0, lateral_deg=-7.0), "20° forward, 7° to the right"),
    ],
)
def test_the_trunk_in_words(state: MotionState, words: str) -> None:
    assert trunk_words(state) == words


def test_the_set_in_words() -> None:
    assert phase_words(MotionState(), 0) == "no set yet"
    assert phase_words(MotionState(in_set=True, phase="back"), 2) == "set 2: coming back"
    assert phase_words(MotionState(reps=8), 2) == "set 2 done"


def test_the_posture_in_words() -> None:
    leaning = MotionState(posture="leaning_forward", slouching_s=32.0)
    assert posture_words(MotionState(posture="not_worn"), alerted=False) == "not worn"
    assert posture_words(leaning, alerted=False) == "leaning forward for 0:32"
    assert posture_words(leaning, alerted=True) == "slouching for 0:32: sit tall"


def test_the_status_in_words() -> None:
    session = FakeSession("mine.mcap")
    assert status_words(session) == "running  ·  0:41 of 13:00  ·  rows  ·  mine.mcap"
    session.position_s = 781.3
    assert "13:00 of 13:00" in status_words(session)
    session.position_s = 41.0
    session.section, session.pace, session.paused, session.duration_s = "desk", 20.0, True, None
    session.speed = 0.25
    assert status_words(session) == "paused  ·  0:41  ·  desk  ·  ×5 (compressed)  ·  mine.mcap"
    session.speed = float("inf")
    assert status_words(session) == "paused  ·  0:41  ·  desk  ·  as fast as possible (compressed)  ·  mine.mcap"
    session.speed, session.finished, session.section, session.pace = 0.25, True, "", 1.0
    assert status_words(session) == "ended  ·  0:41  ·  ×0.25  ·  mine.mcap"


def test_the_status_of_a_live_sensor_tells_its_rate_and_that_it_is_being_released() -> None:
    session = FakeSession()
    session.duration_s, session.section, session.sampling_rate_hz = None, "streaming, battery 83 %", 99.8402
    assert status_words(session) == (
        "running  ·  0:41  ·  streaming, battery 83 %  ·  99.8 Hz  ·  simulated wearer: demo (seed 1)"
    )
    session.stop()
    assert status_words(session).startswith("stopping  ·  0:41")
