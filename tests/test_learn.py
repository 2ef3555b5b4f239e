"""``rhomboid learn`` and ``accuracy --mine`` as their user meets them: recorded sessions, corrected afterwards."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import platformdirs
import pytest

from rhomboid import learnt_file, lessons
from rhomboid.coach.learning import STEP, Change, Count, Learnt, Watched
from rhomboid.coach.record import SessionRecord, SetRecord, UserCorrection
from rhomboid.events import SetClosed
from rhomboid.history.store import History
from rhomboid.imu import Notification, Request
from rhomboid.interpreter import Interpreter
from rhomboid.motion.pipeline import Pipeline
from rhomboid.motion.settings import OwnExercise, Settings
from rhomboid.recording.layout import About
from rhomboid.recording.reader import Recording
from rhomboid.recording.writer import RecordingWriter
from rhomboid.sensors import driver_for
from rhomboid.simulation.sensor import SimulatedSensor

from .command_line import rhomboid

pytestmark = pytest.mark.xdist_group("learn")  # recorded once
ROW = "one-arm-row"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")
    monkeypatch.setenv("RHOMBOID_HISTORY", str(tmp_path / "history.sqlite3"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SetRecord]:
    """A set of rows that was told of, recorded, and what the sensor made of it."""
    path = tmp_path_factory.mktemp("recorded") / "rows.mcap"
    sensor = SimulatedSensor("rows", 3)
    done = sensor.truth.sets[0]
    settings = Settings(mode="free")
    about = About(family="rhomboid", started_at="", settings=msgspec.json.encode(settings).decode())
    interpreter = Interpreter(Pipeline(settings), driver_for("rhomboid"))
    items: list[Notification | Request] = list(sensor.notifications())
    for kind, at_s in (("set_ends", done.end_s + 1.5), ("set_begins", done.start_s - 1.5)):
        place = next(i for i, x in enumerate(items) if x.host_ns >= at_s * 1e9)
        items.insert(place, Request(items[place].host_ns, kind, ROW if kind == "set_begins" else ""))  # type: ignore[arg-type]
    with RecordingWriter(path, about) as writer:
        for item in items:
            (writer.write_request if isinstance(item, Request) else writer.write_notification)(item)  # type: ignore[operator]
    events = [*interpreter.feed(items), *interpreter.finish()]
    closed = next(x for x in events if isinstance(x, SetClosed) and x.start_s > done.start_s - 3.0)
    return path, SetRecord(
        exercise=ROW, number=1, start_s=done.start_s, end_s=done.end_s, reps=closed.reps, sensor_reps=closed.reps,
        live_reps=closed.live_reps, movements=closed.movements,
    )  # fmt: skip


def trained(path: Path | None, done: SetRecord, days: int, off: int) -> None:
    """So many sessions, every set of which had ``off`` more than were counted."""
    said = UserCorrection(at_s=done.end_s, kind="count", amount=off)
    with History() as history:
        for day in range(1, days + 1):
            digest = None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()
            record = SessionRecord(
                started_at=f"2026-11-{day:02d}T18:00:00+01:00",
                sets=(msgspec.structs.replace(done, reps=done.reps + off, corrections=(said,)),),
                recording=None if path is None else str(path),
                recording_sha256=digest,
                ended_because="finished",
            )
            history.start_session(record)


def wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A core that a step up counts one more with."""

    def told(sessions: object, exercise: str, eagernesses: list[float], progress: object = None) -> list[Watched]:
        again = {e: Count(9 + (e > 0), 9 + (e > 0)) for e in eagernesses}
        return [
            Watched(started_at=f"2026-11-0{day}T18:00:00+01:00", number=1, said=10, corrected=True,
                    counted=Count(9, 9), again=again)
            for day in (1, 2, 3)
        ]  # fmt: skip

    monkeypatch.setattr(lessons, "told_sets", told)


def test_where_nothing_was_corrected_there_is_nothing_to_learn() -> None:
    assert rhomboid("learn").stdout == "Nothing was corrected yet, so nothing is learnt.\n"
    assert "Nothing was corrected yet" in rhomboid("accuracy", "--mine").stdout


def test_a_set_counts_again_from_its_recording_as_it_was_counted(recorded: tuple[Path, SetRecord]) -> None:
    path, done = recorded
    trained(path, done, 1, 1)
    with History() as history:
        (found,) = lessons.told_sets(history.sessions(), ROW, (0.0,))
    assert (found.said, found.corrected) == (done.reps + 1, True)
    assert found.counted == found.again[0.0] == Count(done.live_reps or 0, done.reps)


def test_a_recording_that_is_gone_or_another_one_tells_nothing(
    recorded: tuple[Path, SetRecord], tmp_path: Path
) -> None:
    path, done = recorded
    copy = tmp_path / "copy.mcap"
    copy.write_bytes(path.read_bytes())
    trained(copy, done, 1, 1)
    copy.write_bytes(path.read_bytes() + b"more")
    with History() as history:
        (other,) = lessons.told_sets(history.sessions(), ROW, (0.0,))
    copy.unlink()
    with History() as history:
        (gone,) = lessons.told_sets(history.sessions(), ROW, (0.0,))
    assert other.again == gone.again == {}


