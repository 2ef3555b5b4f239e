"""Running free: has a set begun? Once a second, where something repeats itself, a look at its last few periods.

What repeats itself (``rep_rhythm``) is counted by a vote (``rep_vote``) over so many periods, and the evidence
(``rep_set``) says whether that is a set. Most looks find none, and a look alone is soon judged but takes long to begin
with: as long as no set is in hand, those of the next seconds that are at hand already are judged with it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.rep_rhythm import LOOK_FRAMES, Rhythm
from rhomboid.motion.rep_rows import Rows, X
from rhomboid.motion.rep_set import ENOUGH_REPS, evidence, set_features
from rhomboid.motion.rep_vote import SURETY, Vote, vote_each

ALIKE = 0.5  # Only where the last three periods are this much alike (``rep_rhythm``) a set is looked for ...
# ... in this many of them: the first two to find it, all to see how long it has lasted.
LOOKS_PERIODS = (3.35, 5.2, 8.0, 13.0)
FIRST_LOOKS = 2
OPENING_EVIDENCE = 0.0  # Log odds; more is asked of the set as a whole, once it is over.
LEAD_IN_S = 0.6
AHEAD = 20


class Looks:
    """Of the newest look: ``period_s`` of what repeats itself, and how ``unlike`` itself it is."""

    def __init__(self) -> None:
        self.period_s, self.unlike = 0.0, 1.0
        self._held: deque[list[Vote]] = deque()
        self.interrupt()

    def interrupt(self) -> None:
        """The stream broke."""
        self._rhythm = Rhythm()
        self._to_come = np.empty((0, 2))  # one row a second, not yet looked at

    def feed(self, x: Array) -> None:
        """Movement signals, (n, 13)."""
        self._to_come = np.concatenate((self._to_come, self._rhythm.feed(x)))

    def next(self) -> None:
        """Another second is over."""
        self.period_s, self.unlike = self._to_come[0].tolist()
        self._to_come = self._to_come[1:]

    def forget(self) -> None:
        """A set begins or ends: what was judged ahead no longer holds."""
        self._held.clear()

    def start_of_set(self, rows: Rows, end: int, earliest: int, ahead: bool) -> int | None:
        """The row from which on there is a set that goes on before row ``end`` and began at ``earliest`` or later.

        With ``ahead`` the looks to come will start from there as well.
        """
        if not self._held:
            self._hold(rows, end, earliest, AHEAD if ahead else 1)
        votes = self._held.popleft()
        reps, start = ENOUGH_REPS - 1, None
        firsts = [_first(earliest, end, n * self.period_s) for n in LOOKS_PERIODS] if self.unlike < ALIKE else []
        for look, first in enumerate(firsts):
            if look == FIRST_LOOKS:
                if start is None:
                    break
                votes += vote_each((rows.all[longer:end, X] for longer in firsts[look:]), SURETY)
            x = rows.all[first:end, X]
            held, _, leader, _ = votes[look]
            if leader is None or held <= reps:
                continue
            if evidence(set_features(x, rows.rise_g(first, end), leader, self.unlike)) > OPENING_EVIDENCE:
                leaves, _ = leader.edges(leader.reps[0])
                reps, start = held, max(earliest, first + leaves - int(LEAD_IN_S * FRAME_RATE_HZ))
        return start

    def _hold(self, rows: Rows, end: int, earliest: int, most: int) -> None:
        """The first votes of this look and of those to come, ``most`` at the most."""
        rhythms = [(self.period_s, self.unlike), *self._to_come.tolist()][:most]
        stretches = [
            [
                rows.all[_first(earliest, row, n * period_s) : row, X]
                for n in LOOKS_PERIODS[:FIRST_LOOKS]
                if unlike < ALIKE
            ]
            for row, (period_s, unlike) in zip(range(end, len(rows) + 1, LOOK_FRAMES), rhythms, strict=False)
        ]
        votes = iter(vote_each((x for look in stretches for x in look), SURETY))
        self._held += [[next(votes) for _ in look] for look in stretches]


def _first(earliest: int, end: int, length_s: float) -> int:
    """The first row of a look at so much before row ``end``."""
    return max(earliest, end - int((length_s + LEAD_IN_S) * FRAME_RATE_HZ))
