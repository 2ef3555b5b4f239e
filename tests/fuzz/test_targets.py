"""What the fuzzer begins with, as it is and spoiled a little; ``make fuzz`` goes on from there."""

from __future__ import annotations

import random

import pytest

from rhomboid.sensors.polar import DATA
from tests.fuzz.targets import TARGETS, found
from tests.recording.importers import examples
from tests.sensors.hostile import feed, stream

TRIES = 30


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_begins_with_does_no_harm(name: str) -> None:
    run, seeds = TARGETS[name]
    luck = random.Random(1)  # noqa: S311
    first = seeds()
    assert first
    for data in luck.sample(first, min(len(first), TRIES)):
        run(data)
    for _ in range(TRIES):
        spoiled = bytearray(luck.choice(first))
        at = luck.randrange(1, len(spoiled))
        spoiled[at] = luck.randrange(256)
        run(bytes(spoiled[: luck.choice((at, len(spoiled)))]))


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_came_to_by_itself_does_no_harm(name: str) -> None:
    run, _ = TARGETS[name]
    for data in found(name):
        run(data)


# --- what it found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b'{"a":"b\x91"}', b'{"a":"homb', b"[" * 100_000], ids=["no text", "cut", "nested"])
def test_a_small_file_that_cannot_be_read_stops_nothing(data: bytes) -> None:
    """Letters that are no UTF-8, and brackets without end, were a fault of the program."""
    TARGETS["kept"][0](data)


def test_a_zip_with_a_member_without_a_name_is_read() -> None:
    """Python asks for the last letter of its name."""
    TARGETS["imported"][0](b"\0" + examples.zipped({"x": "1"}).replace(b"x", b"\0"))


def test_of_many_compressed_frames_every_other_may_be_none() -> None:
    """Those before the first that is none are unpacked together, and one alone was a fault of the program."""
    packets = [
        (uuid, data[:-1] if uuid == DATA and number % 2 else data)
        for number, (uuid, data) in enumerate(stream("polar"))
    ]
    feed("polar", [(10_000_000 * number, *packet) for number, packet in enumerate(packets)])
