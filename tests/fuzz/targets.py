"""Everything that takes bytes from outside, by name: how one input is tried, and the first inputs."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import drivers, files, served

Target = tuple[Callable[[bytes], None], Callable[[], list[bytes]]]

TARGETS: dict[str, Target] = {
    "drivers": (drivers.run, drivers.seeds),
    **files.TARGETS,
    "served": (served.run, served.seeds),
}
