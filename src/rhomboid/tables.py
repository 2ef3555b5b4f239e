"""Results as text tables for the terminal: plain characters, aligned columns, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rhomboid.analysis import Analysis
from rhomboid.errors import harmless
from rhomboid.words import clock


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
    return "\n".join([table(head, rows), *(["", *map(harmless, remarks)] if remarks else [])])
