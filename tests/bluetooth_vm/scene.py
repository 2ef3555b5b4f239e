"""What happens in the guest: sensors in the air, and our program used on them as a user would. Judged outside.

``python -m tests.bluetooth_vm OUT`` writes into OUT what the programs said, the recordings, what the sensors sent
and were told, and when.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bumble.link import LocalLink
from bumble.transport import open_transport

from rhomboid.simulation.firmware import Packets, firmware_for
from rhomboid.simulation.peripheral import Peripheral, static_address
from rhomboid.simulation.sensor import SimulatedSensor
from tests.bluetooth_vm.air import VirtualController
from tests.bluetooth_vm.programs import Programs, report

READY_S = 60.0
UNTIL_DROP_S = 62.0
BEFORE_THE_END_S = 3.0


class Sensor:
    """A simulated sensor in the air, whose every packet is kept."""

    def __init__(self, link: LocalLink, simulated: SimulatedSensor, largest_mtu: int = 247) -> None:
        self.simulated, self.firmware = simulated, firmware_for(simulated)
        self.name = self.firmware.name
        self.told: list[tuple[float, str]] = []
        self._made: list[tuple[str, str]] = []
        self._run = self.firmware.run
        self.firmware.run = self._noted  # type: ignore[method-assign]
        controller = VirtualController(self.name, link=link)
        self.peripheral = Peripheral(
            self.firmware, controller, controller, static_address(simulated.seed),
            largest_mtu=largest_mtu, tell=lambda text: self.told.append((time.monotonic(), text)),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return {"told": self.told, "packets": self._made, "true_reps": len(self.simulated.truth.reps)}

    def _noted(self) -> Iterator[tuple[float, Packets]]:
        for ready_s, packets in self._run():
            self._made += [(characteristic, data.hex()) for characteristic, data in packets]
            yield ready_s, packets


async def scene(out: Path) -> None:
    link = LocalLink()
    worn = Sensor(link, SimulatedSensor("back-extension", 4))
    narrow = Sensor(link, SimulatedSensor("rows", 5), largest_mtu=23)
    bought = Sensor(link, SimulatedSensor("rows", 6, family="witmotion"))
    async with await open_transport("vhci") as vhci:  # the kernel waits for answers: nothing slow may follow
        VirtualController("adapter", host_source=vhci.source, host_sink=vhci.sink, link=link)
        programs = Programs(out)
        await asyncio.gather(programs.load(), powered())
        report("the adapter is on and the program loaded")
        for sensor in (worn, narrow, bought):
            await sensor.peripheral.start()
        await programs.run("scan", "scan", "--for", "5", "--json")
        await programs.run("doctor", "doctor", "--json", "--device", worn.name)
        await record_a_set(programs, worn, out)
        for name, sensor in (
            ("narrow", narrow),
            ("bought", bought),
        ):  # the virtual adapter is lost with two
            await programs.run(name, *record(out, name, sensor), "--for", "16")
    evidence = {
        "runs": programs.runs,
        "sensors": {sensor.name: sensor.as_json() for sensor in (worn, narrow, bought)},
    }
    (out / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")


async def record_a_set(programs: Programs, sensor: Sensor, out: Path) -> None:
    """More than a minute without a fault, then the link drops amid the set, and Ctrl-C shortly before the end."""
    program = await programs.start("set", *record(out, "set", sensor))
    while not sensor.firmware.sampling:
        if not program.is_alive():
            return await programs.finish("set", program)
        await asyncio.sleep(0.05)
    began_s = time.monotonic()
    await asyncio.sleep(UNTIL_DROP_S)
    await sensor.peripheral.lose_link()
    await asyncio.sleep(began_s + sensor.simulated.duration_s - BEFORE_THE_END_S - time.monotonic())
    return await programs.finish("set", program, interrupt=True)


def record(out: Path, name: str, sensor: Sensor) -> list[str]:
    return ["record", str(out / f"{name}.mcap"), "--plain", "--device", sensor.name]


async def powered() -> None:
    """Until BlueZ has the adapter and it is switched on."""
    async with asyncio.timeout(READY_S):
        while b"Powered: yes" not in await _bluetoothctl("show"):
            await _bluetoothctl("power", "on")
            await asyncio.sleep(0.3)


async def _bluetoothctl(*arguments: str) -> bytes:
    program = await asyncio.create_subprocess_exec(
        "bluetoothctl", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await program.communicate()
    return told
