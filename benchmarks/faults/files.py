"""Faults of files and of bytes: cut anywhere, of another sensor, of the future and of the past."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
from tests.command_line import rhomboid
from tests.history.test_database import of_version
from tests.sensors.hostile import characteristics, stream

from benchmarks.faults.machine import said_of
from benchmarks.faults.program import Outcome, sets_kept
from rhomboid.desktop.store import KeptFile
from rhomboid.errors import DataError, HistoryError
from rhomboid.history.database import SCHEMA, migrations
from rhomboid.history.store import History
from rhomboid.imu import Notification
from rhomboid.recording import layout
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import profiles
from rhomboid.settings_file import as_toml, load

RECORDINGS = Path(__file__).parents[2] / "recordings"
ROWS = RECORDINGS / "rows.mcap"
FAMILIES = [profile.family for profile in profiles()]


def truncated(folder: Path, luck: random.Random) -> Outcome:
    """The loss is that from the last packet left to the end of the part (of 0.8 s) that was cut."""
    content, whole = ROWS.read_bytes(), Recording.open(ROWS)
    path = folder / "cut.mcap"
    path.write_bytes(content[: luck.randrange(len(content))])
    for command in ("info", "analyze"):
        done = rhomboid(command, path)
        assert done.returncode in (0, 1) and "Traceback" not in done.stderr  # noqa: S101
    said = said_of(path)
    if "recording" not in said:  # nothing of it could be read
        return Outcome(said, lost_s=0.0)
    kept = Recording.open(path)
    packets = list(kept.notifications())
    assert packets == list(whole.notifications())[: len(packets)]  # noqa: S101
    parts = [[i.host_ns for i in part if isinstance(i, Notification)] for part in whole.parts]
    cut = parts[len(kept.parts)] if len(kept.parts) < len(parts) else []
    last_ns = packets[-1].host_ns if packets else parts[0][0]
    return Outcome(said, lost_s=(cut[-1] - last_ns) / 1e9 if cut else 0.0)


def foreign(folder: Path, luck: random.Random) -> Outcome:
    """A recording of one family that holds the packets of another, on the first one's characteristics."""
    family, other = luck.sample(FAMILIES, 2)
    path = folder / "foreign.mcap"
    with RecordingWriter(path, About(family=family, started_at="")) as writer:
        for i, (_, data) in enumerate(stream(other) * 4):
            writer.write_notification(Notification(i * 20_000_000, luck.choice(characteristics(family)), data))
    info, analyzed = rhomboid("info", path), rhomboid("analyze", path)
    assert info.returncode == 0 and analyzed.returncode in (0, 1), info.stderr + analyzed.stderr  # noqa: S101
    if analyzed.returncode:
        return Outcome(analyzed.stderr.strip().split(": ", 2)[-1])
    (malformed,) = [line.strip() for line in info.stdout.splitlines() if "malformed" in line] or ["samples"]
    return Outcome("bad packets are counted" if malformed != "samples" else "gaps, as far as they look like samples")


def future_database(folder: Path, _: random.Random) -> Outcome:
    path = folder / "history.sqlite3"
    with History(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    try:
        History(path)
    except HistoryError as refusal:
        assert path.read_bytes() == before  # noqa: S101
        return Outcome(f"{refusal.what}; {refusal.do}")
    raise AssertionError("it was opened")


def past_database(folder: Path, luck: random.Random) -> Outcome:
    path, version = folder / "history.sqlite3", luck.randrange(1, len(migrations(SCHEMA)))
    of_version(path, version)
    sets = sets_kept(path)
    assert path.with_name(f"{path.name}.v{version}.backup").exists()  # noqa: S101
    return Outcome("nothing; a backup of the old form lies beside it", sets_lost=1 - sets)


def future_settings(folder: Path, _: random.Random) -> Outcome:
    path = folder / "settings.toml"
    path.write_text("version = 2\n[posture]\nthreshold = 3\n")
    try:
        load(path)
    except DataError as refusal:
        return Outcome(f"{refusal.what}; {refusal.do}")
    raise AssertionError("it was taken")


def past_settings(folder: Path, luck: random.Random) -> Outcome:
    """As a version wrote them that knew fewer settings."""
    path = folder / "settings.toml"
    lines = as_toml(load(path)).splitlines()
    path.write_text("\n".join(line for line in lines if " = " not in line or luck.random() < 0.5))
    load(path)
    return Outcome("nothing; what is not there is as it comes")


def kept_of_another_version(folder: Path, _: random.Random) -> Outcome:
    path = folder / "desk.json"
    kept, _words = KeptFile(path).load()
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept, version=99)))
    _kept, words = KeptFile(path).load()
    assert path.with_suffix(".unread.json").exists()  # noqa: S101
    return Outcome(words.replace(f"{folder}/", ""))


def future_recording(folder: Path, _: random.Random) -> Outcome:
    """Its settings and an event are of a version that is to come: its packets are what counts."""
    path = folder / "future.mcap"
    about = About(family="rhomboid", started_at="", software_version="9.0", settings='{"mode":"swim"}')
    with RecordingWriter(path, about) as writer:
        for packet in list(Recording.open(ROWS).notifications())[:400]:
            writer.write_notification(packet)
        channel = writer._open(layout.EVENT_TOPIC, layout.EVENT)
        writer._write(channel, packet.host_ns, b'{"event":"somersault","at_s":1.0}')
    done = rhomboid("analyze", path)
    assert done.returncode == 0, done.stderr  # noqa: S101
    verified = rhomboid("replay", path, "--verify")
    assert verified.returncode in (0, 1) and "Traceback" not in verified.stderr  # noqa: S101
    return Outcome(verified.stdout.splitlines()[0] if verified.stdout else verified.stderr.strip().split(": ", 2)[-1])
