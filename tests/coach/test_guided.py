"""The guided session on scripted events: what is said when, what is kept, and that every key has its way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rhomboid import events as e
from rhomboid.coach import safety
from rhomboid.coach.cues import Cue, Output, SessionOver, SetExpected, SetKept
from rhomboid.coach.flow import ANSWER_S, EFFORT_S, GET_READY_S, READING_S, SIDE_CHANGE_S
from rhomboid.coach.guided import GuidedSession, Tick
from rhomboid.coach.plan import PlannedSession
from rhomboid.coach.record import SetRecord
from rhomboid.imu import CommandKind
from tests.coach.acted import CATALOGUE, asked, planned

ROW, SQUEEZE, STRETCH, CURL = "one-arm-row", "shoulder-blade-squeeze", "doorway-stretch", "biceps-curl"
BEGIN_S = ANSWER_S + GET_READY_S
"""A session without warm-up: the question about pain and the time to get ready are over."""


class Room:
    """A guided session, its clock, and somebody who moves."""

    def __init__(self, session: PlannedSession, **options: object) -> None:
        self.guided = GuidedSession(session, CATALOGUE.exercises, **options)  # type: ignore[arg-type]
        self.out: list[Output] = []
        self.t_s = 0.0
        self._set = -1
        self.wait(0.0)

    def hear(self, *events: e.Event) -> None:
        for event in events:
            self.out += self.guided.feed(event)

    def wait(self, seconds: float) -> None:
        self.t_s += seconds
        self.out += self.guided.feed(Tick(self.t_s))

    def until(self, t_s: float) -> None:
        self.wait(t_s - self.t_s)

    def tell(self, kind: CommandKind, value: int | None = None, text: str = "") -> None:
        self.hear(e.CommandGiven(at_s=self.t_s, kind=kind, value=value, text=text))
        self.wait(0.05)

    def reps(self, count: int, *, every_s: float = 3.0, back_s: float = 1.0, start: int = 1) -> None:
        """Counted one by one, as the core does when it was told of the set."""
        if start == 1:
            self._set += 1
            self.hear(e.SetStarted(at_s=self.t_s, set_index=self._set, start_s=self.t_s))
        for number in range(start, start + count):
            self.wait(every_s)
            self.hear(self.rep(number, self.t_s, every_s=every_s, back_s=back_s))
        self.wait(0.3)

    def rep(self, number: int, at_s: float, *, every_s: float = 3.0, back_s: float = 1.0) -> e.RepCompleted:
        movement = e.Movement(
            start_s=at_s - 0.9 * every_s, peak_s=at_s - 1.0, end_s=at_s - 0.1, range_deg=20.0, confidence=0.9,
            out_s=1.0, back_s=back_s,
        )  # fmt: skip
        return e.RepCompleted(at_s=at_s, set_index=self._set, number=number, movement=movement)

    def closed(self, reps: Sequence[e.RepCompleted], live: int, *reasons: str) -> e.SetClosed:
        movements = tuple(rep.movement for rep in reps)
        odd = e.Movement(start_s=0.0, peak_s=1.0, end_s=2.0, range_deg=9.0, confidence=0.4)
        corrections = tuple(e.Correction(change="struck_out", movement=odd, reason=reason) for reason in reasons)
        return e.SetClosed(
            at_s=self.t_s, set_index=self._set, start_s=movements[0].start_s if movements else 0.0, end_s=self.t_s,
            reps=len(movements), live_reps=live, movements=movements, corrections=corrections,
        )  # fmt: skip

    @property
    def phase(self) -> str:
        return self.guided.state.phase

    @property
    def words(self) -> list[str]:
        return [o.text for o in self.out if isinstance(o, Cue)]

    def said(self, *kinds: str) -> list[str]:
        return [o.text for o in self.out if isinstance(o, Cue) and o.kind in kinds]

    @property
    def kept(self) -> list[SetRecord]:
        """Each set as it was kept last."""
        return list({o.index: o.record for o in self.out if isinstance(o, SetKept)}.values())


def ready(*exercises: object, **options: object) -> Room:
    """A room in which the first set can begin."""
    room = Room(planned(*exercises), **options)  # type: ignore[arg-type]
    room.until(BEGIN_S + 0.2)
    return room


# --- phases -----------------------------------------------------------------------------------------------------------


def test_a_session_goes_by_without_a_key() -> None:
    room = ready(asked(ROW, 2, 5, rest_s=40.0))
    assert room.phase == "working" and "Go when you are ready: 5 reps" in room.words
    room.reps(5)
    assert room.guided.state.reps == 5 and room.guided.state.started
    room.wait(7.0)
    assert room.phase == "rest" and room.guided.state.question == "effort"
    assert "Set over: 5 of 5" in room.words
    rest_s = room.guided.state.left_s
    assert rest_s is not None and room.kept[0].end_s + 40.0 == pytest.approx(room.t_s + rest_s, abs=0.2)
    room.wait(rest_s + 0.2)
    assert room.phase == "working" and room.guided.state.set_number == 2
    assert room.said("countdown")[-4:] == ["10 seconds left", "3", "2", "1"]
    room.reps(4)
    room.wait(16.0)
    room.wait(EFFORT_S + ANSWER_S)
    assert room.phase == "done" and room.guided.state.because == "finished"
    assert [(s.reps, s.number, s.ended_by) for s in room.kept] == [(5, 1, "stillness"), (4, 2, "stillness")]
    assert isinstance(room.out[-1], SessionOver)
    expected = [o.going_on for o in room.out if isinstance(o, SetExpected)]
    assert expected == [True, False, True, False]


def test_the_count_says_how_many_are_left_and_goes_on_above_the_target() -> None:
    room = ready(asked(ROW, 1, 4))
    room.reps(6)
    assert room.said("count") == ["1", "2, two more", "3, last one", "4, that is all of them", "5", "6"]
    room.wait(8.0)
    assert room.kept[0].reps == 6 and room.kept[0].target_reps == 4


def test_three_that_are_announced_at_once_are_said_once() -> None:
    room = ready(asked(ROW, 1, 8))
    room.wait(9.0)
    room.hear(*(room.rep(n, room.t_s) for n in (1, 2, 3)))
    room.wait(0.2)
    assert room.said("count") == ["3"] and room.guided.state.reps == 3


def test_the_warning_signs_come_before_the_first_session_and_whenever_asked_for() -> None:
    room = Room(planned(asked(ROW, 1, 5)), first=True)
    assert room.phase == "red_flags"
    assert all(flag.lower() in " ".join(room.said("safety")).lower() for flag in safety.RED_FLAGS)
    room.until(READING_S + 0.2)
    assert room.phase == "pain_before"
    before = len(room.said("safety"))
    room.tell("red_flags")
    assert len(room.said("safety")) == 2 * before and room.phase == "pain_before"


def test_warm_up_counts_down_and_enter_goes_on() -> None:
    room = Room(planned(asked(ROW, 1, 5), warm_up_min=3.0))
    room.tell("number", 2)
    assert room.phase == "warm_up" and room.guided.state.length_s == pytest.approx(180.0)
    room.wait(171.0)
    assert room.said("countdown") == ["1 minute left", "10 seconds left"]
    room.tell("go")
    assert room.phase == "get_ready"
    assert room.guided.record("2026-01-05T09:00:00+00:00").pain_before == 2


def test_sides_change_without_a_rest_and_sets_with_one() -> None:
    room = ready(asked(ROW, 2, 5, sides=("left", "right")))
    room.reps(5)
    room.wait(7.0)
    assert (room.phase, room.guided.state.side) == ("side_change", "right")
    room.wait(SIDE_CHANGE_S)
    room.reps(5)
    room.wait(7.0)
    assert (room.phase, room.guided.state.side, room.guided.state.set_number) == ("rest", "left", 2)
    assert [(s.number, s.side) for s in room.kept] == [(1, "left"), (1, "right")]


def test_a_long_hold_goes_by_the_clock() -> None:
    room = ready(asked(STRETCH, 1, hold_s=30.0))
    room.wait(31.0)
    assert room.said("hold") == ["hold", "half way", "3", "2", "1", "release"]
    (done,) = room.kept
    assert (done.reps, done.sensor_reps, done.ended_by) == (1, None, "time")
    assert done.holds[0].end_s - done.holds[0].start_s == pytest.approx(30.0, abs=0.2)


def test_what_the_sensor_cannot_see_is_done_with_a_key() -> None:
    room = ready(asked(CURL, 1, 10))
    room.wait(100.0)
    assert room.phase == "working"
    room.tell("go")
    (done,) = room.kept
    assert (done.reps, done.sensor_reps, done.ended_by) == (10, None, "key")


# --- cues in a set ----------------------------------------------------------------------------------------------------


def test_a_way_back_that_is_much_too_quick_is_told_now_and_then_and_never_of_the_first() -> None:
    room = ready(asked(ROW, 1, 12))
    room.reps(1, back_s=0.2)
    room.reps(1, back_s=1.2, start=2)
    assert room.said("tempo") == []
    room.reps(9, back_s=0.2, start=3)
    assert room.said("tempo") == ["slower on the way back"] * 2
    room.reps(4, back_s=1.2, start=12)
    assert len(room.said("tempo")) == 2


def test_a_hold_in_a_repetition_is_counted_down_to_its_release() -> None:
    room = ready(asked(SQUEEZE, 1, 3, hold_s=5.0))
    room.reps(1, every_s=8.0)
    start_s = room.t_s + 1.0
    room.wait(2.0)
    room.hear(e.HoldStarted(at_s=start_s + 1.0, start_s=start_s))
    room.until(start_s + 5.2)
    assert room.said("hold") == ["hold", "3", "2", "1", "release"]
    room.hear(e.HoldEnded(at_s=room.t_s, start_s=start_s, end_s=start_s + 5.1))
    room.wait(1.0)
    room.hear(room.rep(2, room.t_s, every_s=8.0))
    room.wait(30.0)
    assert [h.end_s - h.start_s for h in room.kept[0].holds] == [pytest.approx(5.1)]


# --- ends and beginnings ----------------------------------------------------------------------------------------------


def test_movement_in_the_rest_begins_the_next_set_early() -> None:
    room = ready(asked(ROW, 2, 3, rest_s=60.0))
    room.reps(3)
    room.wait(20.0)
    assert room.phase == "rest"
    room.reps(3)
    assert (room.phase, room.guided.state.set_number, room.guided.state.reps) == ("working", 2, 3)
    room.wait(10.0)
    assert [s.reps for s in room.kept] == [3, 3]


def test_getting_up_after_a_set_does_not_begin_the_next_one() -> None:
    room = ready(asked(ROW, 2, 3, rest_s=60.0))
    room.reps(3)
    room.wait(7.0)
    assert room.phase == "rest"
    room.hear(room.rep(4, room.t_s))
    room.wait(1.0)
    assert room.phase == "rest" and [s.reps for s in room.kept] == [3]


def test_a_set_that_fell_short_goes_on_when_it_is_taken_up_again_soon() -> None:
    room = ready(asked(ROW, 2, 8, rest_s=60.0))
    room.reps(4)
    room.until(room.t_s + 14.0)
    assert room.phase == "rest" and room.kept[0].reps == 4
    room.hear(room.rep(5, room.t_s + 2.0))
    assert room.phase == "working" and room.guided.state.reps == 5 and room.guided.state.set_number == 1
    room.until(room.t_s + 30.0)
    assert [s.reps for s in room.kept] == [5]


def test_the_look_back_changes_what_is_kept_and_says_why() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(5)
    found = [room.rep(n, BEGIN_S + 4.0 * n) for n in range(1, 5)]
    room.wait(7.0)
    room.hear(room.closed(found, 5, "after the last repetition: coming out of position"))
    assert room.kept[0].reps == 4 and room.kept[0].live_reps == 5 and room.kept[0].sensor_reps == 4
    assert room.said("set")[-1] == "Counted again: 4, not 5 (after the last repetition: coming out of position)"


def test_a_look_back_that_finds_no_set_at_all_is_not_believed() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(5)
    room.wait(7.0)
    room.hear(room.closed([], 5, "together these movements were not alike enough for a set"))
    assert room.kept[0].reps == 5


def test_what_the_user_corrected_stays_as_the_user_said() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(5)
    room.wait(7.0)
    room.tell("count", 1)
    room.hear(room.closed([room.rep(n, BEGIN_S + 4.0 * n) for n in range(1, 5)], 5, "part of another"))
    done = room.kept[0]
    assert (done.reps, done.sensor_reps, done.live_reps) == (6, 4, 5)
    assert [(c.kind, c.amount) for c in done.corrections] == [("count", 1)]


# --- keys -------------------------------------------------------------------------------------------------------------


def test_corrections_in_the_set_and_after_it() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(3)
    room.tell("count", -1)
    assert room.guided.state.reps == 2
    room.reps(2, start=4)
    room.wait(14.0)
    assert room.phase == "rest" and room.kept[0].reps == 4
    room.tell("set_count", 7)
    assert room.kept[0].reps == 7
    room.tell("count", -20)
    assert room.kept[0].reps == 0
    room.tell("discard")
    assert room.kept[0].discarded
    room.tell("discard")
    assert room.words[-1] == "That set is out already"


def test_redo_asks_for_the_set_again() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(2)
    room.tell("redo")
    assert room.phase == "get_ready" and room.guided.state.set_number == 1
    assert [(s.discarded, s.corrections[-1].kind) for s in room.kept] == [(True, "redo")]
    room.wait(GET_READY_S + 1.0)
    room.reps(5)
    room.wait(7.0)
    assert [(s.number, s.discarded) for s in room.kept] == [(1, True), (1, False)]
    room.tell("redo")
    assert room.phase == "rest" and room.guided.state.set_number == 1


def test_skip_leaves_the_exercise_out_and_swap_puts_another_in_its_place() -> None:
    room = ready(asked(ROW, 3, 5), asked(SQUEEZE, 1, 5, hold_s=3.0))
    other = CATALOGUE.exercises[ROW].alternatives[0]
    room.tell("swap")
    state = room.guided.state
    assert (room.phase, state.exercise and state.exercise.id, state.sets) == ("get_ready", other, 3)
    room.tell("swap", text="no-such-thing")
    assert room.words[-1].startswith("There are: ")
    room.tell("skip")
    assert room.guided.state.exercise == CATALOGUE.exercises[SQUEEZE]
    room.tell("skip")
    assert room.phase == "done"


def test_a_pause_stops_the_clock_and_the_count() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(3)
    room.tell("pause")
    room.hear(room.rep(4, room.t_s + 5.0))
    room.wait(100.0)
    assert room.phase == "paused" and room.guided.state.reps == 3
    room.tell("pause")
    assert room.phase == "working"
    room.wait(5.0)
    assert room.phase == "working"
    room.wait(10.0)
    assert room.phase == "rest" and room.kept[0].reps == 3
    left_s = room.guided.state.left_s
    room.tell("pause")
    room.wait(50.0)
    room.tell("go")
    assert room.guided.state.left_s == pytest.approx(left_s, abs=0.2)


def test_sharp_pain_is_one_key() -> None:
    room = ready(asked(ROW, 3, 5), asked(SQUEEZE, 1, 5, hold_s=3.0))
    room.reps(2)
    room.tell("sharp_pain")
    assert room.phase == "paused" and room.guided.state.hurt
    assert safety.SHARP_PAIN in room.words and any("off for today" in words for words in room.words)
    assert [(s.reps, s.ended_by) for s in room.kept] == [(2, "sharp_pain")]
    room.wait(600.0)
    assert room.phase == "paused"
    room.tell("go")
    assert room.guided.state.exercise == CATALOGUE.exercises[SQUEEZE]
    assert ROW not in [other.id for other in room.guided.state.alternatives]
    room.tell("sharp_pain")
    room.tell("end", text="pain")
    room.tell("number", 8)
    assert room.phase == "done" and room.guided.state.because == "sharp_pain"


@pytest.mark.parametrize("reason", ["pain", "tired", "time", "other"])
def test_it_can_end_early_and_the_reason_is_kept(reason: str) -> None:
    room = ready(asked(ROW, 3, 5))
    room.tell("number", 3)
    room.reps(2)
    room.tell("end", text=reason)
    assert room.phase == "pain_after"
    room.tell("number", 6)
    record = room.guided.record("2026-01-05T09:00:00+00:00")
    assert (record.ended_because, record.pain_after, [s.reps for s in record.sets]) == (reason, 6, [2])


def test_pain_that_is_high_or_has_grown_is_answered_with_advice() -> None:
    assert "professional" in safety.about_pain_before(8) and not safety.about_pain_before(2)
    assert "more than before" in safety.about_pain_after(3, 5) and not safety.about_pain_after(3, 4)


def test_effort_load_and_notes_are_kept() -> None:
    room = ready(asked(ROW, 2, 5))
    room.tell("load", text="6,5")
    room.reps(5)
    room.wait(7.0)
    room.tell("number", 11)
    room.tell("number", 7)
    room.tell("note", text="left shoulder stiff")
    assert (room.kept[0].effort, room.kept[0].load_kg) == (7, 6.5)
    assert room.guided.state.load == "6.5 kg"
    assert room.guided.record("2026-01-05T09:00:00+00:00").note == "left shoulder stiff"


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_lost_link_and_a_gap_cost_no_repetition() -> None:
    room = ready(asked(ROW, 1, 8))
    room.reps(4)
    room.hear(e.LinkChanged(at_s=room.t_s, state="lost", reason="dropped", words="come nearer"))
    assert room.words[-1] == "No link to the sensor: your set keeps its 4. come nearer"
    start_s, room.t_s = room.t_s, room.t_s + 20.0
    room.hear(e.LinkChanged(at_s=start_s, state="streaming"))
    room.hear(e.GapMarked(at_s=room.t_s, start_s=start_s, end_s=room.t_s, reason="the link dropped"))
    assert room.phase == "working" and room.words[-1] == "Nothing from the sensor for 20 seconds: your set keeps its 4"
    room.reps(4, start=5)
    assert room.guided.state.reps == 8


def test_no_countdown_is_said_for_a_time_that_nobody_knows() -> None:
    room = ready(asked(ROW, 2, 5, rest_s=45.0))
    room.reps(5)
    room.wait(7.0)
    before = len(room.said("countdown"))
    room.hear(e.GapMarked(at_s=room.t_s + 60.0, start_s=room.t_s, end_s=room.t_s + 60.0, reason="the link dropped"))
    room.wait(61.0)
    assert room.phase == "working" and len(room.said("countdown")) == before


def test_the_end_of_the_stream_keeps_the_set_in_hand() -> None:
    room = ready(asked(ROW, 2, 5))
    room.reps(3)
    room.out += room.guided.finish()
    assert [(s.reps, s.ended_by) for s in room.kept] == [(3, "interrupted")]
    assert room.guided.state.because == "interrupted"
    assert room.guided.finish() == []


def test_a_session_that_was_broken_off_goes_on_where_it_was() -> None:
    room = ready(asked(ROW, 2, 5, sides=("left", "right")))
    room.reps(5)
    room.wait(7.0)
    going_on = Room(planned(asked(ROW, 2, 5, sides=("left", "right"))), done=room.kept)
    going_on.until(BEGIN_S + 0.2)
    state = going_on.guided.state
    assert (state.side, state.set_number, state.sets_done, state.sets_left) == ("right", 1, 1, 3)
    going_on.reps(5)
    going_on.wait(8.0)
    assert [o.index for o in going_on.out if isinstance(o, SetKept)] == [1]
    assert len(going_on.guided.record("2026-01-05T09:00:00+00:00").sets) == 2


def test_a_set_that_is_never_seen_is_asked_about_and_can_be_typed_in() -> None:
    room = ready(asked(SQUEEZE, 1, 6, hold_s=5.0))
    room.wait(50.0)
    assert room.words[-1].startswith("I see no repetition yet")
    room.tell("go")
    room.wait(0.5)
    room.tell("go")
    assert "type = and how many you did" in room.said("set")[-1]
    room.tell("set_count", 6)
    assert (room.kept[0].reps, room.kept[0].sensor_reps) == (6, 0)
