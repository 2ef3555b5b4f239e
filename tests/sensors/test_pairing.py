"""Acceleration and angular velocity that come as two streams: brought together, or told apart where one is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Gap, ImuBlock
from rhomboid.sensors.layout import Part
from rhomboid.sensors.pairing import LONGEST_WAIT_S, Pairing

HZ = 50.0
Fed = tuple[Part, np.ndarray] | tuple[Part, Gap]


def feed(pairing: Pairing, part: Part, what: np.ndarray | Gap) -> list[ImuBlock | Gap]:
    """The acceleration at t is (t, 0, 1), the angular velocity (10 t, 0, 0): so each says when it was."""
    if isinstance(what, Gap):
        return pairing.interrupt(what, part)
    zero = np.zeros_like(what)
    if part == "acc":
        return pairing.feed(what, np.stack((what, zero, zero + 1), axis=1), None)
    return pairing.feed(what, None, np.stack((10 * what, zero, zero), axis=1))


def stretch(start_s: float, end_s: float, offset_s: float = 0.0) -> np.ndarray:
    return np.arange(round(start_s * HZ), round(end_s * HZ)) / HZ + offset_s


def told(*fed: Fed) -> list[ImuBlock | Gap]:
    pairing = Pairing()
    return [piece for part, what in fed for piece in feed(pairing, part, what)]


def rows(pieces: list[ImuBlock | Gap]) -> list[tuple[float, ...] | Gap]:
    """Every sample with its angular velocity (NaN: none), and the gaps between them."""
    found: list[tuple[float, ...] | Gap] = []
    for p in pieces:
        if isinstance(p, Gap):
            found.append(p)
            continue
        gyr_dps = np.full((len(p), 3), np.nan) if p.gyr_dps is None else p.gyr_dps
        found += [tuple(r) for r in np.column_stack((p.t_s, p.acc_g, gyr_dps)).tolist()]
    return found


def table(pieces: list[ImuBlock | Gap]) -> np.ndarray:
    return np.array([r for r in rows(pieces) if not isinstance(r, Gap)])


def test_each_sample_gets_the_angular_velocity_of_its_moment() -> None:
    fed: list[Fed] = []
    for i in range(10):
        fed += [("acc", stretch(i, i + 1)), ("gyr", stretch(i, i + 1, offset_s=0.007))]
    samples = table(told(*fed))
    assert len(samples) == 10 * HZ  # the newest sample lies before the newest angular velocity
    assert samples[:, 0].tolist() == pytest.approx(stretch(0, 10).tolist())
    assert samples[1:, 4].tolist() == pytest.approx((10 * samples[1:, 1]).tolist())
    assert np.isfinite(samples).all()


def test_the_timeline_begins_with_the_first_acceleration() -> None:
    pieces = told(("gyr", stretch(0, 2)), ("acc", stretch(1, 2)), ("acc", Gap(1.98, 3.0)), ("acc", stretch(3, 3.1)))
    assert pieces[0].t_s[0] == 0.0
    assert [p for p in pieces if isinstance(p, Gap)] == [Gap(pytest.approx(0.98), pytest.approx(2.0))]


def test_what_waits_too_long_goes_without_and_angular_velocity_may_come_back() -> None:
    fed: list[Fed] = [("acc", stretch(i / 10, (i + 1) / 10)) for i in range(40)]
    for i in range(40, 60):
        fed += [("acc", stretch(i / 10, (i + 1) / 10)), ("gyr", stretch(i / 10, (i + 1) / 10))]
    samples = table(told(*fed))
    without = np.isnan(samples[:, 4])
    assert without[: int((4 - LONGEST_WAIT_S) * HZ)].all()
    assert not without[int(4 * HZ) :].any()
    assert len(samples) == 6 * HZ


def test_a_gap_in_the_angular_velocity_costs_no_acceleration() -> None:
    pieces = told(("acc", stretch(0, 1)), ("gyr", stretch(0, 0.4)), ("gyr", Gap(0.38, 0.7)), ("gyr", stretch(0.7, 1)))
    assert not [p for p in pieces if isinstance(p, Gap)]
    samples = table(pieces)
    assert len(samples) == HZ
    missing_s = samples[np.isnan(samples[:, 4]), 0]
    assert (missing_s.min(), missing_s.max()) == (pytest.approx(0.44), pytest.approx(0.64))


def test_a_gap_in_the_acceleration_keeps_its_place() -> None:
    fed: list[Fed] = [("acc", stretch(0, 1)), ("acc", Gap(0.98, 1.2, "lost")), ("acc", stretch(1.2, 1.4))]
    assert told(*fed) == []
    pieces = told(*fed, ("gyr", stretch(0, 2)))
    assert [type(p) for p in pieces] == [ImuBlock, Gap, ImuBlock]


def test_memory_stays_bounded_when_one_stream_is_missing() -> None:
    for part in ("acc", "gyr"):
        pairing = Pairing()
        for i in range(600):
            feed(pairing, part, stretch(i, i + 1))
        kept = sum(len(x[0]) for x in pairing._waiting if not isinstance(x, Gap)) + len(pairing._gyr_t_s)
        assert kept < 4 * LONGEST_WAIT_S * HZ


@given(st.lists(st.tuples(st.sampled_from(["acc", "gyr"]), st.integers(1, 40), st.booleans()), max_size=30), st.data())
def test_the_division_into_calls_does_not_matter(runs: list[tuple[Part, int, bool]], data: st.DataObject) -> None:
    whole, cut, at = Pairing(), Pairing(), {"acc": 0, "gyr": 0}
    one: list[ImuBlock | Gap] = []
    other: list[ImuBlock | Gap] = []
    for part, n, lost in runs:
        first = at[part] + (20 if lost and at[part] else 0)
        if first > at[part]:
            gap = Gap((at[part] - 1) / HZ, first / HZ)
            one += feed(whole, part, gap)
            other += feed(cut, part, gap)
        t_s = np.arange(first, first + n) / HZ + (0.007 if part == "gyr" else 0.0)
        one += feed(whole, part, t_s)
        for piece in np.split(t_s, sorted(data.draw(st.lists(st.integers(1, n), max_size=3, unique=True)))):
            if len(piece):
                other += feed(cut, part, piece)
        at[part] = first + n
    assert repr(rows(one)) == repr(rows(other))
    t_s = [r[0] for r in rows(one) if not isinstance(r, Gap)]
    assert t_s == sorted(set(t_s))
