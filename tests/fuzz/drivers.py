"""Any bytes on any driver.

An input is a family and a list of packets: one byte for the family, then for each packet one byte for the
characteristic, one for how long after the last it comes, two for its length, and the data. The first inputs are the
packets that the drivers' own tests hold, and the streams that the encoders make. So that short inputs are enough, a few
packets are decoded together already: how many are worth it is a matter of speed alone.
"""

from __future__ import annotations

from unittest.mock import patch

from rhomboid.sensors import driver, profiles
from tests.sensors.hostile import LINK_LOST, LONGEST_PACKET, characteristics, feed, golden, stream

FAMILIES = [profile.family for profile in profiles()]
WAITS_NS = (0, 1_000_000, 10_000_000, 16_667_000, 45_000_000, 400_000_000, 15_000_000_000, 7_200_000_000_000)
HEAD_BYTES = 4
MOST_PACKETS = 24
MANY = 4

CHANNELS = {family: [*characteristics(family), LINK_LOST] for family in FAMILIES}


def packets_in(data: bytes, channels: list[str]) -> list[tuple[int, str, bytes]]:
    """The packets of an input, without its first byte; lengths that lie take what is there."""
    packets, host_ns = [], 0
    while len(data) >= HEAD_BYTES and len(packets) < MOST_PACKETS:
        length = min(int.from_bytes(data[2:HEAD_BYTES], "little"), LONGEST_PACKET)
        host_ns += WAITS_NS[data[1] % len(WAITS_NS)]
        packets.append((host_ns, channels[data[0] % len(channels)], data[HEAD_BYTES : HEAD_BYTES + length]))
        data = data[HEAD_BYTES + length :]
    return packets


def run(data: bytes) -> None:
    """One input."""
    if data:
        family = FAMILIES[data[0] % len(FAMILIES)]
        with patch.object(driver, "MANY", MANY):
            feed(family, packets_in(data[1:], CHANNELS[family]))


def seeds() -> list[bytes]:
    """For each family its golden packets one by one, and the beginning of a stream."""
    found = []
    for number, family in enumerate(FAMILIES):
        inputs = [*([packet] for packet in golden(family)), stream(family)[: 3 * MANY]]
        found += [bytes((number,)) + framed(packets, CHANNELS[family]) for packets in inputs]
    return found


def framed(packets: list[tuple[str, bytes]], channels: list[str]) -> bytes:
    """As ``packets_in`` will read them, ten milliseconds apart."""
    wait = WAITS_NS.index(10_000_000)
    heads = [bytes((channels.index(name), wait)) + len(data).to_bytes(2, "little") for name, data in packets]
    return b"".join(head + data for head, (_, data) in zip(heads, packets, strict=True))
