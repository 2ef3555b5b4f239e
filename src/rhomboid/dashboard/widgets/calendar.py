"""The last weeks as a calendar, a line each, and rows of numbers as bars of block letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from textual.content import Content

from rhomboid.coach.record import SessionRecord
from rhomboid.history.overview import day_of, monday_of

MARKS = {"train": "T", "desk": "D"}
BARS = "▁▂▃▄▅▆▇█"
MISSING = "·"


def calendar(sessions: Iterable[SessionRecord], today: date, weeks: int) -> Content:
    """Letters for what was done on each day; today stands in brackets."""
    done: dict[date, set[str]] = {}
    for session in sessions:
        done.setdefault(day_of(session), set()).add(MARKS[session.kind])
    first = monday_of(today) - timedelta(weeks=weeks - 1)
    lines = [Content.styled("        Mo  Tu  We  Th  Fr  Sa  Su", "dim")]
    for week in range(weeks):
        days = [first + timedelta(weeks=week, days=k) for k in range(7)]
        cells = [_cell(day, done.get(day, set()), today) for day in days]
        lines.append(Content("").join([Content.styled(f"{days[0]:%d %b} ", "dim"), *cells]))
    return Content("\n").join(lines)


def _cell(day: date, marks: set[str], today: date) -> Content:
    text = "" if day > today else "".join(sorted(marks, reverse=True)) or MISSING
    text = f"[{text}]" if day == today else text
    return Content.styled(text.center(4), "bold" if marks else "dim")


def bars(values: Sequence[float | None]) -> str:
    """One block for each number, the greatest the highest; a dot where there is none."""
    there = [value for value in values if value is not None]
    top = max(there, default=0.0)
    if top <= 0.0:
        return "".join(MISSING if value is None else BARS[0] for value in values)
    return "".join(
        MISSING if value is None else BARS[min(int(value / top * len(BARS)), len(BARS) - 1)] for value in values
    )
