"""How well the core does on labelled recordings: anyone's, if a ``labels.csv`` (see ``labels``) says what is in them.

Every figure comes with its 95 % confidence interval (Wilson, J. Am. Stat. Assoc. 22, 1927).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean, median

import msgspec

from rhomboid import events as e
from rhomboid.imu import Gap, ImuBlock, SourceItem
from rhomboid.interpreter import Interpreter, decoded
from rhomboid.labels import Label, read_labels
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import Settings, SlouchSettings

MARGIN_S = 0.5
"""Context kept on both sides of a labelled set."""
SCORED_SLOUCH = SlouchSettings(threshold_deg=12.0, delay_s=5.0)

Progress = Callable[[int, int], None]


class Share(msgspec.Struct, frozen=True):
    """``hits`` of ``of``."""

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval, as shares."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.hits / self.of
        centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)
        return max(low, 0.0), min(high, 1.0)  # rounding alone would put none of seven a little below nought

    def __str__(self) -> str:
        if not self.of:
            return "-"
        low, high = self.interval
        return f"{100 * self.hits / self.of:.1f} ({100 * low:.0f}-{100 * high:.0f})"


class Counted(msgspec.Struct, frozen=True):
    """A labelled set, and what was counted in it: announced live, and after the look back. Delays in seconds."""

    label: Label
    live: int
    final: int
    delays_s: list[float]


class SetsResult(msgspec.Struct, frozen=True):
    """A group of sets. Exact shares are over sets whose truth is sure; ``mae10`` is the error per ten repetitions."""

    group: str
    sets: int
    exact: Share
    within1: Share
    mae10: float
    live_exact: Share
    live_within1: Share
    delay_p95_s: float | None


class DailyResult(msgspec.Struct, frozen=True):
    """Repetitions counted where there were none."""

    activity: str
    hours: float
    false_reps: int


class PostureResult(msgspec.Struct, frozen=True):
    """Trials of one kind with an alert."""

    activity: str
    alarmed: Share


class HoldResult(msgspec.Struct, frozen=True):
    """Labelled holds that were found, and by how much their length was off (None: none was found)."""

    activity: str
    found: Share
    error_median_s: float | None


class Report(msgspec.Struct, frozen=True):
    """Everything ``rhomboid accuracy`` measures; ``missed`` are the labelled sets whose final count is wrong."""

    sets: list[SetsResult]
    free: list[SetsResult]
    daily: list[DailyResult]
    posture: list[PostureResult]
    holds: list[HoldResult]
    missed: list[Counted]


def measure(folder: Path, progress: Progress = lambda done, of: None) -> Report:
    """All labelled intervals of ``folder`` through the core; ``progress`` hears how many files are done."""
    by_file: defaultdict[str, list[Label]] = defaultdict(list)
    for label in read_labels(folder):
        by_file[label.file].append(label)
    alone: list[Counted] = []
    free: list[Counted] = []
    daily: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    alarms: defaultdict[str, list[bool]] = defaultdict(list)
    held: defaultdict[str, list[float | None]] = defaultdict(list)
    for done, (name, labels) in enumerate(by_file.items(), 1):
        opened = open_file(folder / name)
        items: list[SourceItem] = list(decoded(opened.items, opened.driver))
        alone += [_one_set(items, label) for label in labels if label.task == "reps"]
        if any(label.task in ("reps", "daily", "hold") for label in labels):
            found = _events(items, Settings(mode="free"))
            free += [_in_free_run(found, label) for label in labels if label.task == "reps"]
            for label in (x for x in labels if x.task == "daily"):
                count = _in_free_run(found, label).final
                daily[label.activity].append(((label.end_s - label.start_s) / 3600, count))
            for label in (x for x in labels if x.task == "hold"):
                held[label.activity].append(_hold_error_s(found, label))
        for activity, alarmed in _posture_trials(items, labels):
            alarms[activity].append(alarmed)
        progress(done, len(by_file))
    return Report(
        sets=_grouped(alone),
        free=_grouped(free),
        daily=[DailyResult(k, sum(h for h, _ in v), sum(n for _, n in v)) for k, v in sorted(daily.items())],
        posture=[PostureResult(k, Share(sum(v), len(v))) for k, v in sorted(alarms.items())],
        holds=[_holds(activity, errors_s) for activity, errors_s in sorted(held.items())],
        missed=[c for c in alone if c.label.off(c.final) > (0 if c.label.sure else 1)],
    )


def _events(items: Iterable[SourceItem], settings: Settings) -> list[e.Event]:
    interpreter = Interpreter(Pipeline(settings))
    return interpreter.feed(items) + interpreter.finish()


def _one_set(items: list[SourceItem], label: Label) -> Counted:
    found = _events(_cut(items, label.start_s - MARGIN_S, label.end_s + MARGIN_S), Settings(mode="set"))
    announced = [x for x in found if isinstance(x, e.RepCompleted)]
    final = sum(x.reps for x in found if isinstance(x, e.SetClosed))
    return Counted(label, len(announced), final, [x.at_s - x.movement.end_s for x in announced])


def _in_free_run(found: list[e.Event], label: Label) -> Counted:
    def inside(movement: e.Movement) -> bool:
        return label.start_s - MARGIN_S <= movement.peak_s <= label.end_s + MARGIN_S

    announced = [x for x in found if isinstance(x, e.RepCompleted) and inside(x.movement)]
    final = sum(inside(m) for x in found if isinstance(x, e.SetClosed) for m in x.movements)
    return Counted(label, len(announced), final, [x.at_s - x.movement.end_s for x in announced])


def _hold_error_s(found: list[e.Event], label: Label) -> float | None:
    """By how much the length of the hold that fills most of the labelled one is off; None if none fills half of it."""

    def shared_s(hold: e.HoldEnded) -> float:
        return min(hold.end_s, label.end_s) - max(hold.start_s, label.start_s)

    best = max((x for x in found if isinstance(x, e.HoldEnded)), key=shared_s, default=None)
    length_s = label.end_s - label.start_s
    return None if best is None or shared_s(best) < length_s / 2 else abs(best.end_s - best.start_s - length_s)


def _holds(activity: str, errors_s: list[float | None]) -> HoldResult:
    known_s = [error_s for error_s in errors_s if error_s is not None]
    return HoldResult(activity, Share(len(known_s), len(errors_s)), median(known_s) if known_s else None)


def _posture_trials(items: list[SourceItem], labels: list[Label]) -> list[tuple[str, bool]]:
    trials = [x for x in labels if x.task == "posture"]
    reference = next(((x.start_s, x.end_s) for x in trials if x.activity == "reference"), None)
    if reference is None:
        return []
    found = _events(items, Settings(mode="desk", slouch=SCORED_SLOUCH, reference_s=reference))
    alerts_s = [x.at_s for x in found if isinstance(x, e.SlouchStarted)]
    return [
        (x.activity, any(x.start_s - MARGIN_S <= t <= x.end_s + MARGIN_S for t in alerts_s))
        for x in trials
        if x.activity != "reference"
    ]


def _cut(items: list[SourceItem], start_s: float, end_s: float) -> list[SourceItem]:
    kept: list[SourceItem] = []
    for item in items:
        if isinstance(item, Gap) and item.start_s >= start_s and item.end_s <= end_s:
            kept.append(item)
        elif isinstance(item, ImuBlock):
            rows = slice(int(item.t_s.searchsorted(start_s)), int(item.t_s.searchsorted(end_s, side="right")))
            if rows.stop > rows.start:
                kept.append(item[rows])
    return kept


def _grouped(counted: list[Counted]) -> list[SetsResult]:
    groups: defaultdict[str, list[Counted]] = defaultdict(list)
    for c in counted:
        groups[c.label.group].append(c)
    rows = [_result(name, group) for name, group in sorted(groups.items())]
    return [*rows, _result("all", counted)] if len(rows) > 1 else rows


def _result(name: str, group: list[Counted]) -> SetsResult:
    def share(off: Callable[[Counted], int], allowed: int, of: list[Counted]) -> Share:
        return Share(sum(off(c) <= allowed for c in of), len(of))

    def final(c: Counted) -> int:
        return c.label.off(c.final)

    def live(c: Counted) -> int:
        return c.label.off(c.live)

    sure = [c for c in group if c.label.sure]
    delays_s = sorted(d for c in group for d in c.delays_s)
    return SetsResult(
        group=name,
        sets=len(group),
        exact=share(final, 0, sure),
        within1=share(final, 1, group),
        mae10=mean(10 * final(c) / max(c.label.expected_reps or 1, 1) for c in group),
        live_exact=share(live, 0, sure),
        live_within1=share(live, 1, group),
        delay_p95_s=delays_s[int(0.95 * (len(delays_s) - 1))] if delays_s else None,
    )
