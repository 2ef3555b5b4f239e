"""When packets arrive: at the connection events of a link, some an event or many later, several at a time, in order."""

from __future__ import annotations

import numpy as np

CONNECTION_INTERVAL_NS = 30_000_000
RESENT, STALLED = 0.05, 0.002  # shares of packets that need another interval, or the radio back
JITTER_NS, BURST_SPACING_NS = 400_000, 50_000
SHORTEST_STALL_NS, LONGEST_STALL_NS = 50_000_000, 400_000_000


class Radio:
    """A link with a connection event every ``interval_ns``; ``loss`` is the share of packets that never arrive."""

    def __init__(self, rng: np.random.Generator, loss: float = 0.0, interval_ns: int = CONNECTION_INTERVAL_NS) -> None:
        self._rng, self._loss, self._interval_ns = rng, loss, interval_ns
        self._arrival_ns = 0

    def deliver(self, ready_s: float, packets: int = 1) -> list[int]:
        """When packets that are ready at ``ready_s`` arrive, in ns on the same clock; empty: they never do."""
        # As many draws for a lost packet as for one that arrives: a loss changes nothing else.
        luck, stall, jitter, fate = self._rng.random(4).tolist()
        interval = int(ready_s * 1e9) // self._interval_ns + 1 + (STALLED <= luck < STALLED + RESENT)
        sent_ns = interval * self._interval_ns + int(JITTER_NS * jitter)
        if luck < STALLED:
            sent_ns += int(SHORTEST_STALL_NS + (LONGEST_STALL_NS - SHORTEST_STALL_NS) * stall)
        first_ns = max(self._arrival_ns + BURST_SPACING_NS, sent_ns)  # in order, several within one interval
        self._arrival_ns = first_ns + (packets - 1) * BURST_SPACING_NS
        return [first_ns + i * BURST_SPACING_NS for i in range(packets)] if fate >= self._loss else []
