"""What happens in the guest: sensors in the air, and our program used on them as a user would. Judged outside.

Into OUT go what the programs said, the recordings, what the sensors sent and were told, and when.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bumble.transport.vhci import open_vhci_transport

from rhomboid.simulation.firmware import Packets, firmware_for
from rhomboid.simulation.peripheral import Peripheral, static_address
from rhomboid.simulation.sensor import SimulatedSensor
from tests.bluetooth_vm.air import Air, VirtualController, without_log
from tests.bluetooth_vm.programs import Programs, report

VHCI = Path("/dev/vhci")
READY_S = 60.0
UNTIL_DROP, AFTER_DROP = 62 * 20, 13 * 20
"""Packets, of which 20 a second hold five samples each."""


class Sensor:
    """A simulated sensor in the air, whose every packet is kept."""

    def __init__(self, air: Air, simulated: SimulatedSensor, largest_mtu: int = 247) -> None:
        self.simulated, self.firmware = simulated, firmware_for(simulated)
        self.name = self.firmware.name
        self.told: list[tuple[float, str]] = []
        self._made: list[tuple[str, str]] = []
        self._run = self.firmware.run
        self.firmware.run = self._noted  # type: ignore[method-assign]
        controller = VirtualController(self.name, link=air)
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


async def scene(programs: Programs, out: Path) -> None:
    """All of it."""
    without_log()
    air = Air()
    worn = Sensor(air, SimulatedSensor("back-extension", 4))
    narrow = Sensor(air, SimulatedSensor("rows", 5), largest_mtu=23)
    bought = Sensor(air, SimulatedSensor("rows", 6, family="witmotion"))
    await until(VHCI.exists)
    async with await open_vhci_transport(str(VHCI)) as vhci:  # the kernel waits for answers: nothing slow may follow
        VirtualController("adapter", host_source=vhci.source, host_sink=vhci.sink, link=air)
        await powered()
        report("the adapter is on")
        await programs.loaded()
        report("the program is loaded")
        for sensor in (worn, narrow, bought):
            await sensor.peripheral.start()
        await programs.run("scan", "scan", "--for", "3", "--json")
        await asyncio.gather(record_a_set(programs, worn, out), meanwhile(programs, worn, narrow, bought, out))
    evidence = {
        "runs": programs.runs,
        "sensors": {sensor.name: sensor.as_json() for sensor in (worn, narrow, bought)},
    }
    (out / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")


async def record_a_set(programs: Programs, sensor: Sensor, out: Path) -> None:
    """More than a minute without a fault, then the link drops amid the set, and Ctrl-C once it has healed."""
    program = await programs.start("set", *record(out, "set", sensor))
    await until(lambda: sensor.peripheral.sent >= UNTIL_DROP, program)
    await sensor.peripheral.lose_link()
    until_end = UNTIL_DROP + AFTER_DROP
    await until(lambda: sensor.peripheral.sent >= until_end or not sensor.firmware.sampling, program)
    await programs.finish("set", program, interrupt=True)


async def meanwhile(programs: Programs, worn: Sensor, narrow: Sensor, bought: Sensor, out: Path) -> None:
    """Beside the set: the doctor, a program that is killed, and one that finds the sensor which that left connected."""
    await asyncio.wait_for(until(lambda: worn.firmware.sampling), READY_S)
    await programs.run("doctor", "doctor", "--json", "--device", narrow.name)
    killed = await programs.start("killed", *record(out, "killed", bought))
    await until(lambda: bought.firmware.sampling, killed)
    killed.kill()
    await programs.finish("killed", killed)
    await programs.run("again", *record(out, "again", bought), "--for", "16")


async def until(this: Callable[[], bool], program: BaseProcess | None = None) -> None:
    """Waits for it as long as the program runs."""
    while not this() and (program is None or program.is_alive()):
        await asyncio.sleep(0.05)


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
