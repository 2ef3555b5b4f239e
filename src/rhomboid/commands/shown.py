"""How a session is shown: on the dashboard where there is a terminal, else a line an event; complaints on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from rhomboid.errors import RhomboidError, harmless

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rhomboid.bug_report import BugReport
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
    sounds: Sounds | None = None,
) -> None:
    """Raises what ended the session, if it was an error. ``from_s`` and ``from_event`` are for lines alone.

    ``training`` guides the session.
    """
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    session = Session(source, Pipeline(settings), recorder=recorder, keeper=keeper, memory=memory, until_s=for_s)
    if guided:
        session.ask("guided_reference")
    if sounds is not None:
        session.subscribe(sounds.take)
    try:
        if training is not None:
            from rhomboid import plain_training

            coached = training(session)
            if sounds is not None:
                coached.subscribe(sounds.cue)
            plain_training.run(session, coached, as_json=as_json)
        elif plain or as_json or not sys.stdout.isatty():
            from rhomboid.plain import run

            run(session, as_json=as_json, from_s=from_s, from_event=from_event)
        else:
            mode = "replay" if session.seekable else "train" if session.counts else "desk"
            _show(session, close_at_end=for_s is not None, mode=mode)
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


def open_dashboard() -> None:
    """The dashboard without a session: its screens begin one. Raises what ended the last one, if it was an error."""
    from rhomboid.commands.house import Doors
    from rhomboid.dashboard.app import RhomboidApp

    app = RhomboidApp(house=Doors())
    app.run()
    if app.session is not None and app.session.error is not None:
        raise app.session.error


def _show(session: Session, *, close_at_end: bool, mode: str) -> None:
    from rhomboid.commands.house import Doors
    from rhomboid.dashboard.app import RhomboidApp

    RhomboidApp(session, house=Doors(), mode=mode, close_at_end=close_at_end).run()
