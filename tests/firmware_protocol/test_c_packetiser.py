"""The packetiser in C against the Python encoder and driver, byte for byte in both directions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.rhomboid_control import command
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.packets.rhomboid_stream import pack
from tests.conftest import tries
from tests.firmware_protocol.model import Model
from tests.firmware_protocol.packets import u8, u16, u32
from tests.firmware_protocol.tools import FOLDER, PACKETS, REFUSED, do_without

pytestmark = pytest.mark.xdist_group("packetiser")  # compiled once
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
SANITISED = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
ROOM_247, ROOM_23 = 244, 20
PERIOD_US = 10_000
RANGES = 0x24

Run = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def cc(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A C compiler with sanitisers, and the warnings that are errors."""
    names = [os.environ.get("CC"), "cc", "gcc", "clang"]
    compiler = next((found for name in names if name and (found := shutil.which(name))), None)
    if sys.platform == "win32" or compiler is None:
        do_without("a C compiler")
    nothing = tmp_path_factory.mktemp("cc") / "nothing.c"
    nothing.write_text("int main(void) { return 0; }\n")
    if subprocess.run([compiler, *SANITISED, nothing, "-o", nothing.with_suffix("")], capture_output=True).returncode:
        do_without("a C compiler with sanitisers")
    return [compiler, *FLAGS, "-I", str(FOLDER / "c")]


