"""Bad input: which samples can be used, and what to say about a sensor that does not measure as it should.

Two doors. ``Sieve`` drops single samples that cannot be (not a number, out of time order). ``Watch`` judges the stream
second by second: a channel that stands still while the others move, a gyroscope that does not feel what the
accelerometer does, gravity that is not 1 g, values cut off at the end of the range. A fault is said once, and once
again when it is over. Both are the same under any chunking: least and greatest of a second do not depend on how it
came. An ordinary sensor is never still to the last bit, which is what most of this rests on.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rhomboid.events import Event, ProblemKind, SensorProblem, SensorRecovered
from rhomboid.imu import Array, ImuBlock

MOST_G, MOST_DPS, MOST_S = 1e3, 1e5, 1e10
"""More than any sensor measures, and more than any epoch (three centuries) in seconds."""
LONGEST_LEAP_S = 86400.0
"""A clock that is ahead by a day at once is not believed."""
FEW = 64  # So many values are better taken together.
QUIET_S = 5.0  # Bad samples nearer together than this are one episode.

WINDOW_S = 1.0
MOST_HELD = 256  # Samples of the window in hand that are looked at together.
LEAST_SAMPLES = 8
TELLING_WINDOWS = 3
"""So many windows must show a fault, with none between that shows the contrary; and so many that it is over."""
SATURATED_WINDOWS = 60  # A minute within the range, and it is over.
MOVING_G, MOVING_DPS = 0.15, 20.0
TILTING_G, TURNING_DPS = 0.02, 5.0
STILL_SHARE = 0.03  # Still: no axis changes by more than this share of gravity within a window.
MODEST, GROSS = 0.05, 0.3
"""How far from 1 g rest may be without being corrected, and without the samples being refused."""
# More than a trunk at rest shows; a value there that is the same three times running may have been cut off.
HIGH_G, HIGH_DPS = 1.5, 100.0
_HIGH = np.repeat([[HIGH_G], [HIGH_DPS]], 3, axis=0)

Usable = Literal["all", "acc", "none"]
_AXES = "xyz"

Flags = npt.NDArray[np.bool_]


class _Fault(msgspec.Struct, frozen=True):
    """What may be wrong with a sensor for a while: what to say, and what can be used of the samples meanwhile."""

    kind: ProblemKind
    reason: str
    over: str
    usable: Usable
    shown_by: int = TELLING_WINDOWS
    over_after: int = TELLING_WINDOWS


_REPLACE = "nothing is counted or judged; switch the sensor off and on, or replace it"
_FAULTS = (
    _Fault("frozen", f"it sends the same values again and again: {_REPLACE}", "its values change again", "none"),
    *(
        _Fault("stuck_axis", f"the {a} axis of the accelerometer is stuck: {_REPLACE}", f"{a} moves again", "none")
        for a in _AXES
    ),
    *(
        _Fault(
            "stuck_axis",
            f"the {a} axis of the gyroscope is stuck: carrying on with the accelerometer alone, turns are not seen; "
            "switch the sensor off and on",
            f"the {a} axis of the gyroscope moves again",
            "acc",
        )
        for a in _AXES
    ),
    _Fault(
        "dead_gyroscope",
        "the gyroscope does not feel the movement: carrying on with the accelerometer alone, turns are not seen; "
        "switch the sensor off and on",
        "the gyroscope works again",
        "acc",
    ),
    _Fault(
        "wrong_scale",
        "it reads {norm_g:.2f} g at rest instead of 1: corrected from here on; calibrate it",
        "it reads 1 g at rest again",
        "all",
    ),
    _Fault(
        "wrong_scale",
        "it reads {norm_g:.2f} at rest instead of 1 g, too far off to be used: give g (9.81 m/s²), or calibrate it",
        "it can be used again",
        "none",
    ),
    *(
        _Fault(
            "saturated",
            f"the {what} is at the end of its range, ranges and counts may be wrong; set a larger range",
            f"the {what} has kept within its range for a minute",
            "all",
            shown_by=1,
            over_after=SATURATED_WINDOWS,
        )
        for what in ("accelerometer", "gyroscope")
    ),
)

MODEST_SCALE, UNUSABLE_SCALE = (k for k, fault in enumerate(_FAULTS) if fault.kind == "wrong_scale")

_LEFT_OUT: dict[ProblemKind, str] = {
    "not_a_number": "values that are not numbers, or larger than any sensor measures, are left out; "
    "check the sensor and its connection",
    "time": "samples whose time stands still, goes back or leaps by days are left out; "
    "start a new session if the sensor was restarted",
}


class Sieve:
    """Lets through what can have been measured, in order of time."""

    def __init__(self) -> None:
        self._latest_s = -math.inf
        self._bad_s = dict.fromkeys(_LEFT_OUT, -math.inf)

    def feed(self, block: ImuBlock) -> tuple[ImuBlock, list[Event]]:
        """The block without samples that cannot be, and what to say about those."""
        if not len(block):
            return block, []
        limits = (block.t_s, MOST_S), (block.acc_g, MOST_G), (block.gyr_dps, MOST_DPS)
        if all(values is None or _within(values, most) for values, most in limits):
            earliest_s = self._latest_s if math.isfinite(self._latest_s) else float(block.t_s[0]) - 1.0
            least_s, longest_s = shortest_and_longest_step(earliest_s, block.t_s)
            if least_s > 0.0 and longest_s < LONGEST_LEAP_S:
                self._latest_s = float(block.t_s[-1])
                return block, []
        return self._sifted(block)

    def _sifted(self, block: ImuBlock) -> tuple[ImuBlock, list[Event]]:
        number = (np.abs(block.t_s) <= MOST_S) & (np.abs(block.acc_g) <= MOST_G).all(axis=1)
        if block.gyr_dps is not None:
            number &= (np.abs(block.gyr_dps) <= MOST_DPS).all(axis=1)
        good, known_s = number.copy(), np.zeros(len(block))
        latest_s = self._latest_s
        for i in range(len(block)):
            begun = math.isfinite(latest_s)
            known_s[i] = latest_s if begun else 0.0
            good[i] &= not begun or latest_s < block.t_s[i] < latest_s + LONGEST_LEAP_S
            latest_s = float(block.t_s[i]) if good[i] else latest_s
        self._latest_s = latest_s
        found = self._said("not_a_number", known_s[~number]) + self._said("time", known_s[number & ~good])
        gyr_dps = None if block.gyr_dps is None else block.gyr_dps[good]
        return ImuBlock(block.t_s[good], block.acc_g[good], gyr_dps), sorted(found, key=lambda e: e.at_s)

    def _said(self, kind: ProblemKind, bad_s: Array) -> list[Event]:
        """One event an episode, of bad samples after these times, (n,)."""
        if not len(bad_s):
            return []
        began_s = bad_s[np.diff(bad_s, prepend=self._bad_s[kind]) > QUIET_S]
        self._bad_s[kind] = float(bad_s[-1])
        return [SensorProblem(at_s=at_s, kind=kind, reason=_LEFT_OUT[kind]) for at_s in began_s.tolist()]


def steps(before: float, values: Array) -> Array:
    """From each value to the next, (n,), the first of them from ``before``. Blocks of one are many: numpy's is slow."""
    line = np.concatenate(([before], values))
    step: Array = line[1:] - line[:-1]
    return step


