"""Results as text tables for the terminal: plain characters, aligned columns, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rhomboid.errors import harmless
from rhomboid.words import clock

if TYPE_CHECKING:
    from rhomboid.accuracy import Report, SetsResult
    from rhomboid.analysis import Analysis, Explained


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns wide enough for what they hold; the first is left-aligned, the others right-aligned."""
    cells = [list(head), *[list(r) for r in rows]]
    widths = [max(len(r[i]) for r in cells) for i in range(len(head))]
    lines = ["  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]) for r in cells]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(line.rstrip() for line in lines)


def analyses(results: Sequence[Analysis]) -> str:
    """What was found in each file, a line each, and below it the remarks."""
    head = ("file", "length", "rate Hz", "sets", "reps", "holds", "longest s", "slouches", "gaps")
    rows = [
        (
            harmless(Path(a.file).name),
            clock(a.duration_s),
            f"{a.sampling_rate_hz:.1f}",
            str(len(a.sets)),
            " + ".join(str(s.reps) for s in a.sets) or "-",
            str(len(a.holds)),
            f"{max(h.end_s - h.start_s for h in a.holds):.1f}" if a.holds else "-",
            str(len(a.slouches)),
            str(len(a.gaps)),
        )
        for a in results
    ]
    remarks = [f"{Path(a.file).name}: {r}" for a in results for r in a.remarks]
    parts = [table(head, rows), *(["", *map(harmless, remarks)] if remarks else [])]
    for a in results:
        if a.movements is not None:
            parts += ["", harmless(f"movements in {Path(a.file).name}"), _explained(a.movements)]
    return "\n".join(parts)


def _explained(movements: Sequence[Explained]) -> str:
    head = ("decision", "start s", "peak s", "end s", "range", "confidence")
    rows = [
        (
            ("counted" if m.counted else "not counted") + (f": {m.reason}" if m.reason else ""),
            f"{m.start_s:.2f}",
            f"{m.peak_s:.2f}",
            f"{m.end_s:.2f}",
            f"{m.range_deg:.1f}°",
            f"{m.confidence:.2f}",
        )
        for m in movements
    ]
    return table(head, rows)


def report(result: Report) -> str:
    """The tables of ``rhomboid accuracy``: per cent with 95 % confidence intervals."""
    parts = []
    if result.sets:
        parts += ["Sets whose start and end are known, the exercise is not", _sets(result.sets)]
        parts += ["", "The same sets found in free running", _sets(result.free)]
    if result.daily:
        hours, false = sum(d.hours for d in result.daily), sum(d.false_reps for d in result.daily)
        rows = [(d.activity, f"{d.hours:.2f}", str(d.false_reps), _rate(d.false_reps, d.hours)) for d in result.daily]
        rows.append(("all", f"{hours:.2f}", str(false), _rate(false, hours)))
        parts += ["", "Where there are no repetitions", table(("activity", "hours", "false reps", "per hour"), rows)]
    if result.posture:
        trials = [(p.activity, str(p.alarmed.of), str(p.alarmed)) for p in result.posture]
        parts += ["", "Posture trials with an alert", table(("activity", "trials", "alarmed %"), trials)]
    if result.holds:
        holds = [
            (
                harmless(h.activity),
                str(h.found.of),
                str(h.found),
                "-" if h.error_median_s is None else f"{h.error_median_s:.2f}",
            )
            for h in result.holds
        ]
        parts += ["", "Holds found in free running", table(("activity", "holds", "found %", "error median s"), holds)]
    if result.missed:
        rows = [
            (harmless(f"{c.label.file} {c.label.activity}"), str(c.label.expected_reps), str(c.live), str(c.final))
            for c in result.missed
        ]
        parts += ["", "Sets counted wrongly", table(("set", "true", "live", "final"), rows)]
    return "\n".join(parts)


def _sets(results: Sequence[SetsResult]) -> str:
    head = ("group", "sets", "exact %", "within 1 %", "error per 10", "live exact %", "live within 1 %", "delay p95 s")
    rows = [
        (
            harmless(r.group),
            str(r.sets),
            str(r.exact),
            str(r.within1),
            f"{r.mae10:.2f}",
            str(r.live_exact),
            str(r.live_within1),
            "-" if r.delay_p95_s is None else f"{r.delay_p95_s:.2f}",
        )
        for r in results
    ]
    return table(head, rows)


def _rate(count: int, hours: float) -> str:
    return f"{count / hours:.2f}" if hours > 0 else "-"
