"""The Kaitai Struct description against golden packets and driver: what one reads or refuses, so does the other."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhomboid.imu import Gap, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import MalformedPacket, Refusal
from rhomboid.sensors.rhomboid_control import command, read_info, read_status
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.packets.rhomboid_stream import pack_info, pack_status, read_command
from tests.firmware_protocol.packets import batches, harmed, infos, singles, statuses, u8, u16, u32
from tests.firmware_protocol.tools import FOLDER, PACKETS, PROJECT, REFUSED, do_without

Described = Any  # the class that the compiler wrote
COMPILERS = PROJECT / "build" / "kaitai" / "node_modules"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Described | None]:
    """A function from bytes to what the description makes of them; None if they do not fit it."""
    if importlib.util.find_spec("kaitaistruct") is None:
        do_without("the Python package kaitaistruct")
    node = shutil.which("node")
    if node is None:
        do_without("node")
    if not COMPILERS.exists():
        do_without("the Kaitai Struct compiler (make protocol installs it)")
    folder = tmp_path_factory.mktemp("kaitai")
    script = Path(__file__).with_name("compile_kaitai.js")
    environment = {**os.environ, "NODE_PATH": str(COMPILERS)}
    subprocess.run([node, script, FOLDER / "rhomboid_stream_v1.ksy", folder], env=environment, check=True)
    spec = importlib.util.spec_from_file_location("rhomboid_stream_v1", folder / "rhomboid_stream_v1.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    import kaitaistruct

    def read(data: bytes) -> Described | None:
        try:
            return module.RhomboidStreamV1.from_bytes(data)
        except (kaitaistruct.KaitaiStructError, EOFError, UnicodeDecodeError):
            return None

    return read


Read = Callable[[bytes], Described | None]


def numbers_in(mask: int) -> list[int]:
    return [bit for bit in range(16) if mask >> bit & 1]


def fields_of(packet: Described) -> dict[str, Any]:
    """A parsed packet in the words of the golden file."""
    body, fields = packet.body, {}
    for name, value in vars(body).items():
        if name.startswith("_") or name in ("n", "period_count", "firmware_length"):
            continue
        if name == "ranges":
            fields |= {"acc_range": int(value.acc), "gyr_range": int(value.gyr)}
        elif name == "sample":
            fields[name] = [*value.acc, *value.gyr]
        elif name == "samples":
            fields[name] = [[*sample.acc, *sample.gyr] for sample in value]
        elif name in ("commands", "acc_ranges", "gyr_ranges"):
            fields[name] = numbers_in(value)
        elif name == "device_id":
            fields[name] = value.hex()
        else:
            fields[name] = value if isinstance(value, str | list) else int(value)
    return fields


@pytest.mark.parametrize("name", PACKETS)
def test_golden_packets_have_the_fields_they_should(described: Read, name: str) -> None:
    packet = described(bytes.fromhex(PACKETS[name]["hex"]))
    assert packet is not None
    assert packet.kind.name == PACKETS[name]["kind"]
    assert fields_of(packet) == PACKETS[name]["fields"]


@pytest.mark.parametrize("name", REFUSED)
def test_bad_packets_do_not_parse(described: Read, name: str) -> None:
    packet = described(bytes.fromhex(REFUSED[name]["hex"]))
    assert packet is None or kind_belongs_elsewhere(packet, REFUSED[name]["characteristic"])


def kind_belongs_elsewhere(packet: Described, characteristic: str) -> bool:
    """A good packet in the wrong place, which bytes alone cannot tell."""
    return packet.kind.name not in {"stream": ("batch", "single")}.get(characteristic, (characteristic,))


# --- the same bytes to both -------------------------------------------------------------------------------------------

HEADER = bytes.fromhex(PACKETS["header only"]["hex"])


@given(harmed(st.one_of(batches, singles)))
def test_the_description_and_the_driver_read_the_same_from_stream(described: Read, data: bytes) -> None:
    driver = driver_for("rhomboid")
    assert driver.feed(Notification(0, STREAM, HEADER)) == []  # for singles to lean on
    pieces = driver.feed(Notification(0, STREAM, data))
    packet = described(data)
    if packet is None or packet.kind.name not in ("batch", "single"):
        assert [type(piece) for piece in pieces] == [MalformedPacket]
        return
    single = packet.kind.name == "single"
    body = packet.body
    samples = [body.sample] if single else body.samples
    ranges = described(HEADER).body.ranges if single else body.ranges
    blocks = [piece for piece in pieces if not isinstance(piece, Gap)]
    assert len(blocks) == (1 if samples else 0)
    for block in blocks:
        assert isinstance(block, ImuBlock)
        assert block.gyr_dps is not None
        assert block.acc_g.tolist() == [[count * ranges.acc_g_per_count for count in s.acc] for s in samples]
        assert block.gyr_dps.tolist() == [[count * ranges.gyr_dps_per_count for count in s.gyr] for s in samples]
        np.testing.assert_allclose(np.diff(block.t_s), (9615 if single else body.period_us) * 1e-6)


@given(harmed(st.one_of(infos.map(pack_info), statuses.map(pack_status), st.builds(command, u8, u16, u32))))
def test_the_description_and_the_driver_read_the_same_beside_the_stream(described: Read, data: bytes) -> None:
    packet = described(data)
    for kind, read in {"info": read_info, "status": read_status}.items():
        ours = read(data)
        if packet is None or packet.kind.name != kind:
            assert isinstance(ours, Refusal)
        else:
            assert msgspec.json.decode(msgspec.json.encode(ours)) == fields_of(packet)
    ours = read_command(data)
    if packet is None or packet.kind.name != "control":
        assert isinstance(ours, Refusal)
    else:
        assert ours == tuple(fields_of(packet).values())