@pytest.fixture(scope="module")
def run(cc: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs lines of packetise.c and gives back what it printed."""
    program = tmp_path_factory.mktemp("c") / "packetise"
    sources = [Path(__file__).with_name("packetise.c"), FOLDER / "c" / "rhomboid_stream.c"]
    subprocess.run([*cc, *SANITISED, *sources, "-o", program], check=True)

    def run(lines: list[str]) -> list[str]:
        done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split("\n")[:-1]

    return run


# --- the same calls to the packetiser and to its model ----------------------------------------------------------------

i16 = st.integers(-(2**15), 2**15 - 1)
_room = st.sampled_from([0, 18, 19, ROOM_23, 29, 30, 41, 42, 100, ROOM_247, 5000])
# Mostly within a second and a bit of each other, so that a header is not due before every single sample.
_us = st.one_of(st.sampled_from([2**32 - 1, 0, 1, 500_000, 999_998, 999_999, 1_000_000]), u32)
_push = st.tuples(st.just("push"), _us, i16, i16, i16, i16, i16, i16)
_event = st.one_of(
    st.just(("announce",)),
    st.sampled_from([("ranges", 0x24), ("ranges", 0x3C)]),
    st.sampled_from([("missed", 0), ("missed", 1), ("missed", 700), ("missed", 2**32 - 1)]),
    st.tuples(st.just("begin"), u16, u16, u8),
)
_packet = st.tuples(st.just("packet"), st.one_of(st.none(), _room), st.integers(0, 4))  # None: the usual room
# Samples, mostly something happening, more samples, mostly packets: then what happened lies amid the ring.
_round = st.tuples(
    st.lists(_push, min_size=1, max_size=4), st.lists(_event, max_size=1), st.lists(_packet, max_size=8)
).map(lambda parts: [step for part in parts for step in part])


@settings(deadline=None, max_examples=tries(60))  # each example starts a program
@given(
    ring_length=st.integers(1, 12),
    usual_room=st.sampled_from([ROOM_23, ROOM_23, 42, ROOM_247]),
    rounds=st.lists(_round, min_size=6, max_size=25),
)
def test_the_same_calls_give_the_same_packets(
    run: Run, ring_length: int, usual_room: int, rounds: list[list[tuple[Any, ...]]]
) -> None:
    """Any order of calls: whatever is pushed, dropped, flagged, batched, cut short or sent singly."""
    steps = [("begin", 7, PERIOD_US, RANGES), *chain(*rounds), *[("packet", ROOM_247, 1)] * ring_length]
    steps = [tuple(usual_room if part is None else part for part in step) for step in steps]
    model = Model(ring_length)
    expected = [getattr(model, name)(*arguments) for name, *arguments in steps]
    lines = run([f"init {ring_length}", *(" ".join(map(str, step)) for step in steps)])
    assert lines == [data.hex() for data in expected if data is not None]


BEGIN = f"begin 1 {PERIOD_US} {RANGES}"


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (["push 999999 1 2 3 4 5 6"], "single"),
        (["push 1000000 1 2 3 4 5 6"], "header single"),
        (["ranges 60", "push 1 1 2 3 4 5 6"], "header single"),
        (["missed 1", "push 1 1 2 3 4 5 6"], "header single"),
        (["announce", "push 1 1 2 3 4 5 6"], "header single"),
        ([BEGIN, "push 1 1 2 3 4 5 6"], "header single"),
    ],
)
def test_when_a_header_goes_before_a_single_sample(run: Run, what: list[str], kinds: str) -> None:
    begun = ["init 4", BEGIN, "push 0 1 2 3 4 5 6", *["packet 20 1"] * 2]
    made = run([*begun, *what, *["packet 20 1"] * 3])
    assert [{"": "", "11": "header", "12": "single"}[out[:2]] for out in made] == [
        "header", "single", *kinds.split(), *[""] * (3 - len(kinds.split())),
    ]  # fmt: skip


def test_a_new_run_knows_nothing_of_the_one_before(run: Run) -> None:
    lines = ["init 4", BEGIN, "push 0 1 2 3 4 5 6", "missed 3", "begin 2 20000 60", "push 9 6 5 4 3 2 1"]
    (data,) = run([*lines, "packet 244 1"])
    counts = np.array([[6, 5, 4, 3, 2, 1]], np.int16)
    expected = pack(counts, seq=0, index=0, device_us=9, boot_id=2, period_us=20_000, acc_range=3, gyr_range=12)
    assert data == expected.hex()


def test_a_batch_holds_at_most_255_samples(run: Run) -> None:
    lines = ["init 300", BEGIN, *("push 0 0 0 0 0 0 0" for _ in range(300))]
    first, second = run([*lines, *["packet 5000 1"] * 2])
    assert (bytes.fromhex(first)[12], bytes.fromhex(second)[12]) == (255, 45)


# --- what C packs, the Python driver reads ----------------------------------------------------------------------------


def counts_of(i: int) -> list[int]:
    """Six counts that tell sample ``i`` from its neighbours."""
    return [(i * 7919 + axis * 10_007) % 65_536 - 32_768 for axis in range(6)]


def push(i: int, start_us: int = 0) -> str:
    return f"push {(start_us + i * PERIOD_US) % 2**32} {' '.join(map(str, counts_of(i)))}"


def decoded(packets: list[tuple[float, str]]) -> tuple[list[int], list[list[int]], list[Gap]]:
    """Of packets (host time in s, hex): where samples lie on the timeline (first: 0), their counts, and the gaps."""
    notifications = [Notification(round(host_s * 1e9), STREAM, bytes.fromhex(packet)) for host_s, packet in packets]
    places, counts, gaps = [], [], []
    for piece in driver_for("rhomboid").feed(*notifications):
        if isinstance(piece, Gap):
            gaps.append(piece)
            continue
        assert isinstance(piece, ImuBlock), piece
        assert piece.gyr_dps is not None
        place = piece.t_s * 1e6 / PERIOD_US
        np.testing.assert_allclose(place, np.rint(place), atol=1e-3)
        places += np.rint(place).astype(int).tolist()
        counts += np.hstack((piece.acc_g * (32768 / 8), piece.gyr_dps * (32768 / 2000))).tolist()
    return places, np.rint(counts).astype(int).tolist(), gaps


# How many samples, how many the IMU loses after them, and what becomes of the packets (None: none is asked for).
_life = st.lists(
    st.tuples(
        st.integers(1, 20),
        st.sampled_from([0, 0, 1, 3, 90]),
        st.one_of(
            st.none(),
            st.tuples(st.just("send"), st.sampled_from([ROOM_23, 30, 78, ROOM_247])),
            st.just(("throw away", ROOM_247)),
        ),
    ),
    min_size=4,
    max_size=25,
)


@settings(deadline=None, max_examples=tries(60))  # each example starts a program
@given(ring_length=st.integers(1, 50), start=u32, start_us=u32, life=_life)
def test_the_driver_finds_every_sample_where_it_belongs(
    run: Run, ring_length: int, start: int, start_us: int, life: list[tuple[int, int, tuple[str, int] | None]]
) -> None:
    """Index and clock wrap wherever they like; the ring runs over, the IMU too, packets are lost, the MTU changes."""
    lines = [f"init {ring_length}", BEGIN, f"missed {start}"]
    sent: list[tuple[str, float]] = []
    now = 0
    for samples, missed, fate in [*life, (1, 0, ("send", ROOM_247))]:
        lines += [*(push(i, start_us) for i in range(now, now + samples)), f"missed {missed}"]
        now += samples + missed
        if fate is not None:
            what, room = fate
            lines += [f"packet {room} 1"] * (2 * ring_length)
            sent += [(what, now * 0.01)] * (2 * ring_length)
    made = [(what, at_s, out) for (what, at_s), out in zip(sent, run(lines), strict=True) if out]
    received = [(at_s, out) for what, at_s, out in made if what == "send"]
    places, counts, gaps = decoded(received)

    raw = [bytes.fromhex(out) for _, out in received]
    holding = [data for data in raw if data[0] == 0x12 or data[12] > 0]
    assert len(places) == sum(1 if data[0] == 0x12 else data[12] for data in holding)
    if places:
        # The first packet with samples is a batch, or it has a header before it.
        first = int.from_bytes(raw[0][4:8], "little")
        assert counts == [counts_of((first - start) % 2**32 + place) for place in places]
    jumps = [(a, b) for a, b in pairwise(places) if b != a + 1]
    assert [(round(g.start_s * 100), round(g.end_s * 100)) for g in gaps] == jumps


@pytest.mark.parametrize(("room", "n"), [(ROOM_23, 1000), (30, 66_000)])
def test_every_counter_wraps_unseen(run: Run, room: int, n: int) -> None:
    """Index and clock wrap midway; single samples have 8 bits of sequence number, batches 16."""
    lines = ["init 4", BEGIN, f"missed {2**32 - n // 2}"]
    for i in range(n):
        lines += [push(i, 2**32 - n // 2 * PERIOD_US), *[f"packet {room} 1"] * 2]
    packets = [out for out in run(lines) if out]
    places, counts, gaps = decoded([(i * 0.01, packet) for i, packet in enumerate(packets)])
    assert places == list(range(n))
    assert counts == [counts_of(i) for i in range(n)]
    assert gaps == []


def test_what_the_ring_dropped_is_told_from_what_the_radio_lost(run: Run) -> None:
    lines = ["init 10", BEGIN]
    lines += [*map(push, range(5)), f"packet {ROOM_247} 5"]
    lines += [*map(push, range(5, 10)), f"packet {ROOM_247} 5"]  # this one is lost
    lines += [*map(push, range(10, 15)), f"packet {ROOM_247} 5"]
    lines += [*map(push, range(15, 30)), f"packet {ROOM_247} 5"]  # five too many for the ring
    first, _, third, fourth = run(lines)
    places, _, gaps = decoded([(0.1, first), (0.2, third), (0.3, fourth)])
    assert places == [*range(5), *range(10, 15), *range(20, 30)]
    assert [gap.reason for gap in gaps] == ["1 packet lost", "the sensor dropped samples"]


# --- info, control and status -----------------------------------------------------------------------------------------


def ranges_of(fields: dict[str, Any]) -> int:
    return int(fields["acc_range"] << 4 | fields["gyr_range"])


def mask(numbers: list[int]) -> int:
    return sum(1 << number for number in numbers)


def golden(kind: str) -> list[Any]:
    return [pytest.param(p, id=name) for name, p in PACKETS.items() if p["kind"] == kind]


@pytest.mark.parametrize("packet", golden("info"))
def test_info_is_packed_as_specified(run: Run, packet: dict[str, Any]) -> None:
    fields, expected = packet["fields"], packet["hex"]
    size = 23 + 2 * len(fields["periods_us"]) + len(fields["firmware"])
    masks = " ".join(str(mask(fields[name])) for name in ("commands", "acc_ranges", "gyr_ranges"))
    facts = fields["device_id"] + "".join(period.to_bytes(2, "little").hex() for period in fields["periods_us"])
    exact, short = run(
        [
            "init 1",
            f"begin {fields['boot_id']} {fields['period_us']} {ranges_of(fields)}",
            f"about {fields['most_samples']} {masks} _{fields['firmware'].replace(' ', '_')}",
            f"info {size} {len(fields['periods_us'])} {facts}",
            f"info {size - 1} {len(fields['periods_us'])} {facts}",
        ]
    )
    assert exact == expected[: 2 * size]  # one golden packet goes on with what a later firmware added
    assert short == ""


@pytest.mark.parametrize("packet", golden("status"))
def test_a_status_is_packed_as_specified(run: Run, packet: dict[str, Any]) -> None:
    fields = packet["fields"]
    (status,) = run(
        [
            "init 1",
            f"begin {fields['boot_id']} {fields['period_us']} {ranges_of(fields)}",
            "status {command} {token} {code} {state} {device_us}".format(**fields),
        ]
    )
    assert status == packet["hex"]


@pytest.mark.parametrize("packet", golden("control"))
def test_commands_are_read(run: Run, packet: dict[str, Any]) -> None:
    fields, everything = packet["fields"], 0b1111110
    heard = "{command} {argument} {token}".format(**fields)
    obeyed, not_obeyed = run(
        [f"command {everything} {packet['hex']}", f"command {everything ^ 1 << fields['command']} {packet['hex']}"]
    )
    assert obeyed == f"0 {heard}"
    assert not_obeyed == f"1 {heard}"


@settings(deadline=None, max_examples=tries(20))
@given(st.lists(st.tuples(st.one_of(u8, st.integers(0, 16)), u16, u32, u16), min_size=20))
def test_a_command_is_obeyed_if_its_bit_is_set(run: Run, cases: list[tuple[int, int, int, int]]) -> None:
    lines, expected = [], []
    for number, argument, token, obeyed in cases:
        known = 1 <= number <= 15 and obeyed >> number & 1
        lines.append(f"command {obeyed} {command(number, argument, token).hex()}")
        expected.append(f"{0 if known else 1} {number} {argument} {token}")
    assert run(lines) == expected


_no_command = st.one_of(st.binary(max_size=30), st.binary(min_size=8, max_size=8)).filter(lambda b: b[:1] != b"\x14")


@settings(deadline=None, max_examples=tries(20))
@given(st.lists(_no_command, min_size=20))
def test_anything_else_is_malformed(run: Run, packets: list[bytes]) -> None:
    assert run([f"command 65535 {data.hex() or '-'}" for data in packets]) == ["2 0 0 0"] * len(packets)


@pytest.mark.parametrize("name", [name for name, p in REFUSED.items() if p["characteristic"] == "control"])
def test_refused_commands_are_malformed(run: Run, name: str) -> None:
    assert run([f"command 65535 {REFUSED[name]['hex']}"]) == ["2 0 0 0"]


# --- the page beside it -----------------------------------------------------------------------------------------------


def test_the_examples_compile(cc: list[str], tmp_path: Path) -> None:
    text = (FOLDER / "c" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```c\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    for i, example in enumerate(examples):
        source = tmp_path / f"example{i}.c"
        source.write_text(example, encoding="utf-8")
        subprocess.run([*cc, "-c", source, "-o", source.with_suffix(".o")], check=True)


def test_the_header_is_valid_alone_and_in_cpp(cc: list[str], tmp_path: Path) -> None:
    source = tmp_path / "alone.cpp"
    source.write_text('#include "rhomboid_stream.h"\n')
    compiler, *flags = cc
    flags = ["-std=c++11" if flag == "-std=c99" else flag for flag in flags]
    if shutil.which("c++") is None:
        do_without("a C++ compiler")
    subprocess.run([compiler, *flags, "-x", "c++", "-fsyntax-only", source], check=True)
