"""What is exported is what was recorded, in the other tool's own terms."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from mcap.reader import make_reader

from rhomboid.errors import DataError, UsageError
from rhomboid.events import Event, GapMarked, SlouchStarted, decode
from rhomboid.export import export_csv, export_decoded_mcap, export_events, export_parquet
from rhomboid.imu import Gap, ImuBlock
from rhomboid.interpreter import Interpreter, decoded
from rhomboid.library import open_file
from rhomboid.motion.pipeline import Pipeline
from rhomboid.recording.importers import read_table
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter

from .bowing import HEAD, bows
from .recording.hostile import chunk, message, trap

RECORDINGS = Path(__file__).parent.parent / "recordings"
ROWS, DESK = RECORDINGS / "rows.mcap", RECORDINGS / "desk.mcap"


def samples_of(path: Path) -> ImuBlock:
    opened = open_file(path)
    blocks = [item for item in decoded(opened.items, opened.driver) if isinstance(item, ImuBlock)]
    return ImuBlock(
        np.concatenate([b.t_s for b in blocks]),
        np.concatenate([b.acc_g for b in blocks]),
        np.concatenate([b.gyr_dps for b in blocks if b.gyr_dps is not None]),
    )


def found_in(path: Path) -> list[Event]:
    opened = open_file(path)
    interpreter = Interpreter(Pipeline(), opened.driver)
    return interpreter.feed(opened.items) + interpreter.finish()


def same(one: ImuBlock, other: ImuBlock) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ImuBlock.__struct_fields__)


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_a_csv_is_imported_again_to_the_last_digit(tmp_path: Path, name: str) -> None:
    export_csv(ROWS, tmp_path / name, force=False)
    assert same(read_table(tmp_path / name).table.samples, samples_of(ROWS))
    export_csv(tmp_path / name, tmp_path / ("again" + name), force=False)
    assert (tmp_path / ("again" + name)).read_bytes() == (tmp_path / name).read_bytes()


def test_a_csv_holds_its_header_and_numbers_and_nothing_a_spreadsheet_could_run(tmp_path: Path) -> None:
    hostile = tmp_path / "=cmd|calc.csv"
    hostile.write_text("\n".join([f"{HEAD},=HYPERLINK(1)", *(f"{row},=1+1" for row in bows())]))
    export_csv(hostile, tmp_path / "x.csv", force=False)
    with (tmp_path / "x.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == HEAD.split(",")
    assert all(float(cell) < 1e3 for row in rows for cell in row)


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    export_parquet(ROWS, tmp_path / "x.parquet", force=False)
    table, samples = pq.read_table(tmp_path / "x.parquet"), samples_of(ROWS)
    assert table.column_names == HEAD.split(",")
    assert np.array_equal(table["t_s"].to_numpy(), samples.t_s)
    assert samples.gyr_dps is not None
    assert np.array_equal(table["gz_dps"].to_numpy(), samples.gyr_dps[:, 2])


def test_parquet_without_its_library_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"rhomboid\[parquet\]"):
        export_parquet(ROWS, tmp_path / "x.parquet", force=False)
    assert not (tmp_path / "x.parquet").exists()


def test_events_are_those_of_the_recording_or_else_those_found_now(tmp_path: Path) -> None:
    export_events(ROWS, tmp_path / "x.jsonl", force=False)
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines()
    assert [decode(line) for line in lines] == [event for _, event in Recording.open(ROWS).events()]

    (tmp_path / "x.csv").write_text("\n".join([HEAD, *bows()]))
    export_events(tmp_path / "x.csv", tmp_path / "y.jsonl", force=False)
    lines = (tmp_path / "y.jsonl").read_bytes().splitlines()
    assert [decode(line) for line in lines] == found_in(tmp_path / "x.csv") != []


def beginning(path: Path, seconds: float, target: Path) -> Path:
    """A recording as if it had been ended after so long."""
    whole = Recording.open(path)
    packets = list(whole.notifications())
    with RecordingWriter(target, whole.about) as writer:
        for packet in packets:
            if packet.host_ns - packets[0].host_ns < seconds * 1e9:
                writer.write_notification(packet)
    return target


def test_the_decoded_mcap_is_read_by_the_library_of_the_format(tmp_path: Path) -> None:
    desk = beginning(DESK, 330.0, tmp_path / "desk.mcap")
    export_decoded_mcap(desk, tmp_path / "x.mcap", force=False)
    with (tmp_path / "x.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        schemas = {c.topic: summary.schemas[c.schema_id] for c in summary.channels.values()}
        found = [
            (c.topic, m.log_time, msgspec.json.decode(m.data)) for _, c, m in reader.iter_messages(log_time_order=False)
        ]
    assert {topic: (s.name, s.encoding) for topic, s in schemas.items()} == {
        "/acceleration_g": ("foxglove.Vector3", "jsonschema"),
        "/angular_velocity_dps": ("foxglove.Vector3", "jsonschema"),
        "/trunk": ("rhomboid.TrunkAngles", "jsonschema"),
        "/event": ("rhomboid.Event", "jsonschema"),
    }
    assert set(json.loads(schemas["/acceleration_g"].data)["properties"]) == {"x", "y", "z"}

    samples = samples_of(desk)
    acc = [(at_ns, m) for topic, at_ns, m in found if topic == "/acceleration_g"]
    assert [[m["x"], m["y"], m["z"]] for _, m in acc] == samples.acc_g.tolist()
    started_s = datetime.fromisoformat(Recording.open(desk).about.started_at).timestamp()
    assert acc[0][0] == round(started_s * 1e9)
    assert acc[-1][0] - acc[0][0] == pytest.approx((samples.t_s[-1] - samples.t_s[0]) * 1e9, abs=1e3)

    alerts = [e for e in found_in(desk) if isinstance(e, SlouchStarted)]
    slouch = alerts[0]
    trunk = {(at_ns - acc[0][0]) / 1e9: m for topic, at_ns, m in found if topic == "/trunk"}
    nearest_s = min(trunk, key=lambda t: abs(t - slouch.at_s))
    assert trunk[nearest_s]["tilt_deg"] == pytest.approx(slouch.tilt_deg, abs=5.0)
    told = [m for topic, _, m in found if topic == "/event"]
    assert [m["at_s"] for m in told if m["event"] == "slouch_started"] == [e.at_s for e in alerts]


def test_a_packet_log_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "renamed.csv").write_bytes(ROWS.read_bytes())
    export_csv(tmp_path / "renamed.csv", tmp_path / "x.csv", force=False)
    assert same(read_table(tmp_path / "x.csv").table.samples, samples_of(ROWS))


def test_gaps_are_told_in_the_decoded_mcap_and_it_is_no_recording_of_ours(tmp_path: Path) -> None:
    lines = bows()
    del lines[300:500]
    (tmp_path / "x.csv").write_text("\n".join([HEAD, *lines]))
    assert any(isinstance(item, Gap) for item in open_file(tmp_path / "x.csv").items)
    export_decoded_mcap(tmp_path / "x.csv", tmp_path / "x.mcap", force=False)
    with (tmp_path / "x.mcap").open("rb") as file:
        events = [decode(m.data) for _, _, m in make_reader(file).iter_messages(topics=["/event"])]
    assert any(isinstance(event, GapMarked) for event in events)
    with pytest.raises(DataError, match="of another kind"):
        open_file(tmp_path / "x.mcap")


@pytest.mark.parametrize("export", [export_csv, export_parquet, export_events, export_decoded_mcap])
def test_nothing_is_overwritten_unless_forced(tmp_path: Path, export: object) -> None:
    assert callable(export)
    if export is export_parquet:
        pytest.importorskip("pyarrow")
    target = tmp_path / "precious"
    target.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        export(ROWS, target, force=False)
    assert target.read_text() == "precious"
    export(ROWS, target, force=True)
    assert target.stat().st_size > 1000


def test_settings_that_nobody_can_read_are_left_out(tmp_path: Path) -> None:
    """Brackets without end were a fault of the program."""
    path = tmp_path / "nested.mcap"
    path.write_bytes(trap(chunk(message()), about={"settings": "[" * 100_000}))
    export_events(path, tmp_path / "events.jsonl", force=False)
    assert (tmp_path / "events.jsonl").exists()
