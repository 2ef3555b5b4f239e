"""``rhomboid teach``: three repetitions of an exercise become an exercise of one's own, or a better known one."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.bluetooth import Adapter, Device, Family, Rate
from rhomboid.commands.learn import harmless_lines
from rhomboid.commands.options import Demo, For, Script, Seed, SpeedText, second_of
from rhomboid.errors import DataError, UsageError

if TYPE_CHECKING:
    from rhomboid.coach.catalogue import Catalogue
    from rhomboid.motion.settings import Template
    from rhomboid.motion.teaching import Shown
    from rhomboid.taught import Compared

HOW = (
    "Take up the pose and keep still; then three repetitions, as you always do them, and keep still again. Ctrl-C ends."
)
SECONDS = 45.0
CLEAR, UNCLEAR = 0.35, 0.7
"""How large another movement was against the smallest repetition: harmless up to here, a danger from there."""


class PositionName(StrEnum):
    """How the body is."""

    standing = "standing"
    sitting = "sitting"
    hinged = "hinged"
    bench = "bench"
    lying_on_back = "lying_on_back"
    lying_face_down = "lying_face_down"
    all_fours = "all_fours"
    half_kneeling = "half_kneeling"


def teach(
    name: Annotated[str, typer.Argument(help="What the exercise is called.", metavar="NAME")],
    file: Annotated[
        Path | None, typer.Option("--from", help="The three repetitions are in this recording.", metavar="FILE")
    ] = None,
    between: Annotated[
        str | None, typer.Option("--between", help="They are in this part of it.", metavar="START-END")
    ] = None,
    position: Annotated[PositionName, typer.Option("--position", help="How the body is.")] = PositionName.standing,
    again: Annotated[bool, typer.Option("--again", help="In place of what was shown before.")] = False,
    demo: Demo = False,
    script: Script = None,
    seed: Seed = 1,
    speed: SpeedText = None,
    device: Device = None,
    sensor: Family = None,
    rate: Rate = None,
    adapter: Adapter = None,
    for_s: For = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,
) -> None:
    """Teach an exercise by showing three repetitions of it, and hear how well it can be told from others.

    It becomes one of your own exercises (exercises/*.toml in the config folder). When a guided session says that a set
    is of it, the set is counted with the size of movement that was shown.

    Example: rhomboid teach "band pull-apart" --from pulls.mcap --between 0:05-0:20
    """
    from datetime import datetime

    import msgspec

    from rhomboid.learnt_file import Taught, load_taught, save_taught, template_path
    from rhomboid.shelf import catalogue
    from rhomboid.taught import add_to_catalogue, compared, sheet

    known = catalogue()
    slug, title = _named(name, known)
    taught = load_taught()
    if slug in taught and not again:
        raise UsageError(f"{slug} was taught on {taught[slug].at[:10]}", do="say --again to show it anew")
    exercise = known.exercises.get(slug)
    if exercise is not None and exercise.kind not in ("reps", "reps_with_hold"):
        raise UsageError(f"{slug} has no repetitions that are seen", do="choose another name")
    if file is None:
        shown = _shown_live(demo, script, slug, seed, speed, (device, sensor, rate, adapter), for_s)
    else:
        from rhomboid.taught import shown_in

        shown = shown_in(file, None if between is None else _stretch(between))
    template = _template(shown)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    rows = compared(template, {x: was.template for x, was in taught.items() if x != slug})
    text = sheet(slug, title, position.value, template, now[:10])
    written = add_to_catalogue(known, slug, text)
    save_taught(Taught(exercise=slug, at=now, template=template))
    if as_json:
        told = {
            "exercise": slug,
            "template": template,
            "spans_s": shown.spans_s,
            "besides": shown.besides,
            "besides_like": shown.besides_like,
            "compared": rows,
            "written": [str(path) for path in (written, template_path(slug)) if path],
        }
        typer.echo(msgspec.json.encode(told).decode())
        return
    lines = [f"{title} ({slug})", "", *_told(shown, template), "", *_beside_others(rows), ""]
    lines += [f"Written: {path}" for path in (written, template_path(slug)) if path]
    lines += [
        f"rhomboid train --exercise {slug} counts with it: where the count is in doubt, what is as large as this is",
        "believed sooner. It is not recognised by itself; that a set is of it, you or your plan must say.",
    ]
    typer.echo(harmless_lines("\n".join(lines)))


def _named(name: str, known: Catalogue) -> tuple[str, str]:
    """Id and name, of an exercise that is there or of one to be. Raises UsageError."""
    import re

    from rhomboid.coach.written import LONGEST_NAME, SLUG

    with contextlib.suppress(UsageError):
        exercise = known.named(name)
        return exercise.id, exercise.name
    title = " ".join(name.split())
    slug = "-".join(re.findall(r"[a-z0-9]+", title.casefold()))
    if not SLUG.fullmatch(slug) or len(title) > LONGEST_NAME or not title.isprintable():
        raise UsageError(
            f"{title[:LONGEST_NAME]!r} cannot be a name",
            do=f"use letters and digits, at most {LONGEST_NAME} characters",
        )
    return slug, title[:1].upper() + title[1:]


def _stretch(text: str) -> tuple[float, float]:
    start, _, end = text.partition("-")
    start_s, end_s = second_of(start), second_of(end)
    if start_s >= end_s:
        raise UsageError(f"--between {text} ends before it begins", do="give it as in 0:05-0:20")
    return start_s, end_s


def _shown_live(
    demo: bool,
    script: str | None,
    slug: str,
    seed: int,
    speed: str | None,
    sensor: tuple[str | None, str | None, float | None, str | None],
    for_s: float | None,
) -> Shown:
    """What is shown now; the events of it go to standard error, that the answer stands alone."""
    from rhomboid.commands.live import recorder_for, source_of
    from rhomboid.commands.shown import run_session
    from rhomboid.motion.settings import Settings
    from rhomboid.simulation.guided import Act
    from rhomboid.taught import REPS, shown_in

    acts = [Act(exercise=slug, reps=REPS, after_s=10.0)] if demo and script is None else None
    source, about = source_of(demo, script or "rows", seed, speed, sensor, acts)
    settings = Settings(mode="set")
    typer.echo(HOW, err=True)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        path = Path(folder) / "shown.mcap"
        recorder = recorder_for(path, about, settings, force=False)
        run_session(source, settings, plain=True, for_s=for_s or SECONDS, recorder=recorder)
        return shown_in(path)


def _template(shown: Shown) -> Template:
    from rhomboid.taught import REPS

    if shown.template is None or shown.seen != REPS:
        seen = "nothing that repeats itself" if not shown.seen else f"{shown.seen} repetitions"
        raise DataError(
            f"{REPS} repetitions were to be shown, and {seen} can be seen",
            do="show it again, larger and with still moments around; --between picks a part of a recording",
        )
    return shown.template


def _told(shown: Shown, template: Template) -> list[str]:
    from rhomboid.taught import described

    spans = ", ".join(f"{start_s:.1f}-{end_s:.1f} s" for start_s, end_s in shown.spans_s)
    lines = [
        f"Three repetitions (at {spans}): {described(template)}.",
        f"Their courses are {100 * template.likeness:.0f} % alike; their length differs by"
        f" {100 * template.duration_spread:.0f} %, their size by {100 * template.size_spread:.0f} %.",
    ]
    largest = f"the largest movement besides them was {100 * shown.besides:.0f} % of the smallest one's size"
    if shown.besides <= CLEAR:
        return [*lines, f"They stand clear of the rest: {largest}."]
    alike = f"and {100 * shown.besides_like:.0f} % like them in its course"
    verdict = "can hardly" if shown.besides > UNCLEAR else "cannot always"
    return [*lines, f"They {verdict} be told from the rest: {largest}, {alike}."]


def _beside_others(rows: list[Compared]) -> list[str]:
    from rhomboid.tables import table

    cells = [
        (x.name, x.of, f"{100 * x.likeness:.0f}", f"{x.larger:.2g}", f"{x.longer:.2g}", "no" if x.alike else "yes")
        for x in rows
    ]
    whose = "what you taught before and what" if any(x.of == "you" for x in rows) else "what"
    return [
        table(("beside", "done by", "course alike %", "times as large", "times as long", "told apart"), cells),
        f"Compared with {whose} the simulated wearer does, not with the rest of the catalogue nor with other people.",
    ]
