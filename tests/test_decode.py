"""``rhomboid decode`` and ``rhomboid sensors`` as they are typed."""

from __future__ import annotations

import json

import pytest

from rhomboid.cli import main
from rhomboid.sensors.rhomboid_stream import STREAM

TWO = "11000102030405060708090a0224efbe8f250100ffff00100000ff7f00800200feffff0f0a00f6ff0000"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["rhomboid", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_packets_become_one_object_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "decode", "rhomboid", STREAM, TWO, "1100", "--json") == 0
    good, bad = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [s["acc_g"][2] for s in good["samples"]] == [1.0, 4095 / 4096]
    assert good["samples"][1]["t_sensor_us"] == 0x0A090807
    assert good["samples"][0]["t_sensor_us"] == 0x0A090807 - 9615
    assert set(bad) == {"error"}


def test_without_json_it_is_readable(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "decode", "rhomboid", STREAM.upper(), TWO[:2] + ":" + TWO[2:], "1100") == 0
    first, second, refused = capsys.readouterr().out.splitlines()
    assert first.startswith("168354424 us")
    assert second.startswith("168364039 us") and second.endswith("deg/s")
    assert refused.startswith("refused: ")


@pytest.mark.parametrize("arguments", [(STREAM, "11zz"), ("not-a-uuid", "11"), ("12345", "11")])
def test_nonsense_is_answered_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, "decode", "rhomboid", *arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_family_is_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "sensors", "--json") == 0
    families = [row["family"] for row in json.loads(capsys.readouterr().out)]
    assert run(monkeypatch, "sensors") == 0
    shown = capsys.readouterr().out
    assert "rhomboid" in families
    assert all(family in shown for family in families)
