"""Events in words: one sentence a person understands, the same for the screen, ``--plain`` and speech."""

from __future__ import annotations

from rhomboid import events as e
from rhomboid.imu import CommandKind, LinkState

POSTURES: dict[e.Posture, str] = {
    "upright": "upright",
    "leaning_forward": "leaning forward",
    "leaning_back": "leaning back",
    "leaning_left": "leaning to the left",
    "leaning_right": "leaning to the right",
    "leaning": "leaning",
    "moving": "moving",
    "lying": "lying down",
    "cannot_tell": "cannot tell",
    "not_worn": "not worn",
}

STEPS: dict[e.Step, str] = {
    "sit_tall": "sit or stand tall and keep still for a few seconds",
    "lean_forward": "now lean straight forward from the hips and hold it for a moment",
    "come_back": "now come back up tall and keep still",
}

ACTIVITIES: dict[e.Activity, str] = {
    "still": "keeping still",
    "moving": "moving",
    "walking": "walking",
    "lying": "lying down",
    "not_worn": "not worn",
}

LINK: dict[LinkState, str] = {
    "looking": "looking for the sensor",
    "connecting": "sensor found, connecting",
    "configuring": "connected, setting the sensor up",
    "streaming": "the sensor is streaming",
    "lost": "no link to the sensor",
}

COMMANDS: dict[CommandKind, str] = {
    "go": "you: go on",
    "number": "you: answer",
    "count": "you: count corrected by",
    "set_count": "you: count corrected to",
    "discard": "you: this set does not count",
    "redo": "you: this set again",
    "skip": "you: skip this exercise",
    "swap": "you: another exercise instead",
    "pause": "you: pause or go on",
    "sharp_pain": "you: sharp pain",
    "red_flags": "you: show the warning signs",
    "end": "you: end the session",
    "load": "you: load in kg",
    "note": "you: note",
}


def describe(event: e.Event) -> str:
    """``event`` as one sentence without a full stop."""
    match event:
        case e.SetStarted():
            return f"set {event.set_index + 1} started"
        case e.RepCompleted():
            m = event.movement
            side = f" to the {m.side}" if m.side else ""
            return f"rep {event.number}{side} ({m.range_deg:.0f}°, {m.end_s - m.start_s:.1f} s)"
        case e.MovementRefused():
            return f"not counted: {event.reason}"
        case e.SetClosed():
            text = f"set {event.set_index + 1} done: {_count(event.reps, 'rep')} in {event.end_s - event.start_s:.0f} s"
            if event.corrections:
                reasons = ", ".join(dict.fromkeys(c.reason for c in event.corrections))
                text += f" (was {event.live_reps} live: {reasons})"
            return text
        case e.HoldStarted():
            return "holding"
        case e.HoldEnded():
            return f"held {event.end_s - event.start_s:.1f} s"
        case e.PostureChanged():
            return POSTURES[event.posture] + (f" ({event.reason})" if event.reason else "")
        case e.SlouchStarted():
            towards = "forward" if event.direction == "forward" else "off the reference"
            return f"slouching: {event.tilt_deg:.0f}° {towards} for {event.at_s - event.start_s:.0f} s, sit tall"
        case e.SlouchEnded():
            return f"upright again after {event.end_s - event.start_s:.0f} s (up to {event.peak_deg:.0f}°)"
        case e.CalibrationStep():
            return STEPS[event.step]
        case e.ReferenceTaken():
            remark = f": {event.remark}" if event.remark else ""
            forward = ", forward known" if event.forward_known else ""
            if event.earlier:
                return f"reference of {event.earlier} used{forward}{remark}"
            return f"reference taken, quality {100 * event.quality:.0f} %{forward}{remark}"
        case e.ReferenceRefused():
            return f"no new reference: {event.reason}"
        case e.RecalibrationNeeded():
            return f"please take the reference again: {event.reason}"
        case e.ActivityChanged():
            return f"activity: {ACTIVITIES[event.activity]}"
        case e.BreathingMeasured():
            return f"breathing about {event.per_min:.0f} times a minute (experimental)"
        case e.GapMarked():
            return f"gap of {event.end_s - event.start_s:.1f} s: {event.reason}"
        case e.SensorProblem():
            return f"sensor problem: {event.reason}"
        case e.BatteryRead():
            return f"battery {event.percent} %" + (", charging" if event.charging else "")
        case e.LinkChanged():
            return LINK[event.state] + (f": {event.words}" if event.words else "")
        case e.CommandGiven():
            told = COMMANDS[event.kind] + ("" if event.value is None else f" {event.value}")
            return told + (f": {event.text}" if event.text else "")
        case e.SensorRecovered():
            return f"sensor all right again: {event.reason}"
        case _:
            raise TypeError(f"no words for {type(event).__name__}")


def clock(t_s: float) -> str:
    """Seconds of the timeline as m:ss or h:mm:ss."""
    minutes, seconds = divmod(int(max(t_s, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
