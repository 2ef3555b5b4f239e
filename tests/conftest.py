"""What holds for all tests: how long an example takes tells something about the machine, not about the program.

Every day twenty examples of each property are tried; HYPOTHESIS_PROFILE=ci takes the time for a hundred.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import cache

import pytest
import typer.main
from hypothesis import HealthCheck, settings

CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"


def tries(in_ci: int) -> int:
    """The examples of a property that wants more or fewer of them than the others: every day a fifth."""
    return in_ci if CI else max(in_ci // 5, 4)


EXAMPLES = tries(100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: now and then a test waits, for a terminal or a process of its own."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: to look through it for garbage again and again takes a tenth longer."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _commands_described_once() -> Iterator[None]:
    """Typer looks at the arguments of all commands whenever one is given, which takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


settings.register_profile("patient", max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
