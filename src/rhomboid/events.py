"""What the signal core can say. Frozen, serialisable (``encode``/``decode`` as JSON), and in seconds of sensor time.

``at_s`` of every event is the time of the newest sample that had been seen when the event was announced: what a person
heard when, whatever is decided later about the past.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rhomboid.imu import CommandKind, LinkState


class Event(msgspec.Struct, frozen=True, tag_field="event", kw_only=True, omit_defaults=True):
    """Base of all events."""

    at_s: float


# --- repetitions and sets -------------------------------------------------------------------------------------------

Side = Literal["left", "right"]


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One out-and-back movement, counted or not, with what is known about it.

    ``start_s`` leaving the resting pose, ``peak_s`` the far point, ``end_s`` back again. ``range_deg`` is the largest
    rotation away from the resting pose (deg), ``confidence`` 0..1. ``out_s``, ``pause_s`` and ``back_s`` are the
    concentric, far-point and eccentric durations, the first and the last 10 % of the way left out; ``smoothness`` is
    the spectral arc length of both ways, -1.4 for a perfectly smooth one and lower for one with ups and downs; ``side``
    is set for turns about the vertical.
    """

    start_s: float
    peak_s: float
    end_s: float
    range_deg: float
    confidence: float
    out_s: float = 0.0
    pause_s: float = 0.0
    back_s: float = 0.0
    smoothness: float | None = None
    side: Side | None = None


class SetStarted(Event, frozen=True, tag="set_started"):
    """A set began; ``set_index`` counts from 0 within the session."""

    set_index: int
    start_s: float


class RepCompleted(Event, frozen=True, tag="rep"):
    """A repetition was counted; ``number`` is the running count within the set, from 1."""

    set_index: int
    number: int
    movement: Movement