def shortest_and_longest_step(before: float, values: Array) -> tuple[float, float]:
    """Of ``steps``. Blocks of one are many."""
    if len(values) == 1:
        step = float(values[0]) - before
        return step, step
    step_each = steps(before, values)
    return float(step_each.min()), float(step_each.max())


def _within(values: Array, most: float) -> bool:
    """Numbers, none larger than this; few of them are seen by the sum of their squares, which is sooner done."""
    if values.size <= FEW:
        line = values.ravel()
        if np.vdot(line, line) <= most:
            return True
    return bool(np.abs(values).max() <= most)


class Verdict(msgspec.Struct, frozen=True):
    """From row ``first`` of the block on so much of the samples can be used, with the acceleration times ``gain``."""

    first: int
    usable: Usable = "all"
    gain: float = 1.0
    events: tuple[Event, ...] = ()


class Watch:
    """Watches sound samples for faults of the sensor, a window of a second at a time."""

    def __init__(self) -> None:
        self._start_s: float | None = None
        self._window = 0
        self._waiting: list[ImuBlock] = []  # of the window in hand, not yet looked at
        self._held = 0  # samples in them
        self._open: _Windows | None = None
        self._previous: _Windows | None = None
        self._tail = np.empty((6, 0))
        self._highest = _HIGH
        self._gain = 1.0
        self._present = [False] * len(_FAULTS)
        self._count = np.zeros(len(_FAULTS), int)  # windows in a row that show the contrary of ``_present``

    def feed(self, block: ImuBlock) -> list[Verdict]:
        """What becomes of the samples, in order of rows; nothing while nothing changes."""
        if not len(block):
            return []
        if self._start_s is None:
            self._start_s = float(block.t_s[0])
        newest = int((float(block.t_s[-1]) - self._start_s) / WINDOW_S)
        if self._open is not None and newest == self._window and self._held < MOST_HELD:
            self._waiting.append(block)
            self._held += len(block)
            return []
        blocks, held = [*self._waiting, block], self._held
        self._waiting, self._held = [], 0
        t_s = np.concatenate([b.t_s for b in blocks])
        rows = np.concatenate([_channels(b) for b in blocks], axis=1)
        rows = np.concatenate((rows, self._cut_off(rows)))
        numbers = ((t_s - self._start_s) / WINDOW_S).astype(np.int64)
        if numbers[-1] == self._window and self._open is not None:
            self._open = self._open.joined(_Windows.of(rows, np.zeros(1, np.intp)))
            return []
        first = np.flatnonzero(np.diff(numbers, prepend=self._window if self._open is not None else -1))
        if self._open is None:
            windows = _Windows.of(rows, first)
        elif first[0]:
            windows = _Windows.of(rows, np.concatenate(([0], first)))
            windows = self._open.joined(windows[:1]).before(windows[1:])
        else:
            windows = self._open.before(_Windows.of(rows, first))
        closing = first if self._open is not None else first[1:]
        self._window, self._open = int(numbers[-1]), windows[-1:]
        closed = windows[:-1]
        if not len(closing):
            return []
        # What waited was of the window in hand: it is this block that closes one.
        return self._judged(closed, closing - held, block.t_s, block.gyr_dps is not None)

    def _cut_off(self, rows: Array) -> Array:
        """(2, n), accelerometer and gyroscope: 1 where a value is the third in a row, and the highest so far."""
        tail, self._tail = self._tail, np.concatenate((self._tail, rows[:, -2:]), axis=1)[:, -2:]
        cut_off = np.zeros((2, rows.shape[1]))
        high, now = self._highest, np.maximum(rows.max(axis=1), -rows.min(axis=1))[:, None]
        if (now < high).all():
            return cut_off
        self._highest = np.maximum(high, now)
        line = np.concatenate((tail, rows), axis=1)
        highest = np.maximum(np.maximum.accumulate(np.abs(line), axis=1), high)[:, 2:]
        same = line[:, 1:] == line[:, :-1]
        same &= ~same.all(axis=0)
        flat = same[:, 1:] & same[:, :-1] & (np.abs(line[:, 2:]) == highest) & (highest > _HIGH)
        cut_off[:, 2 - tail.shape[1] :] = flat[:3].any(axis=0), flat[3:].any(axis=0)
        return cut_off

    def _judged(self, windows: _Windows, closing: npt.NDArray[np.intp], t_s: Array, has_gyro: bool) -> list[Verdict]:
        """``windows`` are complete with the rows ``closing``."""
        before = windows[:1] if self._previous is None else self._previous
        self._previous = windows[-1:]
        evidence, norm_g = _evidence(before.before(windows), has_gyro)
        if not any(self._present) and not (evidence > 0).any():
            self._count = np.where(evidence.any(axis=1), 0, self._count)
            return []
        verdicts: list[Verdict] = []
        for i, k in np.argwhere(evidence.T).tolist():
            if self._changes(k, bool(evidence[k, i] > 0)):
                if k == MODEST_SCALE:
                    self._gain = 1.0 / float(norm_g[i]) if self._present[k] else 1.0
                event = self._event(k, float(t_s[closing[i]]), float(norm_g[i]))
                verdicts.append(Verdict(int(closing[i]), self._usable, self._gain, (event,)))
        return verdicts

    def _changes(self, k: int, shown: bool) -> bool:
        """Does fault ``k`` begin or end with a window that shows it, or shows the contrary?"""
        fault, present = _FAULTS[k], self._present[k]
        if fault.kind == "saturated" and self._present[UNUSABLE_SCALE]:
            return False  # the values are high throughout
        self._count[k] = 0 if shown is present else self._count[k] + 1
        if self._count[k] < (fault.over_after if present else fault.shown_by):
            return False
        self._present[k], self._count[k] = not present, 0
        return True

    def _event(self, k: int, at_s: float, norm_g: float) -> Event:
        fault = _FAULTS[k]
        if self._present[k]:
            return SensorProblem(at_s=at_s, kind=fault.kind, reason=fault.reason.format(norm_g=norm_g))
        return SensorRecovered(at_s=at_s, kind=fault.kind, reason=fault.over)

    @property
    def _usable(self) -> Usable:
        of = {fault.usable for fault, present in zip(_FAULTS, self._present, strict=True) if present}
        return "none" if "none" in of else "acc" if "acc" in of else "all"


