"""What is to be heard is heard, on a thread of its own: the session only drops a note and goes on.

The queue is bounded, and of counts only the newest waits: a number that comes late is a wrong number.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from rhomboid.coach.cues import Cue, Output
from rhomboid.sound.listening import Heard, Listening
from rhomboid.sound.settings import SoundSettings
from rhomboid.sound.speech import Speech
from rhomboid.sound.table import CUES, SLOTS, SOUNDS
from rhomboid.sound.tones import Samples, SoundCard, rendered

if TYPE_CHECKING:
    from rhomboid.session import Update

WAITING_MAX = 8
STALE_S = 2.0
"""What has waited so long is no longer true enough to be said."""
REST_AFTER_S = 10.0
"""An open sound card keeps a machine from sleeping well; at the desk there is nothing to hear for hours."""


UNGUIDED = ("slouch", "thank_you")
"""Of what is heard of the events themselves, this is nothing that the coach of a guided session speaks of."""


class Card(Protocol):
    """What plays tones."""

    @property
    def sounding_s(self) -> float: ...
    def play(self, samples: Samples) -> None: ...
    def rest(self) -> None: ...
    def close(self) -> None: ...


class Speaker(Protocol):
    """What speaks."""

    @property
    def speaking(self) -> bool: ...
    def say(self, text: str) -> None: ...
    def hush(self) -> None: ...


class Sounds:
    """Subscribe ``take`` to a session, or ``play`` by name. ``card`` or ``speaker`` None: that is silent."""

    def __init__(
        self, settings: SoundSettings, card: Card | None, speaker: Speaker | None, *, posture: bool = True
    ) -> None:
        self.settings = settings
        self._card, self._speaker = card, speaker
        self._guided = False
        self._listening = Listening(settings.rest_s, posture=posture)
        loud = settings.volume_percent / 100.0
        self._rendered = {name: rendered(sound.notes, loud * sound.loud) for name, sound in SOUNDS.items()}
        self._waiting: deque[tuple[float, Heard]] = deque()
        self._something = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="sounds", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, settings: SoundSettings, *, posture: bool = True) -> tuple[Sounds | None, list[str]]:
        """The sounds that this machine can make, None if none, and in words what it cannot. May take a moment."""
        card = SoundCard.open() if settings.tones else None
        speaker = Speech.open() if settings.speech else None
        missing = [part for part in (card, speaker) if isinstance(part, str)]
        if not isinstance(card, SoundCard) and not isinstance(speaker, Speech):
            return None, missing
        sounds = cls(
            settings,
            card if isinstance(card, SoundCard) else None,
            speaker if isinstance(speaker, Speech) else None,
            posture=posture,
        )
        return sounds, missing

    def take(self, update: Update) -> None:
        """An update of the session; takes no time to speak of."""
        for heard in self._listening.feed(update.events, update.state):
            if not self._guided or heard.name in UNGUIDED:
                self.play(heard.name, heard.detail)

    def cue(self, output: Output) -> None:
        """What the coach of a guided session puts out; from the first on it is the coach who is heard."""
        self._guided = True
        if isinstance(output, Cue) and output.kind in CUES:
            released = output.kind == "hold" and output.number == 0
            self.play("hold_ended" if released else CUES[output.kind], output.text)

    def play(self, name: str, detail: str = "") -> None:
        """A sound of the table, unless it is switched off. ``detail`` is the number or the words to say with it."""
        if not getattr(self.settings, SOUNDS[name].group):
            return
        slot = SLOTS.get(name)
        with self._something:
            if slot is not None:
                self._waiting = deque(x for x in self._waiting if SLOTS.get(x[1].name) != slot)
            if len(self._waiting) >= WAITING_MAX:
                self._waiting.popleft()
            self._waiting.append((time.monotonic(), Heard(name, detail)))
            self._something.notify()

    def close(self) -> None:
        """Lets what is waiting be heard for a moment, then gives card and speech back."""
        with self._something:
            self._closed = True
            self._something.notify()
        self._thread.join(STALE_S)

    def _work(self) -> None:
        while (heard := self._next()) is not None:
            self._sound(heard)
        if self._card is not None:
            deadline = time.monotonic() + 1.0
            while self._card.sounding_s and time.monotonic() < deadline:
                time.sleep(0.01)
            self._card.close()
        if self._speaker is not None:
            self._speaker.hush()

    def _next(self) -> Heard | None:
        """What is to be heard now; None: closed."""
        while True:
            with self._something:
                if not self._waiting and not self._closed:
                    woken = self._something.wait(REST_AFTER_S)
                    if not woken and self._card is not None:
                        self._card.rest()
                if self._waiting:
                    since, heard = self._waiting.popleft()
                    if SOUNDS[heard.name].patient or time.monotonic() - since <= STALE_S:
                        return heard
                elif self._closed:
                    return None

    def _sound(self, heard: Heard) -> None:
        """The tone, then the words; counts cut off what is still heard, patient words let others end."""
        sound = SOUNDS[heard.name]
        if self._card is not None:
            while heard.name not in SLOTS and self._card.sounding_s and not self._closed:
                time.sleep(0.005)
            self._card.play(self._rendered[heard.name])
        words = sound.said.format(heard.detail)
        if self._speaker is not None and words:
            while sound.patient and self._speaker.speaking and not self._count_waits() and not self._closed:
                time.sleep(0.02)
            self._speaker.say(words)

    def _count_waits(self) -> bool:
        with self._something:
            return any(heard.name in SLOTS for _, heard in self._waiting)
