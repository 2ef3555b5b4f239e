"""CSV rows of someone who bows, for tests that need a recording whose truth is plain."""

from __future__ import annotations

import numpy as np

HEAD = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"


def bows(seconds: float = 20.0, rate_hz: float = 50.0, period_s: float = 3.0) -> list[str]:
    """CSV rows of a wearer who bows 40 deg every ``period_s``, after and before standing still."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = np.clip((t - 2.0) / period_s, 0, np.floor((seconds - 4.0) / period_s)) * 2 * np.pi
    angle = np.radians(20.0) * (1 - np.cos(phase))
    rate = np.degrees(np.gradient(angle, t))
    noise = np.random.default_rng(5).normal(0, 0.002, (len(t), 3))
    return [
        f"{a:.3f},{np.sin(b) + n[0]:.5f},{n[1]:.5f},{np.cos(b) + n[2]:.5f},0,{-r:.3f},0"
        for a, b, r, n in zip(t, angle, rate, noise, strict=True)
    ]
