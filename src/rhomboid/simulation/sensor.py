"""A simulated sensor on the wearer's back: strapped on askew, imperfect as real ones are, speaking real packets."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from rhomboid.errors import UsageError
from rhomboid.imu import Array, ImuBlock, Notification
from rhomboid.sensors.rhomboid_control import ACC_G_PER_COUNT, GYR_DPS_PER_COUNT
from rhomboid.sensors.rhomboid_stream import STREAM
from rhomboid.simulation.faults import spoilt
from rhomboid.simulation.packets.rhomboid_stream import Counts, pack
from rhomboid.simulation.radio import Radio
from rhomboid.simulation.scripts import perform, script_names
from rhomboid.simulation.truth import Section, Truth

__all__ = ["Identity", "SimulatedSensor", "script_names"]

SLOWEST_HZ, FASTEST_HZ = 20.0, 1000.0
SAMPLES_A_CHUNK = 250  # a multiple of the packet: what is computed at once, whatever is asked for
SAMPLES_A_PACKET = 5
ACC_RANGE, GYR_RANGE = 2, 4  # +-8 g and +-2000 dps
# A good consumer IMU (a BMI270 or LSM6DS of today): white noise as densities, turn-on bias, scale error.
ACC_NOISE_G_RTHZ, GYR_NOISE_DPS_RTHZ = 160e-6, 0.008
ACC_BIAS_G, GYR_BIAS_DPS = 0.015, 0.4
SCALE_ERROR = 0.003
RATE_ERROR = 0.004  # the IMU's own oscillator
CLOCK_ERROR = 30e-6  # the crystal of the microcontroller


class Identity(msgspec.Struct, frozen=True):
    """As which device the sensor shows itself."""

    name: str
    address: str
    family: str


class SimulatedSensor:
    """``script`` acted out by the wearer, as the packets a host receives. ``seed`` fixes wearer, sensor and radio.

    ``rate_hz`` is the nominal sampling rate; ``loss`` the share of packets (0..1) that never arrive; ``mounting``
    (3, 3) takes body axes to sensor axes, None: a strap somewhat askew, as the seed has it. Raises UsageError for a
    script, and for a seed, a rate or a loss that cannot be.
    """

    def __init__(
        self,
        script: str = "demo",
        seed: int = 1,
        *,
        rate_hz: float = 100.0,
        loss: float = 0.0,
        mounting: Array | None = None,
    ) -> None:
        if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
            raise UsageError(f"{rate_hz:g} Hz cannot be simulated", do=f"use {SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz")
        if seed < 0:
            raise UsageError(f"a seed of {seed} cannot be", do="use 0 or a larger whole number")
        if not 0.0 <= loss <= 1.0:
            raise UsageError(f"a loss of {loss:g} cannot be", do="use a share from 0 to 1")
        self.script, self.seed, self.rate_hz, self.loss = script, seed, rate_hz, loss
        performance = perform(script, seed)
        self.truth: Truth = performance.truth
        self.sections: tuple[Section, ...] = performance.sections
        self.duration_s = performance.duration_s
        self.identity = Identity("rhomboid simulated", f"simulated:{script}:{seed}", "rhomboid")
        self._wearer = performance.wearer
        rng = self._generator(2)
        self.mounting = _strapped_on(rng) if mounting is None else mounting
        """(3, 3), body axes to sensor axes."""
        self._acc_bias_g = ACC_BIAS_G * rng.uniform(-1.0, 1.0, 3)
        self._gyr_bias_dps = GYR_BIAS_DPS * rng.uniform(-1.0, 1.0, 3)
        self._scale = 1.0 + SCALE_ERROR * rng.uniform(-1.0, 1.0, 6)
        self._true_rate_hz = rate_hz * (1.0 + RATE_ERROR * float(rng.uniform(-1.0, 1.0)))
        self._clock = 1.0 + CLOCK_ERROR * float(rng.uniform(-1.0, 1.0))
        self._boot_id = int(rng.integers(1 << 16))
        self._first_us = int(rng.integers(1 << 32))

    def notifications(self, first_host_ns: int = 0) -> Iterator[Notification]:
        """The packets in order of arrival, made as they are asked for; always the same ones.

        The first arrives at ``first_host_ns``; from then on the arrival times have the bursts and stalls of a radio.
        """
        radio = Radio(self._generator(4), self.loss)
        offset_ns: int | None = None
        index = 0
        for seq, counts in enumerate(self._packets()):
            last_s = (index + len(counts) - 1) / self._true_rate_hz
            arrival_ns = radio.deliver(last_s)
            if arrival_ns is not None:
                offset_ns = first_host_ns - arrival_ns if offset_ns is None else offset_ns
                data = pack(
                    counts,
                    seq=seq,
                    index=index,
                    device_us=self._first_us + round(last_s * 1e6 * self._clock),
                    boot_id=self._boot_id,
                    period_us=round(1e6 / self.rate_hz),
                    acc_range=ACC_RANGE,
                    gyr_range=GYR_RANGE,
                )
                yield Notification(arrival_ns + offset_ns, STREAM, data)
            index += len(counts)

    def samples(self, fault: str | None = None, start_s: float = 0.0, end_s: float = math.inf) -> ImuBlock:
        """All samples at once, none lost, as a recording in memory; from ``start_s`` to ``end_s`` with this fault.

        Raises UsageError for a fault that is not in ``simulation.faults.FAULTS``.
        """
        counts = np.concatenate(list(self._chunks())).astype(np.float64)
        acc_g, gyr_dps = counts[:, :3] * ACC_G_PER_COUNT[ACC_RANGE], counts[:, 3:] * GYR_DPS_PER_COUNT[GYR_RANGE]
        block = ImuBlock(np.arange(len(counts)) / self._true_rate_hz, acc_g, gyr_dps)
        return block if fault is None else spoilt(block, fault, start_s, end_s)

    def _packets(self) -> Iterator[Counts]:
        for counts in self._chunks():
            for start in range(0, len(counts), SAMPLES_A_PACKET):
                yield counts[start : start + SAMPLES_A_PACKET]

    def _chunks(self) -> Iterator[Counts]:
        """All samples as the sensor's registers hold them, (n, 6) int16 at a time."""
        noise = self._generator(3)
        per_count = np.repeat([ACC_G_PER_COUNT[ACC_RANGE], GYR_DPS_PER_COUNT[GYR_RANGE]], 3)
        noise_rms = np.repeat([ACC_NOISE_G_RTHZ, GYR_NOISE_DPS_RTHZ], 3) * math.sqrt(self.rate_hz / 2)
        bias = np.concatenate((self._acc_bias_g, self._gyr_bias_dps))
        samples = int(self.duration_s * self._true_rate_hz) + 1
        for start in range(0, samples, SAMPLES_A_CHUNK):
            felt = self._wearer.feel(np.arange(start, min(start + SAMPLES_A_CHUNK, samples)) / self._true_rate_hz)
            true = np.concatenate((_turned(felt.acc_g, self.mounting), _turned(felt.gyr_dps, self.mounting)), axis=1)
            measured = true * self._scale + bias + noise_rms * noise.standard_normal(true.shape)
            yield np.clip(np.rint(measured / per_count), -32768, 32767).astype(np.int16)

    def _generator(self, purpose: int) -> np.random.Generator:
        """Its own stream of random numbers for each purpose, so that one does not disturb the other."""
        return np.random.Generator(np.random.PCG64([self.seed, purpose]))


def _turned(v: Array, rotation: Array) -> Array:
    """(n, 3) vectors turned, without a matrix product, whose last bit depends on the machine."""
    return np.stack([v[:, 0] * r[0] + v[:, 1] * r[1] + v[:, 2] * r[2] for r in rotation], axis=1)


def _strapped_on(rng: np.random.Generator) -> Array:
    """One of the eight ways a flat case fits under a strap, and then up to 12 deg askew about each axis."""
    quarters, flipped = int(rng.integers(4)), int(rng.integers(2))
    turns = [(0, 90.0 * quarters), (2, 180.0 * flipped), *enumerate(map(float, rng.uniform(-12.0, 12.0, 3)))]
    rotation = np.eye(3)
    for axis, angle_deg in turns:
        s, c = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
        i, j = (axis + 1) % 3, (axis + 2) % 3
        a, b = rotation[i].copy(), rotation[j].copy()
        rotation[i], rotation[j] = c * a - s * b, s * a + c * b
    return rotation
