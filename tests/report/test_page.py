"""The page: whole, harmless whatever a user wrote, honest about what it does not have."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import sys
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from rhomboid.coach.plan import Plan, PlanItem, PlanSession
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.history.store import History
from rhomboid.report.page import page
from rhomboid.report.period import Period
from rhomboid.report.traces import signal_of
from tests.command_line import Done, rhomboid

from .four_weeks import FIRST, PLACE, TODAY, four_weeks, seen

pytestmark = pytest.mark.xdist_group("report")  # the page of four weeks is made once
PERIOD = Period(FIRST, TODAY)
MADE_AT = datetime(2026, 11, 21, 18, 0, tzinfo=PLACE)
PLAN = Plan(
    id="five-exercises", name="", about="", days_a_week=3, sessions=(PlanSession(items=(PlanItem(exercise="row"),)),)
)


@cache
def whole() -> str:
    return page(
        four_weeks(), PERIOD, MADE_AT, who="A. Person", plans={PLAN.id: PLAN}, names={"one-arm-row": "One-arm row"}
    )


def of(*sessions: SessionRecord, who: str = "") -> str:
    return page(sessions, PERIOD, MADE_AT, who=who)


class Read(HTMLParser):
    """Tags, their attributes, the text; and that all that was opened is closed in order."""

    VOID = ("meta", "img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", list[str]()
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data


def test_it_says_who_when_with_what_and_what_it_is_not() -> None:
    text = Read(whole()).text
    for said in (
        "A. Person", "2026-10-26 to 2026-11-21", "WT901BLE (simulated)", "no medical device", "not muscle tension",
        "One-arm row", "shoulder-blade-squeeze", "Session by session", "the left shoulder blade felt stiff",
        "Sharp pain ended a set on 2026-11-04", "9 in 4 weeks", "3 a week", "weeks without",
    ):  # fmt: skip
        assert said in text, said


def test_it_loads_nothing_and_runs_nothing() -> None:
    read = Read(whole())
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "link", "iframe", "object", "form", "a", "svg", "base"})
    for tag, attributes in read.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/svg+xml;base64,") and attributes["alt"]
    pictures = [base64.b64decode(a["src"].split(",")[1]) for t, a in read.tags if t == "img" and a["src"]]
    assert len(pictures) == 6 + 9
    for svg in pictures:
        links = {link for link in re.findall(rb'(?:href|src|url)\s*[=(]\s*["\']?([^"\')]*)', svg) if link[:1] != b"#"}
        assert not links, links


def test_the_policy_lets_in_its_own_style_and_pictures_alone() -> None:
    style = re.search(r"<style>(.*?)</style>", whole(), re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for t, a in Read(whole()).tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:") and f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


HOSTILE = '"><script>alert(1)</script><img src=http://x/> $\\frac{1}$ \x1b[2J\u202e 肩'


def test_whatever_a_user_wrote_is_text() -> None:
    (first, *_) = (s for s in four_weeks() if s.kind == "train")
    sets = tuple(msgspec.structs.replace(done, exercise=HOSTILE) for done in first.sets)
    desk = next(s for s in four_weeks() if s.kind == "desk")
    slouches = tuple(msgspec.structs.replace(x, answered_by=1, answered_with=HOSTILE) for x in desk.slouches)
    made = of(
        msgspec.structs.replace(first, sets=sets, note=HOSTILE, plan=HOSTILE, sensor=HOSTILE),
        msgspec.structs.replace(desk, slouches=slouches),
        who=HOSTILE,
    )
    read = Read(made)
    assert "script" not in {tag for tag, _ in read.tags}
    assert all((a.get("src") or "data:").startswith("data:") for _, a in read.tags)
    assert read.text.count("<script>alert(1)</script>") >= 5
    assert "\x1b" not in made and "\u202e" not in made


def test_the_same_history_makes_the_same_page() -> None:
    session = recorded(recording=None)
    assert of(session) == of(session)


BARE = SessionRecord(started_at="2026-11-20T18:00:00+01:00")
CASES = {
    "nothing in it": BARE,
    "a set by hand": msgspec.structs.replace(
        BARE, sets=(SetRecord(exercise="curl", number=1, start_s=0.0, end_s=0.0, reps=0),)
    ),
    "only discarded": msgspec.structs.replace(
        BARE, sets=(SetRecord(exercise="curl", number=1, start_s=0.0, end_s=9.0, reps=5, discarded=True),)
    ),
    "a desk where nothing is known": msgspec.structs.replace(BARE, kind="desk"),
    "pain once": msgspec.structs.replace(BARE, pain_before=3),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bare_history_makes_a_page_as_well(name: str) -> None:
    assert "Training report" in Read(of(CASES[name])).text


# --- the traces of the sets ---


def recorded(**changes: object) -> SessionRecord:
    first = next(s for s in four_weeks() if s.recording)
    return msgspec.structs.replace(first, **changes)  # type: ignore[arg-type]


def test_the_movement_comes_from_the_recording() -> None:
    session = recorded()
    signal = signal_of(session)
    t_s, movement_deg = signal.of(session.sets[0])
    assert signal.missing == "" and len(t_s) > 1000
    assert t_s[0] == pytest.approx(session.sets[0].start_s - 2.0, abs=0.05)
    far = max(session.sets[0].movements, key=lambda m: m.range_deg)
    inside = (t_s > far.start_s) & (t_s < far.end_s)
    assert movement_deg[inside].max() > 0.8 * far.range_deg


def test_without_its_recording_a_set_is_shown_from_what_was_stored_and_that_is_said(tmp_path: Path) -> None:
    _, _, recording, digest = seen("rows")
    changed = tmp_path / "changed.mcap"
    shutil.copy(recording, changed)
    with changed.open("ab") as file:
        file.write(b"x")
    foreign = tmp_path / "foreign.mcap"
    foreign.write_bytes(b"no recording")
    for session, why in (
        (recorded(recording=None), "it was not recorded"),
        (recorded(recording=str(tmp_path / "gone.mcap")), "no longer where it was"),
        (recorded(recording="\0"), "no longer where it was"),
        (recorded(recording=str(changed), recording_sha256=digest), "not the same any more"),
        (
            recorded(recording=str(foreign), recording_sha256=hashlib.sha256(b"no recording").hexdigest()),
            "cannot be read",
        ),
    ):
        assert why in signal_of(session).missing
    read = Read(of(recorded(recording=str(changed))))
    assert "Repetitions as they were stored, without the movement: its recording is not the same any more" in read.text
    assert sum(tag == "img" for tag, _ in read.tags) >= 4


# --- the command ---


def run(history: Path, *arguments: str | Path, env: dict[str, str] | None = None) -> Done:
    with patch.dict(os.environ, {"RHOMBOID_HISTORY": str(history), **(env or {})}):
        return rhomboid("report", *arguments)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "history.sqlite3"
    with History(path) as opened:
        opened.add_all([recorded(started_at=datetime.now().astimezone().isoformat())])
    return path


def test_the_command_writes_one_file_and_replaces_none(history: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.html"
    done = run(history, "--last", "99w", "--who", "A. Person", "-o", out)
    assert (done.returncode, done.stdout) == (0, f"{out}\n")
    assert "A. Person" in Read(out.read_text()).text and [p.name for p in tmp_path.iterdir()] == ["mine.html"]
    again = run(history, "--last", "99w", "-o", out)
    assert again.returncode == 2 and "exists already" in again.stderr
    assert run(history, "--last", "99w", "-o", out, "--force").returncode == 0
    own = history.parent / "rhomboid" / "plans"
    own.mkdir(parents=True)
    (own / "broken.toml").write_text("id =")
    told = run(history, "-o", out, "--force", env={"XDG_CONFIG_HOME": str(history.parent)})
    assert told.returncode == 0 and "broken.toml" in told.stderr and "one-arm-row" in Read(out.read_text()).text


def test_what_is_missing_is_said_in_one_line(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: str, history: Path = history, **env: str) -> str:
        done = run(history, *arguments, "-o", tmp_path / "x.html", env=env)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
        return done.stderr

    assert "as in 4w or 30d" in refused("--last", "soon")
    assert "no Chromium, Chrome or Edge" in refused("--pdf", PATH="")
    assert "no session" in refused(history=tmp_path / "none.sqlite3")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'rhomboid[report]'" in refused()
    assert not (tmp_path / "x.html").exists()
