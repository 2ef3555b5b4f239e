"""The command line as its user meets it: real files, real output, one clear line for everything that goes wrong."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .bowing import HEAD, bows
from .command_line import rhomboid

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.mark.parametrize("arguments", [("sensors",), ("analyze", "missing.csv"), ("info", RECORDINGS / "rows.mcap")])
def test_as_a_process_of_its_own_it_says_what_it_says_in_these_tests(arguments: tuple[str | Path, ...]) -> None:
    command = [sys.executable, "-m", "rhomboid", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60.0, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == rhomboid(*arguments)


@pytest.fixture
def bowing(tmp_path: Path) -> Path:
    path = tmp_path / "bowing.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEAD, *bows()]).encode()))
    return path


def test_analyze_prints_the_documented_json(bowing: Path) -> None:
    done = rhomboid("analyze", "--json", "--mode", "set", bowing)
    assert (done.returncode, done.stderr) == (0, "")
    got = json.loads(done.stdout)
    assert got["file"] == str(bowing)
    assert got["duration_s"] == pytest.approx(19.98)
    assert got["sampling_rate_hz"] == pytest.approx(50.0)
    assert sum(s["reps"] for s in got["sets"]) == 5
    for rep in got["reps"]:
        assert rep["start_s"] < rep["peak_s"] < rep["end_s"] <= rep["counted_at_s"]
        assert rep["set"] in (0, None)
    assert {"holds", "slouches", "gaps"} <= got.keys()


def test_analyze_prints_a_table_for_people(bowing: Path) -> None:
    done = rhomboid("analyze", "--mode", "set", bowing)
    assert done.returncode == 0
    head, _, row = done.stdout.splitlines()[:3]
    assert head.split()[0] == "file"
    assert row.split()[:2] == ["bowing.csv.gz", "0:19"]


def test_every_decision_can_be_explained(bowing: Path) -> None:
    done = rhomboid("analyze", "--mode", "set", "--explain", bowing)
    assert done.returncode == 0
    assert sum(line.startswith("counted") for line in done.stdout.splitlines()) == 5
    movements = json.loads(rhomboid("analyze", "--json", "--mode", "set", "--explain", bowing).stdout)["movements"]
    assert sum(m["counted"] for m in movements) == 5
    assert all(m["reason"] for m in movements if not m["counted"])
    assert "movements" not in json.loads(rhomboid("analyze", "--json", "--mode", "set", bowing).stdout)


def test_a_slouch_is_found_with_the_settings_given(tmp_path: Path) -> None:
    t = np.arange(0, 60, 0.02)
    angle = np.radians(np.interp(t, [0, 20, 22, 60], [0, 0, 18, 18]))
    noise = np.random.default_rng(5).normal(0, 0.002, len(t))
    rows = [f"{a:.2f},{np.sin(b) + n:.5f},0,{np.cos(b) + n:.5f},,," for a, b, n in zip(t, angle, noise, strict=True)]
    path = tmp_path / "sitting.csv"
    path.write_text("\n".join([HEAD, *rows]))
    arguments = ("--mode", "desk", "--reference", "0:15", "--slouch-threshold", "12", "--slouch-delay", "5")
    slouch = json.loads(rhomboid("analyze", "--json", *arguments, path).stdout)["slouches"][0]
    assert slouch["start_s"] == pytest.approx(21.4, abs=1.0)
    assert slouch["alert_s"] == pytest.approx(slouch["start_s"] + 5.0, abs=1.0)
    assert slouch["peak_deg"] == pytest.approx(18.0, abs=1.5)
    other = rhomboid("analyze", "--json", *arguments[:4], "--slouch-threshold", "25", path)
    assert json.loads(other.stdout)["slouches"] == []


def test_one_bad_file_does_not_stop_the_others(bowing: Path, tmp_path: Path) -> None:
    done = rhomboid("analyze", "--json", tmp_path / "missing.csv", bowing)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert len(done.stderr.splitlines()) == 1


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


BAD_CSV = {
    "empty": "",
    "no columns": "a,b\n1,2\n",
    "text": "\n".join([HEAD, *bows()[:100], "3.0,zero,0,1,0,0,0"]),
    "not a number": "\n".join([HEAD, *bows()[:100], "3.0,nan,0,1,0,0,0"]),
    "time repeated": "\n".join([HEAD, *bows()[:100], *bows()[99:150]]),
    "time decreasing": "\n".join([HEAD, *bows()[:100], *bows()[50:150]]),
    "too slow": "\n".join([HEAD, *bows(rate_hz=5.0)]),
    "constant": "\n".join([HEAD, *(f"{i / 50},0,0,1,0,0,0" for i in range(500))]),
    "only gaps": "\n".join([HEAD, *(f"{i * 7.0 * (1 + i)},0,{i % 3 / 100},1,0,0,0" for i in range(50))]),
    "one row": "\n".join([HEAD, *bows()[:1]]),
}


@pytest.mark.parametrize("name", BAD_CSV)
@pytest.mark.parametrize("command", ["analyze", "replay"])
def test_a_csv_that_is_not_what_it_should_be_gives_one_clear_line(tmp_path: Path, name: str, command: str) -> None:
    path = write(tmp_path / "bad.csv", BAD_CSV[name])
    done = rhomboid(command, *(["--plain"] if command == "replay" else []), path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"rhomboid: {path}")
    assert len(done.stderr.splitlines()) == 1
    assert ";" in done.stderr  # what is wrong; what to do


@pytest.mark.parametrize("content", [b"", b"\x89MCAP0\r\n", b"not an mcap at all", b"\x89MCAP0\r\n" + bytes(200)])
def test_a_recording_that_is_empty_cut_or_foreign_gives_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mcap"
    path.write_bytes(content)
    for command in (["analyze"], ["replay", "--plain"]):
        done = rhomboid(*command, path)
        assert done.returncode == 1
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


def test_folders_and_missing_files_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.mcap", write(tmp_path / "notes.txt", "hello")):
        done = rhomboid("replay", "--plain", path)
        assert done.returncode == 1
        assert str(path) in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze",),
        ("analyze", "--reference", "5", "x.csv"),
        ("analyze", "--mode", "other", "x.csv"),
        ("analyze", "--forward", "up", "x.csv"),
        ("analyze", "--slouch-threshold", "4", "x.csv"),
        ("demo", "no such script"),
        ("demo", "--speed", "quick"),
        ("demo", "--for", "-3"),
        ("record", "x.mcap", "--speed", "2"),
        ("nonsense",),
    ],
)
def test_wrong_use_gives_one_line_and_status_two(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = rhomboid(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_the_demo_tells_its_story_line_by_line() -> None:
    done = rhomboid("demo", "rows", "--plain", "--speed", "max")
    assert done.returncode == 0
    assert "rep 1" in done.stdout
    assert "set 1 done" in done.stdout


def test_for_ends_a_session_by_itself() -> None:
    done = rhomboid("desk", "--demo", "--plain", "--speed", "max", "--for", "20")
    assert done.returncode == 0
    times = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert all(t <= "0:21" for t in times)


def test_what_is_recorded_is_replayed_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rows.mcap"
    live = rhomboid("record", path, "--demo", "--script", "rows", "--seed", "3", "--plain", "--speed", "max")
    assert live.returncode == 0
    again = rhomboid("replay", path, "--plain")
    assert again.stdout.splitlines()[1:] == live.stdout.splitlines()[1:]


def test_the_guided_reference_is_led_through_and_a_replay_is_led_again(tmp_path: Path) -> None:
    path = tmp_path / "guided.mcap"
    options = ("--demo", "--script", "guided", "--guided", "--plain", "--speed", "max")
    live = rhomboid("record", path, *options)
    assert "lean straight forward" in live.stdout
    assert "forward known" in live.stdout
    assert rhomboid("replay", path, "--plain").stdout.splitlines()[1:] == live.stdout.splitlines()[1:]


def guided(command: str, *options: str) -> str:
    return rhomboid(command, "--demo", "--script", "guided", "--guided", "--plain", "--speed", "max", *options).stdout


def ended(lines: str) -> tuple[int, int]:
    """The second at which the first slouch was said to be over, and how long it was."""
    words = next(x for x in lines.splitlines() if "upright again" in x).split()
    minutes, seconds = words[0].split(":")
    return 60 * int(minutes) + int(seconds), int(words[4])


def test_each_preset_has_its_delay_and_every_number_can_be_set() -> None:
    usual = guided("desk")
    assert "forward for 45 s" in usual
    assert "forward for 5 s" in guided("train")
    assert "forward for 20 s" in guided("desk", "--slouch-delay", "20")
    assert "slouching" not in guided("desk", "--slouch-threshold", "35")
    assert ended(guided("desk", "--slouch-recovery", "30"))[0] > ended(usual)[0] + 20
    assert ended(guided("desk", "--slouch-hysteresis", "11"))[1] > ended(usual)[1]


def test_a_declared_mounting_shows_forward_without_a_lean(tmp_path: Path) -> None:
    path = tmp_path / "upright.csv"
    path.write_text("\n".join([HEAD, *bows(12.0, period_s=60.0)]))  # keeps still, as it is over before the first bow
    assert "forward known" in rhomboid("replay", "--plain", "--forward", "x", path).stdout
    assert "forward known" not in rhomboid("replay", "--plain", path).stdout
    assert "declare another" in rhomboid("replay", "--plain", "--forward", "-z", path).stdout


def test_a_recording_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "rows.mcap"
    options = ("--demo", "--script", "rows", "--plain", "--speed", "max", "--for", "3")
    assert rhomboid("record", path, *options).returncode == 0
    before = path.read_bytes()
    refused = rhomboid("record", path, *options)
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1
    assert path.read_bytes() == before
    assert rhomboid("record", path, *options, "--force").returncode == 0


def test_a_replay_as_json_and_from_a_place() -> None:
    rows = RECORDINGS / "rows.mcap"
    everything = rhomboid("replay", "--json", rows).stdout.splitlines()
    assert {"event", "at_s"} <= json.loads(everything[0]).keys()
    late = rhomboid("replay", "--json", "--from", "0:50", rows).stdout.splitlines()
    assert late == [line for line in everything if json.loads(line)["at_s"] >= 50.0]
    assert 0 < len(late) < len(everything)
    assert rhomboid("replay", "--json", "--from-event", "12", rows).stdout.splitlines() == everything[11:]
    plain = rhomboid("replay", "--plain", "--speed", "64", "--from", "70", rows).stdout.splitlines()
    assert plain[0] == "rows.mcap" and all(line.split()[0] >= "1:10" for line in plain[1:])


def test_a_replay_with_other_settings() -> None:
    desk = RECORDINGS / "desk.mcap"
    slouches = [
        rhomboid("replay", "--json", "--set", f"slouch.threshold_deg={deg}", desk).stdout.count("slouch_started")
        for deg in (12, 60)
    ]
    assert slouches == [2, 0]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--set", "slouch.threshold=15"], "names no setting; there are: mode, slouch.threshold_deg"),
        (["--set", "slouch.threshold_deg=far"], "expected `float`, got `str` (slouch.threshold_deg)"),
        (["--set", "slouch.threshold_deg=1e9"], "<= 89.0 (slouch.threshold_deg)"),
        (["--set", "slouch=5"], "names no setting"),
        (["--set", "slouch.hysteresis_deg=30"], "no slouch would ever end"),
        (["--set", "mode=dancing"], "'dancing'"),
        (["--from", "noon"], "no moment"),
        (["--from", "-5"], "no moment"),
        (["--from", "nan"], "no moment"),
        (["--from-event", "0"], "--from-event"),
        (["--from-event", "3", "--plain", "--speed", "2"], "leave --speed out"),
    ],
)
def test_a_replay_that_cannot_be_is_one_clear_line(arguments: list[str], what: str) -> None:
    done = rhomboid("replay", "--json", *arguments, RECORDINGS / "rows.mcap")
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr and len(done.stderr.splitlines()) == 1


def test_verify_and_info(tmp_path: Path) -> None:
    path = tmp_path / "mine.mcap"
    made = rhomboid("record", path, "--demo", "--script", "rows", "--plain", "--speed", "max")
    assert made.returncode == 0
    done = rhomboid("replay", "--verify", path)
    assert done.returncode == 0 and done.stdout.startswith("identical, byte for byte: ")
    done = rhomboid("replay", "--verify", "--set", "mode=desk", path)
    assert done.returncode == 1 and any(line.startswith("- ") for line in done.stdout.splitlines())
    table = write(tmp_path / "a.csv", "\n".join([HEAD, *bows()]))
    assert "holds events to compare with; replay it without" in rhomboid("replay", "--verify", table).stderr
    done = rhomboid("info", "--json", path, tmp_path / "none.mcap")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert json.loads(done.stdout)["duration_s"] == pytest.approx(73.5, abs=0.5)
    assert "integrity   whole" in rhomboid("info", path).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
def test_a_full_disk_ends_a_recording_with_one_line_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "full.mcap"
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    command = [sys.executable, "-c", limited + "from rhomboid.cli import main; main()", "record", str(path)]
    command += ["--demo", "--script", "rows", "--plain", "--speed", "max"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60.0)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "nothing more can be written (file too large)" in done.stderr
    told = json.loads(rhomboid("info", "--json", path).stdout)
    assert told["duration_s"] > 10.0 and "not closed" in told["integrity"]


def test_what_is_slow_to_load_is_there_before_a_sensor_can_send(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom rhomboid.commands import bluetooth\nfrom rhomboid.link.live import Wanted\n"
        "bluetooth._known = lambda *_: Wanted('00:01', 'rhomboid')\nbluetooth.live_source(None, None, None, None)\n"
        "print(*sorted({'scipy.signal', 'scipy.ndimage'} & set(sys.modules)))"
    )
    home = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=home)
    assert done.stdout.split() == ["scipy.ndimage", "scipy.signal"]
