"""Four weeks of the simulated wearer's life: what was recorded, and days around it made of the same repetitions.

``python -m tests.report.four_weeks FOLDER`` makes a history of it and the report, to be looked at.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from rhomboid import events as e
from rhomboid.coach.record import (
    HoldRecord,
    PostureMinutes,
    SessionRecord,
    SetRecord,
    SlouchRecord,
    UserCorrection,
)
from rhomboid.interpreter import Interpreter
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline

RECORDINGS = Path(__file__).parents[2] / "recordings"
FIRST = date(2026, 10, 26)
TODAY = date(2026, 11, 21)
MISSED_WEEK = 2
PLACE = timezone(timedelta(hours=1))
SCRIPTS = {"one-arm-row": "rows", "shoulder-blade-squeeze": "squeezes", "upper-back-extension": "back-extension"}


@cache
def seen(script: str) -> tuple[tuple[e.Movement, ...], tuple[HoldRecord, ...], str, str]:
    """What the core finds in a recording: repetitions and holds; and the recording with its hash."""
    path = RECORDINGS / f"{script}.mcap"
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(), opened.driver)
    found = interpreter.feed(opened.items) + interpreter.finish()
    movements = tuple(m for x in found if isinstance(x, e.SetClosed) for m in x.movements)
    holds = tuple(
        HoldRecord(start_s=x.start_s, end_s=x.end_s, drift_deg=x.drift_deg) for x in found if isinstance(x, e.HoldEnded)
    )
    return movements, holds, str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def a_set(exercise: str, number: int, after_s: float, week: int, chance: np.random.Generator) -> SetRecord:
    """Another set of the exercise, begun ``after_s`` later than in the recording, better from week to week."""
    movements, holds, _, _ = seen(SCRIPTS[exercise])
    reps = min(len(movements), 7 + week + int(chance.integers(0, 2)))
    better = 1.0 + 0.08 * week
    mine = tuple(
        msgspec.structs.replace(
            m,
            start_s=m.start_s + after_s,
            peak_s=m.peak_s + after_s,
            end_s=m.end_s + after_s,
            range_deg=m.range_deg * (better if after_s else 1.0) * float(chance.normal(1.0, 0.04) if after_s else 1.0),
            out_s=m.out_s * better,
            back_s=m.back_s * better * 1.1,
            smoothness=None if m.smoothness is None else 1.1 * m.smoothness + 0.03 * week,
        )
        for m in movements[:reps]
    )
    held = exercise != "one-arm-row"
    loaded = exercise == "one-arm-row"
    corrected = (UserCorrection(at_s=mine[-1].end_s + 2, kind="count", amount=1),) if number == 2 else ()
    return SetRecord(
        exercise=exercise,
        number=number,
        start_s=mine[0].start_s,
        end_s=mine[-1].end_s + 1.0,
        reps=reps + len(corrected),
        side="right" if exercise == "one-arm-row" else None,
        target_reps=8 + week,
        target_hold_s=3.0 if held else None,
        sensor_reps=reps,
        live_reps=reps,
        movements=mine,
        holds=tuple(
            HoldRecord(start_s=h.start_s + after_s, end_s=h.end_s + after_s + 0.3 * week, drift_deg=h.drift_deg)
            for h in holds
            if held and h.end_s < mine[-1].end_s - after_s
        ),
        corrections=corrected,
        load_kg=5.0 + 1.0 * week if loaded else None,
        effort=int(chance.integers(5, 8)),
    )


def training(day: date, number: int, week: int, chance: np.random.Generator) -> SessionRecord:
    """Half an hour: three exercises; the first set is in a recording."""
    _, _, recording, digest = seen("rows")
    sets = [a_set("one-arm-row", 1, 0.0, week, chance)]
    for k, (exercise, nth) in enumerate(
        [("one-arm-row", 2), ("shoulder-blade-squeeze", 1), ("upper-back-extension", 1)], 1
    ):
        sets.append(a_set(exercise, nth, 120.0 * k, week, chance))
    sharp = number == 4
    if sharp:
        sets[-1] = msgspec.structs.replace(sets[-1], ended_by="sharp_pain", discarded=True)
    began = datetime.combine(day, datetime.min.time(), PLACE) + timedelta(hours=18, minutes=int(chance.integers(0, 40)))
    pain = max(6 - week - number % 2, 1)
    return SessionRecord(
        started_at=began.isoformat(),
        ended_at=(began + timedelta(minutes=28)).isoformat(),
        plan="five-exercises",
        plan_step=number,
        sets=tuple(sets),
        pain_before=pain,
        pain_after=pain - 1 + 2 * sharp,
        tension=max(6 - week, 2),
        ended_because="sharp_pain" if sharp else "finished",
        recording=recording if number % 2 == 0 else None,
        recording_sha256=digest if number % 2 == 0 else None,
        sensor="WT901BLE (simulated)",
        note="the left shoulder blade felt stiff" if number == 3 else "",
    )


def at_the_desk(day: date, week: int, chance: np.random.Generator) -> SessionRecord:
    """A working day with fewer slouches each week."""
    began = datetime.combine(day, datetime.min.time(), PLACE) + timedelta(hours=9)
    starts_s = np.sort(chance.uniform(0, 6 * 3600, int(chance.integers(8, 14)) - 2 * week))
    ends_s = [
        min(float(a) + float(chance.uniform(60, 900)), float(b) - 5) for a, b in pairwise([*starts_s, 6.2 * 3600])
    ]
    slouches = []
    for k, (start_s, end_s) in enumerate(zip(starts_s.tolist(), map(float, ends_s), strict=True)):
        if end_s > start_s:
            alerted, answered = end_s - start_s > 300, k % 2 == 0
            slouches.append(
                SlouchRecord(
                    start_s=start_s,
                    end_s=end_s,
                    peak_deg=float(chance.uniform(14, 26)),
                    alerted=alerted,
                    answered_by=5 if alerted and answered else 0,
                    answered_with="shoulder-blade-squeeze" if alerted and answered else None,
                )
            )
    slouching = sum(s.end_s - s.start_s for s in slouches) / 60
    return SessionRecord(
        started_at=began.isoformat(),
        ended_at=(began + timedelta(hours=6.2)).isoformat(),
        kind="desk",
        slouches=tuple(slouches),
        posture=PostureMinutes(
            upright=250 - slouching, slouching=slouching, leaning=12, moving=60, cannot_tell=35, not_worn=15
        ),
        breaks=3 + week,
        longest_static_min=float(chance.uniform(50, 120)) - 8 * week,
        tension=int(np.clip(7 - week + chance.integers(-1, 2), 0, 10)),
        ended_because="finished",
        sensor="WT901BLE (simulated)",
    )


def four_weeks() -> tuple[SessionRecord, ...]:
    """Three trainings a week but for the week that was missed, and five days at the desk."""
    chance = np.random.default_rng(7)
    sessions = []
    number = 0
    for week in range(4):
        monday = FIRST + timedelta(weeks=week)
        days = 2 if week == MISSED_WEEK else 5
        sessions += [at_the_desk(monday + timedelta(days=k), week, chance) for k in range(days)]
        for k in (0, 2, 4):
            if week != MISSED_WEEK:
                sessions.append(training(monday + timedelta(days=k), number, week, chance))
                number += 1
    return tuple(sorted(sessions, key=lambda s: s.started_at))


def main(folder: Path) -> None:
    from rhomboid import shelf
    from rhomboid.history.store import History
    from rhomboid.report.page import page
    from rhomboid.report.period import period_from

    folder.mkdir(parents=True, exist_ok=True)
    with History(folder / "history.sqlite3") as history:
        history.add_all(four_weeks())
        period = period_from("4w", TODAY)
        sessions = history.sessions(period.since, period.until)
    catalogue = shelf.catalogue()
    names = {slug: exercise.name for slug, exercise in catalogue.exercises.items()}
    made_at = datetime(2026, 11, 21, 18, 0, tzinfo=PLACE)
    made = page(sessions, period, made_at, who="A. Person", plans=shelf.plans(catalogue), names=names)
    (folder / "report.html").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
