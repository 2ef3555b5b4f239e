"""No benchmark falls behind the program that it measures: each can at least be imported."""

from __future__ import annotations

import importlib
import pkgutil

import benchmarks
import pytest

OURS = ("rhomboid", "benchmarks", "tests")


@pytest.mark.parametrize("name", [found.name for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks.")])
def test_it_finds_what_it_measures(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in OURS:
            raise
        pytest.skip(f"{missing.name} is not installed, or not to be had on this system")
