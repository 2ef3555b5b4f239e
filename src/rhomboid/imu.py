"""What a sensor delivers: notifications (bytes), sample blocks (arrays) and gaps; and what a user asks for and tells.

Units and frames: time is seconds of the sensor's own timeline; acceleration is specific force in g (+1 g up at rest);
angular velocity is degrees per second. Arrays are float64, C-contiguous, one row a sample, in the sensor's axes.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Notification(msgspec.Struct, frozen=True, gc=False):
    """One Bluetooth notification as it arrived, before anyone looked inside.

    ``host_ns`` is the host's monotonic clock at arrival, ``characteristic`` the full lower-case UUID.
    """

    host_ns: int
    characteristic: str
    data: bytes


class ImuBlock(msgspec.Struct, frozen=True, eq=False):
    """Consecutive samples of one sensor, without a gap between them.

    ``t_s`` (n,) strictly increasing; ``acc_g`` (n, 3); ``gyr_dps`` (n, 3), or None where the sensor has no gyroscope.
    """

    t_s: Array
    acc_g: Array
    gyr_dps: Array | None = None

    def __post_init__(self) -> None:
        n = self.t_s.shape[0]
        if self.t_s.shape != (n,) or self.acc_g.shape != (n, 3):
            raise ValueError(f"t_s must be (n,) and acc_g (n, 3), not {self.t_s.shape} and {self.acc_g.shape}")
        if self.gyr_dps is not None and self.gyr_dps.shape != (n, 3):
            raise ValueError(f"gyr_dps must be (n, 3), not {self.gyr_dps.shape}")

    def __len__(self) -> int:
        return int(self.t_s.shape[0])

    def __getitem__(self, rows: slice) -> ImuBlock:
        """The same stream, only these samples (views, no copies)."""
        return ImuBlock(self.t_s[rows], self.acc_g[rows], None if self.gyr_dps is None else self.gyr_dps[rows])


class Gap(msgspec.Struct, frozen=True):
    """A stretch in which samples are missing: from the last sample before it to the first one after it, in seconds.

    ``reason`` is a short phrase for people ("3 packets lost", "the link dropped").
    """

    start_s: float
    end_s: float
    reason: str = "samples missing"


LinkState = Literal["looking", "connecting", "configuring", "streaming", "lost"]


class LinkChange(msgspec.Struct, frozen=True):
    """The link to the sensor is in another state from ``host_ns`` on. After "lost", nothing continues what was.

    ``reason`` is the kind of trouble that led there (empty: none), ``words`` what happened and what to do about it.
    """

    host_ns: int
    state: LinkState
    reason: str = ""
    words: str = ""


RequestKind = Literal["reference", "guided_reference", "set_begins", "set_ends"]


class Request(msgspec.Struct, frozen=True):
    """What the user asked for, as an item of the stream: it stands where it takes effect, so that a replay asks again.

    ``host_ns`` is the host's monotonic clock then. ``reference``: take the upright reference anew;
    ``guided_reference``: with a lean forward, which shows which way forward is. ``set_begins``: what comes is one set
    of one exercise, until ``set_ends``; that is the coach's to ask, who knows what the user is about to do, and says
    which ``exercise`` of the catalogue it is.
    """

    host_ns: int
    kind: RequestKind
    exercise: str = ""


CommandKind = Literal[
    "go", "number", "count", "set_count", "discard", "redo", "skip", "swap", "pause", "sharp_pain", "red_flags", "end",
    "load", "note",
]  # fmt: skip


class Command(msgspec.Struct, frozen=True):
    """What the user told the coach, by a key or a line, as an item of the stream: a replay tells it again.

    It stands where it was heard, in front of what arrives next; ``host_ns`` is the host's monotonic clock then.
    ``value`` is the number that was told (0..10 as an answer, +1 or -1 repetitions, or how many there were), ``text``
    the words (a note, another exercise, a load in kg, why it ends).
    """

    host_ns: int
    kind: CommandKind
    value: int | None = None
    text: str = ""


StreamItem = ImuBlock | Gap | Request
SourceItem = Notification | LinkChange | ImuBlock | Gap | Request | Command
