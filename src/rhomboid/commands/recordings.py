"""``rhomboid replay`` and ``info``: what was recorded, played again, compared with what it said then, described."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.options import (
    Delay,
    For,
    Forward,
    Hysteresis,
    ModeName,
    Plain,
    Recovery,
    Reference,
    SpeedText,
    Threshold,
    changed,
    core_settings,
    second_of,
    slouch_settings,
    speed_factor,
)
from rhomboid.commands.shown import complain, on_screen, run_session
from rhomboid.errors import DataError, RhomboidError, UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.library import Opened
    from rhomboid.motion.settings import Settings
    from rhomboid.session import Source


def replay(
    file: Annotated[Path, typer.Argument(help="A recording (.mcap) or a CSV (.csv, .csv.gz).", metavar="FILE")],
    plain: Plain = False,
    as_json: Annotated[bool, typer.Option("--json", help="Like --plain, every event as one JSON object.")] = False,
    speed: SpeedText = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin here: m:ss, h:mm:ss or seconds.")
    ] = None,
    from_event: Annotated[
        int | None, typer.Option("--from-event", metavar="N", help="Begin with the Nth event.", min=1)
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare with the events in the recording; exit status 1 if they differ.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another setting, as in slouch.threshold_deg=15."),
    ] = None,
    mode: Annotated[ModeName | None, typer.Option("--mode", help="What is known about the recording.")] = None,
    reference: Reference = None,
    forward: Forward = None,
    slouch_threshold: Threshold = None,
    slouch_delay: Delay = None,
    slouch_hysteresis: Hysteresis = None,
    slouch_recovery: Recovery = None,
    for_s: For = None,
) -> None:
    """Play a recording on the screen, as if it happened now, with the settings it was made with or others.

    With --plain or --json it plays as fast as it can.

    Example: rhomboid replay recordings/desk.mcap --from 3:30 --set slouch.threshold_deg=15
    """
    from rhomboid.library import open_file

    opened = open_file(file)
    for remark in opened.remarks:
        typer.echo(harmless(remark), err=True)
    base = recorded_settings(opened)
    slouch = slouch_settings(base.slouch, slouch_threshold, slouch_delay, slouch_hysteresis, slouch_recovery)
    settings = core_settings(mode.value if mode else None, slouch, reference=reference, forward=forward, base=base)
    settings = changed(settings, set_ or [])
    if verify:
        if opened.driver is None:
            what = "only a recording (.mcap) holds events to compare with"
            raise DataError(what, do="replay it without --verify", where=str(file))
        _verify(file, settings)
        return
    from_s = 0.0 if from_ is None else second_of(from_)
    lines = not on_screen(plain or as_json)
    if lines and speed is not None and from_event is not None:
        raise UsageError("without a screen --from-event goes as fast as it can", do="leave --speed out")
    factor = speed_factor(speed, default=math.inf if plain or as_json else 1.0)
    source = (_lines if lines else seekable)(file, opened, settings, factor, from_s, from_event)
    until_s = None if for_s is None else from_s + for_s
    run_session(
        source, settings, plain=plain, for_s=until_s, as_json=as_json, from_s=from_s, from_event=from_event or 1
    )


def _lines(
    file: Path, opened: Opened, settings: Settings, speed: float, from_s: float, from_event: int | None
) -> Source:
    from rhomboid.playback import Playback

    hurry_s = from_s if from_event is None else math.inf
    return Playback(
        file.name, opened.items, driver=opened.driver, duration_s=opened.duration_s, speed=speed, from_s=hurry_s
    )


def seekable(
    file: Path, opened: Opened, settings: Settings, speed: float, from_s: float, from_event: int | None
) -> Source:
    """The recording as a source that can be entered anywhere."""
    from rhomboid.interpreter import Interpreter
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.replay import Replay, in_parts

    parts = in_parts(opened.items) if opened.recording is None else opened.recording.parts
    pattern = Interpreter(Pipeline(settings), opened.driver)
    replay = Replay(file.name, parts, pattern, duration_s=opened.duration_s, speed=speed)
    if from_event is not None:
        replay.seek_number(from_event)
    elif from_s:
        replay.seek(from_s)
    return replay


def recorded_settings(opened: Opened) -> Settings:
    """Those in the file; the usual ones where it has none, or none that this version understands."""
    import msgspec

    from rhomboid.motion.settings import Settings

    if opened.recording is None or not opened.recording.about.settings:
        return Settings()
    try:
        return msgspec.json.decode(opened.recording.about.settings, type=Settings)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        complain("the settings it was recorded with are not understood, so the usual ones are used")
        return Settings()


def _verify(file: Path, settings: Settings) -> None:
    from rhomboid.verify import report, verify

    result = verify(file, settings)
    typer.echo("\n".join(harmless(line) for line in report(result).splitlines()))
    if not result.identical:
        raise typer.Exit(1)


def info(
    files: Annotated[list[Path], typer.Argument(help="Recordings (.mcap) and CSV files.", metavar="FILE...")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file, one a line.")] = False,
) -> None:
    """Say what is in recordings: how long, how fast, what is missing, what was said, and whether they are whole.

    Example: rhomboid info recordings/rows.mcap
    """
    import msgspec

    from rhomboid.info import info_of, report

    failed = False
    for number, file in enumerate(files):
        try:
            found = info_of(file)
        except RhomboidError as error:
            failed = True
            complain(str(error))
            continue
        if as_json:
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        else:
            typer.echo(("\n" if number else "") + report(found))
    if failed:
        raise typer.Exit(1)
