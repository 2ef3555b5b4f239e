"""Advertisements: recognised, told apart, and what is said of those that cannot be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.errors import UsageError
from rhomboid.sensors import driver_for, profiles
from rhomboid.sensors.profile import Profile, Signs
from rhomboid.sensors.recognition import Advertisement, known_unusable, recognise


def a_family(family: str, signs: Signs) -> Profile:
    return Profile(
        family=family, title=family, models=(family,), signs=signs, rates_hz=(100.0,), default_hz=100.0,
        acc_range_g=16.0, gyr_range_dps=None, clock="arrival time", loss="suspected", battery="no",
        tested_with="nothing",
    )  # fmt: skip


BY_SERVICE = a_family("by-service", Signs(services=("c50c0001-632f-4069-98a3-6d98c00e8770",), names=("rhomb",)))
BY_NAME = a_family("by-name", Signs(names=("polar h10",), companies=(0x6B,)))
SHORT = a_family("short", Signs(names=("wt",)))
FAMILIES = (SHORT, BY_NAME, BY_SERVICE)


def test_a_service_says_more_than_a_name() -> None:
    seen = Advertisement(name="WT901", services=BY_SERVICE.signs.services)
    sure, less = recognise(seen, FAMILIES)
    assert (sure.family, less.family) == ("by-service", "short")
    assert sure.confidence > less.confidence
    assert "service" in sure.why


def test_a_maker_strengthens_a_name_and_says_nothing_alone() -> None:
    (named,) = recognise(Advertisement(name="Polar H10 1234"), FAMILIES)
    (both,) = recognise(Advertisement(name="Polar H10 1234", companies=(0x6B,)), FAMILIES)
    assert both.confidence > named.confidence
    assert recognise(Advertisement(companies=(0x6B,)), FAMILIES) == []


def test_the_vibration_meter_is_refused_by_name() -> None:
    meter = Advertisement(name="WTVB01-BT50")
    verdict = known_unusable(meter)
    assert verdict is not None
    assert "vibration" in verdict.what
    assert recognise(meter, FAMILIES) == []


def test_a_device_nobody_knows_is_nothing() -> None:
    assert recognise(Advertisement(name="Kitchen radio"), FAMILIES) == []
    assert known_unusable(Advertisement(name="Kitchen radio")) is None


@given(
    name=st.text(max_size=40),
    services=st.lists(st.text(max_size=40), max_size=4).map(tuple),
    companies=st.lists(st.integers(0, 65535), max_size=3).map(tuple),
)
def test_any_advertisement_gets_an_answer(name: str, services: tuple[str, ...], companies: tuple[int, ...]) -> None:
    for match in recognise(Advertisement(name=name, services=services, companies=companies), profiles()):
        assert 0.0 < match.confidence <= 1.0


def test_a_driver_is_found_by_family_or_title_and_an_unknown_one_refused() -> None:
    assert driver_for("Rhomboid Stream").family == "rhomboid"
    for nonsense in ("", "abacus", "-"):
        with pytest.raises(UsageError, match=r"known are: .*rhomboid"):
            driver_for(nonsense)