def _channels(block: ImuBlock) -> Array:
    """(6, n); noughts without a gyroscope."""
    return np.concatenate((block.acc_g.T, np.zeros((3, len(block))) if block.gyr_dps is None else block.gyr_dps.T))


class _Windows(msgspec.Struct, frozen=True, eq=False):
    """Least and greatest of every channel, (8, n), and the number of samples, (n,), of consecutive windows."""

    least: Array
    greatest: Array
    samples: npt.NDArray[np.intp]

    @staticmethod
    def of(rows: Array, first: npt.NDArray[np.intp]) -> _Windows:
        """Of the channels (8, m) from each of these columns on."""
        samples = np.append(first[1:], rows.shape[1]) - first
        return _Windows(np.minimum.reduceat(rows, first, axis=1), np.maximum.reduceat(rows, first, axis=1), samples)

    def __getitem__(self, which: slice) -> _Windows:
        return _Windows(self.least[:, which], self.greatest[:, which], self.samples[which])

    def joined(self, other: _Windows) -> _Windows:
        """Two parts of the same window."""
        least, greatest = np.minimum(self.least, other.least), np.maximum(self.greatest, other.greatest)
        return _Windows(least, greatest, self.samples + other.samples)

    def before(self, other: _Windows) -> _Windows:
        """One after the other."""
        return _Windows(
            np.concatenate((self.least, other.least), axis=1),
            np.concatenate((self.greatest, other.greatest), axis=1),
            np.concatenate((self.samples, other.samples)),
        )


