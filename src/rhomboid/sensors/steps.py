"""What a sensor wants written, read and subscribed, as data: the link carries it out, nothing here waits or sends."""

from __future__ import annotations

import msgspec


class Subscribe(msgspec.Struct, frozen=True):
    """Enable notifications (or indications) of ``characteristic``."""

    characteristic: str
    service: str | None = None
    """Only where the same characteristic UUID occurs in several services."""
    required: bool = True
    """Whether the sensor cannot be used without it; some programs on a board leave out its gyroscope."""


class Unsubscribe(msgspec.Struct, frozen=True):
    """Disable them again."""

    characteristic: str
    service: str | None = None


class Read(msgspec.Struct, frozen=True):
    """Read ``characteristic``; what it holds goes to the driver like a notification of it."""

    characteristic: str
    service: str | None = None
    required: bool = False
    """Whether the sensor cannot be used if this fails; a sensor without a battery service can."""


class Write(msgspec.Struct, frozen=True):
    """Write ``data`` to ``characteristic``, then wait: for the driver's ``Answered``, or just for ``pause_s``."""

    characteristic: str
    data: bytes
    meaning: str
    """In words, for the log and for errors: "set the rate to 100 Hz"."""
    service: str | None = None
    with_response: bool = True
    pause_s: float = 0.0
    answer_within_s: float | None = None
    """How long to wait until the driver's ``feed`` gives an ``Answered``; None: no answer is expected."""
    required: bool = True
    """Whether a refusal or a missing answer ends the attempt; where it is False the stream may come all the same."""


Step = Subscribe | Unsubscribe | Read | Write
