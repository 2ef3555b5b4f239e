"""Any bytes in every file that is read: what comes of it is a result, or one line for people that steers no terminal.

Each ``run`` takes one input and each ``seeds`` gives the first ones, small, made of what the program itself writes.
"""

from __future__ import annotations

import atexit
import contextlib
import gzip
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from unittest.mock import patch

import msgspec

from rhomboid import reference_memory, settings_file
from rhomboid.annotation import Annotations
from rhomboid.coach.catalogue import Sheet, merge, read_sheet
from rhomboid.coach.desk_state import Kept
from rhomboid.coach.plan_file import read_plan
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.commands.sensors import decode
from rhomboid.desktop.store import KeptFile
from rhomboid.errors import Fault, RhomboidError
from rhomboid.history.exchange import from_json, to_json
from rhomboid.history.store import History
from rhomboid.imu import Notification
from rhomboid.info import info_of, report
from rhomboid.labels import read_annotations
from rhomboid.link import remembered
from rhomboid.motion.settings import KnownReference
from rhomboid.recording import layout
from rhomboid.recording.importers import read_table
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.shelf import catalogue
from tests.fuzz.drivers import FAMILIES
from tests.recording.hostile import chunk, message, trap
from tests.recording.importers import examples
from tests.sensors.hostile import characteristics, golden

MEMORY = Path("/dev/shm")  # noqa: S108
"""A file on a drive takes longer to open than all that is tried with it."""


@cache
def place() -> Path:
    """A folder of our own, in memory where there is such a place, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=MEMORY if MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """What is refused must be refused in one harmless line."""
    try:
        yield
    except Fault:
        raise
    except RhomboidError as refusal:
        assert str(refusal).isprintable()


def written(name: str, data: bytes) -> Path:
    """A file of ours that holds ``data``."""
    path = place() / name
    path.write_bytes(data)
    return path


# --- recordings -------------------------------------------------------------------------------------------------------

TOPICS = (layout.EVENT_TOPIC, layout.NOTE_TOPIC, layout.REQUEST_TOPIC, layout.LINK_TOPIC, layout.COMMAND_TOPIC)
WHOLE, CHUNK, SAID = range(3)


def recording(data: bytes) -> None:
    """The first byte says whether this is a whole file, what a chunk holds, or what a message says."""
    if not data:
        return
    kind, content = data[0], data[1:]
    if kind == CHUNK:
        content = trap(chunk(content), uuid=STREAM, topics=dict(enumerate(TOPICS, 1)))
    elif kind == SAID:
        packets = message() + b"".join(message(2 + n, 1 + n, content) for n in range(len(TOPICS)))
        content = trap(chunk(packets), uuid=STREAM, topics=dict(enumerate(TOPICS, 1)))
    path = written("a.mcap", content)
    with refusing():
        assert all(line.isprintable() for line in report(info_of(path)).splitlines())
    with refusing():
        opened = Recording.open(path)
        for read in (opened.items, opened.events, opened.event_lines, opened.notes):
            with refusing():
                for _ in read():
                    pass


def recording_seeds() -> list[bytes]:
    path = place() / "seed.mcap"
    with RecordingWriter(path, About(family="rhomboid", started_at="2026-02-03T04:05:06+01:00"), force=True) as writer:
        for i, (uuid, data) in enumerate(golden("rhomboid")[:4]):
            writer.write_notification(Notification(i * 500_000_000, uuid, data))
        writer.write_note("a note", 1_000_000_000)
    whole = path.read_bytes()
    path.unlink()
    said = (
        b'{"event":"gap","at_s":1.0,"start_s":0.5,"end_s":1.0,"reason":"packets_lost"}',
        b'{"text":"a note"}',
        b'{"kind":"set_begins"}',
        b'{"host_ns":1,"state":"lost","reason":"dropped","words":"the link dropped"}',
        b'{"host_ns":1,"kind":"set_count","value":1,"text":""}',
    )
    chunks = [message() + message(2, 1, said[0]), message(data=b"\x11" + bytes(41))]
    return [bytes((WHOLE,)) + whole, *(bytes((CHUNK,)) + c for c in chunks), *(bytes((SAID,)) + s for s in said)]


# --- what other programs write ----------------------------------------------------------------------------------------


def imported(data: bytes) -> None:
    """The first byte says whether this is the file itself, or the texts of a zip: name, zero, text, zero ..."""
    if not data:
        return
    content = data[1:]
    if data[0] == 1:
        parts = content.decode("latin-1").split("\0")
        content = examples.zipped({name or "x": text for name, text in zip(parts[::2], parts[1::2], strict=False)})
    path = written("x", content)
    with refusing():
        read_table(path)


SLOW_HZ = 12.5
"""Near the least that is taken: the shorter an input, the more of them can be tried."""


def imported_seeds() -> list[bytes]:
    with patch.object(examples, "RATE_HZ", SLOW_HZ):
        zips = [examples.sensor_logger(), examples.sensor_logger("ios"), examples.phyphox(), examples.phyphox(";", ",")]
        texts = [examples.movella_dot(), examples.witmotion_old(), examples.witmotion_txt(), examples.witmotion_csv()]
    short = [{name: beginning(text) for name, text in texts.items()} for texts in zips]
    return [
        *(b"\1" + "\0".join(part for named in texts.items() for part in named).encode() for texts in short),
        *(b"\0" + beginning(text).encode() for text in texts),
        b"\0" + examples.zipped(short[0]),
    ]


def beginning(text: str) -> str:
    """Samples enough for a second, in whole lines, whatever stands before them."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: 28 if text.startswith("sep=") else 17])


