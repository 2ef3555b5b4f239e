"""The README is true where a test can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from rhomboid.cli import app
from rhomboid.sensors import profiles
from rhomboid.sensors.profile import Profile

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", profiles(), ids=lambda p: p.family)
def test_every_sensor_is_in_the_table_with_what_it_was_tested_with(profile: Profile) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{profile.family}` |"))
    assert profile.tested_with in row
    assert ", ".join(profile.models) in row
    assert profile.loss in row


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"`rhomboid ([a-z]+)", README)) | set(
        re.findall(r"^rhomboid ([a-z]+)", README, re.MULTILINE)
    )
    assert named <= set(get_command(app).commands)


def test_every_picture_and_page_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parents[1] / link).exists(), link
