"""The link's own logic in virtual time: random faults in any order; never stuck, never doubled, always stops."""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from typing import Any
from weakref import WeakSet

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rhomboid.imu import LinkChange, Notification
from rhomboid.link import live, setup
from rhomboid.link.live import FIRST_WAIT_S, JITTER, LONGEST_WAIT_S, LiveSource, Wanted, wait_s
from rhomboid.link.radio import OnData, Seen
from rhomboid.link.trouble import SENTENCES, LinkTrouble, Trouble
from rhomboid.sensors.recognition import Advertisement
from rhomboid.sensors.rhomboid_stream import STREAM
from tests.conftest import tries

WANTED = Wanted("00:01", "rhomboid", "mine")
ASLEEP_S = 3600.0
LONGEST_FAULT_S = 80.0
"""To look, connect, be set up and be released in vain, each as long as it may take, and to wait for the next try."""
NEXT = {
    "looking": {"connecting", "lost"},
    "connecting": {"configuring", "lost"},
    "configuring": {"streaming", "lost"},
    "streaming": {"lost"},
    "lost": {"looking"},
}


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time passes only where everything waits, and then at once."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept_s = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now_s

    def host_ns(self) -> int:
        """The clock that goes on while the computer sleeps; this loop's own stands still then."""
        return int((self.now_s + self.slept_s) * 1e9)


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now_s += timeout or 0.0
        return super().select(0)


class FakeRadio:
    """Does what the plan says: each entry is how the next attempt goes wrong, and after how many seconds."""

    def __init__(self, plan: list[tuple[str, float]]) -> None:
        self.plan = plan
        self.open = self.most_open = self.connections = self.pairings = 0
        self.left: WeakSet[FakeConnection] = WeakSet()

    @asynccontextmanager
    async def scan(self) -> AsyncIterator[AsyncIterator[Seen]]:
        kind, after_s = self.plan[0] if self.plan else ("", 0.0)
        if kind == "scan":
            self.plan.pop(0)
            raise LinkTrouble(Trouble.POWERED_OFF)

        async def heard() -> AsyncIterator[Seen]:
            if kind == "away":
                self.plan.pop(0)
                await asyncio.sleep(10 * after_s)
            yield Seen(address="00:02", advertisement=Advertisement(name="mine"), rssi_dbm=-40)
            yield Seen(address=WANTED.address, advertisement=Advertisement(name="mine"), rssi_dbm=-60)

        yield heard()

    async def connect(self, address: str, on_lost: Callable[[], None], *, pair: bool = False) -> FakeConnection:
        assert address == WANTED.address
        await asyncio.sleep(0.1)
        self.pairings += pair
        kind, after_s = self.plan.pop(0) if self.plan else ("", 0.0)
        if kind == "connect":
            await asyncio.sleep(after_s)
            raise LinkTrouble(Trouble.CANNOT_CONNECT)
        self.open += 1
        self.connections += 1
        self.most_open = max(self.most_open, self.open)
        connection = FakeConnection(self, on_lost, kind, after_s)
        self.left.add(connection)
        return connection


class FakeConnection:
    characteristics = frozenset({STREAM})

    def __init__(self, radio: FakeRadio, on_lost: Callable[[], None], kind: str, after_s: float) -> None:
        self._radio, self._on_lost, self._kind, self._after_s = radio, on_lost, kind, after_s
        self._tasks: list[asyncio.Task[None]] = []
        self._in_a_circle = self  # as a real one is

    async def read(self, characteristic: str, service: str | None = None) -> bytes:
        return b""

    async def write(self, characteristic: str, data: bytes, service: str | None, *, with_response: bool) -> None: ...

    async def subscribe(self, characteristic: str, service: str | None, on_data: OnData) -> None:
        if self._kind == "refuse":
            raise LinkTrouble(Trouble.REFUSED)
        if self._kind == "pairing":
            raise LinkTrouble(Trouble.PAIRING)
        if self._kind == "hang":
            await asyncio.sleep(3600)
        self._tasks.append(asyncio.ensure_future(self._stream(on_data)))
        if self._kind in ("drop", "asleep"):
            self._tasks.append(asyncio.ensure_future(self._drop()))

    async def unsubscribe(self, characteristic: str, service: str | None) -> None:
        if self._kind == "hang on stop":
            await asyncio.sleep(3600)

    async def close(self) -> None:
        await asyncio.sleep(0.05)
        for task in self._tasks:
            task.cancel()
        self._radio.open -= 1

    async def _stream(self, on_data: OnData) -> None:
        while True:
            await asyncio.sleep(0.5)
            on_data(STREAM, b"packet")
            if self._kind == "silent":
                return

    async def _drop(self) -> None:
        await asyncio.sleep(self._after_s)
        loop = asyncio.get_running_loop()
        if self._kind == "asleep" and isinstance(loop, VirtualLoop):
            loop.slept_s, self._kind = loop.slept_s + ASLEEP_S, "drop"
        self._on_lost()


