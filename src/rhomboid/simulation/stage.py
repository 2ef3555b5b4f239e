"""Where scripts are acted out: a clock, the wearer's present pose, and the pen that notes the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
import numpy as np

from rhomboid.simulation.truth import Section, TrueRep, TrueSet, TrueSpan, Truth
from rhomboid.simulation.wearer import ANGLES, PLACES, Burst, Step, Track, Wave, Wearer

SLOUCH_DEG = 12.0
SHORTEST_HOLD_S = 1.0
_U = np.linspace(0.0, 1.0, 2001)
_PROGRESS = _U**3 * (10 + _U * (6 * _U - 15))


def share_of_time(progress: float) -> float:
    """How much of its duration a minimum-jerk step has used when it has come this far (both 0..1)."""
    return float(np.interp(progress, _PROGRESS, _U))


class Performance(msgspec.Struct, frozen=True, eq=False):
    """A script acted out once: the wearer, what they really did, and the parts."""

    wearer: Wearer
    truth: Truth
    sections: tuple[Section, ...]
    duration_s: float


class Stage:
    """Acts move the wearer from pose to pose; time goes on with every move. ``seed`` fixes all human variability."""

    def __init__(self, seed: int) -> None:
        self.t_s = 0.0
        self._rng = np.random.Generator(np.random.PCG64([seed, 1]))
        self._pose = dict.fromkeys((*ANGLES, *PLACES), 0.0)
        self._pieces: dict[str, list[Step | Burst]] = {name: [] for name in self._pose}
        self._reps: list[TrueRep] = []
        self._holds: list[TrueSpan] = []
        self._slouches: list[TrueSpan] = []
        self._sets: list[TrueSet] = []
        self._sections: list[Section] = []

    # --- variability --------------------------------------------------------------------------------------------

    def between(self, low: float, high: float) -> float:
        """Any number in this range, each as likely."""
        return float(self._rng.uniform(low, high))

    def about(self, typical: float, spread: float = 0.1) -> float:
        """A number near ``typical``: log-normal, ``spread`` its relative standard deviation, two of them at most."""
        return typical * math.exp(spread * float(np.clip(self._rng.standard_normal(), -2.0, 2.0)))

    def either(self) -> float:
        """-1 or 1."""
        return 1.0 if self._rng.random() < 0.5 else -1.0

    @property
    def last_rep_s(self) -> float:
        """When the newest repetition ended; 0 before there was one."""
        return self._reps[-1].end_s if self._reps else 0.0

    # --- movement -----------------------------------------------------------------------------------------------

    def pose(self, name: str) -> float:
        """Where a coordinate is now."""
        return self._pose[name]

    def wait(self, seconds: float) -> None:
        """Time goes on."""
        self.t_s += seconds

    def move(self, seconds: float, **targets: float) -> None:
        """To these coordinates within ``seconds``; the others stay. Time goes on."""
        for name, target in targets.items():
            change = target - self._pose[name]
            if change:
                self._pieces[name].append(Step(self.t_s, seconds, change))
                self._pose[name] = target
        self.t_s += seconds

    def shake(
        self,
        seconds: float,
        name: str,
        amplitude: float,
        frequency_hz: float,
        *,
        at_s: float = 0.0,
        ramp_s: float = 0.1,
    ) -> None:
        """An oscillation of one coordinate that begins ``at_s`` after now; no time passes."""
        phase_rad = self.between(0.0, 2 * math.pi)
        self._pieces[name].append(Burst(self.t_s + at_s, seconds, ramp_s, amplitude, frequency_hz, phase_rad))

    # --- acts whose truth is kept -------------------------------------------------------------------------------

    @contextmanager
    def section(self, name: str, pace: float = 1.0) -> Iterator[None]:
        """Names what happens meanwhile."""
        start_s = self.t_s
        yield
        self._sections.append(Section(name, start_s, self.t_s, pace))

    @contextmanager
    def set_of(self, exercise: str) -> Iterator[None]:
        """The repetitions made meanwhile are one set."""
        before = len(self._reps)
        yield
        reps = self._reps[before:]
        self._sets.append(TrueSet(reps[0].start_s, reps[-1].end_s, exercise, len(reps)))

    def rep(self, exercise: str, excursion: Mapping[str, float], out_s: float, pause_s: float, back_s: float) -> None:
        """Out by ``excursion`` (coordinate: change), a pause at the far point, and back."""
        home = {name: self._pose[name] for name in excursion}
        start_s = self.t_s
        self.move(out_s, **{name: home[name] + change for name, change in excursion.items()})
        peak_s = self.t_s
        self.wait(pause_s)
        leaving_s = self.t_s
        self.move(back_s, **home)
        self._reps.append(TrueRep(start_s, peak_s, leaving_s, self.t_s, exercise))
        if pause_s >= SHORTEST_HOLD_S:
            arriving_s = start_s + share_of_time(0.9) * out_s
            self._holds.append(TrueSpan(arriving_s, leaving_s + share_of_time(0.1) * back_s))

    @contextmanager
    def slouch(self, flexion_deg: float, sink_s: float, rise_s: float) -> Iterator[None]:
        """Sinks to ``flexion_deg`` beyond the tall pose, does what is done meanwhile, and comes up where it was."""
        upright_deg = self._pose["flexion"]
        start_s = self.t_s + sink_s * share_of_time((SLOUCH_DEG - upright_deg) / (flexion_deg - upright_deg))
        self.move(sink_s, flexion=flexion_deg)
        yield
        deepest_deg = self._pose["flexion"]
        end_s = self.t_s + rise_s * share_of_time((deepest_deg - SLOUCH_DEG) / (deepest_deg - upright_deg))
        self.move(rise_s, flexion=upright_deg)
        self._slouches.append(TrueSpan(start_s, end_s))

    # --- the whole ----------------------------------------------------------------------------------------------

    def performance(self, breath_hz: float | None = None) -> Performance:
        """Everything acted out so far, by someone who breathes (as the seed has it, or at this rate) and sways."""
        waves: dict[str, list[Wave]] = {name: [] for name in self._pose}
        usual_hz = self.between(0.21, 0.28)
        breath_hz = usual_hz if breath_hz is None else breath_hz
        phase_rad = self.between(0.0, 2 * math.pi)
        for name, amplitude in _BREATH.items():
            # Two neighbouring frequencies beat: no two breaths are alike.
            waves[name].append(Wave(amplitude, breath_hz, phase_rad))
            waves[name].append(Wave(0.35 * amplitude, 0.87 * breath_hz, phase_rad + 1.0))
        heart_hz = self.between(1.0, 1.4)
        for name, amplitude in _HEARTBEAT.items():
            waves[name].append(Wave(amplitude, heart_hz, phase_rad))
        for name, amplitude in _SWAY.items():
            for frequency_hz in (0.06, 0.13, 0.29, 0.55):
                size = self.about(amplitude * (0.06 / frequency_hz) ** 0.7, 0.2)
                waves[name].append(Wave(size, self.about(frequency_hz, 0.1), self.between(0.0, 2 * math.pi)))
        wearer = Wearer({name: Track(self._pieces[name], waves[name]) for name in self._pose})
        truth = Truth(tuple(self._reps), tuple(self._holds), tuple(self._slouches), tuple(self._sets))
        return Performance(wearer, truth, tuple(self._sections), self.t_s)


# Amplitudes in deg and m: the chest wall tilts and lifts with every breath; a trunk held upright is never quite still.
_BREATH = {"flexion": -0.35, "x": 0.0008, "z": 0.0015}
_HEARTBEAT = {"z": 0.0004, "x": 0.0002}
_SWAY = {"flexion": 0.18, "lateral": 0.15, "heading": 0.2, "x": 0.002, "y": 0.0015}
