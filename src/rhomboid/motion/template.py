"""What a few shown repetitions have in common, and how like them others are.

A repetition's course is how far the trunk has tilted away from its rest, how far it has turned about the vertical and
how far the sensor has risen, at a few moments from leaving the rest to being back. None of the three depends on how
the sensor is strapped or at what rate it sends, so a template outlives the session that it was made in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ
from rhomboid.motion.recount_model import moving
from rhomboid.motion.recount_ways import Signals, Way
from rhomboid.motion.settings import COURSE_POINTS, Template
from rhomboid.motion.ticks import Codes

LEAST_SIZE = 0.05
"""Degrees and centimetres; a course smaller than this is compared as if it were as large."""


def template_of(way: Way, s: Signals) -> Template:
    """The template of the repetitions of ``way``, of which there must be one at least."""
    left, returned = moving([way])
    shown = courses(s.shape, left, returned)
    duration_s = (returned - left) / FRAME_RATE_HZ
    pairs = [_cosine(a[None], b)[0] for i, a in enumerate(shown) for b in shown[:i]]
    return Template(
        course=tuple((round(a, 3), round(b, 3), round(c, 3)) for a, b, c in shown.mean(axis=0).tolist()),
        duration_s=round(float(np.median(duration_s)), 3),
        duration_spread=round(float(np.log(duration_s).std()), 3),
        size_spread=round(float(np.log(sizes(shown)).std()), 3),
        likeness=round(float(np.clip(np.median(pairs), -1.0, 1.0)), 3) if pairs else 1.0,
    )


def size_off(template: Template, ways: Sequence[Way], s: Signals) -> Array:
    """How far the repetitions of each way are from the size that was shown, (n,).

    0: all as large; the mean of the squared logarithm of how many times as large they are, at most 1 for each.
    """
    left, returned = moving(list(ways))
    # Many ways hold the very same repetition.
    _, once, same = np.unique(left * len(s.t_s) + returned, return_index=True, return_inverse=True)
    larger = np.log(sizes(courses(s.shape, left[once], returned[once])) / size(template))[same]
    counts = np.array([len(way.far) for way in ways])
    off: Array = np.add.reduceat(np.minimum(larger**2, 1.0), np.cumsum(counts) - counts) / counts
    return off


def size(template: Template) -> float:
    """As of ``sizes``."""
    return float(sizes(np.array(template.course)[None])[0])


def likeness(template: Template, seen: Array) -> Array:
    """Of courses (m, points, 3): 1 the same as the template whatever the size, 0 unrelated, (m,).

    One that turns the other way is its mirror image: the other side of the body does it.
    """
    shown = np.array(template.course)
    best: Array = np.maximum(_cosine(seen, shown), _cosine(seen, shown * (1.0, -1.0, 1.0)))
    return best


def courses(shape: Array, left: Codes, returned: Codes) -> Array:
    """From ``Signals.shape`` (n, 5): the course between each two rows, (m, points, 3)."""
    at = np.linspace(left, returned, COURSE_POINTS, axis=1)
    i = np.minimum(at.astype(int), len(shape) - 2)
    part = (at - i)[:, :, None]
    path = shape[i] * (1.0 - part) + shape[i + 1] * part
    # Before and after differ by drift: the rest is the straight line between the two.
    line = np.linspace(0.0, 1.0, COURSE_POINTS)[None, :, None]
    away = path - path[:, :1] - line * (path[:, -1:] - path[:, :1])
    tilt = np.sqrt((away[:, :, :3] ** 2).sum(axis=2, keepdims=True))
    return np.concatenate((tilt, away[:, :, 3:]), axis=2)


def sizes(seen: Array) -> Array:
    """Root mean square of courses (m, points, 3), degrees and centimetres together, (m,)."""
    size: Array = np.maximum(np.sqrt((seen**2).sum(axis=2).mean(axis=1)), LEAST_SIZE)
    return size


def _cosine(seen: Array, shown: Array) -> Array:
    """Of the angle between courses, (m,)."""
    cosine: Array = (seen * shown).sum(axis=(1, 2)) / (COURSE_POINTS * sizes(seen) * sizes(shown[None])[0])
    return cosine