async def session(radio: FakeRadio, for_s: float) -> tuple[list[Any], float]:
    """What came within ``for_s``, and how long stopping took."""
    loop = asyncio.get_running_loop()
    items: list[Any] = []
    end_s = loop.time() + for_s
    async with aclosing(LiveSource(radio, WANTED).batches()) as batches:
        async for batch in batches:
            items += batch
            if loop.time() >= end_s:
                break
        began_s = loop.time()
    return items, loop.time() - began_s


def run(plan: list[tuple[str, float]], for_s: float) -> tuple[list[Any], float, FakeRadio]:
    loop, radio = VirtualLoop(), FakeRadio(list(plan))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "host_ns", loop.host_ns)
        patch.setattr(live, "asleep_s", lambda: loop.slept_s)
        patch.setattr(setup, "host_ns", loop.host_ns)
        patch.setattr(live, "TICK_S", 1.0)
        try:
            items, stopping_s = loop.run_until_complete(session(radio, for_s))
        finally:
            loop.close()
    return items, stopping_s, radio


FAULTS = ["scan", "away", "connect", "refuse", "pairing", "hang", "drop", "asleep", "silent", "hang on stop", ""]


@settings(max_examples=tries(200), deadline=None)
@given(
    plan=st.lists(st.tuples(st.sampled_from(FAULTS), st.floats(0.0, 20.0)), max_size=8),
    for_s=st.floats(0.0, 400.0),
)
@example(plan=[("drop", 1.125)], for_s=1.25)  # stopped while the dropped connection is being released
def test_whatever_goes_wrong_it_heals_and_stops(plan: list[tuple[str, float]], for_s: float) -> None:
    items, stopping_s, radio = run(plan, for_s)
    states = [i.state for i in items if isinstance(i, LinkChange)]
    assert all(after in NEXT[before] for before, after in pairwise(states))
    assert radio.most_open <= 1, "two connections to one sensor"
    assert radio.open == 0, "the sensor was not released"
    assert radio.pairings <= 1, "the user was asked again"
    assert stopping_s < 5.0
    stamps = [i.host_ns for i in items]
    assert stamps == sorted(stamps)
    for item in items:
        if isinstance(item, LinkChange) and item.state == "lost":
            assert item.reason and item.words


@settings(max_examples=tries(50), deadline=None)
@given(plan=st.lists(st.tuples(st.sampled_from(FAULTS), st.floats(0.0, 20.0)), max_size=5))
def test_it_is_never_stuck(plan: list[tuple[str, float]]) -> None:
    """However it began: when the faults are over, packets flow."""
    items, _, _ = run(plan, 5 * LONGEST_FAULT_S)
    last_s = items[-1].host_ns * 1e-9
    recent = [i for i in items if isinstance(i, Notification) and i.host_ns * 1e-9 > last_s - 5.0]
    assert len(recent) >= 9


def test_a_sleep_of_the_computer_is_told_and_takes_its_time_in_the_recording() -> None:
    items, _, _ = run([("asleep", 20.0)], 60.0)
    changes = [i for i in items if isinstance(i, LinkChange)]
    (lost,) = [c for c in changes if c.state == "lost"]
    assert lost.reason == "asleep"
    stamps_s = [i.host_ns * 1e-9 for i in items if isinstance(i, Notification)]
    assert ASLEEP_S < max(b - a for a, b in pairwise(stamps_s)) < ASLEEP_S + 2.0


def test_nothing_is_left_of_connections_that_were_lost() -> None:
    gc.disable()  # it would come, but hours later
    try:
        _, _, radio = run([("drop", 2.0)] * 6, 60.0)
    finally:
        gc.enable()
    assert radio.connections == 7
    assert len(radio.left) == 1


def test_pairing_is_tried_once_where_it_is_asked_for() -> None:
    items, _, radio = run([("pairing", 0.0)] * 4, 120.0)
    assert [i.reason for i in items if isinstance(i, LinkChange) and i.reason] == ["pairing"] * 4
    assert radio.pairings == 1
    _, _, radio = run([("refuse", 0.0), ("drop", 5.0)], 60.0)
    assert radio.pairings == 0


@given(failures=st.integers(0, 10_000), luck=st.floats(0.0, 1.0))
def test_waits_grow_and_stay_bounded(failures: int, luck: float) -> None:
    assert 0.0 < wait_s(failures, luck) <= LONGEST_WAIT_S * (1 + JITTER)
    assert wait_s(failures, 0.5) <= wait_s(failures + 1, 0.5)
    assert wait_s(0, luck) <= FIRST_WAIT_S * (1 + JITTER)


def test_every_trouble_has_its_sentence() -> None:
    for trouble in Trouble:
        words = LinkTrouble(trouble).words
        assert "; " in words
        assert SENTENCES[trouble].do
