"""One sitting: source -> recorder -> driver -> signal core -> subscribers, on asyncio, without any screen.

The recorder is served first, so that what was heard is kept whatever happens to those who listen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from rhomboid.allocator import give_back_large_arrays, give_back_what_is_free
from rhomboid.errors import RhomboidError, UsageError, unforeseen
from rhomboid.events import Event, SetClosed
from rhomboid.imu import Command, CommandKind, LinkChange, Notification, Request, RequestKind, SourceItem
from rhomboid.interpreter import Interpreter, Moment
from rhomboid.motion.pipeline import MotionState, Pipeline, Trace
from rhomboid.motion.settings import KnownReference
from rhomboid.ring import Ring
from rhomboid.sensors.driver import Driver

Subscriber = Callable[["Update"], None]


class Update(msgspec.Struct, frozen=True, eq=False):
    """What is new since the last update: events, the signal for drawing, and the newest moment.

    ``moved``: playing went on from another place, so what was said before is void and this is all there is.
    """

    events: tuple[Event, ...]
    trace: Trace
    state: MotionState
    moved: bool = False


class Source(Protocol):
    """Anything that delivers packets or sample blocks over time."""

    title: str
    duration_s: float | None
    position_s: float
    speed: float
    paused: bool

    @property
    def driver(self) -> Driver | None: ...
    @property
    def section(self) -> str: ...
    @property
    def pace(self) -> float: ...
    def batches(self) -> AsyncGenerator[list[SourceItem] | Moment, None]: ...


@runtime_checkable
class Seekable(Protocol):
    """A source that can go on from any place."""

    def seek(self, to_s: float) -> None: ...
    def seek_event(self, step: int, passing_over: tuple[type[Event], ...] = ()) -> None: ...


class Recorder(Protocol):
    """Where packets and events are kept."""

    def write_notification(self, notification: Notification) -> None: ...
    def write_request(self, request: Request) -> None: ...
    def write_link(self, change: LinkChange) -> None: ...
    def write_command(self, command: Command) -> None: ...
    def write_event(self, event: Event, host_ns: int) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class Keeper(Protocol):
    """What can write the last minute of a session to a file."""

    def save(self, ring: Ring, path: Path | None = None) -> Path: ...


class Memory(Protocol):
    """What remembers the reference of this session for the next one."""

    def take(self, update: Update) -> None: ...
    def keep(self, reference: KnownReference | None) -> None: ...


SLOWEST, FASTEST = 0.25, 64.0
FLUSH_S = 0.8
"""A recording on the drive is never much further behind than this, even when nothing arrives any more."""


class Session:
    """Runs ``source`` through ``pipeline``, tells subscribers; ends with the source, ``stop`` or after ``until_s``."""

    def __init__(
        self,
        source: Source,
        pipeline: Pipeline,
        *,
        recorder: Recorder | None = None,
        keeper: Keeper | None = None,
        memory: Memory | None = None,
        until_s: float | None = None,
    ) -> None:
        self._source, self._recorder, self._until_s = source, recorder, until_s
        self._interpreter = Interpreter(pipeline, source.driver)
        self._subscribers: list[Subscriber] = []
        self._asked: list[Request | Command] = []
        self._stopping = False
        self._host_ns: int | None = None
        self._ring, self._keeper = Ring(), keeper
        self._memory = memory
        if memory is not None:
            self.subscribe(memory.take)
        self.finished = False
        self.error: RhomboidError | None = None

    @property
    def title(self) -> str:
        """What is being played or worn, in words."""
        return self._source.title

    @property
    def counts(self) -> bool:
        """Whether repetitions and holds are looked for; at the desk it is posture alone."""
        return self._interpreter.pipeline.settings.mode != "desk"

    @property
    def threshold_deg(self) -> float:
        """How far forward of the reference is too far."""
        return self._interpreter.pipeline.settings.slouch.threshold_deg

    @property
    def duration_s(self) -> float | None:
        """How long the source is, where that is known."""
        return self._source.duration_s

    @property
    def position_s(self) -> float:
        """How much of the source has been played."""
        return self._source.position_s

    @property
    def section(self) -> str:
        """The part of a script that is being played, or an empty string."""
        return self._source.section

    @property
    def speed(self) -> float:
        """The user's playback factor; ``pace`` comes on top."""
        return self._source.speed

    @property
    def pace(self) -> float:
        """The factor the source itself asks for (20.0 in a compressed stretch)."""
        return self._source.pace

    @property
    def paused(self) -> bool:
        """Whether the user has stopped time."""
        return self._source.paused

    @property
    def live(self) -> bool:
        """Whether it has no end of its own: a sensor that is worn now."""
        return self._source.duration_s is None

    @property
    def stopping(self) -> bool:
        """Whether ``stop`` has been asked for."""
        return self._stopping

    @property
    def streamed_s(self) -> float:
        """How much the sensor has sent, in its own time, gaps included."""
        return self._interpreter.duration_s

    @property
    def sampling_rate_hz(self) -> float:
        """Samples a second of the sensor's time, so far; 0 before there are any."""
        return self._interpreter.sampling_rate_hz

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Calls ``subscriber`` with every update, on the session's event loop; returns what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    @property
    def seekable(self) -> bool:
        """Whether ``seek`` and ``seek_event`` go anywhere."""
        return isinstance(self._source, Seekable)

    def seek(self, to_s: float) -> None:
        """Goes on from this second of the source, with everything as if all before it had been played."""
        if isinstance(self._source, Seekable):
            self._source.seek(to_s)

    def seek_event(self, step: int, passing_over: tuple[type[Event], ...] = ()) -> None:
        """Goes on from the next event (1) or the one before (-1), not counting those of the kinds passed over."""
        if isinstance(self._source, Seekable):
            self._source.seek_event(step, passing_over)

    def set_speed(self, factor: float) -> None:
        """Playback speed, kept between a quarter and 64 times real time."""
        self._source.speed = min(max(factor, SLOWEST), FASTEST)

    def toggle_pause(self) -> None:
        """Stops time, or lets it go on."""
        self._source.paused = not self._source.paused

    def ask(self, kind: RequestKind, exercise: str = "") -> None:
        """Asks the signal core for a new reference, or tells of a set; it stands in front of what arrives next."""
        self._asked.append(Request(0, kind, exercise))

    def tell(self, kind: CommandKind, value: int | None = None, text: str = "") -> None:
        """Tells the coach something; it enters the stream in front of what arrives next, and soon if nothing does."""
        self._asked.append(Command(0, kind, value, text))

    @property
    def can_keep(self) -> bool:
        """Whether ``keep_last_minute`` has anywhere to go: a session that is played from a file has not."""
        return self._keeper is not None

    def keep_last_minute(self, path: Path | None = None) -> Path:
        """Writes the last 60 s to a file for a bug report, and returns its name. Raises UsageError, DataError."""
        if self._keeper is None:
            raise UsageError("only a live session can be kept", do="send the file that is being played")
        return self._keeper.save(self._ring, path)

    def stop(self) -> None:
        """Ends ``run`` at its next step; what is open is closed and the recording finished."""
        self._stopping = True

    async def run(self) -> None:
        """Until the source is exhausted or ``stop``. An error meant for the user is kept in ``error``, not raised."""
        give_back_large_arrays()
        clock = asyncio.get_running_loop().time
        flush_at = clock() + FLUSH_S
        try:
            # Closing the batches is what releases a sensor, so it happens here and not when somebody tidies up.
            async with aclosing(self._source.batches()) as batches:
                async for batch in batches:
                    if isinstance(batch, Moment):
                        self._move(batch)
                    elif batch or (self._asked and self._host_ns is not None):
                        self._take(batch)
                    if self._stopping:  # what had arrived by then is kept
                        break
                    if self._until_s is not None and self._source.position_s >= self._until_s:
                        break
                    if self._recorder is not None and clock() >= flush_at:
                        await asyncio.to_thread(self._recorder.flush)
                        flush_at = clock() + FLUSH_S
            self._publish(self._interpreter.finish())
        except RhomboidError as error:
            self.error = error
        except BrokenPipeError:  # who listened at the other end of a pipe went away: no fault of anyone's
            raise
        except Exception as error:
            self.error = unforeseen(error)
        finally:
            self._close()
            if self._memory is not None:
                self._memory.keep(self._interpreter.pipeline.reference)
            self.finished = True

    def _take(self, batch: list[SourceItem]) -> None:
        if self._host_ns is None:
            self._host_ns = next((item.host_ns for item in batch if isinstance(item, Notification | LinkChange)), 0)
        asked = [msgspec.structs.replace(item, host_ns=self._host_ns) for item in self._asked]
        self._asked.clear()
        batch = [*asked, *batch]
        for item in batch:
            if self._keeper is not None and isinstance(item, Notification | LinkChange | Request | Command):
                self._ring.add(item)
            if isinstance(item, Notification):
                self._host_ns = item.host_ns
                if self._recorder is not None:
                    self._recorder.write_notification(item)
            elif isinstance(item, Request) and self._recorder is not None:
                self._recorder.write_request(item)
            elif isinstance(item, Command) and self._recorder is not None:
                self._recorder.write_command(item)
            elif isinstance(item, LinkChange):
                self._host_ns = item.host_ns
                if self._recorder is not None:
                    self._recorder.write_link(item)
        self._publish(self._interpreter.feed(batch))

    def _move(self, moment: Moment) -> None:
        self._interpreter = moment.interpreter
        self._tell(Update(moment.events, moment.trace, moment.interpreter.pipeline.state, moved=True))

    def _publish(self, events: list[Event]) -> None:
        for event in events if self._keeper is not None else ():
            late_s = max(self._interpreter.pipeline.state.t_s - event.at_s, 0.0)
            self._ring.tell(event, (self._host_ns or 0) - round(late_s * 1e9))
        if self._recorder is not None:
            for event in events:
                self._recorder.write_event(event, self._host_ns or 0)
        pipeline = self._interpreter.pipeline
        self._tell(Update(tuple(events), pipeline.take_trace(), pipeline.state))
        if any(isinstance(event, SetClosed) for event in events):  # the look back over a set leaves the most behind
            give_back_what_is_free()

    def _tell(self, update: Update) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber(update)

    def _close(self) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.close()
        except RhomboidError as error:
            self.error = self.error or error
