"""Any packet of the protocol, for hypothesis: infos and statuses as objects, stream packets as bytes, good and bad."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from rhomboid.sensors.rhomboid_control import RANGES, Info, Status
from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single

u8, u16, u32 = st.integers(0, 255), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
_periods = st.integers(250, 2**16 - 1)
_numbers = st.sets(st.integers(0, 15)).map(lambda numbers: tuple(sorted(numbers)))
_ranges = st.sampled_from(sorted(RANGES.values()))
infos = st.builds(
    lambda ranges, **fields: Info(acc_range=ranges[0], gyr_range=ranges[1], **fields),
    _ranges,
    most_samples=st.integers(1, 255),
    boot_id=u16,
    period_us=_periods,
    device_id=st.binary(min_size=8, max_size=8).map(bytes.hex),
    commands=_numbers,
    acc_ranges=_numbers,
    gyr_ranges=_numbers,
    periods_us=st.lists(_periods, max_size=8).map(tuple),
    firmware=st.text(st.characters(max_codepoint=127), max_size=40),
)
statuses = st.builds(
    lambda ranges, **fields: Status(acc_range=ranges[0], gyr_range=ranges[1], **fields),
    _ranges,
    command=u8,
    code=u8,
    state=u8,
    token=u32,
    device_us=u32,
    boot_id=u16,
    period_us=_periods,
)
_counts = st.lists(st.lists(st.integers(-(2**15), 2**15 - 1), min_size=6, max_size=6), max_size=20)
batches = st.builds(
    lambda counts, acc, gyr, **head: pack(
        np.array(counts, np.int16).reshape(-1, 6), acc_range=acc, gyr_range=gyr, **head
    ),
    _counts,
    st.integers(0, 4),
    st.integers(0, 13),
    seq=u16,
    index=u32,
    device_us=u32,
    boot_id=u16,
    period_us=st.one_of(st.integers(200, 300), u16),
    flags=u8,
)
singles = st.builds(
    lambda sample, **head: pack_single(np.array(sample, np.int16), **head),
    st.lists(st.integers(-(2**15), 2**15 - 1), min_size=6, max_size=6),
    seq=u8,
    index=u16,
    device_us=u32,
)


def harmed(packets: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The same with a byte changed, cut short or made longer."""
    changed = st.tuples(packets, st.integers(0, 30), u8).map(lambda t: t[0][: t[1]] + bytes([t[2]]) + t[0][t[1] + 1 :])
    cut = st.tuples(packets, st.integers(1, 20)).map(lambda t: t[0][: -t[1]])
    return st.one_of(packets, changed, cut, packets.map(lambda data: data + b"\0"))
