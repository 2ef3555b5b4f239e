"""Sessions to keep, with something in every field."""

from __future__ import annotations

from rhomboid.coach.record import (
    HoldRecord,
    PostureMinutes,
    SessionRecord,
    SetRecord,
    SlouchRecord,
    UserCorrection,
)
from rhomboid.events import Movement

MARK = "zanzibar"
"""A word that occurs nowhere else, to be looked for in the bytes of files."""


def movement(start_s: float) -> Movement:
    return Movement(
        start_s=start_s, peak_s=start_s + 1.25, end_s=start_s + 2.5, range_deg=12.5, confidence=0.75,
        out_s=1.0, pause_s=0.25, back_s=1.0, smoothness=-1.5, side="left",
    )  # fmt: skip


ROWS = SetRecord(
    exercise="one-arm-row", number=1, start_s=20.0, end_s=50.5, reps=9, side="left", target_reps=10, sensor_reps=8,
    live_reps=7, movements=tuple(movement(20.0 + 3 * k) for k in range(8)), load_kg=7.5, effort=6, ended_by="key",
    corrections=(UserCorrection(at_s=51.0, kind="count", amount=1),),
)  # fmt: skip
SQUEEZE = SetRecord(
    exercise="scapular-squeeze", number=2, start_s=90.0, end_s=120.0, reps=2, target_hold_s=5.0, discarded=True,
    holds=(HoldRecord(start_s=91.0, end_s=96.0, drift_deg=1.5), HoldRecord(start_s=100.0, end_s=104.5)),
)  # fmt: skip
TRAINING = SessionRecord(
    started_at="2026-11-20T18:02:05+01:00", ended_at="2026-11-20T18:31:00+01:00", plan="gentle", plan_step=3,
    sets=(ROWS, SQUEEZE), pain_before=4, pain_after=2, tension=5, ended_because="tired",
    recording="/recordings/one.mcap", recording_sha256="ab" * 32, sensor="WT901BLE68", note=MARK,
)  # fmt: skip
DESK = SessionRecord(
    started_at="2026-11-21T09:00:00+01:00", ended_at="2026-11-21T12:00:00+01:00", kind="desk", breaks=3,
    slouches=(
        SlouchRecord(start_s=600.0, end_s=700.0, peak_deg=22.5, alerted=True, answered_by=5,
                     answered_with="scapular-squeeze"),
        SlouchRecord(start_s=900.0, end_s=950.0, peak_deg=17.5, refuted=True),
    ),
    posture=PostureMinutes(upright=100.5, slouching=12.5, leaning=3.0, moving=40.0, lying=1.0, cannot_tell=20.0,
                           not_worn=3.0),
    longest_static_min=41.5, tension=7, ended_because="finished",
)  # fmt: skip


def at(started_at: str, **more: object) -> SessionRecord:
    return SessionRecord(started_at=started_at, ended_because="finished", **more)  # type: ignore[arg-type]
