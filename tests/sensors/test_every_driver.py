"""What holds for the driver of every family: its profile, its steps, and that no bytes do harm."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.sensors import driver_for, profiles
from rhomboid.sensors.profile import Profile
from rhomboid.sensors.steps import Step, Subscribe, Unsubscribe, Write
from tests.sensors.hostile import LINK_LOST, LONGEST_PACKET, UUID, characteristics, feed, golden, held, stream

EVERY = {profile.family: profile for profile in profiles()}
every_family = pytest.mark.parametrize("family", EVERY)

LONGEST_PAUSE_S = 5.0
MOST_HELD = 16_384


# --- what it says it is -----------------------------------------------------------------------------------------------


@every_family
def test_a_profile_makes_sense(family: str) -> None:
    profile = EVERY[family]
    assert family.replace("-", "").isalnum() and family == family.lower()
    assert profile.title and profile.models and profile.tested_with and profile.battery
    assert sorted(set(profile.rates_hz)) == list(profile.rates_hz)
    assert profile.default_hz in profile.rates_hz
    assert profile.acc_range_g > 0
    assert profile.gyr_range_dps is None or profile.gyr_range_dps > 0
    assert 23 <= profile.needs_mtu <= 517
    signs = profile.signs
    assert signs.services or signs.names
    assert all(UUID.fullmatch(service) for service in signs.services)
    assert all(name and name == name.lower() for name in signs.names)
    assert all(0 <= company <= 0xFFFF for company in signs.companies)


def test_no_two_families_show_the_same_sign() -> None:
    def all_of(of: str, profile: Profile) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(profile.signs, of)
        return found

    for of in ("services", "names"):
        signs = [sign for profile in EVERY.values() for sign in all_of(of, profile)]
        assert len(signs) == len(set(signs))


# --- what it wants written --------------------------------------------------------------------------------------------


def steps_of(family: str, rate_hz: float) -> list[Step]:
    decoder = driver_for(family).decoder
    return [*decoder.identify(), *decoder.start(rate_hz), *decoder.stop()]


@every_family
def test_steps_name_characteristics_of_the_family(family: str) -> None:
    for rate_hz in EVERY[family].rates_hz:
        steps = steps_of(family, rate_hz)
        assert {step.characteristic for step in steps} <= set(characteristics(family))
        for step in steps:
            assert step.service is None or UUID.fullmatch(step.service)
            if isinstance(step, Write):
                assert step.meaning and 1 <= len(step.data) <= 512
                assert 0 <= step.pause_s <= LONGEST_PAUSE_S
                assert step.answer_within_s is None or 0 < step.answer_within_s <= LONGEST_PAUSE_S


@every_family
def test_what_is_unsubscribed_was_subscribed(family: str) -> None:
    decoder = driver_for(family).decoder
    begun = [*decoder.identify(), *decoder.start(EVERY[family].default_hz)]
    subscribed = [(s.characteristic, s.service) for s in begun if isinstance(s, Subscribe)]
    unsubscribed = [(s.characteristic, s.service) for s in decoder.stop() if isinstance(s, Unsubscribe)]
    assert subscribed
    assert set(unsubscribed) <= set(subscribed)


# --- hostile bytes ----------------------------------------------------------------------------------------------------


# Not a number, infinite, all ones, nothing, and the beginning of a frame of WitMotion's.
AWKWARD = [bytes.fromhex(h) for h in ("0000c07f", "000080ff", "ffffffff", "00000000", "5561", "80")]

WAITS_NS = [0, 10**12, 10**15, 45_000_000, 10_000_000, 16_667_000]
"""Between packets; the last, which is the spacing of most streams here, is the usual one."""

Packet = tuple[str, bytes]


def changed(data: bytes, at: int, other: bytes) -> bytes:
    at %= len(data) or 1
    return data[:at] + other + data[at + len(other) :]


def ways_to_spoil(good: list[bytes]) -> st.SearchStrategy[Callable[[bytes], bytes]]:
    """Cut, with bytes changed, with another packet behind, or replaced by something that is nothing at all."""
    others = st.sampled_from(AWKWARD) | st.binary(min_size=1, max_size=8)
    behind = st.tuples(st.binary(max_size=20), st.sampled_from(good)).map(b"".join)
    return st.one_of(
        st.integers(0, 60).map(lambda n: lambda data: data[:n]),
        st.tuples(st.integers(0, LONGEST_PACKET), others).map(lambda change: lambda data: changed(data, *change)),
        behind.map(lambda more: lambda data: (data + more)[:LONGEST_PACKET]),
        st.binary(max_size=LONGEST_PACKET).map(lambda other: lambda data: other),
    )


def sessions(family: str) -> st.SearchStrategy[list[tuple[int, str, bytes]]]:
    """A stream, of which packets are spoiled or lost, among others that are good or astray; and the link drops."""
    flow, known = stream(family), golden(family)
    assert flow, "the family's tests hold no packet of samples"
    packets = [data for _, data in known + flow]
    strangers = st.sampled_from(known) | st.tuples(st.sampled_from(characteristics(family)), st.sampled_from(packets))
    happenings = st.one_of(
        st.just("good"), st.just("good"), ways_to_spoil(packets), strangers, st.sampled_from(["lost", LINK_LOST])
    )
    waits_ns = st.integers(0, 20).map(lambda n: WAITS_NS[min(n, len(WAITS_NS) - 1)])

    def told(happened: list[tuple[int, str | Packet | Callable[[bytes], bytes]]]) -> list[tuple[int, str, bytes]]:
        session, host_ns, flowing = [], 0, itertools.cycle(flow)
        for wait_ns, what in happened:
            host_ns += wait_ns
            if isinstance(what, tuple):
                session.append((host_ns, *what))
                continue
            if what == LINK_LOST:
                session.append((host_ns, LINK_LOST, b""))
                continue
            characteristic, data = next(flowing)
            if what != "lost":
                session.append((host_ns, characteristic, data if what == "good" else what(data)))
        return session

    return st.lists(st.tuples(waits_ns, happenings), min_size=10, max_size=60).map(told)


@every_family
@given(data=st.data())
def test_no_bytes_on_any_characteristic_do_harm(family: str, data: st.DataObject) -> None:
    feed(family, data.draw(sessions(family)))


@every_family
def test_what_never_ends_is_not_hoarded(family: str) -> None:
    """Two megabytes of packets that promise more to come leave no more behind than a few."""
    decoder, draw = driver_for(family).decoder, random.Random(1)  # noqa: S311
    beginnings = [(characteristic, data[: len(data) // 2 + 1]) for characteristic, data in golden(family)]
    for _ in range(3500):
        characteristic, beginning = draw.choice(beginnings)
        decoder.decode(
            characteristic, (beginning + draw.randbytes(LONGEST_PACKET))[: draw.choice((20, LONGEST_PACKET))]
        )
    assert held(decoder) <= MOST_HELD
