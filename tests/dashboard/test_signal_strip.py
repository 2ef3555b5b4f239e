"""The moving curve: nothing that matters is lost in drawing, and nothing is drawn that was not there."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from rhomboid.dashboard.observed import Mark
from rhomboid.dashboard.widgets.signal_strip import (
    AXIS_COLUMNS,
    FULL_SCALES_DEG,
    SignalStrip,
    braille,
    dots,
    scale_deg,
    spans,
)  # fmt: skip
from rhomboid.imu import Array
from tests.conftest import tries

WIDTH, HEIGHT = 86, 12
COLUMNS = WIDTH - AXIS_COLUMNS
# With 20 s over 80 cells a cell is 0.25 s, and with "now" at 19.99 s cell k begins at k / 4 s.
T_S = np.arange(0.0, 20.0, 0.01)


class StripApp(App[None]):
    CSS = f"SignalStrip {{ width: {WIDTH}; height: {HEIGHT}; }}"

    def compose(self) -> ComposeResult:
        yield SignalStrip()


async def drawn(value_deg: Array, *marks: Mark, t_s: Array = T_S) -> list[str]:
    async with StripApp().run_test(size=(WIDTH, HEIGHT)) as pilot:
        strip = pilot.app.query_one(SignalStrip)
        strip.show(t_s, value_deg, marks, 20.0)
        lines = [strip.render_line(y) for y in range(HEIGHT)]
        assert all(line.cell_length == WIDTH for line in lines)
        return [line.text for line in lines]


def column(lines: list[str], number: int) -> str:
    """One column of cells below each other, without the axis below."""
    return "".join(line[AXIS_COLUMNS + number] for line in lines[:-1])


async def test_a_spike_of_one_sample_is_seen() -> None:
    value_deg = np.zeros(len(T_S))
    value_deg[1010] = 38.0
    lines = await drawn(value_deg)
    assert column(lines, 40).strip() != column(lines, 39).strip()
    assert sum(c != " " for c in column(lines, 40)) >= HEIGHT - 3
    assert column(lines, 39)[:-1].strip() == ""


async def test_the_axis_is_labelled_in_degrees() -> None:
    lines = await drawn(np.full(len(T_S), 25.0))
    assert lines[1].startswith(" 30° ┤")
    assert lines[HEIGHT - 2].startswith("  0° ┤")
    assert lines[HEIGHT - 1].split() == ["20", "s", "ago", "now"]
    below_zero = await drawn(10.0 * np.sin(T_S))
    assert [line[:5].strip() for line in below_zero if "°" in line] == ["12°", "0°", "-12°"]


async def test_marks_stand_above_the_curve_in_their_column() -> None:
    value_deg = 20.0 * np.exp(-((T_S - 5.1) ** 2) / 0.5) + 10.0 * np.exp(-((T_S - 12.6) ** 2) / 0.5)
    lines = await drawn(
        value_deg, Mark(5.1, "counted"), Mark(12.6, "refused"), Mark(99.0, "counted"), Mark(-3.0, "slouch")
    )
    text = "\n".join(lines)
    assert (text.count("●"), text.count("○"), text.count("▲")) == (1, 1, 0)
    counted, refused = column(lines, 20), column(lines, 50)
    assert counted.lstrip()[0] == "●" and counted.index("●") == 0
    assert refused.lstrip()[0] == "○" and refused.index("○") >= 3


async def test_where_two_marks_meet_the_more_important_stays() -> None:
    lines = await drawn(np.zeros(len(T_S)), Mark(5.1, "counted"), Mark(5.12, "refused"))
    assert "●" in column(lines, 20)


async def test_gaps_and_nan_stay_blank() -> None:
    value_deg = np.full(len(T_S), 20.0)
    value_deg[(T_S >= 5.0) & (T_S < 7.5)] = np.nan
    present = (T_S < 12.5) | (T_S >= 15.0)
    lines = await drawn(value_deg[present], t_s=T_S[present])
    blank = [number for number in range(COLUMNS) if not column(lines, number).strip()]
    assert blank == [*range(20, 30), *range(50, 60)]


async def test_nothing_yet_is_said() -> None:
    assert any("waiting for the first samples" in line for line in await drawn(np.empty(0), t_s=np.empty(0)))
    assert any("nothing to show" in line for line in await drawn(np.full(len(T_S), np.nan)))


async def test_the_curve_moves_and_does_not_flicker() -> None:
    """Drawn one cell's time later, the same samples look the same, one cell further left."""
    value_deg = 20.0 + 15.0 * np.sin(7.0 * T_S) * np.sin(0.3 * T_S)
    t_s = np.arange(0.0, 20.25, 0.01)
    later_deg = np.concatenate((value_deg, np.full(len(t_s) - len(T_S), 20.0)))
    before, after = await drawn(value_deg), await drawn(later_deg, t_s=t_s)
    for y in range(HEIGHT - 1):
        assert after[y][AXIS_COLUMNS : AXIS_COLUMNS + COLUMNS - 1] == before[y][AXIS_COLUMNS + 1 :]


@settings(max_examples=tries(200), deadline=None)
@given(
    st.lists(st.floats(-200.0, 200.0, width=32) | st.just(float("nan")), min_size=1, max_size=60), st.integers(1, 30)
)
def test_every_sample_lies_within_its_columns_span(values: list[float], count: int) -> None:
    value_deg = np.array(values)
    good = np.isfinite(value_deg)
    t_s = np.arange(len(values)) * 0.013
    least, greatest = spans(t_s[good], value_deg[good], 0, count, 0.05)
    for t, value in zip(t_s[good], value_deg[good], strict=True):
        k = int(t // 0.05)
        if k < count:
            assert least[k] <= value <= greatest[k]
    filled = {int(t // 0.05) for t in t_s[good]}
    assert [bool(np.isnan(v)) for v in least] == [k not in filled for k in range(count)]
    bottom_deg, top_deg = scale_deg(least, greatest)
    assert bottom_deg <= 0.0 < top_deg and top_deg in FULL_SCALES_DEG
    for row in (dots(least, bottom_deg, top_deg, 4), dots(greatest, bottom_deg, top_deg, 4)):
        assert all(0 <= r < 16 or np.isnan(v) for r, v in zip(row, least, strict=True))


def test_braille_cells() -> None:
    upper, lower = np.array([0, 3, 4, 10**6]), np.array([0, 5, 7, 10**6])
    assert braille(upper, lower, 2, 2) == ["⢁ ", "⠘⡇"]
