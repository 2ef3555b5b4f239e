"""The user's settings: read within bounds, complained about by file, line and key, and never half written or lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.dashboard.settings import ScreenSettings
from rhomboid.errors import DataError
from rhomboid.recording.settings import RecordingSettings
from rhomboid.settings_file import UserSettings, as_toml, load, save, settings_path
from rhomboid.sound.settings import SoundSettings


def test_what_was_saved_is_read_again_with_its_meaning_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.toml"
    assert load(path) == UserSettings()
    chosen = UserSettings(desk=DeskSettings(alerts_a_day=3, quiet_from="22:30"), sound=SoundSettings(speech=True))
    save(chosen, path)
    assert load(path) == chosen
    text = path.read_text()
    assert "# at most so many alerts a day; 0: none (0 to 50)\nalerts_a_day = 3" in text
    assert "(bell, notification, tone)\ntell = " in text
    assert [p.name for p in path.parent.iterdir()] == ["settings.toml"]


times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(
    st.builds(
        UserSettings,
        desk=st.builds(
            DeskSettings,
            alerts_a_day=st.integers(0, 50),
            delay_s=st.floats(5.0, 3600.0),
            quiet_from=times,
            tell=st.sampled_from(["notification", "tone", "bell"]),
        ),
        sound=st.builds(SoundSettings, rest_s=st.floats(10.0, 600.0), speech=st.booleans()),
    )
)
def test_whatever_is_set_survives_being_written(tmp_path_factory: pytest.TempPathFactory, chosen: UserSettings) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.unlink(missing_ok=True)
    save(chosen, path)
    assert load(path) == chosen


def test_a_file_with_one_line_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("[desk]\nalerts_a_day = 2\n")
    assert load(path) == UserSettings(desk=DeskSettings(alerts_a_day=2))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version = 1\n\n[desk]\nalerts_a_day = 99\n", 4, "desk.alerts_a_day: expected `int` <= 50"),
        ("[sound]\ntones = true\n[desk]\n# x\nquiet_to = '8:00'\n", 5, "desk.quiet_to: expected `str` matching"),
        ("[desk]\nthreshhold_deg = 3\n", 2, "desk.threshhold_deg: there is no such setting"),
        ("[desks]\nx = 3\n", 1, "desks: there is no such setting"),
        ("[sound]\nspeech = 'yes'\n", 2, "sound.speech: expected `bool`, got `str`"),
        ("[desk]\ndelay_s = \n", 2, "no TOML"),
        ("desk = 3\n", 1, "desk: expected `object`"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_key(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["version = 2\n[future]\nx = 1\n", "not toml at all", "[desk]\nalerts_a_day = -1\n"])
def test_a_file_that_is_not_understood_is_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(DataError):
        save(UserSettings(), path)
    assert path.read_text() == text


def test_a_newer_version_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("version = 7\n")
    with pytest.raises(DataError, match=r"newer version of the program \(7; this one knows 1\); update the program"):
        load(path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot be written"):
        save(UserSettings(), tmp_path / "s.toml")


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.toml"
    save(UserSettings(), path)
    before = path.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        save(UserSettings(sound=SoundSettings(speech=True)), path)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.toml"]


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_file_gives_settings_or_a_complaint_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        load(path)
    except DataError as error:
        assert str(error).isprintable()


def test_every_setting_says_what_it_is_for() -> None:
    groups = (DeskSettings, SoundSettings, ScreenSettings, RecordingSettings)
    for group in groups:
        properties = msgspec.json.schema(group)["$defs"][group.__name__]["properties"]
        assert all(schema["description"] for schema in properties.values())
    assert as_toml(UserSettings()).count("\n# ") == sum(len(group.__struct_fields__) for group in groups)


def test_the_place_is_the_users_own() -> None:
    assert settings_path().name == "settings.toml"
    assert "rhomboid" in str(settings_path())
