"""The pictures of a report, each as SVG: drawn for A4 paper, and in colours that everybody can tell apart.

The colours are those of Okabe and Ito; where two series share a picture they differ in shape as well.
"""

from __future__ import annotations

import io
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from statistics import mean
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.tension import BREAK_POINTS, SLOUCH_POINTS, STATIC_POINTS, TensionLoad
from rhomboid.errors import harmless
from rhomboid.history.overview import day_of, slouch_share
from rhomboid.report.period import Adherence, ExerciseWeek, HeldDay, Period, Quality
from rhomboid.report.traces import MARGIN_S, Signal

BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
GREY, PALE = "#595959", "#D9D9D9"
WIDTH_IN = 7.1
STYLE: dict[str, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "svg.hashsalt": "rhomboid",  # the same numbers, the same bytes
    "svg.fonttype": "path",
}


def volume(weeks: Mapping[str, Sequence[ExerciseWeek]]) -> bytes:
    """Repetitions (bars) and the heaviest load (squares) of each exercise, week by week."""
    with _grid(weeks, height_in=1.45) as (axes, svg):
        for ax, (exercise, of_weeks) in zip(axes, weeks.items(), strict=True):
            places = range(len(of_weeks))
            held = not any(w.reps for w in of_weeks)
            values = [w.held_s if held else w.reps for w in of_weeks]
            ax.bar(places, values, color=SKY, width=0.7)
            ax.set_ylabel("held, s" if held else "repetitions")
            _weeks(ax, [w.monday for w in of_weeks])
            _room(ax, values)
            _name(ax, exercise)
            if any(w.load_kg for w in of_weeks):
                loads = ax.twinx()
                loads.spines["right"].set_visible(True)
                loads.plot(places, [w.load_kg or math.nan for w in of_weeks], "s-", color=RED)
                loads.set_ylabel("heaviest, kg", color=RED)
                _room(loads, [w.load_kg or 0.0 for w in of_weeks])
    return svg()


def quality(days: Mapping[str, Sequence[Quality]], period: Period) -> bytes:
    """Range, tempo and smoothness of each exercise, day by day, in one row of pictures each."""
    names = list(days)
    with _figure(1.35 * len(names) + 0.5) as (figure, svg):
        grid = figure.subplots(len(names), 3, squeeze=False, sharex=True)
        for row, name in zip(grid, names, strict=True):
            when = [q.day for q in days[name]]
            row[0].plot(when, [q.range_deg for q in days[name]], "o-", color=BLUE)
            row[1].plot(when, [q.out_s for q in days[name]], "o-", color=GREEN, label="out")
            row[1].plot(when, [q.back_s for q in days[name]], "^--", color=ORANGE, label="back")
            row[2].plot(
                when, [math.nan if q.smoothness is None else q.smoothness for q in days[name]], "o-", color=BLUE
            )
            _room(row[0], [q.range_deg for q in days[name]])
            _room(row[1], [value for q in days[name] for value in (q.out_s, q.back_s)])
            _name(row[0], name)
            for ax, what in zip(row, ("range, degrees", "tempo, s", "smoothness"), strict=True):
                ax.set_ylabel(what)
                _dates(ax, period)
        grid[0][1].legend(loc="upper left", ncols=2)
    return svg()


def holds(days: Mapping[str, Sequence[HeldDay]], period: Period) -> bytes:
    """The longest hold of each day, and what was asked for."""
    with _grid(days, height_in=1.45) as (axes, svg):
        for ax, (exercise, held) in zip(axes, days.items(), strict=True):
            when = [h.day for h in held]
            ax.plot(when, [h.longest_s for h in held], "o-", color=BLUE, label="longest")
            ax.plot(when, [h.target_s or math.nan for h in held], "_", color=RED, markersize=9, label="asked for")
            ax.set_ylabel("held, s")
            _room(ax, [value for h in held for value in (h.longest_s, h.target_s or 0.0)])
            _name(ax, exercise)
            _dates(ax, period)
        axes[0].legend(loc="lower left", ncols=2)
    return svg()


def pain(sessions: Sequence[SessionRecord], period: Period) -> bytes:
    """What the user said of pain and of tension, the mean of each day."""
    series: list[tuple[str, Callable[[SessionRecord], float | None], str, str]] = [
        ("pain before", lambda s: s.pain_before, "o-", BLUE),
        ("pain after", lambda s: s.pain_after, "^--", RED),
        ("tension", lambda s: s.tension, "s:", GREEN),
    ]
    with _figure(1.9) as (figure, svg):
        ax = figure.subplots()
        for label, of, shape, colour in series:
            said: defaultdict[date, list[float]] = defaultdict(list)
            for session in sessions:
                if (value := of(session)) is not None:
                    said[day_of(session)].append(value)
            if said:
                ax.plot(list(said), [mean(values) for values in said.values()], shape, color=colour, label=label)
        ax.set_ylim(-0.4, 10.4)
        ax.set_yticks([0, 2, 4, 6, 8, 10])
        ax.set_ylabel("0 none, 10 worst")
        ax.grid(axis="y", color=PALE, linewidth=0.5)
        ax.legend(loc="upper right", ncols=3)
        _dates(ax, period)
    return svg()


