"""What the repetition counter looks at: how the trunk turns, tilts and rises, less its slow drift.

Three views of the same movement. Two hold the pose alone (tilt of "up" and the turn about the vertical,
both in degrees), forgetting a changed resting pose within about 2 s and 4 s. The third adds the height of the sensor in
centimetres; at a lever of 57 cm, about hip to shoulder blades, a degree of lean moves the sensor one centimetre, so the
two units can stand side by side. All are causal, and the same under any chunking and (up to a rotation) any mounting.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from rhomboid.imu import Array
from rhomboid.motion.frontend import FRAME_RATE_HZ, G_M_S2, Frames
from rhomboid.motion.sections import filtered

LOW_PASS_HZ = 4.0  # The quickest repetition, a hop, takes 0.7 s: this keeps its third harmonic.
POSE_TIME_CONSTANTS_S = (2.0, 4.0)
HEIGHT_TIME_CONSTANT_S = 1.0  # Twice integrated acceleration wanders; what is slower than this is not believed.
VIEWS = (slice(0, 4), slice(4, 8), slice(8, 13))
COLUMNS = 13


class MovementSignals:
    """Streaming filter bank over the frames of one unbroken segment."""

    def __init__(self) -> None:
        self._turn_deg = 0.0
        self._states: list[Array] | None = None

    def feed(self, frames: Frames) -> Array:
        """(n, 13): the columns of ``VIEWS``, for the next ``n`` frames."""
        up = frames.up
        turn_dps = frames.gyr_dps[:, 0] * up[:, 0] + frames.gyr_dps[:, 1] * up[:, 1] + frames.gyr_dps[:, 2] * up[:, 2]
        turn_deg = np.cumsum(np.concatenate(([self._turn_deg], turn_dps / FRAME_RATE_HZ)))[1:]
        self._turn_deg = float(turn_deg[-1])
        rise_g = frames.acc_g[:, 0] * up[:, 0] + frames.acc_g[:, 1] * up[:, 1] + frames.acc_g[:, 2] * up[:, 2] - 1.0
        rise_cm_s2 = rise_g * (100.0 * G_M_S2)
        x = np.concatenate((np.degrees(up), turn_deg[:, None], rise_cm_s2[:, None]), axis=1)
        low_pass, views = _filters()
        if self._states is None:
            self._states = [_at_rest(low_pass) * x[0], *(_at_rest(sos) * x[0, part] for part, sos in views)]
        x, self._states[0] = filtered(low_pass, x, self._states[0])
        columns = []
        for k, (part, sos) in enumerate(views, 1):
            y, self._states[k] = filtered(sos, x[:, part], self._states[k])
            columns.append(y)
        return np.concatenate(columns, axis=1)


def squared_speed(x: Array, before: Array) -> Array:
    """(n,) of pose and height together, deg/s and cm/s, in signals (n, 13) that follow on one row ``before`` (13,)."""
    y = np.concatenate((before[None], x))[:, _POSE_AND_HEIGHT]
    speed = (y[1:] - y[:-1]) * FRAME_RATE_HZ
    squared: Array = (speed * speed).sum(axis=1)
    return squared


_POSE_AND_HEIGHT = [*range(COLUMNS)[VIEWS[1]], COLUMNS - 1]


@cache
def _filters() -> tuple[Array, list[tuple[slice, Array]]]:
    """Second-order sections: the low-pass, and behind it pose, pose, pose beside the height, height from acceleration.

    A resting pose is forgotten by s / (s + w) for the pose alone. Height is the vertical acceleration over s^2, and
    s^3 / (s + w)^3 keeps its wandering out; the pose beside it goes through the same, so that both stay in step.
    """
    from scipy.signal import bilinear_zpk, butter, zpk2sos

    def from_analog(zeros: int, poles: int, time_constant_s: float) -> Array:
        analog = (np.zeros(zeros), np.full(poles, -1.0 / time_constant_s), 1.0)
        sos: Array = zpk2sos(*bilinear_zpk(*analog, FRAME_RATE_HZ))
        return sos

    pose, rise = slice(0, 4), slice(4, 5)
    views = [(pose, from_analog(1, 1, time_constant_s)) for time_constant_s in POSE_TIME_CONSTANTS_S]
    views += [(part, from_analog(zeros, 3, HEIGHT_TIME_CONSTANT_S)) for part, zeros in ((pose, 3), (rise, 1))]
    return butter(2, LOW_PASS_HZ, fs=FRAME_RATE_HZ, output="sos"), views


def _at_rest(sos: Array) -> Array:
    """The filter's state after a long stay at 1, (sections, 2, 1)."""
    from scipy.signal import sosfilt_zi

    state: Array = sosfilt_zi(sos)[:, :, None]
    return state
