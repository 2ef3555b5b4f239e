"""``rhomboid desk --background``: the desk watched without a terminal, logged, and told by notifications."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import typer

from rhomboid.commands.hearing import SoundName, sounds_for
from rhomboid.errors import UsageError, harmless

if TYPE_CHECKING:
    from rhomboid.coach.alerts import Action
    from rhomboid.motion.settings import Settings
    from rhomboid.reference_memory import ReferenceMemory
    from rhomboid.session import Source
    from rhomboid.settings_file import UserSettings


LOCK = "desk.lock"


def alone() -> AbstractContextManager[None]:
    """Held while the desk is watched in the background. Raises UsageError where it is already."""
    from rhomboid.desktop.background import only_one
    from rhomboid.desktop.store import state_folder

    return only_one(state_folder() / LOCK)


def ask(action: Action) -> str:
    """What the desk in the background says to this. Raises UsageError where there is none, DataError."""
    from rhomboid.desktop.asked import Asked
    from rhomboid.desktop.background import is_held
    from rhomboid.desktop.store import state_folder

    folder = state_folder()
    if not is_held(folder / LOCK):
        raise UsageError(
            "the desk is not watched in the background", do="start it with rhomboid desk --background or desk install"
        )
    return Asked(folder).ask(action) or "there was nothing to change"


def watch(
    source: Source,
    core: Settings,
    chosen: UserSettings,
    *,
    sound: SoundName | None,
    for_s: float | None,
    guided: bool,
    simulated: bool,
    memory: ReferenceMemory | None,
) -> None:
    """Until SIGTERM. ``chosen.desk`` has what the options say. Raises what ended it, if it was an error.

    Repetitions are counted as well: those of a micro-break answer an alert.
    """
    import msgspec

    from rhomboid.coach.desk_state import Kept
    from rhomboid.desktop.asked import Asked
    from rhomboid.desktop.background import Log, run
    from rhomboid.desktop.desk import Desk, local_clock
    from rhomboid.desktop.diary import Diary
    from rhomboid.desktop.store import KeptFile, state_folder
    from rhomboid.motion.pipeline import Pipeline
    from rhomboid.session import Session

    log = Log(state_folder() / "desk.log")
    sounds = None if sound is SoundName.off else sounds_for(chosen.sound, sound, posture=False)
    try:
        typer.echo(harmless(f"the desk is watched; the log is {log.path}"))
        file = None if simulated else KeptFile()
        kept, trouble = (Kept(), "") if file is None else file.load()
        if trouble:
            log.write(local_clock(), trouble)
        threshold_deg = chosen.desk.threshold_deg + kept.raised_deg
        slouch = msgspec.structs.replace(core.slouch, threshold_deg=threshold_deg)
        pipeline = Pipeline(msgspec.structs.replace(core, mode="free", slouch=slouch))
        session = Session(source, pipeline, memory=memory, until_s=for_s)
        if guided:
            session.ask("guided_reference")
        diary = None if simulated else Diary(lambda words: log.write(local_clock(), words))
        desk = Desk(
            session,
            chosen.desk,
            log.write,
            sounds=sounds,
            kept=kept,
            file=file,
            diary=diary,
            asked=Asked(state_folder()),
            simulated=simulated,
        )
        run(session, desk, log)
    finally:
        if sounds is not None:
            sounds.close()
        log.close()
    if session.error is not None:
        raise session.error
