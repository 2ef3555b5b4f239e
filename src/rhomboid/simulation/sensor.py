"""A simulated sensor on the wearer's back: strapped on askew, imperfect as real ones are, speaking real packets."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from rhomboid.errors import UsageError
from rhomboid.imu import Array, ImuBlock, Notification
from rhomboid.sensors import driver_for
from rhomboid.simulation.faults import spoilt
from rhomboid.simulation.packets import BOOT_SEEDS, Encoder, encoder_for
from rhomboid.simulation.radio import Radio
from rhomboid.simulation.scripts import perform, script_names
from rhomboid.simulation.stage import Performance
from rhomboid.simulation.truth import Section, Truth

__all__ = ["Identity", "SimulatedSensor", "script_names"]

SLOWEST_HZ, FASTEST_HZ = 20.0, 1000.0
SAMPLES_A_CHUNK = 250  # what is computed at once, whatever is asked for
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

    ``family`` says whose packets they are; ``rate_hz`` is the nominal sampling rate, None: the one such a sensor is
    usually set to; ``loss`` the share of packets (0..1) that never arrive; ``mounting`` (3, 3) takes body axes to
    sensor axes, None: a strap somewhat askew, as the seed has it. ``performance`` is acted in place of the script,
    which then only gives the name. Raises UsageError for a script or a family that is not known, and for a seed, a rate
    or a loss that cannot be.
    """

    def __init__(
        self,
        script: str = "demo",
        seed: int = 1,
        *,
        family: str = "rhomboid",
        rate_hz: float | None = None,
        loss: float = 0.0,
        mounting: Array | None = None,
        performance: Performance | None = None,
    ) -> None:
        rate_hz = driver_for(family).profile.default_hz if rate_hz is None else rate_hz
        if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
            raise UsageError(f"{rate_hz:g} Hz cannot be simulated", do=f"use {SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz")
        if seed < 0:
            raise UsageError(f"a seed of {seed} cannot be", do="use 0 or a larger whole number")
        if not 0.0 <= loss <= 1.0:
            raise UsageError(f"a loss of {loss:g} cannot be", do="use a share from 0 to 1")
        self.script, self.seed, self.rate_hz, self.loss = script, seed, rate_hz, loss
        performance = perform(script, seed) if performance is None else performance
        self.truth: Truth = performance.truth
        self.sections: tuple[Section, ...] = performance.sections
        self.duration_s = performance.duration_s
        self.identity = Identity(f"{family} simulated", f"simulated:{script}:{seed}", family)
        self._wearer = performance.wearer
        rng = self._generator(2)
        self.mounting = _strapped_on(rng) if mounting is None else mounting
        """(3, 3), body axes to sensor axes."""
        self._acc_bias_g = ACC_BIAS_G * rng.uniform(-1.0, 1.0, 3)
        self._gyr_bias_dps = GYR_BIAS_DPS * rng.uniform(-1.0, 1.0, 3)
        self._scale = 1.0 + SCALE_ERROR * rng.uniform(-1.0, 1.0, 6)
        self._true_rate_hz = rate_hz * (1.0 + RATE_ERROR * float(rng.uniform(-1.0, 1.0)))
        self._clock = 1.0 + CLOCK_ERROR * float(rng.uniform(-1.0, 1.0))
        self._boot_seed = int(rng.integers(1 << 16)) | int(rng.integers(1 << 32)) << 16
        encoder_for(family, rate_hz, self._boot_seed)

    def notifications(self, first_host_ns: int = 0) -> Iterator[Notification]:
        """The packets in order of arrival, made as they are asked for; always the same ones.

        The first arrives at ``first_host_ns``; from then on the arrival times have the bursts and stalls of a radio.
        """
        radio = Radio(self._generator(4), self.loss)
        encoder = encoder_for(self.identity.family, self.rate_hz, self.boot_seed())
        for characteristic, data in encoder.opening():
            yield Notification(first_host_ns, characteristic, data)
        offset_ns: int | None = None
        for ready_s, packets in self.packets(encoder):
            for at, arrival_ns in enumerate(radio.deliver(ready_s, len(packets))):
                offset_ns = first_host_ns - arrival_ns if offset_ns is None else offset_ns
                yield Notification(arrival_ns + offset_ns, *packets[at])

    def boot_seed(self, run: int = 0) -> int:
        """What an encoder is made with: for the session, or for the ``run``-th start of the sensor after it."""
        return (self._boot_seed + run) % BOOT_SEEDS

    def packets(self, encoder: Encoder) -> Iterator[tuple[float, list[tuple[str, bytes]]]]:
        """The session once, as ``encoder`` has it: when something is ready, in s from 0, and (characteristic, data)."""
        index = 0
        for samples in self._portions(encoder.samples_a_packet):
            last_s = (index + len(samples) - 1) / self._true_rate_hz
            yield last_s, encoder.packets(index, samples[:, :3], samples[:, 3:], last_s * self._clock)
            index += len(samples)

    def samples(self, fault: str | None = None, start_s: float = 0.0, end_s: float = math.inf) -> ImuBlock:
        """All samples at once, none lost, as a recording in memory; from ``start_s`` to ``end_s`` with this fault.

        Raises UsageError for a fault that is not in ``simulation.faults.FAULTS``.
        """
        measured = np.concatenate(list(self._chunks()))
        t_s = np.arange(len(measured)) / self._true_rate_hz
        block = ImuBlock(t_s, measured[:, :3].copy(), measured[:, 3:].copy())
        return block if fault is None else spoilt(block, fault, start_s, end_s)

    def _portions(self, n: int) -> Iterator[Array]:
        """All samples, ``n`` at a time; the last may be fewer."""
        rest = np.empty((0, 6))
        for chunk in self._chunks():
            rest = np.concatenate((rest, chunk))
            whole = len(rest) // n * n
            for start in range(0, whole, n):
                yield rest[start : start + n]
            rest = rest[whole:]
        if len(rest):
            yield rest

    def _chunks(self) -> Iterator[Array]:
        """All samples as the sensor measures them, (n, 6) at a time: acceleration in g, angular velocity in deg/s."""
        noise = self._generator(3)
        noise_rms = np.repeat([ACC_NOISE_G_RTHZ, GYR_NOISE_DPS_RTHZ], 3) * math.sqrt(self.rate_hz / 2)
        bias = np.concatenate((self._acc_bias_g, self._gyr_bias_dps))
        samples = int(self.duration_s * self._true_rate_hz) + 1
        for start in range(0, samples, SAMPLES_A_CHUNK):
            felt = self._wearer.feel(np.arange(start, min(start + SAMPLES_A_CHUNK, samples)) / self._true_rate_hz)
            true = np.concatenate((_turned(felt.acc_g, self.mounting), _turned(felt.gyr_dps, self.mounting)), axis=1)
            yield true * self._scale + bias + noise_rms * noise.standard_normal(true.shape)

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
