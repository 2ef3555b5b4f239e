"""The same movement, written as every program writes it, comes out as the same samples; anything else is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rhomboid.analysis import analyze
from rhomboid.errors import DataError
from rhomboid.imu import Gap
from rhomboid.motion.settings import Settings
from rhomboid.recording.importers import read_table
from rhomboid.recording.importers.streams import joined, spread

from . import examples
from .examples import EXAMPLES, movement


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_format_gives_the_same_samples(tmp_path: Path, name: str) -> None:
    called, bunched, write = EXAMPLES[name]
    imported = read_table(write(tmp_path))
    t_s, acc_g, gyr_dps = movement()
    samples = imported.table.samples
    assert imported.format == called
    assert imported.table.gaps == ()
    assert len(samples) >= len(t_s) - 1  # where the gyroscope begins later, the first sample has no partner
    got_s = samples.t_s - samples.t_s[-1]
    want_s = t_s - t_s[-1]
    assert got_s == pytest.approx(want_s[-len(got_s) :], abs=0.021 if bunched else 1e-6)
    assert np.abs(samples.acc_g - acc_g[-len(got_s) :]).max() < 2e-4
    assert samples.gyr_dps is not None
    assert np.abs(samples.gyr_dps - gyr_dps[-len(got_s) :]).max() < 0.5  # the clocks of the phone's sensors differ


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_format_can_be_analysed_as_it_is(tmp_path: Path, name: str) -> None:
    result = analyze(EXAMPLES[name][2](tmp_path), Settings(mode="set"))
    assert sum(s.reps for s in result.sets) == 5
    assert result.remarks[0] == f"read as {EXAMPLES[name][0]}"


def test_without_a_gyroscope(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(examples.zipped(examples.sensor_logger(gyroscope=False)))
    assert read_table(path).table.samples.gyr_dps is None


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path)
    text = str(caught.value)
    assert text.startswith(str(path)) and text.isprintable() and "; " in text
    return text.removeprefix(str(path)).lstrip(",: ")


def one(folder: Path, content: str | bytes | dict[str, str], name: str = "x") -> Path:
    if isinstance(content, dict):
        content = examples.zipped(content)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def without(texts: dict[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name not in names}


def scaled(texts: dict[str, str], name: str, form: tuple[str, str]) -> dict[str, str]:
    return texts | {name: texts[name].replace(*form)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (examples.phyphox(kind="Linear Acceleration"), "it holds no acceleration with gravity"),
        (examples.movella_dot("FreeAcc"), "it holds no acceleration with gravity (Acc_X"),
        (without(examples.sensor_logger(), "TotalAcceleration.csv"), "there is no TotalAcceleration.csv"),
        (without(examples.sensor_logger("ios"), "Gravity.csv"), "nor Accelerometer.csv with Gravity.csv"),
        (without(examples.sensor_logger(), "Metadata.csv"), "Metadata.csv is missing"),
        (examples.sensor_logger()["TotalAcceleration.csv"], "name the zip or the folder"),
        (examples.witmotion_txt().replace("WT(aa:bb)", "WT(cc:dd)", 1), "it holds 2 sensors"),
        (examples.witmotion_txt().replace("T07:48:", "T08:61"), "its times are missing or go back"),
        (examples.witmotion_txt().split("\n", 1)[0], "it holds no samples"),
        (examples.movella_dot().rsplit("\n", 60)[0] + "\n1,2,zero,0,0,0,0,0,0\n", "holds something else than numbers"),
        (examples.movella_dot().replace(",0\n", "\n") + "7,8\n", "a row is short"),
        (examples.witmotion_txt().replace("\t0.1\n", '\t"0.1\n', 1), "a row is short"),
        ("hello", "this is no recording that is known here"),
        (b"", "this is no recording that is known here"),
        (b"\x00\xff\x13" * 5000, "this is no recording that is known here"),
        ({"readme.txt": "hello"}, "this is no recording that is known here"),
    ],
)
def test_what_is_refused_and_why(tmp_path: Path, content: str | bytes | dict[str, str], says: str) -> None:
    assert says in refusal(one(tmp_path, content))


@pytest.mark.parametrize("factor", [1 / 9.80665, 9.80665, 2.0, 0.5])
def test_units_are_checked_against_gravity(tmp_path: Path, factor: float) -> None:
    t_s, acc_g, gyr_dps = movement()
    names = "time\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)"
    lines = examples.rows(acc_g * factor, gyr_dps, separator="\t").split("\n")
    body = "\n".join(f"2026-02-03 07:48:{t:06.3f}\t{line}" for t, line in zip(t_s.tolist(), lines, strict=True))
    assert "g" in refusal(one(tmp_path, f"{names}\n{body}"))


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_of_32_bits_and_a_midnight_are_passed(tmp_path: Path) -> None:
    assert read_table(one(tmp_path, examples.movella_dot(start_us=(1 << 32) - 5_000_000))).table.duration_s == 19.98
    assert "0:0:1" in examples.witmotion_old()
    assert read_table(one(tmp_path, examples.witmotion_old())).table.duration_s == pytest.approx(19.98, abs=0.03)


def test_samples_that_arrived_together_are_laid_out_evenly_and_never_into_a_gap() -> None:
    t_s = spread(np.array([0.0, 0.0, 0.04, 0.04, 0.08, 0.08, 5.0, 5.0]))
    assert t_s == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 5.0, 5.02])


def test_nothing_is_bridged_where_the_gyroscope_has_a_gap() -> None:
    acc = np.column_stack((np.arange(100) / 50, np.zeros((100, 3))))
    gyr = np.column_stack((np.arange(100) / 50 + 0.001, np.arange(100)))
    got = joined(acc, np.delete(gyr, slice(40, 60), axis=0))
    assert not ((got[:, 0] > 0.79) & (got[:, 0] < 1.2)).any()
    assert got[0, 0] == 0.02
    assert got[5, 4] == pytest.approx(5.95)


def test_a_hole_in_an_import_is_a_gap(tmp_path: Path) -> None:
    lines = examples.movella_dot().split("\n")
    del lines[300:400]
    (gap,) = read_table(one(tmp_path, "\n".join(lines))).table.gaps
    assert isinstance(gap, Gap)
    assert gap.end_s - gap.start_s == pytest.approx(2.02)
