"""What is heard of a session: which sound, the newest count, nothing without hardware, and nobody waits for it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rhomboid import events as e
from rhomboid.coach.cues import Cue, CueKind
from rhomboid.motion.pipeline import MotionState, Trace
from rhomboid.session import Update
from rhomboid.sound import speech, tones
from rhomboid.sound.listening import Heard, Listening
from rhomboid.sound.settings import SoundSettings
from rhomboid.sound.sounds import WAITING_MAX, Sounds
from rhomboid.sound.speech import Program, Speech
from rhomboid.sound.table import SLOTS, SOUNDS, Note
from rhomboid.sound.tones import EDGE_S, RATE_HZ, Samples, SoundCard, rendered

REP = e.RepCompleted(
    at_s=2.0,
    set_index=0,
    number=3,
    movement=e.Movement(start_s=0.0, peak_s=1.0, end_s=2.0, range_deg=20.0, confidence=1.0),
)
CLOSED = e.SetClosed(at_s=30.0, set_index=0, start_s=0.0, end_s=25.0, reps=8, live_reps=8, movements=())
SLOUCH = e.SlouchStarted(at_s=50.0, start_s=5.0, tilt_deg=20.0)
OVER = e.SlouchEnded(at_s=80.0, start_s=5.0, alert_s=50.0, end_s=78.0, peak_deg=22.0)


def update(*events: e.Event, state: MotionState | None = None) -> Update:
    nothing = np.empty(0)
    return Update(events, Trace(nothing, nothing, nothing), state or MotionState())


def eventually(what: Callable[[], bool], within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.002)


# --- which sound ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (REP, [Heard("rep", "3")]),
        (CLOSED, [Heard("set_closed", "8")]),
        (e.HoldEnded(at_s=9.0, start_s=3.0, end_s=8.0), [Heard("hold_ended")]),
        (SLOUCH, [Heard("slouch")]),
        (OVER, []),  # there was no alert
        (e.LinkChanged(at_s=1.0, state="lost"), [Heard("link_lost")]),
        (e.LinkChanged(at_s=1.0, state="streaming"), []),  # it was never lost
        (e.SetStarted(at_s=1.0, set_index=0, start_s=0.0), []),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_an_event_sounds_like(event: e.Event, heard: list[Heard]) -> None:
    assert Listening(45.0).feed((event,), MotionState()) == heard


def test_a_lost_link_is_heard_once_however_often_it_is_tried_and_then_its_return() -> None:
    listening = Listening(45.0)
    states = ["lost", "looking", "lost", "looking", "connecting", "streaming", "streaming"]
    events = [e.LinkChanged(at_s=1.0, state=state) for state in states]  # type: ignore[arg-type]
    assert [x.name for x in listening.feed(tuple(events), MotionState())] == ["link_lost", "link_back"]


def test_the_seconds_of_a_hold_are_counted() -> None:
    listening = Listening(45.0)
    heard = []
    for tenth in range(35):
        heard += listening.feed((), MotionState(t_s=tenth / 10, holding_s=tenth / 10))
    heard += listening.feed((), MotionState(t_s=3.6))
    heard += listening.feed((), MotionState(t_s=9.0, holding_s=1.2))
    assert [x.detail for x in heard] == ["1", "2", "3", "1"]


def test_the_rest_is_over_once_unless_another_set_began() -> None:
    listening = Listening(45.0)
    listening.feed((CLOSED,), MotionState(t_s=30.0))
    assert listening.feed((), MotionState(t_s=69.9)) == []
    assert listening.feed((), MotionState(t_s=70.0)) == [Heard("rest_over")]
    assert listening.feed((), MotionState(t_s=90.0)) == []
    listening.feed((CLOSED, e.SetStarted(at_s=60.0, set_index=1, start_s=58.0)), MotionState(t_s=60.0))
    assert listening.feed((), MotionState(t_s=200.0)) == []


def test_the_tempo_ticks_every_second_of_the_way_out_and_back_in_a_set() -> None:
    listening = Listening(45.0)

    def ticks(phase: str, since_s: float, *, in_set: bool = True) -> int:
        states = [MotionState(t_s=since_s + i / 10, phase=phase, in_set=in_set) for i in range(26)]
        return sum(len(listening.feed((), state)) for state in states)

    assert [ticks("out", 10.0), ticks("pause", 13.0), ticks("back", 16.0), ticks("rest", 19.0)] == [2, 0, 2, 0]
    assert ticks("out", 30.0, in_set=False) == 0


def test_a_correction_is_thanked_for_and_the_desk_speaks_for_itself() -> None:
    assert Listening(45.0).feed((SLOUCH, OVER), MotionState()) == [Heard("slouch"), Heard("thank_you")]
    assert Listening(45.0, posture=False).feed((SLOUCH, OVER), MotionState()) == []


def test_every_sound_of_the_table_can_be_switched_off_and_rendered() -> None:
    fields = SoundSettings.__struct_fields__
    for sound in SOUNDS.values():
        assert sound.group in fields
        samples = rendered(sound.notes, 1.0)
        assert 0.01 < len(samples) / RATE_HZ < 1.0
        assert np.abs(samples[[0, -1]].astype(int)).max() < 500  # no click
    assert set(SLOTS) <= set(SOUNDS)


def test_a_tone_has_its_pitch_length_and_volume() -> None:
    samples = rendered([Note(440.0, 0.5)], 0.5)
    assert len(samples) == round(0.5 * RATE_HZ)
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() / 0.5 == pytest.approx(440.0, abs=2.0)
    assert 0.4 < np.abs(samples.astype(int)).max() / 32767 <= 0.5
    assert np.abs(samples[: int(EDGE_S * RATE_HZ / 8)].astype(int)).max() < 2500


# --- the queue --------------------------------------------------------------------------------------------------------


class FakeCard:
    """Hears, and takes as long for it as it is told."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.heard: list[int] = []
        self.rested = self.closed = False
        self.sounding_s = 0.0
        self.go_on = threading.Event()
        self._takes_s = takes_s

    def play(self, samples: Samples) -> None:
        self.heard.append(len(samples))
        if self._takes_s:
            self.go_on.wait(self._takes_s)

    def rest(self) -> None:
        self.rested = True

    def close(self) -> None:
        self.closed = True


