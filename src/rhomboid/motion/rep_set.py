"""Is this a set at all? What tells repetitions of an exercise from desk work, talk, walking and stairs.

Daily life is full of movements that come in threes. What it lacks is sameness: in a set the whole path of one
repetition, in tilt, turn and height together, is the path of the next. The evidence is a logistic regression over how
alike, how regular, how large and how many the repetitions are.
"""

from __future__ import annotations

import math

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.rep_signals import VIEWS
from rhomboid.motion.rep_vote import Candidate

PATH_POINTS = 16
_FROM_VOTE = (
    "irregular", "uneven", "period", "range", "large", "open", "smallest", "largest", "shortest", "longest", "refused",
    "share", "extra", "agree", "projection2", "projection3",
)  # fmt: skip


def set_features(x: Array, rise_g: Array, leader: Candidate) -> dict[str, float]:
    """What is known about the repetitions of ``leader`` in the stretch ``x`` (n, 13) with vertical acceleration (n,)."""
    first, last = leader.reps[0].before, leader.reps[-1].after
    far = [r.far for r in leader.reps]
    f = {name: leader.features.get(name, 0.0) for name in _FROM_VOTE}
    alike, least = _sameness(x[:, VIEWS[2]], far)
    pose_alike, pose_least = _sameness(x[:, VIEWS[1]], far)
    part = x[first : last + 1]
    many = math.log(min(len(leader.reps), 10) / 3.0)
    f |= {
        "many": many,
        "alike": alike,
        "least_alike": least,
        "pose_alike": pose_alike,
        "pose_least_alike": pose_least,
        "jolts": math.log(float(np.sqrt((rise_g[first : last + 1] ** 2).mean())) + 0.003),
        "rise": math.log(float(np.sqrt((part[:, 12] ** 2).mean())) + 0.1),
        "sway": math.log(float(np.sqrt((part[:, VIEWS[0]] ** 2).sum(axis=1).mean())) + 0.1),
        "turns": math.log(float(np.sqrt((part[:, 3] ** 2).mean())) + 0.1),
    }
    for name in ("alike", "pose_alike", "irregular", "uneven", "large"):
        f["many_" + name] = many * f[name]
    return f


def _sameness(y: Array, far: list[int]) -> tuple[float, float]:
    """Median and smallest likeness of successive paths from far point to far point: 1 the same, 0 unrelated."""
    paths = []
    for a, b in zip(far, far[1:], strict=False):
        at = np.linspace(a, b, PATH_POINTS)
        i = np.minimum(at.astype(int), len(y) - 2)
        part = (at - i)[:, None]
        path = y[i] * (1.0 - part) + y[i + 1] * part
        paths.append(path - path.mean(axis=0))
    likeness = [
        float(2.0 * (a * b).sum() / ((a * a).sum() + (b * b).sum() + 1e-9))
        for a, b in zip(paths, paths[1:], strict=False)
    ]
    return (float(np.median(likeness)), min(likeness)) if likeness else (0.0, 0.0)


def evidence(features: dict[str, float], weights: dict[str, float]) -> float:
    """Log odds that this is a set."""
    return weights["constant"] + sum(weights[name] * value for name, value in features.items())