def _evidence(w: _Windows, has_gyro: bool) -> tuple[npt.NDArray[np.int8], Array]:
    """(faults, n) for and against every fault in all windows but the first, and the norm at rest, (n,)."""
    span = w.greatest[:, 1:] - w.least[:, 1:]
    stuck = (span == 0.0) & (w.least[:, 1:] == w.greatest[:, :-1]) & (w.least[:, 1:] == w.least[:, :-1])
    acc, gyr = span[:3], span[3:6]
    # Movement in one plane leaves an ideal sensor's axis still: only what turns another way betrays a stuck one.
    turning = (gyr > MOVING_DPS).any(axis=0)
    turned_out = [(np.delete(gyr, axis, axis=0) > TURNING_DPS).all(axis=0) for axis in range(3)]
    tilting = turning & (acc > TILTING_G).all(axis=0)
    # Exactly nought is what an ideal sensor reads about an axis it does not turn about; no real one ever does.
    gyr_stuck = stuck[3:6].all(axis=0)
    all_stuck = stuck[:3].all(axis=0) & gyr_stuck
    middle = 0.5 * (w.least[:3, 1:] + w.greatest[:3, 1:])
    norm_g = np.sqrt(middle[0] * middle[0] + middle[1] * middle[1] + middle[2] * middle[2])
    still = (acc < STILL_SHARE * norm_g).all(axis=0)
    off = np.abs(norm_g - 1.0)
    # The same high value again and again is the end of a range only where the channel moves.
    jumping = np.array([(acc > HIGH_G / 2).any(axis=0), (gyr > HIGH_DPS / 2).any(axis=0)])
    cut_off = (w.greatest[6:, 1:] > 0.0) & jumping
    gyroscope = np.full(still.shape, has_gyro)
    for_it = (
        all_stuck,
        *(stuck[axis] & turned_out[axis] for axis in range(3)),
        *(stuck[3 + axis] & tilting & (w.least[3 + axis, 1:] != 0.0) for axis in range(3)),
        gyr_stuck & (acc > MOVING_G).any(axis=0) & gyroscope,
        still & (off > MODEST) & (off <= GROSS),
        still & (off > GROSS),
        *cut_off,
    )
    against = (
        ~all_stuck,
        *(~stuck[:3]),
        *(~stuck[3:6]),
        ~gyr_stuck,
        still & (off <= MODEST),
        still & (off <= GROSS),
        *(~cut_off),
    )
    evidence = np.array(for_it).astype(np.int8) - np.array(against)
    evidence[:, w.samples[1:] < LEAST_SAMPLES] = 0
    return evidence, norm_g