class FakeSpeech:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.speaking = False

    def say(self, text: str) -> None:
        self.said.append(text)

    def hush(self) -> None:
        self.speaking = False


@pytest.fixture
def close() -> Iterator[Callable[[Sounds], Sounds]]:
    opened: list[Sounds] = []

    def keep(sounds: Sounds) -> Sounds:
        opened.append(sounds)
        return sounds

    yield keep
    for sounds in opened:
        sounds.close()


def test_a_count_is_a_tone_and_a_word_and_what_is_switched_off_is_neither(close: Callable[[Sounds], Sounds]) -> None:
    card, speaker = FakeCard(), FakeSpeech()
    sounds = close(Sounds(SoundSettings(link=False), card, speaker))
    sounds.take(update(e.LinkChanged(at_s=1.0, state="lost"), REP))
    eventually(lambda: speaker.said == ["3"])
    assert card.heard == [len(rendered(SOUNDS["rep"].notes, 1.0))]


def test_the_session_never_waits_and_the_newest_count_wins(close: Callable[[Sounds], Sounds]) -> None:
    card, speaker = FakeCard(takes_s=10.0), FakeSpeech()
    sounds = close(Sounds(SoundSettings(), card, speaker))
    sounds.play("rep", "1")
    eventually(lambda: len(card.heard) == 1)
    began = time.monotonic()
    for number in range(2, 500):
        sounds.play("rep", str(number))
    sounds.play("link_lost")
    assert time.monotonic() - began < 1.0  # the card is busy for ten
    card.go_on.set()
    eventually(lambda: len(speaker.said) == 3)
    assert speaker.said == ["1", "499", "the sensor is lost"]


def test_the_queue_is_bounded_and_drops_the_oldest(close: Callable[[Sounds], Sounds]) -> None:
    card, speaker = FakeCard(takes_s=10.0), FakeSpeech()
    sounds = close(Sounds(SoundSettings(), card, speaker))
    sounds.play("guide", "first")
    eventually(lambda: len(card.heard) == 1)
    for number in range(100):
        sounds.play("guide", str(number))
    card.go_on.set()
    eventually(lambda: "99" in speaker.said)
    assert speaker.said == ["first", *map(str, range(100 - WAITING_MAX, 100))]


