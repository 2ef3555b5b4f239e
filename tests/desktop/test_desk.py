"""The desk as a whole around a session: alerts reach the person, answers reach the policy, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rhomboid import events as e
from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.desk_state import Kept
from rhomboid.desktop import desk as desk_room
from rhomboid.desktop.desk import Desk
from rhomboid.desktop.diary import Diary
from rhomboid.desktop.store import KeptFile
from rhomboid.history.store import History
from rhomboid.motion.pipeline import MotionState, Trace
from rhomboid.session import Update
from tests.desktop.fake_desktop import NOTIFICATIONS, FakeDesktop

ALWAYS = DeskSettings(quiet_from="00:00", quiet_to="00:00")
UPRIGHT = e.PostureChanged(at_s=1.0, start_s=0.0, posture="upright")
SLOUCH = e.SlouchStarted(at_s=145.0, start_s=100.0, tilt_deg=17.0)
OVER = e.SlouchEnded(at_s=202.0, start_s=100.0, alert_s=145.0, end_s=200.0, peak_deg=20.0)


def update(t_s: float, *events: e.Event) -> Update:
    trace = np.array([t_s])
    return Update(events, Trace(trace, trace, trace), MotionState(t_s=t_s))


class FakeSession:
    """Runs until it is told to end."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.subscribers: list[Callable[[Update], None]] = []

    def subscribe(self, subscriber: Callable[[Update], None]) -> Callable[[], None]:
        self.subscribers.append(subscriber)
        return lambda: self.subscribers.remove(subscriber)

    async def run(self) -> None:
        await self.over.wait()


class Scene:
    """A desk that runs, with what it said, played and rang."""

    def __init__(self, settings: DeskSettings = ALWAYS, *, sound: bool = True, **more: Any) -> None:
        self.session = FakeSession()
        self.said: list[str] = []
        self.played: list[str] = []
        self.rung = 0
        sounds = SimpleNamespace(play=self.played.append) if sound else None
        self.desk = Desk(
            self.session,  # type: ignore[arg-type]
            settings,
            lambda local_s, words: self.said.append(words),
            sounds=sounds,  # type: ignore[arg-type]
            bell=self._ring,
            **more,
        )

    def _ring(self) -> None:
        self.rung += 1

    async def begin(self) -> None:
        self._running = asyncio.ensure_future(self.desk.run())
        await self.until(lambda: self.session.subscribers)

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(8.0):
            while not what():
                await asyncio.sleep(0.01)

    def slouch(self) -> None:
        for subscriber in self.session.subscribers:
            subscriber(update(150.0, UPRIGHT, SLOUCH))

    def sit_up(self) -> None:
        for subscriber in self.session.subscribers:
            subscriber(update(203.0, e.PostureChanged(at_s=201.0, start_s=200.0, posture="upright"), OVER))

    async def end(self) -> None:
        self.session.over.set()
        await self._running


@pytest.fixture
async def begun() -> AsyncIterator[Callable[..., Any]]:
    scenes: list[Scene] = []

    async def begin(*args: Any, **more: Any) -> Scene:
        scene = Scene(*args, **more)
        scenes.append(scene)
        await scene.begin()
        return scene

    yield begin
    for scene in scenes:
        await scene.end()


async def test_an_alert_is_shown_and_its_answer_becomes_a_label(
    desktop: FakeDesktop, begun: Callable[..., Any], tmp_path: Path
) -> None:
    pytest.importorskip("desktop_notifier")
    file = KeptFile(tmp_path / "desk.json")
    scene = await begun(simulated=True, file=file)
    scene.slouch()
    await scene.until(lambda: desktop.shown)
    assert desktop.shown[0].text.startswith("17° off your upright posture for 46 s.")
    desktop.press("That was not a slouch")
    await scene.until(lambda: scene.said[-1] == "that was not a slouch: the tolerance is now 1° wider")
    assert scene.played == []
    assert scene.rung == 0
    kept, trouble = file.load()
    assert trouble == ""
    assert kept.raised_deg == 1.0
    again = Scene(kept=kept)
    assert again.desk.coach.state(again.desk.local_s).left == 7


async def test_a_break_that_is_asked_for_is_explained(desktop: FakeDesktop, begun: Callable[..., Any]) -> None:
    pytest.importorskip("desktop_notifier")
    scene = await begun(simulated=True)
    scene.slouch()
    await scene.until(lambda: desktop.shown)
    desktop.press("Two-minute break")
    await scene.until(lambda: len(desktop.shown) == 2)
    assert desktop.shown[1].text.startswith("a break of 2 min: get up")
    assert desktop.shown[1].buttons == {}
    for subscriber in scene.session.subscribers:
        subscriber(update(400.0))
    assert scene.played == ["break_over"]


async def test_without_a_service_it_says_so_once_and_a_tone_is_heard(bus: str, begun: Callable[..., Any]) -> None:
    scene = await begun(simulated=True)
    scene.slouch()
    assert scene.played == ["slouch"]
    assert [x for x in scene.said if "told by a tone" in x] == [scene.said[0]]