def test_a_set_of_another_part_of_the_session_is_not_sought_in_this_recording(
    recorded: tuple[Path, SetRecord],
) -> None:
    path, done = recorded
    later = [msgspec.structs.replace(m, peak_s=m.peak_s + 500.0) for m in done.movements]
    trained(path, msgspec.structs.replace(done, movements=tuple(later)), 1, 1)
    with History() as history:
        (found,) = lessons.told_sets(history.sessions(), ROW, (0.0,))
    assert found.again == {}


def test_it_shows_applies_and_takes_back_exactly(
    recorded: tuple[Path, SetRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(recorded[0], recorded[1], 3, 1)
    wants_more(monkeypatch)
    shown = rhomboid("learn")
    assert shown.returncode == 0, shown.stderr
    assert "It could be counted more readily (+0.50): over 3 sets 0 repetitions off instead of 3" in shown.stdout
    assert "rhomboid learn one-arm-row --apply does that." in shown.stdout
    assert not learnt_file.learnt_path().exists()
    rhomboid("learn", "one-arm-row", "--apply")
    assert learnt_file.own_exercises() == (OwnExercise(exercise=ROW, eagerness=STEP),)
    first = learnt_file.learnt_path().read_bytes()
    assert "waits for another" in rhomboid("learn", "--apply").stdout
    assert learnt_file.learnt_path().read_bytes() == first
    undone = rhomboid("learn", "--undo")
    assert undone.stdout.startswith("one-arm-row: counted as usual again")
    assert learnt_file.load() == Learnt()
    assert rhomboid("learn", "--undo").returncode == 2


def test_the_same_as_json(recorded: tuple[Path, SetRecord], monkeypatch: pytest.MonkeyPatch) -> None:
    trained(recorded[0], recorded[1], 3, 1)
    wants_more(monkeypatch)
    (told,) = json.loads(rhomboid("learn", "--json").stdout)
    assert (told["exercise"], told["before"], told["after"], len(told["sets"])) == (ROW, 0.0, STEP, 3)


def test_accuracy_of_ones_own_sets_then_as_usual_and_as_learnt(
    recorded: tuple[Path, SetRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(recorded[0], recorded[1], 3, 1)
    wants_more(monkeypatch)
    learnt_file.save(
        Learnt(changes=(Change(exercise=ROW, before=0.0, after=STEP, at="2026-11-04", up_to="2026-11-03"),))
    )
    rows = json.loads(rhomboid("accuracy", "--mine", "--json").stdout)
    assert [(r["how"], r["exact"], r["within1"], r["mae"]) for r in rows] == [
        ("as counted then", {"hits": 0, "of": 3}, {"hits": 3, "of": 3}, 1.0),
        ("again, as usual", {"hits": 0, "of": 3}, {"hits": 3, "of": 3}, 1.0),
        ("again, as learnt", {"hits": 3, "of": 3}, {"hits": 3, "of": 3}, 0.0),
    ]
    assert "100.0 (44-100)" in rhomboid("accuracy", "--mine").stdout


def test_without_recordings_it_says_what_is_missing(recorded: tuple[Path, SetRecord]) -> None:
    trained(None, recorded[1], 3, 1)
    out = rhomboid("learn", "--apply").stdout
    assert "0 corrected sets with a recording, and it takes 3 (3 more have none: train with --record)" in out
    assert not learnt_file.learnt_path().exists()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": 2, "changes": []}', b'{"changes": [{"after": 9}]}'])
def test_a_file_that_is_not_understood_is_left_as_it_is(content: bytes) -> None:
    path = learnt_file.learnt_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    done = rhomboid("learn")
    assert done.returncode == 1
    assert str(path) in done.stderr and len(done.stderr.splitlines()) == 1
    assert path.read_bytes() == content


def test_opposite_wishes_are_refused() -> None:
    assert rhomboid("learn", "--apply", "--undo").returncode == 2
    assert rhomboid("accuracy").returncode == 2


def test_a_session_is_guided_with_what_was_learnt_and_a_replay_agrees(tmp_path: Path) -> None:
    step = Change(exercise=ROW, before=0.0, after=STEP, at="2026-11-04", up_to="2026-11-03")
    learnt_file.save(Learnt(changes=(step,)))
    path = tmp_path / "session.mcap"
    done = rhomboid("train", "--demo", "--exercise", f"{ROW}:4", "--record", path, "--speed", "max", "--plain")
    assert done.returncode == 0, done.stderr
    recording = Recording.open(path)
    settings = msgspec.json.decode(recording.about.settings, type=Settings)
    assert settings.own == (OwnExercise(exercise=ROW, eagerness=STEP),)
    assert ROW in [x.exercise for x in recording.items() if isinstance(x, Request)]
    assert rhomboid("replay", path, "--verify").returncode == 0
