"""The page "add a sensor in an hour" is true: its file and its test work as they are printed."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rhomboid.sensors.driver import Decoder
from tests.firmware_protocol.tools import FOLDER

PAGE = (FOLDER / "add-a-sensor.md").read_text(encoding="utf-8")
FILE, TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def loaded(name: str, text: str, folder: Path) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plumb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = loaded("plumb", FILE, tmp_path)
    monkeypatch.setitem(sys.modules, "rhomboid.sensors.plumb", module)
    return module


def test_the_printed_file_passes_the_printed_test(plumb: ModuleType, tmp_path: Path) -> None:
    tests = loaded("printed_test_plumb", TEST, tmp_path)
    tests.test_two_samples_at_rest()
    tests.test_it_is_started_at_the_rate_asked_for()
    refused = tests.test_what_cannot_be_is_refused
    (cases,) = (mark for mark in refused.pytestmark if mark.name == "parametrize")
    for data in cases.args[1]:
        refused(data)


def test_the_printed_file_has_all_a_decoder_needs(plumb: ModuleType) -> None:
    needed = [name for name, _ in inspect.getmembers(Decoder, inspect.isfunction) if not name.startswith("_")]
    assert set(needed) <= set(dir(plumb.PlumbDecoder))
    assert plumb.driver().profile is plumb.PROFILE


def test_every_page_of_this_folder_is_linked_from_its_first() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    for page in FOLDER.glob("*.*"):
        assert page.name == "README.md" or f"]({page.name})" in index


def test_links_lead_somewhere() -> None:
    for page in FOLDER.rglob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
