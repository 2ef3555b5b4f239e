"""The vocabulary of sensor drivers, and the driver itself: bytes in, sample blocks and gaps out. No I/O and no clock.

A family's file holds a ``Decoder`` (what its bytes mean, what it wants written) and names the ``Timeline`` for its
clock (``clock``). A ``Driver`` is the two together, so that all families are fed, refused and recovered alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np

from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors.layout import Layout, Run, Whole, times_us
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


class Readings(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Readings of packets that follow each other and are alike, one row of the arrays a reading: the same as arrays."""

    layout: Layout
    payload: bytes
    """Of all of them."""
    n: Whole
    last_us: Array | None = None
    step_us: float | None = None
    senders: Whole
    """Which packet each of them is of."""

    def __len__(self) -> int:
        return len(self.n)

    def __getitem__(self, rows: slice) -> Readings:
        """Only these."""
        start, size = rows.indices(len(self))[0], self.layout.sample_bytes
        before = self.n[:start].sum()
        changed: dict[str, object] = {
            name: value[rows] for name in self.__struct_fields__ if isinstance(value := getattr(self, name), np.ndarray)
        }
        changed["payload"] = self.payload[before * size : (before + self.n[rows].sum()) * size]
        return msgspec.structs.replace(self, **changed)

    def one(self, row: int) -> Reading:
        """By itself, as the decoder would have told it."""
        alone = self[row : row + 1]
        last_us = None if alone.last_us is None else float(alone.last_us[0])
        return Reading(
            layout=self.layout, payload=alone.payload, n=int(alone.n[0]), last_us=last_us, step_us=self.step_us
        )


NO_READINGS: tuple[Sequence[Reading], int] = ((), 0)
"""What ``decode_together`` says where the first packet has to be decoded by itself."""


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


Piece = Reading | Refusal | BatteryLevel | Answered | Clue


class Decoder(Protocol):
    """What one family's bytes mean. What it remembers (partial frames, ranges, factors) lives in the object.

    Any bytes are decoded without harm: no exception, bounded memory.
    """

    profile: Profile

    def decode(self, characteristic: str, data: bytes) -> Sequence[Piece]:
        """What this notification, or this value that was read, holds; nothing if it is none of the family's."""

    def identify(self) -> tuple[Step, ...]:
        """What to subscribe to and to ask first, so that ``start`` knows which model and settings it meets."""

    def start(self, rate_hz: float) -> tuple[Step, ...]:
        """What configures the sensor to ``rate_hz`` (one of the profile's rates) and starts the stream."""

    def stop(self) -> tuple[Step, ...]:
        """What stops the stream and leaves the sensor as it was found."""

    def link_lost(self) -> None:
        """The link dropped: what was half received will not be completed."""


@runtime_checkable
class DecodesTogether(Protocol):
    """A decoder for which many packets at once are less work than one after the other."""

    def decode_together(self, characteristic: str, packets: list[bytes]) -> tuple[Readings | Sequence[Reading], int]:
        """The readings of the first of these packets, and how many packets those are.

        They are what ``decode`` would say of each in turn, to the bit, up to the first that is not like the others; it
        has not been looked at.
        """


# --- what places readings on the timeline -----------------------------------------------------------------------------


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Where a reading lies: its last sample at ``last_us``, the others ``step_us`` apart before it, after ``gap``."""

    last_us: float
    step_us: float
    gap: Gap | None = None


PlacedTogether = tuple[Array, Array]
"""``last_us`` and ``step_us`` (m,) of readings, without a gap before any of them."""

NONE_PLACED: PlacedTogether = (np.empty(0), np.empty(0))


class Timeline(Protocol):
    """Turns a sensor's clock, or the times of arrival, into one timeline: it begins at 0 and strictly increases."""

    @property
    def drift_us(self) -> float | None:
        """How far the host's clock has moved ahead of the sensor's so far; None where the sensor has no clock."""

    def place(self, reading: Reading, host_ns: int) -> Placed | Refusal | None:
        """Where the reading lies; None: it is old (sent twice, or late) and is dropped without a word."""

    def place_together(self, readings: Readings, hosts_ns: Sequence[int]) -> PlacedTogether:
        """What ``place`` would say of the first of these in turn, to the bit.

        Up to the first with which anything is amiss; it has not been looked at.
        """

    def link_lost(self) -> None:
        """The link dropped: what comes next does not continue what was."""


# --- the driver -------------------------------------------------------------------------------------------------------


class MalformedPacket(msgspec.Struct, frozen=True):
    """A packet that was refused: why, in words, and how many have been refused so far, this one included."""

    reason: str
    count: int


