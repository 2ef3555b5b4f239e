"""A table of samples is read exactly and as a whole, or refused in one line that says where and why."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhomboid.errors import DataError, UsageError
from rhomboid.imu import Gap, ImuBlock, StreamItem
from rhomboid.recording import csv_form
from rhomboid.recording.csv_form import read_csv, write_csv
from rhomboid.recording.sample_table import SampleTable
from tests.conftest import tries

ACC_HEADER = "t_s,ax_g,ay_g,az_g"
HEADER = ACC_HEADER + ",gx_dps,gy_dps,gz_dps"


def rows(count: int = 100, rate_hz: float = 50.0, blank: bool = False) -> list[str]:
    tail = ",," if blank else "1.5,-2.25,0.5"
    return [f"{i / rate_hz:.9g},0.{i % 7}1,-0.02,1.0{i % 3},{tail}" for i in range(count)]


def table(lines: list[str], header: str = HEADER, end: str = "\n") -> bytes:
    return end.join([header, *lines, ""]).encode()


def read(folder: Path, content: bytes, name: str = "x.csv") -> SampleTable:
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return read_csv(path)


def refusal(folder: Path, content: bytes, name: str = "x.csv") -> str:
    """The one line with which ``content`` is refused, without the name of the folder."""
    with pytest.raises(DataError) as caught:
        read(folder, content, name)
    text = str(caught.value)
    assert text.startswith(str(folder / name)) and text.isprintable() and len(text) < len(str(folder)) + 300
    assert caught.value.exit_status == 1
    return text.removeprefix(str(folder / name)).lstrip(", :")


# --- what is read ---------------------------------------------------------------------------------------------------


def test_a_plain_table(tmp_path: Path) -> None:
    recording = read(tmp_path, table(rows(101)))
    samples = recording.samples
    assert samples.gyr_dps is not None
    assert samples.t_s.shape == (101,) and samples.t_s[1] == 0.02
    assert samples.acc_g[8].tolist() == [0.11, -0.02, 1.02]
    assert samples.gyr_dps[8].tolist() == [1.5, -2.25, 0.5]
    assert recording.duration_s == 2.0
    assert recording.sampling_rate_hz == pytest.approx(50.0)
    assert recording.gaps == ()
    assert [len(item) for item in recording.items() if isinstance(item, ImuBlock)] == [101]


@pytest.mark.parametrize(
    "content",
    [
        table(rows(), end="\r\n"),
        table(rows()).removesuffix(b"\n"),
        table(rows()) + b"\r\n\n\n",
        b"\xef\xbb\xbf" + table(rows()),
        table([line.replace(",", " , ") for line in rows()], HEADER.replace(",", ", ")),
        table([f"{line},réponse" for line in rows()], HEADER + ",remark"),
        gzip.compress(table(rows())),
    ],
    ids=["crlf", "no end of line", "empty lines at the end", "byte order mark", "spaces", "more columns", "packed"],
)
def test_spellings_of_the_same_table(tmp_path: Path, content: bytes) -> None:
    expected, recording = read(tmp_path, table(rows())), read(tmp_path, content)
    assert recording.samples.t_s.tolist() == expected.samples.t_s.tolist()
    assert recording.samples.acc_g.tolist() == expected.samples.acc_g.tolist()


def test_columns_in_another_order(tmp_path: Path) -> None:
    turned = [",".join(reversed(line.split(","))) for line in rows()]
    recording = read(tmp_path, table(turned, ",".join(reversed(HEADER.split(",")))))
    assert recording.samples.acc_g.tolist() == read(tmp_path, table(rows())).samples.acc_g.tolist()


@pytest.mark.parametrize(
    "content",
    [table(rows(blank=True)), table([line.rsplit(",", 3)[0] for line in rows()], ACC_HEADER)],
    ids=["blank", "absent"],
)
def test_without_a_gyroscope(tmp_path: Path, content: bytes) -> None:
    recording = read(tmp_path, content)
    assert recording.samples.gyr_dps is None
    assert recording.samples.acc_g.shape == (100, 3)


def test_holes_in_time_are_gaps(tmp_path: Path) -> None:
    lines = rows(300)
    del lines[100:103], lines[200:260]  # 80 ms is still no gap, 1.22 s is
    recording = read(tmp_path, table(lines))
    assert recording.gaps == (Gap(4.04, 5.26),)
    items = list(recording.items())
    assert [type(item) for item in items] == [ImuBlock, Gap, ImuBlock]
    first, _, last = items
    assert isinstance(first, ImuBlock) and isinstance(last, ImuBlock)
    assert (first.t_s[-1], last.t_s[0]) == (4.04, 5.26)
    assert len(first) + len(last) == len(lines)
    assert recording.sampling_rate_hz == pytest.approx(50, rel=0.02)


@pytest.mark.parametrize(
    ("rate_hz", "missing", "is_gap"), [(50, 4, False), (50, 5, True), (25, 2, False), (25, 3, True)]
)
def test_a_gap_is_longer_than_three_steps_and_a_tenth_of_a_second(
    tmp_path: Path, rate_hz: float, missing: int, is_gap: bool
) -> None:
    lines = rows(100, rate_hz)
    del lines[40 : 40 + missing]
    assert bool(read(tmp_path, table(lines)).gaps) == is_gap


@pytest.mark.parametrize("step_s", [0.1, 0.10000005])
def test_ten_hertz_is_enough_and_its_steps_are_no_gaps(tmp_path: Path, step_s: float) -> None:
    recording = read(tmp_path, table(rows(100, rate_hz=1 / step_s)))
    assert recording.gaps == ()
    assert recording.sampling_rate_hz == pytest.approx(10.0)


@pytest.mark.parametrize("size", [100, 137, 1000])
@pytest.mark.parametrize("packed", [False, True])
def test_the_pieces_in_which_it_is_read_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, packed: bool
) -> None:
    content = table(rows(500), end="\r\n") + b"\n\n"
    whole = read(tmp_path, content)
    wrong = content.replace(b"\n6.66,", b"\n6.66,x")
    fault = refusal(tmp_path, wrong)
    monkeypatch.setattr(csv_form, "PIECE_BYTES", size)
    pieces = read(tmp_path, gzip.compress(content) if packed else content)
    assert pieces.samples.t_s.tolist() == whole.samples.t_s.tolist()
    assert pieces.samples.acc_g.tolist() == whole.samples.acc_g.tolist()
    assert refusal(tmp_path, wrong) == fault
    assert fault.startswith("line 335: ax_g is 'x0.41', which is no number")


# --- what is refused ------------------------------------------------------------------------------------------------


def changed(at: int, line: str) -> bytes:
    """A good table, but for its line ``at`` (the header is line 1)."""
    lines = rows()
    lines[at - 2] = line
    return table(lines)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (table([]), "it holds no samples"),
        (b"\x00\xff\x13" * 5000, "there is no column t_s"),
        (table(rows()).decode().encode("utf-16"), "there is no column t_s"),
        (table(rows()).replace(b",", b";"), "there is no column t_s"),
        (table(rows(), HEADER.replace("ay_g", "ay")), "there is no column ay_g"),
        (table(rows(), HEADER.replace("gz_dps", "z")), "there is no column gz_dps"),
        (table(rows(), HEADER.replace("gz_dps", "t_s").replace("gx_dps,gy_dps", "a,b")), "a column is there twice"),
        (changed(7, "0.1,0.1,0.2,1,0,zero,0"), "line 7: gy_dps is 'zero', which is no number"),
        (changed(7, "0.1,0.1,\x1b[2J,1,0,0,0"), "line 7: ay_g is '\\x1b[2J', which is no number"),
        (changed(7, "0.1,0.1,,1,0,0,0"), "line 7: ay_g is empty"),
        (changed(7, "0.1,0.1,0.2,1,,,"), "line 7: gx_dps is empty"),
        (changed(7, "0.1,0.1,0.2,1"), "line 7: 4 fields where the first line names 7"),
        (changed(7, "0,1,0,1,0,2,1,0,0,0"), "line 7: 10 fields where the first line names 7"),
        (changed(7, ""), "line 7: 1 fields"),
        (changed(101, "1.98,1_0,0,1,0,0,0"), "which is no number"),
        (changed(9, "0.14,nan,0,1,0,0,0"), "line 9: a value is infinite or not a number"),
        (changed(9, "inf,0,0,1,0,0,0"), "line 9: a value is infinite or not a number"),
        (changed(9, "0.14,1e999,0,1,0,0,0"), "line 9: a value is infinite or not a number"),
        (changed(9, "1e300,0,0,1,0,0,0"), "line 9: the time is out of all bounds"),
        (changed(9, "0.12,0,0,1,0,0,0"), "line 9: the time is the same as in the line before"),
        (changed(9, "0.1,0,0,1,0,0,0"), "line 9: the time is earlier than in the line before"),
        (changed(9, "0.14,1e300,0,1,0,0,0"), "line 9: no sensor measures such an acceleration"),
        (changed(9, "0.14,0,0,1,0,-1e9,0"), "line 9: no sensor measures such an angular velocity"),
        (table(rows(blank=True)).replace(b",,,\n", b",,,\n", 1).replace(b"0.2,0.31,-0.02,1.01,,,", b"0.2,0,0,1,0,0,0"),
         "line 12: gx_dps has a value although it has none in line 2"),
        (table(rows(1)), "it holds a single sample"),
        (table(rows(30)), "it holds only 0.58 s of samples"),
        (table(rows(100, rate_hz=5.0)), "its sampling rate is 5 Hz"),
        (table(rows(100, rate_hz=0.05)), "it holds nothing but gaps"),
        (table([f"{i / 50},0,0,1,0,0,0" for i in range(100)]), "all samples are the same"),
        (table([f"{i / 50},0.{i % 9},0,9.7,0,0,0" for i in range(100)]), "the acceleration is about 9.7"),
        (table([f"{i / 50},0,0,0.00{i % 9},0,0,0" for i in range(100)]), "the acceleration is about 0.004"),
        (table([f"{i / 50},1e200,0,{i},0,0,0" for i in range(100)]), "the acceleration is about"),
        (gzip.compress(table(rows()))[:-9], "it is cut or damaged"),
        (gzip.compress(table(rows()))[:200], "it is cut or damaged"),
        (gzip.compress(table(rows())) + b"more", "it is cut or damaged"),
        (b"\x1f\x8b" + bytes(100), "it is cut or damaged"),
        (b"x" * (9 << 20), "no table of samples, or one too large"),
        (gzip.compress(table(rows()) + b"\n" * (64 << 20)), "no table of samples, or one too large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, content)


def test_more_samples_than_anyone_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_form, "MAX_SAMPLES", 99)
    assert "more than 99 samples" in refusal(tmp_path, table(rows(100)))


def test_places_where_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(DataError, match="a folder"):
        read_csv(tmp_path)


@settings(max_examples=tries(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_mangling_gives_a_table_or_a_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    packed = data.draw(st.booleans())
    content = bytearray(gzip.compress(table(rows()), mtime=0) if packed else table(rows()))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 60, len(content))))
        content[start:end] = data.draw(
            st.one_of(st.binary(max_size=20), st.text("0123456789.,-e\nnaif", max_size=20).map(str.encode))
        )
    try:
        recording = read(tmp_path, bytes(content))
    except DataError as error:
        assert str(error).isprintable()
    else:
        assert np.isfinite(recording.samples.acc_g).all()
        assert (np.diff(recording.samples.t_s) > 0).all()


# --- there and back -------------------------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> list[StreamItem]:
    """One to three blocks with gaps between, of numbers with all their digits."""
    gyroscope = draw(st.booleans())
    number = np.random.default_rng(draw(st.integers(0, 2**32)))
    rate_hz = draw(st.sampled_from([25.0, 52.083, 104.0, 208.0]))
    items: list[StreamItem] = []
    start_s = draw(st.floats(-1e3, 1.8e9))
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(int(1.2 * rate_hz), int(3 * rate_hz)))
        t_s = start_s + np.arange(n) / rate_hz
        if items:
            last = items[-1]
            assert isinstance(last, ImuBlock)
            items.append(Gap(float(last.t_s[-1]), float(t_s[0])))
        acc_g = number.normal([0, 0, 1], 0.1, (n, 3))
        items.append(ImuBlock(t_s, acc_g, number.normal(0, 50, (n, 3)) if gyroscope else None))
        start_s = float(t_s[-1]) + draw(st.floats(0.5, 100))
    return items


@settings(max_examples=tries(40), deadline=None)
@given(streams(), st.sampled_from(["x.csv", "x.csv.gz"]))
def test_what_is_written_is_read_back_exactly(items: list[StreamItem], name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_csv(path, items)
        assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
        read_items = list(read_csv(path).items())
    assert len(read_items) == len(items)
    for got, put in zip(read_items, items, strict=True):
        if isinstance(put, Gap):
            assert got == put
        else:
            assert isinstance(got, ImuBlock)
            assert np.array_equal(got.t_s, put.t_s) and np.array_equal(got.acc_g, put.acc_g)
            assert (got.gyr_dps is None) == (put.gyr_dps is None)
            assert put.gyr_dps is None or np.array_equal(got.gyr_dps, put.gyr_dps)


def block(count: int = 100, gyroscope: bool = False) -> ImuBlock:
    acc_g = np.tile([0.0, 0.0, 1.0], (count, 1))
    return ImuBlock(np.arange(count) / 50, acc_g, acc_g if gyroscope else None)


def test_what_exists_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        write_csv(path, [block()])
    assert path.read_text() == "precious"
    write_csv(path, [block()], force=True)
    assert path.read_text().startswith(ACC_HEADER + "\n0.0,0.0,0.0,1.0\n")


def test_samples_with_and_without_gyroscope_do_not_go_into_one_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only some of the samples"):
        write_csv(tmp_path / "x.csv", [block(), block(gyroscope=True)])
    assert not (tmp_path / "x.csv").exists()


def test_an_interrupted_export_leaves_no_part_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "column_stack", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_csv(tmp_path / "x.csv", [block()])
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_a_full_disk_leaves_no_part_of_a_table(tmp_path: Path, name: str) -> None:
    import resource

    noise = np.random.default_rng(1).normal(size=(5000, 3))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(DataError, match="cannot be written"):
            write_csv(tmp_path / name, [ImuBlock(np.arange(5000) / 50, noise)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / name).exists()
