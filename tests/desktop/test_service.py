"""The service files: right for each system's own reader, shown and asked before they are written, and removable."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rhomboid.desktop.service import service
from rhomboid.errors import UsageError

ODD = ("--device", 'my "best" <sensor> & 100 % $HOME')
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="systemd")


def test_systemd_starts_the_program_with_its_options(home: Path) -> None:
    planned = service(ODD, "linux")
    line = next(x for x in planned.text.splitlines() if x.startswith("ExecStart="))
    parts = shlex.split(line.removeprefix("ExecStart=").replace("%%", "%").replace("$$", "$"))
    assert parts == [sys.executable, "-m", "rhomboid", "desk", "--background", *ODD]
    assert planned.path == home / "systemd" / "user" / "rhomboid-desk.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_nothing_wrong(home: Path, tmp_path: Path) -> None:
    planned = service(("--device", "100 % mine"), "linux")
    file = tmp_path / planned.path.name
    file.write_text(planned.text)
    done = subprocess.run(["systemd-analyze", "--user", "verify", str(file)], capture_output=True, text=True)
    assert not [x for x in done.stderr.splitlines() if "rhomboid-desk" in x], done.stderr


def test_launchd_reads_the_program_and_its_options(home: Path) -> None:
    planned = service(ODD, "darwin")
    read = plistlib.loads(planned.text.encode())
    assert read["ProgramArguments"] == [sys.executable, "-m", "rhomboid", "desk", "--background", *ODD]
    assert read["RunAtLoad"] is True
    assert planned.path == home / "Library" / "LaunchAgents" / "org.rhomboid.desk.plist"


def test_the_task_scheduler_reads_the_program_and_its_options(home: Path) -> None:
    planned = service(ODD, "win32")
    root = ElementTree.fromstring(planned.text.encode("utf-16"))  # noqa: S314 - our own
    action = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert action["Command"] == sys.executable
    assert action["Arguments"] == subprocess.list2cmdline(["-m", "rhomboid", "desk", "--background", *ODD])


def test_another_system_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="plan9 is not known here; start rhomboid desk --background by your own means"):
        service((), "plan9")


def run(*arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rhomboid", "desk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=answer, timeout=60.0)


@pytest.fixture
def systemctl(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What it was called with; it stands first on the path."""
    calls = home / "calls"
    folder = home / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {calls}\n[ ! -e {home}/broken ]\n')
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return calls


@ONLY_LINUX
def test_it_is_shown_asked_written_started_and_removed(home: Path, systemctl: Path) -> None:
    file = home / "systemd" / "user" / "rhomboid-desk.service"
    shown = run("install", answer="n\n")
    assert shown.returncode == 1
    assert "ExecStart=" in shown.stdout
    assert str(file) in shown.stdout
    assert not file.exists()
    assert not systemctl.exists()
    done = run("install", "--yes", "--device", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"--device" "mine"' in file.read_text()
    assert systemctl.read_text().splitlines()[-1] == "--user enable --now rhomboid-desk.service"
    assert run("uninstall", answer="n\n").returncode == 1
    assert file.exists()
    assert run("uninstall", "--yes").returncode == 0
    assert not file.exists()
    assert "--user disable --now rhomboid-desk.service" in systemctl.read_text()
    assert run("uninstall").stdout.strip() == "nothing is installed"


@ONLY_LINUX
def test_what_cannot_be_started_is_said_with_what_to_do(home: Path, systemctl: Path) -> None:
    (home / "broken").touch()
    done = run("install", "--yes")
    assert done.returncode == 1
    assert "the file is written, but systemctl failed" in done.stderr
    assert "run it yourself: systemctl --user daemon-reload" in done.stderr
