"""What an archive claims is never believed: names do not escape, unpacking is bounded, damage is one clear line."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhomboid.errors import DataError
from rhomboid.recording.importers import bundle, read_table
from tests.conftest import tries

from . import examples


def write(folder: Path, content: bytes) -> Path:
    path = folder / "x.zip"
    path.write_bytes(content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["../../Gyroscope.csv", "/etc/Gyroscope.csv", "..\\..\\Gyroscope.csv", "C:\\Gyroscope.csv"]
)
def test_names_in_an_archive_are_no_paths(tmp_path: Path, name: str) -> None:
    texts = examples.sensor_logger()
    texts[name] = texts.pop("Gyroscope.csv")
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    assert read_table(write(folder, examples.zipped(texts))).table.samples.gyr_dps is not None
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [folder / "x.zip"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    head = examples.sensor_logger()["TotalAcceleration.csv"].encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Metadata.csv", examples.sensor_logger()["Metadata.csv"])
        with archive.open("TotalAcceleration.csv", "w") as file:
            file.write(head)
            for _ in range(300):
                file.write(bytes(1 << 20))
    assert len(content.getvalue()) < 1 << 20
    tracemalloc.start()
    try:
        assert "more than 128 MB of text" in refused(write(tmp_path, content.getvalue()))
        assert tracemalloc.get_traced_memory()[1] < 400 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_cannot_be_bounded_are_refused(tmp_path: Path, way: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", way) as archive:
        archive.writestr("TotalAcceleration.csv", bytes(1 << 20))
    assert "no phone packs" in refused(write(tmp_path, content.getvalue()))


def test_more_files_than_any_recording(tmp_path: Path) -> None:
    assert "it holds 201 files" in refused(write(tmp_path, examples.zipped({f"{i}.csv": "" for i in range(201)})))
    crowded = examples.zipped({f"{i}.csv": "" for i in range(25_000)})
    assert "more files than any recording" in refused(write(tmp_path, crowded))


def test_two_files_of_the_same_name(tmp_path: Path) -> None:
    texts = examples.sensor_logger()
    texts["again/gyroscope.csv"] = texts["Gyroscope.csv"]
    assert "two files called gyroscope.csv" in refused(write(tmp_path, examples.zipped(texts)))


def test_a_size_that_lies_is_found_out(tmp_path: Path) -> None:
    content = bytearray(examples.zipped(examples.phyphox()))
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, at + 24, 1 << 31)
    try:
        read_table(write(tmp_path, bytes(content)))
    except DataError as error:
        assert str(error).isprintable()


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    folder.mkdir()
    for name, text in examples.sensor_logger().items():
        (tmp_path / name).write_text(text)
        (folder / name).symlink_to(tmp_path / name)
    assert "no recording that is known" in refused(folder)


def test_an_archive_with_a_password_or_cut_short(tmp_path: Path) -> None:
    content = examples.zipped(examples.phyphox())
    locked = bytearray(content)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = -1
        while (position := locked.find(signature, position + 1)) >= 0:
            locked[position + at] |= 1
    assert "locked with a password" in refused(write(tmp_path, bytes(locked)))
    assert "the zip is damaged" in refused(write(tmp_path, content[:-30]))


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_mangling_gives_samples_or_a_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(MANGLED)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(
            st.one_of(st.binary(max_size=20), st.text('0123456789.,;\t-e\nnaN"', max_size=20).map(str.encode))
        )
    try:
        read_table(write(tmp_path, bytes(content)))
    except DataError as error:
        assert str(error).isprintable()


MANGLED = [
    examples.zipped(examples.phyphox()),
    examples.zipped(examples.sensor_logger()),
    examples.movella_dot().encode(),
    examples.witmotion_txt().encode(),
    examples.witmotion_csv().encode("latin-1"),
]


def test_the_head_is_all_that_is_read_to_tell_the_format(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("hello\n" * 100_000)
    assert len(bundle.open_bundle(path).head("x")) == bundle.HEAD_BYTES