async def test_without_sound_it_is_the_bell(bus: str, begun: Callable[..., Any]) -> None:
    scene = await begun(sound=False, simulated=True)
    scene.slouch()
    assert scene.rung == 1
    assert "the terminal's bell" in scene.said[0]


@pytest.mark.parametrize(("tell", "played", "rung"), [("tone", ["slouch"], 0), ("bell", [], 1)])
async def test_it_is_told_as_chosen(
    desktop: FakeDesktop, begun: Callable[..., Any], tell: Any, played: list[str], rung: int
) -> None:
    scene = await begun(DeskSettings(quiet_from="00:00", quiet_to="00:00", tell=tell), simulated=True)
    scene.slouch()
    assert (scene.played, scene.rung) == (played, rung)
    await asyncio.sleep(0.1)
    assert desktop.shown == []


async def test_a_service_that_goes_away_is_replaced_by_a_tone(bus: str, begun: Callable[..., Any]) -> None:
    pytest.importorskip("desktop_notifier")
    desktop = FakeDesktop()
    await desktop.start(bus, NOTIFICATIONS)
    scene = await begun(simulated=True)
    await desktop.vanish()
    scene.slouch()
    await scene.until(lambda: scene.played == ["slouch"])
    assert sum("does not answer" in x for x in scene.said) == 1


async def test_a_correction_is_thanked_for_quietly(desktop: FakeDesktop, begun: Callable[..., Any]) -> None:
    scene = await begun(simulated=True)
    scene.slouch()
    scene.sit_up()
    assert scene.played == ["thank_you"]
    assert any(x.startswith("thank you") for x in scene.said)


async def test_a_locked_screen_pauses_and_unlocking_resumes(desktop: FakeDesktop, begun: Callable[..., Any]) -> None:
    scene = await begun()
    desktop.saver(True)
    await scene.until(lambda: "paused: the screen is locked" in scene.said)
    desktop.saver(False)
    await scene.until(lambda: scene.said[-1] == "resumed")


async def test_a_sleep_of_the_machine_is_noticed_afterwards(
    bus: str, begun: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [1_000_000.0]
    monkeypatch.setattr(desk_room, "local_clock", lambda: now_s[0])
    monkeypatch.setattr(desk_room, "LOOK_S", 0.05)
    scene = await begun()
    await asyncio.sleep(0.1)
    assert "paused: the machine is asleep" not in scene.said
    now_s[0] += 3600.0
    await scene.until(lambda: "resumed" in scene.said)
    begin = scene.said.index("the machine slept for 60 min, or its clock was set")
    assert scene.said[begin + 1 : begin + 3] == ["paused: the machine is asleep", "resumed"]


async def test_the_session_is_in_the_history(bus: str, begun: Callable[..., Any], tmp_path: Path) -> None:
    trouble: list[str] = []
    diary = Diary(trouble.append, tmp_path / "history.sqlite3")
    scene = await begun(simulated=True, diary=diary)
    scene.slouch()
    diary.update(scene.desk.coach, 150.0)
    scene.sit_up()
    scene.desk.act("not_a_slouch")
    diary.update(scene.desk.coach, 203.0)
    await scene.end()
    with History(tmp_path / "history.sqlite3") as history:
        (session,) = history.sessions()
    assert (session.kind, session.ended_because) == ("desk", "finished")
    assert [(x.start_s, x.alerted, x.refuted) for x in session.slouches] == [(100.0, True, True)]
    assert session.posture.upright > 1.0
    assert trouble == []


async def test_a_history_that_cannot_be_written_is_said_once_and_stops_nothing(
    bus: str, begun: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "history.sqlite3").mkdir()
    trouble: list[str] = []
    diary = Diary(trouble.append, tmp_path / "history.sqlite3")
    scene = await begun(simulated=True, diary=diary)
    scene.slouch()
    diary.update(scene.desk.coach, 150.0)
    diary.update(scene.desk.coach, 151.0)
    await scene.end()
    assert len(trouble) == 1
    assert trouble[0].endswith("this session is not kept")


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_kept_file_is_whole_and_what_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    file = KeptFile(tmp_path / "desk.json")
    assert file.load() == (Kept(), "")
    assert file.save(Kept(raised_deg=2.0)) == ""
    assert file.load()[0].raised_deg == 2.0
    for damaged in (b"{", b'{"version":1,"raised_deg":"far"}', b'{"version":2}'):
        (tmp_path / "desk.json").write_bytes(damaged)
        kept, trouble = file.load()
        assert kept == Kept()
        assert "begins anew" in trouble
        assert (tmp_path / "desk.unread.json").read_bytes() == damaged
        assert not (tmp_path / "desk.json").exists()


def test_that_nothing_can_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    words = KeptFile(tmp_path / "no" / "such" / "desk.json").save(Kept())
    assert words.startswith("the desk's state cannot be written")
