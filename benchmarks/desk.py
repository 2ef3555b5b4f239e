"""What a day at the desk costs the policy: ``python -m benchmarks.desk [HOURS]``.

The events of a restless sitter, thirty updates a second as from a live sensor: how long an update takes the processor,
how much the memory grows from the first hour to the last, and how large the file is that a restart reads.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from collections.abc import Iterator

import msgspec

from rhomboid import events as e
from rhomboid.coach.alerts import DeskCoach
from rhomboid.coach.desk_day import DAY_S
from rhomboid.coach.desk_settings import DeskSettings

UPDATES_HZ = 30
NINE_S = 20_000 * DAY_S + 9 * 3600.0


def sitter(hours: float) -> Iterator[e.Event]:
    """Upright, moving, leaning and slouching in turn, a change every twenty seconds or so."""
    chance = random.Random(1)  # noqa: S311 - guards nothing
    t_s = 1.0
    while t_s < hours * 3600.0:
        t_s += chance.expovariate(1 / 20.0) + 1.0
        posture = chance.choice(("upright", "moving", "leaning_forward", "leaning_left", "cannot_tell"))
        yield e.PostureChanged(at_s=t_s, start_s=t_s - 1.0, posture=posture)
        if posture == "leaning_forward" and chance.random() < 0.3:
            start_s, length_s = t_s, 45.0 + chance.expovariate(1 / 120.0)
            yield e.SlouchStarted(at_s=start_s + 45.0, start_s=start_s, tilt_deg=18.0)
            t_s = start_s + length_s + 2.0
            yield e.PostureChanged(at_s=t_s, start_s=t_s - 1.0, posture="upright")
            yield e.SlouchEnded(at_s=t_s, start_s=start_s, alert_s=start_s + 45.0, end_s=t_s - 2.0, peak_deg=20.0)


def main(hours: float) -> None:
    coach = DeskCoach(DeskSettings())
    coming = sitter(hours)
    following = next(coming, None)
    tracemalloc.start()
    after_an_hour = took_s = slowest_s = 0.0
    updates = round(hours * 3600.0 * UPDATES_HZ)
    for i in range(updates):
        t_s = i / UPDATES_HZ
        now = []
        while following is not None and following.at_s <= t_s:
            now.append(following)
            following = next(coming, None)
        began = time.thread_time()
        coach.feed(now, t_s, NINE_S + t_s)
        took = time.thread_time() - began
        took_s, slowest_s = took_s + took, max(slowest_s, took)
        if i == 3600 * UPDATES_HZ:
            after_an_hour = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - after_an_hour
    state = coach.state(NINE_S + hours * 3600.0)
    print(f"{hours:g} h, {updates} updates: {1e6 * took_s / updates:.1f} us each, {1e3 * slowest_s:.1f} ms at most")
    print(f"memory from the first hour to the last: {grown / 1e6:+.2f} MB")
    print(f"kept for a restart: {len(msgspec.json.encode(coach.kept)) / 1e3:.0f} kB")
    print(f"{len(coach.slouches)} slouches, {state.budget - state.left} of {state.budget} alerts spent")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
