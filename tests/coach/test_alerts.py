"""Which slouch becomes an alert: rare, never two in a row, never when it is not wanted, and the same in any pieces."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid import events as e
from rhomboid.coach import desk_decisions as d
from rhomboid.coach.alerts import CREDIT_S, RAISE_MAX_DEG, SPACING_S, DeskCoach
from rhomboid.coach.desk_day import DAY_S
from rhomboid.coach.desk_settings import DeskSettings
from rhomboid.coach.desk_state import Kept
from rhomboid.events import Event

MORNING_S = 20_000 * DAY_S + 9 * 3600.0
"""Nine o'clock on some day."""
DELAY_S = 45.0


def posture(at_s: float, name: e.Posture, since_s: float | None = None) -> e.PostureChanged:
    return e.PostureChanged(at_s=at_s, start_s=at_s - 1.0 if since_s is None else since_s, posture=name)


def slouch(start_s: float, end_s: float, tilt_deg: float = 20.0, after: e.Posture = "upright") -> list[Event]:
    """What the signal core says of a slouch."""
    told: list[Event] = [posture(start_s + 1.0, "leaning_forward", start_s)]
    if end_s - start_s >= DELAY_S:
        told.append(e.SlouchStarted(at_s=start_s + DELAY_S, start_s=start_s, tilt_deg=tilt_deg))
    told.append(posture(end_s + 1.0, after, end_s))
    if end_s - start_s >= DELAY_S:
        alert_s = start_s + DELAY_S
        told.append(
            e.SlouchEnded(at_s=end_s + 2.0, start_s=start_s, alert_s=alert_s, end_s=end_s, peak_deg=tilt_deg + 2.0)
        )
    return told


def squeezes(start_s: float, reps: int) -> e.SetClosed:
    end_s = start_s + 4.0 * reps
    return e.SetClosed(
        at_s=end_s + 5.0, set_index=0, start_s=start_s, end_s=end_s, reps=reps, live_reps=reps, movements=()
    )


def play(coach: DeskCoach, told: Sequence[Event], until_s: float, local_s: float = MORNING_S) -> list[d.Decision]:
    """All at once; ``local_s`` is the wall clock at the sensor's 0."""
    return coach.feed(told, until_s, local_s + until_s)


def of(kind: type[d.Decision], decisions: Iterable[d.Decision]) -> list[d.Decision]:
    return [decision for decision in decisions if isinstance(decision, kind)]


def alerts(decisions: Iterable[d.Decision]) -> list[float]:
    """When, in s since nine o'clock."""
    return [decision.local_s - MORNING_S for decision in of(d.Alert, decisions)]


START = [posture(1.0, "upright", 0.0)]


def test_the_first_slouch_is_told_after_the_delay_and_a_short_one_never() -> None:
    told = [*START, *slouch(100, 130), *slouch(300, 400)]
    assert alerts(play(DeskCoach(DeskSettings()), told, 1000.0)) == [346.0]  # the next whole second


def test_a_slouch_is_told_once_however_long_it_lasts() -> None:
    told = [*START, *slouch(100, 7000)]
    assert len(alerts(play(DeskCoach(DeskSettings()), told, 7100.0))) == 1


def test_the_budget_goes_to_the_longest_slouches() -> None:
    """Three spent within an hour of the morning: a slouch of two minutes is no longer told, a long one is."""
    coach = DeskCoach(DeskSettings())
    told = list(START)
    for start in (0, 900, 1800):
        told += slouch(start + 10, start + 600)
    told += [*slouch(2700, 2820), *slouch(3300, 4300)]
    found = alerts(play(coach, told, 5000.0))
    waits = [at - start for at, start in zip(found, (10, 910, 1810, 3300), strict=True)]
    assert waits == sorted(waits)
    assert waits[0] == DELAY_S + 1.0
    assert 120 < waits[3] < 1000


def test_what_was_not_spent_in_the_morning_makes_the_afternoon_patient_no_more() -> None:
    coach = DeskCoach(DeskSettings())
    play(coach, [*START, *slouch(100, 300)], 400.0)
    assert coach.required_s(MORNING_S + 400.0) > DELAY_S
    assert coach.required_s(MORNING_S + 6 * 3600.0) == DELAY_S


