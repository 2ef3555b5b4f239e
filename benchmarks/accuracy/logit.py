"""Weights from examples: a conditional logit to choose among ways, a logistic regression to say yes or no; both with a
ridge penalty on standardised features. The weights come back for the features as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from rhomboid.accuracy import Label
from rhomboid.imu import Array


class Problem(NamedTuple):
    """Features of all options of all choices, one behind the other, (n, features); where each choice ``starts``."""

    x: Array
    true: Array
    starts: npt.NDArray[np.intp]
    weight: Array


def who(label: Label) -> str:
    """Who is held out together."""
    return f"{label.file.split('/')[0]} {label.subject}"


def choose(problem: Problem, ridge: float, start: Array | None = None) -> Array:
    """Weights, (features,), that give the true options of every choice the most probability (McFadden 1974)."""
    scale = problem.x.std(axis=0) + 1e-9
    standard = problem._replace(x=(problem.x - problem.x.mean(axis=0)) / scale)
    sizes = np.diff(problem.starts, append=len(problem.x))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    start = np.zeros(len(scale)) if start is None else start * scale
    found = minimize(_choice_loss, start, (standard, owner, ridge), "L-BFGS-B", jac=True)
    weights: Array = found.x / scale
    return weights


def _choice_loss(weights: Array, problem: Problem, owner: npt.NDArray[np.intp], ridge: float) -> tuple[float, Array]:
    """Negative log probability of the true options, and its gradient."""
    scores = problem.x @ weights
    shares = np.exp(scores - np.maximum.reduceat(scores, problem.starts)[owner])
    total = np.add.reduceat(shares, problem.starts)
    true = np.add.reduceat(shares * problem.true, problem.starts) + 1e-300
    loss = float((problem.weight * np.log(total / true)).sum()) + 0.5 * ridge * float(weights @ weights)
    pull = (shares / total[owner] - shares * problem.true / true[owner]) * problem.weight[owner]
    return loss, problem.x.T @ pull + ridge * weights


def decide(
    x: Array, yes: Array, weight: Array, ridge: float, start: tuple[Array, float] | None = None
) -> tuple[Array, float]:
    """Weights, (features,), and constant of the log odds of ``yes`` (n,), given ``x`` (n, features)."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    begin = np.zeros(x.shape[1] + 1)
    if start is not None:
        begin = np.append(start[0] * scale, start[1] + start[0] @ mean)
    standard = np.concatenate(((x - mean) / scale, np.ones((len(x), 1))), axis=1)
    sign = np.where(yes > 0.5, 1.0, -1.0)

    def loss(w: Array) -> tuple[float, Array]:
        margin = sign * (standard @ w)
        wrong = weight * sign / (1.0 + np.exp(np.minimum(margin, 500.0)))
        penalty = np.append(w[:-1], 0.0)
        cost = float((weight * np.logaddexp(0.0, -margin)).sum()) + 0.5 * ridge * float(penalty @ penalty)
        return cost, ridge * penalty - standard.T @ wrong

    w = minimize(loss, begin, method="L-BFGS-B", jac=True).x
    weights: Array = w[:-1] / scale
    return weights, float(w[-1] - weights @ mean)


def write(module: ModuleType, weights: dict[str, float], rest: Iterable[str] = (), name: str = "WEIGHTS") -> None:
    """Into the table at the end of ``module``, with the lines that stand behind it."""
    path = Path(str(module.__file__))
    code, _, _ = path.read_text(encoding="utf-8").partition(f"{name}: dict[str, float] = {{")
    rows = "".join(f'    "{key}": {weight:.3f},\n' for key, weight in sorted(weights.items()))
    path.write_text(f"{code}{name}: dict[str, float] = {{\n{rows}}}\n{''.join(rest)}", encoding="utf-8")