def test_what_waited_too_long_is_not_said(close: Callable[[Sounds], Sounds], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rhomboid.sound.sounds.STALE_S", 0.05)
    card, speaker = FakeCard(takes_s=10.0), FakeSpeech()
    sounds = close(Sounds(SoundSettings(), card, speaker))
    sounds.play("rep", "1")
    eventually(lambda: len(card.heard) == 1)
    sounds.play("rep", "2")
    time.sleep(0.1)
    card.go_on.set()
    sounds.play("link_lost")
    eventually(lambda: "the sensor is lost" in speaker.said)
    assert "2" not in speaker.said


def test_closing_gives_the_card_back_after_what_was_waiting() -> None:
    card = FakeCard()
    sounds = Sounds(SoundSettings(), card, None)
    sounds.play("rep", "1")
    sounds.close()
    assert card.heard
    assert card.closed


def test_the_card_may_sleep_when_there_is_nothing_to_hear(
    close: Callable[[Sounds], Sounds], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rhomboid.sound.sounds.REST_AFTER_S", 0.05)
    card = FakeCard()
    close(Sounds(SoundSettings(), card, None))
    eventually(lambda: card.rested)


def cue(kind: CueKind, text: str, number: int | None = None) -> Cue:
    return Cue(at_s=1.0, kind=kind, text=text, number=number)


def test_a_guided_session_is_heard_through_its_coach_and_nothing_twice(close: Callable[[Sounds], Sounds]) -> None:
    card, speaker = FakeCard(), FakeSpeech()
    sounds = close(Sounds(SoundSettings(), card, speaker))
    for said in (cue("phase", "Rest for 45 seconds"), cue("reply", "noted"), cue("count", "6, two more", 6)):
        sounds.cue(said)
        sounds.take(update(REP, CLOSED, SLOUCH))
        eventually(lambda: len(speaker.said) == len(card.heard) > 0 and not sounds._waiting)
    assert [x for x in speaker.said if x != "sit tall"] == ["Rest for 45 seconds", "6, two more"]


def test_the_seconds_of_a_guided_hold_are_counted_down_to_its_end(close: Callable[[Sounds], Sounds]) -> None:
    card, speaker = FakeCard(), FakeSpeech()
    sounds = close(Sounds(SoundSettings(), card, speaker))
    for number, text in ((5, "hold"), (1, "1"), (0, "release")):
        sounds.cue(cue("hold", text, number))
        eventually(lambda text=text: text in speaker.said)  # type: ignore[misc]
    lengths = [len(rendered(SOUNDS[name].notes, 1.0)) for name in ("countdown", "countdown", "hold_ended")]
    assert card.heard == lengths


def test_instructions_are_heard_out_unless_a_count_comes(close: Callable[[Sounds], Sounds]) -> None:
    speaker = FakeSpeech()
    sounds = close(Sounds(SoundSettings(), None, speaker))
    speaker.speaking = True
    sounds.play("guide", "stand tall")
    time.sleep(0.1)
    assert speaker.said == []
    speaker.speaking = False
    eventually(lambda: speaker.said == ["stand tall"])
    speaker.speaking = True
    sounds.play("guide", "breathe")
    sounds.play("rep", "1")
    eventually(lambda: "1" in speaker.said)


# --- without hardware, and with a stand-in for it ---------------------------------------------------------------------


def test_without_sound_it_is_silent_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tones.importlib, "import_module", _missing)
    monkeypatch.setattr(speech.shutil, "which", lambda name: None)
    sounds, missing = Sounds.open(SoundSettings(speech=True))
    assert sounds is None
    assert [words.split(" (")[0] for words in missing] == [
        "tones need the extra audio",
        "there is no speech on this machine",
    ]


def _missing(name: str) -> object:
    raise ImportError(name)


class FakeDevice:
    """As miniaudio's PlaybackDevice: asks a generator for frames."""

    def __init__(self, **_: object) -> None:
        self.backend = "Null"
        self.source: object = None
        self.closed = False

    def start(self, source: object) -> None:
        self.source = source

    def stop(self) -> None:
        self.source = None

    def close(self) -> None:
        self.closed = True


def test_a_machine_without_a_sound_card_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        MiniaudioError = RuntimeError
        PlaybackDevice = FakeDevice

    monkeypatch.setattr(tones.importlib, "import_module", lambda name: Library)
    assert SoundCard.open() == "there is no sound card"

    def fails(**_: object) -> None:
        raise RuntimeError("no such device")

    monkeypatch.setattr(Library, "PlaybackDevice", fails)
    assert SoundCard.open() == "there is no sound card that can be used"


def test_the_card_gets_the_whole_tone_then_silence_and_a_new_tone_cuts_it_off() -> None:
    device = FakeDevice()
    card = SoundCard(device, RuntimeError)
    tone = np.arange(1, 1001, dtype=np.int16)
    card.play(tone)
    source = device.source
    assert card.sounding_s == pytest.approx(1000 / RATE_HZ)
    got = [source.send(441) for _ in range(3)]  # type: ignore[attr-defined]
    assert np.array_equal(np.concatenate(got)[:1000], tone)
    assert not np.concatenate(got)[1000:].any()
    card.play(tone)
    source.send(441)  # type: ignore[attr-defined]
    card.play(-tone)
    assert source.send(441)[0] == -1  # type: ignore[attr-defined]
    card.rest()
    assert device.source is None
    card.play(tone)
    assert device.source is not source


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the speech")
def test_speech_is_cut_off_by_newer_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    program = tmp_path / "talk"
    program.write_text(f"#!/bin/sh\nread -r words\nprintf '%s\\n' \"$words\" >> {said}\nexec sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    talk = Speech(Program(sys.platform, ("talk",)))
    talk.say("1")
    eventually(lambda: said.exists() and said.read_text() != "")
    assert talk.speaking
    began = time.monotonic()
    talk.say("2\x1b")
    eventually(lambda: len(said.read_text().splitlines()) == 2)
    assert time.monotonic() - began < 5.0
    talk.hush()
    assert not talk.speaking
    assert said.read_text().splitlines() == ["1", "2\\x1b"]


def test_speech_that_cannot_be_started_is_silence() -> None:
    talk = Speech(Program(sys.platform, ("no-such-program-anywhere",)))
    talk.say("1")
    assert not talk.speaking