def test_none_while_it_is_quiet_snoozed_or_muted_and_again_afterwards() -> None:
    late_s = 20_000 * DAY_S + 20.99 * 3600.0
    assert not of(d.Alert, play(DeskCoach(DeskSettings()), [*START, *slouch(10, 3000)], 3100.0, late_s))

    early_s = 20_000 * DAY_S + 7.5 * 3600.0
    (first,) = of(d.Alert, play(DeskCoach(DeskSettings()), [*START, *slouch(10, 3000)], 3100.0, early_s))
    assert first.local_s == early_s + 1800.0  # eight o'clock

    coach = DeskCoach(DeskSettings())
    assert coach.act("snooze_30", MORNING_S) == [d.Snoozed(local_s=MORNING_S, until_local_s=MORNING_S + 1800.0)]
    assert alerts(play(coach, [*START, *slouch(10, 3000)], 3100.0)) == [1800.0]

    coach = DeskCoach(DeskSettings())
    coach.act("mute", MORNING_S)
    assert coach.state(MORNING_S).held_by == "muted until tomorrow"
    assert not alerts(play(coach, [*START, *slouch(10, 3000)], 3100.0))
    assert [d.describe(x) for x in coach.act("listen", MORNING_S + 3100.0)] == ["no longer muted"]
    coach.act("mute", MORNING_S + 3100.0)
    assert coach.state(MORNING_S + 3200.0).held_by
    (ended,) = play(coach, [], DAY_S - 1.0)
    assert isinstance(ended, d.DayEnded)
    assert coach.state(MORNING_S + DAY_S).held_by == ""


@pytest.mark.parametrize("after", ["upright", "moving", "not_worn", "cannot_tell"])
def test_a_correction_is_thanked_for_and_taking_the_sensor_off_is_none(after: e.Posture) -> None:
    coach = DeskCoach(DeskSettings())
    found = of(d.ThankYou, play(coach, [*START, *slouch(100, 200, after=after), *slouch(300, 330)], 400.0))
    assert len(found) == (after in ("upright", "moving"))
    for thanks in found:
        assert isinstance(thanks, d.ThankYou)
        assert thanks.aloud
        assert thanks.after_s == pytest.approx(54.0)


def test_no_thanks_for_a_slouch_that_was_not_told_and_none_aloud_unless_wished() -> None:
    coach = DeskCoach(DeskSettings(alerts_a_day=1, thank_you=False))
    found = of(d.ThankYou, play(coach, [*START, *slouch(100, 200), *slouch(900, 2000)], 2100.0))
    assert len(found) == 1
    assert isinstance(found[0], d.ThankYou)
    assert not found[0].aloud


def test_it_pauses_with_the_reason_and_resumes_by_itself() -> None:
    coach = DeskCoach(DeskSettings())
    lost = e.LinkChanged(at_s=50.0, state="lost", reason="dropped")
    looking = e.LinkChanged(at_s=50.0, state="looking")
    back = e.LinkChanged(at_s=50.0, state="streaming")
    found = play(coach, [*START, lost, looking], 50.0)
    assert [d.describe(x) for x in found] == ["paused: no link to the sensor"]
    assert coach.state(MORNING_S + 60.0).held_by == "paused: no link to the sensor"
    assert [d.describe(x) for x in play(coach, [back], 60.0)] == ["resumed"]
    found = play(coach, [posture(100.0, "not_worn", 70.0)], 100.0)
    assert [d.describe(x) for x in found] == ["paused: not worn"]
    assert coach.pause("the screen is locked", MORNING_S + 110.0) == []
    assert [d.describe(x) for x in play(coach, [posture(120.0, "upright")], 120.0)] == ["paused: the screen is locked"]
    assert [d.describe(x) for x in coach.resume("the screen is locked", MORNING_S + 130.0)] == ["resumed"]
    assert coach.state(MORNING_S + 130.0).held_by == ""


def test_nobody_is_met_with_an_alert_on_coming_back() -> None:
    coach = DeskCoach(DeskSettings())
    coach.pause("the screen is locked", MORNING_S)
    assert not alerts(play(coach, [*START, *slouch(100, 2000)][:3], 1000.0))
    coach.resume("the screen is locked", MORNING_S + 1000.0)
    assert alerts(play(coach, [], 1500.0)) == [1000.0 + DELAY_S]


