"""Labels on disk: ``labels.csv`` of a folder, and the side-car beside a recording with all that was marked in it.

``labels.csv`` has one row an interval: file, subject, placement, task, activity, expected_reps, start_s, end_s, note.
Task ``reps`` is a set of so many repetitions; ``daily`` holds none; ``hold`` is a hold; ``posture`` is a trial whose
activity says what was sat (``reference``, ``upright``, ``slouching`` ...). A note with "within 1" marks a truth that is
itself not surer than that.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec

from rhomboid.annotation import MEANINGS, Annotations, Kind, Stretch
from rhomboid.errors import DataError

# Where sides alternate, one side, or one left-and-right cycle, may be the unit.
ALTERNATING = {"side_bend", "rotation", "side_twist", "knee_to_elbow"}
LABELS = "labels.csv"
SIDE_CAR = ".labels.json"
"""Follows the whole name of the recording."""
FORMULA = "=+-@\t\r"
"""What a cell must not begin with, or a spreadsheet runs it."""


class Label(msgspec.Struct, frozen=True):
    """One row of ``labels.csv``."""

    file: str
    subject: str
    placement: str
    task: str
    activity: str
    expected_reps: int | None
    start_s: float
    end_s: float
    note: str

    @property
    def group(self) -> str:
        """The folder, and how visible the movement is where the note says so."""
        folder = self.file.split("/")[0] if "/" in self.file else "recordings"
        return f"{folder} {self.note.split()[-1]}" if self.note.startswith("visibility") else folder

    @property
    def sure(self) -> bool:
        """False where the truth itself is known only to within one."""
        return "within 1" not in self.note

    def off(self, count: int) -> int:
        """How far ``count`` is from the truth."""
        expected = self.expected_reps or 0
        right = [expected]
        if self.activity in ALTERNATING:
            right += [expected // 2, (expected + 1) // 2]
        return min(abs(count - n) for n in right)


def read_labels(folder: Path) -> list[Label]:
    """The rows of ``labels.csv`` in ``folder``. Raises DataError."""
    path = folder / LABELS
    if not path.is_file():
        raise DataError("there is no labels.csv", do="name the folder that holds it", where=str(folder))
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                {k: v or None if k == "expected_reps" else v for k, v in row.items()} for row in csv.DictReader(file)
            ]
        return msgspec.convert(rows, list[Label], strict=False)
    except (msgspec.ValidationError, csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"a row is not as it should be ({error})", do="mend labels.csv", where=str(path)) from error


def read_annotations(recording: Path) -> Annotations:
    """What is marked in ``recording`` so far: in its side-car, else in ``labels.csv``. Raises DataError."""
    side_car = _side_car(recording)
    if side_car.is_file():
        try:
            return msgspec.json.decode(side_car.read_bytes(), type=Annotations)
        except (OSError, ValueError, RecursionError) as error:
            do = "mend it, or move it away to begin anew"
            raise DataError(f"it cannot be read ({error})", do=do, where=str(side_car)) from error
    if not (recording.parent / LABELS).is_file():
        return Annotations()
    mine = [label for label in read_labels(recording.parent) if _names(label.file, recording)]
    stretches = tuple(found for label in mine if (found := _stretch(label)) is not None)
    first = mine[0] if mine else None
    return Annotations(
        subject=first.subject if first else "", placement=first.placement if first else "", stretches=stretches
    )


def write_annotations(recording: Path, annotations: Annotations) -> None:
    """Writes the side-car, and this recording's rows of ``labels.csv`` anew; other rows stay. Raises DataError."""
    rows: list[Label] = []
    if (recording.parent / LABELS).is_file():
        rows = read_labels(recording.parent)
    others = [label for label in rows if not _names(label.file, recording) or _stretch(label) is None]
    mine = [_label(recording, annotations, stretch) for stretch in annotations.stretches]
    _replace(_side_car(recording), msgspec.json.format(msgspec.json.encode(annotations), indent=1) + b"\n")
    if rows or mine:
        _replace(recording.parent / LABELS, _csv([*others, *mine]))


def _side_car(recording: Path) -> Path:
    return recording.with_name(recording.name + SIDE_CAR)


def _names(cell: str, recording: Path) -> bool:
    return PurePosixPath(cell) == PurePosixPath(recording.name)


def _label(recording: Path, annotations: Annotations, stretch: Stretch) -> Label:
    return Label(
        file=f"./{recording.name}" if recording.name[0] in FORMULA else recording.name,
        subject=annotations.subject,
        placement=annotations.placement,
        task=MEANINGS[stretch.kind].task,
        activity=stretch.activity,
        expected_reps=annotations.reps_in(stretch) if stretch.kind == "set" else None,
        start_s=stretch.start_s,
        end_s=stretch.end_s,
        note=stretch.note,
    )


def _stretch(label: Label) -> Stretch | None:
    kinds: list[Kind] = [
        kind for kind, (task, activity) in MEANINGS.items() if task == label.task and activity in ("", label.activity)
    ] or [kind for kind, (task, _) in MEANINGS.items() if task == label.task and task != "posture"]
    if not kinds:
        return None
    return Stretch(
        kind=kinds[0],
        start_s=label.start_s,
        end_s=label.end_s,
        activity=label.activity,
        count=label.expected_reps,
        note=label.note,
    )


def _csv(labels: Iterable[Label]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Label.__struct_fields__)
    for label in labels:
        writer.writerow([_cell(value) for value in msgspec.structs.astuple(label)])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple(FORMULA) else value


def _replace(path: Path, content: bytes) -> None:
    """As a whole or not at all."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise DataError(
            f"it cannot be written ({error.strerror})", do="make room, or move it", where=str(path)
        ) from error
