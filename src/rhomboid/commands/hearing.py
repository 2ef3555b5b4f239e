"""``--sound``: what is heard of a live session, and that it is not, where it cannot be."""

from __future__ import annotations

import importlib.util
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rhomboid.commands.shown import complain, has_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from rhomboid.sound.settings import SoundSettings
    from rhomboid.sound.sounds import Sounds


class SoundName(StrEnum):
    """What is heard."""

    tones = "tones"
    speech = "speech"
    both = "both"
    off = "off"


Sound = Annotated[
    SoundName | None,
    typer.Option("--sound", help="What is heard; else as in your settings, and nothing without a screen."),
]


def opened_sounds(chosen: SoundName | None, *, plain: bool, hurried: bool = False) -> Sounds | None:
    """The sounds of this session, None if it is to be silent or has to be, which is said if it was asked for.

    Without ``--sound`` there are none where there is no screen, nor when time is made to run faster (``hurried``).
    """
    if chosen is SoundName.off or (chosen is None and (plain or hurried or not has_screen())):
        return None
    from rhomboid.settings_file import load

    return sounds_for(load().sound, chosen)


def sounds_for(
    settings: SoundSettings,
    chosen: SoundName | None,
    *,
    posture: bool = True,
    say: Callable[[str], None] = complain,
) -> Sounds | None:
    """Those of ``settings``, with what was ``chosen`` for this time. ``posture`` as in ``listening``.

    What this machine cannot do is told to ``say``.
    """
    import msgspec

    from rhomboid.sound.sounds import Sounds

    if chosen is not None:
        tones, speech = chosen in (SoundName.tones, SoundName.both), chosen in (SoundName.speech, SoundName.both)
        settings = msgspec.structs.replace(settings, tones=tones, speech=speech)
    elif importlib.util.find_spec("miniaudio") is None:  # nobody asked, and the extra is none of the basics
        settings = msgspec.structs.replace(settings, tones=False)
    sounds, missing = Sounds.open(settings, posture=posture)
    if missing:
        say(f"{'; '.join(missing)}" + ("" if sounds is not None else "; it stays silent"))
    return sounds