def test_that_was_no_slouch_widens_the_tolerance_within_bounds_and_can_be_undone() -> None:
    coach = DeskCoach(DeskSettings(alerts_a_day=50, quiet_from="00:00", quiet_to="00:00"))
    t_s, steps = 0.0, []
    for _ in range(9):
        assert len(of(d.Alert, play(coach, slouch(t_s + 10, t_s + 1900), t_s + 2000.0))) == 1
        t_s += 2000.0
        (label,) = coach.act("not_a_slouch", MORNING_S + t_s)
        assert isinstance(label, d.NotASlouch)
        assert coach.act("not_a_slouch", MORNING_S + t_s) == []  # said once is enough
        steps.append(label.raised_deg)
    assert steps == sorted(steps)
    assert max(steps) == RAISE_MAX_DEG
    assert coach.threshold_deg == 12.0 + RAISE_MAX_DEG
    assert all(record.refuted for record in coach.slouches)
    for _ in range(9):
        coach.act("undo_not_a_slouch", MORNING_S + t_s)
    assert coach.threshold_deg == 12.0
    assert not any(record.refuted for record in coach.slouches)
    assert coach.act("undo_not_a_slouch", MORNING_S + t_s) == []


def test_a_wider_tolerance_holds_at_once_and_after_a_restart() -> None:
    coach = DeskCoach(DeskSettings())
    play(coach, [*START, *slouch(100, 200, 12.5)], 1000.0)
    coach.act("not_a_slouch", MORNING_S + 1000.0)
    assert not alerts(play(coach, slouch(1100, 1900, 12.5), 2000.0))
    assert len(alerts(play(coach, slouch(2100, 2900, 13.5), 3000.0))) == 1
    again = DeskCoach(DeskSettings(), msgspec.json.decode(msgspec.json.encode(coach.kept), type=Kept))
    assert again.threshold_deg == 13.0


@pytest.mark.parametrize(("begun_s", "credited"), [(30.0, 6), (CREDIT_S - 1.0, 6), (CREDIT_S + 60.0, 0)])
def test_squeezes_soon_after_an_alert_answer_it(begun_s: float, credited: int) -> None:
    coach = DeskCoach(DeskSettings())
    found = play(coach, [*START, *slouch(100, 160), squeezes(145.0 + begun_s, 6)], 2000.0)
    assert [x.reps for x in of(d.Answered, found) if isinstance(x, d.Answered)] == [6][: bool(credited)]
    assert coach.slouches[0].answered_by == credited
    assert coach.slouches[0].alerted
    assert coach.state(MORNING_S + 2000.0).breaks == 1  # a break it was in any case


def test_a_break_that_was_asked_for_holds_alerts_back_and_counts() -> None:
    coach = DeskCoach(DeskSettings())
    play(coach, [*START, *slouch(10, 1000)[:1]], 20.0)
    (begun,) = coach.act("break", MORNING_S + 20.0)
    assert d.describe(begun).startswith("a break of 2 min")
    told = [*slouch(10, 1000)[1:2], squeezes(60.0, 5)]
    found = play(coach, told, 400.0)
    assert d.describe(found[0]) == "the break is over: 5 reps"
    assert alerts(found) == [141.0]


