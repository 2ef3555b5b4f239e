"""How fast the link connects and heals, what it loses, and what it costs: ``python -m benchmarks.link [TRIALS]``.

Unmodified bleak against the stand-in for BlueZ (tests/bluetooth), which answers at once: what is measured is our own
part, with its waits, and bleak's; a radio adds its own. Needs Linux and dbus-daemon.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from statistics import median

from tests.bluetooth.fake_bluez import BluezError, FakeBluez
from tests.bluetooth.peripherals import RhomboidSensor, SingleSamples
from tests.bluetooth.private_bus import private_bus

from rhomboid.imu import LinkChange, Notification
from rhomboid.link import live
from rhomboid.link.bleak_radio import BleakRadio
from rhomboid.link.live import LiveSource, Wanted
from rhomboid.sensors.rhomboid_stream import STREAM

TRIALS = 20
AWAY_S = 1.0
"""How long what was taken away stays away."""
SETTLED_S = 0.3
WITHIN_S = 60.0
CPU_OVER_S = 20.0


class Scene:
    """One trial: a service, a sensor, and a link to it that somebody reads."""

    def __init__(self) -> None:
        self.bluez = FakeBluez()
        self.sensors = [RhomboidSensor(self.bluez)]
        self.source = LiveSource(BleakRadio(), Wanted(self.sensor.address, "rhomboid", "rhomboid"))
        self.heard: list[bytes] = []
        self.streams = 0
        self._reading: asyncio.Task[None] | None = None

    @property
    def sensor(self) -> RhomboidSensor:
        return self.sensors[-1]

    async def connect(self) -> float:
        """How long until the first packet, in s."""
        await self.bluez.start()
        began = time.monotonic()
        self._reading = asyncio.create_task(self._read())
        await self.until_packet(1)
        return time.monotonic() - began

    async def until_packet(self, of_stream: int) -> None:
        """Until the first packet of this stream, the first, second ... that the link has brought about."""
        async with asyncio.timeout(WITHIN_S):
            while self.streams < of_stream:
                await asyncio.sleep(0.005)
            so_far = len(self.heard)
            while len(self.heard) == so_far:
                await asyncio.sleep(0.005)

    async def close(self) -> int:
        """How many packets a sensor sent that nobody got."""
        sent = [packet for sensor in self.sensors for packet in sensor.sent]
        await asyncio.sleep(SETTLED_S)
        lost = len(set(sent) - set(self.heard))
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self.bluez.vanish()
        return lost

    async def _read(self) -> None:
        async with aclosing(self.source.batches()) as batches:
            async for batch in batches:
                for item in batch:
                    if isinstance(item, Notification) and item.characteristic == STREAM:
                        self.heard.append(item.data)
                    elif isinstance(item, LinkChange) and item.state == "streaming":
                        self.streams += 1


async def drop(scene: Scene) -> None:
    scene.sensor.drop()


async def adapter_off_and_on(scene: Scene) -> None:
    scene.bluez.power(False)
    await asyncio.sleep(AWAY_S)
    scene.bluez.power(True)


async def out_of_range_and_back(scene: Scene) -> None:
    scene.sensor.advertising = False
    scene.sensor.drop()
    await asyncio.sleep(AWAY_S)
    scene.sensor.advertising = True


async def silent(scene: Scene) -> None:
    """Only the subscription is dead: a new one works."""
    sensor, speak = scene.sensor, scene.sensor.on_notify
    sensor.silent = True

    def subscribed(uuid: str, on: bool) -> None:
        sensor.silent = sensor.silent and not on
        speak(uuid, on)

    sensor.on_notify = subscribed


async def service_restarted(scene: Scene) -> None:
    await scene.bluez.vanish()
    await asyncio.sleep(AWAY_S)
    scene.bluez = FakeBluez()
    scene.sensors.append(RhomboidSensor(scene.bluez))
    await scene.bluez.start()


async def another_central_in_the_way(scene: Scene) -> None:
    """The sensor talks to somebody else for a while."""
    scene.sensor.connect_error = BluezError("Failed", "connection-limit")
    scene.sensor.drop()
    await asyncio.sleep(AWAY_S)
    scene.sensor.connect_error = None


async def pairing_refused(scene: Scene) -> None:
    """It wants to be paired, and refuses, until its user does so in the system's settings."""
    scene.sensor.wants_pairing = True
    scene.sensor.pair_error = BluezError("AuthenticationRejected", "Authentication Rejected")
    scene.sensor.drop()
    await asyncio.sleep(AWAY_S)
    scene.sensor.paired = True


