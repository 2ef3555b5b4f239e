"""An offline counter of the published kind, to race against: windows, principal axis, autocorrelation, peaks.

After RecoFit (Morris et al., CHI 2014): the signal is smoothed, five-second windows every 0.2 s are judged by the
autocorrelation of their first principal component, neighbouring windows that repeat become a set, and within the set
the peaks of its principal component are counted that are no nearer to one another than most of the period found there.
It sees the whole recording at once, needs no attitude, holds or posture, and tells nothing until the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfiltfilt

Floats = NDArray[np.float64]

WINDOW_S, HOP_S = 5.0, 0.2
SHORTEST_S, LONGEST_S = 0.5, 4.0
REPEATS = 0.5
"""Height of the first peak of the autocorrelation from which a window counts as repeating."""
MOVES_G = 0.02
"""A window that moves less than this holds no exercise."""
JOIN_S, LEAST_S = 4.0, 6.0


def count(acc_g: Floats, gyr_dps: Floats, rate_hz: float) -> list[tuple[float, float, int]]:
    """``(start_s, end_s, reps)`` of every set in the whole recording, arrays ``(n, 3)``."""
    band = butter(2, (0.15, 5.0), "bandpass", fs=rate_hz, output="sos")
    signal = sosfiltfilt(band, np.hstack([acc_g, gyr_dps / 100.0]), axis=0)
    window, hop = int(WINDOW_S * rate_hz), int(HOP_S * rate_hz)
    starts = range(0, len(signal) - window, hop)
    repeating = np.array([_repeats(signal[i : i + window], rate_hz) for i in starts])
    found = []
    for first, last in _runs(repeating, round(JOIN_S / HOP_S)):
        begin, end = first * hop, last * hop + window
        if end - begin >= LEAST_S * rate_hz:
            found.append((begin / rate_hz, end / rate_hz, _peaks(signal[begin:end], rate_hz)))
    return found


def _principal(piece: Floats) -> Floats:
    centred = piece - piece.mean(axis=0)
    return np.asarray(centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1])


def _autocorrelation(x: Floats) -> Floats:
    power = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
    r = np.fft.irfft(power)[: len(x)]
    return np.asarray(r / max(r[0], 1e-12))


def _period(x: Floats, rate_hz: float) -> tuple[float, float]:
    """Lag in samples of the highest peak of the autocorrelation, and its height."""
    r = _autocorrelation(x)
    low, high = int(SHORTEST_S * rate_hz), min(int(LONGEST_S * rate_hz), len(r) - 1)
    peaks, _ = find_peaks(r[low:high])
    if not len(peaks):
        return 0.0, 0.0
    best = low + peaks[np.argmax(r[low + peaks])]
    return float(best), float(r[best])


def _repeats(piece: Floats, rate_hz: float) -> bool:
    x = _principal(piece)
    return bool(x.std() > MOVES_G and _period(x, rate_hz)[1] > REPEATS)


def _runs(flags: NDArray[np.bool_], join: int) -> list[tuple[int, int]]:
    at = np.flatnonzero(flags)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > join)
    return list(zip(at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]], strict=True))


def _peaks(piece: Floats, rate_hz: float) -> int:
    x = _principal(piece)
    period, _ = _period(x, rate_hz)
    if not period:
        return 0
    peaks, _ = find_peaks(x, distance=max(int(0.75 * period), 1), height=0.5 * x.std())
    return len(peaks)