def test_the_minutes_of_the_day_say_how_it_was_sat() -> None:
    coach = DeskCoach(DeskSettings())
    gap = e.GapMarked(at_s=1300.0, start_s=1200.0, end_s=1300.0, reason="the link dropped")
    told = [*START, *slouch(600, 900), posture(1300.0, "cannot_tell"), gap, posture(1310.0, "upright")]
    told += [posture(1330.0, "moving"), posture(1430.0, "not_worn", 1400.0)]
    play(coach, told, 1500.0)
    sat = coach.state(MORNING_S + 1500.0).posture
    assert sat.slouching * 60 == pytest.approx(302, abs=2)
    assert sat.cannot_tell * 60 == pytest.approx(110, abs=2)
    assert sat.not_worn * 60 == pytest.approx(100, abs=2)  # from when it was put down
    assert sat.moving * 60 == pytest.approx(70, abs=2)
    assert sum(msgspec.structs.astuple(sat)) * 60 == pytest.approx(1500)
    session = coach.session("2024-10-04T09:00:00+02:00")
    assert msgspec.structs.astuple(session.posture) == msgspec.structs.astuple(sat)
    assert (session.kind, len(session.slouches), session.ended_because) == ("desk", 1, None)
    assert set(coach.state(MORNING_S).minutes) == {int((MORNING_S + 60 * i) // 60) for i in range(26)}


def test_a_break_is_half_a_minute_of_movement_and_a_reach_is_none() -> None:
    coach = DeskCoach(DeskSettings())
    reach = [posture(1000.0, "moving"), posture(1010.0, "upright")]
    walk = [posture(2000.0, "moving"), posture(2100.0, "upright")]
    play(coach, [*START, *reach, *walk], 3000.0)
    state = coach.state(MORNING_S + 3000.0)
    assert state.breaks == 1
    assert state.since_break_s == pytest.approx(870, abs=35)
    assert state.longest_static_s == pytest.approx(2030, abs=5)


def test_nobody_is_said_to_sit_still_while_nothing_is_known() -> None:
    coach = DeskCoach(DeskSettings())
    play(coach, [*START, posture(1000.0, "not_worn"), posture(9000.0, "upright")], 9500.0)
    state = coach.state(MORNING_S + 9500.0)
    assert state.longest_static_s < 1200
    assert state.since_break_s == pytest.approx(500, abs=2)
    assert state.breaks == 0


def test_a_slouch_that_a_gap_ends_is_not_told_in_the_gap() -> None:
    coach = DeskCoach(DeskSettings(delay_s=100.0))
    over = e.SlouchEnded(at_s=900.0, start_s=100.0, alert_s=145.0, end_s=190.0, peak_deg=20.0)
    gap = e.GapMarked(at_s=900.0, start_s=190.0, end_s=900.0, reason="the link dropped")
    play(coach, [*START, *slouch(100, 5000)[:2]], 180.0)
    assert not alerts(play(coach, [over, posture(900.0, "cannot_tell", 190.0), gap], 1000.0))


def test_the_day_turns_in_the_middle_of_the_quiet_hours_and_is_told_once() -> None:
    coach = DeskCoach(DeskSettings())
    play(coach, [*START, *slouch(100, 300)], 400.0)
    found = play(coach, [], 20 * 3600.0)
    (ended,) = of(d.DayEnded, found)
    assert isinstance(ended, d.DayEnded)
    assert (ended.local_s - MORNING_S) / 3600 == pytest.approx(17.5, abs=0.01)  # half past two
    assert len(ended.day.alerts_local_s) == 1
    assert "1 alert" in d.describe(ended)
    assert coach.state(MORNING_S + 20 * 3600.0).left == 8


def test_a_clock_that_is_set_back_gives_no_second_alert_and_no_endless_snooze() -> None:
    coach = DeskCoach(DeskSettings())
    assert len(of(d.Alert, play(coach, [*START, *slouch(100, 300)], 310.0))) == 1
    assert not of(d.Alert, play(coach, slouch(310, 600), 650.0, MORNING_S - 3600.0))
    coach.act("snooze_30", MORNING_S + 5 * DAY_S)
    assert coach.state(MORNING_S).snoozed_until_local_s is None


# --- laws -------------------------------------------------------------------------------------------------------------

LASTS_S = st.sampled_from([10, 50, 100, 300, 900])
BETWEEN_S = st.sampled_from([3, 60, 400])


@st.composite
def sittings(draw: st.DrawFn) -> tuple[list[Event], float]:
    told: list[Event] = [posture(1.0, "upright", 0.0)]
    t_s = 2.0
    for _ in range(draw(st.integers(1, 6))):
        start_s = t_s + draw(BETWEEN_S) + draw(st.floats(0.0, 1.0))
        end_s = start_s + draw(LASTS_S)
        told += slouch(start_s, end_s, draw(st.floats(12.0, 30.0)), draw(st.sampled_from(["upright", "moving"])))
        t_s = end_s + 3.0
        if draw(st.booleans()):
            told.append(squeezes(t_s + 1.0, 4))
            t_s += 30.0
        if draw(st.integers(0, 3)) == 0:
            told.append(posture(t_s + 30.0, "cannot_tell", t_s))
            told.append(e.GapMarked(at_s=t_s + 30.0, start_s=t_s, end_s=t_s + 30.0, reason="lost"))
            t_s += 31.0
    return sorted(told, key=lambda event: event.at_s), t_s + 100.0


def settings() -> st.SearchStrategy[DeskSettings]:
    times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
    return st.builds(
        DeskSettings,
        alerts_a_day=st.integers(0, 12),
        delay_s=st.sampled_from([45.0, 90.0]),
        quiet_from=times,
        quiet_to=times,
    )


Beginning = st.integers(0, 86_399).map(lambda second: 20_000 * DAY_S + second)


def in_pieces(
    coach: DeskCoach, told: list[Event], until_s: float, local_s: float, cuts: list[float]
) -> list[d.Decision]:
    found: list[d.Decision] = []
    waiting = list(told)
    for cut in [*sorted(c * until_s for c in cuts), until_s]:
        # No sample comes in the middle of a gap.
        gaps = [event for event in told if isinstance(event, e.GapMarked) and event.start_s < cut < event.end_s]
        to_s = gaps[0].start_s if gaps else cut
        now = [event for event in waiting if event.at_s <= to_s]
        waiting = waiting[len(now) :]
        found += coach.feed(now, to_s, local_s + to_s)
    return found


@given(sittings(), settings(), Beginning, st.lists(st.floats(0.0, 1.0), max_size=40))
def test_any_pieces_give_the_same_decisions(
    sitting: tuple[list[Event], float], chosen: DeskSettings, local_s: float, cuts: list[float]
) -> None:
    told, until_s = sitting
    whole, pieces = DeskCoach(chosen), DeskCoach(chosen)
    at_once = whole.feed(told, until_s, local_s + until_s)
    cut = in_pieces(pieces, told, until_s, local_s, cuts)
    # The wall clock at a piece's end is a float of its own; to the microsecond it is the same.
    assert [_rounded(x) for x in at_once if not isinstance(x, d.DayEnded)] == [
        _rounded(x) for x in cut if not isinstance(x, d.DayEnded)
    ]
    assert len(at_once) == len(cut)
    assert whole.slouches == pieces.slouches
    assert whole.state(local_s + until_s).minutes == pieces.state(local_s + until_s).minutes


def _rounded(decision: d.Decision) -> object:
    told = msgspec.to_builtins(decision)
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in told.items()}


ACTIONS = st.sampled_from(["", "", "snooze_30", "not_a_slouch", "break", "listen", "undo_not_a_slouch", "restart"])


@given(sittings(), settings(), Beginning, st.lists(st.tuples(st.floats(0.0, 1.0), ACTIONS), max_size=12))
def test_never_two_within_ten_minutes_never_over_budget_never_when_quiet(
    sitting: tuple[list[Event], float], chosen: DeskSettings, local_s: float, acts: list[tuple[float, str]]
) -> None:
    told, until_s = sitting
    coach = DeskCoach(chosen)
    found: list[d.Decision] = []
    snoozed_s: list[tuple[float, float]] = []
    waiting = list(told)
    for to_s, action in [*sorted((at * until_s, action) for at, action in acts), (until_s, "")]:
        now = [event for event in waiting if event.at_s <= to_s]
        waiting = waiting[len(now) :]
        found += coach.feed(now, to_s, local_s + to_s)
        if action == "restart":
            coach = DeskCoach(chosen, msgspec.json.decode(msgspec.json.encode(coach.kept), type=Kept))
        elif action:
            done = coach.act(action, local_s + to_s)  # type: ignore[arg-type]
            snoozed_s += [(x.local_s, x.until_local_s) for x in done if isinstance(x, d.Snoozed)]
            found += done
        assert 0.0 <= coach.kept.raised_deg <= RAISE_MAX_DEG
    told_s = [x.local_s for x in of(d.Alert, found)]
    assert all(b - a >= SPACING_S - 1e-3 for a, b in itertools.pairwise(told_s))
    assert not any(_quiet(chosen, at) for at in told_s)
    days = [_day(chosen, at) for at in told_s]
    assert all(days.count(day) <= chosen.alerts_a_day for day in days)
    for at in told_s:
        asked = [until for since, until in snoozed_s if since <= at]
        assert not asked or at >= asked[-1] - 1e-3
    for alert in of(d.Alert, found):
        assert isinstance(alert, d.Alert)
        assert alert.lasted_s >= chosen.delay_s


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _quiet(chosen: DeskSettings, local_s: float) -> bool:
    minute, start, end = local_s % DAY_S / 60, _minutes(chosen.quiet_from), _minutes(chosen.quiet_to)
    return start <= minute < end if start <= end else minute >= start or minute < end


def _day(chosen: DeskSettings, local_s: float) -> int:
    start, end = _minutes(chosen.quiet_from), _minutes(chosen.quiet_to)
    middle = start + (end - start) % 1440 / 2
    return math.floor((local_s / 60 - middle) / 1440)
