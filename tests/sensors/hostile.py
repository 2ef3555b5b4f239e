"""What must hold for every driver whatever it is fed, and good packets to begin spoiling with."""

from __future__ import annotations

import ast
import importlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np

from rhomboid.imu import Array, Gap, ImuBlock, Notification
from rhomboid.sensors import _FILES, driver_for
from rhomboid.sensors.driver import Decoded, Driver, MalformedPacket, Reading, Refusal
from rhomboid.sensors.steps import Read

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_PACKET = 600
GOLDEN = Path(__file__).parents[2] / "firmware_protocol" / "golden"

ROUNDING_S = 1e-5
"""What a clock of 64 bits that lies may lose in a float; true ones are far from it."""

LINK_LOST = "link lost"
"""In place of a characteristic."""


def family_module(family: str) -> ModuleType:
    return importlib.import_module(f"rhomboid.sensors.{_FILES[family]}")


def characteristics(family: str) -> list[str]:
    """All UUIDs that the family's file names, and those it reads."""
    named = {
        value for value in vars(family_module(family)).values() if isinstance(value, str) and UUID.fullmatch(value)
    }
    return sorted(named | {s.characteristic for s in driver_for(family).decoder.identify() if isinstance(s, Read)})


def golden(family: str) -> list[tuple[str, bytes]]:
    """(characteristic, data) of the packets that the family's own tests hold, wherever they say something.

    Packets are all strings there that are written in hexadecimal, and in the golden file of a protocol of ours.
    """
    source = Path(__file__).with_name(f"test_{_FILES[family]}.py")
    texts = [n.value for n in ast.walk(ast.parse(source.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)]
    for file in GOLDEN.glob(f"{_FILES[family].replace('_', '-')}*.json"):
        texts += re.findall(r'"([0-9a-f ]+)"', file.read_text(encoding="utf-8"))
    packets = {
        bytes.fromhex(text) for text in texts if isinstance(text, str) and re.fullmatch(r"([0-9a-f]{2} ?)+", text)
    }
    found = []
    for characteristic in characteristics(family):
        for data in sorted(packets):
            said = driver_for(family).decoder.decode(characteristic, data)
            if said and not any(isinstance(piece, Refusal) for piece in said):
                found.append((characteristic, data))
    return found


def holds_samples(family: str, characteristic: str, data: bytes) -> bool:
    """Whether a driver that has heard nothing else finds samples in this packet."""
    return any(isinstance(piece, Reading) for piece in driver_for(family).decoder.decode(characteristic, data))


def stream(family: str) -> list[tuple[str, bytes]]:
    """Good packets of a sensor that is turned over slowly, as its encoder makes them; without one, golden samples."""
    try:
        encoder_class = importlib.import_module(f"rhomboid.simulation.packets.{_FILES[family]}").Encoder
    except (ModuleNotFoundError, AttributeError):
        return [packet for packet in golden(family) if holds_samples(family, *packet)]
    rate_hz = driver_for(family).profile.default_hz
    encoder = encoder_class(rate_hz, 1)
    n = encoder.samples_a_packet
    packets = list(encoder.opening())
    for first in range(0, 40 * n, n):
        angle = np.arange(first, first + n) / rate_hz
        acc_g = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1)
        packets += encoder.packets(first, acc_g, np.full((n, 3), 57.3), (first + n - 1) / rate_hz)
    return packets


def feed(family: str, packets: Iterable[tuple[int, str, bytes]]) -> None:
    """Feeds (host ns, characteristic, data) to a fresh driver; AssertionError if it breaks its promises."""
    one_by_one, in_runs = driver_for(family), driver_for(family)
    seen: list[Decoded] = []
    seen_in_runs: list[Decoded] = []
    run: list[Notification] = []
    for host_ns, characteristic, data in packets:
        if characteristic == LINK_LOST:
            one_by_one.link_lost()
            seen_in_runs += in_runs.feed(*run)
            in_runs.link_lost()
            run = []
            continue
        run.append(Notification(host_ns, characteristic, data))
        pieces = one_by_one.feed(run[-1])
        assert sum(isinstance(p, MalformedPacket) for p in pieces) <= 1
        seen += pieces
    seen_in_runs += in_runs.feed(*run)
    assert list(flattened(seen)) == list(flattened(seen_in_runs))
    check_times(seen)
    check_steps(one_by_one)


def flattened(pieces: Iterable[Decoded]) -> Iterator[object]:
    """The same, but sample by sample: how they are divided into blocks is an accident."""
    for piece in pieces:
        if isinstance(piece, ImuBlock):
            gyr_dps = [None] * len(piece) if piece.gyr_dps is None else piece.gyr_dps.tolist()
            yield from zip(piece.t_s.tolist(), piece.acc_g.tolist(), gyr_dps, strict=True)
        else:
            yield piece


def check_times(pieces: Iterable[Decoded]) -> None:
    """Samples are numbers and their times rise, from 0 or (the later of two streams) above; gaps lie between them."""
    last_s = -ROUNDING_S
    for piece in pieces:
        if isinstance(piece, Gap):
            assert last_s - ROUNDING_S <= piece.start_s < piece.end_s
        elif isinstance(piece, ImuBlock):
            assert (np.diff(piece.t_s, prepend=last_s) > 0).all()
            arrays: list[Array] = [piece.t_s, piece.acc_g, *([] if piece.gyr_dps is None else [piece.gyr_dps])]
            assert all(np.isfinite(array).all() for array in arrays)
            last_s = float(piece.t_s[-1])


def check_steps(sensor: Driver) -> None:
    """Whatever it has heard, it can still say how to start and stop."""
    assert sensor.decoder.start(sensor.profile.default_hz)
    assert sensor.decoder.stop()


def held(thing: object) -> int:
    """About how many bytes an object keeps in buffers, those of the objects it holds included."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if isinstance(thing, Mapping):
        return sum(held(key) + held(value) for key, value in thing.items())
    if isinstance(thing, list | tuple | deque | set | frozenset):
        return sum(map(held, thing))
    if isinstance(thing, msgspec.Struct):
        return sum(held(getattr(thing, name)) for name in thing.__struct_fields__)
    return 8 + held(vars(thing)) if hasattr(thing, "__dict__") else 8
