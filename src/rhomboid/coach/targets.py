"""What one exercise of the next session asks for, and why.

What was last asked for is asked for again; a step more only where all of it came, it was not too hard and nothing
hurts. A missed day changes nothing, a long pause goes back a little, rising pain goes back further, and an exercise
that hurt sharply is swapped, then tried again lightly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from rhomboid.coach.catalogue import Catalogue
from rhomboid.coach.exercise import Exercise, Prescription
from rhomboid.coach.past import Done, Trained, of_plan, pains, rising, since_pain, unhealed
from rhomboid.coach.plan import Plan, PlanItem, PlannedExercise
from rhomboid.coach.record import SessionRecord, SetRecord
from rhomboid.coach.words import count, day, kilograms, seconds

AWAY_DAYS = 14
"""Every so many days without an exercise are one notch back."""
PAIN_NOTCHES = 2
MOST_NOTCHES = 5
NOTCH = 0.1
"""Of the load; of repetitions and holds a notch is the plan's own step."""
HARD, EASY = 8, 3
"""Effort from here on is too high for more; up to here it allows the plan's whole step in repetitions."""
HELD_SHARE = 0.8
"""A hold came if it lasted this much of what was asked for: leaving it is not sharp in time."""
HURT_MORE = 2
"""So much more pain after a session than before it is no time for more."""
STEADY_TELLINGS = 2
"""So many tellings of pain that do not rise, after some that did, before more is asked for ..."""
FORGOTTEN_AFTER = 4
"""... or so many sessions of which none was told."""
SPARED_SESSIONS = 2
"""So many sessions an exercise that hurt sharply is swapped before it is tried again."""
OFTEN_DAYS = 60
"""Sharp pain in one exercise twice within so many days: it stays swapped, and a professional should look."""

FIRST_LOAD = "you choose the load"


class Target(NamedTuple):
    """What is asked for in one set."""

    reps: int | None
    hold_s: float | None
    load_kg: float | None


class Case(NamedTuple):
    """One item of the session that is being planned, with all that speaks to it."""

    plan: Plan
    step: int
    for_day: date
    item: PlanItem
    exercise: Exercise
    start: Prescription
    entries: list[Done]
    """What was done of it in earlier sessions of the plan."""
    sessions: list[Trained]

    @property
    def working(self) -> list[Done]:
        """Those of ``entries`` that were not light on purpose."""
        return [e for e in self.entries if not self.plan.is_light(e.step)]

    def on(self, when: date) -> str:
        return day(when, self.for_day)


def planned(case: Case, catalogue: Catalogue, taken: set[str]) -> PlannedExercise:
    """The exercise as the next session has it. ``taken`` are those it cannot be swapped for: they are in it already."""
    if (hurt := unhealed(case.exercise.id, case.sessions)) is not None:
        return _after_sharp_pain(case, hurt, catalogue, taken)
    if not case.entries:
        first = f": {FIRST_LOAD}" if case.exercise.load else ""
        return _told(case, Target(case.start.reps, case.start.hold_s, case.start.load_kg), f"the first time{first}")
    base = _base(case)
    target, why = _lowered(case, base)
    light = case.plan.is_light(case.step)
    if why and target == base:
        why = "" if light else f"as {case.on(case.entries[-1].on)}: it does not go lower"
    elif not why and not light:
        why = _reason_to_stay(case)
        if not why:
            target, why = _raised(case, base)
    if light:
        target = _light(case, target)
        why = why or f"a light week: less than {case.on((case.working or case.entries)[-1].on)}, on purpose"
    return _told(case, target, why)


def _base(case: Case) -> Target:
    """What was last asked for, never beyond where the plan goes.

    A light week counts only for what spoke for less in it: without that its loads would jump back up at its end.
    """
    reps, hold_s, load_kg = case.start.reps, case.start.hold_s, case.entries[-1].load_kg
    lightly = list(reversed(list(takewhile(lambda e: case.plan.is_light(e.step), reversed(case.entries)))))
    if case.working:
        last = case.working[-1]
        load_kg = last.load_kg
        if reps is not None:
            asked = [s.target_reps for s in last.sets if s.target_reps is not None]
            reps = max(1, min(_most_reps(case), max(asked) if asked else min(s.reps for s in last.sets)))
        if hold_s is not None:
            held = [s.target_hold_s for s in last.sets if s.target_hold_s is not None and s.target_hold_s > 0]
            hold_s = min(_longest_hold_s(case), max(held, default=hold_s))
    base = Target(reps, hold_s, load_kg)
    for entry in lightly[0 if case.working else 1 :]:
        base = _lowered(_as_of(case, entry), base)[0]
    return base


def _as_of(case: Case, entry: Done) -> Case:
    """The case as it was before ``entry``."""
    before = [e for e in case.entries if e.place < entry.place]
    return case._replace(step=entry.step, for_day=entry.on, entries=before, sessions=case.sessions[: entry.place])