class MovementRefused(Event, frozen=True, tag="refused"):
    """A movement was seen and not counted; ``reason`` says why in words a user understands."""

    movement: Movement
    reason: str


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What the look back over a finished set changed, and why."""

    change: Literal["struck_out", "added"]
    movement: Movement
    reason: str


class SetClosed(Event, frozen=True, tag="set_closed"):
    """A set ended and was reconsidered as a whole.

    ``reps`` is the final count and ``movements`` the repetitions it holds; ``live_reps`` is what had been announced on
    the way, and ``corrections`` explains every difference between the two.
    """

    set_index: int
    start_s: float
    end_s: float
    reps: int
    live_reps: int
    movements: tuple[Movement, ...]
    corrections: tuple[Correction, ...] = ()


# --- holds ----------------------------------------------------------------------------------------------------------


class HoldStarted(Event, frozen=True, tag="hold_started"):
    """The far point was reached at ``start_s`` and is being held."""

    start_s: float


class HoldEnded(Event, frozen=True, tag="hold_ended"):
    """A hold ended: the time from reaching the far point to leaving it. ``drift_deg`` is how far it sank meanwhile."""

    start_s: float
    end_s: float
    drift_deg: float = 0.0


# --- posture --------------------------------------------------------------------------------------------------------

Posture = Literal[
    "upright", "leaning_forward", "leaning_back", "leaning_left", "leaning_right", "leaning", "moving", "lying",
    "cannot_tell", "not_worn",
]  # fmt: skip


class PostureChanged(Event, frozen=True, tag="posture"):
    """The posture state changed at ``start_s``. ``leaning`` is a tilt whose direction is not known yet.

    That a sensor is not worn is known half a minute after it was put down: what was said since ``start_s`` is void.
    """

    start_s: float
    posture: Posture
    reason: str = ""


class SlouchStarted(Event, frozen=True, tag="slouch_started"):
    """The trunk has been forward of the reference beyond the threshold, since ``start_s``, for the configured delay.

    ``direction`` is "forward", or "unknown" while it is not known yet which way is forward.
    """

    start_s: float
    tilt_deg: float
    direction: Literal["forward", "unknown"] = "forward"


class SlouchEnded(Event, frozen=True, tag="slouch_ended"):
    """The slouch announced at ``alert_s`` is over."""

    start_s: float
    alert_s: float
    end_s: float
    peak_deg: float


Step = Literal["sit_tall", "lean_forward", "come_back"]


class CalibrationStep(Event, frozen=True, tag="calibration_step"):
    """A reference that was asked for is being taken, and this is what the wearer is to do now.

    The next step, the reference or its refusal says that it is done.
    """

    step: Step


class ReferenceTaken(Event, frozen=True, tag="reference"):
    """The upright reference was taken from ``start_s`` to ``end_s``; ``quality`` 0..1 with ``remark`` in words.

    ``earlier`` says when it was taken if that was in an earlier session: the stretch only showed that it still fits.
    """

    start_s: float
    end_s: float
    quality: float
    forward_known: bool = False
    remark: str = ""
    earlier: str = ""


class ReferenceRefused(Event, frozen=True, tag="reference_refused"):
    """No reference could be taken, and why; one that was there before still holds."""

    reason: str


class RecalibrationNeeded(Event, frozen=True, tag="recalibrate"):
    """The reference no longer fits the sensor on the body (the strap slipped or turned)."""

    reason: str


# --- the stream itself ----------------------------------------------------------------------------------------------

Activity = Literal["still", "moving", "walking", "lying", "not_worn"]


class ActivityChanged(Event, frozen=True, tag="activity"):
    """What the wearer is doing as a whole, from ``start_s`` on, whatever was said since."""

    start_s: float
    activity: Activity


class BreathingMeasured(Event, frozen=True, tag="breathing"):
    """Breaths a minute since ``start_s``, experimental; ``quality`` 0..1 is the share of movement that is breathing."""

    start_s: float
    per_min: float
    quality: float


class GapMarked(Event, frozen=True, tag="gap"):
    """Samples are missing between ``start_s`` and ``end_s``; nothing is claimed about that time."""

    start_s: float
    end_s: float
    reason: str


ProblemKind = Literal[
    "malformed_packet", "not_a_number", "time", "saturated", "frozen", "stuck_axis", "dead_gyroscope", "wrong_scale",
]  # fmt: skip


class SensorProblem(Event, frozen=True, tag="sensor_problem"):
    """The samples themselves are wrong. ``reason`` says what is, what becomes of them, and what to do."""

    kind: ProblemKind
    reason: str


class SensorRecovered(Event, frozen=True, tag="sensor_recovered"):
    """The lasting problem of this kind (frozen, stuck axis, dead gyroscope, wrong scale) is over."""

    kind: ProblemKind
    reason: str


class BatteryRead(Event, frozen=True, tag="battery"):
    """The sensor told its battery level, 0..100 per cent; ``charging`` is None where it does not say."""

    percent: int
    charging: bool | None = None


class LinkChanged(Event, frozen=True, tag="link"):
    """The link to the sensor is in another state; ``reason`` is a kind of trouble, ``words`` say what to do."""

    state: LinkState
    reason: str = ""
    words: str = ""


# --- the user -------------------------------------------------------------------------------------------------------


class CommandGiven(Event, frozen=True, tag="command"):
    """The user told the coach something; see ``imu.Command``."""

    kind: CommandKind
    value: int | None = None
    text: str = ""


AnyEvent = (
    SetStarted | RepCompleted | MovementRefused | SetClosed
    | HoldStarted | HoldEnded
    | PostureChanged | SlouchStarted | SlouchEnded
    | CalibrationStep | ReferenceTaken | ReferenceRefused | RecalibrationNeeded
    | ActivityChanged | BreathingMeasured | GapMarked | SensorProblem | SensorRecovered | BatteryRead | LinkChanged
    | CommandGiven
)  # fmt: skip

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """The event as one line of JSON, the same bytes for the same event always."""
    return _encoder.encode(event)


def decode(line: bytes) -> AnyEvent:
    """The event that ``encode`` wrote. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return _decoder.decode(line)
