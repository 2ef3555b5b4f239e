"""How a session is shown: on the dashboard where there is a terminal, else a line an event; complaints on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from rhomboid.errors import RhomboidError, harmless

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rhomboid.bug_report import BugReport
    from rhomboid.dashboard.app import RhomboidApp
    from rhomboid.dashboard.sitting import Sitting
    from rhomboid.free_training import FreeTraining
    from rhomboid.motion.settings import Settings
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Recorder, Session, Source
    from rhomboid.sound.sounds import Sounds
    from rhomboid.training import Training


def complain(text: str) -> None:
    """One line on standard error, harmless to a terminal."""
    typer.echo(f"rhomboid: {harmless(text)}", err=True)


def run_session(
    source: Source,
    settings: Settings,
    *,
    plain: bool,
    for_s: float | None,
    recorder: Recorder | None = None,
    guided: bool = False,
    as_json: bool = False,
    from_s: float = 0.0,
    from_event: int = 1,
    keeper: BugReport | None = None,
    keep_in: Path | None = None,
    memory: ReferenceMemory | None = None,
    training: Callable[[Session], Training] | None = None,
    free: Callable[[Session], FreeTraining | None] | None = None,
    sitting: Callable[[Session, Sounds | None], Sitting] | None = None,
    sounds: Sounds | None = None,
) -> None:
    """Raises what ended the session, if it was an error. ``from_s`` and ``from_event`` are for lines alone.

    ``training`` guides the session where there is no screen, ``free`` keeps one that nobody guides; ``sitting`` is what
    goes with it where there is one.
    """
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    session = Session(source, Pipeline(settings), recorder=recorder, keeper=keeper, memory=memory, until_s=for_s)
    if guided:
        session.ask("guided_reference")
    if sounds is not None and (sitting is None or not on_screen(plain or as_json)):
        session.subscribe(sounds.take)
    try:
        if on_screen(plain or as_json):
            _show(session if sitting is None else sitting(session, sounds), close_at_end=for_s is not None)
        elif training is not None:
            from rhomboid import plain_training

            coached = training(session)
            if sounds is not None:
                coached.subscribe(sounds.cue)
            plain_training.run(session, coached, as_json=as_json)
        else:
            from rhomboid.plain import run

            kept = None if free is None else free(session)
            try:
                run(session, as_json=as_json, from_s=from_s, from_event=from_event)
            finally:
                if kept is not None:
                    kept.finish()
    finally:
        if sounds is not None:
            sounds.close()
    if keep_in is not None:
        try:
            typer.echo(harmless(f"the last minute is in {session.keep_last_minute(keep_in)}"), err=True)
        except RhomboidError as error:
            if session.error is None:
                raise
            complain(str(error))
    if session.error is not None:
        raise session.error


def has_screen(*, keys: bool = False) -> bool:
    """Whether there is a terminal (with ``keys``: one that types as well), or what Textual was told to use for one."""
    terminal = sys.stdout.isatty() and (not keys or sys.stdin.isatty())
    return terminal or "TEXTUAL_DRIVER" in os.environ


def on_screen(lines: bool) -> bool:
    """Whether a session is shown on the dashboard: where there is a terminal, unless ``lines`` were asked for."""
    return not lines and has_screen()


def open_dashboard() -> None:
    """The dashboard without a session: its screens begin one. Raises what ended the last one, if it was an error."""
    app = _dashboard(None, mode="train", close_at_end=False)
    app.run()
    if app.session is not None and app.session.error is not None:
        raise app.session.error


def _show(shown: Session | Sitting, *, close_at_end: bool) -> None:
    from rhomboid.dashboard.sitting import Sitting

    sitting = shown if isinstance(shown, Sitting) else Sitting(shown)
    session = sitting.session
    mode = "replay" if session.seekable else "desk" if sitting.desk is not None or not session.counts else "train"
    _dashboard(sitting, mode=mode, close_at_end=close_at_end).run()


def _dashboard(sitting: Sitting | None, *, mode: str, close_at_end: bool) -> RhomboidApp:
    from rhomboid.commands.house import Doors
    from rhomboid.dashboard.app import RhomboidApp

    house = Doors()
    app = RhomboidApp(sitting, house=house, mode=mode, close_at_end=close_at_end)
    house.bell, house.say = app.bell, app.say
    return app