def csv(data: bytes) -> None:
    """The first byte says whether it is packed."""
    with refusing():
        read_table(written("x.csv.gz" if data[:1] == b"\1" else "x.csv", data[1:]))


def csv_seeds() -> list[bytes]:
    head = b"t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n"
    lines = b"".join(b"%.2f,0.%d,-1e-3,1,,,\n" % (i / SLOW_HZ, i) for i in range(16))
    turned = b"".join(b"%.2f,0.%d,0,1,1,2,3\r\n" % (i / SLOW_HZ, i) for i in range(16))

    return [b"\0" + head + lines, b"\0" + head + turned, b"\1" + gzip.compress(head + turned, mtime=0)]


# --- what people write ------------------------------------------------------------------------------------------------


def toml(data: bytes) -> None:
    """The first byte says what it is: exercises, a plan, the settings."""
    if not data:
        return
    if data[0] % 3 == 2:
        with refusing():
            settings_file.load(written("settings.toml", data[1:]))
        return
    text = data[1:].decode(errors="replace")
    with refusing():
        if data[0] % 3 == 0:
            merge(ours_sheet(), read_sheet("x.toml", text))
        else:
            read_plan("x.toml", text, ours())


ours = cache(catalogue)


@cache
def ours_sheet() -> Sheet:
    return read_sheet("catalogue.toml", (files("rhomboid.coach") / "catalogue.toml").read_text(encoding="utf-8"))


OWN_EXERCISE = """
[exercise.wall-slide]
name = "Wall slide"
position = "standing"
kind = "reps"
seen = "strong"
how = "Slide."
sees = "The trunk."
tempo = { out_s = 1.5, back_s = 1.5 }
cautions = ["Slowly."]
[exercise.wall-slide.prescription]
sets = 2
reps = 10
own = ["sets"]
"""


def toml_seeds() -> list[bytes]:
    coach = files("rhomboid.coach")
    plans = [
        (coach / "plans" / name).read_text(encoding="utf-8") for name in ("desk-breaks.toml", "gentle-in-bed.toml")
    ]
    settings = settings_file.as_toml(settings_file.UserSettings())
    return [
        bytes((n,)) + t.encode()[:8000] for n, texts in enumerate(([OWN_EXERCISE], plans, [settings])) for t in texts
    ]


# --- what the program keeps -------------------------------------------------------------------------------------------


@cache
def history() -> History:
    return History(place() / "history.sqlite3")


def history_import(data: bytes) -> None:
    """What is taken in comes out as it was."""
    with refusing():
        records = from_json(written("history.json", data))
        added = history().add_all(records)
        kept = history().sessions()
        assert len(kept) == added <= len(records)
        to_json(kept)
        history().forget_all()


def history_seeds() -> list[bytes]:
    done = SetRecord(exercise="row", number=1, start_s=1.0, end_s=30.0, reps=8)
    sessions = (
        SessionRecord(started_at="2026-11-20T18:02:00+01:00", ended_because="finished", sets=(done,), note="well"),
        SessionRecord(started_at="2026-11-21T18:02:00+01:00"),
    )
    return [to_json(sessions), to_json(()), json.dumps(json.loads(to_json(sessions))).encode()]


def kept(data: bytes) -> None:
    """The small files: the sensor of last time, its reference, the day at the desk, what is marked in a recording."""
    path = written("a.mcap.labels.json", data)
    with patch.object(remembered, "_path", lambda: path):
        remembered.remembered()
    with patch.object(reference_memory, "_path", lambda: path):
        reference_memory.ReferenceMemory("AA").recall()
    with refusing():
        read_annotations(place() / "a.mcap")
    _, trouble = KeptFile(path).load()
    assert str(trouble).isprintable()


def kept_seeds() -> list[bytes]:
    reference = KnownReference(up=(0.0, 0.0, 1.0), forward=(1.0, 0.0, 0.0), taken="12 Nov 2026, 18:02")
    known = [remembered.Wanted("AA", "rhomboid"), Kept(), Annotations(), {"AA": reference}]
    return [msgspec.json.encode(thing) for thing in known]


# --- what is pasted ---------------------------------------------------------------------------------------------------


def decoded(data: bytes) -> None:
    """``rhomboid decode``: a byte for the family, one for the characteristic, then what somebody pasted."""
    if len(data) < 2:
        return
    family = FAMILIES[data[0] % len(FAMILIES)]
    uuids = characteristics(family)
    texts = data[2:].decode(errors="replace").split(" ")
    for as_json in (False, True):
        with refusing(), contextlib.redirect_stdout(io.StringIO()) as said:
            decode(family, uuids[data[1] % len(uuids)], texts, as_json)
        assert all(line.isprintable() for line in said.getvalue().splitlines())


def decoded_seeds() -> list[bytes]:
    return [
        bytes((FAMILIES.index(family), characteristics(family).index(uuid))) + data.hex().encode()
        for family in FAMILIES
        for uuid, data in golden(family)[:4]
    ]


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "recording": (recording, recording_seeds),
    "imported": (imported, imported_seeds),
    "csv": (csv, csv_seeds),
    "toml": (toml, toml_seeds),
    "history": (history_import, history_seeds),
    "kept": (kept, kept_seeds),
    "decode": (decoded, decoded_seeds),
}
