"""The joint of driver and signal core: what came in (packets or sample blocks) becomes events. No I/O, no clock.

A live session and the analysis of a file both run through here, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import cast

import msgspec
import numpy as np

from rhomboid.events import BatteryRead, CommandGiven, Event, LinkChanged, SensorProblem
from rhomboid.imu import Command, Gap, ImuBlock, LinkChange, Notification, SourceItem, StreamItem
from rhomboid.motion.pipeline import Pipeline, Trace
from rhomboid.sensors.driver import BatteryLevel, Driver, MalformedPacket

_Piece = StreamItem | MalformedPacket | BatteryLevel | LinkChange | Command


class Interpreter:
    """Decodes with ``driver`` (None: only sample blocks come) and feeds ``pipeline``."""

    def __init__(self, pipeline: Pipeline, driver: Driver | None = None) -> None:
        self.pipeline, self.driver = pipeline, driver
        self.last_s = 0.0
        """Time of the newest sample decoded."""
        self.samples = 0
        self._first_s: float | None = None
        self._missing_s = 0.0
        self._stretches = 1

    @property
    def sampling_rate_hz(self) -> float:
        """Samples per second of sensor time, gaps left out, so far."""
        recorded_s = self.duration_s - self._missing_s
        return (self.samples - self._stretches) / recorded_s if recorded_s > 0 else 0.0

    @property
    def duration_s(self) -> float:
        """From the first sample to the newest, gaps included."""
        return 0.0 if self._first_s is None else self.last_s - self._first_s

    def feed(self, items: Iterable[SourceItem]) -> list[Event]:
        """The events these items decide. How they are divided into calls does not matter."""
        events: list[Event] = []
        for piece in _joined(_decoded(items, self.driver)):
            if isinstance(piece, MalformedPacket):
                reason = f"malformed packet ({piece.count} so far): {piece.reason}"
                events.append(SensorProblem(at_s=self.last_s, kind="malformed_packet", reason=reason))
                continue
            if isinstance(piece, BatteryLevel):
                events.append(BatteryRead(at_s=self.last_s, percent=piece.percent, charging=piece.charging))
                continue
            if isinstance(piece, LinkChange):
                state, reason, words = piece.state, piece.reason, piece.words
                events.append(LinkChanged(at_s=self.last_s, state=state, reason=reason, words=words))
                continue
            if isinstance(piece, Command):
                told = CommandGiven(at_s=self.last_s, kind=piece.kind, value=piece.value, text=piece.text)
                events.append(told)
                continue
            if isinstance(piece, ImuBlock) and len(piece):
                self._first_s = float(piece.t_s[0]) if self._first_s is None else self._first_s
                self.last_s = float(piece.t_s[-1])
                self.samples += len(piece)
            elif isinstance(piece, Gap):
                self._missing_s += piece.end_s - piece.start_s
                self._stretches += 1
            events += self.pipeline.feed(piece)
        return events

    def finish(self) -> list[Event]:
        """The source is exhausted: what closes."""
        return self.pipeline.finish()


ITEMS_AT_ONCE = 4096
"""So many items of a file are worth taking through the core together; any number gives the same events."""


def decoded(items: Iterable[SourceItem], driver: Driver | None = None) -> Iterator[StreamItem]:
    """Only what a signal core is fed with, for whoever wants the samples and not what they mean."""
    items = iter(items)
    while some := list(islice(items, ITEMS_AT_ONCE)):
        yield from (piece for piece in _joined(_decoded(some, driver)) if isinstance(piece, StreamItem))


def _decoded(items: Iterable[SourceItem], driver: Driver | None) -> Iterator[_Piece]:
    """Packets that follow one another are decoded together: a run costs little more than one."""
    for kind, run in groupby(items, key=type):
        if kind is not Notification:
            for item in cast("Iterator[StreamItem | LinkChange | Command]", run):
                if isinstance(item, LinkChange) and item.state == "lost" and driver is not None:
                    driver.link_lost()
                yield item
        elif driver is not None:
            for piece in driver.feed(*cast("Iterator[Notification]", run)):
                # What else a sensor says (answers to commands, its name and version) is the link's business.
                if isinstance(piece, ImuBlock | Gap | MalformedPacket | BatteryLevel):
                    yield piece


class Moment(msgspec.Struct, frozen=True, eq=False):
    """Another place to go on from: ``interpreter`` as it is there, all events until then and the signal before it."""

    interpreter: Interpreter
    events: tuple[Event, ...]
    trace: Trace


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Neighbouring blocks as one: the core works on many samples as cheaply as on few."""
    waiting: list[ImuBlock] = []
    for piece in pieces:
        if isinstance(piece, ImuBlock):
            if waiting and (piece.gyr_dps is None) != (waiting[0].gyr_dps is None):
                yield _concatenate(waiting)
                waiting = []
            waiting.append(piece)
            continue
        if waiting:
            yield _concatenate(waiting)
            waiting = []
        yield piece
    if waiting:
        yield _concatenate(waiting)


def _concatenate(blocks: list[ImuBlock]) -> ImuBlock:
    if len(blocks) == 1:
        return blocks[0]
    gyr_dps = [b.gyr_dps for b in blocks if b.gyr_dps is not None]
    return ImuBlock(
        np.concatenate([b.t_s for b in blocks]),
        np.concatenate([b.acc_g for b in blocks]),
        np.concatenate(gyr_dps) if gyr_dps else None,
    )
