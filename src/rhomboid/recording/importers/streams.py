"""Streams of a recording brought onto one timeline: a gyroscope with a clock of its own, times that come in bunches."""

from __future__ import annotations

import numpy as np

from rhomboid.imu import Array
from rhomboid.recording.sample_table import GAP_S, GAP_STEPS


def without_repeats(stream: Array) -> Array:
    """(n, k), time first, without the rows whose time is that of the row before."""
    rows: Array = stream[np.diff(stream[:, 0], prepend=-np.inf) != 0]
    return rows


def joined(acc: Array, other: Array) -> Array:
    """(n, 4) and (m, k), time first: ``other`` at the times of ``acc``, by straight lines between its samples.

    Where ``other`` has a gap, or has not begun or has ended, there is no row: nothing is bridged.
    """
    t_s = acc[:, 0]
    after = np.searchsorted(other[:, 0], t_s)
    inside = (t_s >= other[0, 0]) & (t_s <= other[-1, 0])
    steps_s = np.diff(other[:, 0], prepend=other[0, 0])
    too_long = steps_s > max(GAP_STEPS * float(np.median(steps_s)), GAP_S)
    inside &= ~too_long[np.minimum(after, len(other) - 1)]
    found = [np.interp(t_s[inside], other[:, 0], column) for column in other[:, 1:].T]
    return np.column_stack((acc[inside], *found))


def spread(t_s: Array) -> Array:
    """(n,) times of arrival that never go back: samples that arrived together are laid out evenly until the next did.

    A radio delivers several samples at once, and their true times are lost; this is the best that can be said of them.
    """
    first = np.flatnonzero(np.diff(t_s, prepend=-np.inf) > 0)
    count = np.diff(np.append(first, len(t_s)))
    if len(first) < 2:
        return t_s
    step_s = np.diff(t_s[first]) / count[:-1]
    usual_s = float(np.median(step_s))
    step_s = np.minimum(np.append(step_s, usual_s), 2 * usual_s)  # a bunch before a gap does not reach into it
    within = np.arange(len(t_s)) - np.repeat(first, count)
    laid_out: Array = np.repeat(t_s[first], count) + within * np.repeat(step_s, count)
    return laid_out
