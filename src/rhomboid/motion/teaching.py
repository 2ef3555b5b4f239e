"""A few repetitions that somebody shows: where they are, what they have in common, and what else moved beside them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.recount_model import moving, probabilities
from rhomboid.motion.recount_ways import signals, ways_to_count
from rhomboid.motion.rep_recount import most_probable
from rhomboid.motion.settings import Template
from rhomboid.motion.template import courses, likeness, size, sizes, template_of

WINDOWS_EACH = 4
"""What moved besides is looked at through windows as long as a repetition, so many for each such length."""
EDGE = 0.15
"""Of a repetition's length: what its ends may still hold of the way out and back."""


class Shown(NamedTuple):
    """What was made of it. ``seen`` is how many repetitions would have been seen, not knowing how many to expect.

    ``template`` is of the best way to see as many as were asked for, with ``spans_s`` (start, end) of each; None: there
    is no such way. ``besides`` is how large the largest other movement was against the smallest repetition (1: as
    large), ``besides_like`` how like the template it was.
    """

    seen: int
    template: Template | None
    spans_s: tuple[tuple[float, float], ...] = ()
    besides: float = 0.0
    besides_like: float = 0.0


def look(t_s: Array, acc_g: Array, gyr_dps: Array, up: Array, reps: int) -> Shown:
    """``reps`` repetitions of one exercise, in frames as of ``rep_recount.recount``, with some quiet around them."""
    s = signals(t_s, acc_g, gyr_dps, up)
    ways = [] if s is None else ways_to_count(s)
    if s is None or not ways:
        return Shown(0, None)
    trust = probabilities(ways, s)
    counts = np.array([len(way.far) for way in ways])
    count = most_probable(counts, trust)
    fitting = np.flatnonzero(counts == reps).tolist()
    if not fitting:
        return Shown(count, None)
    way = ways[max(fitting, key=lambda i: float(trust[i]))]
    template = template_of(way, s)
    left, returned = moving([way])
    spans_s = tuple(zip(s.t_s[left].tolist(), s.t_s[returned].tolist(), strict=True))
    length = round(template.duration_s * FRAME_RATE_HZ)
    edge = round(EDGE * length)
    starts = np.arange(0, len(s.t_s) - length, max(1, length // WINDOWS_EACH))
    apart = np.all((starts[:, None] + length <= left - edge) | (starts[:, None] >= returned + edge), axis=1)
    starts = starts[apart]
    if not len(starts):
        return Shown(count, template, spans_s)
    other = courses(s.shape, starts, starts + length)
    largest = int(np.argmax(sizes(other)))
    smallest = float(sizes(courses(s.shape, left, returned)).min())
    like = float(likeness(template, other[largest : largest + 1])[0])
    return Shown(count, template, spans_s, round(float(sizes(other)[largest]) / smallest, 3), round(like, 3))


class Beside(NamedTuple):
    """Two templates beside each other: how like their courses are, how many times as large and as long the one is."""

    likeness: float
    larger: float
    longer: float

    @property
    def alike(self) -> bool:
        """Whether a repetition of the one may well be taken for one of the other."""
        ratios = abs(math.log(self.larger)), abs(math.log(self.longer))
        return self.likeness >= ALIKE and max(ratios) < math.log(ALIKE_TIMES)


ALIKE, ALIKE_TIMES = 0.9, 1.6


def beside(one: Template, other: Template) -> Beside:
    """``one`` beside ``other``."""
    like = float(likeness(other, np.array(one.course)[None])[0])
    return Beside(round(like, 3), round(size(one) / size(other), 3), round(one.duration_s / other.duration_s, 3))