MANY, AT_ONCE = 32, 2048
"""So many packets are worth the trouble of doing them together, and so many are done together at most."""

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
        self._decode = decoder.decode
        self._together = decoder if isinstance(decoder, DecodesTogether) else None
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
        at, end = 0, len(notifications)
        singly_until = 0 if self._together else end
        while at < end:
            if at < singly_until or end - at < MANY:
                if at and notifications[at].characteristic != notifications[at - 1].characteristic:
                    self._settle(run, found)  # what it says may change what samples mean
                self._feed_one(notifications[at], run, found)
                at += 1
                continue
            stretch = notifications[at : at + AT_ONCE]
            done = self._feed_together(stretch, run, found)
            at += done
            if done < len(stretch):
                singly_until = at + MANY
        self._settle(run, found)
        return found

    def link_lost(self) -> None:
        """The link dropped: nothing half received is completed, and time starts anew from the host's clock."""
        self.decoder.link_lost()
        self._timeline.link_lost()
        self._gyr_timeline.link_lost()

    def _feed_one(self, notification: Notification, run: Run, found: list[Decoded]) -> None:
        refused = False
        for piece in self._decode(notification.characteristic, notification.data):
            said = self._put(piece, notification.host_ns, run, found) if isinstance(piece, Reading) else piece
            if said is None or (refused and isinstance(said, Refusal)):
                continue
            self._settle(run, found)
            if isinstance(said, Refusal):
                refused = True
                self._refuse(said, found)
            else:
                found.append(said)

    def _feed_together(self, notifications: Sequence[Notification], run: Run, found: list[Decoded]) -> int:
        """The first of these packets, as many as can be decoded together; how many."""
        assert self._together is not None  # noqa: S101
        characteristic = notifications[0].characteristic
        _, alike = next(groupby(notifications, attrgetter("characteristic")))
        packets = [notification.data for notification in alike]
        readings, done = self._together.decode_together(characteristic, packets)
        if not isinstance(readings, Readings):
            for reading, notification in zip(readings, notifications, strict=False):
                self._put_or_refuse(reading, notification.host_ns, run, found)
            return done
        hosts_ns = [notifications[i].host_ns for i in readings.senders.tolist()]
        at = 0
        while at < len(readings):
            last_us, step_us = self._timeline.place_together(readings[at:], hosts_ns[at:])
            placed = readings[at : at + len(last_us)]
            if len(placed):
                self._settle(run, found)
                self._tell(found, times_us(last_us, step_us, placed.n) * 1e-6, *placed.layout.arrays(placed.payload))
            at += len(placed)
            for row in range(at, min(at + MANY, len(readings))):
                self._put_or_refuse(readings.one(row), hosts_ns[row], run, found)
            at += MANY
        return done

    def _put(self, reading: Reading, host_ns: int, run: Run, found: list[Decoded]) -> Refusal | None:
        """Puts it on the timeline and into the run; says why not if it makes no sense there."""
        layout = reading.layout
        placed = (self._timeline if layout.acc_at is not None else self._gyr_timeline).place(reading, host_ns)
        if not isinstance(placed, Placed):
            return placed
        if placed.gap is not None:
            self._settle(run, found)
            self._mark(placed.gap, layout, found)
        elif self._pairing is None and run.pieces and run.pieces[-1][0] is not layout:
            self._settle(run, found)
        run.pieces.append((layout, reading.payload, reading.n, placed.last_us, placed.step_us))
        return None

    def _put_or_refuse(self, reading: Reading, host_ns: int, run: Run, found: list[Decoded]) -> None:
        """Of a packet that holds nothing else."""
        refusal = self._put(reading, host_ns, run, found)
        if refusal is not None:
            self._settle(run, found)
            self._refuse(refusal, found)

    def _refuse(self, refusal: Refusal, found: list[Decoded]) -> None:
        self._refused += 1
        found.append(MalformedPacket(refusal.reason, self._refused))

    def _settle(self, run: Run, found: list[Decoded]) -> None:
        if not run.pieces:
            return
        samples = run.take()
        if self._pairing is not None:
            found += self._pairing.feed_all(samples)
            return
        for t_s, acc_g, gyr_dps in samples:
            self._tell(found, t_s, acc_g, gyr_dps)

    def _tell(self, found: list[Decoded], t_s: Array, acc_g: Array | None, gyr_dps: Array | None) -> None:
        if acc_g is not None:
            found.append(ImuBlock(t_s, acc_g, gyr_dps))

    def _mark(self, gap: Gap, layout: Layout, found: list[Decoded]) -> None:
        if self._pairing is not None:
            found += self._pairing.interrupt(gap, layout.part)
        else:
            found.append(gap)