async def computer_asleep(scene: Scene) -> None:
    """An hour that the clock of the event loop did not see, and a link that did not outlive it."""
    awake_s = live.asleep_s
    live.asleep_s = lambda: awake_s() + 3600.0
    scene.sensor.drop()


FAULTS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    "the link drops": drop,
    "Bluetooth off and on": adapter_off_and_on,
    "out of range and back": out_of_range_and_back,
    "subscription silent": silent,
    "the service restarted": service_restarted,
    "another central in the way, then gone": another_central_in_the_way,
    "pairing refused, then paired by the user": pairing_refused,
    "the computer asleep for an hour": computer_asleep,
}


async def trial(fault: Callable[[Scene], Awaitable[None]]) -> tuple[float, float, int]:
    """Seconds to connect; seconds to heal, from when it could; packets lost that were sent over a link."""
    scene = Scene()
    connected_s = await scene.connect()
    await asyncio.sleep(SETTLED_S)
    await fault(scene)
    possible = time.monotonic()
    await scene.until_packet(2)
    healed_s = time.monotonic() - possible
    return connected_s, healed_s, await scene.close()


async def sensor_process() -> None:
    """The other side of the measurement of CPU, in a process of its own."""
    bluez = FakeBluez()
    SingleSamples(bluez)
    await bluez.start()
    await asyncio.Event().wait()


async def cpu_share() -> tuple[float, float]:
    """Of one core, for the link alone; and the packets a second it carried meanwhile."""
    source = LiveSource(BleakRadio(), Wanted("F0:F1:F2:F3:F4:F5", "rhomboid", "rhomboid"))
    began_s = cpu_s = 0.0
    packets = 0
    async with aclosing(source.batches()) as batches:
        async for _ in batches:
            if source.packets > 100 and not began_s:
                began_s, cpu_s, packets = time.monotonic(), time.process_time(), source.packets
            elif began_s and time.monotonic() - began_s >= CPU_OVER_S:
                break
        elapsed_s = time.monotonic() - began_s
        return (time.process_time() - cpu_s) / elapsed_s, (source.packets - packets) / elapsed_s


def main(trials: int) -> None:
    connected: list[float] = []
    rows = []
    with private_bus():
        for name, fault in FAULTS.items():
            done = [asyncio.run(trial(fault)) for _ in range(trials)]
            connected += [connected_s for connected_s, _, _ in done]
            healed = [healed_s for _, healed_s, _ in done]
            rows.append((f"healed: {name}", healed, str(sum(lost for _, _, lost in done))))
    with private_bus():
        other = subprocess.Popen([sys.executable, "-m", "benchmarks.link", "sensor"])
        try:
            share, rate = asyncio.run(cpu_share())
        finally:
            other.terminate()
            other.wait()
    print("| | trials | median, s | worst, s | packets lost |\n|---|---|---|---|---|")
    for name, seconds, lost in [("connected", connected, ""), *rows]:
        print(f"| {name} | {len(seconds)} | {median(seconds):.2f} | {max(seconds):.2f} | {lost} |")
    print(f"\nCPU of the link at {rate:.0f} packets of 20 bytes a second: {100 * share:.1f} % of a core")


if __name__ == "__main__":
    if sys.argv[1:] == ["sensor"]:
        asyncio.run(sensor_process())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS)
