"""What stands behind the dashboard: sessions opened with what goes with them, files, plans and settings."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from rhomboid.commands.house import Doors
from rhomboid.dashboard.house import Wish
from rhomboid.errors import RhomboidError, UsageError
from rhomboid.sound.settings import SoundSettings
from rhomboid.sound.sounds import Sounds

RECORDINGS = Path(__file__).parent.parent / "recordings"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RHOMBOID_HISTORY", raising=False)
    monkeypatch.chdir(tmp_path)


async def test_a_demo_of_one_exercise_is_guided_and_does_what_is_asked() -> None:
    sitting = await Doors().open(Wish(demo=True, exercise="one-arm-row:5"))
    sitting.session.set_speed(64.0)
    reps: list[int] = []

    def take(_: object) -> None:
        assert sitting.guided is not None
        reps.append(sitting.guided.reps)
        if sitting.session.position_s > 80.0:
            sitting.session.stop()

    sitting.session.subscribe(take)
    await sitting.run()
    assert sitting.session.error is None and max(reps) >= 4 and sitting.desk is None


async def test_without_a_plan_training_is_free() -> None:
    sitting = await Doors().open(Wish(demo=True))
    assert sitting.guided is None and sitting.session.counts and sitting.session.can_keep


async def test_sounds_are_as_set_and_what_cannot_be_heard_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[SoundSettings, bool]] = []

    def none_here(settings: SoundSettings, *, posture: bool = True) -> tuple[None, list[str]]:
        asked.append((settings, posture))
        return None, ["there is no sound card"]

    monkeypatch.setattr(Sounds, "open", none_here)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    doors, said = Doors(), list[str]()
    doors.say = said.append
    chosen = SoundSettings(speech=True, volume_percent=20)
    doors.save_settings(msgspec.structs.replace(doors.settings(), sound=chosen))
    for purpose in ("train", "desk"):
        sitting = await doors.open(Wish(purpose=purpose, demo=True))
        sitting.session.stop()
        await sitting.run()
    assert asked == [(chosen, True), (chosen, False)]
    assert said == ["there is no sound card; it stays silent"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    await doors.open(Wish(demo=True))
    assert not asked[-1][0].tones and asked[-1][0].speech
    assert "need the extra audio" in said[-1]


async def test_the_desk_keeps_count_of_the_day_and_can_be_snoozed() -> None:
    sitting = await Doors().open(Wish(purpose="desk", demo=True))
    sitting.session.set_speed(64.0)
    sitting.session.subscribe(lambda _: sitting.session.stop() if sitting.session.position_s > 90.0 else None)
    await sitting.run()
    assert sitting.session.error is None and sitting.desk is not None and sitting.told is not None
    assert sum(map(sum, sitting.desk.minutes.values())) > 60
    assert any("reference" in told.text for told in sitting.told)
    sitting.act("snooze_30")
    assert "snoozed" in sitting.desk.held_by


async def test_a_recording_is_opened_to_be_played_from_anywhere() -> None:
    sitting = await Doors().open(Wish(purpose="replay", file=RECORDINGS / "rows.mcap"))
    assert sitting.session.seekable and not math.isinf(sitting.session.duration_s or math.inf)
    with pytest.raises(UsageError, match="there is no such file"):
        await Doors().open(Wish(purpose="replay", file=Path("nowhere.mcap")))


async def test_recordings_here_and_below_are_found_and_can_be_studied(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "squeezes.mcap").write_bytes((RECORDINGS / "squeezes.mcap").read_bytes())
    (tmp_path / "notes.txt").write_text("no recording")
    assert [file.name for file in Doors().recordings()] == ["squeezes.mcap"]
    seen, editor, _ = await Doors().study(tmp_path / "recordings" / "squeezes.mcap")
    assert len(seen.t_s) and not editor.annotations.stretches


def test_plans_settings_and_the_past_are_the_users_own() -> None:
    doors = Doors()
    plan = next(p for p in doors.plans() if p.id == "gentle-in-bed")
    assert doors.plan_in_use() == "" and not doors.sessions()
    doors.use_plan(plan)
    assert doors.plan_in_use() == plan.id and doors.weeks_ahead(plan, 2)
    settings = doors.settings()
    changed = msgspec.structs.replace(settings, screen=msgspec.structs.replace(settings.screen, theme="contrast"))
    doors.save_settings(changed)
    assert Doors().settings() == changed


async def test_what_goes_wrong_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut.mcap").write_bytes((RECORDINGS / "rows.mcap").read_bytes()[:100])
    with pytest.raises(RhomboidError):
        await Doors().open(Wish(purpose="replay", file=tmp_path / "cut.mcap"))
    with pytest.raises(RhomboidError):
        await Doors().open(Wish(demo=True, exercise="no-such-exercise"))
