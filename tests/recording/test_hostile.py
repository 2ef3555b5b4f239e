"""No file of the hostile corpus does harm: the commands give a result or one clear line, soon."""

from __future__ import annotations

import time
from pathlib import Path

from rhomboid.analysis import analyze
from rhomboid.errors import RhomboidError
from rhomboid.info import info_of, report
from rhomboid.motion.settings import Settings
from rhomboid.verify import verify

from .hostile import corpus


def test_a_hostile_file_gives_a_result_or_one_clear_line(recording_path: Path) -> None:
    path = recording_path.with_name("hostile.mcap")
    refused = 0
    for what, content in corpus(recording_path.read_bytes(), heavy=False):
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        for command in (info_of, analyze, lambda p: verify(p, Settings())):
            began = time.process_time()
            try:
                found = command(path)
                if command is info_of:
                    assert all(line.isprintable() for line in report(found).splitlines()), what
            except RhomboidError as error:
                refused += 1
                assert str(error).isprintable() and len(str(error)) < len(str(path)) + 300, what
            assert time.process_time() - began < 3.0, what
    assert refused > 100