def _lowered(case: Case, base: Target) -> tuple[Target, str]:
    """``base``, or what is left of it where something speaks for less; and what that is, in words."""
    reasons = _reasons_for_less(case)
    lowered = [(_eased(case, base, notches, floor), why) for notches, floor, why in reasons]
    return min(lowered, key=lambda e: [amount or 0 for amount in e[0]], default=(base, ""))


def _raised(case: Case, base: Target) -> tuple[Target, str]:
    """One step more, in repetitions first, then in the hold, then in the load."""
    item, last = case.item, (case.working or case.entries)[-1]
    than = f"more than {case.on(last.on)}"
    if base.reps is not None and base.reps < _most_reps(case):
        easy = last.effort is not None and last.effort <= EASY
        reps = min(_most_reps(case), base.reps + (item.reps_step if easy else 1))
        return base._replace(reps=reps), f"{_number(reps - base.reps)} {than}" + (", as it was easy" if easy else "")
    if base.hold_s is not None and base.hold_s < _longest_hold_s(case):
        hold_s = min(_longest_hold_s(case), base.hold_s + item.hold_step_s)
        return base._replace(hold_s=hold_s), f"{seconds(hold_s - base.hold_s)} {than}"
    if base.load_kg is not None and item.load_step_kg:
        raised = base._replace(load_kg=round(base.load_kg + item.load_step_kg, 2), reps=case.start.reps)
        again = f", and {count(case.start.reps, 'rep')} again" if case.start.reps and raised.reps != base.reps else ""
        return raised, f"{kilograms(item.load_step_kg)} {than}{again}"
    if case.exercise.load and item.load_step_kg:
        return base, f"no load was noted {case.on(last.on)}: {FIRST_LOAD}"
    return base, f"as {case.on(last.on)}"


def _reason_to_stay(case: Case) -> str:
    """Why nothing is raised, or nothing."""
    last, latest = (case.working or case.entries)[-1], case.sessions[-1].record
    reason = ""
    if latest.ended_because in ("pain", "sharp_pain"):
        reason = "the last session ended with pain"
    elif _pain_lately(case):
        reason = "more when pain has been steady for a while"
    elif None not in (latest.pain_before, latest.pain_after) and _rise(latest) >= HURT_MORE:
        reason = "it hurt more after the last session than before it"
    elif last.effort is not None and last.effort >= HARD:
        reason = f"it was hard (effort {last.effort} of 10)"
    elif short := _shortfall(case, last):
        reason = short
    elif len({e.on for e in case.entries}) < case.plan.steady_sessions:
        reason = "the first days stay easy"
    elif case.plan.raised_each == "week" and case.plan.week_of(last.step) >= case.plan.week_of(case.step):
        reason = "more next week" if _goes_on(case) else ""
        return f"as {case.on(last.on)}" + (f": {reason}" if reason else "")
    elif case.plan.raised_each == "day" and case.entries[-1].on >= case.for_day:
        return f"as {case.on(min(last.on, case.for_day))}"
    return f"as {case.on(last.on)}: {reason}" if reason else ""


def _pain_lately(case: Case) -> bool:
    """Whether pain rose up to one of the last tellings, and the exercise was not done often since the last."""
    told = pains(case.sessions)
    rose = any(rising(told[: len(told) - back]) for back in range(STEADY_TELLINGS + 1))
    return rose and since_pain(case.exercise.id, case.plan.id, case.sessions) < FORGOTTEN_AFTER


