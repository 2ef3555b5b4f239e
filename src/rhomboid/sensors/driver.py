"""The vocabulary of sensor drivers, and the driver itself: bytes in, sample blocks and gaps out. No I/O and no clock.

A family's file holds a ``Decoder`` (what its bytes mean, what it wants written) and names the ``Timeline`` for its
clock (``clock``). A ``Driver`` is the two together, so that all families are fed, refused and recovered alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors.layout import Layout, Run
from rhomboid.sensors.pairing import Pairing
from rhomboid.sensors.profile import Profile
from rhomboid.sensors.steps import Step

# --- what a decoder says about one packet -----------------------------------------------------------------------------


class Reading(msgspec.Struct, frozen=True, eq=False, kw_only=True, gc=False):
    """``n`` samples of a packet as the sensor sent them: still bytes, and not yet on the timeline."""

    layout: Layout
    payload: bytes
    n: int
    last_us: float | None = None
    """The sensor's own clock at the last of them, as sent (it may wrap); None where it has none."""
    step_us: float | None = None
    """Between samples, where the packet or the settings tell."""


class Refusal(msgspec.Struct, frozen=True):
    """The packet, or a part of it, cannot be what it should be, and why: a short phrase."""

    reason: str


class BatteryLevel(msgspec.Struct, frozen=True):
    """The battery as the sensor tells it: ``percent`` 0..100."""

    percent: int
    charging: bool | None = None


class Answered(msgspec.Struct, frozen=True):
    """The sensor answered a command; ``words`` say what it did, or why it would not."""

    accepted: bool
    words: str


class Clue(msgspec.Struct, frozen=True):
    """Something the sensor told about itself that people want to see: ("firmware", "2.3.1")."""

    name: str
    value: str


class Decoder(Protocol):
    """What one family's bytes mean. What it remembers (partial frames, ranges, factors) lives in the object.

    Any bytes are decoded without harm: no exception, bounded memory.
    """

    profile: Profile

    def decode(self, characteristic: str, data: bytes) -> Sequence[Reading | Refusal | BatteryLevel | Answered | Clue]:
        """What this notification, or this value that was read, holds; nothing if it is none of the family's."""

    def identify(self) -> tuple[Step, ...]:
        """What to subscribe to and to ask first, so that ``start`` knows which model and settings it meets."""

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """What configures the sensor to ``rate_hz`` (one of the profile's rates) and starts the stream."""

    def stop(self) -> tuple[Step, ...]:
        """What stops the stream and leaves the sensor as it was found."""

    def link_lost(self) -> None:
        """The link dropped: what was half received will not be completed."""


# --- what places readings on the timeline -----------------------------------------------------------------------------


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Where a reading lies: its last sample at ``last_us``, the others ``step_us`` apart before it, after ``gap``."""

    last_us: float
    step_us: float
    gap: Gap | None = None


class Timeline(Protocol):
    """Turns a sensor's clock, or the times of arrival, into one timeline: it begins at 0 and strictly increases."""

    @property
    def drift_us(self) -> float | None:
        """How far the host's clock has moved ahead of the sensor's so far; None where the sensor has no clock."""

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """Where the reading lies; None: it is old (sent twice, or late) and is dropped without a word."""

    def link_lost(self) -> None:
        """The link dropped: what comes next does not continue what was."""


# --- the driver -------------------------------------------------------------------------------------------------------


class MalformedPacket(msgspec.Struct, frozen=True):
    """A packet that was refused: why, in words, and how many have been refused so far, this one included."""

    reason: str
    count: int


Decoded = ImuBlock | Gap | MalformedPacket | BatteryLevel | Answered | Clue


class Driver:
    """Decodes what one sensor sends: ``decoder`` for its bytes, ``timeline`` for its clock.

    ``gyr_timeline`` and ``pairing`` are for sensors whose gyroscope is a stream of its own. The same notifications
    always give the same samples, however they are divided into calls. Any bytes are fed without harm: no exception, at
    most one MalformedPacket a packet, bounded memory. ``t_s`` begins at 0.0 with the first sample, strictly increases.
    """

    def __init__(
        self,
        decoder: Decoder,
        timeline: Timeline,
        gyr_timeline: Timeline | None = None,
        pairing: Pairing | None = None,
    ) -> None:
        self.decoder = decoder
        self.profile = decoder.profile
        self._timeline, self._gyr_timeline, self._pairing = timeline, gyr_timeline or timeline, pairing
        self._refused = 0

    @property
    def refused(self) -> int:
        """How many packets have been refused so far."""
        return self._refused

    @property
    def drift_us(self) -> float | None:
        """How far the host's clock has moved ahead of the sensor's so far; None where the sensor has no clock."""
        return self._timeline.drift_us

    @property
    def family(self) -> str:
        """The word for this kind of sensor."""
        return self.profile.family

    def feed(self, *notifications: Notification) -> list[Decoded]:
        """What these packets hold, in order of time; nothing if none is from a characteristic that carries anything."""
        found: list[Decoded] = []
        run = Run()
        gather = run.pieces.append
        decode, place = self.decoder.decode, self._timeline.place
        for notification in notifications:
            refused = False
            for piece in decode(notification.characteristic, notification.data):
                said: Decoded | Refusal | None
                if isinstance(piece, Reading):
                    layout = piece.layout
                    if layout is not run.layout:
                        self._settle(run, found)
                        run.layout = layout
                        place = (self._timeline if layout.acc_at is not None else self._gyr_timeline).place
                    placed = place(piece, notification.host_ns)
                    if isinstance(placed, Placed):
                        if placed.gap is not None:
                            self._settle(run, found)
                            self._mark(placed.gap, layout, found)
                        gather((piece.payload, piece.n, placed.last_us, placed.step_us))
                        continue
                    said = placed
                else:
                    said = piece
                if said is None or (refused and isinstance(said, Refusal)):
                    continue
                self._settle(run, found)
                if isinstance(said, Refusal):
                    refused = True
                    self._refused += 1
                    said = MalformedPacket(said.reason, self._refused)
                found.append(said)
        self._settle(run, found)
        return found

    def link_lost(self) -> None:
        """The link dropped: nothing half received is completed, and time starts anew from the host's clock."""
        self.decoder.link_lost()
        self._timeline.link_lost()
        self._gyr_timeline.link_lost()

    def _settle(self, run: Run, found: list[Decoded]) -> None:
        taken = run.take()
        if taken is None:
            return
        t_s, acc_g, gyr_dps = taken
        if self._pairing is not None:
            found += self._pairing.feed(t_s, acc_g, gyr_dps)
        elif acc_g is not None:
            found.append(ImuBlock(t_s, acc_g, gyr_dps))

    def _mark(self, gap: Gap, layout: Layout, found: list[Decoded]) -> None:
        if self._pairing is not None:
            found += self._pairing.interrupt(gap, layout.part)
        else:
            found.append(gap)
