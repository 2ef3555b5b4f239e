"""What holds for all tests: how long an example takes tells something about the machine, not about the program.

Every day twenty examples of each property are tried; HYPOTHESIS_PROFILE=ci takes the time for a hundred.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 20


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: now and then a test waits, for a terminal or a process of its own."""
    return (os.cpu_count() or 1) + 1


settings.register_profile("patient", max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