def _reasons_for_less(case: Case) -> list[tuple[int, float, str]]:
    """How many notches back, to which share of the start at least, and why."""
    if hurt := unhealed(case.exercise.id, case.sessions):
        return [(MOST_NOTCHES, 0.5, f"lightly, because it hurt {case.on(hurt.on)}; leave it out if it hurts again")]
    reasons = []
    rise = rising(pains(case.sessions))
    if rise and not since_pain(case.exercise.id, case.plan.id, case.sessions):  # once for every rise
        reasons.append((PAIN_NOTCHES, 0.5, f"less, because pain has been rising ({', '.join(map(str, rise))})"))
    away = (case.for_day - max(t.on for t in case.sessions if t.sets_of(case.exercise.id))).days
    if notches := min(max(away, 0) // AWAY_DAYS, MOST_NOTCHES):
        reasons.append((notches, 1.0, f"a little less after {away} days"))
    if len(case.working) > 1 and all(_shortfall(case, e) for e in case.working[-2:]):
        reasons.append((1, 1.0, "a little less: twice in a row not all of it came"))
    return reasons


def _eased(case: Case, base: Target, notches: int, floor: float) -> Target:
    """``base`` less so many notches, of the load where there is one; not below the ``floor`` share of the start."""
    if base.load_kg is not None:
        first = next((e.load_kg for e in case.entries if e.load_kg is not None), base.load_kg)
        least = min(base.load_kg, max(0.5, first / 2))
        return base._replace(load_kg=max(least, _half_kilograms(base.load_kg * (1 - NOTCH * notches))))
    if base.reps is not None and case.start.reps is not None:
        least_reps = min(base.reps, math.ceil(case.start.reps * floor))
        return base._replace(reps=max(least_reps, base.reps - notches * case.item.reps_step))
    if base.hold_s is not None and case.start.hold_s is not None:
        least = min(base.hold_s, case.start.hold_s * floor)
        return base._replace(hold_s=max(least, base.hold_s - notches * case.item.hold_step_s))
    return base


def _light(case: Case, target: Target) -> Target:
    """``target`` in a light week: the plan's share of the load, or of what there is instead."""
    share = case.plan.light_share
    if target.load_kg is not None:
        return target._replace(load_kg=_half_kilograms(target.load_kg * share) or target.load_kg)
    if target.reps is not None:
        return target._replace(reps=max(1, math.floor(target.reps * share)))
    if target.hold_s is not None:
        return target._replace(hold_s=max(1.0, math.floor(target.hold_s * share)))
    return target


def _after_sharp_pain(case: Case, hurt: Trained, catalogue: Catalogue, taken: set[str]) -> PlannedExercise:
    """An alternative for a while, or at once the exercise itself at half of what it was."""
    since = case.sessions[case.sessions.index(hurt) + 1 :]
    spared = len(of_plan(case.plan.id, since)) < SPARED_SESSIONS
    if spared or hurts_often(case.exercise.id, case.sessions, hurt):
        for slug in case.exercise.alternatives:
            if slug not in taken and unhealed(slug, case.sessions) is None:
                other = catalogue.exercises[slug]
                stand_in = case._replace(item=PlanItem(exercise=slug), exercise=other, start=other.prescription)
                p = other.prescription
                why = (
                    f"instead of {case.exercise.name}, which hurt {case.on(hurt.on)}; lightly, and not if it hurts too"
                )
                return _told(stand_in, Target(p.reps, p.hold_s, p.load_kg), why, instead_of=case.exercise.id)
    base = _base(case) if case.entries else Target(case.start.reps, case.start.hold_s, case.start.load_kg)
    return _told(case, *_lowered(case, base))


def _told(case: Case, target: Target, why: str, *, instead_of: str | None = None) -> PlannedExercise:
    load = "" if not case.exercise.load else "you choose" if target.load_kg is None else kilograms(target.load_kg)
    return PlannedExercise(
        exercise=case.exercise.id,
        name=case.exercise.name,
        sets=case.start.sets,
        sides=(case.item.sides or ("left", "right")) if case.exercise.per_side else (None,),
        reps=target.reps,
        hold_s=target.hold_s,
        rest_s=case.start.rest_s,
        load_kg=target.load_kg,
        load=load,
        why=why,
        instead_of=instead_of,
        note=case.item.note,
    )


def _most_reps(case: Case) -> int:
    return case.item.reps_to or case.start.reps or 1


def _longest_hold_s(case: Case) -> float:
    return case.item.hold_to_s or case.start.hold_s or 0.0


def _goes_on(case: Case) -> bool:
    item = case.item
    return bool(item.load_step_kg) or item.reps_to is not None or item.hold_to_s is not None


def _shortfall(case: Case, entry: Done) -> str:
    """What did not come of what was asked for, in words."""
    sets = len({s.number for s in entry.sets})
    if sets < case.start.sets:
        return f"{sets} of {count(case.start.sets, 'set')} came"
    for s in entry.sets:
        if s.target_reps is not None and s.reps < s.target_reps:
            unsure = case.exercise.seen == "weak" and s.reps == s.sensor_reps
            return f"{s.reps} of {s.target_reps} came" + (", as far as the sensor saw" if unsure else "")
        if s.target_reps is None and s.target_hold_s is not None and _held_s(s) < HELD_SHARE * s.target_hold_s:
            return f"{_held_s(s):.0f} of {seconds(s.target_hold_s)} were held"
    return ""


def _held_s(s: SetRecord) -> float:
    """The longest hold of the set; where the sensor saw none, the set itself is the hold."""
    return max((h.end_s - h.start_s for h in s.holds), default=s.end_s - s.start_s)


def _half_kilograms(kg: float) -> float:
    """Down to what can be put on a bar."""
    return math.floor(2 * kg + 1e-9) / 2


def _rise(record: SessionRecord) -> int:
    return (record.pain_after or 0) - (record.pain_before or 0)


def _number(n: int) -> str:
    return {1: "one", 2: "two", 3: "three"}.get(n, str(n))


def hurts_often(exercise: str, sessions: Sequence[Trained], hurt: Trained) -> bool:
    """Whether ``hurt`` was not the only session of late in which the exercise hurt sharply."""
    return sum(t.hurt(exercise) and (hurt.on - t.on).days <= OFTEN_DAYS for t in sessions) > 1
