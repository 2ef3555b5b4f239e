"""How long three years of training take to open and to list: ``python -m benchmarks.history``.

500 sessions of 20 sets of 10 repetitions, in a history made for the purpose; processor seconds, the best of five.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.events import Movement
from rhomboid.history.store import History

T = TypeVar("T")
FIRST = datetime(2023, 11, 20, 18, tzinfo=timezone(timedelta(hours=1)))
REP_S = 3.1


def session(number: int) -> SessionRecord:
    sets = []
    for k in range(20):
        starts_s = [60.0 * k + REP_S * rep for rep in range(10)]
        movements = tuple(
            Movement(start_s=s, peak_s=s + 1.1, end_s=s + 2.3, range_deg=12.3, confidence=0.9, smoothness=-1.6)
            for s in starts_s
        )
        sets.append(SetRecord(exercise="row", number=k + 1, start_s=60.0 * k, end_s=60.0 * k + 31, reps=10,
                              movements=movements))  # fmt: skip
    started_at = (FIRST + timedelta(days=2.19 * number)).isoformat()
    return SessionRecord(started_at=started_at, sets=tuple(sets), ended_because="finished")


def best_s(work: Callable[[], T]) -> tuple[float, T]:
    taken = []
    for _ in range(5):
        began = time.process_time()
        result = work()
        taken.append(time.process_time() - began)
    return min(taken), result


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite3"
        with History(path) as history:
            history.add_all(map(session, range(500)))
        print(f"{path.stat().st_size / 1e6:.1f} MB")

        def listed(movements: bool) -> int:
            with History(path) as history:
                return sum(len(s.sets) for s in history.sessions(movements=movements))

        for what, movements in (("open and list", False), ("open and read whole", True)):
            taken_s, sets = best_s(lambda movements=movements: listed(movements))
            print(f"{what}: {taken_s:.3f} s ({sets} sets)")


if __name__ == "__main__":
    main()
