"""An exercise from three repetitions in a recording: read, compared with others, written into the user's catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from rhomboid.coach.catalogue import Catalogue, merge, read_sheet
from rhomboid.coach.exercise import Position
from rhomboid.errors import DataError
from rhomboid.imu import Gap, ImuBlock, StreamItem
from rhomboid.interpreter import decoded
from rhomboid.library import open_file
from rhomboid.motion.frontend import Frames, FrontEnd
from rhomboid.motion.settings import Template
from rhomboid.motion.teaching import Beside, Shown, beside, look
from rhomboid.shelf import own_folder
from rhomboid.simulation.guided import KNOWN, Act, act
from rhomboid.simulation.sensor import SimulatedSensor

REPS = 3
STRONG_DEG = 10.0
"""As in the catalogue: a sensor on the upper back sees well what tilts or turns it by more than this."""
QUIET_S = 1.5
SEED = 1


class Compared(msgspec.Struct, frozen=True):
    """The exercise beside another; ``of`` says whose repetitions those were."""

    name: str
    of: str
    likeness: float
    larger: float
    longer: float
    alike: bool


def shown_in(path: Path, between_s: tuple[float, float] | None = None) -> Shown:
    """The three repetitions in a recording, a CSV or what can be imported. Raises DataError."""
    opened = open_file(path)
    return _shown(_cut(decoded(opened.items, opened.driver), between_s))


def compared(template: Template, own: Mapping[str, Template]) -> list[Compared]:
    """Beside what the user taught, and beside the exercises that the simulated wearer knows; most alike first."""
    rows = [_compared(name, "you", beside(template, other)) for name, other in own.items()]
    for name, other in _simulated().items():
        rows.append(_compared(name, "simulated wearer", beside(template, other)))
    return sorted(rows, key=lambda row: (-row.alike, -row.likeness, row.name))


def sheet(slug: str, name: str, position: Position, template: Template, day: str) -> str:
    """The exercise as a TOML text of the user's own, to be read and edited."""
    seen = "strong" if extent_deg(template) > STRONG_DEG else "weak"
    lines = [
        f"# Taught on {day} with rhomboid teach; what was shown is in {slug}.template.json. Edit what is said here.",
        f"[exercise.{slug}]",
        f"name = {json.dumps(name, ensure_ascii=False)}",
        f"position = {json.dumps(position)}",
        'kind = "reps"',
        f'seen = "{seen}"',
        f'how = "As you showed it on {day}."',
        f'sees = "{REPS} repetitions as you showed them: {described(template)}."',
        f"[exercise.{slug}.prescription]",
        "sets = 2",
        "reps = 10",
    ]
    return "\n".join(lines) + "\n"


def add_to_catalogue(catalogue: Catalogue, slug: str, text: str) -> Path | None:
    """Writes ``text`` into the user's exercises, if there is no such exercise yet. Raises DataError."""
    if slug in catalogue.exercises:
        return None
    path = own_folder("exercises") / f"{slug}.toml"
    merge(read_sheet(str(path), text))  # what is written here must be readable
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DataError("is there already", do="take it away, or choose another name", where=str(path)) from None
    except OSError as error:
        do = "check its permissions and the space on the disk"
        raise DataError(f"cannot be written ({error.strerror})", do=do, where=str(path)) from None
    return path


def extent_deg(template: Template) -> float:
    """How far it tilts or turns."""
    return max(max(tilt, abs(turn)) for tilt, turn, _ in template.course)


def described(template: Template) -> str:
    """Length and extent in words."""
    columns = list(zip(*template.course, strict=True))
    tilt, turn, rise = (max(map(abs, column)) for column in columns)
    return (
        f"{template.duration_s:.1f} s, tilting {tilt:.0f} deg, turning {turn:.0f} deg, rising or sinking {rise:.0f} cm"
    )


@cache
def _simulated() -> dict[str, Template]:
    """Three repetitions of each exercise that the simulated wearer knows, under its first name."""
    found: dict[str, Template] = {}
    acted: set[object] = set()
    for name, known in KNOWN.items():
        if known.act in acted:
            continue
        acted.add(known.act)
        performance = act([Act(exercise=name, reps=REPS, after_s=12.0)], SEED)
        sensor = SimulatedSensor("as shown", SEED, performance=performance)
        (done,) = sensor.truth.sets
        shown = _shown(_cut([sensor.samples()], (done.start_s - QUIET_S, done.end_s + QUIET_S)))
        if shown.template is not None:
            found[name] = shown.template
    return found


def _compared(name: str, of: str, found: Beside) -> Compared:
    return Compared(name, of, *found, alike=found.alike)


def _shown(items: Iterable[ImuBlock | Gap]) -> Shown:
    front_end = FrontEnd()
    frames = [x for item in items for x in front_end.feed(item) if isinstance(x, Frames)]
    if not frames:
        return Shown(0, None)
    t_s, acc_g, gyr_dps, up = (
        np.concatenate([getattr(f, x) for f in frames]) for x in ("t_s", "acc_g", "gyr_dps", "up")
    )
    return look(t_s, acc_g, gyr_dps, up, REPS)


def _cut(items: Iterable[StreamItem], between_s: tuple[float, float] | None) -> Iterator[ImuBlock | Gap]:
    """Samples and gaps between two times, in seconds since the first sample."""
    begin_s: float | None = None
    for item in items:
        if isinstance(item, ImuBlock) and len(item):
            begin_s = float(item.t_s[0]) if begin_s is None else begin_s
            if between_s is None:
                yield item
                continue
            first, last = np.searchsorted(item.t_s - begin_s, between_s).tolist()
            if last > first:
                yield item[first:last]
        elif isinstance(item, Gap) and (between_s is None or begin_s is None or _within(item, begin_s, between_s)):
            yield item


def _within(gap: Gap, begin_s: float, between_s: tuple[float, float]) -> bool:
    return gap.start_s - begin_s >= between_s[0] and gap.end_s - begin_s <= between_s[1]