def desk(sessions: Sequence[SessionRecord], loads: Mapping[date, TensionLoad], period: Period) -> bytes:
    """The tension load of each day by its parts, with the user's rating, and the share that was slouched."""
    with _figure(3.3) as (figure, svg):
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        known = {day: load for day, load in loads.items() if load.load is not None}
        floor = [0.0] * len(known)
        for label, value, colour, hatch in (
            (f"slouched (of {SLOUCH_POINTS:.0f})", "slouch_points", ORANGE, ""),
            (f"without moving (of {STATIC_POINTS:.0f})", "static_points", SKY, "///"),
            (f"breaks missing (of {BREAK_POINTS:.0f})", "break_points", GREEN, "..."),
        ):
            heights = [getattr(load, value) for load in known.values()]
            upper.bar(
                list(known),
                heights,
                bottom=floor,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=label,
            )
            floor = [below + height for below, height in zip(floor, heights, strict=True)]
        rated = [(day, 10 * mean(load.tension)) for day, load in loads.items() if load.tension]
        upper.plot([d for d, _ in rated], [v for _, v in rated], "kD", markersize=4, label="own rating x 10")
        upper.set_ylim(0, 105)
        upper.set_ylabel("tension load")
        upper.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4)
        shares = [(day_of(s), 100 * p) for s in sessions if (p := slouch_share([s])) is not None and s.kind == "desk"]
        lower.plot([d for d, _ in shares], [v for _, v in shares], "o-", color=BLUE)
        lower.set_ylabel("slouched, %")
        _room(lower, [v for _, v in shares])
        _dates(lower, period)
    return svg()


def followed(plans: Sequence[Adherence]) -> bytes:
    """Sessions done of each plan, week by week, against the number that it means."""
    with _grid({a.plan: a for a in plans}, height_in=1.35) as (axes, svg):
        for ax, plan in zip(axes, plans, strict=True):
            places = range(len(plan.weeks))
            ax.bar(places, [w.done for w in plan.weeks], color=SKY, width=0.6)
            meant = [w.meant for w in plan.weeks if w.meant is not None]
            if meant:
                ax.axhline(meant[0], color=RED, linestyle="--")
            ax.set_ylim(0, max([w.done for w in plan.weeks] + meant) + 0.6)
            _weeks(ax, [w.monday for w in plan.weeks])
            ax.yaxis.set_major_locator(MaxNLocator(integer=True))
            ax.set_ylabel("sessions")
            _name(ax, plan.plan)
    return svg()


def sets(done: Sequence[SetRecord], signal: Signal) -> bytes:
    """Every set of a session: the movement where it is known, its counted repetitions, its holds."""
    with _figure(0.72 * len(done) + 0.3) as (figure, svg):
        for ax, one in zip(figure.subplots(len(done), 1, squeeze=False)[:, 0], done, strict=True):
            _set(ax, one, signal)
        ax.set_xlabel("seconds since the set began")
    return svg()


def _set(ax: Axes, done: SetRecord, signal: Signal) -> None:
    t_s, movement_deg = signal.of(done)
    step = max(len(t_s) // 1200, 1)
    top = max([float(max(movement_deg, default=1.0)), *(m.range_deg for m in done.movements)])
    for number, m in enumerate(done.movements, 1):
        start_s, peak_s = m.start_s - done.start_s, m.peak_s - done.start_s
        ax.axvspan(start_s, m.end_s - done.start_s, color=PALE, linewidth=0)
        ax.vlines(peak_s, 0, m.range_deg, color=ORANGE, linewidth=2.0 if len(t_s) == 0 else 0.8)
        ax.text(peak_s, 1.06 * top, str(number), ha="center", va="bottom", fontsize=6.5, color="black")
    ax.plot(t_s[::step] - done.start_s, movement_deg[::step], color=BLUE, linewidth=0.8)
    for hold in done.holds:
        ax.hlines(-0.08 * top, hold.start_s - done.start_s, hold.end_s - done.start_s, color=RED, linewidth=3)
    ax.set_xlim(-MARGIN_S, max(done.end_s - done.start_s, 1.0) + MARGIN_S)
    ax.set_ylim(-0.16 * top, 1.4 * top)
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_ylabel("degrees")
    side = f", {done.side}" if done.side else ""
    _name(ax, f"{done.exercise}, set {done.number}{side}: {done.reps} counted", longest=90)


@contextmanager
def _figure(height_in: float) -> Iterator[tuple[Figure, Callable[[], bytes]]]:
    """A figure to draw on, and its SVG once that is done."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a name may hold what the font does not
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        drawn = io.BytesIO()
        yield figure, drawn.getvalue
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})


@contextmanager
def _grid(of: Mapping[str, object], *, height_in: float) -> Iterator[tuple[list[Axes], Callable[[], bytes]]]:
    """Pictures side by side, three in a row."""
    rows = -(-len(of) // 3)
    with _figure(height_in * rows) as (figure, svg):
        axes = figure.subplots(rows, 3, squeeze=False).flatten().tolist()
        for unused in axes[len(of) :]:
            unused.set_axis_off()
        yield axes[: len(of)], svg


def _weeks(ax: Axes, mondays: Sequence[date]) -> None:
    """A place a week, four at least, so that a bar stays a bar; four names at most."""
    step = -(-len(mondays) // 4)
    ax.set_xlim(-0.6, max(len(mondays), 4) - 0.4)
    ax.set_xticks(range(0, len(mondays), step), [_short(monday) for monday in mondays[::step]])


def _dates(ax: Axes, period: Period) -> None:
    """All of the period, so that a week without anything is seen; ticks on Mondays, four at most."""
    mondays = period.mondays
    ticks = mondays[:: -(-len(mondays) // 4)]
    ax.set_xlim(period.since - timedelta(days=1), period.until + timedelta(days=1))
    ax.set_xticks(ticks, [_short(day) for day in ticks])


def _room(ax: Axes, values: Sequence[float]) -> None:
    """From nought to a little above the highest: heights can be compared."""
    ax.set_ylim(0, 1.15 * max([1.0, *values]))


def _name(ax: Axes, name: str, longest: int = 26) -> None:
    name = harmless(name)
    ax.set_title(name if len(name) <= longest else name[: longest - 1] + "…")


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
