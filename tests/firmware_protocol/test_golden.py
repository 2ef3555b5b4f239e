"""The golden packets: the specification prints them, the encoder makes them, the driver reads or refuses them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rhomboid.imu import ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.sensors.driver import MalformedPacket
from rhomboid.sensors.rhomboid_stream import ACC_G_PER_COUNT, GYR_DPS_PER_COUNT, STREAM
from rhomboid.simulation.packets.rhomboid_stream import pack, pack_single
from tests.firmware_protocol.tools import FOLDER, PACKETS, REFUSED

SPECIFICATION = (FOLDER / "rhomboid-stream-v1.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PACKETS)
def test_the_specification_prints_them(name: str) -> None:
    if len(PACKETS[name]["hex"]) > 120:
        return  # a full batch, too long for a page
    printed = SPECIFICATION.partition(f"\n{name}  ")[2].partition("\n")[0]
    assert printed.replace(" ", "") == PACKETS[name]["hex"]


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(p["hex"], dict(p["fields"]), id=name) for name, p in PACKETS.items() if p["kind"] == kind]


@pytest.mark.parametrize(("data", "fields"), of_kind("batch"))
def test_batches_are_made_and_read(data: str, fields: dict[str, Any]) -> None:
    samples = fields.pop("samples")
    counts = np.array(samples, np.int16).reshape(-1, 6)
    assert pack(counts, **fields).hex() == data
    blocks = driver_for("rhomboid").feed(Notification(0, STREAM, bytes.fromhex(data)))
    assert len(blocks) == (1 if samples else 0)
    for block in blocks:
        assert isinstance(block, ImuBlock)
        assert block.gyr_dps is not None
        assert (block.acc_g == counts[:, :3] * ACC_G_PER_COUNT[fields["acc_range"]]).all()
        assert (block.gyr_dps == counts[:, 3:] * GYR_DPS_PER_COUNT[fields["gyr_range"]]).all()
        np.testing.assert_allclose(block.t_s, np.arange(len(samples)) * fields["period_us"] * 1e-6)


@pytest.mark.parametrize(("data", "fields"), of_kind("single"))
def test_singles_are_made_and_read_after_a_header(data: str, fields: dict[str, Any]) -> None:
    sample = np.array(fields.pop("sample"), np.int16)
    assert pack_single(sample, **fields).hex() == data
    header = bytes.fromhex(PACKETS["header only"]["hex"])
    (block,) = driver_for("rhomboid").feed(
        Notification(0, STREAM, header), Notification(0, STREAM, bytes.fromhex(data))
    )
    assert isinstance(block, ImuBlock)
    assert block.acc_g.tolist() == [(sample[:3] / 4096).tolist()]


@pytest.mark.parametrize("name", [name for name, p in REFUSED.items() if p["characteristic"] == "stream"])
def test_bad_packets_are_refused_even_after_a_header(name: str) -> None:
    driver = driver_for("rhomboid")
    packets = (bytes.fromhex(hexadecimal) for hexadecimal in (PACKETS["header only"]["hex"], REFUSED[name]["hex"]))
    (refused,) = driver.feed(*(Notification(0, STREAM, data) for data in packets))
    assert isinstance(refused, MalformedPacket)
